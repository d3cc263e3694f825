"""Make: from a job to the bytes that are sent. Each kind has its maker, which reads the database when it is printed.

    KINDS["test"] = maker        maker(job, target) -> Made

A maker refuses what cannot be printed any more (label_gone) or not in the printer's language (label_language).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from labels import trial
from scanner.db import db
from scanner.models import Person, Printer, PrintJob
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Target:
    """What a job is made for: a printer's language, and what lies in it."""

    language: str
    dpi: int
    width_mm: int
    height_mm: int
    code: str = "PAGE"
    name: str = "This page"


@dataclass(frozen=True, slots=True)
class Made:
    """One copy of what was asked for."""

    data: bytes
    language: str
    note: str = ""


Maker = Callable[[PrintJob, Target], Made]
PAGES: Final = {  # what a browser's own printer is given
    "label": Target("pdf", 203, 102, 152),
    "paper": Target("pdf", 300, 210, 297),
}


def make(job: PrintJob) -> Made:
    """The bytes of a job, for its printer. Reads the database and writes nothing. Refuses unknown_label and others."""
    maker = KINDS.get(job.kind)
    if maker is None:
        raise Refusal("unknown_label", job.kind.replace("_", " "), ", ".join(sorted(KINDS)))
    return maker(job, target_of(job))


def target_of(job: PrintJob) -> Target:
    """What a job is made for. A page prints on what its person has."""
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    if printer is None:
        return PAGES[job.used_for]
    return Target(printer.language, printer.dpi, printer.width_mm, printer.height_mm, printer.code, printer.name)


def _test(job: PrintJob, target: Target) -> Made:
    person = db.session.get_one(Person, job.person_id)
    asked = f"{person.name}, {job.asked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    label = trial.Trial(
        *(target.code, target.name, asked, target.width_mm, target.height_mm, target.dpi, job.public_id),
        is_copy=job.copy_of is not None,
    )
    makers = {"zpl": trial.zpl, "pdf": trial.pdf}
    if target.language not in makers:
        raise Refusal("label_language", "test", target.language)
    return Made(makers[target.language](label), target.language)


KINDS: dict[str, Maker] = {"test": _test}
