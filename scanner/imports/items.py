"""Items and their barcodes: the SKU is a barcode of its own; units and packs may have more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from scanner.barcode import keys, read
from scanner.db import db
from scanner.imports.job import Entry, Job, Write, insert_all, key_of, one_of_each, rows_where, update_all
from scanner.imports.rows import BarcodeRow, ItemRow
from scanner.models import Barcode, Carton, Item, Location, Move, Order, PurchaseOrder

CODES = ("gtin", "case_gtin", "case_qty")  # columns of an item row that are no columns of the item
_LABELS: dict[str, Any] = {
    "location": Location.scan_body,
    "order": Order.scan_body,
    "purchase_order": PurchaseOrder.scan_body,
    "carton_type": Carton.code,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A barcode that a row wants on an item."""

    entry: Entry[Any]
    column: str
    code: str
    sku: str  # in upper case
    qty: int


def plan_items(entries: Sequence[Entry[ItemRow]], job: Job) -> Write:
    """Insert or change items, and put their codes on file."""
    old = items_by_sku()
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    wishes: list[Wish] = []
    unchanged: dict[str, Entry[ItemRow]] = {}
    for entry in one_of_each(job, entries, lambda row: row.sku.upper(), "sku"):
        known = old.get(entry.row.sku.upper())
        _check_item(job, entry, known)
        said = {name: value for name, value in entry.row.said.items() if name not in CODES}
        if known is None:
            if job.is_complete(entry):
                inserts.append(entry.row.model_dump(exclude=set(CODES)))
        elif not _change(job, updates, known, said):
            unchanged[known.sku.upper()] = entry
        wishes += _codes(entry, known.sku if known else entry.row.sku)
    job.report.added += len(inserts)
    _check_tracking(job, entries, old)
    new_codes, _ = _plan_codes(job, wishes)
    # An item whose only news is one more barcode has changed.
    job.report.changed += (more := len({wish.sku for wish in new_codes} & unchanged.keys()))
    job.report.unchanged += len(unchanged) - more

    def write() -> None:
        insert_all(Item, inserts)
        update_all(Item, updates)
        _insert_codes(new_codes)

    return write


def items_by_sku() -> dict[str, Any]:
    """Every item's row by its SKU in upper case: SKUs differ by more than case."""
    columns = list(Item.__table__.columns)
    return {row.sku.upper(): row for row in db.session.execute(select(*columns))}


def _change(job: Job, updates: list[dict[str, Any]], known: Any, said: dict[str, Any]) -> bool:
    differs = {name: value for name, value in said.items() if name != "sku" and getattr(known, name) != value}
    if differs:
        updates.append({"id": known.id, **differs})
        job.report.changed += 1
    return bool(differs)


def _check_item(job: Job, entry: Entry[ItemRow], known: Any) -> None:
    row = entry.row
    tracking, has_expiry = (
        getattr(row if known is None or name in row.model_fields_set else known, name)
        for name in ("tracking", "has_expiry")
    )
    if has_expiry and tracking != "lot":
        job.error(entry, "has_expiry", "dates are kept by lot: tracking must be lot")
    for column in ("gtin", "case_gtin"):
        code = getattr(row, column)
        if code and keys.gtin(code) is None:
            job.error(entry, column, "this is no GTIN of 8, 12, 13 or 14 digits with a right check digit")
    if bool(row.case_gtin) != ("case_qty" in row.model_fields_set):
        job.error(entry, "case_qty", "a case has a GTIN and a quantity, or neither")


def _check_tracking(job: Job, entries: Sequence[Entry[ItemRow]], old: dict[str, Any]) -> None:
    """What lies on the shelves was booked with lots or without: that cannot change behind its back."""
    turned = {}
    for entry in entries:
        known = old.get(entry.row.sku.upper())
        if known and "tracking" in entry.row.model_fields_set and known.tracking != entry.row.tracking:
            turned[known.id] = entry
    for row in rows_where(select(Move.item_id).distinct(), Move.item_id, turned):
        job.error(turned[row.item_id], "tracking", "the item has moves, so its tracking stays as it is")


