"""Board: the day in figures: what was promised, how far it has come, what waits for a decision, who is scanning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, extract, func, select

from scanner import devices, printing
from scanner.by import By
from scanner.db import db, now
from scanner.desk import Query
from scanner.desk.documents import ENDED, cases
from scanner.desk.history import day_start
from scanner.models import Device, Discrepancy, Move, Order, Person, PurchaseOrder, ScanRecord, Task

SILENT = timedelta(minutes=15)  # a device that has not scanned for so long is worth a look
STATES = ("open", "picking", "picked", "packed", "shipped")
CASES_SHOWN = 6
DEVICES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Busy:
    """A device that has scanned today."""

    name: str  # as on its scans
    called: str
    person: str
    last_at: datetime
    scans: int
    refused: int

    @property
    def is_silent(self) -> bool:
        """True when it has not been heard for a while."""
        return now() - self.last_at > SILENT


@dataclass(slots=True)
class Board:
    """What the board shows."""

    today: Any
    by_state: dict[str, int] = field(default_factory=dict)  # of orders that are not done, and of those shipped today
    carriers: list[tuple[str, dict[str, int]]] = field(default_factory=list)  # promised today
    late: int = 0
    held: int = 0
    due_in: int = 0  # purchase orders that are due or overdue
    lines_last_hour: int = 0
    lines_today: int = 0
    hours: list[tuple[str, dict[str, int]]] = field(default_factory=list)  # accepted scans by workflow
    refused_today: int = 0
    devices: list[Busy] = field(default_factory=list)
    open_tasks: dict[str, int] = field(default_factory=dict)
    cases: Sequence[Any] = ()
    cases_open: int = 0
    oldest_case: datetime | None = None
    prints: dict[str, int] = field(default_factory=dict)  # that a person must answer for: unknown, failed
    unheard: Sequence[Any] = ()  # devices with scans that have waited for long


def board(by: By) -> Board:
    """The figures of today at the site."""
    found = Board(by.today)
    start = day_start(by, by.today)
    _orders(found, by)
    _lines(found, by, start)
    _scans(found, by, start)
    _cases(found, by)
    _prints(found, by)
    found.devices = _devices(by, start)
    found.unheard = devices.worrying(by)
    found.open_tasks = _counts(select(Task.workflow, func.count()).where(_open_task(by)).group_by(Task.workflow))
    return found


def _open_task(by: By) -> Any:
    return (Task.site_id == by.site_id) & (Task.status == "open")


def _counts(query: Query) -> dict[str, int]:
    return {name: count for name, count in db.session.execute(query)}  # noqa: C416 - dict() does not take rows


def _orders(found: Board, by: By) -> None:
    at_site = Order.site_id == by.site_id
    found.by_state = _counts(
        select(Order.status, func.count()).where(at_site, Order.status.not_in(ENDED)).group_by(Order.status)
    )
    promised = db.session.execute(
        select(Order.carrier, Order.status, func.count())
        .where(at_site, Order.promised_on == by.today, Order.status != "cancelled")
        .group_by(Order.carrier, Order.status)
        .order_by(Order.carrier)
    )
    carriers: dict[str, dict[str, int]] = {}
    for carrier, status, count in promised:
        carriers.setdefault(carrier, {})[status] = count
    found.carriers = list(carriers.items())
    is_open = Order.status.not_in(ENDED)
    found.late, found.held = db.session.execute(
        select(
            func.coalesce(func.sum(case((Order.promised_on < by.today, 1), else_=0)), 0),
            func.coalesce(func.sum(case((Order.is_held, 1), else_=0)), 0),
        ).where(at_site, is_open)
    ).one()
    found.due_in = db.session.scalar(
        select(func.count()).where(
            PurchaseOrder.site_id == by.site_id, PurchaseOrder.status == "open", PurchaseOrder.due_on <= by.today
        )
    ) or 0  # fmt: skip


def _lines(found: Board, by: By, start: datetime) -> None:
    """Order lines that were picked from: today, and in the last hour."""
    hour_ago = now() - timedelta(hours=1)
    query: Query = (
        select(
            func.count(func.distinct(Move.order_line_id)),
            func.count(func.distinct(case((ScanRecord.received_at >= hour_ago, Move.order_line_id)))),
        )
        .select_from(ScanRecord)
        .join(Move, Move.scan_id == ScanRecord.id)
        .where(
            ScanRecord.site_id == by.site_id,
            ScanRecord.received_at >= start,
            ScanRecord.workflow == "pick",
            Move.reason == "pick",
        )
    )
    found.lines_today, found.lines_last_hour = db.session.execute(query).one()


def _scans(found: Board, by: By, start: datetime) -> None:
    hour = extract("hour", ScanRecord.received_at)
    rows = db.session.execute(
        select(
            hour,
            ScanRecord.workflow,
            func.sum(case((ScanRecord.outcome == "refused", 0), else_=1)),
            func.sum(case((ScanRecord.outcome == "refused", 1), else_=0)),
        )
        .where(ScanRecord.site_id == by.site_id, ScanRecord.received_at >= start, ScanRecord.workflow != "lookup")
        .group_by(hour, ScanRecord.workflow)
    )
    hours: dict[int, dict[str, int]] = {}
    for at, workflow, accepted, refused in rows:
        hours.setdefault(int(at), {})[workflow] = int(accepted)
        found.refused_today += int(refused)
    first = start.astimezone(ZoneInfo("UTC"))
    instants = (first + timedelta(hours=n) for n in range(24))
    found.hours = [
        (instant.astimezone(ZoneInfo(by.timezone)).strftime("%H:%M"), hours[instant.hour])
        for instant in instants
        if instant.hour in hours
    ]


def _devices(by: By, start: datetime) -> list[Busy]:
    rows = db.session.execute(
        select(
            ScanRecord.device,
            func.max(Device.name).label("called"),
            func.max(Person.name).label("person"),
            func.max(ScanRecord.received_at).label("last_at"),
            func.count().label("scans"),
            func.sum(case((ScanRecord.outcome == "refused", 1), else_=0)).label("refused"),
        )
        .join(Person, Person.id == ScanRecord.person_id)
        .outerjoin(Device, Device.device == ScanRecord.device)
        .where(ScanRecord.site_id == by.site_id, ScanRecord.received_at >= start)
        .group_by(ScanRecord.device)
        .order_by(func.max(ScanRecord.received_at).desc())
        .limit(DEVICES_SHOWN)
    )
    return [
        Busy(row.device, row.called or row.device[:20], row.person, row.last_at, row.scans, int(row.refused))
        for row in rows
    ]


def _cases(found: Board, by: By) -> None:
    is_open = Discrepancy.status == "open"
    found.cases = db.session.execute(cases(by, is_open).limit(CASES_SHOWN)).all()
    found.cases_open = db.session.scalar(select(func.count()).where(Discrepancy.site_id == by.site_id, is_open)) or 0
    found.oldest_case = found.cases[0].Discrepancy.opened_at if found.cases else None


def _prints(found: Board, by: By) -> None:
    for (_printer_id, state), count in printing.unanswered(by).items():
        found.prints[state] = found.prints.get(state, 0) + count
