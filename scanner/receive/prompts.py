"""Prompts: what the receiver is told in each step."""

from __future__ import annotations

from dataclasses import replace

from scanner import tasks
from scanner.db import db
from scanner.discrepancies import DAMAGE
from scanner.models import Item, Task
from scanner.prompt import Check, Goods, Pad, Prompt
from scanner.receive import label
from scanner.receive.plan import left_of, lines_of

LONGEST = 12  # letters of a printer's code that the scan band has room for
SHOWN = 6  # lines that are still due


def title_of(task: Task) -> str:
    """What the screen is headed."""
    return f"RECEIVE {task.state.get('number', 'BLIND')}"


def progress(task: Task) -> tuple[int, int] | None:
    """Lines that are complete, of all lines; None when blind."""
    lines = lines_of(task)
    return (sum(line.received >= line.ordered for line in lines), len(lines)) if lines else None


def _item_prompt(task: Task, title: str) -> Prompt:
    due = [line for line in lines_of(task) if line.received < line.ordered]
    is_complete = not due and task.purchase_order_id is not None
    checks = [
        Check(db.session.get_one(Item, line.item_id).name, "todo", f"{line.received} of {line.ordered}")
        for line in due[:SHOWN]  # the items were read with the lines
    ]
    return Prompt(
        workflow="receive",
        step="item",
        title=title,
        verb="SCAN",
        scan="SCAN A CASE OR AN ITEM",
        progress=progress(task),
        text="All lines are complete. DONE closes the order." if is_complete else _from_whom(task),
        checks=tuple(checks),
        next=f"{len(due)} line{'s' if len(due) != 1 else ''} open" if due else "",
        actions=(tasks.action("DONE"), tasks.action("PAUSE"), tasks.action("UNDO")),
    )


def _from_whom(task: Task) -> str:
    return f"{task.state.get('supplier', 'Without an order')}, at {task.state['dock']}."


def _bind_prompt(task: Task, title: str) -> Prompt:
    held, lines = task.state["goods"], lines_of(task, task.state["goods"]["item"])
    item, left = db.session.get_one(Item, held["item"]), left_of(lines)
    facts = [(key.replace("_", " "), held[key]) for key in ("lot", "expiry", "best_before") if held.get(key)]
    facts += [("still due", str(left))] if lines else []
    every = (tasks.action("ALL", f"ALL {left}"),) if left and not held.get("serials") else ()
    return Prompt(
        workflow="receive",
        step="bind",
        title=title,
        verb="COUNT",
        scan=_label_wanted(task),
        progress=progress(task),
        goods=Goods(item.name, item.sku, qty=held["qty"], uom=item.uom, facts=tuple(facts)),
        text=_about_label(task),
        expects=(f"00{task.state['fresh']['code']}",) if task.state.get("fresh") else (),
        next="DONE books it loose at the dock",
        actions=(tasks.action("DONE"), *every, tasks.action("UNDO")),
        more=(tasks.action("DAMAGED"), tasks.action("PRINT", "PRINT LABEL"), tasks.action("BACK")),
        pad=None if held.get("serials") else Pad("quantity", "QUANTITY", "quantity", value=str(held["qty"])),
    )


def _label_wanted(task: Task) -> str:
    """The scan band: the label that comes out by itself, or any other."""
    if not task.state.get("fresh") or task.state.get("damage") or not label.is_true(task):
        return "SCAN MORE, OR A PALLET LABEL"
    at = label.at(task)
    if not label.comes(task):
        return "SCAN MORE, OR A PALLET LABEL"
    if not at:
        return "PRINT THE LABEL AND SCAN IT"
    return f"SCAN LABEL FROM {at}" if len(at) <= LONGEST else "SCAN THE NEW LABEL"


def _about_label(task: Task) -> str:
    if task.state.get("damage"):
        return "Goes to quarantine."
    if not task.state.get("fresh"):
        return ""
    if not label.is_true(task):
        return f"Label {label.words(task)}. PRINT a new one."
    return label.trouble(task)


def _damage_prompt(task: Task, title: str) -> Prompt:
    return replace(
        _bind_prompt(task, title),
        step="damage",
        verb="WHAT IS WRONG?",
        scan="SCAN OR TAP A REASON",
        pad=Pad("choice", "REASON", "reason", choices=tasks.choices(DAMAGE)),
        actions=(tasks.action("BACK"),),
        more=(),
        next="",
        expects=(),
    )


PROMPTS = {"item": _item_prompt, "bind": _bind_prompt, "damage": _damage_prompt}
