"""Locations: the list, and one place with its content, its label's code, its holds and what happened there."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from scanner import discrepancies, ledger, orders, stock
from scanner.audit import audit
from scanner.db import db
from scanner.desk import goods, history
from scanner.models import Balance, Location
from scanner.models.location import PLACE_KINDS
from scanner.shown import location_code
from web.auth import EVERYONE, allow, me
from web.page import act, argument, one, slice_of, typed

bp = Blueprint("locations", __name__)

MOVES = 15


@bp.get("/locations")
@allow(*EVERYONE)
def index() -> str:
    """Places in walking order."""
    by, q, kind = me(), argument("q"), argument("kind")
    found = slice_of(goods.locations(by, q, kind=kind), scalars=True)
    return render_template(
        "locations/index.html",
        nav="/locations",
        found=found,
        content=goods.content_of(by, [location.id for location in found.rows]),
        q=q,
        kind=kind,
        kinds=PLACE_KINDS,
    )


@bp.get("/locations/<int:location_id>")
@allow(*EVERYONE)
def page(location_id: int) -> str:
    """One place."""
    by, location = me(), _place(location_id)
    return render_template(
        "locations/page.html",
        nav="/locations",
        location=location,
        code=location_code(location.scan_body),
        rows=stock.rows(by, Balance.location_id == location.id, limit=200),
        hold=goods.holds(by, "location", [location.id]).get(location.id),
        moves=db.session.execute(history.moves(by, history.of_location(location.id)).limit(MOVES)).all(),
    )


def _place(location_id: int) -> Location:
    location = one(Location, location_id)
    if location.is_virtual:
        raise NotFound
    return location


@bp.post("/locations/<int:location_id>/hold")
@allow()
def hold(location_id: int) -> Response:
    """Nothing may be taken from here; what was promised of it is sought elsewhere at once."""
    by, location, reason = me(), _place(location_id), typed("reason") or "blocked at the desk"

    def work() -> None:
        lost = ledger.hold(by, db.session.get_one(Location, location_id), reason)
        orders.allocate_lines(by, lost)
        audit(by, "location.hold", location.code, reason)

    return act(work, f"{location.code} is blocked.", f"/locations/{location_id}")


@bp.post("/locations/<int:location_id>/release")
@allow()
def release(location_id: int) -> Response:
    """It may be used again."""
    by, location = me(), _place(location_id)

    def work() -> None:
        ledger.end_hold(by, db.session.get_one(Location, location_id))
        audit(by, "location.release", location.code)

    return act(work, f"{location.code} is free again.", f"/locations/{location_id}")


@bp.post("/locations/<int:location_id>/count")
@allow()
def count(location_id: int) -> Response:
    """Ask for a count: a task that anybody who counts may take."""
    by, location = me(), _place(location_id)
    note = typed("note") or f"asked for by {by.name}"
    return act(
        lambda: discrepancies.ask_for_count(by, location_id, note),
        f"A count of {location.code} waits to be taken.",
        f"/locations/{location_id}",
    )
