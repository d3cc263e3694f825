"""Purchase orders: the list, and one purchase order with what has come of it."""

from __future__ import annotations

from flask import Blueprint, render_template

from scanner.db import db
from scanner.desk import documents, history
from scanner.models import Discrepancy, Move, PurchaseOrder, Supplier, Task
from web.auth import allow, me
from web.page import argument, one, slice_of

bp = Blueprint("purchase_orders", __name__)

STATES = ("open", "all", "received", "cancelled")
MOVES = 20


@bp.get("/purchase-orders")
@allow()
def index() -> str:
    """Purchase orders, the first due first."""
    by = me()
    filters = {name: argument(name) for name in ("q", "status", "due")}
    if not any(filters.values()):
        filters["status"] = STATES[0]
    found = slice_of(documents.purchase_orders(by, **filters))
    progress = documents.purchase_progress([row.PurchaseOrder.id for row in found.rows])
    return render_template(
        "purchase_orders/index.html",
        nav="/purchase-orders",
        found=found,
        progress=progress,
        states=STATES,
        today=by.today,
        **filters,
    )


@bp.get("/purchase-orders/<int:order_id>")
@allow()
def page(order_id: int) -> str:
    """One purchase order."""
    by, order = me(), one(PurchaseOrder, order_id)
    lines = documents.purchase_lines(order.id)
    line_ids = [row.PurchaseLine.id for row in lines]
    is_case = Discrepancy.purchase_line_id.in_(line_ids)
    is_move = Move.purchase_line_id.in_(line_ids) & Move.item_id.in_([row.Item.id for row in lines])
    return render_template(
        "purchase_orders/page.html",
        nav="/purchase-orders",
        order=order,
        supplier=db.session.get_one(Supplier, order.supplier_id),
        lines=lines,
        tasks=db.session.execute(documents.tasks(by, Task.purchase_order_id == order.id, status="")).all(),
        cases=db.session.execute(documents.cases(by, is_case, Discrepancy.status == "open")).all(),
        moves=db.session.execute(history.moves(by, is_move).limit(MOVES)).all(),
        today=by.today,
    )
