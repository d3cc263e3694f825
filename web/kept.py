"""Kept: a scan as a device has kept it, whether the device sends it itself or its file is read at the desk.

All that can be read is: what is too long is cut, a time that is none counts as now, a person who is none is unknown.
Only what cannot be put on record at all is turned away: no id, no text, no address that a page of ours has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field, field_validator

from scanner import devices
from scanner.accept import MOST_ID, Answer, Incoming, accept_scan, refuse_scan
from scanner.age import told_age
from scanner.by import By
from scanner.db import now
from scanner.devices import Sender
from scanner.refusals import Refusal
from scanner.workflows import WORKFLOWS

TASK_SCANS: Final = re.compile(rf"/(?:{'|'.join(name for name in WORKFLOWS if name != 'lookup')})/(\d{{1,10}})/scan")
LOOK_UPS: Final = re.compile(r"(?:/lookup/([a-z_]{1,16})/(\d{1,10}))?/scan")


class KeptScan(BaseModel):
    """One of them. A page of another version may send other fields too, and they do no harm."""

    model_config = ConfigDict(extra="ignore")

    scan_id: str
    raw: str
    to: str = Field(description="the scan address of the page that it was made on")
    person: int = 0
    at: Any = ""
    device: Any = ""
    symbology: Any = ""
    sends_gs: Any = None
    seen: Any = ""

    @field_validator("person", mode="before")
    @classmethod
    def _person(cls, value: Any) -> int:
        text = str(value)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MOST_ID else 0


@dataclass(slots=True)
class Drain:
    """Scans of one device on their way in, each in its person's name. At the desk only people of one site count."""

    device: Sender
    sent_at: datetime | None
    site_id: int | None = None
    actors: dict[int, tuple[By, Refusal | None]] = field(default_factory=dict)
    made: dict[int, list[datetime]] = field(default_factory=dict)  # by person: when what was taken was read

    def take(self, scan: dict[str, Any]) -> Answer:
        """One scan; its answer. Raises ValidationError, what `accept_scan` raises."""
        incoming, person_id = incoming_of(scan, self.sent_at, self.device.device)
        by, refusal = self._actor(person_id)
        if refusal is not None:
            return refuse_scan(incoming, by, refusal)
        answer = accept_scan(incoming, by)
        if self.sent_at is not None:
            self.made.setdefault(by.person_id, []).append(now() - told_age(incoming.at, self.sent_at))
        return answer

    def _actor(self, person_id: int) -> tuple[By, Refusal | None]:
        if person_id not in self.actors:
            self.actors[person_id] = devices.actor(self.device, person_id, self.site_id)
            self.actors[person_id][0].lease_s = current_app.config["TASK_LEASE_S"]
        return self.actors[person_id]


def incoming_of(scan: Mapping[str, Any], sent_at: datetime | None, device: str) -> tuple[Incoming, int]:
    """The scan for the core, and its person's id. Raises ValidationError; refuses bad_request for its address."""
    kept = KeptScan.model_validate(scan)
    task_id, shown = _place(kept.to)
    incoming = Incoming(
        scan_id=kept.scan_id,
        raw=kept.raw,
        at=instant(kept.at) or sent_at or now(),
        device=_text(kept.device, 64) or device,
        task_id=task_id,
        symbology=_text(kept.symbology, 16),
        sends_gs=kept.sends_gs if isinstance(kept.sends_gs, bool) else None,
        shown=shown,
        sent_at=sent_at,
        seen=_text(kept.seen, 4),
    )
    return incoming, kept.person


def _place(address: str) -> tuple[int | None, tuple[str, int] | None]:
    """The task of a scan's address, or the thing that was shown there."""
    if of_task := TASK_SCANS.fullmatch(address):
        return int(of_task[1]), None
    look_up = LOOK_UPS.fullmatch(address)
    if look_up is None:
        raise Refusal("bad_request", f"No page sends scans to {address[:60]!r}.")
    kind, thing_id = look_up.groups()
    return None, (kind, int(thing_id)) if kind else None


def instant(value: Any) -> datetime | None:
    """A time of a device; None when there is none, or none that can be. Without an offset it counts as UTC."""
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""
