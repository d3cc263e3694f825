"""Errors: what is said when a request cannot be served: in a page, in a fragment or in JSON, never with a stack trace.

A refusal is no error of the program: 422, with the reason in the worker's words.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, session
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from scanner.db import Busy, is_stored, let_go
from scanner.outage import outage
from scanner.refusals import Refusal
from web.auth import PasswordWanted, for_devices, for_programs

COME_BACK = 503
COME_BACK_S = {"busy": 1}  # a conflict is over in a moment; what a person must mend takes longer
COME_BACK_ELSE_S = 5
WORDS = {
    400: ("That did not work", "The page is too old or the request was damaged. Reload the page and try again."),
    403: ("Not allowed", "Your badge does not open this. Ask a supervisor."),
    404: ("Not here", "There is nothing at this address."),
    405: ("Not that way", "This address does not take that."),
    413: ("Too large", "That is larger than can be taken here."),
    415: ("Wrong type", "That is not a type of content that can be taken here."),
    429: ("Too many tries", "Wait a while, or ask a supervisor."),
    500: ("Something broke", "That is our fault. Nothing was booked. Try again, and tell the desk if it stays."),
    503: ("One moment", "Nothing was booked. Try again."),
}
STATUS = {"device_revoked": 403}  # of refusals that are about who asks; all others are 422
OUTAGES = {
    "busy": "The warehouse is busy.",
    "disk_full": "The disk of the server is full. Tell the desk.",
    "read_only": "The database can be read, but not written. Tell the desk.",
    "no_database": "The database is out of reach. Tell the desk if it stays.",
}
CODES = {400: "bad_request", 401: "signed_out", 403: "not_allowed", 404: "not_found", 405: "bad_method",
         413: "too_large", 415: "bad_type", 429: "too_many_tries", 500: "broken", 503: "busy"}  # fmt: skip


def init_app(app: Flask) -> None:
    """Answer for everything that is raised."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(Unauthorized, signed_out)
    app.register_error_handler(PasswordWanted, password_wanted)
    app.register_error_handler(DataError, cannot_be_stored)
    for cause in (Busy, DBAPIError, PoolTimeout):
        app.register_error_handler(cause, come_back)
    app.register_error_handler(InternalServerError, broken)
    app.register_error_handler(HTTPException, failed)


def said_of(error: Exception) -> AnyResponse:
    """The answer in JSON to what one of several acts in a request has raised; the others go on."""
    g.wants_json = True
    try:
        return make_response(current_app.handle_user_exception(error))
    except Exception as fault:  # noqa: BLE001 - nobody has words for it
        return broken(InternalServerError(original_exception=fault))
    finally:
        del g.wants_json


def wants_json() -> bool:
    """True for programs: all that is below /api/, and clients that take JSON and no pages."""
    if for_programs() or "wants_json" in g:
        return True
    accept = request.accept_mimetypes
    return accept["application/json"] > accept["text/html"]


def wants_fragment() -> bool:
    """True when htmx or the station's script asks for a part of a page."""
    return request.headers.get("HX-Request-Type") == "partial"


def refused(refusal: Refusal) -> AnyResponse:
    """422, or 403 for a device: what was wrong and what to do next."""
    let_go()
    facts = {
        "outcome": "refused",
        "code": refusal.code,
        "title": refusal.title,
        "say": refusal.say,
        "next": refusal.next,
        "tone": refusal.tone,
        "scanned": refusal.scanned,
        "wanted": refusal.wanted,
    }
    return _answer(STATUS.get(refusal.code, 422), refusal.title.capitalize(), refusal.say, facts)


def signed_out(_error: Unauthorized) -> AnyResponse:
    """401, or the way to the log-in page. A page that was asked for is opened after the log-in."""
    if for_devices():
        return _json(401, {"code": "signed_out", "say": "Log in on this device first."})
    if wants_json():
        response = _json(401, {"code": "signed_out", "say": "A good bearer token is needed."})
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if request.headers.get("HX-Request"):
        come_back_to(page_before())
        return Response("", 401, {"HX-Redirect": "/login"})
    if request.method != "GET":
        return Response("Log in first.", 401, {"Location": "/login"}, mimetype="text/plain")
    come_back_to(request.full_path.rstrip("?"))
    return redirect("/login", 303)


def password_wanted(_error: PasswordWanted) -> AnyResponse:
    """The way to the page that asks for the password, and back from there."""
    if wants_json():
        return _json(403, {"code": "not_allowed", "say": "Your password is needed for this."})
    come_back_to(request.full_path.rstrip("?") if request.method == "GET" else page_before())
    if request.headers.get("HX-Request"):
        return Response("", 401, {"HX-Redirect": "/password"})
    return redirect("/password", 303)


def come_back_to(path: str) -> None:
    """Keep in the form's cookie which page is opened after the log-in."""
    session["next"] = path


def page_before() -> str:
    """The page of ours that this request was made from; "" when the browser does not tell."""
    before = urlsplit(request.referrer or "")
    is_ours = before.netloc == request.host and before.path not in ("/login", "/password")
    return before._replace(scheme="", netloc="", fragment="").geturl() if is_ours else ""


def come_back(error: Exception) -> AnyResponse:
    """503: the database cannot take it now, and the same may be sent again. Raises what is no outage but our fault."""
    code = _outage(error)
    if code is None:
        raise error
    was_stored = is_stored()
    current_app.logger.warning("%s: %s", code, error)
    let_go()
    end = "It was booked, but the answer was lost. Load the page again." if was_stored else WORDS[503][1]
    words = f"{OUTAGES[code]} {end}"
    response = _answer(503, WORDS[503][0], words, {"code": code, "say": words})
    response.headers["Retry-After"] = str(COME_BACK_S.get(code, COME_BACK_ELSE_S))
    return response


def cannot_be_stored(error: DataError) -> AnyResponse:
    """422: a value that the database has no room or no characters for."""
    current_app.logger.warning("value: %s", error.orig)
    return refused(Refusal("bad_request", "There is a value in it that cannot be stored or looked for."))


def _outage(error: Exception) -> str | None:
    if isinstance(error, Busy):
        return error.code
    return outage(error) if isinstance(error, DBAPIError) else "busy"


def broken(error: InternalServerError) -> AnyResponse:
    """500 with a number that the log has beside the trace."""
    number = secrets.token_hex(4)
    current_app.logger.error("fault %s at %s", number, request.path, exc_info=error.original_exception)
    let_go()
    return _say(500, number=number)


def failed(error: HTTPException) -> AnyResponse:
    """Every other HTTP error; redirects pass."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = _say(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _say(status: int, **more: Any) -> AnyResponse:
    title, words = WORDS.get(status, ("That did not work", "Try again."))
    return _answer(status, title, words, {"code": CODES.get(status, "failed"), "say": words, **more})


def _answer(status: int, title: str, words: str, facts: dict[str, Any]) -> AnyResponse:
    if wants_json():
        return _json(status, facts)
    template = "errors/fragment.html" if wants_fragment() else "errors/page.html"
    page = render_template(template, status=status, title=title, words=words, answer=facts, scan_id=_scan_id())
    return make_response(page, status)


def _json(status: int, facts: dict[str, Any]) -> AnyResponse:
    response = jsonify(facts)
    response.status_code = status
    return response


def _scan_id() -> str:
    """The id of the scan that this request brought, so that the station can tell whose verdict it is."""
    form = vars(request).get("form")  # asking for it anew would fail again where the form was the fault
    return form.get("scan_id", "")[:36] if form else ""