def _codes(entry: Entry[ItemRow], sku: str) -> Iterator[Wish]:
    """The SKU, also in capitals since Code 39 knows no others, and the GTINs."""
    row, key = entry.row, sku.upper()
    for code in dict.fromkeys((sku, key)):
        yield Wish(entry, "sku", code, key, 1)
    if row.gtin:
        yield Wish(entry, "gtin", row.gtin, key, 1)
    if row.case_gtin:
        yield Wish(entry, "case_gtin", row.case_gtin, key, row.case_qty)


def plan_barcodes(entries: Sequence[Entry[BarcodeRow]], job: Job) -> Write:
    """Insert barcodes, or change how many units one stands for."""
    known = items_by_sku()
    wishes: list[Wish] = []
    for entry in one_of_each(job, entries, lambda row: keys.gtin(row.code) or row.code, "code"):
        row = entry.row
        item = known.get(row.sku.upper())
        if item is None:
            job.error(entry, "sku", "there is no such item")
        elif len(row.code) in keys.GTIN_LENGTHS and keys.is_digits(row.code) and keys.gtin(row.code) is None:
            job.error(entry, "code", "the check digit of this GTIN is wrong")
        elif row.code in (item.sku, item.sku.upper()) and row.qty != 1:
            job.error(entry, "qty", "the SKU stands for one base unit")
        else:
            wishes.append(Wish(entry, "code", row.code, row.sku.upper(), row.qty))
    new, changes = _plan_codes(job, wishes, may_change=True)
    job.report.added += len(new)
    job.report.changed += len(changes)
    job.report.unchanged += len(wishes) - len(new) - len(changes)

    def write() -> None:
        _insert_codes(new)
        update_all(Barcode, changes)

    return write


def _plan_codes(
    job: Job, wishes: Sequence[Wish], *, may_change: bool = False
) -> tuple[list[Wish], list[dict[str, Any]]]:
    """Which barcodes are new and which stand for another quantity now. Notes codes that mean something else."""
    stored = [(wish, *key_of(wish.code)) for wish in wishes]
    query = select(Barcode.id, Barcode.code, Barcode.qty, Item.sku).join(Item, Item.id == Barcode.item_id)
    on_file = {row.code: row for row in rows_where(query, Barcode.code, {code for _, code, _ in stored})}
    new: dict[str, Wish] = {}
    changes: list[dict[str, Any]] = []
    for wish, code, unfit in stored:
        old, twin = on_file.get(code), new.get(code)
        reason = unfit or _other_item(wish, old) or _other_label(wish.code) or _other_line(wish, twin)
        if old is not None and old.qty != wish.qty and not may_change:
            reason = reason or f"this stands for {old.qty} already"
        if reason:
            job.error(wish.entry, wish.column, reason)
        elif old is None:
            new.setdefault(code, replace(wish, code=code))
        elif old.qty != wish.qty:
            changes.append({"id": old.id, "qty": wish.qty})
    return list(new.values()), changes


def _other_item(wish: Wish, old: Any) -> str:
    return f"this is on item {old.sku} already" if old is not None and old.sku.upper() != wish.sku else ""


def _other_line(wish: Wish, twin: Wish | None) -> str:
    if twin is None or (twin.sku, twin.qty) == (wish.sku, wish.qty):
        return ""
    return f"line {twin.entry.line} has this for {twin.qty} of {twin.sku}"


def _other_label(code: str) -> str:
    """Our own labels are looked at before barcodes: one that exists would hide the item."""
    own = read(code).own
    column = _LABELS.get(own[0]) if own else None
    if own is None or column is None or db.session.scalar(select(column).where(column == own[1]).limit(1)) is None:
        return ""
    return f"this is the label of a {own[0].replace('_', ' ')}"


def _insert_codes(new: Sequence[Wish]) -> None:
    query = select(Item.id, Item.sku)
    ids = {row.sku.upper(): row.id for row in db.session.execute(query)} if new else {}
    insert_all(Barcode, [{"code": wish.code, "item_id": ids[wish.sku], "qty": wish.qty} for wish in new])
