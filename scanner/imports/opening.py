"""Opening stock: what is there on the first day, posted through the ledger from OPENING.

What OPENING has brought to a key before is not brought again: the same file twice changes nothing, and another figure
is an error, since correcting stock is a count's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from scanner import ledger
from scanner.barcode import encode, is_sscc
from scanner.db import db
from scanner.imports.items import items_by_sku
from scanner.imports.job import Entry, Job, Write, insert_all, one_of_each, rows_where
from scanner.imports.rows import OpeningRow
from scanner.ledger import MAX_MOVES, Spot, Why
from scanner.models import Location, Lot, Move, Serial, Unit
from scanner.refusals import Refusal

REASON = "opening"
Key = tuple[int, str, str, int, str]  # item id, lot, serial, location id, unit


@dataclass(frozen=True, slots=True)
class Goods:
    """One valid row with the ids of what it names."""

    entry: Entry[OpeningRow]
    item: Any
    location_id: int

    @property
    def key(self) -> Key:
        """What may be opened once."""
        row = self.entry.row
        return (self.item.id, row.lot, row.serial, self.location_id, row.unit)


def plan_opening(entries: Sequence[Entry[OpeningRow]], job: Job) -> Write:
    """Post what OPENING has not brought yet, with the lots, serial numbers and units that it needs."""
    found = list(_resolve(entries, job))
    opened = _opened(job)
    todo: list[Goods] = []
    for goods in _once(found, job):
        before = opened.get(goods.key, 0)
        if before == goods.entry.row.qty:
            job.report.unchanged += 1
        elif before:
            job.error(goods.entry, "qty", f"this was opened with {before} already; count the place to correct it")
        else:
            todo.append(goods)
    job.report.added += len(todo)
    lots = _lots(todo, job)
    serials = _serials(todo, job)
    units = _units(todo, job)

    def write() -> None:
        insert_all(Lot, lots)
        insert_all(Serial, serials)
        insert_all(Unit, units)
        _post(todo, job)

    return write


# --- what the rows name ------------------------------------------------------------------------------------------


def _resolve(entries: Sequence[Entry[OpeningRow]], job: Job) -> Iterator[Goods]:
    items = items_by_sku()
    query = select(Location.id, Location.code, Location.is_virtual).where(Location.site_id == job.by.site_id)
    places = {row.code: row.id for row in db.session.execute(query) if not row.is_virtual}
    for entry in entries:
        item, place = items.get(entry.row.sku.upper()), places.get(entry.row.location)
        if item is None:
            job.error(entry, "sku", "there is no such item")
        if place is None:
            job.error(entry, "location", "there is no such location")
        if item is not None and _fits(entry, item, job) and place is not None:
            yield Goods(entry, item, place)


def _fits(entry: Entry[OpeningRow], item: Any, job: Job) -> bool:
    """Whether the row says what the item's tracking asks for, and no more."""
    row, before = entry.row, len(job.report.errors) + job.report.more_errors
    for column in ("lot", "serial"):
        if item.tracking == column and not getattr(row, column):
            job.error(entry, column, f"the item is kept by {column}")
        elif item.tracking != column and getattr(row, column):
            job.error(entry, column, f"the item is not kept by {column}")
    if row.serial and row.qty != 1:
        job.error(entry, "qty", "goods with serial numbers go one by one")
    if not row.lot:
        for column in ("expiry", "best_before"):
            if getattr(row, column):
                job.error(entry, column, "a date belongs to a lot")
    if row.unit and not is_sscc(row.unit):
        _check_tote(entry, job)
    return len(job.report.errors) + job.report.more_errors == before


def _check_tote(entry: Entry[OpeningRow], job: Job) -> None:
    try:
        encode("tote", entry.row.unit)
    except ValueError:
        job.error(
            entry, "unit", "a unit is an SSCC of 18 digits with a right check digit, or a tote's letters and digits"
        )


def _once(found: Sequence[Goods], job: Job) -> Iterator[Goods]:
    by_entry = {goods.entry.line: goods for goods in found}
    for entry in one_of_each(job, [goods.entry for goods in found], _told, "location"):
        yield by_entry[entry.line]


def _told(row: OpeningRow) -> tuple[str, ...]:
    """A serial number is one thing: it cannot lie in two places."""
    place = () if row.serial else (row.location, row.unit)
    return (row.sku.upper(), row.lot, row.serial, *place)


def _opened(job: Job) -> dict[Key, int]:
    """What OPENING has brought to each key, less what was taken back."""
    opening = ledger.virtual(job.by.site_id, REASON).location_id
    figures: dict[Key, int] = {}
    for side, other, sign in (("source", "target", 1), ("target", "source", -1)):
        place, unit = getattr(Move, f"{other}_id"), getattr(Move, f"{other}_unit_id")
        query = (
            select(Move.item_id, Lot.code, Serial.code, place, Unit.code, func.sum(Move.qty))
            .join(Lot, Lot.id == Move.lot_id)
            .join(Serial, Serial.id == Move.serial_id)
            .join(Unit, Unit.id == unit)
            .where(Move.site_id == job.by.site_id, getattr(Move, f"{side}_id") == opening)
            .group_by(Move.item_id, Lot.code, Serial.code, place, Unit.code)
        )
        for item_id, lot, serial, location_id, code, qty in db.session.execute(query):
            key = (item_id, lot, serial, location_id, code)
            figures[key] = figures.get(key, 0) + sign * int(qty)
    return figures


