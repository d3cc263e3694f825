"""Look up: scan anything, outside of any task: what it is, where, how many, and what may be done with it."""

from __future__ import annotations

from scanner import printing, tasks
from scanner.about import about
from scanner.by import By
from scanner.find import Found
from scanner.models import Task
from scanner.models.person import ROLES as EVERY_ROLE
from scanner.prompt import Prompt
from scanner.refusals import Refusal

TITLE = "LOOK UP"
ROLES = EVERY_ROLE


# The card of a workflow asks for the next piece of its work; GO takes up what lies open, HOME shows what there is.
CARDS = {
    "RECEIVE": "receive",
    "PUTAWAY": "putaway",
    "PICK": "pick",
    "PACK": "verify",
    "COUNT": "count",
    "SHIP": "ship",
    "MOVE": "move",
    "GO": "go",
    "HOME": "home",
}


def start(document: str | None, *, by: By) -> Task:
    """A look-up needs no task: refuses nothing_to_do."""
    raise Refusal("nothing_to_do")


def prompt(task: Task | None) -> Prompt:
    """Ready for anything."""
    return Prompt(
        workflow="lookup",
        step="ready",
        title=TITLE,
        verb="READY",
        scan="SCAN ANYTHING TO START",
        text="location, item, tote, order, badge",
    )


def step(task: Task | None, found: Found, *, by: By) -> str:
    """Say what the code names. Refuses unknown_code, and wrong_command: commands belong to a task."""
    by.step, by.code = "ready", "found"
    if found.kind == "unknown":
        raise Refusal("misread" if found.scan.bad_check else "unknown_code", found.scan.text[:40], "one of our labels")
    if found.command in CARDS:
        by.found = {"kind": "card", "id": None, "words": CARDS[found.command]}
        return f"{found.command}."
    if found.kind == "command":
        raise Refusal("wrong_command", found.words, "a location, an item, a tote or an order")
    if found.kind == "fields" or found.thing is None:
        by.found = {"kind": "new_unit" if found.kind == "unit" else found.kind, "id": None, "words": found.words}
        return f"That is {found.words}."
    by.found = {"kind": found.kind, "id": found.thing.id, "words": found.words, "lot": found.lot.id if found.lot else 0}
    return f"That is {found.words}."


def prints(task: Task | None, *, by: By) -> str:
    """PRINT: the label or the paper of what is shown; "" when nothing is.

    Refuses unknown_document, print_under_way, print_waits.
    """
    if by.shown is None:
        return ""
    about(*by.shown, by)  # it is there, and of this site
    thing = printing.thing_of(*by.shown, by)
    return printing.told([thing.ask(by)], by) if thing is not None else ""


def waiting(by: By) -> list[tasks.Waiting]:
    """Nothing waits to be looked up."""
    return []


def finish(task: Task, *, by: By) -> None:
    """Nothing to finish."""
