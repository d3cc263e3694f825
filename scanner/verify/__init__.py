"""Verify and pack: every unit is scanned again at the bench, from the tote into the carton.

The packer scans the tote, reads and confirms the packing instructions, then scans each unit. Wrong, extra and damaged
units stop here. The carton is suggested and may be changed by scanning another type. The order closes on the last scan
(or on the weight, where the site weighs). The parcel's label and the packing slip print with it.
"""

from __future__ import annotations

from sqlalchemy import select

from scanner import goods, orders, tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect
from scanner.models import Customer, Order, Site, Task
from scanner.prompt import Prompt
from scanner.refusals import Refusal
from scanner.verify import label, parcel
from scanner.verify.exceptions import COMMANDS
from scanner.verify.label import KEPT as KEPT
from scanner.verify.pack import check_item, close, take_tote, weigh
from scanner.verify.plan import check_order, instructions_of, step_of
from scanner.verify.prompts import PROMPTS, done_prompt

TITLE = "PACK"
ROLES = ("packer",)


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the packing of an order, by its number or by its tote, or go on with it.

    Refuses: unknown_document, order_cancelled, order_held, order_not_open, not_your_task.
    """
    order = orders.by_number(document, by)
    task = tasks.resume("verify", by, order_id=order.id)
    if task is not None:
        return task
    orders.check_workable(order, "picked")
    task = tasks.open_task("verify", by, order_id=order.id)
    carton = parcel.suggest_carton(task)
    task.note(
        number=order.number,
        must_read=bool(instructions_of(task)) or None,
        must_weigh=db.session.get_one(Site, task.site_id).must_weigh or None,
        carton=carton.id if carton else None,
        carton_name=carton.name if carton else None,
    )
    parcel.new_parcel(task, by)
    return task


def prompt(task: Task) -> Prompt:
    """What the packer does next."""
    title = f"PACK {task.state.get('number', '')}"
    if task.status != "open":
        return done_prompt(task, title)
    asked = goods.pending_prompt(task, title, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return PROMPTS[step_of(task)](task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what packing expects: tote, units, a carton type, a weight, or a command."""
    check_order(task)
    by.step = step_of(task)
    if found.kind == "command":
        return tasks.command_of(found, COMMANDS, "an item of this order")(task, found, by)
    if found.kind == "carton":
        return parcel.choose_carton(task, found, by)
    if found.kind == "fields" and found.scan.weight_g is not None:
        return weigh(task, found, by)
    if found.kind == "unit" or by.step == "tote":
        return take_tote(task, found, by)
    if by.step == "instructions":
        raise Refusal("confirm_instructions")
    if by.step == "weight":
        raise Refusal("wrong_kind", found.words, "the weight")
    if not goods.is_answer(task, found):
        expect(found, "an item of this order", "item")
    return check_item(task, found, by)


def prints(task: Task, *, by: By) -> str:
    """PRINT: the labels of closed parcels and the slip that have not been printed; "" without any."""
    return label.prints(task, by=by)


def finish(task: Task, *, by: By) -> None:
    """Close the parcel and the order. Refuses too_few while units are missing, confirm_instructions."""
    close(task, by)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: the parcel is as the notebook has it."""
    parcel.after_undo(task)


def cancelled(task: Task, *, by: By) -> None:
    """After the desk ended the packing: its parcel goes with it, unless there are goods in it."""
    task.note(parcel=None, unit=None)
    undone(task, by=by)


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Orders whose totes stand at a bench, the earliest promised first."""
    rows = db.session.execute(
        select(Order.number, Order.promised_on, Customer.name)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.site_id == by.site_id, Order.status == "picked", ~Order.is_held)
        .order_by(Order.promised_on.is_(None), Order.promised_on, Order.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(row.number, row.number, row.name, bool(row.promised_on and row.promised_on < by.today))
        for row in rows
    ]
