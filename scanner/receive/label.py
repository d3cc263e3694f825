"""Label: of the unit that the goods in hand go onto. It comes out before they are booked, and its scan books them.

So a label that never came out, or went to the wrong pallet, has booked nothing. The unit holds nothing yet: what the
label says stands with the job. It prints by itself once for each unit, when all is known that it says, the count too
(a case or a person has told it: the first of many single scans has not). A label that was not taken waits in the
notebook for the next goods, over UNDO as well, so that no SSCC is spent twice; if it says something else than what is
in hand, PRINT makes the right one, marked as a copy, and the old one is asked about.
"""

from __future__ import annotations

from typing import Any

from scanner import printing, units
from scanner.by import By
from scanner.db import db
from scanner.models import Printer, PrintJob, Task, Unit
from scanner.printing.card import comes_out_at
from scanner.receive.plan import in_hand
from scanner.refusals import Refusal

KEPT = ("fresh",)  # in the notebook after UNDO: paper does not go back into the printer


def offer(task: Task, by: By) -> str:
    """Print the label by itself if it is time to, and somebody prints for this device; what to say of it, or ""."""
    held = in_hand(task)
    if by.is_rehearsal or not held or not held.get("is_counted") or task.state.get("damage") or task.state.get("fresh"):
        return ""
    printer = printing.own_printer(by, "label")
    if printer is None:
        return ""
    try:
        _ask(task, held, by, printer)
    except Refusal as refusal:  # no number is left: that stops no goods
        return f"No label: {refusal.say} "
    if wrong := trouble(task):
        by.tone = "warn"
        return f"{wrong} "
    return f"Label prints on {printer.code}. "


def prints(task: Task, *, by: By) -> str:
    """What the PRINT card prints: the label for the goods in hand; "" while there are none, or they are damaged."""
    held = in_hand(task)
    if not held or task.state.get("damage") or task.state.get("pending"):
        return ""
    return printing.told([_ask(task, held, by)], by)


def _ask(task: Task, held: dict[str, Any], by: By, printer: Printer | None = None) -> Any:
    assert task.location_id is not None
    fresh, says = task.state.get("fresh"), _says(held)
    if fresh is None:
        unit = units.new_unit(by, "pallet", task.location_id)
        fresh = {"unit": unit.id, "code": unit.code}
    job = printing.once("unit", fresh["unit"], by, details=says, printer=printer)
    at = {"at": comes_out_at(job), "job": job.id}
    task.note(fresh={"unit": fresh["unit"], "code": fresh["code"], "says": says, **at})
    return job


def trouble(task: Task) -> str:
    """What keeps the label of the goods in hand from being in hand, in a sentence, or ""."""
    job = _job(task)
    if why := printing.why_it_waits(job):
        return f"Label waits: {why}."
    happened = printing.what_happened(job)
    return f"Label {happened}." if happened else ""


def comes(task: Task) -> bool:
    """Whether the label of the goods in hand may be scanned soon."""
    job = _job(task)
    return job is None or not (job.state in ("failed", "cancelled") or printing.why_it_waits(job))


def at(task: Task) -> str:
    """Where the label of the goods in hand comes out now: it may have been printed elsewhere since it was asked for."""
    job = _job(task)
    return comes_out_at(job) if job is not None else str(task.state["fresh"]["at"])


def _job(task: Task) -> PrintJob | None:
    job_id = (task.state.get("fresh") or {}).get("job")
    return db.session.get(PrintJob, job_id) if job_id else None


def _says(held: dict[str, Any]) -> dict[str, Any]:
    """What the label says of the goods: ids and figures, for its maker to write out."""
    lot = {"lot": held["lot_id"]} if held.get("lot_id") else {}
    return {"item": held["item"], "count": held["qty"], **lot}


def is_true(task: Task) -> bool:
    """Whether the label that has come out says what is in hand now."""
    return not words(task)


def words(task: Task) -> str:
    """What is wrong with the label that has come out: "says 6", "says another lot", "is of other goods", or ""."""
    return _differs(task.state["fresh"]["says"], in_hand(task) or {})


def _differs(says: dict[str, Any], held: dict[str, Any]) -> str:
    if held.get("item") != says["item"]:
        return "is of other goods"
    if (held.get("lot_id") or None) != says.get("lot"):
        return "says another lot"
    return "" if held.get("qty") == says["count"] else f"says {says['count']}"


def doubt(task: Task, unit: Unit, by: By) -> str:
    """The question before a label that says something else is bound; "" when there is none, or it was answered.

    The label may be of another receipt, which did not use it.
    """
    held, says = in_hand(task) or {}, _said_by(unit, task)
    wrong = _differs(says, held) if says else ""
    asked = {"unit": unit.id, **_says(held)}
    if not wrong or task.state.get("doubted") == asked:
        return ""
    if not _is_fresh(task, unit) and not by.asks_again():  # a phone without a network cannot know what is on that label
        return ""
    task.note(doubted=asked)
    by.code, by.tone = "confirm" if _is_fresh(task, unit) else "twice", "warn"
    return f"Label {wrong}. Scan again, or PRINT."


def _said_by(unit: Unit, task: Task) -> dict[str, Any]:
    """What the unit's label says of goods; nothing when there is none, or more is on the unit than it can say."""
    if _is_fresh(task, unit):
        says: dict[str, Any] = task.state["fresh"]["says"]
        return says
    says = {} if units.has_content(unit) else printing.said_of("unit", unit.id, task.site_id)
    return says if isinstance(says.get("item"), int) and isinstance(says.get("count"), int) else {}


def _is_fresh(task: Task, unit: Unit) -> bool:
    return bool((task.state.get("fresh") or {}).get("unit") == unit.id)


def taken(task: Task, unit_id: int) -> None:
    """The goods are booked: the label has its unit, and the next goods get another one."""
    fresh = task.state.get("fresh")
    if fresh is not None and fresh["unit"] == unit_id and not in_hand(task):
        task.note(fresh=None)
