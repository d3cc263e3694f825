"""Discrepancies: wherever the book and the floor disagree: opened with both stories, resolved by someone who may.

Each kind has its legal resolutions, no others. A resolution is posted to the ledger where it concerns stock, and it is
audited; a resolved discrepancy stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from scanner import ledger, orders, stock, tasks
from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.ledger import Spot, Why
from scanner.models import (
    Discrepancy,
    Location,
    Order,
    OrderLine,
    PurchaseLine,
    PurchaseOrder,
    Serial,
    Task,
)
from scanner.refusals import Refusal

# What may be wrong with damaged goods: the command on its card or button, and the words for the record.
DAMAGE = {"BROKEN": "broken", "WET": "wet", "SPOILED": "spoiled", "OTHER": "damaged"}


WORDS = 400  # characters of a story
AND_MORE = " And more: see the scans."


@dataclass(frozen=True, slots=True)
class Resolution:
    """One legal way out."""

    code: str
    label: str
    act: Callable[[Discrepancy, By], None]


def open_case(by: By, kind: str, *, book: str, floor: str, **refs: Any) -> Discrepancy:
    """Open a discrepancy in the transaction of the scan that brought it to light."""
    if by.is_rehearsal:
        by.discrepancies.append(0)
        return Discrepancy(kind=kind)
    case = Discrepancy(
        site_id=by.site_id,
        kind=kind,
        status="open",
        book=book[:WORDS],
        floor=floor[:WORDS],
        scan_id=by.scan_id,
        task_id=by.task_id,
        opened_by=by.person_id,
        opened_at=now(),
        **refs,
    )
    db.session.add(case)
    db.session.flush()
    by.discrepancies.append(case.id)
    return case


def add_to(case: Discrepancy, by: By, *, book: str, floor: str) -> None:
    """Tell a further scan's part of the same story, as far as there is room; the scans themselves are on record."""
    if book not in case.book:
        case.book = _longer(case.book, book)
    case.floor = _longer(case.floor, floor)
    by.discrepancies.append(case.id)


def _longer(text: str, more: str) -> str:
    longer = f"{text} {more}"
    return longer if len(longer) <= WORDS else f"{text[: WORDS - len(AND_MORE)].removesuffix(AND_MORE)}{AND_MORE}"


def take(case_id: int, *, by: By) -> Discrepancy:
    """Become the owner of a case. Refuses unknown_document."""
    case = _locked(case_id, by)
    case.owner_id = by.person_id
    return case


def resolve(case_id: int, resolution: str, *, by: By, note: str = "") -> Discrepancy:
    """Resolve an open case in one of its legal ways.

    Refuses: not_allowed (a supervisor decides), unknown_document, task_done (resolved before), bad_request (not a
    legal resolution), same_counter (one's own count), and whatever the ledger refuses.
    """
    if not by.is_supervisor:
        raise Refusal("not_allowed")
    case = _locked(case_id, by)
    if case.status != "open":
        raise Refusal("task_done")
    chosen = next((r for r in RESOLUTIONS[case.kind] if r.code == resolution), None)
    if chosen is None:
        raise Refusal("bad_request", f"{resolution!r} does not resolve a {case.kind}")
    chosen.act(case, by)
    _close(case, resolution, by, note)
    if case.kind == "short_pick" and case.order_line_id is not None:
        orders.allocate_lines(by, [case.order_line_id])  # what was in doubt may be promised again
    return case


