"""Card: what the PRINT card and the labels that print by themselves have in common."""

from __future__ import annotations

from scanner.by import By
from scanner.db import db
from scanner.models import Printer, PrintJob
from scanner.printing.ask import choose_printer
from scanner.printing.state import why_it_waits

PAGE = ""  # where a label comes out that no printer prints


def own_printer(by: By, use: str) -> Printer | None:
    """The printer that prints for this device without anybody's help; None when a page has to be opened."""
    printer = choose_printer(by, use)
    return printer if printer is not None and printer.kind != "browser" else None


def comes_out_at(job: PrintJob) -> str:
    """The code of its printer; PAGE when the page of the device prints it."""
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    return printer.code if printer is not None and printer.kind != "browser" else PAGE


def told(jobs: list[PrintJob], by: By) -> str:
    """Say where they come out. The answer leads to those that the page has to open, or that a printer keeps waiting."""
    here = [job for job in jobs if comes_out_at(job) == PAGE]
    late = [job for job in jobs if why_it_waits(job)]
    by.code, by.tone = "printed", "warn" if late else "ok"
    open_ = [*here, *late]
    page = "" if not open_ else "/print" if open_[1:] else f"/print/{open_[0].public_id}"
    does = "" if not open_ else "Open the print" if here else "Print elsewhere"
    by.found = {"kind": "print", "id": (open_ or jobs)[0].id, "words": does, "page": page}
    said = [f"{_name(job)} {_way(job)}" for job in jobs]
    return ". ".join(said) + "."


def _name(job: PrintJob) -> str:
    name = "label" if job.used_for == "label" else job.kind.replace("_", " ")
    return f"A copy of the {name}" if job.copy_of else f"The {name}"


def _way(job: PrintJob) -> str:
    at, why = comes_out_at(job), why_it_waits(job)
    if why:
        return f"waits: {why}"
    return f"prints on {at}" if at else "waits to be opened"
