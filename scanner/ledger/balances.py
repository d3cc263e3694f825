"""Balances: what is where, changed by guarded statements whose WHERE clause holds the rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update

from scanner.by import By
from scanner.db import connection, table_of, upsert
from scanner.ledger.fitness import is_guarded, refuse_leaving_quarantine, refuse_unfit, unfit_rule
from scanner.ledger.spots import Spot, free, virtual_locations
from scanner.models import Balance
from scanner.refusals import Refusal


def shift(
    by: By,
    item_id: int,
    lot_id: int,
    qty: int,
    source: Spot,
    target: Spot,
    *,
    reserved: int = 0,
    carried: int = 0,
    is_guarded: bool = True,
) -> None:
    """Change both balances, in the order of their keys, so that two movers never wait for each other in a ring.

    `reserved` of the `qty` come out of promises; `carried` of those go on as promises at the target.
    """
    virtuals = set(virtual_locations(by.site_id).values())
    steps: list[tuple[Spot, Callable[[], None]]] = []
    if source.location_id not in virtuals:
        steps.append((source, lambda: take(by, item_id, lot_id, qty, source, target if is_guarded else None, reserved)))
    elif is_guarded and target.location_id not in virtuals:
        refuse_unfit(by, item_id, lot_id, source, target)
    if target.location_id not in virtuals:
        steps.append((target, lambda: give(by.site_id, item_id, lot_id, qty, target, carried)))
    for _spot, step in sorted(steps, key=lambda pair: pair[0]):
        step()


def take(by: By, item_id: int, lot_id: int, qty: int, spot: Spot, target: Spot | None, reserved: int) -> None:
    """Take `qty` off a balance, `reserved` of them out of promises, if the rule allows it at this instant."""
    refuse_leaving_quarantine(spot, target)
    guarded = target is not None and is_guarded(target)
    values = {**_values(by.site_id, item_id, lot_id, spot), "n": qty, "r": reserved}
    if guarded:
        values["today"] = by.today
    statement = _taking(is_guarded=guarded, has_lot=bool(lot_id), has_unit=bool(spot.unit_id))
    if connection().execute(statement, values).rowcount != 1:
        if target is not None:
            refuse_unfit(by, item_id, lot_id, spot, target)
        raise Refusal("not_enough", free(by.site_id, item_id, lot_id, spot), qty)


def give(site_id: int, item_id: int, lot_id: int, qty: int, spot: Spot, carried: int) -> None:
    """Add `qty` to a balance, `carried` of them promised."""
    values = {**_values(site_id, item_id, lot_id, spot), "n": qty, "r": carried}
    connection().execute(_giving(connection().dialect.name), values)


# --- the statements --------------------------------------------------------------------------------------------------
# Every booked scan runs these two, so they are put together once: building them costs more than running them.

_BALANCE = table_of(Balance)


def _values(site_id: int, item_id: int, lot_id: int, spot: Spot) -> dict[str, Any]:
    return {"site": site_id, "location": spot.location_id, "item": item_id, "lot": lot_id, "unit": spot.unit_id}


@cache
def _taking(*, is_guarded: bool, has_lot: bool, has_unit: bool) -> Update:
    row: Any = _BALANCE.c
    n: Any = bindparam("n")
    r: Any = bindparam("r")
    rules = [
        row.site_id == bindparam("site"),
        row.location_id == bindparam("location"),
        row.item_id == bindparam("item"),
        row.lot_id == bindparam("lot"),
        row.unit_id == bindparam("unit"),
        row.reserved >= r,
        row.qty - row.reserved >= n - r,
    ]
    if is_guarded:
        lot: Any = bindparam("lot") if has_lot else None
        unit: Any = bindparam("unit") if has_unit else None
        rules.append(~unfit_rule(bindparam("location"), lot, unit, bindparam("today")))
    return update(_BALANCE).where(*rules).values(qty=row.qty - n, reserved=row.reserved - r)


@cache
def _giving(dialect: str) -> Any:
    row = upsert(_BALANCE, dialect).values(
        site_id=bindparam("site"),
        location_id=bindparam("location"),
        item_id=bindparam("item"),
        lot_id=bindparam("lot"),
        unit_id=bindparam("unit"),
        qty=bindparam("n"),
        reserved=bindparam("r"),
    )
    return row.on_conflict_do_update(
        index_elements=["site_id", "location_id", "item_id", "lot_id", "unit_id"],
        set_={"qty": _BALANCE.c.qty + row.excluded.qty, "reserved": _BALANCE.c.reserved + row.excluded.reserved},
    )
