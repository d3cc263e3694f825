"""History: the journal of moves and scans, newest first, for those who ask what happened."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from scanner.by import By
from scanner.desk import Query
from scanner.models import Item, Location, Lot, Move, OrderLine, Person, ScanRecord, Serial, Unit

SOURCE, TARGET = aliased(Location), aliased(Location)
SOURCE_UNIT, TARGET_UNIT = aliased(Unit), aliased(Unit)


def moves(by: By, *where: ColumnElement[bool]) -> Query:
    """Moves with what they name: move, item, lot, serial, source, target, their units, person."""
    return (
        select(
            Move,
            Item.sku,
            Item.name,
            Lot.code.label("lot"),
            Serial.code.label("serial"),
            SOURCE.code.label("source"),
            TARGET.code.label("target"),
            SOURCE_UNIT.code.label("source_unit"),
            TARGET_UNIT.code.label("target_unit"),
            Person.name.label("person"),
        )
        .join(Item, Item.id == Move.item_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(Serial, Serial.id == Move.serial_id)
        .join(SOURCE, SOURCE.id == Move.source_id)
        .join(TARGET, TARGET.id == Move.target_id)
        .join(SOURCE_UNIT, SOURCE_UNIT.id == Move.source_unit_id)
        .join(TARGET_UNIT, TARGET_UNIT.id == Move.target_unit_id)
        .join(Person, Person.id == Move.person_id)
        .where(Move.site_id == by.site_id, *where)
        .order_by(Move.seq.desc())
    )


def of_item(item_id: int) -> ColumnElement[bool]:
    """Moves of an item."""
    return Move.item_id == item_id


def of_location(location_id: int) -> ColumnElement[bool]:
    """Moves into a place and out of it."""
    return or_(Move.source_id == location_id, Move.target_id == location_id)


def of_unit(unit_id: int) -> ColumnElement[bool]:
    """Moves into a unit and out of it."""
    return or_(Move.source_unit_id == unit_id, Move.target_unit_id == unit_id)


def of_order(order_id: int) -> ColumnElement[bool]:
    """Moves for the lines of an order."""
    return Move.order_line_id.in_(select(OrderLine.id).where(OrderLine.order_id == order_id))


def scans(by: By, *where: ColumnElement[bool]) -> Query:
    """Scans with the person's name."""
    return (
        select(ScanRecord, Person.name.label("person"))
        .join(Person, Person.id == ScanRecord.person_id)
        .where(ScanRecord.site_id == by.site_id, *where)
        .order_by(ScanRecord.received_at.desc(), ScanRecord.id.desc())
    )


def on_day(by: By, day: date) -> ColumnElement[bool]:
    """Scans of one day at the site."""
    start = day_start(by, day)
    return ScanRecord.received_at.between(start, start + timedelta(days=1))


def day_start(by: By, day: date) -> datetime:
    """Midnight at the site."""
    return datetime.combine(day, time(), ZoneInfo(by.timezone))
