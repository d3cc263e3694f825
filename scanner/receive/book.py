"""Book: post the goods in hand to the lines of the order that want them; what is too many is asked for twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from scanner import discrepancies, goods, ledger, stock
from scanner.by import By
from scanner.db import db
from scanner.ledger import Spot, Why
from scanner.models import Item, PurchaseLine, Task
from scanner.receive.plan import document_of, lines_of, lock_lines
from scanner.refusals import Refusal

DAMAGE = {**discrepancies.DAMAGE, "EXPIRED": "past its date"}


def book(task: Task, unit_id: int, by: By) -> str:
    """Post the goods in hand from the supplier to the dock (or quarantine), line by line."""
    if task.state.get("damage") == "ask":
        raise Refusal("finish_first", "What is wrong with it", "a reason")
    lock_lines(task)
    held = task.state["goods"]
    item, qty = db.session.get_one(Item, held["item"]), held["qty"]  # read with the lines
    over = _too_many(task, item, qty)
    if over and task.state.get("confirm") != f"over {qty}" and by.asks_again():
        task.note(confirm=f"over {qty}")
        by.code, by.tone = "twice", "warn"
        return f"{over} more than ordered. Do the same again to book it all the same."
    target = _target(task, unit_id, by)
    _post(by, task, item, held, target)
    if over:
        _open_over(by, task, item, held.get("lot_id", 0), over, target)
    damage = task.state.get("damage")
    if damage:
        _open_damage(by, item, held.get("lot_id", 0), qty, target, damage)
    task.note(goods=None, confirm=None, damage=None)
    by.tone = "line"
    return f"{qty} {item.name} booked."


def _too_many(task: Task, item: Item, qty: int) -> int:
    """How many of `qty` are beyond the order and its tolerance; 0 when blind."""
    lines = lines_of(task, item.id)
    if not lines:
        return 0
    ordered, received = sum(line.ordered for line in lines), sum(line.received for line in lines)
    allowed = ordered + ordered * item.over_tolerance_pct // 100
    return max(0, received + qty - allowed) and received + qty - ordered


def _target(task: Task, unit_id: int, by: By) -> Spot:
    if task.state.get("damage"):
        return Spot(stock.first_location(by, "quarantine").id)
    assert task.location_id is not None
    return Spot(task.location_id, unit_id)


def _post(by: By, task: Task, item: Item, held: dict[str, Any], target: Spot) -> None:
    supplier = ledger.virtual(by.site_id, "supplier")
    serials = iter(goods.serials_on_file(item, held.get("serials") or [], supplier))
    for line, qty in _shares(task, item, held["qty"]):
        why = Why("receive", document_of(task), purchase_line_id=line.id if line else None)
        if line is not None:  # keep what was read in step with what the ledger counts
            set_committed_value(line, "received", line.received + qty)
        if item.tracking != "serial":
            ledger.move(by, item.id, qty, supplier, target, why, lot_id=held.get("lot_id", 0))
            continue
        for _ in range(qty):
            ledger.move(by, item.id, 1, supplier, target, why, serial_id=next(serials).id)


def _shares(task: Task, item: Item, qty: int) -> list[tuple[PurchaseLine | None, int]]:
    """Fill the lines with something left first; what is over goes to the last of them."""
    lines = lines_of(task, item.id)
    if not lines:
        return [(None, qty)]
    shares: list[tuple[PurchaseLine | None, int]] = []
    for line in lines:
        part = min(qty, max(0, line.ordered - line.received))
        if part:
            shares.append((line, part))
            qty -= part
    if qty:
        last, part = shares.pop() if shares else (lines[-1], 0)
        shares.append((last, part + qty))
    return shares


# --- what the desk must know -----------------------------------------------------------------------------------------


def _open_over(by: By, task: Task, item: Item, lot_id: int, over: int, target: Spot) -> None:
    line = lines_of(task, item.id)[-1]
    discrepancies.open_case(
        by,
        "over_receipt",
        book=f"{line.ordered} {item.name} ordered on {document_of(task)}",
        floor=f"{over} more came",
        qty=over,
        item_id=item.id,
        lot_id=lot_id,
        location_id=target.location_id,
        unit_id=target.unit_id,
        purchase_line_id=line.id,
    )


def _open_damage(by: By, item: Item, lot_id: int, qty: int, target: Spot, damage: str) -> None:
    discrepancies.open_case(
        by,
        "damaged",
        book=f"{qty} {item.name} delivered",
        floor=f"they are {DAMAGE[damage]}; in quarantine",
        qty=qty,
        item_id=item.id,
        lot_id=lot_id,
        location_id=target.location_id,
    )


def open_missing(by: By, task: Task, line: PurchaseLine) -> None:
    """Note what of a line did not come."""
    item = db.session.get_one(Item, line.item_id)  # read with the lines
    discrepancies.open_case(
        by,
        "under_receipt",
        book=f"{line.ordered} {item.name} ordered on {document_of(task)}",
        floor=f"{line.received} came",
        qty=line.received - line.ordered,
        item_id=item.id,
        purchase_line_id=line.id,
    )
