"""Settle: the end of a count: what differs from the book is posted, counted again, or left to a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from scanner import discrepancies, ledger, orders, tasks
from scanner.by import By
from scanner.count.entries import entries_of
from scanner.db import db
from scanner.ledger import Spot
from scanner.models import Balance, Discrepancy, Item, LedgerHead, Location, Serial, Site, Task
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Variance:
    """One item, lot and unit (or one serial number) that is not as the book has it. Quantities are base units."""

    item_id: int
    lot_id: int
    unit_id: int
    counted: int
    book: int
    seq: int  # the ledger's position that the book's figure stands for
    serial_id: int = 0

    @property
    def delta(self) -> int:
        """What the floor has more than the book."""
        return self.counted - self.book


def close(task: Task, by: By) -> str:
    """Close the location, and say so; or have it counted once more."""
    finish(task, by)
    if task.status == "open":
        by.code, by.tone = "recount", "warn"
        return "Please count once more."
    by.tone = "done"
    return "Counted. Thank you."


def finish(task: Task, by: By) -> None:
    """Compare, and post, ask again, or open a discrepancy. Refuses finish_first."""
    if task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", f"the {task.state['pending']['ask']}")
    variances = _variances(task, by)
    by.is_final = True
    if not variances:
        discrepancies.end_doubts(by, task.location_id or 0)
    elif task.state["round"] == 1:
        task.note(round=2, at=None, entries={}, current=None)
        return
    else:
        _settle(task, variances, by)
    tasks.close(task)


# --- what differs ----------------------------------------------------------------------------------------------------


def _variances(task: Task, by: By) -> list[Variance]:
    """Every key that differs: what was counted, and what is in the book but was not seen."""
    entries, seen_units = entries_of(task), task.state.get("units", [])
    seen = {(entry.item_id, entry.lot_id) for entry in entries}
    singles = {entry.item_id: set(entry.serials) for entry in entries if entry.serials}
    found = [
        Variance(row.item_id, row.lot_id, row.unit_id, 0, row.qty, row.seq)
        for row in _book(task, by)
        if (row.unit_id not in seen_units if row.unit_id else (row.item_id, row.lot_id) not in seen)
    ]
    found += [Variance(e.item_id, e.lot_id, 0, e.counted, e.book, e.seq) for e in entries]
    differing = [one for one in found if one.delta or (one.item_id in singles and not one.unit_id)]
    items = _items(differing)
    return [
        single
        for one in differing
        for single in (
            _by_serial(task, one, singles.get(one.item_id, set())) if items[one.item_id].tracking == "serial" else [one]
        )
    ]


def _book(task: Task, by: By) -> Sequence[Any]:
    """What the book has at the location, with the ledger's position: one statement, so that both are of one instant."""
    here = and_(Balance.site_id == LedgerHead.site_id, Balance.location_id == task.location_id, Balance.qty > 0)
    return db.session.execute(
        select(LedgerHead.seq, Balance.item_id, Balance.lot_id, Balance.unit_id, Balance.qty)
        .join(Balance, here)
        .where(LedgerHead.site_id == by.site_id)
    ).all()


def _items(variances: list[Variance]) -> dict[int, Item]:
    """The items of some variances, in one statement."""
    ids = {one.item_id for one in variances}
    rows = db.session.scalars(select(Item).where(Item.id.in_(ids))) if ids else ()
    return {item.id: item for item in rows}


def _by_serial(task: Task, one: Variance, serials: set[int]) -> list[Variance]:
    """Goods with serial numbers differ one by one: each that is missing, each that is too many."""
    seen = set() if one.unit_id else serials
    here = set(
        db.session.scalars(
            select(Serial.id).where(
                Serial.item_id == one.item_id,
                Serial.location_id == task.location_id,
                Serial.unit_id == one.unit_id,
            )
        )
    )
    missing = [Variance(one.item_id, 0, one.unit_id, 0, 1, one.seq, serial_id) for serial_id in sorted(here - seen)]
    extra = [Variance(one.item_id, 0, one.unit_id, 1, 0, one.seq, serial_id) for serial_id in sorted(seen - here)]
    return missing + extra


# --- what becomes of it ----------------------------------------------------------------------------------------------


def _settle(task: Task, variances: list[Variance], by: By) -> None:
    """After the recount: small differences are posted now; large ones are counted by another person, then decided."""
    site = db.session.get_one(Site, by.site_id)
    large = [one for one in variances if _is_large(one, site) or _is_in_a_hand(task, one, by)]
    lost: list[int] = []
    for one in variances:
        if one not in large:
            case = _open_case(task, one, by)
            # the delta, not the figure: what moved after the counting scan has moved, and stays moved
            lost += discrepancies.adjust_by(case, by, one.delta)
            discrepancies.settle(case, by, "approve")
    if not large:
        discrepancies.end_doubts(by, task.location_id or 0)
    orders.allocate_lines(by, lost)
    if large and task.state["round"] == 2:
        _ask_another(task, by)
        return
    for one in large:
        _open_case(task, one, by)


def _is_large(one: Variance, site: Site) -> bool:
    item = db.session.get_one(Item, one.item_id)  # read with the variances
    delta = abs(one.delta)
    is_serial = item.tracking == "serial"
    return is_serial or delta > site.count_limit_units or delta * item.value_cents > site.count_limit_cents


def _is_in_a_hand(task: Task, one: Variance, by: By) -> bool:
    """What is missing may have been picked without a network: a promise on lease would go, so it is not posted now."""
    if one.delta >= 0:
        return False
    assert task.location_id is not None
    spot = Spot(task.location_id, one.unit_id)
    promised = ledger.on_lease(by.site_id, one.item_id, one.lot_id, spot)
    return bool(promised) and ledger.on_hand(by.site_id, one.item_id, one.lot_id, spot) - promised < -one.delta


def _open_case(task: Task, one: Variance, by: By) -> Discrepancy:
    item = db.session.get_one(Item, one.item_id)  # read with the variances
    location = db.session.get_one(Location, task.location_id)
    return discrepancies.open_case(
        by,
        "count_variance",
        book=f"{one.book} {item.name} at {location.code}",
        floor=f"{one.counted} counted",
        qty=one.delta,
        item_id=item.id,
        lot_id=one.lot_id,
        serial_id=one.serial_id,
        location_id=location.id,
        unit_id=one.unit_id,
        as_of_seq=one.seq,
    )


def _ask_another(task: Task, by: By) -> None:
    """Another person counts the whole location again, without knowing what was found."""
    assert task.location_id is not None
    discrepancies.ask_for_count(
        by, task.location_id, "count again", not_by=[*task.state.get("not_by", []), by.person_id], round_=3
    )
