"""A small app that shows canned prompts in the real templates, so that the page can be tested without a warehouse.

It stands in for the server only: it records what the page sends and answers as it is told to. Each test talks to it
through `Harness`: set the prompt, queue the answers, read the scans.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, g, redirect, render_template, render_template_string, request
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as AnyResponse

from scanner.ahead import key_of
from scanner.prompt import Action, Prompt
from web import pwa, scanner_check

ROOT = Path(__file__).parent.parent.parent
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx scandock"
)
PLAIN = Prompt("pick", "location", "PICK SO-20518", "GO TO", "SCAN LOCATION LABEL A-03-2", expects=("LA032X",))


@dataclass
class Harness:
    """What the page is shown and what it sent."""

    prompt: Prompt = PLAIN
    me: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(id=1, name="Mara", roles=("picker",), left_handed=False, theme="light")
    )
    answer: dict[str, Any] | None = None  # shown with the page itself, for pictures of STOP
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by raw code; others are accepted
    prompts: dict[str, Prompt] = field(default_factory=dict)  # the prompt after this raw code
    redirects: dict[str, str] = field(default_factory=dict)  # HX-Redirect after this raw code
    delay_s: float = 0.0
    fault: str = ""  # 'portal', '401', 'told', 'stale token', or a status
    batch_fault: str = ""  # for what a device sends by itself: 'portal', 'revoked', or a status
    scans: list[dict[str, Any]] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    beats: list[dict[str, Any]] = field(default_factory=list)
    unrecordable: set[str] = field(default_factory=set)
    leases: dict[str, str] = field(default_factory=dict)
    coming: list[tuple[Prompt, dict[str, Any]]] = field(default_factory=list)  # the coming steps, and what each knows
    forms: list[dict[str, str]] = field(default_factory=list)
    pages: int = 0
    url: str = ""
    app: Flask | None = None

    def raws(self) -> list[str]:
        """The codes that were booked, once for each id, in the order of arrival."""
        seen: dict[str, str] = {}
        for scan in self.scans:
            seen.setdefault(scan["scan_id"], scan["raw"])
        return list(seen.values())

    def refuse(self, raw: str, **words: str) -> None:
        """Lets the code be refused."""
        self.answers[raw] = refusal(**words)


def refusal(**words: str) -> dict[str, Any]:
    """A refused answer as the core gives it."""
    return {
        "outcome": "refused",
        "code": "wrong_item",
        "say": "That is RICE MILK 1L. This step wants OAT MILK 1L.",
        "tone": "stop",
        "scanned": "RICE MILK 1L, lot B7802",
        "wanted": "OAT MILK 1L, lot B7741",
        "next": "Put it back. Scan the OAT MILK to go on.",
    } | words


def create_app(state: Harness) -> Flask:
    """The stand-in for the server."""
    app = state.app = Flask(__name__, template_folder=str(ROOT / "web/templates"), static_folder=None)
    app.secret_key = secrets.token_hex()
    app.jinja_options = {"autoescape": True}
    pwa.init_app(app)
    app.add_template_global(lambda: "token" if state.pages < 2 else "fresh token", "csrf_token")
    app.add_template_global(_nonce, "csp_nonce")
    app.add_template_global(key_of, "step_key")
    app.after_request(_with_policy)
    app.context_processor(lambda: {"me": state.me})
    app.register_blueprint(scanner_check.bp)
    _add_pages(app, state)
    _add_scans(app, state)
    return app


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    return str(g.nonce)


def _with_policy(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=_nonce()))
    return response


def _task() -> SimpleNamespace:
    return SimpleNamespace(id=7, workflow="pick")


def _add_pages(app: Flask, state: Harness) -> None:
    tiles = [("Receive", "2 due"), ("Put away", "7 waiting"), ("Pick", "31 lines"), ("Pack", "4 totes")]
    tiles += [("Ship", "12 parcels"), ("Count", "3 locations")]
    home = {
        "tiles": [{"label": label, "note": note, "url": "/pick/7/"} for label, note in tiles],
        "unfinished": {"title": "PICK SO-20518", "note": "line 9 of 31, next A-03", "url": "/pick/7/"},
    }

    @app.get("/")
    def index() -> str:
        state.pages += 1
        return render_template("home.html", **home)

    @app.get("/pick/7/")
    def task_page() -> str:
        state.pages += 1
        return render_template("station/task.html", prompt=state.prompt, task=_task(), answer=state.answer)

    @app.get("/with-field/")
    def with_field() -> str:
        field = '<input id="search" aria-label="Search">'
        page = f'{{% extends "station/task.html" %}}{{% block before %}}{{{{ super() }}}}{field}{{% endblock %}}'
        return render_template_string(page, prompt=state.prompt, task=_task(), answer=None)

    @app.get("/login")
    def login() -> str:
        return render_template("login.html", error=request.args.get("error"), me=None)

    @app.post("/login")
    def log_in() -> AnyResponse:
        state.forms.append(request.form.to_dict())
        return redirect("/")

    @app.get("/desk")
    def desk() -> str:
        state.pages += 1
        return render_template_string((Path(__file__).parent / "desk_sample.html").read_text())

    @app.post("/desk")
    def desk_form() -> tuple[str, int] | AnyResponse:
        state.forms.append(request.form.to_dict() | {"csrf_header": request.headers.get("X-CSRFToken", "")})
        if not request.form.get("name"):
            return '<p class="field__error">A name is needed.</p>', 422
        return redirect("/desk")


def _add_scans(app: Flask, state: Harness) -> None:
    @app.post("/scan")
    @app.post("/pick/7/scan")
    def scan() -> tuple[str, int] | Response:
        state.scans.append(request.form.to_dict() | {"path": request.path})
        time.sleep(state.delay_s)
        return _fault(state.fault, request.form["scan_id"], request.headers["X-CSRFToken"]) or _verdict(
            state, request.form["raw"], request.form["scan_id"]
        )

    @app.post("/device/scans")
    def scans() -> tuple[Any, int] | Response:
        time.sleep(state.delay_s)
        if state.batch_fault == "portal":
            return Response("<html><h1>Welcome to the hotel. Please agree.</h1></html>")
        if state.batch_fault:
            status = 403 if state.batch_fault == "revoked" else int(state.batch_fault)
            return {"code": f"device_{state.batch_fault}", "say": "no"}, status
        sent = request.get_json()["scans"]
        state.batches.append(sent)
        return {"results": [_result(state, each) for each in sent]}, 200

    @app.post("/device/heartbeat")
    def heartbeat() -> dict[str, Any]:
        state.beats.append(request.get_json())
        return {"leases": state.leases, "version": "0"}

    @app.get("/pick/7/ahead")
    def ahead() -> tuple[dict[str, Any], int]:
        steps = {key_of(prompt): {"html": _drawn(prompt), **facts} for prompt, facts in state.coming}
        return {"task": 7, "to": "/pick/7/scan", "steps": steps}, 200 if steps else 404

    @app.post("/lock")
    def lock() -> str | AnyResponse:
        return "<h1>Welcome to the hotel</h1>" if state.fault == "portal" else redirect("/login", 303)

    @app.post("/logout")
    def log_out() -> AnyResponse:
        return redirect("/login")


def _drawn(prompt: Prompt) -> str:
    return render_template("station/_task.html", prompt=prompt, task=_task(), at=key_of(prompt))


def _result(state: Harness, scan: dict[str, Any]) -> dict[str, Any]:
    state.scans.append(scan | {"path": scan["to"]})
    raw, scan_id = scan["raw"], scan["scan_id"]
    if raw in state.unrecordable:
        answer = {"code": "bad_request", "title": "Not understood", "say": "No page sends scans there.", "tone": "stop"}
        return {"scan_id": scan_id, "status": 422, "answer": answer}
    if raw in state.redirects:
        found = {"outcome": "accepted", "code": "ok", "say": "It is there.", "tone": "ok"}
        return {"scan_id": scan_id, "status": 200, "answer": found}
    answer = _answer_to(state, raw) | {"scan_id": scan_id}
    return {"scan_id": scan_id, "status": 200, "answer": answer}


def _answer_to(state: Harness, raw: str) -> dict[str, Any]:
    accepted = {"outcome": "accepted", "code": "", "say": f"{raw} booked", "tone": "ok"}
    answer = state.answers.get(raw, accepted)
    state.prompt = state.prompts.get(raw, state.prompt)
    return answer


def _fault(kind: str, scan_id: str, token: str) -> Response | None:
    if kind == "portal":
        return Response("<html><h1>Welcome to the hotel. Please agree.</h1></html>")
    if kind == "401":
        return Response("", 401, {"HX-Redirect": "/login"})
    if kind == "stale token":
        return Response("no", 400) if token == "token" else None
    if kind == "told":
        words = f'<div id="verdict" data-scan="{scan_id}" data-tone="stop">Your badge does not open this.</div>'
        return Response(words, 403)
    return Response("no", int(kind)) if kind else None


def _verdict(state: Harness, raw: str, scan_id: str) -> tuple[str, int] | Response:
    if raw in state.redirects:
        return Response("", 200, {"HX-Redirect": state.redirects[raw], "X-Scan": scan_id})
    answer = _answer_to(state, raw) | {"scan_id": scan_id}
    page = render_template("station/_task.html", prompt=state.prompt, task=_task(), answer=answer)
    return page, 422 if answer["outcome"] == "refused" else 200


@contextmanager
def serving(state: Harness) -> Iterator[Harness]:
    """Runs the app on a free port of this machine until the block ends."""
    server = make_server("127.0.0.1", 0, create_app(state), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()


def actions(*labels: str) -> tuple[Action, ...]:
    """Buttons whose codes are their labels."""
    return tuple(Action(label, f"C{label.replace(' ', '')}X") for label in labels)
