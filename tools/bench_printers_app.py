"""The product for the benchmark of printing: each look-up asks for a label as well."""

from __future__ import annotations

from scanner import lookup, printing
from scanner.by import By
from scanner.find import Found
from scanner.models import Task
from web import create_app

_step = lookup.step


def step_that_prints(task: Task | None, found: Found, *, by: By) -> str:
    """Say what the code names, and ask for a label in the same transaction."""
    said = _step(task, found, by=by)
    printing.ask("test", None, by)
    return said


lookup.step = step_that_prints
app = create_app()
