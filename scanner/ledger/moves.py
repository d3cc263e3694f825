"""Moves: goods from a source to a target, and taking that back. A move is never changed."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, exists, select, update

from scanner.by import By
from scanner.db import db
from scanner.ledger import chain, lines, promises
from scanner.ledger.balances import shift
from scanner.ledger.fitness import refuse_if_unfit
from scanner.ledger.lines import Why
from scanner.ledger.serials import move_serial
from scanner.ledger.spots import Spot, key, virtual
from scanner.models import Balance, Location, Move, OrderLine, Reservation, Unit
from scanner.refusals import Refusal


def move(
    by: By, item_id: int, qty: int, source: Spot, target: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0
) -> None:
    """Post one move.

    Refuses: bad_quantity; same_place; not_enough (the source has fewer that are free, or fewer left of the
    reservation); held, expired (the target is a place for goods on their way to a customer); wrong_serial; too_many
    (a document line would exceed what it allows).
    """
    promises.check_quantity(qty, serial_id)
    if source == target:
        raise Refusal("same_place", code_of(target.location_id))
    if by.is_rehearsal:
        refuse_if_unfit(by, item_id, lot_id, source, target)
        return
    if why.reservation_id is not None:
        promises.post(why.reservation_id, qty)
    lines.count(by, why, qty, target)
    if serial_id:
        move_serial(by, item_id, serial_id, source, target)
    shift(by, item_id, lot_id, qty, source, target, reserved=qty if why.reservation_id is not None else 0)
    append(by, item_id, lot_id, serial_id, qty, source, target, why)


def append(
    by: By,
    item_id: int,
    lot_id: int,
    serial_id: int,
    qty: int,
    source: Spot,
    target: Spot,
    why: Why,
    reverses: int | None = None,
) -> None:
    """Note the row of a move whose balances have been changed."""
    row = {
        "item_id": item_id,
        "lot_id": lot_id,
        "serial_id": serial_id,
        "source_id": source.location_id,
        "source_unit_id": source.unit_id,
        "target_id": target.location_id,
        "target_unit_id": target.unit_id,
        "qty": qty,
        "reason": why.reason,
        "document": why.document,
        "order_line_id": why.order_line_id,
        "purchase_line_id": why.purchase_line_id,
        "reservation_id": why.reservation_id,
        "reverses_seq": reverses,
    }
    chain.append(by, row)


def undo(by: By, seq: int, *, reason: str = "undo") -> None:
    """Take move `seq` back by a reversing move of the same goods.

    Refuses: already_undone; undo_too_late (what it moved has moved on since).
    """
    if by.is_rehearsal:
        return
    old = db.session.get_one(Move, (by.site_id, seq))
    if old.reverses_seq is not None or _is_reversed(by.site_id, seq):
        raise Refusal("already_undone")
    source, target = Spot(old.target_id, old.target_unit_id), Spot(old.source_id, old.source_unit_id)
    is_promised = old.reservation_id is not None and old.reason == "pick" and promises.unpost(by, old)
    lines.uncount(by, old)
    try:
        if old.serial_id:
            move_serial(by, old.item_id, old.serial_id, source, target)
        reserved = _carried_back(by, old)
        carried = old.qty if is_promised else reserved
        shift(
            by, old.item_id, old.lot_id, old.qty, source, target, reserved=reserved, carried=carried, is_guarded=False
        )
    except Refusal as refusal:
        raise Refusal("undo_too_late") from refusal
    _restore_unit(old)
    why = Why(reason, old.document, old.order_line_id, old.purchase_line_id, old.reservation_id)
    append(by, old.item_id, old.lot_id, old.serial_id, old.qty, source, target, why, reverses=seq)


def adjust(by: By, item_id: int, delta: int, spot: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0) -> None:
    """Post that the floor has `delta` more (or fewer) than the book. Promises that can no longer be kept are released.

    Refuses: not_enough (fewer there than `-delta`).
    """
    if by.is_rehearsal:
        return
    book = virtual(by.site_id, "adjustment")
    if delta < 0:
        promises.free_up(by, item_id, lot_id, spot, -delta)
        move(by, item_id, -delta, spot, book, why, lot_id=lot_id, serial_id=serial_id)
        return
    promises.check_quantity(delta, serial_id)
    if serial_id:
        move_serial(by, item_id, serial_id, book, spot)
    # A count may find expired goods on a shelf: the record must be able to say so.
    shift(by, item_id, lot_id, delta, book, spot, is_guarded=False)
    append(by, item_id, lot_id, serial_id, delta, book, spot, why)


def set_aside(
    by: By, item_id: int, qty: int, source: Spot, target: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0
) -> None:
    """Take goods that were picked for `why.order_line_id` out of the order again (damaged): the line lacks them now.

    Refuses what `move` refuses; not_in_order if the line has not so many picked and unpacked.
    """
    promises.check_quantity(qty, serial_id)
    if by.is_rehearsal:
        return
    reservation_id = db.session.scalar(
        update(Reservation)
        .where(Reservation.id == _picked_for(why.order_line_id, item_id, qty))
        .values(undone=Reservation.undone + qty)
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )
    if reservation_id is None or not lines.bump(OrderLine, why.order_line_id or 0, "allocated", -qty):
        raise Refusal("not_in_order", qty, "what was picked")
    if serial_id:
        move_serial(by, item_id, serial_id, source, target)
    shift(by, item_id, lot_id, qty, source, target)
    why = Why(why.reason, why.document, why.order_line_id, None, reservation_id)
    append(by, item_id, lot_id, serial_id, qty, source, target, why)


def _picked_for(order_line_id: int | None, item_id: int, qty: int) -> ScalarSelect[int]:
    """SQL for the reservation of a line of which at least `qty` are picked."""
    return (
        select(Reservation.id)
        .where(
            Reservation.order_line_id == order_line_id,
            Reservation.item_id == item_id,
            Reservation.posted - Reservation.undone >= qty,
        )
        .order_by(Reservation.id)
        .limit(1)
        .scalar_subquery()
    )


def _carried_back(by: By, old: Move) -> int:
    """How many promises go back with a unit's move that is undone."""
    if not old.source_unit_id or old.source_unit_id != old.target_unit_id:
        return 0
    source, target = Spot(old.target_id, old.target_unit_id), Spot(old.source_id, old.source_unit_id)
    reserved = db.session.scalar(select(Balance.reserved).where(key(by.site_id, old.item_id, old.lot_id, source))) or 0
    if reserved:
        promises.redirect(by, [old.source_unit_id], source.location_id, target.location_id)
    return min(reserved, old.qty)


def _restore_unit(old: Move) -> None:
    """After the undo of a unit's move, the unit is back where it was."""
    if old.source_unit_id and old.source_unit_id == old.target_unit_id:
        db.session.execute(update(Unit).where(Unit.id == old.source_unit_id).values(location_id=old.source_id))


def _is_reversed(site_id: int, seq: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Move.site_id == site_id, Move.reverses_seq == seq))))


def code_of(location_id: int) -> str:
    """A location's code, for a refusal."""
    return db.session.scalar(select(Location.code).where(Location.id == location_id)) or str(location_id)
