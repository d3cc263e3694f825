"""Holds: a lot, a location or a unit that must not be used until somebody releases it."""

from __future__ import annotations

from sqlalchemy import select, update

from scanner.by import By
from scanner.db import db, now
from scanner.ledger.fitness import scope
from scanner.ledger.promises import release
from scanner.models import Hold, Location, Lot, Reservation, Unit


def hold(by: By, thing: Lot | Location | Unit, reason: str) -> list[int]:
    """Put a lot, location or unit on hold and release every open promise on it, in the same transaction.

    Returns the order lines that lost stock, so that the caller can allocate them again.
    """
    if by.is_rehearsal:
        return []
    thing.is_held = True
    db.session.flush()
    db.session.add(
        Hold(
            site_id=by.site_id, scope=scope(thing), object_id=thing.id, reason=reason, person_id=by.person_id, at=now()
        )
    )
    column = {"lot": Reservation.lot_id, "location": Reservation.location_id, "unit": Reservation.unit_id}[scope(thing)]
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
    if by.is_rehearsal:
        return
    thing.is_held = False
    db.session.flush()
    db.session.execute(
        update(Hold)
        .where(Hold.scope == scope(thing), Hold.object_id == thing.id, Hold.released_at.is_(None))
        .values(released_at=now(), released_by=by.person_id)
        .execution_options(synchronize_session=False)
    )
