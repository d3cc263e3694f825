"""The plan: what of an order is still to be verified, where it lies, and in which step the packer stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from scanner import orders
from scanner.db import db
from scanner.ledger import Spot
from scanner.models import Balance, Customer, Item, Lot, Order, OrderLine, Task, Unit
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Line:
    """What is in a tote of one item and lot, and has not been verified."""

    item_id: int
    lot_id: int
    unit_id: int
    location_id: int
    qty: int

    @property
    def spot(self) -> Spot:
        """Where it is."""
        return Spot(self.location_id, self.unit_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One order line: what was promised to it and how much of that is packed."""

    id: int
    item_id: int
    allocated: int
    packed: int
    name: str
    sku: str

    @property
    def room(self) -> int:
        """Base units that are still to be packed."""
        return self.allocated - self.packed


@dataclass(slots=True)
class Work:
    """The order as the bench sees it. It is read in one statement and kept in step with what is posted."""

    number: str
    status: str
    is_held: bool
    carrier: str
    service: str
    wanted: list[Wanted]
    left: list[Line]
    lots: dict[int, Lot]  # of what is left

    @property
    def bench_id(self) -> int | None:
        """Where the totes with goods stand; None when there are none."""
        return self.left[0].location_id if self.left else None

    def lots_of(self, lines: list[Line]) -> list[Lot]:
        """The lots of some lines, each once."""
        return [self.lots[lot_id] for lot_id in dict.fromkeys(line.lot_id for line in lines) if lot_id]


# --- reading ---------------------------------------------------------------------------------------------------------


def work_of(task: Task) -> Work:
    """The order's work, read once in an act."""
    return _work(task, is_locked=False)


def locked_work(task: Task) -> Work:
    """The same with the order locked: who holds or cancels it, or promises more to it, comes before or after."""
    return _work(task, is_locked=True)


def _work(task: Task, *, is_locked: bool) -> Work:
    if "work" not in task.memo:
        query = _WORK.with_for_update(of=Order) if is_locked else _WORK
        rows = db.session.execute(query, {"order": task.order_id}).all()
        first = rows[0]
        wanted = dict.fromkeys(
            Wanted(row.id, row.item_id, row.allocated, row.packed, row.Item.name, row.Item.sku) for row in rows
        )
        left = dict.fromkeys(
            Line(row.item_id, row.lot_id, row.unit_id, row.location_id, row.qty) for row in rows if row.qty is not None
        )
        task.memo["work"] = Work(
            number=first.number,
            status=first.status,
            is_held=first.is_held,
            carrier=first.carrier,
            service=first.service,
            wanted=[line for line in wanted if line.allocated],
            left=list(left),
            lots={row.Lot.id: row.Lot for row in rows if row.Lot is not None},
        )
    found: Work = task.memo["work"]
    return found


_CONTENT = (
    select(Balance.item_id, Balance.lot_id, Balance.unit_id, Balance.location_id, Balance.qty)
    .join(Unit, Unit.id == Balance.unit_id)
    .where(Unit.order_id == bindparam("order"), Unit.kind == "tote", Balance.qty > 0)
    .subquery()
)
_WORK = (
    select(
        Order.number,
        Order.status,
        Order.is_held,
        Order.carrier,
        Order.service,
        OrderLine.id,
        OrderLine.item_id,
        OrderLine.allocated,
        OrderLine.packed,
        Item,
        Lot,
        _CONTENT.c.lot_id,
        _CONTENT.c.unit_id,
        _CONTENT.c.location_id,
        _CONTENT.c.qty,
    )
    .join(OrderLine, OrderLine.order_id == Order.id)
    .join(Item, Item.id == OrderLine.item_id)
    .outerjoin(_CONTENT, _CONTENT.c.item_id == OrderLine.item_id)
    .outerjoin(Lot, Lot.id == _CONTENT.c.lot_id)
    .where(Order.id == bindparam("order"))
    .order_by(OrderLine.line, _CONTENT.c.lot_id)
)


def left_of(task: Task) -> list[Line]:
    """What is in the order's totes."""
    return work_of(task).left


def order_of(task: Task) -> Order:
    """The order that is packed."""
    return db.session.get_one(Order, task.order_id)


def check_order(task: Task) -> None:
    """Refuses order_cancelled, order_held, order_not_open when the order may not be packed (any more)."""
    work = locked_work(task)
    if work.is_held or work.status != "picked":
        orders.check_workable(order_of(task), "picked")


def instructions_of(task: Task) -> str:
    """How it is to be packed: the order's own words and the customer's for every order."""
    row = db.session.execute(
        select(Order.instructions, Customer.instructions)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.id == task.order_id)
    ).one()
    return "\n".join(text for text in row if text)


def step_of(task: Task) -> str:
    """The step that the packing is in."""
    state = task.state
    if not state.get("tote"):
        return "tote"
    if state.get("must_read") and not state.get("read"):
        return "instructions"
    if state.get("damage") == "ask":
        return "damage"
    if state.get("pending"):
        return str(state["pending"]["ask"])
    return "item" if left_of(task) else "weight"


# --- keeping in step -------------------------------------------------------------------------------------------------


def shares_of(task: Task, item_id: int, qty: int) -> list[tuple[int, int]]:
    """The order lines of an item that still have something to pack, with their shares of `qty`. Refuses too_many."""
    shares: list[tuple[int, int]] = []
    for line in work_of(task).wanted:
        share = min(qty, line.room) if line.item_id == item_id else 0
        if share > 0:
            shares.append((line.id, share))
            qty -= share
    if qty:
        raise Refusal("too_many", qty, "fewer")
    return shares


def remember(task: Task, taken: Line, order_line_id: int, qty: int) -> None:
    """Keep the work in step with what was just posted, instead of reading it again."""
    work, key = work_of(task), (taken.item_id, taken.lot_id, taken.unit_id)
    rows = [
        replace(line, qty=line.qty - qty) if (line.item_id, line.lot_id, line.unit_id) == key else line
        for line in work.left
    ]
    work.left = [line for line in rows if line.qty]
    work.wanted = [replace(w, packed=w.packed + qty) if w.id == order_line_id else w for w in work.wanted]
