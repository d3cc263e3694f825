"""Late: scans that were made some time before they came. What has changed in between is looked at again by a person.

The order of truth is the ledger's; a device's clock only says that somebody should look. A clock that is years off says
nothing, so it is not heard.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from scanner import discrepancies
from scanner.by import By
from scanner.db import db, now
from scanner.models import Move, Task
from scanner.refusals import Refusal

LATE: Final = timedelta(minutes=5)  # sooner, the person still stands there; and few clocks are further off than that
OLDEST: Final = timedelta(days=7)  # a device that was away for longer has a clock that is wrong

# What is wrong with these was wrong when they were made. All else may be right on the floor and overtaken in the book:
# a task that has gone on to another step wants another kind of code.
WRONG_AT_ONCE: Final = frozenset(
    (
        *("empty", "too_long", "control_characters", "misread", "ambiguous_gs1", "bad_gs1", "unknown_code"),
        *("bad_quantity", "serial_has_one", "need_lot", "need_serial", "need_expiry", "no_lot_wanted"),
        *("wrong_check_digits", "lot_dates_differ", "nothing_to_undo", "undo_too_late"),
    )
)


def is_late(by: By) -> bool:
    """Whether a scan was made some time before now, by a clock that can be believed."""
    return LATE < now() - by.occurred_at < OLDEST


def reopen_counts(by: By) -> None:
    """Have places counted again that were counted after this scan was made and before it came.

    The counter saw the floor with what the scan tells, the book did not yet have it: the count has set it right once,
    and the scan's own move would do so once more. Belongs in the scan's transaction, after its moves.
    """
    if not by.moves or not is_late(by):
        return
    moved = select(Move.source_id, Move.target_id).where(Move.site_id == by.site_id, Move.seq.in_(by.moves))
    places = {place for row in db.session.execute(moved) for place in row}
    since = or_(Task.finished_at > by.occurred_at, and_(Task.status == "open", Task.person_id.is_not(None)))
    counted = select(Task.location_id).where(
        Task.site_id == by.site_id, Task.workflow == "count", Task.location_id.in_(places), since
    )
    for place in sorted({place for place in db.session.scalars(counted) if place is not None}):
        discrepancies.ask_for_count(by, place, f"a scan of {_clock(by)} came after the count")


def note_refused(by: By, raw: str, refusal: Refusal) -> None:
    """Open a case for a late scan that the book may have overtaken: what its person did stays to be looked for.

    Belongs in the transaction that records the refusal.
    """
    if refusal.code in WRONG_AT_ONCE or not is_late(by):
        return
    floor = f"{by.name} scanned {raw[:80]} at {_clock(by)}; it came later."
    discrepancies.open_case(by, "late_scan", book=f"{refusal.title}: {refusal.say}", floor=floor)


def _clock(by: By) -> str:
    return f"{by.occurred_at.astimezone(ZoneInfo(by.timezone)):%Y-%m-%d %H:%M}"
