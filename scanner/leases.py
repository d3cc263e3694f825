"""Leases: a task that a device has in hand is that device's own for a while, with the stock promised to it.

So what it does without a network is safe: nobody else goes on with the task, and its promises are not given away. A
lease is renewed by every scan and heartbeat of its device, and protects no more when it has run out. A supervisor takes
a task over before that; from then on scans of the first device are refused, each with both stories.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, false, or_, select

from scanner.age import is_late
from scanner.by import By
from scanner.db import db, now
from scanner.models import Device, OrderLine, Person, PersonSession, Reservation, Task
from scanner.refusals import Refusal

OURS, TAKEN, OVER = "ours", "taken", "over"  # what a heartbeat is told of each task


def is_held(task: Task) -> bool:
    """Whether a device has the task on lease now."""
    return task.device_id is not None and task.leased_until is not None and task.leased_until > now()


def is_not_held_elsewhere(by: By) -> ColumnElement[bool]:
    """SQL: no other device than that of `by` has the task on lease now."""
    return or_(Task.device_id.is_(None), Task.device_id == by.device_id, Task.leased_until <= now())


def covers_promise() -> ColumnElement[bool]:
    """SQL: a device has the pick that a Reservation is for on lease now. The goods may be in a hand already."""
    return exists().where(
        OrderLine.id == Reservation.order_line_id,
        Task.order_id == OrderLine.order_id,
        Task.workflow == "pick",
        Task.status == "open",
        Task.device_id.is_not(None),
        Task.leased_until > now(),
    )


def check_kept(task: Task, by: By) -> None:
    """Refuses taken_over: the task was taken from the device that sends this scan."""
    taken = task.taken_from.get(str(by.device_id))
    if taken:
        since = _clock(datetime.fromisoformat(taken["at"]), by)
        raise Refusal("taken_over", other=taken["name"], since=since)


def check_free(task: Task, by: By) -> None:
    """Refuses leased: another device has the task. A supervisor who works on it now goes on with it all the same."""
    if not is_held(task) or task.device_id == by.device_id or (by.is_supervisor and not is_late(by)):
        return
    assert task.leased_at is not None
    assert task.leased_until is not None
    name = db.session.get_one(Person, task.person_id).name if task.person_id else "Somebody"
    raise Refusal("leased", other=name, since=_clock(task.leased_at, by), until=_clock(task.leased_until, by))


def hold(task: Task, by: By) -> None:
    """Have the task on lease with the device of `by`, who works on it; the device that had it until now loses it."""
    if task.device_id not in (None, by.device_id):
        task.person_id = by.person_id
        take_away(task, by)
    if by.device_id is not None and task.person_id == by.person_id:
        _lend(task, by.device_id, by.lease_s)


def take_back(task: Task, by: By) -> None:
    """The same for a person who opens the task anew: a device that had lost it may send for it again."""
    if str(by.device_id) in task.taken_from:
        task.taken_from = {device: taken for device, taken in task.taken_from.items() if device != str(by.device_id)}
    hold(task, by)


def take_away(task: Task, by: By) -> None:
    """End the lease of a device that is not the one of `by`: what it still sends for the task is refused."""
    if task.device_id not in (None, by.device_id):
        taken = {"by": by.person_id, "name": by.name, "at": now().isoformat()}
        task.taken_from = {**task.taken_from, str(task.device_id): taken}
    end(task)


def end(task: Task) -> None:
    """Nobody has the task on lease."""
    task.device_id = task.leased_at = task.leased_until = None


def end_all(person_id: int, device: str) -> None:
    """A person logs out on a device: what they have on lease there is free, unless scans wait there to be sent."""
    row = db.session.scalars(select(Device).where(Device.device == device)).first()
    if row is None or row.unsent:
        return
    mine = (Task.person_id == person_id, Task.device_id == row.id, Task.status == "open")
    for task in db.session.scalars(select(Task).where(*mine).order_by(Task.id).with_for_update()):
        end(task)


def renew(device: Device, task_ids: Sequence[int], lease_s: float) -> dict[int, str]:
    """Renew a device's leases on these tasks; what each of them is to it: ours, taken (by another), over."""
    rows = db.session.scalars(
        select(Task)
        .where(Task.id.in_(task_ids), Task.site_id == device.site_id, Task.status == "open")
        .order_by(Task.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    told = {task.id: _renew(task, device.id, device.device, lease_s) for task in rows}
    return {task_id: told.get(task_id, OVER) for task_id in task_ids}


def _renew(task: Task, device_id: int, device: str, lease_s: float) -> str:
    if str(device_id) in task.taken_from or task.device_id not in (None, device_id):
        return TAKEN
    if task.device_id is None and not db.session.scalar(select(_works_on(device, task.person_id))):
        return OVER
    _lend(task, device_id, lease_s)
    return OURS


def _works_on(device: str, person_id: int | None) -> ColumnElement[bool]:
    """SQL: the person is logged in on the device."""
    if person_id is None:
        return false()
    return exists().where(
        PersonSession.person_id == person_id,
        PersonSession.device == device,
        PersonSession.revoked_at.is_(None),
        PersonSession.expires_at > now(),
    )


def _lend(task: Task, device_id: int, lease_s: float) -> None:
    """A lease that has more than half of its time to run is left alone: not every scan has to write it."""
    moment, length = now(), timedelta(seconds=lease_s)
    if task.device_id != device_id:
        task.device_id, task.leased_at, task.leased_until = device_id, moment, None
    if task.leased_until is None or task.leased_until - moment < length / 2:
        task.leased_until = moment + length


def _clock(at: datetime, by: By) -> str:
    return f"{at.astimezone(ZoneInfo(by.timezone)):%H:%M}"
