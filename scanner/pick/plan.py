"""The plan: what of an order is still to be picked, in walking order, and where in it the picker stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Executable, bindparam, select

from scanner import orders
from scanner.db import connection, db
from scanner.find import unit_name
from scanner.ledger import Spot
from scanner.models import Balance, Item, Location, Lot, Order, OrderLine, Reservation, Task, Unit

STOPS_AHEAD = 3  # read at each scan
WORKABLE = ("open", "picking", "picked")
WANTED = {
    "tote": "a tote",
    "location": "the location",
    "item": "the item",
    "short": "a reason",
    "drop": "the packing bench",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One promise that is still to be picked: so many of that, from there."""

    reservation_id: int
    order_line_id: int
    location_id: int
    unit_id: int
    item_id: int
    lot_id: int
    qty: int
    posted: int
    sku: str
    name: str
    uom: str
    tracking: str
    lot_code: str
    expiry: date | None
    best_before: date | None
    unit_kind: str
    unit_code: str
    location_code: str
    scan_body: str
    aisle: str
    bay: str
    level: str
    position: str
    x_mm: int | None
    y_mm: int | None
    check_digits: str
    order_status: str
    is_order_held: bool

    @property
    def left(self) -> int:
        """Base units that are still to be picked."""
        return self.qty - self.posted

    @property
    def spot(self) -> Spot:
        """Where they are."""
        return Spot(self.location_id, self.unit_id)

    @property
    def code(self) -> str:
        """The location's code."""
        return self.location_code

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Lot, dates and unit, for reading."""
        facts = [("lot", self.lot_code)] if self.lot_id else []
        dates = (("expiry", self.expiry), ("best before", self.best_before))
        facts += [(name, day.isoformat()) for name, day in dates if day]
        return (*facts, ("in", unit_name(self.unit_kind, self.unit_code))) if self.unit_id else tuple(facts)


def order_of(task: Task) -> Order:
    """The order that is picked."""
    return db.session.get_one(Order, task.order_id)


def number_of(task: Task) -> str:
    """Its number, without reading it."""
    return str(task.state.get("number", ""))


def check_order(task: Task) -> None:
    """The order may still be worked on; what is read of it comes with the plan, while there is one."""
    line = next_line(task)
    if line is None or line.is_order_held or line.order_status not in WORKABLE:
        orders.check_workable(order_of(task), *WORKABLE)


def plan_of(task: Task) -> list[Line]:
    """What is to be picked next, in walking order: the coming stops, or all that is left when they have nothing.

    A long order is not read whole at every scan.
    """
    if "plan" not in task.memo:
        coming = task.state.get("stops", [])[:STOPS_AHEAD]
        task.memo["plan"] = _lines(task, _COMING, {"coming": coming}) or read(task)
    return list(task.memo["plan"])


def read(task: Task) -> list[Line]:
    """Open promises of the order, sorted by stop; at one place the lot that expires first comes first."""
    return _lines(task, _LINES, {})


def rehearse(task: Task) -> None:
    """From now on the plan is read from a picture of the book, which the steps that are played change."""
    task.memo["book"] = book = tuple(read(task))
    task.memo["facts"]["posted"] = {line.reservation_id: line.posted for line in book}


def _lines(task: Task, query: Executable, values: dict[str, Any]) -> list[Line]:
    order = {location_id: rank for rank, location_id in enumerate(task.state.get("stops", []))}
    book: tuple[Line, ...] | None = task.memo.get("book")
    if book is None:
        lines = [Line(*row) for row in connection().execute(query, {**values, "order": task.order_id})]
    else:
        places = values.get("coming")
        lines = [line for line in book if (places is None or line.location_id in places) and line.left]
    return sorted(
        lines,
        key=lambda line: (order.get(line.location_id, 10**6), _first_to_go(line), line.sku, line.reservation_id),
    )


# Put together once, run by every scan: to build it costs more than to run it.
_LINES = (
    select(
        Reservation.id,
        Reservation.order_line_id,
        Reservation.location_id,
        Reservation.unit_id,
        Reservation.item_id,
        Reservation.lot_id,
        Reservation.qty,
        Reservation.posted,
        Item.sku,
        Item.name,
        Item.uom,
        Item.tracking,
        Lot.code,
        Lot.expiry,
        Lot.best_before,
        Unit.kind,
        Unit.code,
        Location.code,
        Location.scan_body,
        Location.aisle,
        Location.bay,
        Location.level,
        Location.position,
        Location.x_mm,
        Location.y_mm,
        Location.check_digits,
        Order.status,
        Order.is_held,
    )
    .join(OrderLine, OrderLine.id == Reservation.order_line_id)
    .join(Order, Order.id == OrderLine.order_id)
    .join(Item, Item.id == Reservation.item_id)
    .join(Lot, Lot.id == Reservation.lot_id)
    .join(Unit, Unit.id == Reservation.unit_id)
    .join(Location, Location.id == Reservation.location_id)
    .where(OrderLine.order_id == bindparam("order"), Reservation.state == "open")
)
_COMING = _LINES.where(Reservation.location_id.in_(bindparam("coming", expanding=True)))


def _first_to_go(line: Line) -> date:
    return min((day for day in (line.expiry, line.best_before) if day), default=date.max)


def next_line(task: Task) -> Line | None:
    """What is to be picked now; None when nothing is left."""
    plan = plan_of(task)
    return plan[0] if plan else None


def step_of(task: Task) -> str:
    """The step that the pick is in."""
    state = task.state
    if state.get("unpick"):
        return "unpick"
    current = next_line(task)
    if state.get("short") and current is not None:
        return "short"
    if state.get("pending"):
        return str(state["pending"]["ask"])
    if current is None:
        return "drop" if state.get("totes") else "nothing"
    if not state.get("tote"):
        return "tote"
    return "item" if state.get("at") == current.location_id else "location"


def lines_here(task: Task) -> list[Line]:
    """The lines at the location that the picker stands at."""
    return [line for line in plan_of(task) if line.location_id == task.state.get("at")]


def remember(task: Task, line: Line, taken: int) -> None:
    """Keep the plan in step with what was just posted, instead of reading it again."""
    _replace(task, line, replace(line, posted=line.posted + taken))


def forget(task: Task, line: Line) -> None:
    """The rest of a line is not promised any more; the plan is read again."""
    _replace(task, line, None)
    task.memo.pop("plan", None)


def _replace(task: Task, old: Line, new: Line | None) -> None:
    for name in ("plan", "book"):
        if name in task.memo:
            rows = [new if row.reservation_id == old.reservation_id else row for row in task.memo[name]]
            task.memo[name] = tuple(row for row in rows if row is not None and (row.left or name == "book"))


def lots_at(task: Task, line: Line) -> list[Lot] | None:
    """The lots at a line's place, less what was taken while the pick was only played; None in reality: ask the book."""
    book: tuple[Line, ...] | None = task.memo.get("book")
    if book is None or line.tracking != "lot":
        return None
    facts, where = task.memo["facts"], (line.location_id, line.unit_id, line.item_id)
    if ("lots", where) not in facts:
        facts["lots", where] = db.session.execute(_LOTS, dict(zip(("place", "unit", "item"), where, strict=True))).all()
    taken: dict[int, int] = {}
    for row in book:
        if (row.location_id, row.unit_id, row.item_id) == where:
            taken[row.lot_id] = taken.get(row.lot_id, 0) + row.posted - facts["posted"][row.reservation_id]
    return [lot for lot, qty in facts["lots", where] if qty > taken.get(lot.id, 0)]


_LOTS = (
    select(Lot, Balance.qty)
    .join(Balance, Balance.lot_id == Lot.id)
    .where(
        Balance.location_id == bindparam("place"),
        Balance.unit_id == bindparam("unit"),
        Balance.item_id == bindparam("item"),
        Balance.qty > 0,
    )
)
