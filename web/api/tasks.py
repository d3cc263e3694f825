"""Tasks by API: open work, see what to scan next, give it back."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from scanner import tasks
from scanner.db import db, transact
from scanner.models import Task
from scanner.refusals import Refusal
from scanner.workflows import WORKFLOWS
from web.api.common import Page, Strict, answer, blueprint, listed
from web.auth import EVERYONE, allow, me

bp = blueprint("tasks")


class TaskIn(Strict):
    """Which work to open, on which document."""

    workflow: str = Field(description="receive, putaway, pick, verify, ship, count or move")
    document: str | None = Field(
        None,
        max_length=256,
        description="an order's or a purchase order's number, a location, a carrier, a tote's code",
    )


class TaskOut(BaseModel):
    """A task with its prompt."""

    id: int
    workflow: str
    status: str
    person: int | None
    prompt: dict[str, Any]


class TaskPath(BaseModel):
    """A task's number."""

    task_id: int


class TaskQuery(Page):
    """Which tasks."""

    workflow: str = ""
    status: str = "open"


class WaitingQuery(BaseModel):
    """Of which workflow."""

    workflow: str


def _shown(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "workflow": task.workflow,
        "status": task.status,
        "person": task.person_id,
        "prompt": WORKFLOWS[task.workflow].prompt(task).as_json(),
    }


@bp.post("/tasks", responses={"201": TaskOut})
@allow(*EVERYONE)
def post_task(body: TaskIn) -> Response:
    """Open a task, or go on with the one that is open on the document."""
    by = me()
    module = WORKFLOWS.get(body.workflow)
    if module is None or body.workflow == "lookup":
        raise Refusal("unknown_document", body.workflow[:40], "workflow")
    if not by.may(*module.ROLES):
        raise Refusal("not_allowed")
    return answer(transact(lambda: _shown(module.start(body.document, by=by))), 201)


@bp.get("/tasks")
@allow(*EVERYONE)
def list_tasks(query: TaskQuery) -> Response:
    """Tasks of the site, without their prompts."""
    wanted = select(Task).where(Task.site_id == me().site_id)
    if query.status:
        wanted = wanted.where(Task.status == query.status)
    if query.workflow:
        wanted = wanted.where(Task.workflow == query.workflow)
    rows = listed(wanted, Task.id, query)
    fields = ("id", "workflow", "status", "purpose", "priority", "created_at", "finished_at")
    return answer({"tasks": [{**{f: getattr(t, f) for f in fields}, "person": t.person_id} for t in rows]})


@bp.get("/tasks/<int:task_id>", responses={"200": TaskOut})
@allow(*EVERYONE)
def get_task(path: TaskPath) -> Response:
    """A task with its prompt."""
    return answer(_shown(_task(path.task_id)))


@bp.post("/tasks/<int:task_id>/release", responses={"200": TaskOut})
@allow(*EVERYONE)
def release_task(path: TaskPath) -> Response:
    """Give a task back, so that another person can take it."""
    by = me()
    transact(lambda: tasks.release(_task(path.task_id), by=by))
    return answer(_shown(_task(path.task_id)))


@bp.get("/waiting")
@allow(*EVERYONE)
def list_waiting(query: WaitingQuery) -> Response:
    """The documents that somebody could start to work on."""
    module = WORKFLOWS.get(query.workflow)
    if module is None:
        raise Refusal("unknown_document", query.workflow[:40], "workflow")
    rows = module.waiting(me())
    return answer(
        {"waiting": [{"document": w.document, "title": w.title, "note": w.note, "late": w.is_late} for w in rows]}
    )


def _task(task_id: int) -> Task:
    task = db.session.get(Task, task_id)
    if task is None or task.site_id != me().site_id:
        raise Refusal("unknown_task")
    return task
