"""Count: what is really at a location, without knowing what the book says.

The counter proves the location, scans each item (each scan adds one pack; a figure may be entered), and closes the
location. What the book had at the instant of each counting scan is kept on the server and never shown. A difference is
counted again by the same person once, then by another one; small ones are posted, large ones wait for a supervisor.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from scanner import goods, printing, tasks
from scanner.by import By
from scanner.count import settle
from scanner.count.exceptions import COMMANDS
from scanner.count.prompts import item_prompt, location_prompt
from scanner.count.take import prove_location, refuse_other, take_item, take_unit
from scanner.db import db
from scanner.find import Found, expect, find, read_code
from scanner.models import Location, Task
from scanner.prompt import Prompt
from scanner.refusals import Refusal

TITLE = "COUNT"
ROLES = ("counter",)


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the count of a location, or go on with one; without a location, take the next count that waits.

    Refuses: unknown_document, same_counter, nothing_to_do.
    """
    if not document:
        return _next_waiting(by)
    location = _location(document, by)
    db.session.execute(select(Location.id).where(Location.id == location.id).with_for_update())
    task = tasks.resume("count", by, location_id=location.id)
    if task is not None:
        _check_counter(task, by)
        return task
    return tasks.open_task("count", by, location_id=location.id, state={"round": 1, "entries": {}, "not_by": []})


def prompt(task: Task) -> Prompt:
    """What the counter does next. The book's figure is never in it."""
    location = db.session.get_one(Location, task.location_id)
    title = f"COUNT {location.code}"
    if task.status != "open":
        return tasks.done_prompt(task, title, f"{location.code} is counted.")
    asked = goods.pending_prompt(task, title, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return item_prompt(task, location, title) if task.state.get("at") else location_prompt(task, location, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the count expects: the location, items, units, or a command."""
    _check_counter(task, by)
    by.step = "item" if task.state.get("at") else "location"
    if by.step == "location":
        return prove_location(task, found)
    if found.kind == "command":
        return tasks.command_of(found, COMMANDS, "an item")(task, found, by)
    if found.kind == "location":
        return settle.close(task, by) if found.thing.id == task.location_id else refuse_other(task)
    if found.kind == "unit":
        return take_unit(task, found, by)
    if not goods.is_answer(task, found):
        expect(found, "an item", "item")
    return take_item(task, found, by)


def prints(task: Task, *, by: By) -> str:
    """PRINT: the count sheet, for who counts with a pen."""
    return printing.told([printing.ask("count_sheet", task.id, by, use="paper")], by)


def finish(task: Task, *, by: By) -> None:
    """Close the location: compare, and post, ask again, or open a discrepancy. Refuses finish_first."""
    settle.finish(task, by)


# --- whose count it is -----------------------------------------------------------------------------------------------


def _next_waiting(by: By) -> Task:
    """One's own count, or the first that waits and that this person may take; nobody else can take it meanwhile."""
    is_free = or_(Task.person_id == by.person_id, Task.person_id.is_(None))
    waiting = db.session.execute(
        select(Task.id, Task.state)
        .where(Task.site_id == by.site_id, Task.workflow == "count", Task.status == "open", is_free)
        .order_by(Task.person_id.is_(None), Task.priority.desc(), Task.id)
    ).all()
    for row in waiting:
        if by.person_id in row.state.get("not_by", []):
            continue
        lock = select(Task).where(Task.id == row.id, Task.status == "open", is_free).with_for_update(skip_locked=True)
        task = db.session.scalars(lock).first()
        if task is not None:
            task.person_id = by.person_id
            return task
    raise Refusal("nothing_to_do")


def _location(document: str, by: By) -> Location:
    location: Location = expect(find(read_code(document), by), "a location", "location").thing
    if location.is_virtual:
        raise Refusal("unknown_document", document[:40], "location")
    return location


def _check_counter(task: Task, by: By) -> None:
    if by.person_id in task.state.get("not_by", []):
        raise Refusal("same_counter")


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Locations that somebody has asked to have counted, and that this person may count."""
    rows = db.session.execute(
        select(Task.state, Task.purpose, Location.code)
        .join(Location, Location.id == Task.location_id)
        .where(Task.site_id == by.site_id, Task.workflow == "count", Task.status == "open", Task.person_id.is_(None))
        .order_by(Task.priority.desc(), Task.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(row.code, row.code, row.purpose)
        for row in rows
        if by.person_id not in row.state.get("not_by", [])
    ]
