"""Label: of each parcel that closes, and the packing slip of the order that does.

They print by themselves where a printer serves the bench; else they wait for PRINT, for the page of the device.
"""

from __future__ import annotations

from scanner import printing
from scanner.by import By
from scanner.db import db
from scanner.models import Printer, PrintJob, Task
from scanner.printing.card import PAGE, comes_out_at
from scanner.refusals import Refusal

NAMES = {"shipment": "label", "packing_slip": "slip"}
KEPT = ("to_print", "prints", "print_jobs")  # in the notebook after UNDO: paper does not go back into the printer


def print_parcel(task: Task, by: By) -> None:
    """The parcel that is being filled closes: its label."""
    if task.state.get("parcel"):
        _print_or_wait(task, by, "shipment", task.state["parcel"], "label")


def print_slip(task: Task, by: By) -> None:
    """The order is packed: its packing slip."""
    _print_or_wait(task, by, "packing_slip", task.order_id or 0, "paper")


def _print_or_wait(task: Task, by: By, kind: str, subject_id: int, use: str) -> None:
    printer = printing.own_printer(by, use)
    if printer is None:
        task.note(to_print=[*task.state.get("to_print", []), [kind, subject_id, use]])
        return
    job = _asked(task, kind, subject_id, by, use, printer)
    _note(task, [job])
    if printing.why_it_waits(job):
        by.tone = "warn"


def _asked(task: Task, kind: str, subject_id: int, by: By, use: str, printer: Printer | None = None) -> PrintJob:
    """The print of it. One that waits or is being sent for somebody else is this one too: it refuses no scan."""
    details = _details(task, kind)
    try:
        return printing.once(kind, subject_id, by, use=use, details=details, printer=printer)
    except Refusal as refusal:
        first = printing.first_of(kind, subject_id, by, details)
        if first is None or refusal.code not in ("print_waits", "print_under_way"):
            raise
        return first


def _details(task: Task, kind: str) -> dict[str, int] | None:
    """Of which delivery the slip is, from the second one on: it is another paper than the first."""
    delivery = task.state.get("delivery", 1)
    return {"delivery": delivery} if kind == "packing_slip" and delivery > 1 else None


def _note(task: Task, jobs: list[PrintJob]) -> None:
    at = {job.kind: comes_out_at(job) for job in jobs}
    ids = {job.kind: job.id for job in jobs}
    task.memo.setdefault("printed", []).extend(jobs)  # so that their words read none of them anew
    task.note(prints={**task.state.get("prints", {}), **at}, print_jobs={**task.state.get("print_jobs", {}), **ids})


def prints(task: Task, *, by: By) -> str:
    """What the PRINT card prints: all that waits for it; "" when nothing does, and the last label comes as a copy."""
    waiting = task.state.get("to_print", [])
    if not waiting:
        return ""
    jobs = [_asked(task, kind, subject_id, by, use) for kind, subject_id, use in waiting]
    task.note(to_print=[])
    _note(task, jobs)
    return printing.told(jobs, by)


def where(task: Task) -> str:
    """Where they come out, or why not: " Label and slip print at ZEBRA-1."; "" when no printer has been asked."""
    ways: dict[tuple[str, str, str], list[str]] = {}
    for kind, asked_at in task.state.get("prints", {}).items():
        job_id = task.state.get("print_jobs", {}).get(kind)
        job = db.session.get(PrintJob, job_id) if job_id else None
        code = comes_out_at(job) if job is not None else asked_at  # it may have been printed elsewhere since
        if code != PAGE:
            ways.setdefault(_way(job, code), []).append(NAMES[kind])
    said = ", ".join(
        f"{' and '.join(names)} {do if names[1:] else does}{rest}" for (does, do, rest), names in ways.items()
    )
    return f" {said[0].upper()}{said[1:]}." if said else ""


def _way(job: PrintJob | None, code: str) -> tuple[str, str, str]:
    """What it does, they do, and the rest."""
    if why := printing.why_it_waits(job):
        return "waits", "wait", f": {why}"
    happened = printing.what_happened(job)
    return (happened, happened, "") if happened else ("prints", "print", f" at {code}")


def button(task: Task) -> str:
    """What the PRINT button says: what waits, or a copy of what has been printed; "" when there is neither."""
    waiting = dict.fromkeys(NAMES[kind].upper() for kind, _subject, _use in task.state.get("to_print", []))
    if waiting:
        return f"PRINT {' AND '.join(waiting)}"
    return "PRINT A COPY" if "shipment" in task.state.get("prints", {}) else ""
