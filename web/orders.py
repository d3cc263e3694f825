"""Orders: the list, and one order with its lines, promises, tasks and parcels; allocate, hold, release, cancel."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from labels.documents.address import one_line
from labels.documents.facts import party
from labels.documents.figures import locale_of
from scanner import orders
from scanner.billing import invoice_of
from scanner.by import By
from scanner.db import db
from scanner.desk import documents, history
from scanner.models import Customer, Discrepancy, Order, OrderLine, Task
from web.auth import allow, me
from web.page import act, argument, one, slice_of, typed

bp = Blueprint("orders", __name__)

STATES = ("to do", "all", "open", "picking", "picked", "packed", "shipped", "cancelled", "held")
MOVES = 20


@bp.get("/orders")
@allow()
def index() -> str:
    """Orders, the first promised first."""
    by = me()
    filters = {name: argument(name) for name in ("q", "status", "carrier", "due")}
    if not any(filters.values()):
        filters["status"] = STATES[0]  # the whole past is one choice away, and not what a day begins with
    found = slice_of(documents.orders(by, **filters))
    progress = documents.order_progress([row.Order.id for row in found.rows])
    return render_template(
        "orders/index.html", nav="/orders", found=found, progress=progress, states=STATES, today=by.today, **filters
    )


@bp.get("/orders/<int:order_id>")
@allow()
def page(order_id: int) -> str:
    """One order."""
    by, order = me(), one(Order, order_id)
    customer = db.session.get_one(Customer, order.customer_id)
    is_line = OrderLine.order_id == order.id
    return render_template(
        "orders/page.html",
        nav="/orders",
        order=order,
        customer=customer,
        address=one_line(party(customer), "", locale_of("")),
        invoice=invoice_of(order.id),
        lines=documents.order_lines(order.id),
        picked=orders.picked(order.id),
        tasks=db.session.execute(documents.tasks(by, Task.order_id == order.id, status="")).all(),
        parcels=documents.parcels(order.id),
        units=orders.units_of(order.id),
        cases=db.session.execute(documents.cases(by, is_line, Discrepancy.status == "open")).all(),
        moves=db.session.execute(history.moves(by, history.of_order(order.id)).limit(MOVES)).all(),
        is_workable=order.status in orders.OPEN_STATES,
        today=by.today,
    )


@bp.post("/orders/<int:order_id>/allocate")
@allow()
def allocate(order_id: int) -> Response:
    """Promise free stock to what the order still needs."""

    def work(by: By, order: Order) -> None:
        orders.check_workable(order, *orders.OPEN_STATES)
        orders.allocate_order(by, order)

    return _act(order_id, work, "Stock was sought for order {number}: see its lines.")


@bp.post("/orders/<int:order_id>/hold")
@allow()
def hold(order_id: int) -> Response:
    """Nobody may go on with it until it is released."""
    return _act(order_id, lambda by, order: orders.hold(by, order, typed("reason")), "Order {number} is on hold.")


@bp.post("/orders/<int:order_id>/release")
@allow()
def release(order_id: int) -> Response:
    """Work may go on."""
    return _act(order_id, orders.end_hold, "Order {number} is released.")


@bp.post("/orders/<int:order_id>/cancel")
@allow()
def cancel(order_id: int) -> Response:
    """End it: its promises are free again, and what was picked must be brought back."""
    return _act(order_id, lambda by, order: orders.cancel(by, order, typed("reason")), "Order {number} is cancelled.")


def _act(order_id: int, work: Callable[[By, Order], object], done: str) -> Response:
    by, number = me(), one(Order, order_id).number
    return act(lambda: work(by, orders.lock(order_id)), done.format(number=number), f"/orders/{order_id}")
