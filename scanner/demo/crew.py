"""Crew: the demo's people. Badges, PINs and passwords are drawn by chance and told once; no secret is in the code."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from scanner import people
from scanner.by import By
from scanner.models import Person
from scanner.refusals import Refusal

FILE = "demo-badges.json"
CAST = {
    "ana": ("Ana Alvarez", "receiver"),
    "ben": ("Ben Bauer", "picker"),
    "cleo": ("Cleo Costa", "packer"),
    "dan": ("Dan Dubois", "counter"),
    "eve": ("Eve Eriksen", "supervisor"),
    "finn": ("Finn Fischer", "admin"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """What one of the crew needs to log in. `badge` is what the printed badge holds; `password` may be empty."""

    login: str
    name: str
    role: str
    badge: str
    pin: str
    password: str


def hire(by: By) -> tuple[dict[str, Person], list[Badge]]:
    """Put the crew on file. Callers run inside `db.transact`."""
    crew: dict[str, Person] = {}
    badges = []
    for login, (name, role) in CAST.items():
        person, badge = people.add(by, login=login, name=name, roles=[role])
        password = secrets.token_urlsafe(12) if role in ("supervisor", "admin") else ""
        if password:
            people.set_password(by, person, password)
        badges.append(Badge(login, name, role, badge, _set_pin(by, person), password))
        crew[login] = person
    return crew, badges


def _set_pin(by: By, person: Person) -> str:
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        try:
            people.set_pin(by, person, pin)
        except Refusal:
            continue  # too easy to guess
        return pin


def keep(badges: list[Badge], folder: Path) -> Path:
    """Write the badges to a file that only its owner may read: the database has nothing but hashes."""
    path = folder / FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([asdict(badge) for badge in badges], file, indent=1)
    return path


def kept(folder: Path) -> list[Badge]:
    """The badges that `keep` wrote; none if there is no such file."""
    path = folder / FILE
    if not path.exists():
        return []
    return [Badge(**facts) for facts in json.loads(path.read_text(encoding="utf-8"))]
