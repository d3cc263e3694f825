"""Undo: the last scan of a person in a task, taken back: its moves by reversing moves, the notebook by its old page."""

from __future__ import annotations

import json
from datetime import timedelta
from types import ModuleType

from sqlalchemy import select, update

from scanner import ledger
from scanner.asides import CODES
from scanner.by import By
from scanner.db import db, now
from scanner.models import Discrepancy, Move, ScanRecord, Task
from scanner.refusals import Refusal

UNDO_AGE = timedelta(minutes=10)


def undo_last(task: Task | None, workflow: ModuleType, by: By) -> str:
    """Take back the person's last scan in this task, and say so.

    Refuses: nothing_to_undo, undo_too_late.
    """
    if task is None:
        raise Refusal("nothing_to_undo")
    last = _last_scan(task, by)
    if last.is_final or now() - last.received_at > UNDO_AGE:
        raise Refusal("undo_too_late")
    for seq in _moves_of(last):
        ledger.undo(by, seq)
    _withdraw(last)
    kept = {key: task.state[key] for key in getattr(workflow, "KEPT", ()) if key in task.state}
    task.state = {**json.loads(last.before or "{}"), **kept}
    task.memo.clear()
    by.undoes, by.code, by.step = last.id, "undone", last.step
    back = getattr(workflow, "undone", None)
    if back is not None:
        back(task, by=by)
    return "Taken back. Nothing was lost."


def _withdraw(scan: ScanRecord) -> None:
    """What a scan brought to light has nothing to be decided any more when the scan is taken back."""
    db.session.execute(
        update(Discrepancy)
        .where(Discrepancy.scan_id == scan.id, Discrepancy.status == "open")
        .values(status="resolved", resolution="undone", resolved_at=now(), resolved_by=scan.person_id)
    )


def _last_scan(task: Task, by: By) -> ScanRecord:
    undone = select(ScanRecord.undoes).where(ScanRecord.task_id == task.id, ScanRecord.undoes.is_not(None))
    record = db.session.scalars(
        select(ScanRecord)
        .where(
            ScanRecord.task_id == task.id,
            ScanRecord.person_id == by.person_id,
            ScanRecord.outcome != "refused",
            ScanRecord.code.not_in(CODES),
            ScanRecord.undoes.is_(None),
            ScanRecord.id.not_in(undone),
        )
        .order_by(ScanRecord.received_at.desc(), ScanRecord.id.desc())
        .limit(1)
    ).first()
    if record is None:
        raise Refusal("nothing_to_undo")
    return record


def _moves_of(record: ScanRecord) -> list[int]:
    query = select(Move.seq).where(Move.scan_id == record.id, Move.site_id == record.site_id)
    return list(db.session.scalars(query.order_by(Move.seq.desc())))
