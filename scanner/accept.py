"""`accept_scan()`: the one way in for every scan, from a page, the API or a queue.

Seen before? Then the same answer again. Else: read the code, find what it names, let the workflow take its step, record
the scan with its outcome, commit. A refused scan changes nothing but the record of the scan: the step's transaction is
rolled back whole and the refusal is stored in one of its own, for a late scan with a discrepancy (scanner/late.py). A
crash or a passing fault of the database stores nothing, so the same scan may be sent again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, insert, select

from scanner import late, leases, ledger
from scanner.asides import ASIDES
from scanner.by import By
from scanner.db import connection, db, now, table_of, transact
from scanner.find import Found, find, read_code
from scanner.models import Person, ScanRecord, Task
from scanner.refusals import Refusal
from scanner.tally import counted
from scanner.undo import undo_last
from scanner.workflows import WORKFLOWS

MOST_ID = 2**31 - 1  # of a task
DEVICE_KEPT = 64  # characters of a device's name
RAW_KEPT = 1024  # characters of a raw code that are kept; longer ones are refused as too_long anyway

SEEN = ("ok", "stop", "kept")  # it fits; it is wrong here; the device could not tell

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A scan as a client sends it."""

    scan_id: str  # a UUID made by the client, once per beep
    raw: str
    at: datetime  # the device's clock
    device: str
    task_id: int | None = None  # None: a scan outside of any task, which looks things up
    symbology: str = ""
    sends_gs: bool | None = None  # whether the scanner sends separators; None if nobody checked it
    shown: tuple[str, int] | None = None  # the thing that a look-up shows: kind and id
    sent_at: datetime | None = None  # the device's clock when it sent this; None if it did not say
    seen: str = ""  # what the device told its person by itself: one of SEEN, or "" if nothing

    @property
    def fingerprint(self) -> str:
        """What must be the same when the same scan id comes again."""
        content = json.dumps([self.task_id, self.raw, self.symbology], ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()


class _Seen(Exception):
    """The scan id is on record. It carries values, no row: the rollback that follows may cost the session its rows."""

    def __init__(self, record: ScanRecord) -> None:
        super().__init__(record.id)
        self.fingerprint = record.fingerprint
        self.answer = record.answer


@counted
def accept_scan(incoming: Incoming, by: By) -> Answer:
    """Take one scan, exactly once, and return its answer; a repeat returns the stored answer with `replayed`.

    The answer's `outcome` is 'accepted', 'refused' or 'discrepancy'. Raises Refusal only for scans that cannot be
    recorded: bad_scan_id, scan_id_reused, unknown_task. Raises db.Busy when the database cannot take it now.
    """
    incoming = _checked(incoming)
    try:
        return transact(lambda: _take_step(incoming, by))
    except _Seen as seen:
        return _replay(seen, incoming, by)
    except Refusal as refusal:
        return _refuse(incoming, by, refusal)


@counted
def refuse_scan(incoming: Incoming, by: By, refusal: Refusal) -> Answer:
    """Put a scan on record that is not taken, whatever it is, with the answer that tells why; exactly once, too.

    Raises what `accept_scan` raises.
    """
    return _refuse(_checked(incoming), by, refusal)


def _checked(incoming: Incoming) -> Incoming:
    """The scan with its id in the one canonical form. Refuses bad_scan_id, bad_request (a time that cannot be)."""
    try:
        scan_id = str(uuid.UUID(incoming.scan_id))
    except ValueError as error:
        raise Refusal("bad_scan_id") from error
    at = _instant(incoming.at)
    if incoming.task_id is not None and not 0 < incoming.task_id <= MOST_ID:
        raise Refusal("unknown_task")
    if at is None:
        raise Refusal("bad_request", "The time of a scan needs its offset, and must be one that can be.")
    sent_at, seen = _instant(incoming.sent_at), incoming.seen if incoming.seen in SEEN else ""
    device = storable(incoming.device)[:DEVICE_KEPT]
    return replace(incoming, scan_id=scan_id, at=at, device=device, sent_at=sent_at, seen=seen)


def _instant(at: datetime | None) -> datetime | None:
    """A time of a device in UTC; None when it is none that can be."""
    try:
        return at.astimezone(UTC) if at is not None and at.tzinfo else None
    except OverflowError:
        return None


def _take_step(incoming: Incoming, by: By) -> Answer:
    task = _open(incoming)
    act = _act(incoming, by)
    before = None if task is None else json.dumps(task.state, sort_keys=True)
    workflow = _workflow(task)
    try:
        check_task(task, workflow, act)
    except Refusal as refusal:
        if refusal.code != "task_done" or not _is_print(incoming, act):
            raise  # work that has ended takes no scan, but what it has printed can still be had
    found = find(read_code(incoming.raw, incoming.symbology or None, incoming.sends_gs), act)
    say = _step(task, workflow, found, act)
    if incoming.seen == "stop":  # its person was told that it does not count, and has gone on from there
        raise Refusal("stopped", incoming.raw[:40])
    answer = _answer(incoming, act, task, workflow, say)
    _record(incoming, act, task, workflow, answer, before)
    return answer


def _step(task: Task | None, workflow: ModuleType, found: Found, by: By) -> str:
    """UNDO and the asides mean the same everywhere; all else is the workflow's. PRINT is, where it has something."""
    if found.is_command("UNDO"):
        return undo_last(task, workflow, by)
    if found.is_command("PRINT") and (said := _own_print(task, workflow, by)):
        return said
    aside = ASIDES.get(found.command)
    if aside is None:
        say: str = workflow.step(task, found, by=by)
        return say
    prompt = workflow.prompt(task)
    by.step = prompt.step
    return aside(prompt, by)


def _is_print(incoming: Incoming, by: By) -> bool:
    try:
        return find(read_code(incoming.raw, incoming.symbology or None, incoming.sends_gs), by).is_command("PRINT")
    except Refusal:
        return False


def _own_print(task: Task | None, workflow: ModuleType, by: By) -> str:
    """What the step has to print, in words; "" when it has nothing of its own. So has a task that has ended."""
    if by.shown is not None and by.shown[0] == "task":
        task = db.session.get(Task, by.shown[1], with_for_update=True, populate_existing=True)
        workflow = _workflow(task)
        if task is None or task.site_id != by.site_id or not by.may(*workflow.ROLES):
            return ""
        task.memo.clear()
    prints = getattr(workflow, "prints", None)
    if prints is None:
        return ""
    by.step = workflow.prompt(task).step
    said: str = prints(task, by=by)
    return said


def _open(incoming: Incoming) -> Task | None:
    """The task, locked, unless the scan was seen before. One statement for both questions."""
    if incoming.task_id is None:
        _check_unseen(incoming)
        return None
    row = db.session.execute(_OPEN, {"scan": incoming.scan_id, "task": incoming.task_id}).one_or_none()
    if row is None or row.seen is not None:
        _check_unseen(incoming)
        raise Refusal("unknown_task")
    task: Task = row.Task
    task.memo.clear()
    return task


_OPEN = (
    select(Task, ScanRecord.id.label("seen"))
    .outerjoin(ScanRecord, ScanRecord.id == bindparam("scan"))
    .where(Task.id == bindparam("task"))
    .with_for_update(of=Task)
    .execution_options(populate_existing=True)
)


def _check_unseen(incoming: Incoming) -> None:
    record = db.session.get(ScanRecord, incoming.scan_id)
    if record is not None:
        raise _Seen(record)


def _act(incoming: Incoming, by: By) -> By:
    """A fresh By for one try of one scan."""
    return replace(
        by,
        scan_id=incoming.scan_id,
        occurred_at=incoming.at,
        sent_at=incoming.sent_at,
        seen=incoming.seen,
        device=incoming.device or by.device,
        task_id=incoming.task_id,
        moves=[],
        discrepancies=[],
        is_final=False,
        undoes=None,
        shown=incoming.shown,
        step="",
        found=None,
        code="",
        tone="",
    )


def _workflow(task: Task | None) -> ModuleType:
    return WORKFLOWS["lookup" if task is None else task.workflow]


def check_task(task: Task | None, workflow: ModuleType, by: By) -> None:
    """Refuses a scan in a task that is not the person's to work on: not_allowed, unknown_task, task_done, ..."""
    if not by.may(*workflow.ROLES):
        raise Refusal("not_allowed")
    if task is None:
        return
    if task.site_id != by.site_id:
        raise Refusal("unknown_task")
    leases.check_kept(task, by)
    if task.status != "open":
        raise Refusal("task_done")
    leases.check_free(task, by)
    if task.person_id is None:
        task.person_id = by.person_id
    if task.person_id != by.person_id and not by.is_supervisor:
        raise Refusal("not_your_task", other=db.session.get_one(Person, task.person_id).name)
    leases.hold(task, by)


# --- answers ---------------------------------------------------------------------------------------------------------


def _answer(incoming: Incoming, by: By, task: Task | None, workflow: ModuleType, say: str) -> Answer:
    db.session.flush()
    ledger.seal()
    late.reopen_counts(by)
    prompt = workflow.prompt(task)
    outcome = "discrepancy" if by.discrepancies else "accepted"
    return {
        "scan_id": incoming.scan_id,
        "outcome": outcome,
        "code": by.code or ("booked" if by.moves else "ok"),
        "title": "",
        "say": say,
        "next": prompt.scan,
        "tone": by.tone or ("warn" if outcome == "discrepancy" else "done" if prompt.is_done else "ok"),
        "scanned": incoming.raw[:RAW_KEPT],
        "wanted": "",
        "workflow": workflow.__name__.rpartition(".")[2],
        "task": incoming.task_id,
        "moves": list(by.moves),
        "discrepancies": list(by.discrepancies),
        "found": by.found,
        "prompt": prompt.as_json(),
    }


def _refuse(incoming: Incoming, by: By, refusal: Refusal) -> Answer:
    """Store the refusal and answer with it. What cannot be stored (no such task) is raised."""
    if refusal.code in ("unknown_task", "scan_id_reused"):
        raise refusal
    try:
        return transact(lambda: _store_refusal(incoming, by, refusal))
    except _Seen as seen:
        return _replay(seen, incoming, by)


def _store_refusal(incoming: Incoming, by: By, refusal: Refusal) -> Answer:
    task = _open(incoming)
    if task is not None and task.site_id != by.site_id:
        raise Refusal("unknown_task")
    act = _act(incoming, by)
    workflow = _workflow(task)
    prompt = workflow.prompt(task)
    act.step = prompt.step
    late.note_refused(act, storable(incoming.raw), refusal)
    answer: Answer = {
        "scan_id": incoming.scan_id,
        "outcome": "refused",
        "code": refusal.code,
        "title": refusal.title,
        "say": refusal.say,
        "next": refusal.next,
        "tone": refusal.tone,
        "scanned": refusal.scanned or incoming.raw[:40],
        "wanted": refusal.wanted or prompt.scan,
        "workflow": workflow.__name__.rpartition(".")[2],
        "task": incoming.task_id,
        "moves": [],
        "discrepancies": list(act.discrepancies),
        "found": None,
        "prompt": prompt.as_json(),
    }
    _record(incoming, act, task, workflow, answer, None)
    return answer


def _replay(seen: _Seen, incoming: Incoming, by: By) -> Answer:
    if seen.fingerprint != incoming.fingerprint:
        raise Refusal("scan_id_reused", incoming.scan_id)
    answer: Answer = json.loads(seen.answer)
    if answer["code"] == "twice" and incoming.seen == "ok":
        return _answer_for(incoming, by)
    return {**answer, "replayed": True}


def _answer_for(incoming: Incoming, by: By) -> Answer:
    """The second scan that the first one was asked for: its person never heard of it, was told yes, and has gone on.

    It has an id of its own, made from the first one's, so it is taken once too.
    """
    second = str(uuid.uuid5(uuid.UUID(incoming.scan_id), "twice"))
    return {**accept_scan(replace(incoming, scan_id=second), by), "scan_id": incoming.scan_id}


def _record(
    incoming: Incoming, by: By, task: Task | None, workflow: ModuleType, answer: Answer, before: str | None
) -> None:
    values = {
        "id": incoming.scan_id,
        "site_id": by.site_id,
        "workflow": answer["workflow"],
        "task_id": incoming.task_id,
        "step": by.step,
        "raw": storable(incoming.raw[:RAW_KEPT]),
        "symbology": storable(incoming.symbology[:16]),
        "person_id": by.person_id,
        "device": by.device,
        "occurred_at": incoming.at,
        "sent_at": incoming.sent_at,
        "seen": incoming.seen,
        "received_at": now(),
        "fingerprint": incoming.fingerprint,
        "outcome": answer["outcome"],
        "code": answer["code"],
        "answer": json.dumps(answer, separators=(",", ":"), ensure_ascii=True),
        "before": before,
        "undoes": by.undoes,
        "is_final": by.is_final,
    }
    connection().execute(_ADD_SCAN, values)


_ADD_SCAN = insert(table_of(ScanRecord))  # put together once, run by every scan


def storable(text: str) -> str:
    """Text that both engines can keep: NUL and lone surrogates are written as escapes."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
