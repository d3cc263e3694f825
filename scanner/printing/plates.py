"""Plates: what has but one label. A pallet or a parcel has one license plate, a serial number one label of its own.

Whoever asks for a second one gets a copy of the first, marked as such, on whatever way it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from scanner.by import By
from scanner.db import db, now
from scanner.models import Printer, PrintJob
from scanner.printing.answers import Says, again, next_print, note_asked
from scanner.printing.ask import ask, choose_printer, note

KINDS: Final = ("unit", "shipment")


def is_plate(kind: str, details: Mapping[str, Any]) -> bool:
    """Whether there is but one such label."""
    return kind in KINDS or bool(_serial(kind, details))


def _serial(kind: str, details: Mapping[str, Any]) -> Any:
    return details.get("serial") if kind == "item" else None


def once(
    kind: str,
    subject_id: int,
    by: By,
    *,
    use: str = "label",
    details: dict[str, Any] | None = None,
    printer: Printer | None = None,
    asked: str = "",
) -> PrintJob:
    """The one label that a license plate or a serial number has. Whoever asks again gets a copy, marked as such.

    It goes to the printer that serves this device. `details` replace what it said before. `asked` names the asking, if
    it may come twice: the log keeps it, and its job is the answer to the second. Refuses print_under_way.
    """
    first = first_of(kind, subject_id, by, details)
    printer = printer or choose_printer(by, use)
    if first is not None:
        return again(first, by, lambda _job: printer.id if printer else None, details, asked)
    key = _key_of(kind, subject_id, details)
    job = ask(kind, subject_id, by, use=use, details=details, key=key, printer=printer)
    note_asked(job, asked, by)
    return job


def first_of(kind: str, subject_id: int, by: By, details: Mapping[str, Any] | None = None) -> PrintJob | None:
    """The first label of what has but one, if it was ever asked for."""
    key = _key_of(kind, subject_id, details)
    return db.session.scalars(select(PrintJob).where(PrintJob.site_id == by.site_id, PrintJob.key == key)).first()


def _key_of(kind: str, subject_id: int, details: Mapping[str, Any] | None) -> str:
    one_of = _serial(kind, details or {}) or (details or {}).get("delivery")
    return f"{kind}:{subject_id}:{one_of}" if one_of else f"{kind}:{subject_id}"


def in_file(kind: str, subject_id: int, by: By, details: dict[str, Any], sha256: str) -> Says:
    """Write down that the one label of a thing was opened as a PDF: as its first, or as a copy of that.

    What waits for a printer is not printed there any more. Returns what the label has to say. Refuses print_under_way.
    """
    first = first_of(kind, subject_id, by, details)
    if first is None:
        job = ask(kind, subject_id, by, details=details, key=_key_of(kind, subject_id, details))
    else:
        db.session.refresh(first, with_for_update=True)
        waits = first.state == "queued" and first.printer_id is None
        if waits:
            first.details = next_print(first, details)[1]
        job = first if waits else again(first, by, lambda _job: None, details)
    job.printer_id = None
    job.state, job.attempts, job.sha256 = "sent", job.attempts + 1, sha256
    job.sent_at = job.done_at = now()
    note(job, "opened as a PDF at the desk", by)
    return job.copy_of is not None, job.details
