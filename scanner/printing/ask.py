"""Ask for something to be printed: a row beside the act that wants it, and nothing else."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import aliased

from scanner.by import By
from scanner.db import db, now
from scanner.models import DevicePlace, Location, Printer, PrintJob, PrintStep, Workplace
from scanner.models.printing import USES
from scanner.printing.state import prints_nothing
from scanner.refusals import Refusal

MOST_COPIES: Final = 999
OPEN_QUESTIONS: Final = 20
ORIGINALS: Final = ("invoice",)  # the first print is the original, any other says COPY: each is a job of its own
RECENT: Final = timedelta(days=7)  # since it was last asked for: nobody looks for a label that is older
DIGITS: Final = "check_digits"  # among the details of a location's new label


def ask(
    kind: str,
    subject_id: int | None,
    by: By,
    *,
    use: str = "label",
    copies: int = 1,
    details: dict[str, Any] | None = None,
    key: str | None = None,
    printer: Printer | None = None,
    copy_of: PrintJob | None = None,
) -> PrintJob:
    """Put a job into the queue, in the transaction of the act that wants it. Belongs in `transact`.

    The same `key` never makes a second job: the first one is returned. Without a key the scan's id makes one, so one
    act asks for one thing once. Without a `printer` it goes to that of the device's place, else to the site's default
    for the use, else to the page of the device. A location's label that is no copy has new check digits, which count
    once it may be out (`take_effect`). Refuses bad_quantity, label_has_one for more originals of an invoice than one,
    unknown_printer for one that was retired.
    """
    _check_copies(kind, copies)
    if printer is not None and not printer.is_active:
        raise Refusal("unknown_printer", printer.code)
    assert use in USES
    key = (key or f"{by.scan_id}:{kind}:{subject_id or ''}:{use}")[:160]
    found = db.session.scalars(select(PrintJob).where(PrintJob.site_id == by.site_id, PrintJob.key == key)).first()
    if found is not None:
        return found
    if kind == "location" and copy_of is None:
        details = {**(details or {}), DIGITS: new_check_digits([subject_id], by).get(subject_id or 0)}
    printer = printer or choose_printer(by, use)
    job = PrintJob(
        public_id=str(uuid.uuid4()),
        site_id=by.site_id,
        kind=kind,
        subject_id=subject_id,
        details=details or {},
        copies=copies,
        used_for=use,
        printer_id=printer.id if printer else None,
        state="queued",
        available_at=now(),
        key=key,
        copy_of=copy_of.id if copy_of else None,
        person_id=by.person_id,
        device=by.device[:64],
        asked_at=now(),
    )
    db.session.add(job)
    db.session.flush()
    note(job, f"copy of {copy_of.public_id}" if copy_of else "", by)
    return job


def _check_copies(kind: str, copies: int) -> None:
    """All copies of a job are the same bytes, so none of them could be marked."""
    if not 1 <= copies <= MOST_COPIES:
        raise Refusal("bad_quantity", copies)
    if copies > 1 and kind in ORIGINALS:
        raise Refusal("label_has_one", f"The {kind}", other="original")


def has_taken_effect(job: PrintJob) -> bool:
    """Whether its check digits count, or have counted till a newer label came: what is drawn anew has those of now."""
    return job.state in ("sent", "confirmed", "unknown")


def take_effect(job: PrintJob) -> None:
    """A job may be out now: the check digits on a location's new label count. Those of a copy do already."""
    digits = job.details.get(DIGITS)
    if job.kind == "location" and job.copy_of is None and digits:
        give_check_digits({job.subject_id or 0: digits})


def choose_printer(by: By, use: str) -> Printer | None:
    """The printer for this device and use; None when only its own page is left."""
    bound, named = aliased(DevicePlace), aliased(Workplace)
    column = named.label_printer_id if use == "label" else named.paper_printer_id
    here = (
        select(column)
        .join(bound, bound.location_id == named.location_id)
        .where(bound.site_id == by.site_id, bound.device == by.device)
        .scalar_subquery()
    )
    query = select(Printer).where(
        Printer.site_id == by.site_id,
        Printer.is_active,
        Printer.used_for == use,  # a bench may have been given it when it was for something else
        or_(Printer.id == here, Printer.is_default),
    )
    return db.session.scalars(query.order_by((Printer.id == here).desc().nulls_last(), Printer.id).limit(1)).first()


def new_check_digits(location_ids: Sequence[int | None], by: By) -> dict[int, str]:
    """Other check digits for locations of the site, by their ids, for labels that are printed anew; not yet given.

    People learn digits by heart; those of an old label must not count when a new one hangs there.
    """
    chance = random.SystemRandom()
    here = (Location.id.in_(location_ids), Location.site_id == by.site_id, ~Location.is_virtual)
    old = db.session.execute(select(Location.id, Location.check_digits).where(*here))
    others = ((place, digits, f"{chance.randrange(999):03d}") for place, digits in old)
    return {place: "999" if other == digits else other for place, digits, other in others}


def give_check_digits(digits: Mapping[int, str]) -> None:
    """Let locations have new check digits. Belongs in `transact`, once what shows them may be out."""
    for place in db.session.scalars(select(Location).where(Location.id.in_(digits))):
        place.check_digits = digits[place.id]


def questions(by: By) -> list[PrintJob]:
    """What this device has asked for in the last days and a person must look after, the youngest first.

    Jobs for its own page, unknown and failed ones, and what waits for a printer that is known to print nothing.
    """
    is_recent = PrintJob.available_at > now() - RECENT
    mine = (PrintJob.site_id == by.site_id, PrintJob.device == by.device, is_recent)
    pages = select(Printer.id).where(Printer.site_id == by.site_id, Printer.kind == "browser")
    is_page = or_(PrintJob.printer_id.is_(None), PrintJob.printer_id.in_(pages))
    is_open = is_page & PrintJob.state.in_(("queued", "sent"))
    off = select(Printer.id).where(Printer.site_id == by.site_id, prints_nothing())
    waits = (PrintJob.state == "queued") & PrintJob.printer_id.in_(off)
    wants = or_(PrintJob.state == "unknown", is_open, waits)
    ids = union_all(  # each by an index of its own: a device has many jobs behind it, and few before
        select(PrintJob.id).where(*mine, PrintJob.done_at.is_(None), wants),
        select(PrintJob.id).where(*mine, PrintJob.state == "failed"),
    )
    found = select(PrintJob).where(PrintJob.id.in_(ids)).order_by(PrintJob.id.desc()).limit(OPEN_QUESTIONS)
    return list(db.session.scalars(found))


def note(job: PrintJob, words: str = "", by: By | None = None) -> None:
    """Write the job's state, as it is now, into its log."""
    person_id = by.person_id if by else None
    db.session.add(PrintStep(job_id=job.id, at=now(), state=job.state, words=words[:300], person_id=person_id))
