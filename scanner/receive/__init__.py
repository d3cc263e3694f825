"""Receive: goods in at the dock, against a purchase order or blind.

The receiver scans a case: item, lot, date and count come from a GS1 label, and what the label does not say is asked
for. More cases of the same add up. A unit label (pallet, tote) binds the goods to it and books them; where a printer
serves the dock, a new one comes out by itself. DONE books them loose at the dock. Damaged goods go to quarantine with a
reason. Several people may receive one order at once.
"""

from __future__ import annotations

from sqlalchemy import select

from scanner import goods, stock, tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect
from scanner.models import PurchaseOrder, Supplier, Task
from scanner.prompt import Prompt
from scanner.receive import exceptions, label
from scanner.receive.label import KEPT as KEPT
from scanner.receive.plan import purchase_order, step_of
from scanner.receive.prompts import PROMPTS, progress, title_of
from scanner.receive.take import after_undo, bind, take_dock, take_goods
from scanner.refusals import Refusal

TITLE = "RECEIVE"
ROLES = ("receiver",)


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open a receipt for a purchase order, or a blind one when `document` is empty.

    Several people may have a task on one order. Refuses: unknown_document, order_not_open.
    """
    dock = stock.first_location(by, "dock")
    if not document:
        return tasks.own_for(by, "receive", purchase_order_id=None) or tasks.open_task(
            "receive", by, location_id=dock.id, state={"dock": dock.code}
        )
    order = purchase_order(document, by)
    if order.status != "open":
        raise Refusal("order_not_open", order.number, other=order.status)
    mine = tasks.own_for(by, "receive", purchase_order_id=order.id)
    if mine is not None:
        return mine
    state = {
        "number": order.number,
        "supplier": db.session.get_one(Supplier, order.supplier_id).name,
        "dock": dock.code,
    }
    return tasks.open_task("receive", by, purchase_order_id=order.id, location_id=dock.id, state=state)


def prompt(task: Task) -> Prompt:
    """What the receiver does next."""
    title = title_of(task)
    if task.status != "open":
        return tasks.done_prompt(task, title, "The receipt is closed.")
    asked = goods.pending_prompt(task, title, progress=progress(task), actions=(tasks.action("UNDO"),))
    return asked if asked is not None else PROMPTS[step_of(task)](task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the receipt expects: goods, a unit label, the dock, or a command."""
    by.step = step_of(task)
    if found.kind == "command":
        return tasks.command_of(found, exceptions.COMMANDS, "an item or a pallet label")(task, found, by)
    if found.kind == "unit":
        return bind(task, found, by)
    if found.kind == "location":
        return take_dock(task, found, by)
    if not goods.is_answer(task, found):
        expect(found, "an item", "item")
    return take_goods(task, found, by)


def prints(task: Task, *, by: By) -> str:
    """PRINT: the label of the unit that the goods in hand go onto; "" without any."""
    return label.prints(task, by=by)


def finish(task: Task, *, by: By) -> None:
    """Close the receipt. Refuses finish_first while goods are scanned but not booked."""
    exceptions.finish(task)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: the goods come in at the dock that the notebook names."""
    after_undo(task)


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Purchase orders that goods may come in for, the earliest due first, and the blind receipt."""
    rows = db.session.execute(
        select(PurchaseOrder.number, PurchaseOrder.due_on, Supplier.name)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.site_id == by.site_id, PurchaseOrder.status == "open")
        .order_by(PurchaseOrder.due_on.is_(None), PurchaseOrder.due_on, PurchaseOrder.id)
        .limit(tasks.WAITING_MOST)
    )
    due = [
        tasks.Waiting(
            row.number,
            row.number,
            row.name + (f", due {row.due_on}" if row.due_on else ""),
            is_late=bool(row.due_on and row.due_on < by.today),
        )
        for row in rows
    ]
    return [*due, tasks.Waiting("", "Without an order", "blind receipt")]