def _locked(case_id: int, by: By) -> Discrepancy:
    case = db.session.scalars(
        select(Discrepancy)
        .where(Discrepancy.id == case_id, Discrepancy.site_id == by.site_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:
        raise Refusal("unknown_document", case_id, "discrepancy")
    return case


def _close(case: Discrepancy, resolution: str, by: By, note: str = "") -> None:
    case.status, case.resolution, case.note = "resolved", resolution, note[:400]
    case.resolved_by, case.resolved_at = by.person_id, now()
    audit(
        by, f"discrepancy.{resolution}", f"{case.kind} {case.id}", f"book: {case.book} | floor: {case.floor} | {note}"
    )
    db.session.flush()


def settle(case: Discrepancy, by: By, resolution: str) -> None:
    """Close a case that the rules themselves settle (a small count variance), in the scan's own transaction."""
    _close(case, resolution, by)


def end_doubts(by: By, location_id: int) -> None:
    """A location has been counted and the book is right now: short picks there have nothing left to decide.

    What was in doubt may be promised again, to the orders that missed it first.
    """
    cases = list(
        db.session.scalars(
            select(Discrepancy).where(
                Discrepancy.site_id == by.site_id,
                Discrepancy.location_id == location_id,
                Discrepancy.kind == "short_pick",
                Discrepancy.status == "open",
            )
        )
    )
    for case in cases:
        _close(case, "counted", by)
    orders.allocate_lines(by, [case.order_line_id for case in cases if case.order_line_id is not None])


# --- the ways out ----------------------------------------------------------------------------------------------------


def _keep(case: Discrepancy, by: By) -> None:
    """Nothing to post: the book is right as it is."""


def _post_delta(case: Discrepancy, by: By) -> None:
    """The floor is right: post the difference. The counter may not approve their own count."""
    if case.kind == "count_variance" and case.opened_by == by.person_id and "admin" not in by.roles:
        raise Refusal("same_counter")
    lost = adjust_by(case, by, case.qty)
    if case.kind == "count_variance":
        end_doubts(by, case.location_id or 0)
    orders.allocate_lines(by, lost)


def adjust_by(case: Discrepancy, by: By, delta: int) -> list[int]:
    """Post `delta` at the case's key; promises that cannot be kept are released and their order lines returned."""
    assert case.item_id is not None
    assert case.location_id is not None
    spot = Spot(case.location_id, case.unit_id)
    lost = ledger.free_up(by, case.item_id, case.lot_id, spot, -delta) if delta < 0 else []
    why = Why("count" if case.kind == "count_variance" else case.kind, f"discrepancy {case.id}")
    elsewhere = _book_place(case) if delta > 0 and case.serial_id else None
    if elsewhere is not None:  # one single thing: it is not found, it has come from where the book has it
        ledger.move(by, case.item_id, 1, elsewhere, spot, why, serial_id=case.serial_id)
    else:
        ledger.adjust(by, case.item_id, delta, spot, why, lot_id=case.lot_id, serial_id=case.serial_id)
    return lost


def _book_place(case: Discrepancy) -> Spot | None:
    """Where the book has a serial number, unless that is only the books' own adjustment."""
    serial = db.session.get_one(Serial, case.serial_id)
    if serial.location_id is None or serial.location_id == ledger.virtual(case.site_id, "adjustment").location_id:
        return None
    return Spot(serial.location_id, serial.unit_id)


def _count_again(case: Discrepancy, by: By) -> None:
    """Send another person to count the location."""
    assert case.location_id is not None
    ask_for_count(by, case.location_id, f"recount, discrepancy {case.id}", not_by=[case.opened_by])


def ask_for_count(by: By, location_id: int, purpose: str, *, not_by: list[int] | None = None, round_: int = 1) -> Task:
    """Open a count task for anybody, unless the location has one already. `not_by` are people who may not take it."""
    if by.is_rehearsal:
        return Task()
    waiting = db.session.scalars(
        select(Task).where(
            Task.site_id == by.site_id,
            Task.workflow == "count",
            Task.status == "open",
            Task.location_id == location_id,
            Task.person_id.is_(None),
        )
    ).first()
    if waiting is not None:
        return waiting
    state = {"round": round_, "not_by": not_by or [], "entries": {}}
    return tasks.open_task(
        "count", by, person_id=None, location_id=location_id, state=state, purpose=purpose, priority=5
    )


def _close_line_short(case: Discrepancy, by: By) -> None:
    """The rest of the order line will not be sent."""
    line = db.session.get_one(OrderLine, case.order_line_id)
    line.is_closed_short = True
    db.session.flush()
    orders.lock(line.order_id)


def _send_back(case: Discrepancy, by: By) -> None:
    """What is too much, or damaged, goes back to the supplier."""
    _move_away(case, by, "supplier", "return_to_supplier")


def _scrap(case: Discrepancy, by: By) -> None:
    _move_away(case, by, "scrap", "scrap")


def _move_away(case: Discrepancy, by: By, kind: str, reason: str) -> None:
    assert case.item_id is not None
    assert case.location_id is not None
    source = Spot(case.location_id, case.unit_id)
    why = Why(reason, f"discrepancy {case.id}")
    target = ledger.virtual(by.site_id, kind)
    ledger.move(by, case.item_id, abs(case.qty), source, target, why, lot_id=case.lot_id, serial_id=case.serial_id)


def _restock(case: Discrepancy, by: By) -> None:
    """It is good after all: to the dock, from where it is put away."""
    assert case.item_id is not None
    assert case.location_id is not None
    dock = stock.first_location(by, "dock")
    why = Why("restock", f"discrepancy {case.id}")
    source, target = Spot(case.location_id, case.unit_id), Spot(dock.id)
    ledger.move(by, case.item_id, abs(case.qty), source, target, why, lot_id=case.lot_id, serial_id=case.serial_id)


RESOLUTIONS: dict[str, tuple[Resolution, ...]] = {
    "short_pick": (
        Resolution("write_off", "IT IS GONE: WRITE OFF", _post_delta),
        Resolution("close_short", "SEND WITHOUT IT", _close_line_short),
        Resolution("found", "IT IS THERE: KEEP THE BOOK", _keep),
    ),
    "count_variance": (
        Resolution("approve", "APPROVE: POST THE COUNT", _post_delta),
        Resolution("recount", "COUNT AGAIN", _count_again),
        Resolution("dismiss", "KEEP THE BOOK", _keep),
    ),
    "over_receipt": (
        Resolution("accept", "KEEP THE GOODS", _keep),
        Resolution("return_to_supplier", "SEND THE REST BACK", _send_back),
    ),
    "under_receipt": (
        Resolution("close_line", "THE REST WILL NOT COME", _keep),
        Resolution("wait", "THE REST WILL COME", lambda case, _by: _reopen_purchase_order(case)),
    ),
    "damaged": (
        Resolution("scrap", "SCRAP IT", _scrap),
        Resolution("restock", "IT IS GOOD: RESTOCK", _restock),
        Resolution("return_to_supplier", "SEND IT BACK", _send_back),
    ),
    "weight": (Resolution("accept", "THE WEIGHT IS RIGHT", _keep),),
    "cancelled_goods": (Resolution("put_back", "THE GOODS ARE BACK", _keep),),
    "late_scan": (
        Resolution("put_back", "THE GOODS ARE BACK", _keep),
        Resolution("dismiss", "NOTHING WAS MOVED", _keep),
    ),
}


def _reopen_purchase_order(case: Discrepancy) -> None:
    line = db.session.get_one(PurchaseLine, case.purchase_line_id)
    db.session.get_one(PurchaseOrder, line.purchase_order_id).status = "open"


def open_cases(by: By) -> list[Discrepancy]:
    """What waits for a decision at the site, oldest first."""
    return list(
        db.session.scalars(
            select(Discrepancy)
            .where(Discrepancy.site_id == by.site_id, Discrepancy.status == "open")
            .order_by(Discrepancy.opened_at, Discrepancy.id)
        )
    )


def where(case: Discrepancy) -> str:
    """The place of a case in words."""
    location = db.session.get(Location, case.location_id) if case.location_id else None
    return location.code if location else ""


def order_of(case: Discrepancy) -> Order | None:
    """The customer order that a case is about."""
    if case.order_line_id is None:
        return None
    return db.session.get_one(Order, db.session.get_one(OrderLine, case.order_line_id).order_id)
