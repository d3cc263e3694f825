"""The queue as a worker sees it: hold a printer, take its next job, mark what became of it.

A printer takes one connection at a time, so one worker holds it at a time; a worker that dies lets go by the clock. A
mark is made only by the holder. The order of the marks is the whole safety: `sending` is stored before the first byte
leaves, so a job that is still `queued` has surely not been printed, and one that was left `sending` becomes `unknown`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from scanner.db import db, now, transact
from scanner.models import Printer, PrintJob, PrintStep
from scanner.models.printing import SERVED
from scanner.printing.ask import has_taken_effect, note, take_effect

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
# A label that comes out later is stuck onto something else. The minutes are for a clock that is set an hour ahead.
GIVE_UP_AFTER: Final = timedelta(hours=1, minutes=10)
TOO_LATE: Final = "waited_too_long"
AGENT_SILENT: Final = timedelta(minutes=3)  # it asks every two seconds
AGENT_GONE: Final = "Its agent does not ask for jobs. Is the PC at the bench on?"
ENDED: Final = "worker_ended"
SENT_BY: Final = "by "  # and the holder's name: in the log of a job
FAR: Final = timedelta(minutes=15)  # longer than every pause and lease
DRAWN_FOR: Final = ("language", "dpi", "width_mm", "height_mm")  # of a printer: other bytes for another value


class Lost(Exception):
    """Another worker holds the printer, or the job is not where it was: this worker must leave it alone."""


class Changed(Lost):
    """The job was asked for anew after it was drawn, or its printer was changed or paused: the bytes stay here."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker's name, new at each start, and for how long it may be silent."""

    name: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job is asked for while it is drawn, in plain values: to draw an invoice ends what the session has read."""

    id: int
    public_id: str
    kind: str
    copies: int
    details: dict[str, Any]
    printer: tuple[object, ...]  # which one, where it is, and what it is given
    sha256: str  # of what a program has taken and not begun


SWEEPER: Final = Holder("sweeper", 5.0)


def due(kinds: Iterable[str] = SERVED) -> list[int]:
    """The printers that have something to do: a job that may be sent, one that a dead worker has left, a question."""
    at = now()
    of_it = PrintJob.printer_id == Printer.id
    may_print = exists().where(of_it, *_may_leave(at)) & ~Printer.is_paused
    is_left = exists().where(of_it, PrintJob.state == "sending")
    is_time = or_(Printer.retry_at.is_(None), _has_come(Printer.retry_at, at))
    wants = or_(may_print & is_time, is_left, Printer.is_asked)
    query = select(Printer.id).where(Printer.is_active, Printer.kind.in_(tuple(kinds)), _is_free(at), wants)
    return list(db.session.scalars(query.order_by(Printer.id)))


def _may_leave(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """SQL: a job waits, and not for too long."""
    is_fresh = PrintJob.available_at > at - GIVE_UP_AFTER
    return PrintJob.state == "queued", _has_come(PrintJob.available_at, at), is_fresh


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(Printer.held_until.is_(None), _has_come(Printer.held_until, at))


def _has_come(instant: ColumnElement[datetime] | InstrumentedAttribute[Any], at: datetime) -> ColumnElement[bool]:
    """SQL: an instant is over. One that lies far ahead was written before the clock was set back."""
    return or_(instant <= at, instant > at + FAR)


def hold(printer_id: int, holder: Holder) -> bool:
    """Take the printer. Whatever is `sending` there was left by a worker that has ended: it becomes unknown.

    Nobody takes a printer that was retired meanwhile; what was left there is doubted all the same.
    """

    def work() -> bool:
        printer = _locked(printer_id)
        if printer is None or _is_held_by_another(printer, holder):
            return False
        _doubt(printer)
        if not printer.is_active:
            return False
        _lease(printer, holder)
        return True

    return transact(work)


def expire() -> None:
    """What nobody else comes for: jobs that a dead worker has left, that wait for too long, agents that do not ask."""
    left = select(Printer.id).join(PrintJob, PrintJob.printer_id == Printer.id).distinct()
    is_alone = Printer.kind.not_in(SERVED) | ~Printer.is_active
    doubted = left.where(is_alone, PrintJob.state == "sending", _is_free(now()))
    for printer_id in db.session.scalars(doubted).all():
        if hold(printer_id, SWEEPER):
            let_go(printer_id, SWEEPER)
    for printer_id in db.session.scalars(left.where(Printer.kind != "browser", *_is_too_old())).all():
        transact(lambda printer_id=printer_id: _give_up(printer_id))  # type: ignore[misc]
    is_silent = _is_free(now()) & or_(Printer.state_at.is_(None), Printer.state_at < now() - AGENT_SILENT)
    waits = (Printer.kind == "agent", Printer.is_active, *_may_leave(now()), Printer.state_words != AGENT_GONE)
    for printer_id in db.session.scalars(left.where(is_silent, *waits)).all():
        transact(lambda printer_id=printer_id: _note_agent(printer_id, "offline", AGENT_GONE))  # type: ignore[misc]


def _is_too_old() -> tuple[ColumnElement[bool], ...]:
    return PrintJob.state == "queued", PrintJob.available_at <= now() - GIVE_UP_AFTER


def _give_up(printer_id: int) -> None:
    """Fail what has waited for too long, wherever it waits: its person may print it again. Belongs in `transact`."""
    _locked(printer_id)
    old = select(PrintJob).where(PrintJob.printer_id == printer_id, *_is_too_old()).with_for_update()
    for job in db.session.scalars(old.execution_options(populate_existing=True)).all():
        words = f"{job.error_words} It has waited for an hour, and is not printed by itself any more.".strip()
        _mark(job, "failed", job.error_code or TOO_LATE, words)


def agent_asks(printer: Printer) -> None:
    """The program that serves a printer is alive. Noted twice a minute at the most.

    What it said of the printer last counts for as long as something waits there, which it tries again within a minute:
    a fault that nothing proves any more would be shown for ever.
    """
    is_known = printer.state == "ready" or (printer.state_words != AGENT_GONE and _waits(printer.id))
    state, words = (printer.state, printer.state_words) if is_known else ("", "")
    if is_news(printer, state, words):
        printer_id = printer.id
        transact(lambda: _note_agent(printer_id, state, words))


def _waits(printer_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(PrintJob.printer_id == printer_id, *_may_leave(now())))))


def _note_agent(printer_id: int, state: str, words: str) -> None:
    printer = _locked(printer_id)
    if printer is not None:
        printer.state, printer.state_words, printer.state_at, printer.is_asked = state, words, now(), False


def _is_held_by_another(printer: Printer, holder: Holder) -> bool:
    is_live = printer.held_until is not None and now() < printer.held_until <= now() + FAR
    return is_live and printer.held_by != holder.name


def _doubt(printer: Printer) -> None:
    left = select(PrintJob).where(PrintJob.printer_id == printer.id, PrintJob.state == "sending")
    for job in db.session.scalars(left):
        _mark(job, "unknown", ENDED, "The program that printed it has ended. Did it come out?")


def let_go(printer_id: int, holder: Holder) -> None:
    """Give the printer back, so that another worker need not wait for the clock."""

    def work() -> None:
        printer = _locked(printer_id)
        if printer is not None and printer.held_by == holder.name:
            printer.held_by, printer.held_until = "", None

    transact(work)


def beat(printer_id: int, holder: Holder) -> None:
    """Say that the worker still lives: another lease. Raises Lost."""
    transact(lambda: _lease(_mine(printer_id, holder), holder))


def next_job(printer_id: int) -> PrintJob | None:
    """The oldest job that may be sent now. Only a holder may act on it."""
    at = now()
    wanted = (PrintJob.printer_id == printer_id, *_may_leave(at))
    is_time = or_(Printer.retry_at.is_(None), _has_come(Printer.retry_at, at))
    ready = (
        select(PrintJob).join(Printer, Printer.id == PrintJob.printer_id).where(*wanted, is_time, ~Printer.is_paused)
    )
    return db.session.scalars(ready.order_by(PrintJob.id).limit(1)).first()


def asked_for(job: PrintJob) -> Asked:
    """What a job is asked for, to be told to the marks. Take it before the job is drawn."""
    printer = db.session.get_one(Printer, job.printer_id)
    target = tuple(getattr(printer, name) for name in DRAWN_FOR)
    about = (job.printer_id, printer.kind, printer.address, *target)
    return Asked(job.id, job.public_id, job.kind, job.copies, job.details, about, job.sha256)


# --- marks: what became of a job -------------------------------------------------------------------------------------


def mark_drawn(job_id: int, holder: Holder, sha256: str, drawn: Asked) -> None:
    """A program is about to get the bytes. They count until the job is asked for anew. Raises Lost, Changed."""

    def work() -> None:
        job, _ = _held(job_id, holder, "queued")
        _is_as_drawn(job, drawn)
        job.sha256 = sha256

    transact(work)


def mark_sending(job_id: int, holder: Holder, sha256: str, drawn: Asked) -> None:
    """The first byte is about to leave. Raises Lost when it must not, Changed when it is not what was drawn."""

    def work() -> None:
        job, printer = _held(job_id, holder, "queued")
        _is_as_drawn(job, drawn)
        if printer.is_paused or job.available_at <= now() - GIVE_UP_AFTER:
            raise Changed(f"printer {printer.id} is paused, or job {job.id} too old")
        _lease(printer, holder)
        printer.failures, printer.retry_at = 0, None
        if printer.state == "offline":  # of an agent's: the worker has told anew how it is. Who begins has reached it
            printer.state, printer.state_words, printer.state_at = "", "", now()
        job.attempts += 1
        job.sha256, job.sent_at = sha256, now()
        _mark(job, "sending", words=f"{SENT_BY}{holder.name}")

    transact(work)


def mark_sent(job_id: int, holder: Holder, *, is_confirmed: bool, words: str = "") -> None:
    """All of it has left; `is_confirmed` when the printer says that it came out. Raises Lost."""

    def work() -> None:
        job = _sent_by(job_id, holder, "sending")
        job.done_at = now()
        _mark(job, "confirmed" if is_confirmed else "sent", words=words)

    transact(work)


def mark_unknown(job_id: int, holder: Holder, code: str, words: str) -> None:
    """Some of it has left, and nobody can tell what came out. Raises Lost."""
    transact(lambda: _mark(_sent_by(job_id, holder, "sending"), "unknown", code, words))


def mark_failed(job_id: int, holder: Holder, code: str, words: str) -> None:
    """It surely did not come out and trying again will not help. Raises Lost."""
    transact(lambda: _mark(_sent_by(job_id, holder, "queued", "sending"), "failed", code, words))


def put_off(job_id: int, holder: Holder, code: str, words: str) -> None:
    """It surely did not reach the printer: all its jobs wait, longer each time. Raises Lost.

    The pause is the printer's, so a long queue does not knock for each job.
    """

    def work() -> None:
        job, printer = _held(job_id, holder, "queued")
        job.attempts += 1
        if job.error_code != code:
            note(job, words)
        job.error_code, job.error_words = code, words[:300]
        printer.failures += 1
        printer.retry_at = now() + timedelta(seconds=pause_s(printer.failures))

    transact(work)


def pause_s(failures: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... 60, with a little chance, so that not all come back at once."""
    pause: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10))
    return pause * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret


