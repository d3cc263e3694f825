"""Units: pallets, totes and cartons; one of them with what it holds, and whether it may be used."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from scanner import ledger, orders, stock
from scanner.audit import audit
from scanner.db import db
from scanner.desk import goods, history
from scanner.find import unit_words
from scanner.models import Balance, Location, Order, Unit
from web.auth import EVERYONE, allow, me
from web.page import act, argument, one, slice_of, typed

bp = Blueprint("units", __name__)

MOVES = 15
KINDS = ("pallet", "tote", "carton")
STATES = ("held", "open", "closed", "shipped")


@bp.get("/stock/units")
@allow(*EVERYONE)
def index() -> str:
    """Units in the house, the newest first; those that were shipped when they are asked for."""
    by, q, kind, only = me(), argument("q"), argument("kind"), argument("only")
    found = slice_of(goods.units(by, q, kind=kind, only=only))
    ids = [row.Unit.id for row in found.rows]
    return render_template(
        "stock/units.html",
        nav="/stock",
        found=found,
        sums=goods.unit_sums(by, ids),
        holds=goods.holds(by, "unit", ids),
        q=q,
        kind=kind,
        kinds=KINDS,
        only=only,
        states=STATES,
    )


@bp.get("/units/<int:unit_id>")
@allow(*EVERYONE)
def page(unit_id: int) -> str:
    """One unit."""
    by, unit = me(), one(Unit, unit_id)
    return render_template(
        "units/page.html",
        nav="/stock",
        unit=unit,
        words=unit_words(unit),
        location=db.session.get(Location, unit.location_id or 0),
        order=db.session.get(Order, unit.order_id or 0),
        parent=db.session.get(Unit, unit.parent_id or 0) if unit.parent_id else None,
        rows=stock.rows(by, Balance.unit_id == unit.id, limit=200),
        hold=goods.holds(by, "unit", [unit.id]).get(unit.id),
        moves=db.session.execute(history.moves(by, history.of_unit(unit.id)).limit(MOVES)).all(),
    )


@bp.post("/units/<int:unit_id>/hold")
@allow()
def hold(unit_id: int) -> Response:
    """Nothing in it may be used; what was promised of it is sought elsewhere at once."""
    by, unit, reason = me(), one(Unit, unit_id), typed("reason") or "held at the desk"

    def work() -> None:
        lost = ledger.hold(by, db.session.get_one(Unit, unit_id), reason)
        orders.allocate_lines(by, lost)
        audit(by, "unit.hold", unit.code, reason)

    return act(work, f"{unit_words(unit).capitalize()} is on hold.", f"/units/{unit_id}")


@bp.post("/units/<int:unit_id>/release")
@allow()
def release(unit_id: int) -> Response:
    """It may be used again."""
    by, unit = me(), one(Unit, unit_id)

    def work() -> None:
        ledger.end_hold(by, db.session.get_one(Unit, unit_id))
        audit(by, "unit.release", unit.code)

    return act(work, f"{unit_words(unit).capitalize()} is free again.", f"/units/{unit_id}")
