"""Label: of each parcel that closes, and the packing slip of the order that does.

They print by themselves where a printer serves the bench; else they wait for PRINT, for the page of the device.
"""

from __future__ import annotations

from scanner import printing
from scanner.by import By
from scanner.models import Task
from scanner.printing.card import PAGE, comes_out_at

NAMES = {"shipment": "label", "packing_slip": "slip"}
KEPT = ("to_print", "prints")  # in the notebook after UNDO: paper does not go back into the printer


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
    printing.once(kind, subject_id, by, use=use, printer=printer)
    task.note(prints={**task.state.get("prints", {}), kind: printer.code})


def prints(task: Task, *, by: By) -> str:
    """What the PRINT card prints: all that waits for it; "" when nothing does, and the last label comes as a copy."""
    waiting = task.state.get("to_print", [])
    if not waiting:
        return ""
    jobs = [printing.once(kind, subject_id, by, use=use) for kind, subject_id, use in waiting]
    come_out = {job.kind: comes_out_at(job) for job in jobs}
    task.note(to_print=[], prints={**task.state.get("prints", {}), **come_out})
    return printing.told(jobs, by)


def where(task: Task) -> str:
    """Where they come out: " Label and slip print at ZEBRA-1."; "" when no printer has been asked."""
    at: dict[str, list[str]] = {}
    for kind, code in task.state.get("prints", {}).items():
        at.setdefault(code, []).append(NAMES[kind])
    at.pop(PAGE, None)
    said = ", ".join(f"{' and '.join(names)} print{'' if names[1:] else 's'} at {code}" for code, names in at.items())
    return f" {said[0].upper()}{said[1:]}." if said else ""


def button(task: Task) -> str:
    """What the PRINT button says: what waits, or a copy of what has been printed; "" when there is neither."""
    waiting = dict.fromkeys(NAMES[kind].upper() for kind, _subject, _use in task.state.get("to_print", []))
    if waiting:
        return f"PRINT {' AND '.join(waiting)}"
    return "PRINT A COPY" if "shipment" in task.state.get("prints", {}) else ""
