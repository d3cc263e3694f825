"""Exceptions: what a counter may say instead of scanning an item: a figure, nothing here, done, back."""

from __future__ import annotations

from scanner import tasks
from scanner.by import By
from scanner.count.settle import close
from scanner.count.take import take_quantity
from scanner.find import Found
from scanner.models import Task
from scanner.refusals import Refusal


def _empty(task: Task, found: Found, by: By) -> str:
    """There is nothing at all here."""
    if task.state["entries"] or task.state.get("units"):
        raise Refusal("finish_first", "What you counted", "DONE")
    return close(task, by)


def _back(task: Task, found: Found, by: By) -> str:
    task.note(pending=None, current=None)
    return "Back."


COMMANDS: dict[str, tasks.Command] = {
    "Q": take_quantity,
    "DONE": lambda task, _found, by: close(task, by),
    "EMPTY": _empty,
    "BACK": _back,
}
