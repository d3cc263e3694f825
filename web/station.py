"""The station: home, the tasks of every workflow, and the one address to which a page sends its scans.

All workflows have the same face, so they have the same pages: what waits, one task, its scans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.exceptions import NotFound, Unauthorized
from werkzeug.wrappers import Response

from scanner import printing, tasks
from scanner.about import Way, about
from scanner.accept import Answer, Incoming, accept_scan
from scanner.barcode import command
from scanner.by import By
from scanner.db import db, now, transact
from scanner.models import Location, Task
from scanner.printing.places import is_workplace
from scanner.prompt import prompt_from_json
from scanner.workflows import WORKFLOWS
from web.auth import EVERYONE, allow, me
from web.kept import instant
from web.page import one

bp = Blueprint("station", __name__)

REFUSED = 422
LOG_OUT = "/logout"  # the page posts to it, with its form token, when no scan waits to be sent


# --- scans -----------------------------------------------------------------------------------------------------------


def incoming(task_id: int | None, shown: tuple[str, int] | None = None) -> Incoming:
    """The scan in this request's form, made while a thing was `shown`."""
    form, person = request.form, str(me().person_id)
    if form.get("person", person) != person:  # the device sends it again in its person's name
        raise Unauthorized("Somebody else has logged in on this device.")
    return Incoming(
        scan_id=form.get("scan_id", ""),
        raw=form.get("raw", ""),
        at=instant(form.get("at")) or now(),
        device=form.get("device", "")[:64] or "page",
        task_id=task_id,
        symbology=form.get("symbology", "")[:16],
        sends_gs={"true": True, "false": False}.get(form.get("sends_gs", "")),
        shown=shown,
        sent_at=instant(form.get("sent_at")),
        seen=form.get("seen", ""),
    )


def show(task: Task | None, prompt: Any, answer: Answer | None, template: str = "station/_task.html") -> Response:
    """A task's fragment with the verdict of the scan; 422 when the scan was refused."""
    page = render_template(template, task=task, prompt=prompt, answer=answer)
    return make_response(page, REFUSED if answer and answer["outcome"] == "refused" else 200)


def _scan_view(workflow: str) -> Callable[[int], Response]:
    def scan(task_id: int) -> Response:
        answer = accept_scan(incoming(task_id), me())
        if answer["code"] == "logout":
            return _go(LOG_OUT)
        task = db.session.get_one(Task, task_id)
        return show(task, prompt_from_json(answer["prompt"]), answer)

    scan.__name__ = f"scan_{workflow}"
    return scan


# --- the pages of a workflow -----------------------------------------------------------------------------------------


def _index_view(workflow: str, module: ModuleType) -> Callable[[], str]:
    def index() -> str:
        by = me()
        return render_template(
            "station/index.html", workflow=workflow, title=module.TITLE, waiting=module.waiting(by), answer=None
        )

    index.__name__ = f"index_{workflow}"
    return index


def _start_view(workflow: str, module: ModuleType) -> Callable[[], Response]:
    def start() -> Response:
        by = me()
        document = request.form.get("document", "").strip()
        task_id = transact(lambda: module.start(document or None, by=by).id)
        return redirect(task_url(workflow, task_id), 303)

    start.__name__ = f"start_{workflow}"
    return start


def _task_view(workflow: str, module: ModuleType) -> Callable[[int], str]:
    def task(task_id: int) -> str:
        found = task_of(task_id, workflow)
        return render_template("station/task.html", task=found, prompt=module.prompt(found), answer=None)

    task.__name__ = f"task_{workflow}"
    return task


def _release_view(workflow: str) -> Callable[[int], Response]:
    def release(task_id: int) -> Response:
        by = me()
        transact(lambda: tasks.release(task_of(task_id, workflow), by=by))
        return redirect("/", 303)

    release.__name__ = f"release_{workflow}"
    return release


def task_of(task_id: int, workflow: str) -> Task:
    """The task of the workflow, if the person's site has it. Raises NotFound."""
    task = db.session.get(Task, task_id)
    if task is None or task.workflow != workflow or task.site_id != me().site_id:
        raise NotFound
    return task


