"""Make: from a job to the bytes that are sent. Each kind has its maker, which reads the database when it is printed.

    KINDS["test"] = maker        maker(job, target) -> Made

A maker refuses what cannot be printed any more (label_gone), not in the printer's language (label_language), or not so
that it can be read back (label_too_small, label_unreadable, label_bad_content).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from labels import carrier, documents, pdf, picture, subjects, zpl
from labels.parts import Label
from labels.proof import Proof, prove
from scanner.by import By
from scanner.db import db, now
from scanner.models import Printer, PrintJob
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
_LANGUAGES: Final[dict[str, Callable[[Label], bytes]]] = {
    "zpl": zpl.job,
    "pdf": lambda label: pdf.pages([label]),
    "png": lambda label: picture.png(label, is_coloured=False),
}


def make(job: PrintJob) -> Made:
    """The bytes of a job, for its printer. Reads the database; only an invoice writes: it is issued. Refuses
    unknown_label and others.
    """  # noqa: D205
    return maker_of(job.kind)(job, target_of(job))


def maker_of(kind: str) -> Maker:
    """What makes a kind. Refuses unknown_label."""
    maker = KINDS.get(kind)
    if maker is None:
        raise Refusal("unknown_label", kind[:20].replace("_", " "), ", ".join(sorted(KINDS)))
    return maker


def target_of(job: PrintJob) -> Target:
    """What a job is made for. A page prints on what its person has."""
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    return target_at(printer) if printer else PAGES[job.used_for]


def target_at(printer: Printer) -> Target:
    """What a printer is given."""
    return Target(printer.language, printer.dpi, printer.width_mm, printer.height_mm, printer.code, printer.name)


def trial(kind: str, subject_id: int | None, by: By, details: dict[str, Any] | None = None) -> PrintJob:
    """A job that is only looked at: it is in no queue. An invoice is not issued by it. Refuses unknown_label."""
    maker_of(kind)
    is_paper = kind in documents.KINDS
    more = {"preview": True} if kind == "invoice" else {}
    return PrintJob(
        public_id="",
        site_id=by.site_id,
        kind=kind,
        subject_id=subject_id,
        details={**(details or {}), **more},
        copies=1,
        used_for="paper" if is_paper else "label",
        person_id=by.person_id,
        asked_at=now(),
    )


def proof_of(job: PrintJob, target: Target) -> Proof:
    """The proven label of a job, for whoever wants to look at it. Refuses what makers refuse."""
    return prove(subjects.drawing(job, target)())


def _label(job: PrintJob, target: Target) -> Made:
    """A label of our own: drawn, read back, and only then put into the printer's language. It names its job."""
    proven = proof_of(job, target).label.of_job(f"{job.public_id} COPY" if job.copy_of else job.public_id)
    return Made(_LANGUAGES[target.language](proven), target.language)


def _shipment(job: PrintJob, target: Target) -> Made:
    """The carrier's own label where there is one, else ours."""
    parcel = subjects.subject(job)
    return _carrier_label(job, target) if carrier.has_one(parcel.id) else _label(job, target)


def _carrier_label(job: PrintJob, target: Target) -> Made:
    parcel = subjects.subject(job)
    data = carrier.made(parcel.id, target.language, target.width_mm, target.height_mm, target.dpi)
    return Made(data, target.language)


def _paper(job: PrintJob, target: Target) -> Made:
    """A document: PDF only. An invoice's print is named by its job, so that a second try is the same print."""
    if target.language != "pdf":
        raise Refusal("label_language", job.kind.replace("_", " "), target.language.upper())
    subjects.subject(job)
    details = {**job.details, **({"key": job.public_id} if job.public_id else {})}
    return Made(documents.KINDS[job.kind](job.subject_id or 0, details), "pdf")


KINDS: Final[dict[str, Maker]] = {
    **dict.fromkeys(subjects.DRAWERS, _label),
    "shipment": _shipment,
    "carrier_label": _carrier_label,
    **dict.fromkeys(documents.KINDS, _paper),
}
