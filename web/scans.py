"""Scans and moves: the journal, newest first. It is only read: neither is ever changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import select

from scanner.desk import history
from scanner.models import Item, Location, Move, Order, Person, ScanRecord
from scanner.workflows import WORKFLOWS
from web.auth import allow, me
from web.page import argument, argument_day, argument_id, one, slice_of

bp = Blueprint("scans", __name__)

COLUMNS = ("outcome", "workflow", "device", "code")  # that a filter may name
OUTCOMES = ("accepted", "refused", "discrepancy")


@bp.get("/scans")
@allow()
def index() -> str:
    """Every scan as it came, with what became of it."""
    by = me()
    filters: dict[str, Any] = {name: argument(name) for name in (*COLUMNS, "who")} | {"day": argument_day("day")}
    task_id = argument_id("task")
    where = [getattr(ScanRecord, name) == filters[name] for name in COLUMNS if filters[name]]
    if filters["who"]:
        where.append(ScanRecord.person_id.in_(select(Person.id).where(Person.login == filters["who"])))
    if filters["day"]:
        where.append(history.on_day(by, filters["day"]))
    if task_id is not None:
        where.append(ScanRecord.task_id == task_id)
    return render_template(
        "scans/index.html",
        nav="/scans",
        found=slice_of(history.scans(by, *where)),
        outcomes=OUTCOMES,
        workflows=list(WORKFLOWS),
        task=task_id,
        **filters,
    )


@bp.get("/moves")
@allow()
def moves() -> str:
    """Every move of the ledger, of all stock or of one item, place or order."""
    by, reason = me(), argument("reason")
    where = [Move.reason == reason] if reason else []
    about: list[tuple[str, int | str, str]] = []
    for name, model, rule in (
        ("item", Item, history.of_item),
        ("location", Location, history.of_location),
        ("order", Order, history.of_order),
    ):
        thing_id = argument_id(name)
        if thing_id is not None:
            thing: Any = one(model, thing_id)
            where.append(rule(thing_id))
            about.append((name, thing_id, getattr(thing, "sku", None) or getattr(thing, "code", None) or thing.number))
    scan = argument("scan", 36)
    if scan:
        where.append(Move.scan_id == scan)
        about.append(("scan", scan, scan))
    return render_template(
        "scans/moves.html", nav="/moves", found=slice_of(history.moves(by, *where)), about=about, reason=reason
    )
