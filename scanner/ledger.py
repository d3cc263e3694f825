"""The ledger: the only writer of stock.

A move takes `qty` base units of an item from a source to a target and is never changed. What is where (balance), what
is promised (reservation), where a serial number or a unit stands, and how far a document line has come, change in the
same transaction, or not at all. A mistake is mended by a reversing move.

Every write goes through a guarded UPDATE whose WHERE clause holds the rule, so that the rule is judged on the row as
it is under the lock, on both engines. Locks are taken in one order: task, document, reservation, balances by key,
ledger head. Callers run inside `db.transact`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, and_, case, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scanner.by import By
from scanner.db import db, now
from scanner.models import (
    Balance,
    Hold,
    Item,
    LedgerHead,
    Location,
    Lot,
    Move,
    OrderLine,
    PurchaseLine,
    Reservation,
    Serial,
    Unit,
)
from scanner.models.stock import MOST
from scanner.planning.life import is_expired
from scanner.refusals import Refusal

HASH_DOMAIN = "scandock-move-1"
GUARDED_KINDS = ("pick", "cart", "pack", "door", "customer")  # where held or expired goods must never go
MAX_MOVES = 500  # of one scan


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where goods are: a location, and the unit in it that holds them (0 = loose)."""

    location_id: int
    unit_id: int = 0


@dataclass(frozen=True, slots=True)
class Why:
    """What a move belongs to. `reason` is the workflow's name, or the floor's word for an exception."""

    reason: str
    document: str = ""
    order_line_id: int | None = None
    purchase_line_id: int | None = None
    reservation_id: int | None = None


# --- moving -----------------------------------------------------------------------------------------------------


def move(
    by: By, item_id: int, qty: int, source: Spot, target: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0
) -> int:
    """Post one move and return its `seq`.

    Refuses: bad_quantity; not_enough (the source has fewer that are free, or fewer left of the reservation);
    held, expired (the target is a place for goods on their way to a customer); wrong_serial; too_many (a document
    line would exceed what it allows).
    """
    _check_quantity(qty, serial_id)
    if source == target:
        raise Refusal("same_place", _code_of(target.location_id))
    if why.reservation_id is not None:
        _post_reservation(why.reservation_id, qty)
    _count_on_document(by, why, qty, target)
    if serial_id:
        _move_serial(by, item_id, serial_id, source, target)
    _shift(by, item_id, lot_id, qty, source, target, reserved=qty if why.reservation_id is not None else 0)
    return _append(by, item_id, lot_id, serial_id, qty, source, target, why)


def move_unit(by: By, unit: Unit, location_id: int, why: Why) -> list[int]:
    """Move a unit with all that is in it, reservations included; returns the moves' seq (none for an empty unit).

    Refuses: same_place, unit_shipped, held, expired.
    """
    if unit.location_id == location_id:
        raise Refusal("same_place", _code_of(location_id))
    if unit.status == "shipped":
        raise Refusal("unit_shipped", unit.code)
    seqs: list[int] = []
    units = _with_children(unit)
    for row in _content([u.id for u in units]):
        seqs += _carry(by, row, location_id, why)
    for part in units:
        part.location_id = location_id
    unit.parent_id = None
    db.session.flush()
    return seqs


def undo(by: By, seq: int, *, reason: str = "undo") -> int:
    """Take move `seq` back by a reversing move of the same goods; returns the new seq.

    Refuses: already_undone; undo_too_late (what it moved has moved on since).
    """
    old = db.session.get_one(Move, (by.site_id, seq))
    if old.reverses_seq is not None or _is_reversed(by.site_id, seq):
        raise Refusal("already_undone")
    source, target = Spot(old.target_id, old.target_unit_id), Spot(old.source_id, old.source_unit_id)
    reserved_back = _undo_reservation(old)
    _uncount_on_document(by, old)
    try:
        if old.serial_id:
            _move_serial(by, old.item_id, old.serial_id, source, target)
        carried = _carried_back(by, old)
        _shift(
            by, old.item_id, old.lot_id, old.qty, source, target, reserved=carried, carried=carried, is_guarded=False
        )
    except Refusal as refusal:
        raise Refusal("undo_too_late") from refusal
    if reserved_back is not None:
        _reserve_again(by, old, reserved_back)
    _restore_unit(old)
    why = Why(reason, old.document, old.order_line_id, old.purchase_line_id, old.reservation_id)
    return _append(by, old.item_id, old.lot_id, old.serial_id, old.qty, source, target, why, reverses=seq)


