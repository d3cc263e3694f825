"""Spots: where goods are, and how many of them. The keys of balances, and the virtual locations."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from scanner.db import connection, db
from scanner.models import Balance, Location


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where goods are: a location, and the unit in it that holds them (0 = loose)."""

    location_id: int
    unit_id: int = 0


@dataclass(slots=True)
class _Known:
    """What is kept of one database: the ids of its sites' virtual locations by kind, and the kinds of locations."""

    virtual: dict[int, dict[str, int]] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)


def _known() -> _Known:
    """What is kept of the database in use, with the connection: a new one may lead to another database.

    A connection serves one thread at a time, so nothing is shared; and no listener is added to an engine at work, which
    would end the connections that others are making at that moment.
    """
    kept: _Known = connection().info.setdefault("spots", _Known())
    return kept


def virtual_locations(site_id: int) -> dict[str, int]:
    """The ids of a site's virtual locations by kind. They are made with the site and never change, so they are kept."""
    known = _known().virtual
    if site_id not in known:
        rows = db.session.execute(
            select(Location.kind, Location.id).where(Location.site_id == site_id, Location.is_virtual)
        ).all()
        if not rows:
            return {}
        known[site_id] = {row.kind: row.id for row in rows}
    return known[site_id]


def kind_of(location_id: int) -> str:
    """A location's kind. It never changes (the database refuses that), so it is kept; '' if there is no such place."""
    known = _known().kinds
    if location_id not in known:
        kind = db.session.scalar(select(Location.kind).where(Location.id == location_id))
        if kind is None:
            return ""
        known[location_id] = kind
    return known[location_id]


def virtual(site_id: int, kind: str) -> Spot:
    """The spot of a virtual location: 'supplier', 'customer', 'adjustment', 'scrap' or 'opening'."""
    return Spot(virtual_locations(site_id)[kind])


def key(site_id: int, item_id: int, lot_id: int, spot: Spot) -> ColumnElement[bool]:
    """SQL for one balance row."""
    return and_(
        Balance.site_id == site_id,
        Balance.location_id == spot.location_id,
        Balance.item_id == item_id,
        Balance.lot_id == lot_id,
        Balance.unit_id == spot.unit_id,
    )


def on_hand(site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    """Base units of one key that are there, promised or not."""
    return _figure(_ON_HAND, site_id, item_id, lot_id, spot)


def free(site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    """Base units of one key that are there and promised to nobody."""
    return _figure(_FREE, site_id, item_id, lot_id, spot)


def _figure(query: Select[int], site_id: int, item_id: int, lot_id: int, spot: Spot) -> int:
    values = {"site": site_id, "location": spot.location_id, "item": item_id, "lot": lot_id, "unit": spot.unit_id}
    return db.session.scalar(query, values) or 0


_HERE = (
    Balance.site_id == bindparam("site"),
    Balance.location_id == bindparam("location"),
    Balance.item_id == bindparam("item"),
    Balance.lot_id == bindparam("lot"),
    Balance.unit_id == bindparam("unit"),
)
_ON_HAND = select(Balance.qty).where(*_HERE)
_FREE = select(Balance.qty - Balance.reserved).where(*_HERE)