def tell_state(printer_id: int, holder: Holder, state: str, words: str, *, is_told: bool = False) -> None:
    """Note how the printer is; `is_told` by itself, which is then expected of it. Raises Lost."""

    def work() -> None:
        printer = _mine(printer_id, holder)
        printer.state, printer.state_words, printer.state_at, printer.is_asked = state, words[:200], now(), False
        printer.has_answered = printer.has_answered or is_told

    transact(work)


def look_again(printer_id: int, holder: Holder) -> None:
    """Somebody should ask the printer how it is, when no job does. Raises Lost."""

    def work() -> None:
        _mine(printer_id, holder).is_asked = True

    transact(work)


def is_news(printer: Printer, state: str, words: str, after: timedelta = timedelta(seconds=30)) -> bool:
    """Whether a printer's state is worth a write: it changed, somebody asked, or the note is old."""
    is_same = (printer.state, printer.state_words) == (state, words[:200])
    return printer.is_asked or not is_same or printer.state_at is None or printer.state_at < now() - after


# --- within a transaction --------------------------------------------------------------------------------------------


def _locked(printer_id: int) -> Printer | None:
    """The printer's row, kept from other workers. Scans that ask for labels are not held up by this lock."""
    return db.session.get(Printer, printer_id, with_for_update={"key_share": True}, populate_existing=True)