def adjust(by: By, item_id: int, delta: int, spot: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0) -> int:
    """Post that the floor has `delta` more (or fewer) than the book. Promises that can no longer be kept are released.

    Refuses: not_enough (fewer there than `-delta`).
    """
    book = virtual(by.site_id, "adjustment")
    if delta < 0:
        free_up(by, item_id, lot_id, spot, -delta)
        return move(by, item_id, -delta, spot, book, why, lot_id=lot_id, serial_id=serial_id)
    _check_quantity(delta, serial_id)
    if serial_id:
        _move_serial(by, item_id, serial_id, book, spot)
    # A count may find expired goods on a shelf: the record must be able to say so.
    _shift(by, item_id, lot_id, delta, book, spot, is_guarded=False)
    return _append(by, item_id, lot_id, serial_id, delta, book, spot, why)


def set_aside(
    by: By, item_id: int, qty: int, source: Spot, target: Spot, why: Why, *, lot_id: int = 0, serial_id: int = 0
) -> int:
    """Take goods that were picked for `why.order_line_id` out of the order again (damaged): the line lacks them now.

    Refuses what `move` refuses; not_in_order if the line has not so many picked and unpacked.
    """
    _check_quantity(qty, serial_id)
    reservation_id = db.session.scalar(
        update(Reservation)
        .where(Reservation.id == _picked_for(why.order_line_id, item_id, qty))
        .values(undone=Reservation.undone + qty)
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )
    if reservation_id is None or not _bump(OrderLine, why.order_line_id or 0, "allocated", -qty):
        raise Refusal("not_in_order", qty, "what was picked")
    if serial_id:
        _move_serial(by, item_id, serial_id, source, target)
    _shift(by, item_id, lot_id, qty, source, target)
    why = Why(why.reason, why.document, why.order_line_id, None, reservation_id)
    return _append(by, item_id, lot_id, serial_id, qty, source, target, why)


def _picked_for(order_line_id: int | None, item_id: int, qty: int) -> Any:
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
    reserved = db.session.scalar(select(Balance.reserved).where(_key(by.site_id, old.item_id, old.lot_id, source))) or 0
    if reserved:
        _redirect(by, source, target, old.item_id, old.lot_id)
    return min(reserved, old.qty)


def _check_quantity(qty: int, serial_id: int) -> None:
    if not 0 < qty <= MOST:
        raise Refusal("bad_quantity", qty)
    if serial_id and qty != 1:
        raise Refusal("serial_has_one")


_virtual: WeakKeyDictionary[Engine, dict[int, dict[str, int]]] = WeakKeyDictionary()


def virtual_locations(site_id: int) -> dict[str, int]:
    """The ids of a site's virtual locations by kind. They are made with the site and never change, so they are kept."""
    known = _virtual.setdefault(db.engine, {})
    if site_id not in known:
        rows = db.session.execute(
            select(Location.kind, Location.id).where(Location.site_id == site_id, Location.is_virtual)
        ).all()
        if not rows:
            return {}
        known[site_id] = {row.kind: row.id for row in rows}
    return known[site_id]


def virtual(site_id: int, kind: str) -> Spot:
    """The spot of a virtual location: 'supplier', 'customer', 'adjustment', 'scrap' or 'opening'."""
    return Spot(virtual_locations(site_id)[kind])


def _shift(
    by: By,
    item_id: int,
    lot_id: int,
    qty: int,
    source: Spot,
    target: Spot,
    *,
    reserved: int = 0,
    carried: int = 0,
    is_guarded: bool = True,
) -> None:
    """Change both balances, in the order of their keys, so that two movers never wait for each other in a ring.

    `reserved` of the `qty` come out of promises; `carried` of those go on as promises at the target.
    """
    virtuals = set(virtual_locations(by.site_id).values())
    steps: list[tuple[Spot, Callable[[], None]]] = []
    if source.location_id not in virtuals:
        steps.append(
            (source, lambda: _take(by, item_id, lot_id, qty, source, target if is_guarded else None, reserved))
        )
    elif is_guarded and target.location_id not in virtuals:
        _refuse_unfit(by, item_id, lot_id, source, target)
    if target.location_id not in virtuals:
        steps.append((target, lambda: _give(by.site_id, item_id, lot_id, qty, target, carried)))
    for _spot, step in sorted(steps, key=lambda pair: pair[0]):
        step()


