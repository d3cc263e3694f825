"""Log-in: a badge with its PIN, or a name with its password; tries are counted in the database, for all workers alike.

A try is counted before the secret is looked at, and given back when it was right: so no burst of guesses gets more than
`TRIES`. An unknown badge costs the same time, gets the same answer and is locked in the same way as a known one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, or_, select, update

from scanner import leases
from scanner.audit import audit
from scanner.barcode import Misread, read
from scanner.by import By
from scanner.db import db, now, table_of, transact, upsert
from scanner.models import LoginFailure, Person, PersonSession, Site
from scanner.secrets import check_secret, hash_token, new_token

TRIES = 5  # of one badge or name, then it is locked
TRIES_OF_ADDRESS = 30  # a bench, or a whole house behind one router
TRIES_OF_HOUSE = 100  # of everybody together; above it every try waits
LOCKED = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)
DESK = frozenset(("supervisor", "admin"))


class WrongSecret(Exception):
    """The badge or name is unknown, or its secret is wrong. Which of them is not told."""


class Locked(Exception):
    """Too many tries. `wait_s` is how long the lock lasts at the most."""

    wait_s = int(LOCKED.total_seconds())


@dataclass(frozen=True, slots=True)
class Ticket:
    """A log-in that has succeeded. The token goes into the cookie and is stored nowhere."""

    token: str
    person_id: int
    name: str
    roles: frozenset[str]


def by_badge(badge: str, pin: str, *, device: str, address: str, shift: timedelta) -> Ticket:
    """Log in with a scanned badge. Raises WrongSecret, Locked, db.Busy."""
    hashed = hash_token(_badge_body(badge))
    return _log_in(Person.badge_hash == hashed, "badge:" + hashed, pin, "pin_hash", device, address, shift)


def by_password(login: str, password: str, *, device: str, address: str, shift: timedelta) -> Ticket:
    """Log in with a name and a password; for people with a desk. Raises WrongSecret, Locked, db.Busy."""
    name = login.strip().lower()[:40]
    return _log_in(Person.login == name, "login:" + name, password, "password_hash", device, address, shift)


def _badge_body(badge: str) -> str:
    """The secret in a badge's code; anything else is kept as it is and fits nobody."""
    try:
        own = read(badge).own
    except Misread:
        own = None
    return own[1] if own and own[0] == "badge" else f"no badge: {badge[:100]}"


def _log_in(
    who: ColumnElement[bool], key: str, secret: str, column: str, device: str, address: str, shift: timedelta
) -> Ticket:
    keys = {key: TRIES, f"address:{address}": TRIES_OF_ADDRESS}
    transact(lambda: _count_try(keys))
    person = db.session.scalars(select(Person).where(who)).one_or_none()
    is_desk_only = column == "password_hash"
    may = person is not None and person.is_active and (not is_desk_only or bool(DESK & set(person.roles)))
    db.session.rollback()  # the slow check holds no transaction
    hashed = getattr(person, column) if person is not None and may else None
    if not check_secret(hashed, secret[:200]) or person is None:
        raise WrongSecret
    return transact(lambda: _open_session(person, [*keys, "house"], device, shift, has_password=is_desk_only))


# --- counting ----------------------------------------------------------------------------------------------------


def _count_try(keys: dict[str, int]) -> None:
    """Count one try under each key. Raises Locked when one of them is used up; then none is counted."""
    for key, limit in keys.items():
        if _count(key, limit) is None:
            raise Locked
    _count("house", None)


def _count(key: str, limit: int | None) -> int | None:
    """Add one to a key's count, unless it has reached `limit` lately; None then. Old counts start anew."""
    moment = now()
    is_old = LoginFailure.last_at < moment - LOCKED
    row = upsert(table_of(LoginFailure)).values(key=failure_key(key), count=1, last_at=moment)
    query = row.on_conflict_do_update(
        index_elements=["key"],
        set_={"count": case((is_old, 1), else_=LoginFailure.count + 1), "last_at": moment},
        where=None if limit is None else or_(LoginFailure.count < limit, is_old),
    ).returning(LoginFailure.count)
    return db.session.execute(query).scalar()


def failure_key(key: str) -> str:
    """What is stored of a badge, a name or an address."""
    return hash_token(key)


def is_house_under_attack() -> bool:
    """True when so many tries have failed lately that each further one should wait."""
    query = select(LoginFailure.count).where(
        LoginFailure.key == failure_key("house"), LoginFailure.last_at > now() - LOCKED
    )
    return (db.session.scalar(query) or 0) > TRIES_OF_HOUSE


