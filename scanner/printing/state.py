"""State: what is known of a printer that prints nothing now, in the words of the floor.

The worker writes a state down when it talks to the printer, so it may be old: then the printer "was" offline.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement

from scanner.db import db, now
from scanner.models import Printer, PrintJob
from scanner.models.printing import SERVED
from scanner.printing.workers import has_stopped

CANNOT: Final = {
    "offline": "offline",
    "paper_out": "out of paper",
    "head_open": "open",
    "ribbon_out": "out of ribbon",
    "paused": "paused",
    "stopped": "stopped",
    "garbled": "answering rubbish",
}
_HAPPENED: Final = {"failed": "did not come out: see Labels", "unknown": "may not have come out: look"}
_ALONE: Final = "print worker has ended"
FRESH: Final = timedelta(minutes=5)  # with jobs that wait the worker looks again at the latest after a minute


def why_not(printer: Printer | None) -> str:
    """Why it prints nothing now, as far as is known: "ZEBRA is out of paper"; "" when it may print."""
    if printer is None or printer.kind == "browser":
        return ""
    if printer.is_paused:
        return f"{printer.code} is paused at the desk"
    if printer.state not in CANNOT:
        return f"no program prints for {printer.code}" if printer.kind in SERVED and _is_alone() else ""
    is_old = printer.state_at is None or printer.state_at < now() - FRESH
    return f"{printer.code} {'was' if is_old else 'is'} {CANNOT[printer.state]}"


def _is_alone() -> bool:
    """Whether the print worker has ended; asked once for each request, whose session keeps the answer."""
    known = db.session.info.get(_ALONE)
    if known is None:
        known = db.session.info[_ALONE] = has_stopped()
    return bool(known)


def why_it_waits(job: PrintJob | None) -> str:
    """Why a job is not sent, where its printer is known to print nothing; "" else."""
    if job is None or job.state != "queued" or job.printer_id is None:
        return ""
    return why_not(db.session.get(Printer, job.printer_id))


def what_happened(job: PrintJob | None) -> str:
    """What a person has to know of a print that was tried: "did not come out: see Labels"; "" while all goes well."""
    return _HAPPENED.get(job.state, "") if job is not None else ""


def prints_nothing() -> ColumnElement[bool]:
    """SQL: a printer of which that is known."""
    return (Printer.kind != "browser") & (Printer.is_paused | Printer.state.in_(CANNOT))
