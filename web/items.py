"""Items: the list, and one item with its figures, places, lots, barcodes, what is on order, and what happened to it."""

from __future__ import annotations

from flask import Blueprint, render_template

from scanner import stock
from scanner.db import db
from scanner.desk import goods, history
from scanner.models import Balance, Item
from web.auth import EVERYONE, allow, me
from web.page import argument, one, slice_of

bp = Blueprint("items", __name__)

MOVES = 15


@bp.get("/items")
@allow(*EVERYONE)
def index() -> str:
    """Items by SKU, name or barcode."""
    q = argument("q")
    return render_template("items/index.html", nav="/items", found=slice_of(goods.items(q), scalars=True), q=q)


@bp.get("/items/<int:item_id>")
@allow(*EVERYONE)
def page(item_id: int) -> str:
    """One item."""
    by, item = me(), one(Item, item_id)
    rows = stock.rows(by, Balance.item_id == item.id, limit=200)
    lots = {row.lot.id: row.lot for row in rows if row.lot.id}
    return render_template(
        "items/page.html",
        nav="/items",
        item=item,
        levels=stock.levels(by, [item.id])[item.id],
        rows=rows,
        lots=lots.values(),
        holds=goods.holds(by, "lot", lots),
        barcodes=goods.barcodes(item.id),
        on_order=goods.on_order(by, item.id),
        moves=db.session.execute(history.moves(by, history.of_item(item.id)).limit(MOVES)).all(),
        today=by.today,
    )
