"""Tasks: opened, claimed, finished and listed in the same way by every workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from scanner import leases
from scanner.barcode import command
from scanner.by import By
from scanner.db import db, now
from scanner.find import Found
from scanner.models import Person, Task
from scanner.prompt import Action, Prompt
from scanner.refusals import Refusal

_LABELS = {"BACK": "BACK", "OK": "OK", "ALL": "ALL", "DONE": "DONE", "EMPTY": "BIN EMPTY", "FULL": "TOTE FULL"}


@cache
def action(word: str, label: str = "") -> Action:
    """The button for a command word."""
    return Action(label or _LABELS.get(word, word), command(word))


def choices(labels: Mapping[str, str]) -> tuple[Action, ...]:
    """A button for each command word with its label, for a pad of reasons."""
    return tuple(action(word, label.upper()) for word, label in labels.items())


WAITING_MOST = 50  # documents offered at once


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document or place that somebody could start to work on."""

    document: str  # what `start` takes
    title: str
    note: str = ""
    is_late: bool = False


Command = Callable[[Task, Found, By], str]


def command_of(found: Found, commands: Mapping[str, Command], wanted: str) -> Command:
    """What a scanned command means in a workflow. Refuses wrong_command."""
    act = commands.get(found.command)
    if act is None:
        raise Refusal("wrong_command", found.words, wanted)
    return act


def open_task(workflow: str, by: By, **refs: Any) -> Task:
    """A new task of `by`. `refs` are columns of Task: order_id, location_id, state, ..."""
    task = Task(
        site_id=by.site_id,
        workflow=workflow,
        status="open",
        person_id=refs.pop("person_id", by.person_id),
        created_at=now(),
        state=refs.pop("state", {}),
        priority=refs.pop("priority", 0),
        purpose=refs.pop("purpose", ""),
        **refs,
    )
    leases.hold(task, by)
    db.session.add(task)
    db.session.flush()
    return task


def resume(workflow: str, by: By, **refs: Any) -> Task | None:
    """The open task on the same document, if there is one: one's own, or one that nobody has taken.

    Refuses leased when another device has it, not_your_task when another person works on it; a supervisor takes over.
    """
    query = select(Task).where(Task.site_id == by.site_id, Task.workflow == workflow, Task.status == "open")
    for name, value in refs.items():
        query = query.where(getattr(Task, name) == value)
    task = db.session.scalars(query.order_by(Task.id).with_for_update()).first()
    if task is None:
        return None
    leases.check_free(task, by)
    if task.person_id not in (None, by.person_id) and not by.is_supervisor:
        raise Refusal("not_your_task", other=db.session.get_one(Person, task.person_id).name)
    task.person_id = by.person_id
    leases.take_back(task, by)
    return task


def own_for(by: By, workflow: str, **refs: Any) -> Task | None:
    """The person's own open task of a workflow on these documents (None = without that document).

    One that another device of theirs has on lease stays with that one: on this device they begin another.
    """
    query = _own(by).where(Task.workflow == workflow).with_for_update()
    for name, value in refs.items():
        column = getattr(Task, name)
        query = query.where(column.is_(None) if value is None else column == value)
    task = db.session.scalars(query.order_by(Task.id.desc()).limit(1)).first()
    if task is not None:
        leases.take_back(task, by)
    return task


def latest(by: By) -> Task | None:
    """The task that the person worked on last and has not finished, and that no other device has on lease."""
    return db.session.scalars(_own(by).order_by(Task.id.desc()).limit(1)).first()


def _own(by: By) -> Select[Task]:
    """SQL: the person's open tasks that they may go on with where they are."""
    mine = (Task.site_id == by.site_id, Task.status == "open", Task.person_id == by.person_id)
    return select(Task).where(*mine, leases.is_not_held_elsewhere(by))


def close(task: Task, status: str = "done") -> None:
    """End a task. Its scans and moves stay."""
    task.status = status
    task.finished_at = now()
    db.session.flush()


def release(task: Task, *, by: By) -> None:
    """Give a task back, so that another person can take it. Refuses leased, not_your_task."""
    leases.check_free(task, by)
    if task.person_id not in (None, by.person_id) and not by.is_supervisor:
        raise Refusal("not_your_task", other=db.session.get_one(Person, task.person_id).name)
    task.person_id = None
    leases.take_away(task, by)
    db.session.flush()


def take_over(task: Task, *, by: By) -> None:
    """A supervisor's word: the task is theirs, on whatever device they go on with it. Refuses not_allowed."""
    if not by.is_supervisor:
        raise Refusal("not_allowed")
    task.person_id = by.person_id
    leases.take_away(task, by)


def done_prompt(task: Task, title: str, say: str) -> Prompt:
    """What a finished task shows."""
    return Prompt(
        workflow=task.workflow, step="done", title=title, verb="DONE", scan="SCAN THE NEXT", text=say, is_done=True
    )
