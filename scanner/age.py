"""Age: how long a scan had waited on its device when it came, by clocks that may be wrong.

It is told by the device's clock alone, from the scan to its sending, so that clock may be years off. A device that does
not tell when it sent is measured against our clock, and not heard if it is years off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scanner.by import By
from scanner.db import now

LATE: Final = timedelta(minutes=5)  # sooner, the person still stands there; and few clocks are further off than that
OLDEST: Final = timedelta(days=7)  # by our clock: a device that was away for longer has a clock that is wrong
LONGEST: Final = timedelta(days=400)  # by its own: as long as a device's cookie lives


def is_late(by: By, after: timedelta = LATE) -> bool:
    """Whether a scan was made some time before it came, by a clock that can be believed."""
    if by.sent_at is None:
        return after < now() - by.occurred_at < OLDEST
    waited = by.sent_at - by.occurred_at
    return waited > after or waited < -LATE  # set back in between: it says nothing, so somebody should look


def made_at(by: By) -> datetime:
    """When a scan was made, by our clock."""
    if by.sent_at is None:
        return by.occurred_at
    is_back = by.sent_at - by.occurred_at < -LATE
    return now() - (OLDEST if is_back else told_age(by.occurred_at, by.sent_at))


def told_age(at: datetime, sent_at: datetime) -> timedelta:
    """How old a thing was when a device told of it, by that device's clock; at most LONGEST, never negative."""
    return min(max(sent_at - at, timedelta(0)), LONGEST)
