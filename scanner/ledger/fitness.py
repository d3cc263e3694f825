"""Fitness: which goods may go to a customer: not held, not past their date, from no blocked place."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from scanner.by import By
from scanner.db import REHEARSAL, connection, db
from scanner.ledger.spots import Spot, kind_of
from scanner.models import Hold, Item, Location, Lot, Unit
from scanner.planning.life import is_expired
from scanner.refusals import Refusal

GUARDED_KINDS = ("pick", "cart", "pack", "door", "customer")  # where held or expired goods must never go
OUT_OF_QUARANTINE = ("quarantine", "dock", "scrap", "supplier", "adjustment")


def is_guarded(target: Spot) -> bool:
    """True for a place of goods on their way to a customer."""
    return kind_of(target.location_id) in GUARDED_KINDS


def refuse_leaving_quarantine(source: Spot, target: Spot | None) -> None:
    """What is in quarantine goes back to the dock, to another quarantine place, or out of the house; nowhere else."""
    if (
        target is None
        or kind_of(source.location_id) != "quarantine"
        or kind_of(target.location_id) in OUT_OF_QUARANTINE
    ):
        return
    raise Refusal("held", "What is in quarantine", why="it was set aside")


def is_unfit(by: By, lot_id: int, spot: Spot) -> ColumnElement[bool]:
    """SQL that is true when the lot is held or past its date, or the place or the unit is held."""
    return unfit_rule(spot.location_id, lot_id or None, spot.unit_id or None, by.today)


def unfit_rule(location: Any, lot: Any, unit: Any, today: Any) -> ColumnElement[bool]:
    """The same of values or of bind parameters; None for goods without a lot, or loose."""
    rules: list[ColumnElement[bool]] = [exists().where(Location.id == location, Location.is_held)]
    if lot is not None:
        rules.append(exists().where(Lot.id == lot, or_(Lot.is_held, Lot.expiry < today, Lot.best_before < today)))
    if unit is not None:
        rules.append(exists().where(Unit.id == unit, Unit.is_held))
    return or_(*rules)


def refuse_if_unfit(by: By, item_id: int, lot_id: int, spot: Spot, target: Spot) -> None:
    """In a rehearsal: what `refuse_unfit` and `refuse_leaving_quarantine` say of goods that are not moved."""
    refuse_leaving_quarantine(spot, target)
    if not is_guarded(target):
        return
    known: dict[Any, bool] = db.session.info[REHEARSAL].setdefault("unfit", {})
    if (lot_id, spot) not in known:  # a rehearsal reads one state of the record
        values = {"location": spot.location_id, "lot": lot_id, "unit": spot.unit_id, "today": by.today}
        query = _is_unfit(has_lot=bool(lot_id), has_unit=bool(spot.unit_id))
        known[lot_id, spot] = bool(connection().scalar(query, values))
    if known[lot_id, spot]:
        refuse_unfit(by, item_id, lot_id, spot, target)


@cache
def _is_unfit(*, has_lot: bool, has_unit: bool) -> Any:
    lot: Any = bindparam("lot") if has_lot else None
    unit: Any = bindparam("unit") if has_unit else None
    return select(unfit_rule(bindparam("location"), lot, unit, bindparam("today")))


def refuse_unfit(by: By, item_id: int, lot_id: int, spot: Spot, target: Spot) -> None:
    """Raise the refusal that says why these goods may not go there; return if they may."""
    if not is_guarded(target):
        return
    if lot_id:
        refuse_lot(by, db.session.get_one(Item, item_id), db.session.get_one(Lot, lot_id, populate_existing=True))
    refuse_held(db.session.get_one(Location, spot.location_id, populate_existing=True))
    if spot.unit_id:
        refuse_held(db.session.get_one(Unit, spot.unit_id, populate_existing=True))


def refuse_lot(by: By, item: Item, lot: Lot) -> None:
    """Raise held or expired if the lot is."""
    name = f"lot {lot.code} of {item.name}"
    if lot.is_held:
        raise Refusal("held", name, why=hold_reason("lot", lot.id))
    if is_expired(lot.expiry, lot.best_before, by.today):
        raise Refusal("expired", name, date=min(d for d in (lot.expiry, lot.best_before) if d).isoformat())


def refuse_held(thing: Location | Unit) -> None:
    """Raise held if the place or the unit is."""
    if thing.is_held:
        raise Refusal("held", f"{scope(thing)} {thing.code}", why=hold_reason(scope(thing), thing.id))


def hold_reason(scope: str, object_id: int) -> str:
    """Why a lot, location or unit is on hold; empty when it is not."""
    found = db.session.scalar(
        select(Hold.reason).where(Hold.scope == scope, Hold.object_id == object_id, Hold.released_at.is_(None)).limit(1)
    )
    return found or ""


def scope(thing: Lot | Location | Unit) -> str:
    """What a hold on this is called."""
    return "lot" if isinstance(thing, Lot) else "location" if isinstance(thing, Location) else "unit"