def task_url(workflow: str, task_id: int) -> str:
    """The page of a task."""
    return f"/{workflow}/{task_id}/"


for _name, _module in WORKFLOWS.items():
    if _name == "lookup":
        continue
    _allowed = allow(*_module.ROLES)
    for _rule, _methods, _view in (
        (f"/{_name}/", ["GET"], _index_view(_name, _module)),
        (f"/{_name}/start", ["POST"], _start_view(_name, _module)),
        (f"/{_name}/<int:task_id>/", ["GET"], _task_view(_name, _module)),
        (f"/{_name}/<int:task_id>/scan", ["POST"], _scan_view(_name)),
        (f"/{_name}/<int:task_id>/release", ["POST"], _release_view(_name)),
    ):
        bp.add_url_rule(_rule, _view.__name__, _allowed(_view), methods=_methods)


# --- home and look-up ------------------------------------------------------------------------------------------------


@bp.get("/")
@allow(*EVERYONE)
def home() -> str:
    """The work queue. Any scan starts something."""
    return render_template("home.html", **queue(me()), answer=None)


def queue(by: By) -> dict[str, Any]:
    """What the person may start, with what waits, and the task that they left open."""
    tiles = [
        _tile(name, module, by) for name, module in WORKFLOWS.items() if name != "lookup" and by.may(*module.ROLES)
    ]
    return {
        "tiles": tiles,
        "unfinished": _unfinished(by),
        "place": printing.place_of(by),
        "print_questions": len(printing.questions(by)),
    }


_NOTES = {
    "receive": "{} due",
    "putaway": "{} waiting",
    "pick": "{} orders",
    "verify": "{} totes",
    "ship": "{} carriers",
    "count": "{} asked for",
}


def _tile(name: str, module: ModuleType, by: By) -> dict[str, str]:
    waiting = [entry for entry in module.waiting(by) if entry.document or name == "putaway"]
    more = "+" if len(waiting) >= tasks.WAITING_MOST else ""
    note = _NOTES[name].format(f"{len(waiting)}{more}") if name in _NOTES and waiting else ""
    return {"label": module.TITLE, "note": note, "url": f"/{name}/"}


def _unfinished(by: By) -> dict[str, str] | None:
    task = tasks.latest(by)
    if task is None:
        return None
    prompt = WORKFLOWS[task.workflow].prompt(task)
    done = f"{prompt.progress[0]} of {prompt.progress[1]}" if prompt.progress else prompt.scan.capitalize()
    return {"title": prompt.title, "note": done, "url": task_url(task.workflow, task.id)}


@bp.post("/scan")
@allow(*EVERYONE)
def scan_home() -> Response:
    """A scan outside of any task: go to what it starts, or show what it is."""
    return _look_up(None)


@bp.post("/lookup/<kind>/<int:thing_id>/scan")
@allow(*EVERYONE)
def scan_thing(kind: str, thing_id: int) -> Response:
    """The same while a thing is shown: GO takes its first way on, PRINT prints it. It may be a task that has ended."""
    ways = _ways(kind, thing_id, me()) if kind != "task" else []
    return _look_up(ways[0] if ways else None, shown=(kind, thing_id))


def _look_up(first: Way | None, shown: tuple[str, int] | None = None) -> Response:
    by = me()
    answer = accept_scan(incoming(None, shown), by)
    is_refused = answer["outcome"] == "refused"
    if not is_refused and answer["code"] not in STAYS:
        found = answer["found"]
        is_here = shown == ("location", found["id"]) and found["kind"] == "location" and _works_at(found["id"], by)
        return _go("/" if is_here else _leads_to(found, first, by))
    if shown is not None and not is_refused:
        return _stay(shown, answer, by)
    page = render_template("station/_home.html", **queue(by), answer=answer)
    return make_response(page, REFUSED if is_refused else 200)


STAYS = ("help", "confirm_logout", "printed")  # what is answered on the spot


