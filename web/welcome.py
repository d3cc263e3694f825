"""Welcome: the first badge of a new warehouse, and what `make run` prints about it.

Secrets are stored as hashes, so what a person needs for the first log-in is kept beside the database, readable by its
owner only, until that badge is replaced.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from scanner import people
from scanner.by import By
from scanner.db import db, transact
from scanner.models import Person
from scanner.people import SYSTEM
from scanner.refusals import Refusal
from scanner.secrets import hash_token

FILE = "first-badge.json"
FIRST = "admin"  # the log-in name, where nobody is on file yet


def make() -> None:
    """Give the first admin a badge, a PIN and a password, and keep them for `lines`."""
    facts = transact(_give)
    path = _path()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _path() -> Path:
    folder: Path = current_app.config["DATA"]
    return folder / FILE


def _give() -> dict[str, str]:
    by = people.system()
    person, badge = _first(by)
    password = secrets.token_urlsafe(12)
    people.set_password(by, person, password)
    return {
        "login": person.login,
        "name": person.name,
        "badge": badge,
        "pin": _new_pin(by, person),
        "password": password,
    }


def _first(by: By) -> tuple[Person, str]:
    rows = db.session.scalars(select(Person).where(Person.is_active, Person.login != SYSTEM).order_by(Person.id)).all()
    for role in ("admin", "supervisor"):
        for person in rows:
            if role in person.roles and not person.login.startswith("api-"):
                return person, people.new_badge(by, person)
    return people.add(by, login=FIRST, name="Admin", roles=["admin"])


def _new_pin(by: By, person: Person) -> str:
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        try:
            people.set_pin(by, person, pin)
        except Refusal:
            continue  # too easy to guess
        return pin


def lines() -> list[str]:
    """Where to go and how to log in."""
    port = os.environ.get("PORT", "8000")
    host = os.environ.get("HOST", "0.0.0.0")  # noqa: S104 - only compared and printed
    places = ["localhost", *_addresses()] if host == "0.0.0.0" else [host]  # noqa: S104
    return [f"Scandock: {'  '.join(f'http://{place}:{port}' for place in places)}", *_first_log_in()]


def _addresses() -> list[str]:
    """This machine's address in its network. No packet is sent: connecting a datagram socket only picks a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address for examples
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _first_log_in() -> list[str]:
    path = _path()
    if not path.exists():
        return []
    facts = json.loads(path.read_text(encoding="utf-8"))
    badge_hash = hash_token(facts["badge"][1:-1])
    is_good = db.session.scalar(select(Person.id).where(Person.badge_hash == badge_hash, Person.is_active))
    if is_good is None:
        return []
    return [
        f"Log in as {facts['name']}: badge {facts['badge']}  PIN {facts['pin']}",
        f"or with the name {facts['login']} and the password {facts['password']}",
    ]
