"""What people say about a job: it came out, print it again, print it elsewhere, forget it.

Whatever may have come out already is printed again only as a copy of its own, marked as such in the log and on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func, or_, select

from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.models import Printer, PrintJob, PrintStep
from scanner.printing.ask import RECENT, ask, choose_printer, note, take_effect
from scanner.printing.rights import are_of
from scanner.printing.state import why_it_waits
from scanner.refusals import Refusal

ANYWHERE: Final = ("", "desk")  # devices that have no name of their own
AT_ONCE: Final = 100  # forgotten in one transaction, so that scans do not wait for it
_ASKED: Final = "asked for as "
Says = tuple[bool, dict[str, Any]]  # whether a label says that it is a copy, and what else it says


def unanswered(by: By) -> dict[tuple[int | None, str], int]:
    """How many prints of the last days are unknown or failed, and nobody has said what to do: by printer and state."""
    wants = (PrintJob.state.in_(("unknown", "failed")), PrintJob.available_at > now() - RECENT)
    columns = (PrintJob.printer_id, PrintJob.state)
    query = select(*columns, func.count()).where(PrintJob.site_id == by.site_id, *wants).group_by(*columns)
    return {(printer_id, state): count for printer_id, state, count in db.session.execute(query)}


def came_out(job: PrintJob, by: By) -> PrintJob:
    """A person has the print in hand. Belongs in `transact`, as all here. Refuses print_not_sent."""
    job = _locked(job)
    if job.state == "confirmed":
        return job
    if job.state not in ("unknown", "sent"):
        raise Refusal("print_not_sent", _words(job), other=job.state)
    return _end(job, "confirmed", "said to have come out", by)


def opened(job: PrintJob, by: By, sha256: str) -> None:
    """The page of the device shows the print to its person, who sends it. Refuses print_finished: it was answered for.

    Until the person says what came of it the page may show it again.
    """
    job = _locked(job)
    if job.state == "queued":
        job.state, job.attempts, job.sha256, job.sent_at = "sent", job.attempts + 1, sha256, now()
        take_effect(job)
        note(job, "opened by the page", by)
    elif not may_be_opened(job):
        raise Refusal("print_finished", _words(job))


def may_be_opened(job: PrintJob) -> bool:
    """Whether the page of a device may show it: it waits for that, or was shown and nobody has said what came of it.

    What the desk has opened as a PDF is printed by that, and done: a second one is a copy.
    """
    return job.state in ("queued", "sent") and job.done_at is None and is_for_page(job)


def is_for_page(job: PrintJob) -> bool:
    """Whether the page of a device prints it."""
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    return printer is None or printer.kind == "browser"


def cancel(job: PrintJob, by: By) -> PrintJob:
    """Forget it. What is out, or on its way, stays: refuses print_under_way, print_finished."""
    job = _locked(job)
    if job.state == "cancelled":
        return job
    if job.state == "sending":
        raise Refusal("print_under_way", _words(job))
    if job.state in ("sent", "confirmed") and not is_for_page(job):
        raise Refusal("print_finished", _words(job))
    return _end(job, "cancelled", "cancelled", by)


def forget_failed(by: By, *, device: str | None = None, printer_id: int | None = None) -> int:
    """Cancel what failed and is theirs: of one device, of one printer, or all; some at once. Returns how many.

    Belongs in `transact`; 0 says that nothing is left.
    """
    wanted = [PrintJob.state == "failed", are_of(by)]
    wanted += [PrintJob.device == device] if device is not None else []
    wanted += [PrintJob.printer_id == printer_id] if printer_id is not None else []
    some = select(PrintJob).where(*wanted).order_by(PrintJob.id).limit(AT_ONCE).with_for_update()
    jobs = db.session.scalars(some.execution_options(populate_existing=True)).all()
    for job in jobs:
        _end(job, "cancelled", "cancelled with all that failed", by)
    return len(jobs)


def print_again(job: PrintJob, by: By, asked: str = "") -> PrintJob:
    """The same once more: itself if it surely did not come out, else one copy. Refuses print_under_way, print_waits.

    Where its printer was retired it goes to the one that serves this device. The same `asked` prints once.
    """
    return again(job, by, lambda again: _printer_in_use(again, by), asked=asked)


def _printer_in_use(job: PrintJob, by: By) -> int | None:
    if job.printer_id is None or db.session.get_one(Printer, job.printer_id).is_active:
        return job.printer_id
    other = choose_printer(by, job.used_for)
    return other.id if other else None


def said_of(kind: str, subject_id: int, site_id: int) -> dict[str, Any]:
    """The details of the last label of a thing that was not taken back: what hangs on it says so. {} without any."""
    last = (
        select(PrintJob.details)
        .where(
            PrintJob.site_id == site_id,
            PrintJob.kind == kind,
            PrintJob.subject_id == subject_id,
            PrintJob.state.not_in(("cancelled", "failed")),
        )
        .order_by(PrintJob.id.desc())
        .limit(1)
    )
    return db.session.scalar(last) or {}


def print_elsewhere(job: PrintJob, printer: Printer, by: By, asked: str = "") -> PrintJob:
    """The same on another printer. The same `asked` prints once. Refuses print_under_way, unknown_printer."""
    if not printer.is_active or printer.site_id != job.site_id:
        raise Refusal("unknown_printer", printer.code)
    return again(job, by, lambda _job: printer.id, asked=asked)


def print_on_page(job: PrintJob, by: By, asked: str = "") -> PrintJob:
    """The same on the page of its device. The same `asked` prints once. Refuses print_under_way."""
    return again(job, by, lambda _job: None, asked=asked)


def repeat_last(by: By, *, use: str = "label") -> PrintJob:
    """What the PRINT card asks for: the last label of this device, or of this person at a desk, as a copy.

    Refuses nothing_to_print, print_under_way.
    """
    mine = PrintJob.person_id == by.person_id if by.device in ANYWHERE else PrintJob.device == by.device
    last = (
        select(PrintJob)
        .where(PrintJob.site_id == by.site_id, mine, PrintJob.used_for == use, PrintJob.state != "cancelled")
        .order_by(PrintJob.id.desc())
        .limit(1)
    )
    job = db.session.scalars(last).first()
    if job is None:
        raise Refusal("nothing_to_print")
    return print_again(job, by)


def next_print(first: PrintJob | None, details: dict[str, Any]) -> Says:
    """Whether the next print of a label is a copy, and its details: what has not come out yet says what it said."""
    if first is None:
        return False, details
    is_out = may_be_out(first)
    return is_out, details if details or is_out else first.details


def may_be_out(job: PrintJob) -> bool:
    """Whether it may have come out: then the next one is a copy. What was cancelled before a byte left has not."""
    if job.state == "cancelled":
        return job.sent_at is not None
    return job.state not in ("queued", "failed")


def again(
    job: PrintJob,
    by: By,
    where: Callable[[PrintJob], int | None],
    details: dict[str, Any] | None = None,
    asked: str = "",
) -> PrintJob:
    """The same at another place: itself, as many as were wanted, if it surely did not come out; else one copy.

    Refuses print_under_way, print_waits while it waits for the same printer, which is known to print nothing. `asked`
    names the asking, if it may come twice: the log keeps it, and what it has made is the answer to the second.
    """
    job = _locked(job)
    made = _asked_before(job, asked)
    if made is None:
        made = _again(job, by, where(job), details, asked)
        note_asked(made, asked, by)
    return made


def _asked_before(job: PrintJob, asked: str) -> PrintJob | None:
    """What this asking has made already: the job itself, or a copy of it."""
    if not asked:
        return None
    of_it = (PrintJob.site_id == job.site_id, PrintJob.kind == job.kind, PrintJob.subject_id == job.subject_id)
    named = select(PrintJob).join(PrintStep, PrintStep.job_id == PrintJob.id).where(PrintStep.words == _ASKED + asked)
    return db.session.scalars(named.where(*of_it, or_(PrintJob.id == job.id, PrintJob.copy_of == job.id))).first()


def _again(job: PrintJob, by: By, target: int | None, details: dict[str, Any] | None, asked: str) -> PrintJob:
    is_out, details = next_print(job, job.details if details is None else details)
    if job.state == "sending" or (job.state == "queued" and (target, details) == (job.printer_id, job.details)):
        raise _under_way(job)
    if not is_out:
        job.details = details
        return _send_back(job, target, by)
    copy = ask(
        job.kind,
        job.subject_id,
        by,
        use=job.used_for,  # one: how many a person has typed for the first is no wish for as many copies
        details=details,
        key=f"copy:{job.id}:{asked or by.scan_id}",
        printer=db.session.get(Printer, target) if target else None,
        copy_of=job,
    )
    copy.printer_id = target
    if job.state == "unknown":
        _end(job, "cancelled", f"printed again as {copy.public_id}", by)
    audit(by, "print.copy", job.kind, f"{copy.public_id} of {job.public_id}")
    return copy


def _under_way(job: PrintJob) -> Refusal:
    why = why_it_waits(job)
    return Refusal("print_waits", _words(job), other=why) if why else Refusal("print_under_way", _words(job))


def note_asked(job: PrintJob, asked: str, by: By) -> None:
    """Keep the name of an asking, if it has one, in the log of what it has made."""
    if asked:
        note(job, _ASKED + asked, by)


def _send_back(job: PrintJob, printer_id: int | None, by: By) -> PrintJob:
    job.state, job.printer_id, job.available_at, job.done_at = "queued", printer_id, now(), None
    job.error_code = job.error_words = job.sha256 = ""
    job.sent_at = None
    note(job, "sent again", by)
    if printer_id:
        db.session.get_one(Printer, printer_id).retry_at = None
    return job


def _end(job: PrintJob, state: str, words: str, by: By) -> PrintJob:
    job.state, job.done_at = state, now()
    note(job, words, by)
    audit(by, f"print.{state}", job.kind, job.public_id)
    return job


def _locked(job: PrintJob) -> PrintJob:
    return db.session.get_one(PrintJob, job.id, with_for_update=True, populate_existing=True)


def _words(job: PrintJob) -> str:
    return f"The {'label' if job.used_for == 'label' else job.kind.replace('_', ' ')}"