def _lease(printer: Printer, holder: Holder) -> None:
    printer.held_by, printer.held_until = holder.name, now() + timedelta(seconds=holder.lease_s)


def _mine(printer_id: int, holder: Holder) -> Printer:
    printer = _locked(printer_id)
    if printer is None or printer.held_by != holder.name:
        raise Lost(f"printer {printer_id} has another holder")
    return printer


def _held(job_id: int, holder: Holder, *states: str) -> tuple[PrintJob, Printer]:
    """A job in one of these states and its printer, if the holder still holds it. Raises Lost.

    The printer is locked before the job, as in `hold`, so that two workers never wait for each other. A lease that is
    over counts for as long as nobody else has taken the printer.
    """
    printer_id = db.session.scalar(select(PrintJob.printer_id).where(PrintJob.id == job_id))
    printer = _mine(printer_id or 0, holder)
    job = db.session.get(PrintJob, job_id, with_for_update=True, populate_existing=True)
    if job is None or job.printer_id != printer.id or job.state not in states:
        raise Lost(f"job {job_id} is {job.state if job else 'gone'}")
    return job, printer


def _sent_by(job_id: int, holder: Holder, *states: str) -> PrintJob:
    """A job of which this holder may tell what came: one that it holds, or that it seemed to have left.

    It was only out of reach then, and knows better than the clock. What a person has said meanwhile stays. Raises Lost.
    """
    try:
        return _held(job_id, holder, *states)[0]
    except Lost:
        job = db.session.get(PrintJob, job_id, with_for_update=True, populate_existing=True)
        if job is None or (job.state, job.error_code) != ("unknown", ENDED) or not _has_begun(job, holder):
            raise
        return job


def _has_begun(job: PrintJob, holder: Holder) -> bool:
    """Whether this holder was the last that began to send it."""
    begun = select(PrintStep.words).where(PrintStep.job_id == job.id, PrintStep.state == "sending")
    return db.session.scalar(begun.order_by(PrintStep.id.desc()).limit(1)) == f"{SENT_BY}{holder.name}"


def _is_as_drawn(job: PrintJob, drawn: Asked) -> None:
    if asked_for(job) != drawn:
        raise Changed(f"job {job.id} was asked for anew")


def _mark(job: PrintJob, state: str, code: str = "", words: str = "") -> None:
    was_out = has_taken_effect(job)
    job.state, job.error_code, job.error_words = state, code, words[:300] if code else ""
    if state == "failed":
        job.done_at, job.sent_at = now(), None  # it surely did not come out
    if has_taken_effect(job) and not was_out:  # once: a newer label may have come since
        take_effect(job)
    note(job, words)
