"""Exceptions: what a receiver may say instead of scanning goods: a quantity, all, damaged, done, pause, back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from scanner import tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found
from scanner.models import PurchaseOrder, Task
from scanner.models.stock import MOST
from scanner.receive import label
from scanner.receive.book import DAMAGE, book, open_missing
from scanner.receive.plan import in_hand, left_of, lines_of, lock_lines
from scanner.refusals import Refusal


def _quantity(task: Task, found: Found, by: By) -> str:
    """So many base units are in hand."""
    held, qty = _countable(task, "an item"), found.quantity or 0
    if not 0 < qty <= MOST:
        raise Refusal("bad_quantity", qty)
    task.note(goods={**held, "qty": qty, "is_counted": True}, confirm=None)
    return f"{label.offer(task, by)}{qty} in hand."


def _all(task: Task, found: Found, by: By) -> str:
    """All that the order still wants of the item is in hand."""
    held = _countable(task, "an item")
    if task.purchase_order_id is None:
        raise Refusal("finish_first", "The item", "an item")
    left = left_of(lines_of(task, held["item"]))
    if left == 0:
        raise Refusal("nothing_to_do")
    task.note(goods={**held, "qty": left, "is_counted": True}, confirm=None)
    return f"{label.offer(task, by)}{left} in hand."


def _countable(task: Task, wanted: str) -> dict[str, Any]:
    """The goods in hand, if a figure may be set for them."""
    held = in_hand(task)
    if not held:
        raise Refusal("finish_first", "The item", wanted)
    if held.get("serials"):
        raise Refusal("serial_has_one")
    return held


def _damaged(task: Task, found: Found, by: By) -> str:
    if not in_hand(task):
        raise Refusal("finish_first", "The item", "the damaged item")
    task.note(damage="ask")
    return "What is wrong with it?"


def _damage_reason(task: Task, found: Found, by: By) -> str:
    """The goods in hand are damaged: book them to quarantine."""
    if task.state.get("damage") != "ask":
        raise Refusal("wrong_command", found.words, "an item")
    task.note(damage=found.command)
    return book(task, 0, by)


def _done(task: Task, found: Found, by: By) -> str:
    """Book what is in hand at the dock; with nothing in hand, close the receipt (asked twice if goods are missing)."""
    if task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", f"the {task.state['pending']['ask']}")
    if in_hand(task):
        return book(task, 0, by)
    missing = [line for line in lines_of(task) if line.received < line.ordered]
    if missing and task.state.get("confirm") != "close":
        task.note(confirm="close")
        by.code, by.tone = "confirm", "warn"
        return f"{len(missing)} lines are not complete. DONE again closes the order; PAUSE leaves it open."
    return _close(task, by)


def _close(task: Task, by: By) -> str:
    """End the receipt and its order, with a note of what did not come; while colleagues are at it, one's own part."""
    if task.purchase_order_id is not None:
        order = db.session.scalars(
            select(PurchaseOrder).where(PurchaseOrder.id == task.purchase_order_id).with_for_update()
        ).one()
        if _has_colleagues(task):
            return _pause_with(task, by, "Others still receive it. The order stays open.")
        lock_lines(task)
        for line in lines_of(task):
            if line.received < line.ordered and order.status == "open":
                open_missing(by, task, line)
        order.status = "received"
    return _pause_with(task, by, "The receipt is closed.")


def _has_colleagues(task: Task) -> bool:
    """True if another person has a receipt of the same order open."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Task.purchase_order_id == task.purchase_order_id,
                    Task.status == "open",
                    Task.person_id != task.person_id,
                )
            )
        )
    )


def finish(task: Task) -> None:
    """Close the receipt. Refuses finish_first while goods are scanned but not booked."""
    if in_hand(task) or task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", "a pallet label, or DONE,")
    tasks.close(task)


def _pause(task: Task, found: Found, by: By) -> str:
    """End one's own part; the order stays open for others."""
    return _pause_with(task, by, "The order stays open.")


def _pause_with(task: Task, by: By, say: str) -> str:
    finish(task)
    by.is_final = True
    return say


def _back(task: Task, found: Found, by: By) -> str:
    """Put down what was scanned and not booked."""
    if task.state.get("damage") == "ask":
        task.note(damage=None)
    else:
        task.note(goods=None, pending=None, confirm=None, damage=None)
    return "Nothing is in hand."


COMMANDS: dict[str, tasks.Command] = {
    "Q": _quantity,
    "ALL": _all,
    "DAMAGED": _damaged,
    "DONE": _done,
    "PAUSE": _pause,
    "SHORT": _pause,
    "BACK": _back,
    **dict.fromkeys(DAMAGE, _damage_reason),
}
