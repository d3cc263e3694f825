"""Carry: a unit moves with all that is in it: promises, serial numbers and inner units too.

All rows are locked first, in the order of their keys, then changed by one statement for each table, however much the
unit holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select, update

from scanner.by import By
from scanner.db import connection, db, table_of, upsert
from scanner.ledger import lines, moves, promises
from scanner.ledger.fitness import is_guarded, refuse_leaving_quarantine, refuse_unfit
from scanner.ledger.lines import Why
from scanner.ledger.serials import serials_in
from scanner.ledger.spots import Spot, virtual_locations
from scanner.models import Balance, Item, Location, Lot, Move, OrderLine, Serial, Unit
from scanner.planning.life import is_expired
from scanner.refusals import Refusal

DEEPEST = 5  # units within units


class Held(NamedTuple):
    """One balance row inside the unit, with what is known of its goods."""

    location_id: int
    unit_id: int
    item_id: int
    lot_id: int
    qty: int
    reserved: int
    tracking: str
    is_held: bool
    expiry: date | None
    best_before: date | None


def move_unit(by: By, unit: Unit, location_id: int, why: Why) -> None:
    """Move a unit with all that is in it; an empty one just stands somewhere else then.

    Refuses: same_place, unit_shipped, held, expired, too_many.
    """
    move_units(by, [unit], location_id, why)


def move_units(by: By, units: Sequence[Unit], location_id: int, why: Why) -> None:
    """Move several units that stand at one place, by as many statements as one takes. Refuses as `move_unit` does."""
    for unit in units:
        if unit.location_id == location_id:
            raise Refusal("same_place", moves.code_of(location_id))
        if unit.status == "shipped":
            raise Refusal("unit_shipped", unit.code)
    if by.is_rehearsal:
        return
    together = with_children(units)
    content = _content([part.id for part in together])
    if content:
        _check_fit(by, together, content, location_id)
        _shift_all(by, content, location_id)
        _append_all(by, content, location_id, why)
    db.session.execute(update(Unit).where(Unit.id.in_([part.id for part in together])).values(location_id=location_id))
    for unit in units:
        unit.parent_id = None
    db.session.flush()


def put_unit_in(by: By, unit: Unit, parent: Unit, why: Why) -> None:
    """Put a unit into (or onto) another one; from now on it moves with it.

    Refuses: same_place (into itself or into what is in it), unit_closed, unit_in_use (too deep), and what `move_unit`
    refuses.
    """
    inside = with_children([unit])
    if parent.id in {part.id for part in inside} or unit.parent_id == parent.id:
        raise Refusal("same_place", parent.code)
    if parent.status != "open" or parent.location_id is None:
        raise Refusal("unit_closed", parent.code)
    if _depth(parent) + len(inside) > DEEPEST:
        raise Refusal("unit_in_use", parent.code, other="other units")
    if by.is_rehearsal:
        return
    if unit.location_id != parent.location_id:
        move_unit(by, unit, parent.location_id, why)
    unit.parent_id = parent.id
    db.session.flush()


def _depth(unit: Unit) -> int:
    depth, above = 1, unit.parent_id
    while above is not None and depth <= DEEPEST:
        depth += 1
        above = db.session.scalar(select(Unit.parent_id).where(Unit.id == above))
    return depth


def with_children(units: Sequence[Unit]) -> list[Unit]:
    """The units and all units in them (a pallet of cartons)."""
    found, layer = list(units), [unit.id for unit in units]
    for _depth in range(DEEPEST):
        children = list(db.session.scalars(select(Unit).where(Unit.parent_id.in_(layer)).order_by(Unit.id)))
        found += children
        layer = [child.id for child in children]
        if not layer:
            break
    return found


def _content(unit_ids: list[int]) -> list[Held]:
    """The balances inside units, locked, in the order of their keys."""
    rows = db.session.execute(
        select(
            Balance.location_id,
            Balance.unit_id,
            Balance.item_id,
            Balance.lot_id,
            Balance.qty,
            Balance.reserved,
            Item.tracking,
            Lot.is_held,
            Lot.expiry,
            Lot.best_before,
        )
        .join(Item, Item.id == Balance.item_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.unit_id.in_(unit_ids), Balance.qty > 0)
        .order_by(Balance.location_id, Balance.unit_id, Balance.item_id, Balance.lot_id)
        .with_for_update(of=Balance)
    )
    return [Held(*row) for row in rows]  # type: ignore[call-arg]


def _check_fit(by: By, units: list[Unit], content: list[Held], location_id: int) -> None:
    """Goods that are held or past their date, or in a held unit, do not go on their way to a customer."""
    refuse_leaving_quarantine(Spot(content[0].location_id), Spot(location_id))
    if not is_guarded(Spot(location_id)):
        return
    held_units = {part.id for part in units if part.is_held}
    source = db.session.get_one(Location, content[0].location_id)
    for row in content:
        is_old = is_expired(row.expiry, row.best_before, by.today)
        if row.is_held or is_old or row.unit_id in held_units or source.is_held:
            refuse_unfit(by, row.item_id, row.lot_id, Spot(row.location_id, row.unit_id), Spot(location_id))


def _shift_all(by: By, content: list[Held], location_id: int) -> None:
    unit_ids = sorted({row.unit_id for row in content})
    stays = location_id not in virtual_locations(by.site_id).values()
    db.session.execute(
        update(Balance)
        .where(Balance.unit_id.in_(unit_ids), Balance.location_id == content[0].location_id)
        .values(qty=0, reserved=0)
        .execution_options(synchronize_session=False)
    )
    if stays:
        _put_all(by, content, location_id)
    if any(row.reserved for row in content):
        promises.redirect(by, unit_ids, content[0].location_id, location_id)
    if any(row.tracking == "serial" for row in content):
        db.session.execute(
            update(Serial)
            .where(Serial.unit_id.in_(unit_ids))
            .values(location_id=location_id)
            .execution_options(synchronize_session=False)
        )


def _put_all(by: By, content: list[Held], location_id: int) -> None:
    rows = [
        {
            "site_id": by.site_id,
            "location_id": location_id,
            "item_id": row.item_id,
            "lot_id": row.lot_id,
            "unit_id": row.unit_id,
            "qty": row.qty,
            "reserved": row.reserved,
        }
        for row in content
    ]
    put = upsert(table_of(Balance))
    connection().execute(
        put.on_conflict_do_update(
            index_elements=["site_id", "location_id", "item_id", "lot_id", "unit_id"],
            set_={"qty": Balance.qty + put.excluded.qty, "reserved": Balance.reserved + put.excluded.reserved},
        ),
        rows,
    )


def _append_all(by: By, content: list[Held], location_id: int, why: Why) -> None:
    """One move for each row, one for each serial number; what goes to a customer is counted on its order line."""
    unit_ids = sorted({row.unit_id for row in content})
    serials = serials_in(unit_ids) if any(row.tracking == "serial" for row in content) else {}
    line_of = {} if why.order_line_id else _shares(unit_ids)
    shipped: dict[int, int] = {}
    for row in content:
        source, target = Spot(row.location_id, row.unit_id), Spot(location_id, row.unit_id)
        singles: list[tuple[int, int]] = [(serial_id, 1) for serial_id in serials.get((row.unit_id, row.item_id), [])]
        for serial_id, qty in singles or [(0, row.qty)]:
            for line_id, part in _split(line_of.get((row.unit_id, row.item_id, row.lot_id), []), why, qty):
                own = Why(why.reason, why.document, line_id)
                moves.append(by, row.item_id, row.lot_id, serial_id, part, source, target, own)
                if line_id is not None:
                    shipped[line_id] = shipped.get(line_id, 0) + part
    if shipped and location_id == virtual_locations(by.site_id)["customer"]:
        lines.bump_all(OrderLine, "shipped", shipped)


def _shares(unit_ids: list[int]) -> dict[tuple[int, int, int], list[list[int]]]:
    """For which order lines goods were put into units: by unit, item and lot, [order line, quantity] youngest first."""
    rows = db.session.execute(
        select(Move.target_unit_id, Move.item_id, Move.lot_id, Move.order_line_id, Move.qty)
        .where(
            Move.target_unit_id.in_(unit_ids),
            Move.source_unit_id != Move.target_unit_id,
            Move.order_line_id.is_not(None),
            Move.reverses_seq.is_(None),
        )
        .order_by(Move.seq.desc())
    )
    found: dict[tuple[int, int, int], list[list[int]]] = {}
    for unit_id, item_id, lot_id, line_id, qty in rows:
        found.setdefault((unit_id, item_id, lot_id), []).append([line_id or 0, qty])
    return found


def _split(shares: list[list[int]], why: Why, qty: int) -> list[tuple[int | None, int]]:
    """Share `qty` out over the order lines that the goods were put in for; each share is used up once."""
    if why.order_line_id or not shares:
        return [(why.order_line_id, qty)]
    parts: dict[int | None, int] = {}
    for share in shares:
        part = min(qty, share[1])
        share[1] -= part
        qty -= part
        if part:
            parts[share[0]] = parts.get(share[0], 0) + part
    if qty:
        parts[shares[0][0]] = parts.get(shares[0][0], 0) + qty
    return list(parts.items())
