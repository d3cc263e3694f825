"""Job: one import on its way: its valid rows, what speaks against them, and what is written if nothing does."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, insert, select, update

from scanner.barcode import Misread, encode, read, twins
from scanner.by import By
from scanner.db import Base, db
from scanner.imports.report import Report
from scanner.imports.rows import LINE_COLUMNS, NEEDED, Row
from scanner.models import Barcode

R = TypeVar("R", bound=Row)
CHUNK = 5_000  # values in one IN (...): both engines take 32,000
Write = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """One valid row and where it stands in the file."""

    line: int
    row: R
    path: str = ""  # 'lines[2].' for a line of a document in JSON

    def place(self, column: str) -> str:
        """The column's name as the file has it."""
        return f"{self.path}{column}" if column in LINE_COLUMNS else column


@dataclass(slots=True)
class Job:
    """Whose import it is and what it comes to."""

    by: By
    report: Report
    rng: random.Random

    def error(self, entry: Entry[Any], column: str, reason: str, value: object = None) -> None:
        """Note what is wrong with a row; the value is the column's own unless it is given."""
        shown = getattr(entry.row, column, "") if value is None else value
        self.report.error(entry.line, entry.place(column), reason, shown)

    def is_complete(self, entry: Entry[Any]) -> bool:
        """Whether a new row says all that it needs; notes what is missing."""
        missing = [name for name in NEEDED.get(self.report.kind, ()) if name not in entry.row.model_fields_set]
        for name in missing:
            self.error(entry, name, "this is needed for a new row", "")
        return not missing


def one_of_each(job: Job, entries: Sequence[Entry[R]], key: Callable[[R], Any], column: str) -> Iterator[Entry[R]]:
    """The entries whose key comes for the first time; notes the others."""
    first: dict[Any, int] = {}
    for entry in entries:
        known = first.setdefault(key(entry.row), entry.line)
        if known == entry.line:
            yield entry
        else:
            job.error(entry, column, f"this is in line {known} already")


def chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    """The values in portions that fit into one statement."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


def rows_where(
    query: Select[*tuple[Any, ...]], column: ColumnElement[Any] | Any, values: Collection[Any]
) -> Iterator[Any]:
    """The rows of `query` whose `column` is one of `values`, however many there are."""
    for some in chunks(values):
        yield from db.session.execute(query.where(column.in_(some)))


def insert_all(model: type[Base], values: Sequence[dict[str, Any]]) -> None:
    """Insert many rows in few statements."""
    for some in chunks(values):
        db.session.execute(insert(model), some)


def update_all(model: type[Base], values: Sequence[dict[str, Any]]) -> None:
    """Update many rows by their id in few statements. The rows need not change the same columns."""
    for some in chunks(values):
        db.session.execute(update(model), some)


def table(
    job: Job, model: type[Base], entries: Sequence[Entry[R]], old: dict[str, Any], new: dict[str, Any] | None = None
) -> Write:
    """The plan for a plain table whose key is `code`: insert what is new, update what differs.

    `old` holds the rows on file by code; `new` is what every inserted row gets besides its columns.
    """
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    for entry in entries:
        known = old.get(entry.row.code)  # type: ignore[attr-defined]
        if known is None:
            if job.is_complete(entry):
                inserts.append({**entry.row.model_dump(), **(new or {})})
        else:
            count_change(job, updates, known, entry.row.said)
    job.report.added += len(inserts)

    def write() -> None:
        insert_all(model, inserts)
        update_all(model, updates)

    return write


def count_change(job: Job, updates: list[dict[str, Any]], known: Any, said: dict[str, Any]) -> bool:
    """Plan the update of a known row where the file says something else; True if there is a difference."""
    differs = {name: value for name, value in said.items() if getattr(known, name) != value}
    if differs:
        updates.append({"id": known.id, **differs})
        job.report.changed += 1
    else:
        job.report.unchanged += 1
    return bool(differs)


# --- codes --------------------------------------------------------------------------------------------------------


def key_of(code: str) -> tuple[str, str]:
    """How a barcode is stored (a GTIN as 14 digits), and why it cannot be one ('' if it can)."""
    try:
        scan = read(code)
    except Misread:
        return code, "a scan of this could not be told from a misread"
    if scan.own is not None and scan.own[0] in ("command", "badge", "tote", "task"):
        return code, f"this reads as a {scan.own[0]} label of our own"
    if scan.kind in ("gs1", "sscc"):
        return code, "this reads as GS1 data; give the GTIN alone"
    if scan.text != code:
        return code, "a scan of this would read differently"
    return scan.gtin or code, ""


def check_labels(
    job: Job, kind: str, entries: Sequence[tuple[Entry[Any], str]], taken: dict[str, str], column: str
) -> None:
    """Refuse names whose label would be another thing's: on file or in this file, read rightly or on a wrong layout.

    `entries` come with the body of their label; `taken` has the bodies on file with the names behind them.
    """
    taken = dict(taken)
    for entry, body in entries:
        name = getattr(entry.row, column)
        if body in taken:
            job.error(entry, column, f"its label would be the same as that of {taken[body]}")
            continue
        try:
            twin = next((taken[other] for other in twins(body, kind) if other in taken), None)
        except ValueError:
            job.error(entry, column, "a label needs letters A to Z or digits, and not too many of them")
            continue
        if twin:
            job.error(entry, column, f"on a wrong keyboard layout its label would read as {twin}")
        taken[body] = name
    _check_barcodes(job, kind, entries, column)


def _check_barcodes(job: Job, kind: str, entries: Sequence[tuple[Entry[Any], str]], column: str) -> None:
    """Our own labels are looked at before barcodes, so a label that is an item's barcode would hide the item."""
    labels: dict[str, Entry[Any]] = {}
    for entry, body in entries:
        try:
            labels[encode(kind, body)] = entry
        except ValueError:
            continue  # noted above
    for row in rows_where(select(Barcode.code), Barcode.code, labels):
        job.error(labels[row.code], column, f"its label {row.code} is the barcode of an item")
