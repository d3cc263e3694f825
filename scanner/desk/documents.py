"""Documents: orders and purchase orders, and how far they have come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from scanner.by import By
from scanner.db import db
from scanner.desk import Query
from scanner.desk.goods import ESCAPE, contains
from scanner.models import (
    Carton,
    Customer,
    Device,
    Discrepancy,
    Item,
    Location,
    Manifest,
    Order,
    OrderLine,
    Parcel,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    Task,
    Unit,
)

ENDED = ("shipped", "cancelled")


def orders(by: By, q: str = "", *, status: str = "", carrier: str = "", due: str = "") -> Query:
    """Orders with their customer's name, the first promised first.

    `status` is one of an order's, or 'held', 'to do', 'all'; `due` is 'late' or 'today'.
    """
    query: Query = (
        select(Order, Customer.name.label("customer"))
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.site_id == by.site_id)
        .order_by(Order.promised_on.is_(None), Order.promised_on, Order.number)
    )
    if q:
        is_like = (column.ilike(contains(q), escape=ESCAPE) for column in (Order.number, Customer.name))
        query = query.where(or_(*is_like))
    if status == "held":
        query = query.where(Order.is_held, Order.status.not_in(ENDED))
    elif status == "to do":
        query = query.where(Order.status.not_in(ENDED))
    elif status and status != "all":
        query = query.where(Order.status == status)
    if carrier:
        query = query.where(Order.carrier == carrier)
    if due == "late":
        query = query.where(Order.promised_on < by.today, Order.status.not_in(ENDED))
    elif due == "today":
        query = query.where(Order.promised_on == by.today)
    return query


def order_progress(order_ids: Collection[int]) -> dict[int, Any]:
    """By order: lines, and units ordered, allocated, packed, shipped."""
    rows = db.session.execute(
        select(
            OrderLine.order_id,
            func.count().label("lines"),
            func.sum(OrderLine.ordered).label("ordered"),
            func.sum(OrderLine.allocated).label("allocated"),
            func.sum(OrderLine.packed).label("packed"),
            func.sum(OrderLine.shipped).label("shipped"),
        )
        .where(OrderLine.order_id.in_(order_ids))
        .group_by(OrderLine.order_id)
    )
    return {row.order_id: row for row in rows}


def order_lines(order_id: int) -> list[Any]:
    """The lines of an order with their items."""
    query: Query = (
        select(OrderLine, Item)
        .join(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.line)
    )
    return list(db.session.execute(query))


def parcels(order_id: int) -> list[Any]:
    """An order's parcels with their unit's code and carton."""
    query: Query = (
        select(Parcel, Unit.code, Carton.name.label("carton"))
        .join(Unit, Unit.id == Parcel.unit_id)
        .outerjoin(Carton, Carton.id == Parcel.carton_id)
        .where(Parcel.order_id == order_id)
        .order_by(Parcel.id)
    )
    return list(db.session.execute(query))


def tasks(by: By, *where: Any, status: str = "open") -> Query:
    """Tasks with who works on them, on what device, and what they are about."""
    query: Query = (
        select(
            Task,
            Device,
            Person.name.label("person"),
            Order.number.label("order"),
            PurchaseOrder.number.label("purchase"),
        )
        .outerjoin(Person, Person.id == Task.person_id)
        .outerjoin(Device, Device.id == Task.device_id)
        .outerjoin(Order, Order.id == Task.order_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Task.purchase_order_id)
        .where(Task.site_id == by.site_id, *where)
        .order_by(Task.priority.desc(), Task.created_at, Task.id)
    )
    return query.where(Task.status == status) if status else query


def purchase_orders(by: By, q: str = "", *, status: str = "", due: str = "") -> Query:
    """Purchase orders with their supplier's name, the first due first. `due` is '', 'late' or 'today'."""
    query: Query = (
        select(PurchaseOrder, Supplier.name.label("supplier"))
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.site_id == by.site_id)
        .order_by(PurchaseOrder.due_on.is_(None), PurchaseOrder.due_on, PurchaseOrder.number)
    )
    if q:
        is_like = (column.ilike(contains(q), escape=ESCAPE) for column in (PurchaseOrder.number, Supplier.name))
        query = query.where(or_(*is_like))
    if status and status != "all":
        query = query.where(PurchaseOrder.status == status)
    if due == "late":
        query = query.where(PurchaseOrder.due_on < by.today, PurchaseOrder.status == "open")
    elif due == "today":
        query = query.where(PurchaseOrder.due_on == by.today)
    return query


def purchase_progress(order_ids: Collection[int]) -> dict[int, Any]:
    """By purchase order: lines, and units ordered and received."""
    rows = db.session.execute(
        select(
            PurchaseLine.purchase_order_id,
            func.count().label("lines"),
            func.sum(PurchaseLine.ordered).label("ordered"),
            func.sum(PurchaseLine.received).label("received"),
        )
        .where(PurchaseLine.purchase_order_id.in_(order_ids))
        .group_by(PurchaseLine.purchase_order_id)
    )
    return {row.purchase_order_id: row for row in rows}


def purchase_lines(order_id: int) -> list[Any]:
    """The lines of a purchase order with their items."""
    query: Query = (
        select(PurchaseLine, Item)
        .join(Item, Item.id == PurchaseLine.item_id)
        .where(PurchaseLine.purchase_order_id == order_id)
        .order_by(PurchaseLine.line)
    )
    return list(db.session.execute(query))


def cases(by: By, *where: Any) -> Query:
    """Discrepancies, the oldest first, with who opened and who owns them, the item, the place and the order."""
    opener, owner = aliased(Person), aliased(Person)
    return (
        select(
            Discrepancy,
            opener.name.label("opened_by"),
            owner.name.label("owner"),
            Item.id.label("item_id"),
            Item.sku,
            Item.name.label("item"),
            Location.code.label("place"),
            Order.id.label("order_id"),
            Order.number.label("order"),
        )
        .join(opener, opener.id == Discrepancy.opened_by)
        .outerjoin(owner, owner.id == Discrepancy.owner_id)
        .outerjoin(Item, Item.id == Discrepancy.item_id)
        .outerjoin(Location, Location.id == Discrepancy.location_id)
        .outerjoin(OrderLine, OrderLine.id == Discrepancy.order_line_id)
        .outerjoin(Order, Order.id == OrderLine.order_id)
        .where(Discrepancy.site_id == by.site_id, *where)
        .order_by(Discrepancy.opened_at, Discrepancy.id)
    )


def manifests(by: By, q: str = "", *, status: str = "") -> Query:
    """Manifests with the code of their door and how many parcels they have, the youngest first."""
    parcels = select(func.count()).where(Parcel.manifest_id == Manifest.id).scalar_subquery().label("parcels")
    query: Query = (
        select(Manifest, Location.code.label("door"), parcels)
        .join(Location, Location.id == Manifest.location_id)
        .where(Manifest.site_id == by.site_id)
        .order_by(Manifest.opened_at.desc(), Manifest.id.desc())
    )
    if q:
        is_like = (column.ilike(contains(q), escape=ESCAPE) for column in (Manifest.number, Manifest.carrier))
        query = query.where(or_(*is_like))
    return query.where(Manifest.status == status) if status else query
