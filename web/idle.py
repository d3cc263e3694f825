"""Idle: a station or a desk that was left alone locks. The work stays; the same badge goes on where it was.

The page counts too (static/idle.js), so that nobody reads on from a screen that was left; but it is the server that
turns away what comes from a session that nobody has used for too long. A scan counts from when it was read: whoever
worked on without a network was not idle, and their scans are taken when the network is back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask import current_app, request

from scanner import login
from scanner.age import told_age
from scanner.db import Busy, now
from scanner.models import PersonSession
from web.kept import instant

STATION = timedelta(minutes=5)
DESK = timedelta(minutes=30)  # a password was typed; people read there, and a lock costs more than a badge and a PIN
NOTED = timedelta(seconds=30)  # a use is written down at most this often; a lock never comes sooner than the page says
LIVE = "live"  # what a page asks by itself says ?live=1: nobody has to sit there


def limit(*, has_password: bool) -> timedelta:
    """How long a session may lie."""
    return DESK if has_password else STATION


def is_locked(seen_at: datetime, *, has_password: bool) -> bool:
    """True when a session has lain too long before what is asked now was done."""
    return _done_at() - seen_at > limit(has_password=has_password) + NOTED


def _done_at() -> datetime:
    """When the person did what this request tells: now, or for a scan, when it was read."""
    moment = now()
    if request.method != "POST" or not (request.endpoint or "").startswith("station.scan_"):
        return moment
    at, sent_at = instant(request.form.get("at")), instant(request.form.get("sent_at"))
    if at is not None and sent_at is not None:
        return moment - told_age(at, sent_at)
    return min(moment, at or moment)


def note(token: str, seen_at: datetime) -> None:
    """Write down that the session is in use. While the database is busy it is left for the next request."""
    if now() - seen_at < NOTED or request.args.get(LIVE):
        return
    try:
        login.see(token, now())
    except Busy:
        current_app.logger.info("busy: the use of a session was not noted")


def note_work(device: str, made: Mapping[int, Sequence[datetime]]) -> None:
    """Scans that a device had kept count from when they were read, too: by person, when that was.

    Only as far as one came before the page had to lock: what was read later was read by somebody else.
    """
    sessions = login.sessions_on(device, made.keys()) if made else []
    seen = {session.token_hash: _seen_until(session, made[session.person_id]) for session in sessions}
    try:
        login.see_all(seen)
    except Busy:
        current_app.logger.info("busy: the use of a session was not noted")


def _seen_until(session: PersonSession, made: Sequence[datetime]) -> datetime:
    until, most = session.seen_at, limit(has_password=session.has_password) + NOTED
    for moment in sorted(made):
        if moment - until > most:
            break
        until = max(until, moment)
    return until


def lock(token: str) -> None:
    """Lock a session at once. Raises db.Busy."""
    login.see(token, now() - DESK * 2)
