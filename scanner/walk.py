"""Walk: the order of a picker's stops, from the locations' real coordinates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sqlalchemy import select

from scanner.by import By
from scanner.db import db
from scanner.models import Location
from scanner.models.location import STORAGE_KINDS
from scanner.planning.route import Layout, Stop, layout_of, tour, walk_mm


class Point(Protocol):
    """Anything with coordinates on the floor, in mm."""

    @property
    def x_mm(self) -> int | None: ...
    @property
    def y_mm(self) -> int | None: ...


def sort(by: By, location_ids: Collection[int]) -> list[int]:
    """Location ids in the order of the shortest walk; by walking order where coordinates are missing."""
    rows = db.session.execute(
        select(Location.id, Location.x_mm, Location.y_mm, Location.walk_order, Location.code).where(
            Location.id.in_(location_ids)
        )
    )
    stops = [Stop(row.id, row.x_mm, row.y_mm, row.walk_order, row.code) for row in rows]
    return tour(stops, layout(by)).keys


def layout(by: By) -> Layout | None:
    """The site's aisles and cross aisles, as the coordinates of its shelves suggest them."""
    rows = db.session.scalars(
        select(Location.y_mm)
        .where(Location.site_id == by.site_id, Location.kind.in_(STORAGE_KINDS), Location.y_mm.is_not(None))
        .distinct()
    )
    return layout_of((0, y) for y in rows if y is not None)


def cross_aisles(by: By) -> list[int]:
    """The y of the site's cross aisles in mm, for a task's notebook."""
    found = layout(by)
    return list(found.cross_mm) if found else []


def hint(last: list[int] | None, cross_mm: list[int] | None, place: Point) -> str:
    """How far it is from the last stop, in words; empty when that is not known."""
    if not last or not cross_mm or place.x_mm is None or place.y_mm is None:
        return ""
    metres = walk_mm((last[0], last[1]), (place.x_mm, place.y_mm), Layout(tuple(cross_mm))) / 1000
    return f"{metres:.0f} m from the last stop"
