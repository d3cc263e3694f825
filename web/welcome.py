"""Welcome: the first badges of a new warehouse, and what `make run` prints about them.

Secrets are stored as hashes, so what people need for the first log-in is kept beside the database, readable by its
owner only, and told until a badge is replaced.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from scanner import people
from scanner.db import db, transact
from scanner.demo import crew
from scanner.demo.crew import Badge
from scanner.models import Person
from scanner.refusals import Refusal
from scanner.secrets import hash_token

FIRST = "admin"


def folder() -> Path:
    """Where the badges are kept."""
    found: Path = current_app.config["DATA"]
    return found


def hire_admin() -> None:
    """Put the first admin on file and keep their badge for `lines`."""
    crew.keep([transact(_admin)], folder())


def hire_crew() -> None:
    """Put one person for each role on file and keep their badges for `lines`."""
    _people, badges = transact(lambda: crew.hire(people.system()))
    crew.keep(badges, folder())


def _admin() -> Badge:
    by = people.system()
    person, badge = people.add(by, login=FIRST, name="Admin", roles=["admin"])
    password = secrets.token_urlsafe(12)
    people.set_password(by, person, password)
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        try:
            people.set_pin(by, person, pin)
        except Refusal:
            continue  # too easy to guess
        return Badge(person.login, person.name, "admin", badge, pin, password)


def lines() -> list[str]:
    """Where to go and how to log in."""
    port = os.environ.get("PORT", "8000")
    host = os.environ.get("HOST", "0.0.0.0")  # noqa: S104 - only compared and printed
    places = ["localhost", *_addresses()] if host == "0.0.0.0" else [host]  # noqa: S104
    badges = [badge for badge in crew.kept(folder()) if _is_good(badge)]
    scheme = "https" if current_app.config["CERTIFICATES"] else "http"
    told = ["Scandock: " + "  ".join(f"{scheme}://{place}:{port}" for place in places)]
    if scheme == "https":
        told.append(
            f"  phones: open {scheme}://{places[-1]}:{port}/trust/ once, past the warning, and follow its three steps"
        )
    return [*told, *map(_line, badges)]


def _addresses() -> list[str]:
    """This machine's address in its network. No packet is sent: connecting a datagram socket only picks a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address for examples
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _is_good(badge: Badge) -> bool:
    """Whether the badge has not been replaced. The code's first and last characters are its kind and its check."""
    query = select(Person.id).where(Person.badge_hash == hash_token(badge.badge[1:-1]), Person.is_active)
    return db.session.scalar(query) is not None


def _line(badge: Badge) -> str:
    words = f"  badge {badge.badge}  PIN {badge.pin}  {badge.name}, {badge.role}"
    return f"{words}; or name {badge.login}, password {badge.password}" if badge.password else words
