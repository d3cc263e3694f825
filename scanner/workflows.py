"""The workflows by name. Each has ROLES, TITLE, start(), prompt(), step(), finish(); some undone() and cancelled().

Some have prints(), what the PRINT card makes of a step, and KEPT, what stays in the notebook after UNDO.
"""

from __future__ import annotations

from types import ModuleType

from scanner import count, lookup, move, pick, putaway, receive, ship, tasks, verify
from scanner.by import By
from scanner.models import Task

WORKFLOWS: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module for module in (receive, putaway, pick, verify, ship, count, move, lookup)
}


def cancel(task: Task, *, by: By) -> None:
    """End a task before its end. What it has moved stays moved; what is left to do can be started again."""
    tasks.close(task, "cancelled")
    tidy = getattr(WORKFLOWS[task.workflow], "cancelled", None)
    if tidy is not None:
        tidy(task, by=by)
