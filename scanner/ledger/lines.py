"""Lines: how far a document line has come: received, allocated, packed, shipped. Kept with the moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update

from scanner.by import By
from scanner.db import connection, table_of
from scanner.ledger.spots import Spot, virtual_locations
from scanner.models import Move, OrderLine, PurchaseLine
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Why:
    """What a move belongs to. `reason` is the workflow's name, or the floor's word for an exception."""

    reason: str
    document: str = ""
    order_line_id: int | None = None
    purchase_line_id: int | None = None
    reservation_id: int | None = None


_CEILING = {"allocated": "ordered", "packed": "allocated", "shipped": "packed"}
_FLOOR = {"allocated": "packed", "packed": "shipped"}


def bump(table: type[OrderLine | PurchaseLine], line_id: int, column: str, qty: int) -> bool:
    """Add to a counter of a document line; False if that would break its ceiling or its floor."""
    done = connection().execute(_bumping(table, column), {"line_id": line_id, "n": qty})
    return done.rowcount == 1


def bump_all(table: type[OrderLine | PurchaseLine], column: str, by_line: Mapping[int, int]) -> None:
    """The same for many lines at once, in the order of their ids. Refuses too_many if any of them may not."""
    rows = [{"line_id": line_id, "n": qty} for line_id, qty in sorted(by_line.items())]
    if connection().execute(_bumping(table, column), rows).rowcount != len(rows):
        raise Refusal("too_many", sum(by_line.values()), "fewer")


@cache
def _bumping(table: type[OrderLine | PurchaseLine], column: str) -> Update:
    rows = table_of(table)
    row = rows.c
    counter: Any = row[column]
    n: Any = bindparam("n")
    rules = [row.id == bindparam("line_id"), counter + n >= 0]
    if column in _CEILING:
        rules.append(counter + n <= row[_CEILING[column]])
    if column in _FLOOR:
        rules.append(counter + n >= row[_FLOOR[column]])
    return update(rows).where(*rules).values({column: counter + n})


def _counter(by: By, why_reason: str, target_id: int) -> str | None:
    """Which counter of an order line a move to `target_id` drives."""
    if target_id == virtual_locations(by.site_id)["customer"]:
        return "shipped"
    return "packed" if why_reason == "verify" else None


def count(by: By, why: Why, qty: int, target: Spot) -> None:
    """Count a move on the document line that it belongs to. Refuses too_many."""
    if why.purchase_line_id is not None and not bump(PurchaseLine, why.purchase_line_id, "received", qty):
        raise Refusal("too_many", qty, "fewer")
    if why.order_line_id is None:
        return
    counter = _counter(by, why.reason, target.location_id)
    if counter and not bump(OrderLine, why.order_line_id, counter, qty):
        raise Refusal("too_many", qty, "fewer")


def uncount(by: By, old: Move) -> None:
    """Take back what a move counted. Refuses undo_too_late."""
    if old.purchase_line_id is not None:
        bump(PurchaseLine, old.purchase_line_id, "received", -old.qty)
    counter = _counter(by, old.reason, old.target_id) if old.order_line_id is not None else None
    if counter and not bump(OrderLine, old.order_line_id, counter, -old.qty):  # type: ignore[arg-type]
        raise Refusal("undo_too_late")
