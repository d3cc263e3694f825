"""People: put on file, given badges and secrets, sent home. Every act is audited; secrets are stored as hashes only."""

from __future__ import annotations

import random
import re
from collections.abc import Collection

from sqlalchemy import func, select

from scanner import login
from scanner.audit import audit
from scanner.barcode import badge_token, encode
from scanner.barcode.own import decode
from scanner.by import By
from scanner.db import db, now
from scanner.models import ApiToken, Person, Site
from scanner.models.person import ROLES
from scanner.refusals import Refusal
from scanner.secrets import hash_secret, hash_token, new_token

PIN_DIGITS = range(6, 13)
SHORTEST_PASSWORD = 12  # characters; length beats rules about signs
THEMES = ("auto", "light", "dark")
SYSTEM = "system"  # acts by command and by timetable; has no secret, so nobody can log in as it
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_RUNS = "01234567890123456789 98765432109876543210"


def system(site_id: int | None = None) -> By:
    """The By of what the program does by itself, at a site or at the first one. Refuses bad_request: no site."""
    sites = select(Site).order_by(Site.id).limit(1)
    site = db.session.scalars(sites if site_id is None else sites.where(Site.id == site_id)).first()
    if site is None:
        raise Refusal("bad_request", "There is no warehouse yet. Make one with `flask --app web demo`, or `begin`.")
    person = db.session.scalars(select(Person).where(Person.login == SYSTEM)).first()
    if person is None:
        person = Person(site_id=site.id, login=SYSTEM, name="Scandock", roles=["admin"], created_at=now())
        db.session.add(person)
        db.session.flush()
    return By(person.id, person.name, site.id, site.timezone, frozenset(person.roles), "command")


def add(by: By, *, login: str, name: str, roles: Collection[str]) -> tuple[Person, str]:
    """Put a person on file with a new badge; returns the person and what the badge holds, which is told only once.

    Refuses bad_request: the log-in name is taken or has other signs than a-z 0-9 . _ -, no name, unknown roles.
    """
    login, name = login.strip().lower(), name.strip()
    if not _LOGIN.fullmatch(login):
        raise Refusal("bad_request", "A log-in name has 2 to 40 of the signs a-z 0-9 . _ -")
    if not 0 < len(name) <= 80:
        raise Refusal("bad_request", "A person needs a name of at most 80 characters.")
    if db.session.scalar(select(func.count()).where(Person.login == login)):
        raise Refusal("bad_request", f"The log-in name {login} is taken.")
    person = Person(site_id=by.site_id, login=login, name=name, roles=_known(roles), created_at=now())
    db.session.add(person)
    db.session.flush()
    audit(by, "person.add", login, " ".join(person.roles))
    return person, new_badge(by, person)


def _known(roles: Collection[str]) -> list[str]:
    if not roles or set(roles) - set(ROLES):
        raise Refusal("bad_request", f"Roles are one or more of: {', '.join(ROLES)}.")
    return [role for role in ROLES if role in roles]


def new_badge(by: By, person: Person) -> str:
    """A new badge's code, to print. The old badge is worth nothing from now on, and its sessions end."""
    token = badge_token(random.SystemRandom())
    person.badge_hash = hash_token(token)
    login.end_sessions(person)
    audit(by, "person.badge", person.login)
    db.session.flush()
    return encode("badge", token)


def is_badge_of(person: Person, code: str) -> bool:
    """Whether a badge's code is the one that counts for this person."""
    found = decode(code)
    return found is not None and found[0] == "badge" and hash_token(found[1]) == person.badge_hash


