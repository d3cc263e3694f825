"""Late: scans that were made some time before they came. What has changed in between is looked at again by a person.

The order of truth is the ledger's; a device's clock only says that somebody should look (scanner/age.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from scanner import discrepancies
from scanner.age import LATE, is_late, made_at
from scanner.by import By
from scanner.db import db
from scanner.models import Discrepancy, Move, Task
from scanner.refusals import Refusal

AT_ONCE: Final = timedelta(seconds=5)  # in which a scan comes that nothing holds up, by the clock that made it
LOOKED_AWAY: Final = timedelta(seconds=30)  # after which a green that was wrong is not seen to be taken back

# What is wrong with these was wrong when they were made. All else may be right on the floor and overtaken in the book:
# a task that has gone on to another step wants another kind of code.
WRONG_AT_ONCE: Final = frozenset(
    (
        *("empty", "too_long", "control_characters", "misread", "ambiguous_gs1", "bad_gs1", "unknown_code"),
        *("bad_quantity", "serial_has_one", "need_lot", "need_serial", "need_expiry", "no_lot_wanted"),
        *("wrong_check_digits", "lot_dates_differ", "nothing_to_undo", "undo_too_late"),
    )
)
# Who sent these may hold goods whatever their age is.
A_CASE_AT_ANY_AGE: Final = frozenset(("taken_over", "person_disabled", "not_on_device"))


def reopen_counts(by: By) -> None:
    """Have places counted again that were counted after this scan was made and before it came.

    The counter saw the floor with what the scan tells, the book did not yet have it: the count has set it right once,
    and the scan's own move would do so once more. A difference that waits for a decision is not posted any more: it is
    what the scan tells. Belongs in the scan's transaction, after its moves.
    """
    if not by.moves or not is_late(by, LATE if by.sent_at is None else AT_ONCE):
        return
    moved = select(Move.source_id, Move.target_id).where(Move.site_id == by.site_id, Move.seq.in_(by.moves))
    places = {place for row in db.session.execute(moved) for place in row}
    since = or_(Task.finished_at > made_at(by), and_(Task.status == "open", Task.person_id.is_not(None)))
    counted = select(Task.location_id).where(
        *(Task.site_id == by.site_id, Task.workflow == "count", Task.location_id.in_(places), since),
        Task.id != (by.task_id or 0),  # a count that comes late asks for no other one of itself
    )
    for place in sorted({place for place in db.session.scalars(counted) if place is not None}):
        discrepancies.ask_for_count(by, place, f"a scan of {_clock(by)} came after the count")
        for case in _differences(by, place):
            discrepancies.settle(case, by, "recount")


def _differences(by: By, place: int) -> list[Discrepancy]:
    """What a count between the scan and its coming has found at a place, and nobody has decided."""
    is_open = (Discrepancy.site_id == by.site_id, Discrepancy.status == "open", Discrepancy.location_id == place)
    since = (Discrepancy.kind == "count_variance", Discrepancy.opened_at > made_at(by))
    return list(db.session.scalars(select(Discrepancy).where(*is_open, *since).with_for_update()))


def note_refused(by: By, raw: str, refusal: Refusal) -> None:
    """Tell of a late scan that the book may have overtaken: what its person did stays to be looked for.

    Belongs in the transaction that records the refusal.
    """
    if not _is_a_case(by, refusal.code):
        return
    book = f"{refusal.title}: {refusal.say}"
    said = {"ok": ", the device said OK", "kept": ", the device kept it"}.get(by.seen, "")
    case = _open_case(by)
    if case is None:
        floor = f"{by.name} scanned {raw[:80]} at {_clock(by)}{said}; it came later."
        discrepancies.open_case(by, "late_scan", book=book, floor=floor)
        return
    discrepancies.add_to(case, by, book=book, floor=f"{raw[:40]} at {_clock(by)}{said}.")


def _is_a_case(by: By, code: str) -> bool:
    if by.seen == "stop":
        return False  # its person was told on the spot
    if code in A_CASE_AT_ANY_AGE:
        return True
    if by.seen == "ok":
        return is_late(by, LOOKED_AWAY)
    return code not in WRONG_AT_ONCE and is_late(by)


def _open_case(by: By) -> Discrepancy | None:
    """The case that waits already for the same person's late scans in the same task: one story, one decision."""
    if by.task_id is None:
        return None
    return db.session.scalars(
        select(Discrepancy)
        .where(
            Discrepancy.site_id == by.site_id,
            Discrepancy.status == "open",
            Discrepancy.kind == "late_scan",
            Discrepancy.task_id == by.task_id,
            Discrepancy.opened_by == by.person_id,
        )
        .with_for_update()
    ).first()


def _clock(by: By) -> str:
    return f"{made_at(by).astimezone(ZoneInfo(by.timezone)):%Y-%m-%d %H:%M}"
