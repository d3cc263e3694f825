"""The plan: what a purchase order still wants, and in which step the receiver stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from scanner.by import By
from scanner.db import db
from scanner.find import find, read_code
from scanner.models import Item, PurchaseLine, PurchaseOrder, Task
from scanner.refusals import Refusal


def purchase_order(document: str, by: By) -> PurchaseOrder:
    """The purchase order with this number, or behind this label. Refuses unknown_document."""
    found = find(read_code(document), by)
    order = found.thing if found.kind == "purchase_order" else None
    if order is None:
        named = select(PurchaseOrder).where(PurchaseOrder.site_id == by.site_id, PurchaseOrder.number == document)
        order = db.session.scalars(named).first()
    if order is None:
        raise Refusal("unknown_document", document[:40], "purchase order")
    known: PurchaseOrder = order
    return known


def lines_of(task: Task, item_id: int | None = None) -> list[PurchaseLine]:
    """The order's lines (of one item), those with something left first. They are read once for each act."""
    if task.purchase_order_id is None:
        return []
    if "lines" not in task.memo:
        _read(task, is_locked=False)
    lines = [line for line in task.memo["lines"] if item_id in (None, line.item_id)]
    return sorted(lines, key=lambda line: (line.received >= line.ordered, line.line))


def lock_lines(task: Task) -> None:
    """Read the order's lines and lock them: what colleagues book at this instant comes before or after."""
    if task.purchase_order_id is not None:
        _read(task, is_locked=True)


def _read(task: Task, *, is_locked: bool) -> None:
    query = _LINES.with_for_update(of=PurchaseLine) if is_locked else _LINES
    with db.session.no_autoflush:
        rows = db.session.execute(query, {"order": task.purchase_order_id}).all()
    task.memo["lines"] = [line for line, _item in rows]


_LINES = (
    select(PurchaseLine, Item)
    .join(Item, Item.id == PurchaseLine.item_id)
    .where(PurchaseLine.purchase_order_id == bindparam("order"))
    .order_by(PurchaseLine.line)
    .execution_options(populate_existing=True)
)


def left_of(lines: list[PurchaseLine]) -> int:
    """Base units that are still due."""
    return sum(max(0, line.ordered - line.received) for line in lines)


def in_hand(task: Task) -> dict[str, Any] | None:
    """The goods that are scanned and not booked: item, qty, lot_id, lot, expiry, best_before, serials."""
    held: dict[str, Any] | None = task.state.get("goods")
    return held


def step_of(task: Task) -> str:
    """The step that the receipt is in."""
    if task.state.get("pending"):
        return str(task.state["pending"]["ask"])
    if task.state.get("damage") == "ask":
        return "damage"
    return "bind" if in_hand(task) else "item"


def document_of(task: Task) -> str:
    """What the moves of the receipt name as their document."""
    if task.purchase_order_id is None:
        return f"blind receipt {task.id}"
    return str(task.state["number"])