def _key(site_id: int, item_id: int, lot_id: int, spot: Spot) -> ColumnElement[bool]:
    return and_(
        Balance.site_id == site_id,
        Balance.location_id == spot.location_id,
        Balance.item_id == item_id,
        Balance.lot_id == lot_id,
        Balance.unit_id == spot.unit_id,
    )


def _take(by: By, item_id: int, lot_id: int, qty: int, spot: Spot, target: Spot | None, reserved: int) -> None:
    rule = and_(Balance.reserved >= reserved, Balance.qty - Balance.reserved >= qty - reserved)
    if target is not None:
        rule = and_(rule, ~and_(_is_guarded(target), _is_unfit(by, lot_id, spot)))
    taken = db.session.execute(
        update(Balance)
        .where(_key(by.site_id, item_id, lot_id, spot), rule)
        .values(qty=Balance.qty - qty, reserved=Balance.reserved - reserved)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        if target is not None:
            _refuse_unfit(by, item_id, lot_id, spot, target)
        raise Refusal("not_enough", free(by.site_id, item_id, lot_id, spot), qty)


def _give(site_id: int, item_id: int, lot_id: int, qty: int, spot: Spot, carried: int) -> None:
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(Balance).values(
        site_id=site_id,
        location_id=spot.location_id,
        item_id=item_id,
        lot_id=lot_id,
        unit_id=spot.unit_id,
        qty=qty,
        reserved=carried,
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["site_id", "location_id", "item_id", "lot_id", "unit_id"],
            set_={"qty": Balance.qty + qty, "reserved": Balance.reserved + carried},
        )
    )


def _append(
    by: By,
    item_id: int,
    lot_id: int,
    serial_id: int,
    qty: int,
    source: Spot,
    target: Spot,
    why: Why,
    reverses: int | None = None,
) -> int:
    """Write the move at the end of the site's chain. The head is locked last and for the shortest time."""
    if len(by.moves) >= MAX_MOVES:
        raise Refusal("bad_request", f"one scan may make {MAX_MOVES} moves at the most")
    head = db.session.execute(
        select(LedgerHead.seq, LedgerHead.hash, LedgerHead.recorded_at)
        .where(LedgerHead.site_id == by.site_id)
        .with_for_update()
    ).one()
    row = {
        "site_id": by.site_id,
        "seq": head.seq + 1,
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
        "task_id": by.task_id,
        "scan_id": by.scan_id,
        "person_id": by.person_id,
        "device": by.device,
        "occurred_at": by.occurred_at,
        "recorded_at": max(now(), head.recorded_at),
        "reverses_seq": reverses,
        "prev_hash": head.hash,
    }
    row["hash"] = chain_hash(row)
    db.session.execute(Move.__table__.insert().values(row))  # type: ignore[attr-defined]
    db.session.execute(
        update(LedgerHead)
        .where(LedgerHead.site_id == by.site_id)
        .values(seq=row["seq"], hash=row["hash"], recorded_at=row["recorded_at"])
        .execution_options(synchronize_session=False)
    )
    by.moves.append(head.seq + 1)
    return int(head.seq) + 1


