"""Stock: how many of what, where, and which of it may not be used; with a file to keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from scanner import ledger, orders, stock
from scanner.audit import audit
from scanner.db import db
from scanner.desk import goods
from scanner.models import Item, Lot
from scanner.models.location import PLACE_KINDS
from web.auth import EVERYONE, allow, me
from web.page import act, argument, csv_answer, one, slice_of, typed

bp = Blueprint("stock", __name__)

AT_ONCE = 500  # items whose figures are read together


@bp.get("/stock")
@allow(*EVERYONE)
def by_item() -> str:
    """On hand, reserved, held, available and on order of each item."""
    by, q = me(), argument("q")
    found = slice_of(goods.items(q, stocked_at=None if argument("all") else by.site_id), scalars=True)
    levels = stock.levels(by, [item.id for item in found.rows])
    return render_template("stock/items.html", nav="/stock", found=found, levels=levels, q=q, all=argument("all"))


@bp.get("/stock/locations")
@allow(*EVERYONE)
def by_location() -> str:
    """What stands where."""
    by, q, kind = me(), argument("q"), argument("kind")
    found = slice_of(goods.locations(by, q, kind=kind, is_used=True), scalars=True)
    return render_template(
        "stock/locations.html",
        nav="/stock",
        found=found,
        content=goods.content_of(by, [location.id for location in found.rows]),
        q=q,
        kind=kind,
        kinds=PLACE_KINDS,
    )


@bp.get("/stock/lots")
@allow(*EVERYONE)
def by_lot() -> str:
    """Lots in stock, the first to expire first, with their holds."""
    by, q, only = me(), argument("q"), argument("only")
    found = slice_of(goods.lots(by, q, only=only))
    return render_template(
        "stock/lots.html",
        nav="/stock",
        found=found,
        sums=goods.lot_sums(by, [row.Lot for row in found.rows]),
        holds=goods.holds(by, "lot", [row.Lot.id for row in found.rows]),
        q=q,
        only=only,
        today=by.today,
    )


@bp.post("/lots/<int:lot_id>/hold")
@allow()
def hold_lot(lot_id: int) -> AnyResponse:
    """Nobody may pick the lot; what was promised of it is sought elsewhere at once."""
    by, lot, reason = me(), one(Lot, lot_id), typed("reason") or "held at the desk"

    def work() -> None:
        lost = ledger.hold(by, db.session.get_one(Lot, lot_id), reason)
        orders.allocate_lines(by, lost)
        audit(by, "lot.hold", lot.code, reason)

    return act(work, f"Lot {lot.code} is on hold.", _back())


@bp.post("/lots/<int:lot_id>/release")
@allow()
def release_lot(lot_id: int) -> AnyResponse:
    """The lot may be used again."""
    by, lot = me(), one(Lot, lot_id)

    def work() -> None:
        ledger.end_hold(by, db.session.get_one(Lot, lot_id))
        audit(by, "lot.release", lot.code)

    return act(work, f"Lot {lot.code} is free again.", _back())


def _back() -> str:
    """The item's page or the list of lots: where the button was."""
    item_id = typed("item")
    return f"/items/{item_id}" if item_id.isdigit() else "/stock/lots"


# --- files -------------------------------------------------------------------------------------------------------


@bp.get("/stock/items.csv")
@allow(*EVERYONE)
def items_csv() -> Response:
    """The figures of every item that is in stock."""
    head = ("sku", "name", "uom", "on_hand", "reserved", "held", "available", "on_order")
    return csv_answer("stock-by-item", head, _item_rows())


def _item_rows() -> Iterator[tuple[Any, ...]]:
    by = me()
    items: list[Item] = list(db.session.execute(goods.items(stocked_at=by.site_id)).scalars())
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        levels = stock.levels(by, [item.id for item in part])
        for item in part:
            level = levels[item.id]
            figures = (level.on_hand, level.reserved, level.held, level.available, level.on_order)
            yield (item.sku, item.name, item.uom, *figures)


@bp.get("/stock/rows.csv")
@allow(*EVERYONE)
def rows_csv() -> Response:
    """Every row of stock: item, lot, place, unit."""
    head = ("location", "kind", "sku", "name", "lot", "expiry", "best_before", "unit", "qty", "reserved", "held")
    rows = (
        (
            *(row.location.code, row.location.kind, row.item.sku, row.item.name, row.lot.code),
            *(row.lot.expiry, row.lot.best_before, row.unit.code, row.qty, row.reserved),
            "yes" if row.lot.is_held or row.location.is_held or row.unit.is_held else "",
        )
        for row in stock.rows(me(), limit=1_000_000)
    )
    return csv_answer("stock-by-row", head, rows)
