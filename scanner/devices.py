"""Devices: browsers that keep scans and send them under a credential of their own, whoever is logged in on them.

A device is enrolled by the first log-in on it, which takes a person's secret. Its credential is a random token in a
cookie; it can do two things: send scans of people who have logged in on it, and tell how many it still has. It is worth
nothing from the moment in which the desk revokes the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, false, or_, select

from scanner import leases, login, people
from scanner.age import told_age
from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now, transact
from scanner.desk import Query
from scanner.models import Device, DeviceProfile, Person, PersonSession, Site, Task
from scanner.refusals import Refusal
from scanner.secrets import hash_token, new_token

LIFE: Final = timedelta(days=400)  # of the cookie; browsers keep none for longer
MOST_UNSENT: Final = 10**6
CLOCK_OFF_MOST_S: Final = 1000 * 365 * 86_400  # further off, no calendar holds what it shows
WORRYING: Final = timedelta(hours=1)  # unsent for so long, somebody should look for the device


# --- the credential --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sender:
    """A device whose scans come in: it has shown its token, or its file is read at the desk."""

    id: int | None  # None: one that is not enrolled any more, or never was
    device: str
    site_id: int


def check_admitted(device: str, token: str) -> None:
    """Refuses device_revoked, by what the page calls itself or by the cookie that the browser holds."""
    if db.session.scalar(select(exists().where(_is(device, token), Device.revoked_at.is_not(None)))):
        raise Refusal("device_revoked")


def enrol(person_id: int, device: str, token: str, agent: str) -> str:
    """Note that a person has logged in on a device; the token of its cookie, a new one unless `token` is its own.

    `device` is what the page calls itself; "" if it has no name: then it sends no scans and gets no token. A browser
    that has lost its cookie stays the same device, as has one that has lost its name.
    """
    if not device:
        return ""
    person = db.session.get_one(Person, person_id)
    known = list(db.session.scalars(select(Device).where(_is(device, token)).order_by(Device.id).with_for_update()))
    row = next((one for one in known if one.device == device), known[0] if known else None)
    if row is None:
        row = Device(enrolled_by=person_id, enrolled_at=now(), token_hash="")
        db.session.add(row)
    if row.token_hash != hash_token(token):
        token = new_token()
        row.token_hash = hash_token(token)
    row.device, row.agent, row.site_id = device, agent[:200], person.site_id
    row.seen_by, row.seen_at = person_id, now()
    return token


def _is(device: str, token: str) -> ColumnElement[bool]:
    by_name = Device.device == device if device else false()
    return or_(by_name, Device.token_hash == hash_token(token)) if token else by_name


# --- whose scans -----------------------------------------------------------------------------------------------------


def actor(sender: Sender, person_id: int, site_id: int | None = None) -> tuple[By, Refusal | None]:
    """The person whose scan a device sends; and why their scans are not taken, if they are not.

    Whoever is unknown here, or not of the one site that counts, is stood in for by the program itself, so that the scan
    can be put on record.
    """
    row = db.session.execute(
        select(
            Person,
            Site.timezone,
            exists().where(PersonSession.person_id == Person.id, PersonSession.device == sender.device),
        )
        .join(Site, Site.id == Person.site_id)
        .where(Person.id == person_id)
    ).one_or_none()
    if row is None or site_id not in (None, row.Person.site_id):
        by = transact(lambda: people.system(sender.site_id))
        return _from(sender, by), Refusal("not_on_device", other=f"A person that nobody knows ({person_id})")
    person, timezone, was_here = row
    by = By(person.id, person.name, person.site_id, timezone, frozenset(person.roles))
    if not was_here:
        return _from(sender, by), Refusal("not_on_device", other=person.name)
    return _from(sender, by), None if person.is_active else Refusal("person_disabled", other=person.name)


def _from(sender: Sender, by: By) -> By:
    by.device, by.device_id = sender.device, sender.id
    return by


# --- what a device tells ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beat:
    """What a page tells of itself, by its own clock."""

    sent_at: datetime
    unsent: int
    oldest_at: datetime | None
    battery: int | None
    version: str
    tasks: Sequence[int] = ()


def heard(sender: Sender, beat: Beat, lease_s: float) -> dict[int, str]:
    """Keep what a device has told and renew its leases; what each of its tasks is to it. Belongs in `transact`."""
    row = db.session.scalars(select(Device).where(Device.id == sender.id).with_for_update()).one()
    moment = now()
    row.seen_at = row.told_at = moment
    row.unsent, row.battery, row.version = min(max(beat.unsent, 0), MOST_UNSENT), beat.battery, beat.version[:40]
    row.oldest_at = moment - told_age(beat.oldest_at, beat.sent_at) if row.unsent and beat.oldest_at else None
    row.clock_off_s = round((beat.sent_at - moment).total_seconds())
    return leases.renew(row, beat.tasks, lease_s)


# --- the desk --------------------------------------------------------------------------------------------------------


def listed(by: By) -> Query:
    """The site's devices, who logged in last, and what is known of the scanner: the longest unsent first."""
    return (
        select(Device, Person.name.label("person"), DeviceProfile)
        .join(Person, Person.id == Device.seen_by)
        .outerjoin(DeviceProfile, (DeviceProfile.device == Device.device) & (DeviceProfile.site_id == Device.site_id))
        .where(Device.site_id == by.site_id)
        .order_by(Device.revoked_at.is_not(None), Device.oldest_at.is_(None), Device.oldest_at, Device.seen_at.desc())
    )


def worrying(by: By) -> Sequence[Device]:
    """Devices of the site whose oldest scan has waited for longer than an hour, that one first."""
    is_old = (Device.site_id == by.site_id, Device.unsent > 0, Device.oldest_at < now() - WORRYING)
    return db.session.scalars(select(Device).where(*is_old).order_by(Device.oldest_at)).all()


def is_worrying(row: Device) -> bool:
    """Whether somebody should look for a device."""
    return row.unsent > 0 and row.oldest_at is not None and row.oldest_at < now() - WORRYING


def tasks_on(row: Device) -> Sequence[Task]:
    """The tasks that the device has on lease."""
    mine = (Task.device_id == row.id, Task.status == "open", Task.leased_until > now())
    return db.session.scalars(select(Task).where(*mine).order_by(Task.id)).all()


def of_file(device: str, exported_at: datetime | None, by: By) -> tuple[Sender, datetime]:
    """The device behind a file of unsent scans, and what its clock shows now, as far as that can be known."""
    row = db.session.scalars(select(Device).where(Device.device == device)).first()
    sender = Sender(row.id if row else None, device, by.site_id)
    if row is not None and row.clock_off_s is not None and abs(row.clock_off_s) < CLOCK_OFF_MOST_S:
        return sender, now() + timedelta(seconds=row.clock_off_s)
    return sender, max(exported_at or now(), now())


def rename(row: Device, name: str, by: By) -> None:
    """Give a device the name that people know it by; "" takes it away again."""
    row.name = name.strip()[:40]
    audit(by, "device.name", row.device, row.name)


def revoke(row: Device, by: By) -> None:
    """Take a device's credential away, and end the log-ins on it. What it has not sent stays on it."""
    row.revoked_at, row.revoked_by = now(), by.person_id
    login.end_sessions_on(row.device)
    audit(by, "device.revoke", row.device, row.name)


def readmit(row: Device, by: By) -> None:
    """Let a revoked device in again: its cookie counts, and people may log in on it."""
    row.revoked_at = row.revoked_by = None
    audit(by, "device.readmit", row.device, row.name)