def chain_hash(row: dict[str, Any]) -> str:
    """SHA-256 over the move in its canonical form and the hash of the move before it."""
    values = [_canonical(row[name]) for name in sorted(row) if name != "hash"]
    text = json.dumps([HASH_DOMAIN, values], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


# --- held and expired goods ------------------------------------------------------------------------------------


def _is_guarded(target: Spot) -> ColumnElement[bool]:
    """SQL that is true when the target is a place for goods on their way to a customer."""
    return exists().where(Location.id == target.location_id, Location.kind.in_(GUARDED_KINDS))


def _is_unfit(by: By, lot_id: int, spot: Spot) -> ColumnElement[bool]:
    """SQL that is true when the lot is held or past its date, or the place or the unit is held."""
    rules: list[ColumnElement[bool]] = [exists().where(Location.id == spot.location_id, Location.is_held)]
    if lot_id:
        old = or_(Lot.is_held, Lot.expiry < by.today, Lot.best_before < by.today)
        rules.append(exists().where(Lot.id == lot_id, old))
    if spot.unit_id:
        rules.append(exists().where(Unit.id == spot.unit_id, Unit.is_held))
    return or_(*rules)


def _refuse_unfit(by: By, item_id: int, lot_id: int, spot: Spot, target: Spot) -> None:
    """Raise the refusal that says why these goods may not go there; return if they may."""
    location = db.session.get_one(Location, target.location_id)
    if location.kind not in GUARDED_KINDS:
        return
    if lot_id:
        _refuse_lot(by, db.session.get_one(Item, item_id), db.session.get_one(Lot, lot_id, populate_existing=True))
    _refuse_held(db.session.get_one(Location, spot.location_id, populate_existing=True))
    if spot.unit_id:
        _refuse_held(db.session.get_one(Unit, spot.unit_id, populate_existing=True))


def _refuse_lot(by: By, item: Item, lot: Lot) -> None:
    name = f"lot {lot.code} of {item.name}"
    if lot.is_held:
        raise Refusal("held", name, why=hold_reason("lot", lot.id))
    if is_expired(lot.expiry, lot.best_before, by.today):
        raise Refusal("expired", name, date=min(d for d in (lot.expiry, lot.best_before) if d).isoformat())


def _refuse_held(thing: Location | Unit) -> None:
    if thing.is_held:
        raise Refusal("held", f"{_scope(thing)} {thing.code}", why=hold_reason(_scope(thing), thing.id))


def hold_reason(scope: str, object_id: int) -> str:
    """Why a lot, location or unit is on hold; empty when it is not."""
    found = db.session.scalar(
        select(Hold.reason).where(Hold.scope == scope, Hold.object_id == object_id, Hold.released_at.is_(None)).limit(1)
    )
    return found or ""


def hold(by: By, thing: Lot | Location | Unit, reason: str) -> list[int]:
    """Put a lot, location or unit on hold and release every open promise on it, in the same transaction.

    Returns the order lines that lost stock, so that the caller can allocate them again.
    """
    thing.is_held = True
    db.session.flush()
    db.session.add(
        Hold(
            site_id=by.site_id, scope=_scope(thing), object_id=thing.id, reason=reason, person_id=by.person_id, at=now()
        )
    )
    column = {"lot": Reservation.lot_id, "location": Reservation.location_id, "unit": Reservation.unit_id}[
        _scope(thing)
    ]
    rows = db.session.execute(
        select(Reservation.id, Reservation.order_line_id)
        .where(column == thing.id, Reservation.state == "open", Reservation.site_id == by.site_id)
        .order_by(Reservation.id)
    ).all()
    for row in rows:
        release(by, row.id)
    return sorted({row.order_line_id for row in rows})


def end_hold(by: By, thing: Lot | Location | Unit) -> None:
    """Release a lot, location or unit from hold."""
    thing.is_held = False
    db.session.flush()
    db.session.execute(
        update(Hold)
        .where(Hold.scope == _scope(thing), Hold.object_id == thing.id, Hold.released_at.is_(None))
        .values(released_at=now(), released_by=by.person_id)
        .execution_options(synchronize_session=False)
    )


def _scope(thing: Lot | Location | Unit) -> str:
    return "lot" if isinstance(thing, Lot) else "location" if isinstance(thing, Location) else "unit"


# --- promises ----------------------------------------------------------------------------------------------------


def reserve(by: By, order_line_id: int, item_id: int, lot_id: int, spot: Spot, qty: int) -> int:
    """Promise `qty` of the free stock of one key to an order line; returns the reservation's id.

    Refuses: not_enough, held, expired (the state under the lock decides; nothing is written then, so the caller may
    look elsewhere); too_many (more than was ordered).
    """
    _check_quantity(qty, 0)
    _promise(by, item_id, lot_id, spot, qty)
    if not _bump(OrderLine, order_line_id, "allocated", qty):
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
            _key(by.site_id, item_id, lot_id, spot), Balance.qty - Balance.reserved >= qty, ~_is_unfit(by, lot_id, spot)
        )
        .values(reserved=Balance.reserved + qty)
        .execution_options(synchronize_session=False)
    )
    if promised.rowcount == 1:  # type: ignore[attr-defined]
        return
    if lot_id:
        _refuse_lot(by, db.session.get_one(Item, item_id), db.session.get_one(Lot, lot_id, populate_existing=True))
    raise Refusal("not_enough", free(by.site_id, item_id, lot_id, spot), qty)


def release(by: By, reservation_id: int) -> int:
    """End a promise: what was not picked of it is free again. Returns how many; 0 if it had ended before."""
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
        .where(_key(by.site_id, row.item_id, row.lot_id, spot))
        .values(reserved=Balance.reserved - rest)
        .execution_options(synchronize_session=False)
    )
    _bump(OrderLine, row.order_line_id, "allocated", -rest)
    return int(rest)


