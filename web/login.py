"""Log in and out: a scanned badge with its PIN, or a name with a password for people with a desk.

The same page opens a locked station again, and asks whoever came in with a badge for the password that the desk wants.
"""

from __future__ import annotations

import time
from datetime import timedelta
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from scanner import devices, login
from scanner.db import transact
from scanner.login import Holder, Locked, Ticket, WrongSecret
from scanner.refusals import Refusal
from web import idle
from web.auth import (
    COOKIE,
    DESK,
    DEVICE_COOKIE,
    EVERYONE,
    allow,
    allow_only,
    by_badge,
    device_token,
    public,
    session_token,
)
from web.config import SHIFT
from web.errors import come_back_to, page_before
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
    """Scan the badge, type the PIN; or a name and a password. Over a locked station it says whose work is kept."""
    return render_template("login.html", locked=_locked())


def _locked() -> Holder | None:
    """Whose session has locked on this device; None when none has."""
    here = login.holder(session_token())
    return here if here and idle.is_locked(here.seen_at, has_password=here.has_password) else None


@bp.post("/lock")
@allow(*EVERYONE)
def lock() -> AnyResponse:
    """Lock this session now. The page that it was locked on opens again for the same person."""
    come_back_to(page_before())
    idle.lock(session_token())
    return redirect("/login", 303)


@bp.get("/password")
@by_badge
@allow_only(*DESK)
def password() -> str:
    """Ask a person who came in with a badge for the password, once: the desk wants it."""
    here = login.holder(session_token())
    return render_template("login.html", panel="password", name=here.login if here else "", is_for_desk=True)


@bp.post("/login")
@public
def log_in() -> AnyResponse:
    """Check the secret; on success a new session, in a new cookie."""
    if login.is_house_under_attack():
        _slow_down()
    is_badge = "login" not in request.form
    try:
        devices.check_admitted(_device(), device_token())
        ticket = _badge() if is_badge else _password()
    except Refusal as refusal:
        return _again(403, f"{refusal.say} {refusal.next}")
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
    form = request.form
    badge = form.get("badge", "")[:100] if status == 401 else ""
    panel, name = ("password", form["login"][:40]) if "login" in form else ("badge", "")
    page = render_template("login.html", error=words, badge=badge, panel=panel, name=name, locked=_locked())
    return make_response(page, status)


def _admit(ticket: Ticket, *, is_badge: bool) -> AnyResponse:
    """A new token for the cookie; what the browser held before is worth nothing any more.

    Where the last person was is opened again for that person only.
    """
    before = login.holder(session_token())
    wanted = session.get("next", "") if before is None or before.person_id == ticket.person_id else ""
    session.clear()
    session.permanent = True
    _end_old(goes_on=before is not None and before.person_id == ticket.person_id)
    home = "/" if is_badge or not ticket.roles & login.DESK else "/board"
    response = redirect(wanted if _is_local(wanted) else home, 303)
    _set_cookie(response, COOKIE, ticket.token, SHIFT)
    _enrol(response, ticket.person_id)
    return response


def _enrol(response: AnyResponse, person_id: int) -> None:
    """Every log-in prolongs the life of the device's own credential."""
    device, held, agent = _device(), device_token(), request.user_agent.string
    token = transact(lambda: devices.enrol(person_id, device, held, agent))
    if token:
        _set_cookie(response, DEVICE_COOKIE, token, devices.LIFE)


def _is_local(path: str) -> bool:
    parts = urlsplit(path)
    return path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc


def _end_old(*, goes_on: bool = False) -> None:
    if session_token():
        login.log_out(session_token(), goes_on=goes_on)


def _set_cookie(response: AnyResponse, name: str, token: str, age: timedelta) -> None:
    response.set_cookie(
        cookie_name(name), token, max_age=age, path="/", secure=request.is_secure, httponly=True, samesite="Lax"
    )


@bp.post("/logout")
@public
def log_out() -> AnyResponse:
    """End this session for good, here and wherever its cookie was copied to. The device may go on sending."""
    _end_old()
    session.clear()
    response = redirect("/login", 303)
    _set_cookie(response, COOKIE, "", timedelta(0))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
