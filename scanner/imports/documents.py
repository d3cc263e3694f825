"""Documents: customer orders and purchase orders, line by line. The file holds the whole document.

A document on file may change only while nobody has worked on it: then the file's lines replace the ones on file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from scanner.barcode import compact
from scanner.db import db
from scanner.imports.items import items_by_sku
from scanner.imports.job import Entry, Job, Write, check_labels, insert_all, rows_where, update_all
from scanner.imports.parties import by_code
from scanner.imports.rows import OrderHead, OrderRow, Price, PurchaseHead, PurchaseOrderRow, Row
from scanner.models import (
    Customer,
    Discrepancy,
    Move,
    Order,
    OrderLine,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    Supplier,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the two documents."""

    label: str  # the kind of its label
    head: type[Row]
    model: Any
    line: Any
    document_id: str  # the line's column that names its document
    party: str  # the column with the code of the other side
    parties: Any
    is_untouched: Callable[[Any], bool]  # of a line
    traces: tuple[Any, ...]  # columns elsewhere that name a line which was worked on
    more: type[Row] | None = None  # columns that a line has beside its item and quantity


ORDERS = Kind(
    label="order",
    head=OrderHead,
    model=Order,
    line=OrderLine,
    document_id="order_id",
    party="customer",
    parties=Customer,
    is_untouched=lambda line: line.allocated == 0 and not line.is_closed_short,
    traces=(Reservation.order_line_id, Move.order_line_id, Discrepancy.order_line_id),
    more=Price,
)
PURCHASE_ORDERS = Kind(
    label="purchase_order",
    head=PurchaseHead,
    model=PurchaseOrder,
    line=PurchaseLine,
    document_id="purchase_order_id",
    party="supplier",
    parties=Supplier,
    is_untouched=lambda line: line.received == 0,
    traces=(Move.purchase_line_id, Discrepancy.purchase_line_id),
)


@dataclass(slots=True)
class Document:
    """One document of the file: its first row, its own columns, the columns of its lines by number."""

    entry: Entry[Any]
    head: dict[str, Any]
    lines: dict[int, dict[str, Any]]
    entries: dict[int, Entry[Any]]


@dataclass(slots=True)
class Changes:
    """What is to be written."""

    new: list[Document]
    heads: list[dict[str, Any]]
    lines: list[dict[str, Any]]  # updates
    more: list[dict[str, Any]]  # new lines of documents on file
    gone: dict[int, Entry[Any]]  # lines that go, or become another item


def plan_orders(entries: Sequence[Entry[OrderRow]], job: Job) -> Write:
    """Insert or change customer orders."""
    return _plan(ORDERS, entries, job)


def plan_purchase_orders(entries: Sequence[Entry[PurchaseOrderRow]], job: Job) -> Write:
    """Insert or change purchase orders."""
    return _plan(PURCHASE_ORDERS, entries, job)


def _plan(kind: Kind, entries: Sequence[Entry[Any]], job: Job) -> Write:
    documents = _read(kind, entries, job)
    old, old_lines = _on_file(kind, job, [document.head["number"] for document in documents])
    changes = Changes([], [], [], [], {})
    for document in documents:
        known = old.get(document.head["number"])
        if known is None:
            changes.new.append(document)
        else:
            _compare(kind, document, known, old_lines[known.id], changes, job)
    job.report.added += len(changes.new)
    _check_labels(kind, changes.new, job)
    removed = _check_traces(kind, changes, job)

    def write() -> None:
        if removed:
            db.session.execute(delete(kind.line).where(kind.line.id.in_(removed)))
        update_all(kind.model, changes.heads)
        update_all(kind.line, changes.lines)
        insert_all(kind.line, [*_insert(kind, changes.new, job), *changes.more])

    return write


# --- the file's documents ----------------------------------------------------------------------------------------


def _read(kind: Kind, entries: Sequence[Entry[Any]], job: Job) -> list[Document]:
    parties, items = by_code(kind.parties), items_by_sku()
    groups: dict[str, list[Entry[Any]]] = defaultdict(list)
    for entry in entries:
        groups[entry.row.number].append(entry)
    documents = []
    for rows in groups.values():
        head = _head(kind, rows, parties, job)
        lines, by_line = _lines(kind, rows, items, job)
        documents.append(Document(rows[0], head, lines, by_line))
    return documents


def _head(kind: Kind, rows: Sequence[Entry[Any]], parties: dict[str, Any], job: Job) -> dict[str, Any]:
    """The document's own columns, which every row of it must repeat."""
    first = rows[0]
    names = [name for name in kind.head.model_fields if name in first.row.model_fields_set]
    for entry in rows[1:]:
        for name in kind.head.model_fields:
            if name in entry.row.model_fields_set and getattr(entry.row, name) != getattr(first.row, name):
                job.error(entry, name, f"line {first.line} says something else for the same document")
    head = {name: _utc(getattr(first.row, name), job) for name in names}
    party = parties.get(head.pop(kind.party))
    if party is None:
        job.error(first, kind.party, f"there is no such {kind.party}")
    return {**head, f"{kind.party}_id": party.id if party else 0}


