"""Profiles: keeps what the scanner check found out, so that a device knows its scanner again and the desk can ask."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import select

from scanner.audit import audit
from scanner.barcode.check_scanner import Profile
from scanner.by import By
from scanner.db import db, now
from scanner.models import DeviceProfile

SLOW_MS = 50  # between keys: the check asks for less (PROBLEMS), and long codes take a second


def profile_of(device: str, by: By) -> Profile | None:
    """The profile of a device at the site of `by`; None if its scanner was never checked."""
    row = row_of(device, by)
    return Profile(**{each.name: getattr(row, each.name) for each in fields(Profile)}) if row else None


def keep_profile(device: str, profile: Profile, by: By) -> DeviceProfile:
    """Store the profile in the place of the one before. Belongs in `transact`."""
    row = row_of(device, by)
    if row is None:
        row = DeviceProfile(site_id=by.site_id, device=device)
        db.session.add(row)
    for name, value in profile.as_json().items():
        setattr(row, name, value)
    row.checked_by, row.checked_at = by.person_id, now()
    audit(by, "device.check", device, "sends separators" if profile.sends_gs else "loses separators")
    return row


def drop_profile(row: DeviceProfile, by: By) -> None:
    """Forget what is known of a device's scanner: the device asks for its check again. Belongs in `transact`."""
    audit(by, "device.drop", row.device)
    db.session.delete(row)


def gs_form(profile: DeviceProfile) -> str:
    """How the separator of GS1 labels comes from this scanner."""
    if not profile.sends_gs:
        return "lost"
    return profile.gs_key or profile.gs_text or "as every page knows it"


def faults(profile: DeviceProfile) -> list[str]:
    """What a stored profile puts up with, in words; what could mislead is never stored."""
    found = {
        "loses the separator": not profile.sends_gs,
        "names no symbologies": not profile.has_aim,
        "adds text to codes": bool(profile.prefix or profile.suffix),
        "slow keys": profile.gap_ms > SLOW_MS,
        "goes deaf without a keyboard": profile.keyboard == "plain",
    }
    return [words for words, is_so in found.items() if is_so]


def row_of(device: str, by: By) -> DeviceProfile | None:
    """What is stored of a device's scanner."""
    where = (DeviceProfile.site_id == by.site_id, DeviceProfile.device == device)
    return db.session.scalars(select(DeviceProfile).where(*where)).first()