def set_pin(by: By, person: Person, pin: str) -> None:
    """Set the PIN that belongs to the badge. Refuses bad_request: not 6 to 12 digits, or too easy to guess."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        raise Refusal("bad_request", "A PIN has 6 to 12 digits.")
    if len(set(pin)) < 3 or pin in _RUNS or pin[: len(pin) // 2] * 2 == pin:
        raise Refusal("bad_request", "That PIN is too easy to guess.")
    person.pin_hash = hash_secret(pin)
    audit(by, "person.pin", person.login)


def set_password(by: By, person: Person, password: str) -> None:
    """Set the password of a person with a desk. Refuses bad_request: too short, or no desk."""
    if not login.DESK & set(person.roles):
        raise Refusal("bad_request", "Passwords are for supervisors and admins; others have a badge and a PIN.")
    if not SHORTEST_PASSWORD <= len(password) <= 200 or len(set(password)) < 5:
        raise Refusal(
            "bad_request", f"A password has at least {SHORTEST_PASSWORD} characters, and not always the same."
        )
    person.password_hash = hash_secret(password)
    audit(by, "person.password", person.login)


def choose(person: Person, *, hand: str | None = None, theme: str | None = None) -> None:
    """Take a person's choice of how pages look: 'left' or 'right'; 'auto', 'light' or 'dark'. Refuses bad_request."""
    if hand not in (None, "left", "right") or theme not in (None, *THEMES):
        raise Refusal("bad_request", "There is no such hand or light.")
    if hand:
        person.is_left_handed = hand == "left"
    if theme:
        person.theme = theme


def set_roles(by: By, person: Person, roles: Collection[str]) -> None:
    """Change what a person may do; they log in anew. Refuses bad_request: unknown roles, or nobody left as admin."""
    roles = _known(roles)
    if "admin" not in roles:
        _keep_an_admin(person)
    person.roles = roles
    if not login.DESK & set(roles):
        person.password_hash = None
    login.end_sessions(person)
    audit(by, "person.roles", person.login, " ".join(roles))


def disable(by: By, person: Person) -> None:
    """Send a person home for good: sessions and tokens end at once. Refuses bad_request for the last admin."""
    _keep_an_admin(person)
    person.is_active = False
    login.end_sessions(person)
    for token in db.session.scalars(
        select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
    ):
        token.revoked_at = now()
    audit(by, "person.disable", person.login)


def enable(by: By, person: Person) -> None:
    """Let a person in again, with the badge they had."""
    person.is_active = True
    audit(by, "person.enable", person.login)


def may_manage(by: By, person: Person) -> bool:
    """Whether `by` may change a person's badge, PIN and sessions: a supervisor only of people without a desk.

    Else a supervisor could set an admin's PIN and become one.
    """
    return "admin" in by.roles or (by.is_supervisor and not login.DESK & set(person.roles))


def _keep_an_admin(person: Person) -> None:
    """Somebody must be able to let people in: the last admin with a secret of their own stays one."""
    others = db.session.scalars(
        select(Person).where(Person.id != person.id, Person.is_active, Person.login != SYSTEM).with_for_update()
    )
    has_secret = (p.pin_hash or p.password_hash for p in others if "admin" in p.roles)
    if "admin" in person.roles and not any(has_secret):
        raise Refusal("bad_request", f"{person.name} is the last admin.")


def new_api_token(by: By, name: str, role: str) -> str:
    """A bearer token for a program, told only once. It acts as a person of its own, who cannot log in.

    Refuses bad_request: the name is taken, or the role unknown.
    """
    name = name.strip()[:60]
    if not name or db.session.scalar(select(func.count()).where(ApiToken.name == name)):
        raise Refusal(
            "bad_request",
            f"There is a token called {name!r}. Choose another name." if name else "A token needs a name.",
        )
    token = new_token()
    login = f"api-{hash_token(name)[:12]}"
    person = Person(site_id=by.site_id, login=login, name=name, roles=_known([role]), created_at=now())
    db.session.add(person)
    db.session.flush()
    row = ApiToken(name=name, token_hash=hash_token(token), person_id=person.id, created_at=now())
    db.session.add(row)
    audit(by, "token.add", name, role)
    return token


def by_login(name: str) -> Person:
    """The person with this log-in name. Refuses unknown_document."""
    person = db.session.scalars(select(Person).where(Person.login == name.strip().lower())).first()
    if person is None:
        raise Refusal("unknown_document", name[:40], "person")
    return person
