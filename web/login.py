"""Log in and out: a scanned badge with its PIN, or a name with a password for people with a desk."""

from __future__ import annotations

import time
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from scanner import login
from scanner.login import Locked, Ticket, WrongSecret
from web.auth import COOKIE, public
from web.config import SHIFT
from web.security import cookie_name

bp = Blueprint("login", __name__)

WRONG = "That badge and PIN do not fit. Try again."
WRONG_PASSWORD = "That name and password do not fit. Try again."  # noqa: S105
LOCKED = "Too many tries. Wait 15 minutes, or ask a supervisor to unlock you."
SLOW_S = 1.0
_slowed = BoundedSemaphore(2)  # more tries than these are turned away at once, so that no worker waits for a guesser


@bp.get("/login")
@public
def form() -> str:
    """Scan the badge, type the PIN; or a name and a password."""
    return render_template("login.html")


@bp.post("/login")
@public
def log_in() -> AnyResponse:
    """Check the secret; on success a new session, in a new cookie."""
    if login.is_house_under_attack():
        _slow_down()
    is_badge = "login" not in request.form
    try:
        ticket = _badge() if is_badge else _password()
    except WrongSecret:
        return _again(401, WRONG if is_badge else WRONG_PASSWORD)
    except Locked as locked:
        response = _again(429, LOCKED)
        response.headers["Retry-After"] = str(locked.wait_s)
        return response
    return _admit(ticket, is_badge=is_badge)


def _badge() -> Ticket:
    return login.by_badge(
        request.form.get("badge", ""), request.form.get("pin", ""), device=_device(), address=_address(), shift=SHIFT
    )


def _password() -> Ticket:
    name, password = request.form.get("login", ""), request.form.get("password", "")
    return login.by_password(name, password, device=_device(), address=_address(), shift=SHIFT)


def _device() -> str:
    return request.form.get("device", "")[:64]


def _address() -> str:
    return request.remote_addr or "unknown"


def _slow_down() -> None:
    if not _slowed.acquire(blocking=False):
        raise TooManyRequests(retry_after=int(SLOW_S) + 1)
    try:
        time.sleep(SLOW_S)
    finally:
        _slowed.release()


def _again(status: int, words: str) -> Response:
    badge = request.form.get("badge", "") if status == 401 else ""
    return make_response(render_template("login.html", error=words, badge=badge[:100]), status)


def _admit(ticket: Ticket, *, is_badge: bool) -> AnyResponse:
    """A new token for the cookie; what the browser held before is worth nothing any more."""
    wanted = session.get("next", "")
    session.clear()
    session.permanent = True
    _end_old()
    home = "/" if is_badge or not ticket.roles & login.DESK else "/board"
    response = redirect(wanted if _is_local(wanted) else home, 303)
    _set_cookie(response, ticket.token, int(SHIFT.total_seconds()))
    return response


def _is_local(path: str) -> bool:
    parts = urlsplit(path)
    return path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc


def _end_old() -> None:
    old = request.cookies.get(cookie_name(COOKIE))
    if old:
        login.log_out(old)


def _set_cookie(response: AnyResponse, token: str, age_s: int) -> None:
    response.set_cookie(
        cookie_name(COOKIE), token, max_age=age_s, path="/", secure=request.is_secure, httponly=True, samesite="Lax"
    )


@bp.post("/logout")
@public
def log_out() -> AnyResponse:
    """End this session for good, here and wherever its cookie was copied to."""
    _end_old()
    session.clear()
    response = redirect("/login", 303)
    _set_cookie(response, "", 0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
