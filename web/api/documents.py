"""Orders and purchase orders by API: list, read with lines, create or change."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel
from sqlalchemy import select

from scanner import orders
from scanner.billing import invoice_of
from scanner.db import db
from scanner.models import Customer, Item, Order, OrderLine, Parcel, PurchaseLine, PurchaseOrder, Supplier, Unit
from scanner.refusals import Refusal
from web.api.common import Page, answer, blueprint, listed
from web.api.imports import Rows, take
from web.auth import EVERYONE, allow, me

bp = blueprint("documents")


class DocumentQuery(Page):
    """Which documents."""

    status: str = ""


class DocumentPath(BaseModel):
    """A document's number."""

    number: str


ORDER = (
    *("id", "number", "status", "is_held", "promised_on", "carrier", "service", "instructions", "shows_instructions"),
    *("currency", "ordered_at"),
)
SHIP_TO = (*("name", "address", "country", "street", "postcode", "city", "region", "country_code", "contact", "phone"),)
LINE = (
    *("line", "ordered", "allocated", "packed", "shipped", "is_closed_short", "price_cents", "tax_bp", "discount_bp"),
)


def _order(order: Order) -> dict[str, Any]:
    customer = db.session.get_one(Customer, order.customer_id)
    return {**{field: getattr(order, field) for field in ORDER}, "customer": customer.code}


def _ship_to(order: Order) -> dict[str, Any]:
    customer = db.session.get_one(Customer, order.customer_id)
    return {field: getattr(customer, field) for field in SHIP_TO}


def _invoice(order: Order) -> dict[str, Any] | None:
    """What was invoiced; None for an order that has no invoice yet."""
    issued = invoice_of(order.id)
    if issued is None:
        return None
    sums = {name: issued.content[name] for name in ("currency", "net_cents", "tax_cents", "gross_cents")}
    return {"number": issued.number, "issued_on": issued.issued_on, **sums}


def _purchase_order(order: PurchaseOrder) -> dict[str, Any]:
    fields = ("id", "number", "status", "ordered_on", "due_on")
    supplier = db.session.get_one(Supplier, order.supplier_id)
    return {**{field: getattr(order, field) for field in fields}, "supplier": supplier.code}


@bp.get("/orders")
@allow(*EVERYONE)
def list_orders(query: DocumentQuery) -> Response:
    """Customer orders in the order of their ids."""
    wanted = select(Order).where(Order.site_id == me().site_id)
    if query.status:
        wanted = wanted.where(Order.status == query.status)
    return answer({"orders": [_order(order) for order in listed(wanted, Order.id, query)]})


@bp.get("/orders/<path:number>")
@allow(*EVERYONE)
def get_order(path: DocumentPath) -> Response:
    """One order with its lines, prices and parcels, where it goes, and its invoice."""
    order = db.session.scalars(select(Order).where(Order.site_id == me().site_id, Order.number == path.number)).first()
    if order is None:
        raise Refusal("unknown_document", path.number[:40], "order")
    picked = orders.picked(order.id)
    lines = db.session.execute(
        select(OrderLine, Item.sku).join(Item).where(OrderLine.order_id == order.id).order_by(OrderLine.line)
    )
    parcels = db.session.execute(
        select(Parcel, Unit.code).join(Unit, Unit.id == Parcel.unit_id).where(Parcel.order_id == order.id)
    )
    return answer(
        {
            **_order(order),
            "ship_to": _ship_to(order),
            "invoice": _invoice(order),
            "lines": [
                {**{f: getattr(line, f) for f in LINE}, "sku": sku, "picked": picked.get(line.id, 0)}
                for line, sku in lines
            ],
            "parcels": [
                {
                    "id": p.id,
                    "delivery": p.delivery,
                    "sscc": code,
                    "status": p.status,
                    "carrier": p.carrier,
                    "tracking": p.tracking,
                    "weight_g": p.weight_g,
                }
                for p, code in parcels
            ],
        }
    )


@bp.post("/orders")
@allow()
def post_orders(body: Rows) -> Response:
    """Take in customer orders: the rows of the import, all of them or none."""
    return take("orders", body)


@bp.get("/purchase-orders")
@allow(*EVERYONE)
def list_purchase_orders(query: DocumentQuery) -> Response:
    """Purchase orders in the order of their ids."""
    wanted = select(PurchaseOrder).where(PurchaseOrder.site_id == me().site_id)
    if query.status:
        wanted = wanted.where(PurchaseOrder.status == query.status)
    rows = listed(wanted, PurchaseOrder.id, query)
    return answer({"purchase_orders": [_purchase_order(order) for order in rows]})


@bp.get("/purchase-orders/<path:number>")
@allow(*EVERYONE)
def get_purchase_order(path: DocumentPath) -> Response:
    """One purchase order with its lines."""
    order = db.session.scalars(
        select(PurchaseOrder).where(PurchaseOrder.site_id == me().site_id, PurchaseOrder.number == path.number)
    ).first()
    if order is None:
        raise Refusal("unknown_document", path.number[:40], "purchase order")
    lines = db.session.execute(
        select(PurchaseLine, Item.sku)
        .join(Item)
        .where(PurchaseLine.purchase_order_id == order.id)
        .order_by(PurchaseLine.line)
    )
    rows = [{"line": line.line, "sku": sku, "ordered": line.ordered, "received": line.received} for line, sku in lines]
    return answer({**_purchase_order(order), "lines": rows})


@bp.post("/purchase-orders")
@allow()
def post_purchase_orders(body: Rows) -> Response:
    """Take in purchase orders: the rows of the import, all of them or none."""
    return take("purchase_orders", body)
