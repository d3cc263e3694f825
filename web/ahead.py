"""Ahead: the coming steps of a task for the device that works on it, in the station's own screens."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, g, jsonify, render_template
from werkzeug.wrappers import Response

from scanner import ahead
from scanner.workflows import WORKFLOWS
from web.auth import allow, me
from web.printing import open_prints
from web.station import task_of

MOST_BYTES = 700_000  # of screens; a phone's store and its patience have bounds
KEPT = 1_000  # screens of this process, about 3 kB each: a device that asks again knows most of them already

bp = Blueprint("ahead", __name__)


def init_app(app: Flask) -> None:
    """Add the pages, and the name of a step for those that show it."""
    app.add_template_global(ahead.key_of, "step_key")
    app.add_template_global(open_prints, "open_prints")
    app.extensions["drawn"] = _Drawn()
    app.register_blueprint(bp)


def _view(workflow: str) -> Callable[[int], Response]:
    def coming(task_id: int) -> Response:
        task_of(task_id, workflow)
        return jsonify(_as_json(workflow, task_id, ahead.play(task_id, me())))

    coming.__name__ = f"ahead_{workflow}"
    return coming


def _as_json(workflow: str, task_id: int, steps: list[ahead.Step]) -> dict[str, Any]:
    drawn: _Drawn = current_app.extensions["drawn"]
    said: dict[str, Any] = {}
    size = 0
    for step in steps:
        html = drawn.screen(workflow, task_id, step)
        size += len(html)
        if size > MOST_BYTES and said:
            break
        said[step.key] = step.as_json(html)
    return {"task": task_id, "to": f"/{workflow}/{task_id}/scan", "at": steps[0].key, "steps": said}


class _Drawn:
    """The screens that were drawn last.

    A screen depends on its prompt, its task, whether the page can be locked and whether a label waits for a person.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._screens: OrderedDict[Any, str] = OrderedDict()

    def screen(self, workflow: str, task_id: int, step: ahead.Step) -> str:
        """A step's screen, drawn now or before."""
        prompt = hashlib.blake2b(repr(step.prompt).encode(), digest_size=16).digest()
        name = (task_id, bool(g.viewer.idle_s), bool(open_prints()), prompt)
        with self._guard:
            html = self._screens.pop(name, None)
        if html is None:
            task = {"id": task_id, "workflow": workflow}
            html = render_template("station/_task.html", task=task, prompt=step.prompt, at=step.key)
        with self._guard:
            self._screens[name] = html
            if len(self._screens) > KEPT:
                self._screens.popitem(last=False)
        return html


for _name, _module in WORKFLOWS.items():
    if _name != "lookup":
        _coming = allow(*_module.ROLES)(_view(_name))
        bp.add_url_rule(f"/{_name}/<int:task_id>/ahead", _coming.__name__, _coming)
