"""Run: one import from file to book. Anything wrong, and nothing of the file is imported."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from scanner.audit import audit
from scanner.by import By
from scanner.db import Busy, db, transact
from scanner.imports.documents import plan_orders, plan_purchase_orders
from scanner.imports.files import MOST_BYTES, MOST_ROWS, BadFile, Raw, read_rows
from scanner.imports.items import plan_barcodes, plan_items
from scanner.imports.job import Entry, Job, Write
from scanner.imports.locations import plan_locations
from scanner.imports.opening import plan_opening
from scanner.imports.parties import plan_cartons, plan_customers, plan_suppliers
from scanner.imports.report import Report
from scanner.imports.rows import LINE_COLUMNS, ROWS, Line
from scanner.refusals import Refusal

PLANS: dict[str, Callable[[Any, Job], Write]] = {
    "items": plan_items,
    "barcodes": plan_barcodes,
    "locations": plan_locations,
    "suppliers": plan_suppliers,
    "purchase_orders": plan_purchase_orders,
    "customers": plan_customers,
    "orders": plan_orders,
    "cartons": plan_cartons,
    "opening_stock": plan_opening,
}
KINDS = tuple(ROWS)
TRIES = 3  # when another writer put the same thing on file meanwhile
ONE_AT_A_TIME = 7_241_001  # the number of the lock; any other would do


class _Undone(Exception):
    """Ends the transaction of an import that must leave nothing behind."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.summary)
        self.report = report


def columns(kind: str) -> tuple[str, ...]:
    """The columns of a kind, in the order of the documentation. Refuses bad_request for an unknown kind."""
    if kind not in ROWS:
        raise Refusal("bad_request", f"There is no import of {kind[:40]!r}. There are: {', '.join(KINDS)}.")
    return tuple(ROWS[kind].model_fields)


def import_file(kind: str, source: bytes | str | Path, filename: str = "", *, by: By, dry_run: bool = False) -> Report:
    """Import the bytes of a file, or a file by its path. `filename` tells CSV from JSON and stands in the report.

    Whatever is wrong with the file is in the report's errors. Refuses bad_request for an unknown kind; Busy when the
    database cannot be written.
    """
    known = columns(kind)
    name = filename or (Path(source).name if not isinstance(source, bytes) else "")
    report = Report(kind, Path(name).name, is_dry_run=dry_run)
    try:
        raws = read_rows(source if isinstance(source, bytes) else _content(Path(source)), report.file, known)
        entries = [entry for raw in raws for entry in _entries(raw, report)]
    except BadFile as bad:
        report.error(bad.line, bad.column, bad.reason, bad.value)
        return report
    return _import(entries, report, by, secrets.SystemRandom())


def _content(path: Path) -> bytes:
    """The file's bytes, one more than allowed at the most."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadFile(f"The file cannot be read: {error.strerror}.") from error


def import_rows(
    kind: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    by: By,
    dry_run: bool = False,
    file: str = "",
    rng: random.Random | None = None,
) -> Report:
    """Import rows that are objects already, e.g. from the API. In errors, `line` is the row's number from 1.

    `rng` draws what is drawn by chance (locations' check digits); a seeded one is for demos and tests.
    """
    columns(kind)
    report = Report(kind, file, is_dry_run=dry_run)
    entries: list[Entry[Any]] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            report.error(number, "", f"There are more than {MOST_ROWS:,} rows.")
            return report
        entries += _entries(Raw(number, dict(row)), report)
    return _import(entries, report, by, rng or secrets.SystemRandom())


def _import(entries: Sequence[Entry[Any]], report: Report, by: By, rng: random.Random) -> Report:
    def work() -> Report:
        errors = list(report.errors)
        job = Job(replace(by, moves=[], discrepancies=[]), replace(report, errors=errors), rng)
        _wait_for_others()
        write = PLANS[report.kind](entries, job)
        if job.report.is_ok:
            write()
        if report.is_dry_run or not job.report.is_ok:
            raise _Undone(job.report)
        _note(job)
        return job.report

    try:
        return _transact(work)
    except _Undone as undone:
        return undone.report


def _transact(work: Callable[[], Report]) -> Report:
    """`transact`, again if somebody else put the same thing on file between our look and our write."""
    for _try in range(TRIES):
        try:
            return transact(work)
        except IntegrityError:
            continue
    raise Busy("others import the same things")


def _wait_for_others() -> None:
    """One import at a time: two of the same file must find each other's rows. SQLite has one writer anyway."""
    db.session.expire_all()
    if db.engine.dialect.name == "postgresql":
        # A large file is compared for longer than a scan may stand idle.
        db.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})


def _note(job: Job) -> None:
    report = job.report
    if report.added or report.changed:
        audit(job.by, "import", f"{report.kind} {report.file}".strip(), report.summary)
    db.session.flush()
    db.session.expire_all()  # bulk writes pass by the objects that the session holds


# --- from cells to valid rows -------------------------------------------------------------------------------------


def _entries(raw: Raw, report: Report) -> list[Entry[Any]]:
    """The valid rows of one raw row: one, or one for each line of a document."""
    model = ROWS[report.kind]
    found = []
    for path, cells in _split(raw, model, report):
        try:
            row = model.model_validate({name: cell for name, cell in cells.items() if not _is_empty(cell)})
        except ValidationError as error:
            _explain(error, raw.line, path, model, report)
        else:
            found.append(Entry(raw.line, row, path))
    return found


def _split(raw: Raw, model: type[Any], report: Report) -> list[tuple[str, dict[str, Any]]]:
    """A document with nested lines as flat rows, each with its path."""
    lines = raw.cells.get("lines")
    if not issubclass(model, Line) or "lines" not in raw.cells:
        return [("", raw.cells)]
    head = {name: cell for name, cell in raw.cells.items() if name != "lines"}
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        report.error(raw.line, "lines", "a list of objects is wanted", str(lines))
        return []
    return [(f"lines[{number}].", {**head, **line}) for number, line in enumerate(lines, 1)]


def _is_empty(cell: Any) -> bool:
    """An empty cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _explain(error: ValidationError, line: int, path: str, model: type[Any], report: Report) -> None:
    for fault in error.errors(include_url=False):
        column = str(fault["loc"][0]) if fault["loc"] else ""
        place = f"{path}{column}" if column in LINE_COLUMNS or column not in model.model_fields else column
        value = "" if fault["type"] == "missing" else fault["input"]
        if not any(known.line == line and known.column == place for known in report.errors[-20:]):
            report.error(line, place, _reason(fault["type"], fault.get("ctx") or {}, fault["msg"]), value)


def _reason(kind: str, facts: Mapping[str, Any], otherwise: str) -> str:
    """Pydantic's fault in a worker's words."""
    known = {
        "missing": "this is needed",
        "extra_forbidden": "there is no such column",
        "literal_error": f"one of these is wanted: {facts.get('expected')}",
        "too_long": f"this is longer than {facts.get('max_length')} characters",
        "greater_than_equal": f"{facts.get('ge')} or more is wanted",
        "less_than_equal": f"{facts.get('le')} or less is wanted",
        "int_type": "a whole number is wanted",
        "string_type": "text is wanted",
    }
    return known.get(kind, otherwise)
