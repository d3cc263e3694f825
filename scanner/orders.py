"""Customer orders: allocation of stock to their lines, holds, cancelling, and how far they have come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from scanner import ledger, stock, tasks
from scanner.audit import audit
from scanner.by import By
from scanner.db import db
from scanner.find import find, read_code, unit_words
from scanner.ledger import Spot
from scanner.models import Balance, Customer, Order, OrderLine, Parcel, Reservation, Task, Unit
from scanner.planning.allocate import Allocation, Wanted, allocate
from scanner.refusals import Refusal

TRIES = 4  # of an allocation whose stock is taken by others meanwhile
OPEN_STATES = ("open", "picking", "picked")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an allocation got: units promised, and by order line what is missing."""

    promised: int
    short: dict[int, int]


def by_number(document: str | None, by: By) -> Order:
    """The order with this number, or behind this code (its label, its tote); locked. Refuses unknown_document."""
    if not document:
        raise Refusal("unknown_document", "", "order")
    found = find(read_code(document), by)
    order = found.thing if found.kind == "order" else None
    if found.kind == "unit" and found.thing is not None and found.thing.order_id:
        order = db.session.get(Order, found.thing.order_id)
    if order is None:
        order = db.session.scalars(select(Order).where(Order.site_id == by.site_id, Order.number == document)).first()
    if order is None:
        raise Refusal("unknown_document", document[:40], "order")
    return lock(order.id)


def lock(order_id: int) -> Order:
    """The order as it is now, locked until the end of the transaction."""
    return db.session.scalars(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def check_workable(order: Order, *states: str) -> None:
    """Refuses order_cancelled, order_held, order_not_open unless the order is in one of `states` and free to go on."""
    if order.status == "cancelled":
        raise Refusal("order_cancelled", order.number)
    if order.is_held:
        raise Refusal("order_held", order.number)
    if order.status not in states:
        raise Refusal("order_not_open", order.number, other=order.status)


def allocate_order(by: By, order: Order) -> Outcome:
    """Promise free stock to what the order needs, first expired first; what is taken meanwhile is sought elsewhere."""
    if by.is_rehearsal:
        return Outcome(0, {})
    promised = 0
    for _try in range(TRIES):
        wanted = _wanted(order)
        plan = allocate(wanted, stock.free_rows(by, {w.item_id for w in wanted}), today=by.today)
        got, lost = _promise(by, plan.allocations)
        promised += got
        if not lost:
            return Outcome(promised, plan.short)
    return Outcome(promised, {w.line_id: w.qty for w in _wanted(order)})


def allocate_lines(by: By, line_ids: Iterable[int]) -> None:
    """Allocate again for the orders of lines that lost stock."""
    ids = list(line_ids)
    if not ids:
        return
    order_ids = db.session.scalars(select(OrderLine.order_id).where(OrderLine.id.in_(ids)).distinct())
    for order_id in sorted(order_ids):
        order = lock(order_id)
        if order.status in OPEN_STATES and not order.is_held:
            allocate_order(by, order)


def _wanted(order: Order) -> list[Wanted]:
    customer = db.session.get_one(Customer, order.customer_id)
    lines = db.session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order.id, OrderLine.allocated < OrderLine.ordered, ~OrderLine.is_closed_short)
        .order_by(OrderLine.line)
        .execution_options(populate_existing=True)
    )
    return [Wanted(line.id, line.item_id, line.ordered - line.allocated, customer.min_life_days) for line in lines]


def _promise(by: By, allocations: list[Allocation]) -> tuple[int, bool]:
    """Reserve in the order of the balance keys. Returns the units promised, and whether somebody was faster."""
    got, lost = 0, False
    for row in sorted(allocations, key=lambda a: (a.location_id, a.unit_id, a.item_id, a.lot_id)):
        try:
            ledger.reserve(by, row.line_id, row.item_id, row.lot_id, Spot(row.location_id, row.unit_id), row.qty)
            got += row.qty
        except Refusal as refusal:
            if refusal.code not in ("not_enough", "held", "expired"):
                raise
            lost = True
    return got, lost


def open_reservations(order_id: int) -> list[Reservation]:
    """The order's promises that are still to be picked."""
    return list(
        db.session.scalars(
            select(Reservation)
            .join(OrderLine, OrderLine.id == Reservation.order_line_id)
            .where(OrderLine.order_id == order_id, Reservation.state == "open")
            .order_by(Reservation.id)
        )
    )


def picked(order_id: int) -> dict[int, int]:
    """By order line: how many base units have been picked and not put back."""
    rows = db.session.execute(
        select(OrderLine.id, Reservation.posted - Reservation.undone)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == order_id)
    )
    figures: dict[int, int] = {}
    for line_id, qty in rows:
        figures[line_id] = figures.get(line_id, 0) + qty
    return figures


def hold(by: By, order: Order, reason: str) -> None:
    """Nobody may pick, pack or load it until it is released."""
    order.is_held = True
    audit(by, "order.hold", order.number, reason)


def end_hold(by: By, order: Order) -> None:
    """Work may go on."""
    order.is_held = False
    audit(by, "order.release", order.number)


def cancel(by: By, order: Order, reason: str) -> None:
    """Cancel an order that has not been packed: its promises end, what was picked must be brought back.

    Refuses order_not_open.
    """
    if order.status not in OPEN_STATES:
        raise Refusal("order_not_open", order.number, other=order.status)
    open_tasks = list(  # locked first: a scan in one of them comes before all of this or is refused
        db.session.scalars(
            select(Task)
            .where(Task.order_id == order.id, Task.status == "open")
            .order_by(Task.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    for reservation in open_reservations(order.id):
        ledger.release(by, reservation.id)
    order.status = "cancelled"
    _give_back(by, order)
    for task in open_tasks:
        tasks.close(task, "cancelled")
    audit(by, "order.cancel", order.number, reason)


def _give_back(by: By, order: Order) -> None:
    """What was picked of a cancelled order must go back to the shelf: its totes are free to be put away."""
    from scanner import discrepancies  # it needs this module; a cancelled order is the one case the other way round

    for tote in units_of(order.id):
        content = stock.rows(by, Balance.unit_id == tote.id)
        tote.order_id = None
        for row in content:
            discrepancies.open_case(
                by,
                "cancelled_goods",
                book=f"order {order.number} is cancelled",
                floor=f"{row.qty} {row.item.name} are in {unit_words(tote)}: put them away",
                qty=row.qty,
                item_id=row.item.id,
                lot_id=row.lot.id,
                location_id=row.location.id,
                unit_id=tote.id,
            )


def units_of(order_id: int) -> list[Unit]:
    """The totes and cartons that are bound to an order."""
    return list(db.session.scalars(select(Unit).where(Unit.order_id == order_id).order_by(Unit.id)))


def parcels_of(order_id: int) -> list[Parcel]:
    """The order's parcels."""
    return list(db.session.scalars(select(Parcel).where(Parcel.order_id == order_id).order_by(Parcel.id)))
