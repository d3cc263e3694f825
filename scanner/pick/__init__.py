"""Pick: take the goods of one order from the shelves into a tote.

The picker scans a tote once, then over and over: the location, the item. The item stays hidden until the location is
proven. Stock was promised when the pick began (first expired first), in the order of the shortest walk. At the end the
tote is brought to the packing bench and the bench is scanned.
"""

from __future__ import annotations

from sqlalchemy import Exists, and_, exists, func, or_, select

from scanner import goods, ledger, orders, tasks, units, walk
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect
from scanner.ledger import Why
from scanner.models import Customer, Order, OrderLine, Task
from scanner.pick.exceptions import COMMANDS, put_back
from scanner.pick.plan import WANTED, WORKABLE, check_order, number_of, read, step_of
from scanner.pick.prompts import PROMPTS, asked_beside
from scanner.pick.take import after_undo, prove_location, take_item, take_tote
from scanner.prompt import Prompt
from scanner.refusals import Refusal

TITLE = "PICK"
ROLES = ("picker",)


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the pick of an order, or go on with it.

    Refuses: unknown_document, order_cancelled, order_held, order_not_open, not_your_task, nothing_to_pick.
    """
    order = orders.by_number(document, by)
    task = tasks.resume("pick", by, order_id=order.id)
    if task is not None:
        return task
    orders.check_workable(order, *WORKABLE)
    orders.allocate_order(by, order)
    task = tasks.open_task("pick", by, order_id=order.id)
    plan, totes = read(task), _filled_totes(order.id) if order.status == "picking" else []
    if not plan and not totes:
        raise Refusal("nothing_to_pick", order.number)
    stops = walk.sort(by, {line.location_id for line in plan})
    task.note(number=order.number, stops=stops, cross=walk.cross_aisles(by), total=len(stops), totes=totes or None)
    task.memo.clear()
    order.status = "picking"
    db.session.flush()
    return task


def prompt(task: Task) -> Prompt:
    """What the picker does next."""
    title = f"PICK {number_of(task)}"
    if task.status != "open":
        return tasks.done_prompt(task, title, "It is picked." if task.status == "done" else "Cancelled.")
    step_name = step_of(task)
    if step_name in ("lot", "serial"):
        asked = goods.pending_prompt(task, title, **asked_beside(task))
        assert asked is not None
        return asked
    return PROMPTS[step_name](task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the pick expects: tote, location, item, bench, or a command."""
    check_order(task)
    by.step = step_of(task)
    if found.kind == "command":
        return tasks.command_of(found, COMMANDS, WANTED.get(by.step, "the next code"))(task, found, by)
    if by.step == "short":  # it was found after all
        task.note(short=None)
        by.step = step_of(task)
    if by.step == "nothing":  # its promises have ended: a hold, a count
        raise Refusal("nothing_to_do")
    if by.step == "tote":
        return take_tote(task, found, by)
    if by.step == "unpick":
        return put_back(task, found, by)
    if by.step == "drop":
        return _drop(task, found, by)
    if found.kind == "location" or by.step == "location":
        return prove_location(task, found, by)
    return take_item(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """The tote is at the bench: the order waits for verification. Refuses too_few while lines are open."""
    order = orders.lock(task.order_id or 0)  # before the last look: what is promised to it meanwhile is picked, too
    left = sum(line.left for line in read(task))
    if left:
        raise Refusal("too_few", "some", f"{left} more")
    order.status = "picked"
    tasks.close(task)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: totes that the notebook no longer knows are free again; what the order lacks is promised again."""
    after_undo(task, by)


def cancelled(task: Task, *, by: By) -> None:
    """After the desk ended the pick: the order is open again, unless a tote holds goods; then somebody goes on."""
    order = orders.lock(task.order_id or 0)
    for unit in orders.units_of(order.id):
        if unit.kind == "tote":
            units.free(unit)
    if order.status == "picking" and not _filled_totes(order.id):
        order.status = "open"


def _filled_totes(order_id: int) -> list[int]:
    """The ids of the order's totes with goods in them."""
    return [tote.id for tote in units.filled_totes(order_id)]


def _drop(task: Task, found: Found, by: By) -> str:
    """The totes stand at the bench: move them there with all that is in them."""
    bench = expect(found, "the label of a packing bench", "location").thing
    if bench.kind != "pack":
        raise Refusal("wrong_location", bench.code, "a packing bench")
    totes = units.filled_totes(task.order_id or 0)
    for place in sorted({tote.location_id or 0 for tote in totes} - {bench.id}):
        together = [tote for tote in totes if tote.location_id == place]
        ledger.move_units(by, together, bench.id, Why("pick", number_of(task)))
    finish(task, by=by)
    by.is_final = True
    return f"{number_of(task)} is at {bench.code}."


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Orders that may be picked, the earliest promised first."""
    rows = db.session.execute(
        select(Order.number, Order.promised_on, Customer.name, func.count(OrderLine.id).label("lines"))
        .join(Customer, Customer.id == Order.customer_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.site_id == by.site_id,
            ~Order.is_held,
            OrderLine.packed < OrderLine.ordered,
            or_(Order.status == "open", and_(Order.status == "picking", ~_being_picked())),
        )
        .group_by(Order.id, Order.number, Order.promised_on, Customer.name)
        .order_by(Order.promised_on.is_(None), Order.promised_on, Order.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(
            row.number,
            row.number,
            f"{row.lines} line{'s' if row.lines != 1 else ''}, {row.name}"
            + (f", due {row.promised_on}" if row.promised_on else ""),
            is_late=bool(row.promised_on and row.promised_on < by.today),
        )
        for row in rows
    ]


def _being_picked() -> Exists:
    """SQL: somebody has the order's pick in hand."""
    return exists().where(
        Task.order_id == Order.id, Task.workflow == "pick", Task.status == "open", Task.person_id.is_not(None)
    )
