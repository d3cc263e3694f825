"""Promises: stock reserved for an order line: given, posted by picking, or released; each ends once."""

from __future__ import annotations

from sqlalchemy import bindparam, case, func, select, update

from scanner import leases
from scanner.by import By
from scanner.db import connection, db, now, table_of
from scanner.ledger.fitness import is_unfit, refuse_lot
from scanner.ledger.lines import bump
from scanner.ledger.spots import Spot, free, key
from scanner.models import Balance, Item, Lot, Move, OrderLine, Reservation
from scanner.models.stock import MOST
from scanner.refusals import Refusal


def check_quantity(qty: int, serial_id: int) -> None:
    """Refuses bad_quantity, serial_has_one."""
    if not 0 < qty <= MOST:
        raise Refusal("bad_quantity", qty)
    if serial_id and qty != 1:
        raise Refusal("serial_has_one")


def reserve(by: By, order_line_id: int, item_id: int, lot_id: int, spot: Spot, qty: int) -> int:
    """Promise `qty` of the free stock of one key to an order line; returns the reservation's id.

    Refuses: not_enough, held, expired (the state under the lock decides; nothing is written then, so the caller may
    look elsewhere); too_many (more than was ordered).
    """
    check_quantity(qty, 0)
    if by.is_rehearsal:
        return 0
    _promise(by, item_id, lot_id, spot, qty)
    if not bump(OrderLine, order_line_id, "allocated", qty):
        raise Refusal("too_many", qty, "fewer")
    row = Reservation(
        site_id=by.site_id,
        order_line_id=order_line_id,
        location_id=spot.location_id,
        item_id=item_id,
        lot_id=lot_id,
        unit_id=spot.unit_id,
        qty=qty,
        posted=0,
        undone=0,
        state="open",
        created_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def _promise(by: By, item_id: int, lot_id: int, spot: Spot, qty: int) -> None:
    promised = db.session.execute(
        update(Balance)
        .where(
            key(by.site_id, item_id, lot_id, spot), Balance.qty - Balance.reserved >= qty, ~is_unfit(by, lot_id, spot)
        )
        .values(reserved=Balance.reserved + qty)
        .execution_options(synchronize_session=False)
    )
    if promised.rowcount == 1:  # type: ignore[attr-defined]
        return
    if lot_id:
        refuse_lot(by, db.session.get_one(Item, item_id), db.session.get_one(Lot, lot_id, populate_existing=True))
    raise Refusal("not_enough", free(by.site_id, item_id, lot_id, spot), qty)


def release(by: By, reservation_id: int) -> int:
    """End a promise: what was not picked of it is free again. Returns how many; 0 if it had ended before."""
    if by.is_rehearsal:
        return db.session.scalar(_LEFT, {"promise": reservation_id, "site": by.site_id}) or 0
    row = db.session.execute(
        update(Reservation)
        .where(Reservation.id == reservation_id, Reservation.site_id == by.site_id, Reservation.state == "open")
        .values(state="released")
        .returning(
            Reservation.qty,
            Reservation.posted,
            Reservation.order_line_id,
            Reservation.item_id,
            Reservation.lot_id,
            Reservation.location_id,
            Reservation.unit_id,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    rest = 0 if row is None else row.qty - row.posted
    if row is None or rest == 0:
        return 0
    spot = Spot(row.location_id, row.unit_id)
    db.session.execute(
        update(Balance)
        .where(key(by.site_id, row.item_id, row.lot_id, spot))
        .values(reserved=Balance.reserved - rest)
        .execution_options(synchronize_session=False)
    )
    bump(OrderLine, row.order_line_id, "allocated", -rest)
    return int(rest)


_LEFT = select(Reservation.qty - Reservation.posted).where(
    Reservation.id == bindparam("promise"), Reservation.site_id == bindparam("site"), Reservation.state == "open"
)


def free_up(by: By, item_id: int, lot_id: int, spot: Spot, qty: int) -> list[int]:
    """Release the youngest promises on a key until `qty` of it are free. Returns the order lines that lost stock.

    Those that a device has on lease are the last to go: their goods may be in a hand already.
    """
    lost: list[int] = []
    if by.is_rehearsal:
        return lost
    while free(by.site_id, item_id, lot_id, spot) < qty:
        row = db.session.execute(
            select(Reservation.id, Reservation.order_line_id)
            .where(
                Reservation.site_id == by.site_id,
                Reservation.location_id == spot.location_id,
                Reservation.item_id == item_id,
                Reservation.lot_id == lot_id,
                Reservation.unit_id == spot.unit_id,
                Reservation.state == "open",
            )
            .order_by(leases.covers_promise(), Reservation.id.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            break
        release(by, row.id)
        lost.append(row.order_line_id)
    return lost


def on_lease(site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    """How much of a key is promised to picks that devices have on lease: until they are heard, nobody knows more."""
    promised = select(func.coalesce(func.sum(Reservation.qty - Reservation.posted), 0)).where(
        Reservation.site_id == site_id,
        Reservation.location_id == spot.location_id,
        Reservation.item_id == item_id,
        Reservation.lot_id == lot_id,
        Reservation.unit_id == spot.unit_id,
        Reservation.state == "open",
        leases.covers_promise(),
    )
    return int(db.session.scalar(promised) or 0)


_PROMISE = table_of(Reservation)
_POST = (
    update(_PROMISE)
    .where(
        _PROMISE.c.id == bindparam("promise"),
        _PROMISE.c.state == "open",
        _PROMISE.c.posted + bindparam("n") <= _PROMISE.c.qty,
    )
    .values(
        posted=_PROMISE.c.posted + bindparam("n"),
        state=case((_PROMISE.c.posted + bindparam("n") == _PROMISE.c.qty, "posted"), else_="open"),
    )
)


def post(reservation_id: int, qty: int) -> None:
    """Note that `qty` of a promise have been picked. Refuses too_many."""
    if connection().execute(_POST, {"promise": reservation_id, "n": qty}).rowcount != 1:
        raise Refusal("too_many", qty, "fewer")


def unpost(by: By, old: Move) -> bool:
    """Picked goods go back to where they were promised: the promise stands again, if it did not end meanwhile.

    True if it does: then they are to be put back as promised. Else they are free, and their order line lacks them.
    """
    spot = Spot(old.source_id, old.source_unit_id)
    if not db.session.scalar(select(is_unfit(by, old.lot_id, spot))):
        stands = db.session.execute(
            update(Reservation)
            .where(Reservation.id == old.reservation_id, Reservation.state != "released")
            .values(posted=Reservation.posted - old.qty, state="open")
            .execution_options(synchronize_session=False)
        )
        if stands.rowcount == 1:  # type: ignore[attr-defined]
            return True
    db.session.execute(
        update(Reservation)
        .where(Reservation.id == old.reservation_id)
        .values(undone=Reservation.undone + old.qty)
        .execution_options(synchronize_session=False)
    )
    bump(OrderLine, old.order_line_id or 0, "allocated", -old.qty)
    return False


def redirect(by: By, unit_ids: list[int], source_id: int, target_id: int) -> None:
    """The open promises inside units go with them from one location to another."""
    db.session.execute(
        update(Reservation)
        .where(
            Reservation.site_id == by.site_id,
            Reservation.unit_id.in_(unit_ids),
            Reservation.location_id == source_id,
            Reservation.state == "open",
        )
        .values(location_id=target_id)
        .execution_options(synchronize_session=False)
    )
