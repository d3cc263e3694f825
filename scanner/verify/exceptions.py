"""Exceptions: what a packer may say instead of scanning a unit: read, all, full, damaged, weight, back."""

from __future__ import annotations

from scanner import tasks
from scanner.by import By
from scanner.db import db
from scanner.discrepancies import DAMAGE
from scanner.find import Found
from scanner.goods import Goods
from scanner.models import Item, Task
from scanner.refusals import Refusal
from scanner.verify import label, parcel
from scanner.verify.pack import pack
from scanner.verify.plan import left_of, work_of


def _ok(task: Task, found: Found, by: By) -> str:
    """The packing instructions have been read."""
    if by.step != "instructions":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(read=True)
    return "Instructions confirmed."


def _all(task: Task, found: Found, by: By) -> str:
    """All that is left of the item that was scanned last. Never for serial numbers."""
    last = task.state.get("last")
    lines = [line for line in left_of(task) if last and line.item_id == last]
    if not lines:
        raise Refusal("finish_first", "The item", "one unit of it")
    item = db.session.get_one(Item, lines[0].item_id)  # read with the work
    if item.tracking == "serial":
        raise Refusal("serial_has_one")
    for line in lines:
        say = pack(task, [line], Goods(item, line.qty, lot=work_of(task).lots.get(line.lot_id)), by)
    return say


def _full(task: Task, found: Found, by: By) -> str:
    """The carton is full: close this parcel and go on with another. An empty one is not full, nor is the last one."""
    if not task.state.get("parcel") or not left_of(task) or parcel.is_empty(task):
        raise Refusal("nothing_to_do")
    label.print_parcel(task, by)
    parcel.close_parcel(task)
    task.note(parcel=None, unit=None)
    by.is_final = True
    return f"Take the next carton.{label.where(task)}"


def _damaged(task: Task, found: Found, by: By) -> str:
    if by.step != "item":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(damage="ask")
    return "What is wrong with it?"


def _damage_reason(task: Task, found: Found, by: By) -> str:
    if task.state.get("damage") != "ask":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(damage=found.command)
    return "Scan the damaged unit."


def _weight(task: Task, found: Found, by: By) -> str:
    """This order is weighed, though the site does not ask for it. The pad opens after the last unit."""
    if by.step not in ("item", "weight"):
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(must_weigh=True)
    return "Type the weight." if by.step == "weight" else "After the last unit the weight is asked for."


def _back(task: Task, found: Found, by: By) -> str:
    task.note(damage=None, pending=None, confirm=None)
    return "Back."


COMMANDS: dict[str, tasks.Command] = {
    "OK": _ok,
    "ALL": _all,
    "FULL": _full,
    "DAMAGED": _damaged,
    "WEIGHT": _weight,
    "BACK": _back,
    **dict.fromkeys(DAMAGE, _damage_reason),
}