def free_up(by: By, item_id: int, lot_id: int, spot: Spot, qty: int) -> list[int]:
    """Release the youngest promises on a key until `qty` of it are free. Returns the order lines that lost stock."""
    lost: list[int] = []
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
            .order_by(Reservation.id.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            break
        release(by, row.id)
        lost.append(row.order_line_id)
    return lost


def _post_reservation(reservation_id: int, qty: int) -> None:
    posted = db.session.execute(
        update(Reservation)
        .where(
            Reservation.id == reservation_id, Reservation.state == "open", Reservation.posted + qty <= Reservation.qty
        )
        .values(
            posted=Reservation.posted + qty,
            state=case((Reservation.posted + qty == Reservation.qty, "posted"), else_="open"),
        )
        .execution_options(synchronize_session=False)
    )
    if posted.rowcount != 1:  # type: ignore[attr-defined]
        raise Refusal("too_many", qty, "fewer")


def _undo_reservation(old: Move) -> int | None:
    """Note on the reservation that `old.qty` of what it posted came back; the id of its order line, if any."""
    if old.reservation_id is None:
        return None
    return db.session.execute(
        update(Reservation)
        .where(Reservation.id == old.reservation_id)
        .values(undone=Reservation.undone + old.qty)
        .returning(Reservation.order_line_id)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def _reserve_again(by: By, old: Move, order_line_id: int) -> None:
    """What UNDO put back on the shelf is promised to the same order line again, unless it may not be sold any more."""
    _bump(OrderLine, order_line_id, "allocated", -old.qty)
    spot = Spot(old.source_id, old.source_unit_id)
    unfit = db.session.scalar(select(_is_unfit(by, old.lot_id, spot)))
    if not unfit:
        reserve(by, order_line_id, old.item_id, old.lot_id, spot, old.qty)


# --- document lines, serial numbers, units -----------------------------------------------------------------------

_CEILING = {"allocated": "ordered", "packed": "allocated", "shipped": "packed"}
_FLOOR = {"allocated": "packed", "packed": "shipped"}


def _bump(table: type[OrderLine | PurchaseLine], line_id: int, column: str, qty: int) -> bool:
    """Add to a counter of a document line; False if that would break its ceiling or its floor."""
    counter = getattr(table, column)
    rule = [table.id == line_id, counter + qty >= 0]
    if column in _CEILING:
        rule.append(counter + qty <= getattr(table, _CEILING[column]))
    if column in _FLOOR:
        rule.append(counter + qty >= getattr(table, _FLOOR[column]))
    done = db.session.execute(
        update(table).where(*rule).values({column: counter + qty}).execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _counter(by: By, why_reason: str, target_id: int) -> str | None:
    """Which counter of an order line a move to `target_id` drives."""
    if target_id == virtual_locations(by.site_id)["customer"]:
        return "shipped"
    return "packed" if why_reason == "verify" else None


def _count_on_document(by: By, why: Why, qty: int, target: Spot) -> None:
    if why.purchase_line_id is not None and not _bump(PurchaseLine, why.purchase_line_id, "received", qty):
        raise Refusal("too_many", qty, "fewer")
    if why.order_line_id is None:
        return
    counter = _counter(by, why.reason, target.location_id)
    if counter and not _bump(OrderLine, why.order_line_id, counter, qty):
        raise Refusal("too_many", qty, "fewer")


def _uncount_on_document(by: By, old: Move) -> None:
    if old.purchase_line_id is not None:
        _bump(PurchaseLine, old.purchase_line_id, "received", -old.qty)
    counter = _counter(by, old.reason, old.target_id) if old.order_line_id is not None else None
    if counter and not _bump(OrderLine, old.order_line_id, counter, -old.qty):  # type: ignore[arg-type]
        raise Refusal("undo_too_late")


def _move_serial(by: By, item_id: int, serial_id: int, source: Spot, target: Spot) -> None:
    """A serial number leaves from where it is, and from nowhere else."""
    moved = db.session.execute(
        update(Serial)
        .where(
            Serial.id == serial_id,
            Serial.item_id == item_id,
            Serial.location_id == source.location_id,
            Serial.unit_id == source.unit_id,
        )
        .values(location_id=target.location_id, unit_id=target.unit_id)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Refusal("wrong_serial", db.session.scalar(select(Serial.code).where(Serial.id == serial_id)))


def _with_children(unit: Unit) -> list[Unit]:
    """The unit and all units in it, however deep (a pallet of cartons)."""
    found, layer = [unit], [unit.id]
    while layer and len(found) < MAX_MOVES:
        children = list(db.session.scalars(select(Unit).where(Unit.parent_id.in_(layer))))
        layer = [child.id for child in children]
        found += children
    return found


def _content(unit_ids: Sequence[int]) -> list[Balance]:
    """The balances inside units, locked, in the order of their keys."""
    return list(
        db.session.scalars(
            select(Balance)
            .where(Balance.unit_id.in_(unit_ids), Balance.qty > 0)
            .order_by(Balance.location_id, Balance.unit_id, Balance.item_id, Balance.lot_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _carry(by: By, row: Balance, location_id: int, why: Why) -> list[int]:
    """Move one balance row inside its unit, with the promises on it; serial numbers go one by one."""
    source, target = Spot(row.location_id, row.unit_id), Spot(location_id, row.unit_id)
    item_id, lot_id, qty, reserved = row.item_id, row.lot_id, row.qty, row.reserved
    stays = target.location_id not in virtual_locations(by.site_id).values()
    _shift(by, item_id, lot_id, qty, source, target, reserved=reserved, carried=reserved if stays else 0)
    if reserved:
        _redirect(by, source, target, item_id, lot_id)
    serials = _serials_in(item_id, source)
    if not serials:
        return [_carry_one(by, item_id, lot_id, 0, qty, source, target, why)]
    return [_carry_one(by, item_id, lot_id, serial_id, 1, source, target, why) for serial_id in serials]


def _carry_one(
    by: By, item_id: int, lot_id: int, serial_id: int, qty: int, source: Spot, target: Spot, why: Why
) -> int:
    if serial_id:
        _move_serial(by, item_id, serial_id, source, target)
    line = why.order_line_id or _line_of(source.unit_id, item_id, lot_id)
    own = Why(why.reason, why.document, line, None, None)
    _count_on_document(by, own, qty, target)
    return _append(by, item_id, lot_id, serial_id, qty, source, target, own)


def _line_of(unit_id: int, item_id: int, lot_id: int) -> int | None:
    """The order line for which goods were last put into a unit."""
    return db.session.scalar(
        select(Move.order_line_id)
        .where(
            Move.target_unit_id == unit_id,
            Move.item_id == item_id,
            Move.lot_id == lot_id,
            Move.order_line_id.is_not(None),
        )
        .order_by(Move.seq.desc())
        .limit(1)
    )


def _redirect(by: By, source: Spot, target: Spot, item_id: int, lot_id: int) -> None:
    db.session.execute(
        update(Reservation)
        .where(
            Reservation.site_id == by.site_id,
            Reservation.location_id == source.location_id,
            Reservation.unit_id == source.unit_id,
            Reservation.item_id == item_id,
            Reservation.lot_id == lot_id,
            Reservation.state == "open",
        )
        .values(location_id=target.location_id)
        .execution_options(synchronize_session=False)
    )


def _serials_in(item_id: int, spot: Spot) -> list[int]:
    query = select(Serial.id).where(
        Serial.item_id == item_id, Serial.location_id == spot.location_id, Serial.unit_id == spot.unit_id
    )
    return list(db.session.scalars(query.order_by(Serial.id)))


def _restore_unit(old: Move) -> None:
    """After the undo of a unit's move, the unit is back where it was."""
    if old.source_unit_id and old.source_unit_id == old.target_unit_id:
        db.session.execute(update(Unit).where(Unit.id == old.source_unit_id).values(location_id=old.source_id))


# --- asking ------------------------------------------------------------------------------------------------------


def _is_reversed(site_id: int, seq: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Move.site_id == site_id, Move.reverses_seq == seq))))


def _code_of(location_id: int) -> str:
    return db.session.scalar(select(Location.code).where(Location.id == location_id)) or str(location_id)


def on_hand(site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    """Base units of one key that are there, promised or not."""
    return db.session.scalar(select(Balance.qty).where(_key(site_id, item_id, lot_id, spot))) or 0


def free(site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    """Base units of one key that are there and promised to nobody."""
    return db.session.scalar(select(Balance.qty - Balance.reserved).where(_key(site_id, item_id, lot_id, spot))) or 0


def begin(site_id: int) -> None:
    """Start the chain of a new site; a chain that has begun stays as it is."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    head = insert(LedgerHead).values(site_id=site_id, seq=0, hash="", recorded_at=now())
    db.session.execute(head.on_conflict_do_nothing())


def position(site_id: int) -> int:
    """The `seq` of the site's last move: the instant that a count stands for."""
    return db.session.scalar(select(LedgerHead.seq).where(LedgerHead.site_id == site_id)) or 0
