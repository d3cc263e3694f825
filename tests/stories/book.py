"""What the book says at some point of a story, in the words of a story: `12 MILK lot L7 on pallet 1`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from scanner.db import db
from scanner.models import (
    Balance,
    Discrepancy,
    Item,
    Location,
    Lot,
    Move,
    Order,
    OrderLine,
    PrintJob,
    PurchaseOrder,
    Reservation,
    Serial,
    Task,
    Unit,
)
from tests.scanner.floor import pallet

VIRTUAL = ("CUSTOMER", "SCRAP", "ADJUSTMENT", "SUPPLIER", "OPENING")
COUNTED = ("CUSTOMER", "SCRAP", "ADJUSTMENT")  # a story that ends without naming them says that nothing went there
PALLETS = {pallet(number)[5:]: f"pallet {number}" for number in range(1, 21)}


def content(code: str) -> list[str]:
    """What a place holds."""
    db.session.rollback()
    return sorted(_net(code.lower()) if code in VIRTUAL else [*_bulk(code), *_singles(code)])


def _bulk(code: str) -> list[str]:
    rows = db.session.execute(
        select(Balance.qty, Item.sku, Lot.code, Unit)
        .join(Item, Item.id == Balance.item_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.code == code, Balance.qty > 0, Item.tracking != "serial")
    )
    return [_words(qty, sku, lot, unit) for qty, sku, lot, unit in rows]


def _singles(code: str) -> list[str]:
    rows = db.session.execute(
        select(Item.sku, Serial.code, Unit)
        .join(Item, Item.id == Serial.item_id)
        .join(Unit, Unit.id == Serial.unit_id)
        .join(Location, Location.id == Serial.location_id)
        .where(Location.code == code, ~Location.is_virtual)
    )
    return [_words(1, f"{sku} {serial}", "", unit) for sku, serial, unit in rows]


def _net(kind: str) -> list[str]:
    """What has gone to a place outside the house, less what has come from there."""
    figures: dict[tuple[str, str], int] = {}
    here = aliased(Location)
    for column, sign in ((Move.target_id, 1), (Move.source_id, -1)):
        rows = db.session.execute(
            select(Item.sku, Lot.code, func.sum(Move.qty))
            .join(Item, Item.id == Move.item_id)
            .join(Lot, Lot.id == Move.lot_id)
            .join(here, here.id == column)
            .where(here.kind == kind)
            .group_by(Item.sku, Lot.code)
        )
        for sku, lot, qty in rows:
            figures[sku, lot] = figures.get((sku, lot), 0) + sign * int(qty)
    return [_words(qty, sku, lot, None) for (sku, lot), qty in figures.items() if qty]


def _words(qty: int, sku: str, lot: str, unit: Unit | None) -> str:
    return (
        f"{qty} {sku}"
        + (f" lot {lot}" if lot else "")
        + (_in(unit) if unit is not None and unit.kind != "none" else "")
    )


def _in(unit: Unit) -> str:
    if unit.kind == "carton":
        return f" in a parcel of {db.session.get_one(Order, unit.order_id).number}"
    if unit.kind == "pallet" and unit.code not in PALLETS:
        return " on a new pallet"
    return f" {'on' if unit.kind == 'pallet' else 'in'} {unit_name(unit)}"


def unit_name(unit: Unit) -> str:
    """A unit as stories call it: `pallet 1`, `tote 3`."""
    return PALLETS.get(unit.code, f"{unit.kind} {unit.code.lstrip('0')}")


def places() -> list[str]:
    """Every place of the house, and those outside of it where goods must not go untold."""
    return [*db.session.scalars(select(Location.code).where(~Location.is_virtual)), *COUNTED]


def open_cases() -> list[str]:
    """The kinds of the open discrepancies."""
    db.session.rollback()
    return sorted(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.status == "open")))


def status(kind: str, number: str) -> str | None:
    """How far an order or a purchase order is."""
    db.session.rollback()
    model: Any = Order if kind == "order" else PurchaseOrder
    found: str | None = db.session.scalar(select(model.status).where(model.number == number))
    return found


def promises(number: str) -> list[str]:
    """What is promised to an order and not picked yet: `4 MUG at A-01-1`."""
    db.session.rollback()
    rows = db.session.execute(
        select(func.sum(Reservation.qty - Reservation.posted), Item.sku, Lot.code, Location.code)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Item, Item.id == Reservation.item_id)
        .join(Lot, Lot.id == Reservation.lot_id)
        .join(Location, Location.id == Reservation.location_id)
        .where(Order.number == number, Reservation.state == "open")
        .group_by(Item.sku, Lot.code, Location.code)
    )
    return sorted(f"{_words(int(qty), sku, lot, None)} at {code}" for qty, sku, lot, code in rows)


def prints() -> list[str]:
    """What was asked of the printers, oldest first: `unit`, `copy of unit`."""
    db.session.rollback()
    jobs = db.session.scalars(select(PrintJob).order_by(PrintJob.id))
    return [f"copy of {job.kind}" if job.copy_of else job.kind for job in jobs]


def counts_waiting() -> list[str]:
    """The places that somebody has been asked to count."""
    db.session.rollback()
    query = select(Location.code).join(Task, Task.location_id == Location.id)
    return sorted(db.session.scalars(query.where(Task.workflow == "count", Task.status == "open")))


def parent(name: str) -> str:
    """What a unit stands on: `pallet 1`; else `nothing`."""
    db.session.rollback()
    units = {unit_name(unit): unit for unit in db.session.scalars(select(Unit))}
    unit = units.get(name)
    above = db.session.get(Unit, unit.parent_id) if unit is not None and unit.parent_id else None
    return unit_name(above) if above else "nothing"