# --- what the moves need -----------------------------------------------------------------------------------------


def _lots(todo: Sequence[Goods], job: Job) -> list[dict[str, Any]]:
    """The lots that are not on file yet. A lot has one pair of dates, whatever the row."""
    known = {
        (row.item_id, row.code): {"expiry": row.expiry, "best_before": row.best_before}
        for row in _of_items(select(Lot.item_id, Lot.code, Lot.expiry, Lot.best_before), Lot.item_id, todo)
    }
    fresh: dict[tuple[int, str], dict[str, Any]] = {}
    for goods in todo:
        row = goods.entry.row
        if not row.lot:
            continue
        key, dates = (goods.item.id, row.lot), {"expiry": row.expiry, "best_before": row.best_before}
        if key not in known:
            known[key] = dates
            fresh[key] = {"item_id": goods.item.id, "code": row.lot, **dates}
            if goods.item.has_expiry and not (row.expiry or row.best_before):
                job.error(goods.entry, "expiry", "the item is kept with its date")
        for column, date in dates.items():
            if date and date != known[key][column]:
                job.error(goods.entry, column, f"lot {row.lot} is on file with {known[key][column] or 'no such date'}")
    return list(fresh.values())


def _serials(todo: Sequence[Goods], job: Job) -> list[dict[str, Any]]:
    """The new serial numbers, standing in OPENING. One that is known is somewhere, so it cannot come in again."""
    tracked = [goods for goods in todo if goods.entry.row.serial]
    opening = ledger.virtual(job.by.site_id, REASON).location_id
    on_file = {
        (row.item_id, row.code): row.location_id
        for row in _of_items(select(Serial.item_id, Serial.code, Serial.location_id), Serial.item_id, tracked)
    }
    fresh = []
    for goods in tracked:
        key = (goods.item.id, goods.entry.row.serial)
        if key not in on_file:
            fresh.append({"item_id": key[0], "code": key[1], "location_id": opening})
        elif on_file[key] != opening:
            job.error(goods.entry, "serial", "this serial number is in the book already")
    return fresh


def _of_items(query: Any, column: Any, todo: Collection[Goods]) -> Iterator[Any]:
    return rows_where(query, column, {goods.item.id for goods in todo})


def _units(todo: Sequence[Goods], job: Job) -> list[dict[str, Any]]:
    """The new pallets and totes. A unit stands in one place, and what it holds stands there with it."""
    query = select(Unit.id, Unit.code, Unit.location_id, Unit.status, Unit.order_id, Unit.is_held)
    query = query.where(Unit.site_id == job.by.site_id)
    at = {row.code: row for row in rows_where(query, Unit.code, {g.entry.row.unit for g in todo if g.entry.row.unit})}
    fresh: dict[str, dict[str, Any]] = {}
    for goods in todo:
        code = goods.entry.row.unit
        if not code:
            continue
        place = at[code].location_id if code in at else fresh.get(code, {}).get("location_id", goods.location_id)
        if place != goods.location_id:
            job.error(goods.entry, "unit", "this unit stands in another place")
        if code in at and (at[code].status != "open" or at[code].order_id or at[code].is_held):
            job.error(goods.entry, "unit", "this unit is in use")
        if code not in at:
            kind = "pallet" if is_sscc(code) else "tote"
            common: dict[str, Any] = {"site_id": job.by.site_id, "status": "open", "is_held": False}
            fresh[code] = {**common, "code": code, "kind": kind, "location_id": goods.location_id}
    return list(fresh.values())


# --- posting -----------------------------------------------------------------------------------------------------


def _post(todo: Sequence[Goods], job: Job) -> None:
    """One move a row. The ledger may still refuse: expired goods on a picking shelf, a held place."""
    opening = ledger.virtual(job.by.site_id, REASON)
    lots, serials = _ids(Lot, todo), _ids(Serial, todo)
    query = select(Unit.code, Unit.id).where(Unit.site_id == job.by.site_id)
    units = {row.code: row.id for row in rows_where(query, Unit.code, {goods.entry.row.unit for goods in todo})}
    for number, goods in enumerate(todo, 1):
        row = goods.entry.row
        try:
            ledger.move(
                job.by,
                goods.item.id,
                row.qty,
                opening,
                Spot(goods.location_id, units.get(row.unit, 0)),
                Why(REASON, job.report.file[:64]),
                lot_id=lots.get((goods.item.id, row.lot), 0),
                serial_id=serials.get((goods.item.id, row.serial), 0),
            )
        except Refusal as refusal:
            job.error(goods.entry, "location", f"{refusal.say} {refusal.next}")
        if number % MAX_MOVES == 0:
            ledger.seal()  # the limit of unsealed moves is for scans; a file has its own


def _ids(model: Any, todo: Sequence[Goods]) -> dict[tuple[int, str], int]:
    query = select(model.item_id, model.code, model.id)
    return {(row.item_id, row.code): row.id for row in _of_items(query, model.item_id, todo)}
