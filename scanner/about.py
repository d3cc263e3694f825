"""About: everything worth knowing of one thing that was looked up, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from scanner import ledger, orders, stock
from scanner.by import By
from scanner.db import db
from scanner.find import unit_words
from scanner.models import (
    Balance,
    Customer,
    Item,
    Location,
    Lot,
    Manifest,
    Move,
    Order,
    OrderLine,
    Parcel,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    Unit,
)
from scanner.refusals import Refusal

HISTORY = 8  # moves shown


@dataclass(frozen=True, slots=True)
class Where:
    """So many of something at a place."""

    place: str
    what: str
    qty: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One move in words."""

    at: str
    reason: str
    qty: int
    what: str
    way: str
    who: str


@dataclass(frozen=True, slots=True)
class Way:
    """A legal next act: the button, the workflow and the document to start it with."""

    label: str
    workflow: str
    document: str


@dataclass(slots=True)
class About:
    """One thing, as the look-up screen shows it."""

    kind: str
    title: str
    subtitle: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    where: list[Where] = field(default_factory=list)
    history: list[Step] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)


def about(kind: str, thing_id: int, by: By) -> About:
    """What is known of a thing. Refuses unknown_document."""
    tell = _KINDS.get(kind)
    found = tell(thing_id, by) if tell else None
    if found is None:
        raise Refusal("unknown_document", thing_id, kind.replace("_", " "))
    return found


def _item(item_id: int, by: By) -> About | None:
    item = db.session.get(Item, item_id)
    if item is None:
        return None
    levels = stock.levels(by, [item.id])[item.id]
    facts = [
        ("on hand", str(levels.on_hand)),
        ("free", str(levels.available)),
        ("reserved", str(levels.reserved)),
        ("held", str(levels.held)),
        ("on order", str(levels.on_order)),
    ]
    rows = stock.rows(by, Balance.item_id == item.id, limit=30)
    return About(
        "item",
        item.name,
        f"SKU {item.sku}",
        facts,
        [Where(row.location.code, _lot_words(row), row.qty, _unit_note(row)) for row in rows],
        _history(by, Move.item_id == item.id),
        [Way("MOVE SOME", "move", "")],
    )


def _lot_words(row: stock.Row) -> str:
    if row.lot.id == 0:
        return ""
    day = row.lot.expiry or row.lot.best_before
    return f"lot {row.lot.code}" + (f" to {day}" if day else "") + (" ON HOLD" if row.lot.is_held else "")


def _unit_note(row: stock.Row) -> str:
    parts = [row.location.kind] + ([unit_words(row.unit)] if row.unit.id else [])
    return ", ".join(parts + (["blocked"] if row.location.is_held else []))


def _location(location_id: int, by: By) -> About | None:
    location = db.session.get(Location, location_id)
    if location is None or location.site_id != by.site_id or location.is_virtual:
        return None
    facts = [("kind", location.kind), ("class", location.storage_class)]
    if location.is_held:
        facts.append(("BLOCKED", ledger.hold_reason("location", location.id)))
    rows = stock.rows(by, Balance.location_id == location.id, limit=30)
    return About(
        "location",
        location.code,
        "empty" if not rows else "",
        facts,
        [Where(row.item.sku, row.item.name, row.qty, _lot_words(row)) for row in rows],
        _history(by, or_(Move.source_id == location.id, Move.target_id == location.id)),
        [Way("COUNT IT", "count", location.code), Way("MOVE FROM HERE", "move", location.code)],
    )


def _unit(unit_id: int, by: By) -> About | None:
    unit = db.session.get(Unit, unit_id)
    if unit is None or unit.site_id != by.site_id:
        return None
    location = db.session.get(Location, unit.location_id) if unit.location_id else None
    facts = [("status", unit.status), ("at", location.code if location else "no place")]
    order = db.session.get(Order, unit.order_id) if unit.order_id else None
    if order is not None:
        facts.append(("order", f"{order.number}, {order.status}"))
    parcel = db.session.scalars(select(Parcel).where(Parcel.unit_id == unit.id)).first()
    if parcel is not None:
        facts += [("carrier", parcel.carrier), ("tracking", parcel.tracking or "none yet")]
    if unit.is_held:
        facts.append(("ON HOLD", ledger.hold_reason("unit", unit.id)))
    rows = stock.rows(by, Balance.unit_id == unit.id, limit=30)
    ways = _order_ways(order) if order else [Way("MOVE IT", "move", ""), Way("PUT IT AWAY", "putaway", "")]
    return About(
        "unit",
        unit_words(unit).capitalize(),
        unit.code,
        facts,
        [Where(row.item.sku, row.item.name, row.qty, _lot_words(row)) for row in rows],
        _history(by, or_(Move.source_unit_id == unit.id, Move.target_unit_id == unit.id)),
        ways,
    )


