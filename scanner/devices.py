"""Devices: keeps what the scanner check found out, so that a device knows its scanner again and the desk can ask."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import select

from scanner.audit import audit
from scanner.barcode.check_scanner import Profile
from scanner.by import By
from scanner.db import db, now
from scanner.models import DeviceProfile


def profile_of(device: str, by: By) -> Profile | None:
    """The profile of a device at the site of `by`; None if its scanner was never checked."""
    row = _row(device, by)
    return Profile(**{each.name: getattr(row, each.name) for each in fields(Profile)}) if row else None


def keep_profile(device: str, profile: Profile, by: By) -> DeviceProfile:
    """Store the profile in the place of the one before. Belongs in `transact`."""
    row = _row(device, by)
    if row is None:
        row = DeviceProfile(site_id=by.site_id, device=device)
        db.session.add(row)
    for name, value in profile.as_json().items():
        setattr(row, name, value)
    row.checked_by, row.checked_at = by.person_id, now()
    audit(by, "device.check", device, "sends separators" if profile.sends_gs else "loses separators")
    return row


def _row(device: str, by: By) -> DeviceProfile | None:
    where = (DeviceProfile.site_id == by.site_id, DeviceProfile.device == device)
    return db.session.scalars(select(DeviceProfile).where(*where)).first()
