"""Prompts: what the packer is told in each step."""

from __future__ import annotations

from dataclasses import replace

from scanner import orders, tasks
from scanner.db import db
from scanner.discrepancies import DAMAGE
from scanner.find import unit_words
from scanner.models import Parcel, Task
from scanner.prompt import Action, Check, Goods, Pad, Prompt
from scanner.verify import label
from scanner.verify.pack import closing_words
from scanner.verify.parcel import expected_weight_g
from scanner.verify.plan import instructions_of, work_of


def _checks(task: Task) -> tuple[Check, ...]:
    """Each item with what is packed of it, the last scanned one as the current."""
    last, rows = task.state.get("last"), []
    for line in work_of(task).wanted:
        state = "done" if not line.room else "now" if line.item_id == last else "todo"
        rows.append(Check(line.name, state, f"{line.packed} / {line.allocated}"))
    return tuple(rows)


def _progress(task: Task) -> tuple[int, int]:
    wanted = work_of(task).wanted
    return sum(line.packed for line in wanted), sum(line.allocated for line in wanted)


def _tote_prompt(task: Task, title: str) -> Prompt:
    totes = [unit_words(unit) for unit in orders.units_of(task.order_id or 0) if unit.kind == "tote"]
    return Prompt(
        workflow="verify",
        step="tote",
        title=title,
        verb="BRING",
        scan="SCAN THE TOTE",
        progress=_progress(task),
        text=", ".join(totes).capitalize(),
        actions=(tasks.action("UNDO"),),
    )


def _instructions_prompt(task: Task, title: str) -> Prompt:
    return Prompt(
        workflow="verify",
        step="instructions",
        title=title,
        verb="READ",
        scan="TAP OK OR SCAN THE OK CARD",
        text=instructions_of(task),
        actions=(tasks.action("OK"), tasks.action("UNDO")),
    )


def _item_prompt(task: Task, title: str) -> Prompt:
    carton, wanted = task.state.get("carton_name"), work_of(task).wanted
    last = next((w for w in wanted if w.item_id == task.state.get("last") and w.room), None)
    every = (tasks.action("ALL", f"ALL {last.room}"),) if last and last.room > 1 else ()
    return Prompt(
        workflow="verify",
        step="item",
        title=title,
        verb="CHECK",
        scan="SCAN EACH UNIT",
        progress=_progress(task),
        checks=_checks(task),
        expects=tuple(w.sku for w in wanted if w.room),
        text=f"Carton {carton}" if carton else "Scan the carton type",
        actions=(tasks.action("DAMAGED"), *every, tasks.action("UNDO")),
        more=(tasks.action("FULL", "CARTON FULL"), *_print_waits(task), tasks.action("BACK")),
    )


def _print_waits(task: Task) -> tuple[Action, ...]:
    return (tasks.action("PRINT", label.button(task)),) if task.state.get("to_print") else ()


def _damage_prompt(task: Task, title: str) -> Prompt:
    return Prompt(
        workflow="verify",
        step="damage",
        title=title,
        verb="WHAT IS WRONG?",
        scan="SCAN OR TAP A REASON",
        pad=Pad("choice", "REASON", "reason", choices=tasks.choices(DAMAGE)),
        actions=(tasks.action("BACK"),),
    )


def _weight_prompt(task: Task, title: str) -> Prompt:
    expected = expected_weight_g(db.session.get_one(Parcel, task.state["parcel"]))
    return Prompt(
        workflow="verify",
        step="weight",
        title=title,
        verb="WEIGH",
        scan="WEIGH THE CARTON",
        progress=_progress(task),
        goods=Goods("Carton and content", "", facts=(("expected", f"{expected} g"),) if expected else ()),
        pad=Pad("weight", "WEIGHT", "weight"),
        actions=(tasks.action("UNDO"),),
    )


def done_prompt(task: Task, title: str) -> Prompt:
    """How it ended, where label and slip come out, and PRINT for what nobody prints by itself."""
    words = label.button(task)
    asked = tasks.done_prompt(task, title, closing_words(task))
    return replace(asked, actions=(tasks.action("PRINT", words),)) if words else asked


PROMPTS = {
    "tote": _tote_prompt,
    "instructions": _instructions_prompt,
    "item": _item_prompt,
    "damage": _damage_prompt,
    "weight": _weight_prompt,
}