def _order_ways(order: Order) -> list[Way]:
    if order.is_held or order.status == "cancelled":
        return []
    if order.status in ("open", "picking"):
        return [Way("PICK IT", "pick", order.number)]
    if order.status == "picked":
        return [Way("PACK IT", "verify", order.number)]
    return [Way("LOAD IT", "ship", order.carrier)] if order.status == "packed" and order.carrier else []


def _order(order_id: int, by: By) -> About | None:
    order = db.session.get(Order, order_id)
    if order is None or order.site_id != by.site_id:
        return None
    customer = db.session.get_one(Customer, order.customer_id)
    facts = [("status", "ON HOLD" if order.is_held else order.status)]
    facts += [("carrier", f"{order.carrier} {order.service}".strip())] if order.carrier else []
    facts += [("promised", order.promised_on.isoformat())] if order.promised_on else []
    picked = orders.picked(order.id)
    lines = db.session.execute(
        select(OrderLine, Item).join(Item).where(OrderLine.order_id == order.id).order_by(OrderLine.line).limit(30)
    )
    where = [
        Where(item.sku, item.name, line.ordered, f"picked {picked.get(line.id, 0)}, packed {line.packed}")
        for line, item in lines
    ]
    return About("order", order.number, customer.name, facts, where, [], _order_ways(order))


def _purchase_order(order_id: int, by: By) -> About | None:
    order = db.session.get(PurchaseOrder, order_id)
    if order is None or order.site_id != by.site_id:
        return None
    supplier = db.session.get_one(Supplier, order.supplier_id)
    facts = [("status", order.status)] + ([("due", order.due_on.isoformat())] if order.due_on else [])
    lines = db.session.execute(
        select(PurchaseLine, Item).join(Item).where(PurchaseLine.purchase_order_id == order.id).limit(30)
    )
    where = [Where(item.sku, item.name, line.ordered, f"received {line.received}") for line, item in lines]
    ways = [Way("RECEIVE IT", "receive", order.number)] if order.status == "open" else []
    return About("purchase_order", order.number, supplier.name, facts, where, [], ways)


def _parcel(parcel_id: int, by: By) -> About | None:
    parcel = db.session.get(Parcel, parcel_id)
    return _unit(parcel.unit_id, by) if parcel is not None and parcel.site_id == by.site_id else None


def _manifest(manifest_id: int, by: By) -> About | None:
    manifest = db.session.get(Manifest, manifest_id)
    if manifest is None or manifest.site_id != by.site_id:
        return None
    door = db.session.get_one(Location, manifest.location_id)
    rows = db.session.execute(
        select(Parcel, Unit.code, Order.number)
        .join(Unit, Unit.id == Parcel.unit_id)
        .join(Order, Order.id == Parcel.order_id)
        .where(Parcel.manifest_id == manifest.id)
        .order_by(Parcel.id)
        .limit(30)
    )
    where = [Where(number, code, 1, row.tracking) for row, code, number in rows]
    facts = [("status", manifest.status), ("door", door.code)]
    ways = [Way("LOAD IT", "ship", manifest.carrier)] if manifest.status == "open" else []
    return About("manifest", manifest.number, manifest.carrier, facts, where, [], ways)


def _lot(lot_id: int, by: By) -> About | None:
    lot = db.session.get(Lot, lot_id)
    if lot is None or lot.item_id is None:
        return None
    item = db.session.get_one(Item, lot.item_id)
    dates = (("expiry", lot.expiry), ("best before", lot.best_before))
    facts = [(name, day.isoformat()) for name, day in dates if day]
    if lot.is_held:
        facts.append(("ON HOLD", ledger.hold_reason("lot", lot.id)))
    rows = stock.rows(by, Balance.lot_id == lot.id, limit=30)
    return About(
        "lot",
        f"Lot {lot.code}",
        item.name,
        facts,
        [Where(row.location.code, _unit_note(row), row.qty) for row in rows],
        _history(by, Move.lot_id == lot.id),
    )


_KINDS: dict[str, Callable[[int, By], About | None]] = {
    "item": _item,
    "location": _location,
    "unit": _unit,
    "order": _order,
    "purchase_order": _purchase_order,
    "parcel": _parcel,
    "lot": _lot,
    "manifest": _manifest,
}


def _history(by: By, *where: object) -> list[Step]:
    """The last moves, youngest first."""
    source, target = aliased(Location), aliased(Location)
    rows = db.session.execute(
        select(Move.recorded_at, Move.reason, Move.qty, Item.name, source.code, target.code, Person.name)
        .join(Item, Item.id == Move.item_id)
        .join(source, source.id == Move.source_id)
        .join(target, target.id == Move.target_id)
        .join(Person, Person.id == Move.person_id)
        .where(Move.site_id == by.site_id, *where)  # type: ignore[arg-type]
        .order_by(Move.seq.desc())
        .limit(HISTORY)
    )
    return [
        Step(f"{at:%d %b %H:%M}", reason, qty, what, f"{origin} to {goal}", who)
        for at, reason, qty, what, origin, goal, who in rows
    ]
