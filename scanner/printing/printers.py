"""The printers on file: added and changed by the desk, paused, asked how they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select, update

from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.models import Printer, PrintJob
from scanner.models.printing import LANGUAGES, PRINTER_KINDS, USES
from scanner.printing.ask import note
from scanner.printing.queue import DRAWN_FOR
from scanner.refusals import Refusal

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the desk says about a printer. labels/reach.py has looked at its address before."""

    code: str
    name: str
    kind: str
    address: str
    language: str
    dpi: int
    width_mm: int
    height_mm: int
    used_for: str
    is_default: bool = False
    is_active: bool = True


def new_printer(facts: Facts, by: By) -> Printer:
    """Put a printer on file. Belongs in `transact`. Refuses bad_printer, printer_exists."""
    _check(facts)
    if db.session.scalars(select(Printer).where(Printer.site_id == by.site_id, Printer.code == facts.code)).first():
        raise Refusal("printer_exists", facts.code)
    printer = Printer(site_id=by.site_id)
    db.session.add(printer)
    _take(printer, facts)
    audit(by, "printer.add", facts.code, f"{facts.kind} {facts.address}")
    return printer


def change_printer(printer: Printer, facts: Facts, by: By) -> None:
    """Change what is on file. Belongs in `transact`. Refuses bad_printer, printer_exists.

    What waits for a printer that is retired by it fails, for its person to print elsewhere.
    """
    _check(facts)
    same = select(Printer).where(Printer.site_id == by.site_id, Printer.code == facts.code, Printer.id != printer.id)
    if db.session.scalars(same).first():
        raise Refusal("printer_exists", facts.code)
    if (printer.kind, printer.address) != (facts.kind, facts.address):
        printer.state = printer.state_words = ""
        printer.failures, printer.retry_at = 0, None
    printer.has_answered = False  # who saves it again says that another one may stand there
    is_other = any(getattr(printer, name) != getattr(facts, name) for name in DRAWN_FOR)
    _take(printer, facts)
    if is_other:  # what a program has taken was drawn for the old one
        waits = (PrintJob.printer_id == printer.id, PrintJob.state == "queued")
        db.session.execute(update(PrintJob).where(*waits).values(sha256=""))
    if not printer.is_active:
        _fail_what_waits(printer, by)
    audit(by, "printer.change", facts.code, f"{facts.kind} {facts.address}")


def _fail_what_waits(printer: Printer, by: By) -> None:
    waits = select(PrintJob).where(PrintJob.printer_id == printer.id, PrintJob.state == "queued").with_for_update()
    for job in db.session.scalars(waits.execution_options(populate_existing=True)).all():
        job.state, job.done_at = "failed", now()
        job.error_code, job.error_words = (
            "printer_retired",
            f"{printer.code} is not in use any more. Print it elsewhere.",
        )
        note(job, job.error_words, by)


def _take(printer: Printer, facts: Facts) -> None:
    for name in Facts.__dataclass_fields__:
        setattr(printer, name, getattr(facts, name))
    db.session.flush()
    if printer.is_default:  # there is one for each use
        others = (Printer.site_id == printer.site_id, Printer.used_for == printer.used_for, Printer.id != printer.id)
        db.session.execute(update(Printer).where(*others).values(is_default=False))


def _check(facts: Facts) -> None:
    wrong = {
        "The code has up to 32 letters, digits, and . _ -": not _CODE.fullmatch(facts.code),
        "A printer needs a name of at most 80 characters.": not 0 < len(facts.name) <= 80,
        f"The kind is one of {', '.join(PRINTER_KINDS)}.": facts.kind not in PRINTER_KINDS,
        f"The language is one of {', '.join(LANGUAGES)}.": facts.language not in LANGUAGES,
        f"It prints one of {', '.join(USES)}.": facts.used_for not in USES,
        "The resolution is between 72 and 1200 dpi.": not 72 <= facts.dpi <= 1200,
        "A label is 10 to 1000 mm wide and 5 to 2000 mm high.": not (
            10 <= facts.width_mm <= 1000 and 5 <= facts.height_mm <= 2000
        ),
        "A printer of this kind needs an address.": facts.kind != "browser" and not facts.address,
        "A browser prints PDF.": facts.kind == "browser" and facts.language != "pdf",
        "The address is longer than 200 characters.": len(facts.address) > 200,
    }
    for words, is_wrong in wrong.items():
        if is_wrong:
            raise Refusal("bad_printer", words)


def pause(printer: Printer, by: By) -> None:
    """Its jobs wait. Belongs in `transact`."""
    printer.is_paused = True
    audit(by, "printer.pause", printer.code)


def resume(printer: Printer, by: By) -> None:
    """Its jobs go on, at once. Belongs in `transact`."""
    printer.is_paused, printer.retry_at = False, None
    audit(by, "printer.resume", printer.code)


def ask_state(printer: Printer) -> None:
    """Let the worker ask it how it is: the web talks to no printer. Belongs in `transact`."""
    printer.is_asked = True