def _utc(value: Any, job: Job) -> Any:
    """An instant without a zone is one of the site's clock."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=ZoneInfo(job.by.timezone))
    return value


def _lines(
    kind: Kind, rows: Sequence[Entry[Any]], items: dict[str, Any], job: Job
) -> tuple[dict[int, dict[str, Any]], dict[int, Entry[Any]]]:
    lines: dict[int, dict[str, Any]] = {}
    more = tuple(kind.more.model_fields) if kind.more else ()
    by_line: dict[int, Entry[Any]] = {}
    for number, entry in enumerate(rows, 1):
        line = entry.row.line or number
        item = items.get(entry.row.sku.upper())
        if item is None:
            job.error(entry, "sku", "there is no such item")
        if line in lines:
            job.error(entry, "line", f"this document has line {line} already", line)
        said = {name: getattr(entry.row, name) for name in more if name in entry.row.model_fields_set}
        lines[line] = {"item_id": item.id if item else 0, "ordered": entry.row.qty, **said}
        by_line[line] = entry
    return lines, by_line


# --- against what is on file -------------------------------------------------------------------------------------


def _on_file(kind: Kind, job: Job, numbers: Sequence[str]) -> tuple[dict[str, Any], dict[int, list[Any]]]:
    """The documents on file by number, locked, and their lines by document."""
    query = select(*kind.model.__table__.columns).where(kind.model.site_id == job.by.site_id)
    query = query.order_by(kind.model.id).with_for_update()
    old = {row.number: row for row in rows_where(query, kind.model.number, numbers)}
    lines: dict[int, list[Any]] = defaultdict(list)
    column = getattr(kind.line, kind.document_id)
    for row in rows_where(select(*kind.line.__table__.columns), column, [row.id for row in old.values()]):
        lines[getattr(row, kind.document_id)].append(row)
    return old, lines


def _compare(kind: Kind, document: Document, known: Any, lines: list[Any], changes: Changes, job: Job) -> None:
    head = {name: value for name, value in document.head.items() if getattr(known, name) != value}
    on_file = {line.line: line for line in lines}
    if (
        not head
        and on_file.keys() == document.lines.keys()
        and not any(_differs(line, document.lines[line.line]) for line in lines)
    ):
        job.report.unchanged += 1
        return
    job.report.changed += 1
    if known.status != "open" or not all(kind.is_untouched(line) for line in lines):
        job.error(document.entry, "number", f"it is {known.status} and was worked on, so it stays as it is")
        return
    if head:
        changes.heads.append({"id": known.id, **head})
    for number, said in document.lines.items():
        old = on_file.pop(number, None)
        if old is not None and old.item_id == said["item_id"]:
            changes.lines += [{"id": old.id, **differs}] if (differs := _differs(old, said)) else []
            continue
        if old is not None:
            changes.gone[old.id] = document.entries[number]
        changes.more.append(_new_line(kind, known.id, number, said))
    changes.gone |= {line.id: document.entry for line in on_file.values()}


def _differs(old: Any, said: dict[str, Any]) -> dict[str, Any]:
    """What the file says otherwise of a line on file."""
    return {name: value for name, value in said.items() if getattr(old, name) != value}


def _new_line(kind: Kind, document_id: int, number: int, said: dict[str, Any]) -> dict[str, Any]:
    """A line with all its columns: one statement inserts many, and they must have the same ones."""
    blank = {name: field.default for name, field in kind.more.model_fields.items()} if kind.more else {}
    return {kind.document_id: document_id, "line": number, **blank, **said}


def _check_labels(kind: Kind, new: Sequence[Document], job: Job) -> None:
    query = select(kind.model.scan_body, kind.model.number).where(kind.model.site_id == job.by.site_id)
    bodies = [(document.entry, compact(document.head["number"])) for document in new]
    taken = {row.scan_body: row.number for row in db.session.execute(query)}
    check_labels(job, kind.label, bodies, taken, "number")


def _check_traces(kind: Kind, changes: Changes, job: Job) -> list[int]:
    """A line that scans have gone to may not vanish."""
    for column in kind.traces:
        for row in rows_where(select(column).distinct(), column, changes.gone):
            job.error(changes.gone[row[0]], "line", "a line of it was worked on, so it stays")
    return list(changes.gone)


def _insert(kind: Kind, new: Sequence[Document], job: Job) -> list[dict[str, Any]]:
    """Insert the new documents; returns their lines, ready to be inserted."""
    common: dict[str, Any] = {"site_id": job.by.site_id, "status": "open"}
    blank = {name: field.default for name, field in kind.head.model_fields.items() if not field.is_required()}
    insert_all(
        kind.model,
        [{**common, **blank, **document.head, "scan_body": compact(document.head["number"])} for document in new],
    )
    numbers = [document.head["number"] for document in new]
    query = select(kind.model.id, kind.model.number).where(kind.model.site_id == job.by.site_id)
    ids = {row.number: row.id for row in rows_where(query, kind.model.number, numbers)}
    return [
        _new_line(kind, ids[document.head["number"]], number, said)
        for document in new
        for number, said in document.lines.items()
    ]
