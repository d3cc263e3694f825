"""By: who does something, with what device, in which scan; and what came of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scanner.db import now

LEASE_S = 1800.0  # a pallet's worth of picks, or a break; the setting is SCANDOCK_TASK_LEASE_S


def day_at(instant: datetime, timezone: str) -> date:
    """The date that it is at a site at an instant, by the site's time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


@dataclass(slots=True)
class By:
    """The provenance that every move and every decision carries."""

    person_id: int
    name: str
    site_id: int
    timezone: str = "UTC"  # of the site: its dates are the ones that count
    roles: frozenset[str] = frozenset()
    device: str = "desk"
    device_id: int | None = None  # of a device that has a credential of its own: it may have tasks on lease
    lease_s: float = LEASE_S  # how long a task that they take stays with it
    scan_id: str = field(default_factory=lambda: str(uuid.uuid4()))  # a desk act has an id of its own
    occurred_at: datetime = field(default_factory=now)
    sent_at: datetime | None = None  # by the clock of occurred_at, when it went off; None if that was not told
    seen: str = ""  # what the device said of the scan by itself: ok, stop, kept; "" if it did not judge
    is_asked: bool = False  # it is something that people are asked twice, unless their device has said yes
    task_id: int | None = None
    moves: list[int] = field(default_factory=list)  # seq of what this act has posted
    discrepancies: list[int] = field(default_factory=list)  # ids of what it has opened
    is_final: bool = False  # it did more than moves and task state: it cannot be undone by UNDO
    undoes: str | None = None  # the id of the scan that this one takes back
    shown: tuple[str, int] | None = None  # what the screen shows while there is no task: kind and id
    step: str = ""  # the step of the workflow that took the scan
    found: dict[str, Any] | None = None  # what a look-up has found: kind, id, words
    code: str = ""  # 'booked', 'confirm', ... when the workflow wants another than the default
    tone: str = ""
    is_rehearsal: bool = False  # the step is only played (scanner/rehearsal.py): the ledger books nothing

    @property
    def today(self) -> date:
        """The date at the site; every expiry rule uses it."""
        return day_at(now(), self.timezone)

    def asks_again(self) -> bool:
        """Whether what is asked twice is asked now (code "twice"). A device that has said yes has let it be done.

        What it says so of only when it sends it again is taken as the second scan (scanner/accept.py).
        """
        self.is_asked = True
        return self.seen != "ok"

    def may(self, *roles: str) -> bool:
        """True if the person has one of `roles`; an admin and a supervisor may do all station work."""
        return bool(self.roles & {*roles, "supervisor", "admin"})

    @property
    def is_supervisor(self) -> bool:
        """True for people who may decide and release."""
        return bool(self.roles & {"supervisor", "admin"})