def _stay(shown: tuple[str, int], answer: Answer, by: By) -> Response:
    """The same screen with the verdict."""
    kind, thing_id = shown
    if kind == "task":
        task = one(Task, thing_id)
        return show(task, WORKFLOWS[task.workflow].prompt(task), answer)
    return make_response(render_template("station/_lookup.html", **_thing(kind, thing_id, by), answer=answer))


def _go(path: str) -> Response:
    response = make_response("", 200)
    response.headers["HX-Location"] = path
    response.headers["X-Scan"] = request.form.get("scan_id", "")[:36]  # names whose answer it is: there is no page
    return response


def _works_at(location_id: int, by: By) -> bool:
    """The label of the place that is shown, scanned once more: this device works there, if anybody does."""
    location = db.session.get(Location, location_id)
    if location is None or not is_workplace(location):
        return False
    transact(lambda: printing.bind(location, replace(by, device=incoming(None).device)))
    return True


def _leads_to(found: dict[str, Any], first: Way | None, by: By) -> str:
    """Where a scan leads: work on a document begins at once, anything else is shown."""
    kind, thing_id = found["kind"], found["id"]
    if kind == "person":
        return "/login"
    if kind == "card":
        return _card(found["words"], first, by)
    if kind == "task":
        return task_url(db.session.get_one(Task, thing_id).workflow, thing_id)
    if thing_id is None:
        return "/lookup/"
    if kind == "item" and found["lot"]:
        kind, thing_id = "lot", found["lot"]
    ways = _ways(kind, thing_id, by)
    if kind in ("order", "purchase_order", "parcel", "unit", "manifest") and ways and ways[0].document:
        return _begin(ways[0].workflow, ways[0].document, by)
    return f"/lookup/{kind}/{thing_id}"


def _card(workflow: str, first: Way | None, by: By) -> str:
    """A workflow's card begins its next piece of work; GO goes on with what is shown, or with what lies open."""
    if workflow == "logout":
        return LOG_OUT
    if workflow == "go" and first is not None:
        return _begin(first.workflow, first.document, by)
    if workflow == "go":
        task = tasks.latest(by)
        return task_url(task.workflow, task.id) if task else "/"
    if workflow == "home" or not by.may(*WORKFLOWS[workflow].ROLES):
        return "/"
    waiting = WORKFLOWS[workflow].waiting(by)
    if not waiting and workflow not in ("putaway", "count"):
        return f"/{workflow}/"
    return _begin(workflow, waiting[0].document if waiting else "", by)


def _begin(workflow: str, document: str, by: By) -> str:
    task_id = transact(lambda: WORKFLOWS[workflow].start(document or None, by=by).id)
    return task_url(workflow, task_id)


def _ways(kind: str, thing_id: int, by: By) -> list[Way]:
    return [way for way in about(kind, thing_id, by).ways if by.may(*WORKFLOWS[way.workflow].ROLES)]


@bp.get("/lookup/")
@allow(*EVERYONE)
def lookup_page() -> str:
    """Ready to look anything up."""
    return render_template("station/lookup.html", about=None, unfinished=_unfinished(me()), scan_url="/scan")


@bp.get("/lookup/<kind>/<int:thing_id>")
@allow(*EVERYONE)
def lookup_thing(kind: str, thing_id: int) -> str:
    """One thing: what, where, how many, its history, and what may be done with it."""
    return render_template("station/lookup.html", **_thing(kind, thing_id, me()), answer=None)


def _thing(kind: str, thing_id: int, by: By) -> dict[str, Any]:
    found = about(kind, thing_id, by)
    found.ways = [way for way in found.ways if by.may(*WORKFLOWS[way.workflow].ROLES)]
    place = db.session.get(Location, thing_id) if kind == "location" else None
    prints = printing.thing_of(kind, thing_id, by)
    if prints is not None and not printing.may_have(prints.kind, by):
        prints = None
    return {
        "about": found,
        "unfinished": _unfinished(by),
        "scan_url": f"/lookup/{kind}/{thing_id}/scan",
        "workplace": place if place and is_workplace(place) else None,
        "prints": prints,
        "picture": f"/lookup/{kind}/{thing_id}/label.png" if prints and prints.use == "label" else "",
        "print_code": command("PRINT"),
    }
