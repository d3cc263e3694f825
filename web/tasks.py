"""Tasks: who works on what since when; give back, take over, cancel, ask for a count."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from scanner import discrepancies, leases, tasks
from scanner.audit import audit
from scanner.by import By
from scanner.db import db
from scanner.desk import documents
from scanner.models import Location, Person, Task
from scanner.refusals import Refusal
from scanner.workflows import WORKFLOWS
from scanner.workflows import cancel as cancel_task
from web.auth import allow, me
from web.page import act, argument, one, slice_of, typed

bp = Blueprint("tasks", __name__)

STATES = ("open", "done", "cancelled")


@bp.get("/tasks")
@allow()
def index() -> str:
    """Open tasks, the most urgent and oldest first."""
    by, workflow, who = me(), argument("workflow"), argument("who")
    status = argument("status") or "open"
    where = [Task.workflow == workflow] if workflow else []
    if who == "nobody":
        where.append(Task.person_id.is_(None))
    elif who:
        where.append(Task.person_id.in_(select(Person.id).where(Person.login == who)))
    found = slice_of(documents.tasks(by, *where, status=status))
    places = [row.Task.location_id for row in found.rows if row.Task.location_id]
    codes = db.session.execute(select(Location.id, Location.code).where(Location.id.in_(places)))
    return render_template(
        "tasks/index.html",
        nav="/tasks",
        found=found,
        places={row.id: row.code for row in codes},
        workflow=workflow,
        workflows=[name for name in WORKFLOWS if name != "lookup"],
        who=who,
        status=status,
        states=STATES,
        is_held=leases.is_held,
    )


@bp.post("/tasks/<int:task_id>/release")
@allow()
def release(task_id: int) -> Response:
    """Give it back: whoever comes next may take it."""
    return _act(task_id, lambda by, task: tasks.release(task, by=by), "release", "Task {id} waits to be taken.")


@bp.post("/tasks/<int:task_id>/take")
@allow()
def take(task_id: int) -> Response:
    """Take it over, also from a device that has it on lease."""
    done = "Task {id} is yours. What another device still sends for it is refused, and comes to the discrepancies."
    return _act(task_id, lambda by, task: tasks.take_over(task, by=by), "take", done)


@bp.post("/tasks/<int:task_id>/cancel")
@allow()
def cancel(task_id: int) -> Response:
    """End it. What it has moved stays moved; what is left to do can be started again."""
    return _act(task_id, lambda by, task: cancel_task(task, by=by), "cancel", "Task {id} is cancelled.")


def _act(task_id: int, work: Callable[[By, Task], object], word: str, done: str) -> Response:
    by = me()
    one(Task, task_id)

    def locked() -> None:
        task = db.session.scalars(
            select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
        ).one()
        if task.status != "open":
            raise Refusal("task_done")
        work(by, task)
        audit(by, f"task.{word}", f"{task.workflow} {task.id}")

    return act(locked, done.format(id=task_id), "/tasks")


@bp.post("/tasks/count")
@allow()
def ask_for_count() -> Response:
    """A new count of a place, for anybody who counts."""
    by, code = me(), typed("location").upper()
    location = db.session.scalars(
        select(Location).where(Location.site_id == by.site_id, Location.code == code, ~Location.is_virtual)
    ).first()
    if location is None:
        flash(f"There is no location {code!r}.", "stop")
        return redirect("/tasks", 303)
    note = typed("note") or f"asked for by {by.name}"
    return act(
        lambda: discrepancies.ask_for_count(by, location.id, note), f"A count of {code} waits to be taken.", "/tasks"
    )