def _give_back(keys: list[str]) -> None:
    """A right secret was no failure: the badge's count ends, the others lose this one try."""
    own, *shared = [failure_key(key) for key in keys]
    old = now() - FORGOTTEN
    gone = or_(
        LoginFailure.key == own, (LoginFailure.key.in_(shared)) & (LoginFailure.count <= 1), LoginFailure.last_at < old
    )
    db.session.execute(delete(LoginFailure).where(gone).execution_options(synchronize_session=False))
    db.session.execute(
        update(LoginFailure)
        .where(LoginFailure.key.in_(shared))
        .values(count=LoginFailure.count - 1)
        .execution_options(synchronize_session=False)
    )


def _keys_of(person: Person) -> list[str]:
    return [failure_key(f"badge:{person.badge_hash}"), failure_key(f"login:{person.login}")]


def locked_people(people: list[Person]) -> set[int]:
    """The ids of those whose badge or password is locked now."""
    query = select(LoginFailure.key).where(LoginFailure.count >= TRIES, LoginFailure.last_at >= now() - LOCKED)
    locked = set(db.session.scalars(query))
    return {person.id for person in people if locked & set(_keys_of(person))}


def unlock(person: Person, *, by: By) -> None:
    """Let a locked person try again at once."""
    db.session.execute(delete(LoginFailure).where(LoginFailure.key.in_(_keys_of(person))))
    audit(by, "person.unlock", person.login)


# --- sessions ----------------------------------------------------------------------------------------------------


def _open_session(person: Person, keys: list[str], device: str, shift: timedelta, *, has_password: bool) -> Ticket:
    _give_back(keys)
    token, moment = new_token(), now()
    row = PersonSession(
        token_hash=hash_token(token),
        person_id=person.id,
        device=device[:64],
        created_at=moment,
        seen_at=moment,
        has_password=has_password,
        expires_at=moment + shift,
    )
    db.session.add(row)
    timezone = db.session.scalar(select(Site.timezone).where(Site.id == person.site_id)) or "UTC"
    by = By(person.id, person.name, person.site_id, timezone, frozenset(person.roles), device)
    audit(by, "login", person.login, device)
    return Ticket(token, person.id, person.name, frozenset(person.roles))


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session a cookie is, also when the session has locked."""

    person_id: int
    name: str
    login: str
    seen_at: datetime
    has_password: bool


def holder(token: str) -> Holder | None:
    """The person whose session this is; None when it has ended."""
    row = db.session.execute(
        select(Person.id, Person.name, Person.login, PersonSession.seen_at, PersonSession.has_password)
        .join(PersonSession, PersonSession.person_id == Person.id)
        .where(
            PersonSession.token_hash == hash_token(token),
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now(),
            Person.is_active,
        )
    ).one_or_none()
    return Holder(*row) if row else None


def sessions_on(device: str, people: Collection[int]) -> Sequence[PersonSession]:
    """The open sessions of these people on a device."""
    return db.session.scalars(
        select(PersonSession).where(
            PersonSession.device == device,
            PersonSession.person_id.in_(people),
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now(),
        )
    ).all()


def see(token: str, seen_at: datetime) -> None:
    """Note that a session was used, or with an instant long ago that it was left: then it is locked. Raises Busy."""
    see_all({hash_token(token): seen_at})


def see_all(seen: Mapping[str, datetime]) -> None:
    """The same of several sessions, by their tokens' hashes. Raises Busy."""

    def work() -> None:
        for token_hash, seen_at in seen.items():
            query = update(PersonSession).where(PersonSession.token_hash == token_hash).values(seen_at=seen_at)
            db.session.execute(query.execution_options(synchronize_session=False))

    transact(work)


def log_out(token: str, *, goes_on: bool = False) -> None:
    """End one session. A copied cookie is worth nothing from now on.

    The person's tasks are free for other devices, unless the same person `goes_on` on this one.
    """
    transact(lambda: _log_out(PersonSession.token_hash == hash_token(token), goes_on=goes_on))


def _log_out(which: ColumnElement[bool], *, goes_on: bool) -> None:
    session = db.session.scalars(select(PersonSession).where(which)).first()
    _end(which)
    if session is not None and not goes_on:
        leases.end_all(session.person_id, session.device)


def end_sessions(person: Person) -> int:
    """End all sessions of a person at once; how many there were."""
    return _end(PersonSession.person_id == person.id)


def end_sessions_on(device: str) -> int:
    """End all sessions on a device at once; how many there were."""
    return _end(PersonSession.device == device)


def _end(which: ColumnElement[bool]) -> int:
    ended: Any = db.session.execute(
        update(PersonSession)
        .where(which, PersonSession.revoked_at.is_(None))
        .values(revoked_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)


def open_sessions(people: list[Person]) -> dict[int, int]:
    """How many sessions each person has open."""
    rows = db.session.execute(
        select(PersonSession.person_id, func.count())
        .where(
            PersonSession.person_id.in_([person.id for person in people]),
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now(),
        )
        .group_by(PersonSession.person_id)
    )
    return {row[0]: row[1] for row in rows}
