"""The door: what a manifest has on it, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from scanner.db import db
from scanner.models import Location, Manifest, Order, Parcel, Task, Unit


@dataclass(frozen=True, slots=True)
class Door:
    """What a manifest has on its door, and what it waits for."""

    code: str
    loaded: int
    waiting: list[tuple[str, str]]  # order number, and where the parcel is


def door_of(task: Task) -> Door:
    """The door of the task's manifest, read once in an act."""
    if "door" not in task.memo:
        rows = db.session.execute(_DOOR, {"manifest": task.manifest_id}).all()
        waiting = [(row.number, row.at or "?") for row in rows if row.number is not None]
        task.memo["door"] = Door(rows[0].door, rows[0].loaded, waiting)
    door: Door = task.memo["door"]
    return door


_AT, _LOADED = aliased(Location), aliased(Parcel)
_DOOR = (
    select(
        Location.code.label("door"),
        select(func.count())
        .where(_LOADED.manifest_id == bindparam("manifest"), _LOADED.status == "loaded")
        .scalar_subquery()
        .label("loaded"),
        Order.number,
        _AT.code.label("at"),
    )
    .select_from(Manifest)
    .join(Location, Location.id == Manifest.location_id)
    .outerjoin(
        Parcel,
        (Parcel.site_id == Manifest.site_id) & (Parcel.status == "packed") & (Parcel.carrier == Manifest.carrier),
    )
    .outerjoin(Order, Order.id == Parcel.order_id)
    .outerjoin(Unit, Unit.id == Parcel.unit_id)
    .outerjoin(_AT, _AT.id == Unit.location_id)
    .where(Manifest.id == bindparam("manifest"))
    .order_by(Parcel.id)
    .limit(200)
)
