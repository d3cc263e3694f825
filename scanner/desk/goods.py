"""Goods: stock by item, by place and by lot, and all that belongs to one item."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select

from scanner.by import By
from scanner.db import db
from scanner.desk import Query
from scanner.models import (
    Balance,
    Barcode,
    Hold,
    Item,
    Location,
    Lot,
    Order,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Unit,
)

ESCAPE = "!"


def contains(text: str) -> str:
    """A pattern for LIKE: `text` anywhere. The escape character is '!'."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return f"%{text}%"


def _has(column: Any, text: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.ilike(contains(text), escape=ESCAPE)
    return found


def items(q: str = "", *, stocked_at: int | None = None) -> Query:
    """Items by SKU, name or barcode; `stocked_at` keeps those that the site has."""
    query: Query = select(Item).order_by(Item.sku)
    if q:
        has_code = exists().where(Barcode.item_id == Item.id, Barcode.code.in_({q, q.zfill(14)}))
        query = query.where(or_(_has(Item.sku, q), _has(Item.name, q), has_code))
    if stocked_at is not None:
        query = query.where(exists().where(Balance.item_id == Item.id, Balance.site_id == stocked_at, Balance.qty > 0))
    return query


def locations(by: By, q: str = "", *, kind: str = "", is_used: bool = False) -> Query:
    """Places in walking order; `is_used` keeps those where something stands."""
    query: Query = (
        select(Location)
        .where(Location.site_id == by.site_id, ~Location.is_virtual)
        .order_by(Location.walk_order, Location.code)
    )
    if q:
        query = query.where(_has(Location.code, q))
    if kind:
        query = query.where(Location.kind == kind)
    if is_used:
        query = query.where(
            exists().where(Balance.site_id == by.site_id, Balance.location_id == Location.id, Balance.qty > 0)
        )
    return query


def content_of(by: By, location_ids: Collection[int]) -> dict[int, Any]:
    """What stands at each of some places: items, qty, reserved. Empty places are left out."""
    rows = db.session.execute(
        select(
            Balance.location_id,
            func.count(func.distinct(Balance.item_id)).label("items"),
            func.sum(Balance.qty).label("qty"),
            func.sum(Balance.reserved).label("reserved"),
        )
        .where(Balance.site_id == by.site_id, Balance.location_id.in_(location_ids), Balance.qty > 0)
        .group_by(Balance.location_id)
    )
    return {row.location_id: row for row in rows}


def lots(by: By, q: str = "", *, only: str = "") -> Query:
    """Lots in stock with their items, the first to expire first. `only` is '', 'held' or 'expired'."""
    day = func.coalesce(Lot.expiry, Lot.best_before)
    query: Query = (
        select(Lot, Item)
        .join(Item, Item.id == Lot.item_id)
        .where(
            exists().where(
                Balance.item_id == Lot.item_id,
                Balance.site_id == by.site_id,
                Balance.lot_id == Lot.id,
                Balance.qty > 0,
            )
        )
        .order_by(day.is_(None), day, Lot.id)
    )
    if q:
        query = query.where(or_(_has(Lot.code, q), _has(Item.sku, q), _has(Item.name, q)))
    if only == "held":
        query = query.where(Lot.is_held)
    if only == "expired":
        query = query.where(or_(Lot.expiry < by.today, Lot.best_before < by.today))
    return query


def lot_sums(by: By, lots: Collection[Lot]) -> dict[int, Any]:
    """What there is of each of some lots: qty, reserved, and at how many places."""
    rows = db.session.execute(
        select(
            Balance.lot_id,
            func.sum(Balance.qty).label("qty"),
            func.sum(Balance.reserved).label("reserved"),
            func.count(func.distinct(Balance.location_id)).label("places"),
        )
        .where(
            Balance.site_id == by.site_id,
            Balance.item_id.in_({lot.item_id for lot in lots}),  # what the index begins with
            Balance.lot_id.in_([lot.id for lot in lots]),
            Balance.qty > 0,
        )
        .group_by(Balance.lot_id)
    )
    return {row.lot_id: row for row in rows}


def units(by: By, q: str = "", *, kind: str = "", only: str = "") -> Query:
    """Units with their place and order, newest first. `only` is 'held', a status, or '': all that is in the house."""
    query: Query = (
        select(Unit, Location.code.label("place"), Order.number.label("order"))
        .outerjoin(Location, Location.id == Unit.location_id)
        .outerjoin(Order, Order.id == Unit.order_id)
        .where(Unit.site_id == by.site_id)
        .order_by(Unit.id.desc())
    )
    if q:
        query = query.where(_has(Unit.code, q))
    if kind:
        query = query.where(Unit.kind == kind)
    if only == "held":
        return query.where(Unit.is_held)
    return query.where(Unit.status == only if only else Unit.status != "shipped")


def unit_sums(by: By, unit_ids: Collection[int]) -> dict[int, Any]:
    """What some units hold: items, qty, reserved. Empty ones are left out."""
    rows = db.session.execute(
        select(
            Balance.unit_id,
            func.count(func.distinct(Balance.item_id)).label("items"),
            func.sum(Balance.qty).label("qty"),
            func.sum(Balance.reserved).label("reserved"),
        )
        .where(Balance.site_id == by.site_id, Balance.unit_id.in_(unit_ids), Balance.qty > 0)
        .group_by(Balance.unit_id)
    )
    return {row.unit_id: row for row in rows}


def barcodes(item_id: int) -> list[Barcode]:
    """All codes of an item, the smallest pack first."""
    return list(
        db.session.scalars(select(Barcode).where(Barcode.item_id == item_id).order_by(Barcode.qty, Barcode.code))
    )


def on_order(by: By, item_id: int) -> list[Any]:
    """Purchase lines that are still to come: line and order, the first due first."""
    query: Query = (
        select(PurchaseLine, PurchaseOrder)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(
            PurchaseOrder.site_id == by.site_id,
            PurchaseOrder.status == "open",
            PurchaseLine.item_id == item_id,
            PurchaseLine.ordered > PurchaseLine.received,
        )
        .order_by(PurchaseOrder.due_on, PurchaseOrder.number)
        .limit(50)
    )
    return list(db.session.execute(query))


def holds(by: By, scope: str, ids: Collection[int]) -> dict[int, Any]:
    """Why things are on hold now, by their id: reason, person, at."""
    rows = db.session.execute(
        select(Hold.object_id, Hold.reason, Hold.at, Person.name.label("person"))
        .join(Person, Person.id == Hold.person_id)
        .where(Hold.site_id == by.site_id, Hold.scope == scope, Hold.object_id.in_(ids), Hold.released_at.is_(None))
    )
    return {row.object_id: row for row in rows}
