"""Locations by API: list, read with content, create or change."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel
from sqlalchemy import select

from scanner import shown
from scanner.db import db
from scanner.models import Location
from scanner.refusals import Refusal
from web.api.common import Page, answer, blueprint, listed
from web.api.imports import Rows, take
from web.api.stock import rows_of
from web.auth import EVERYONE, allow, me

bp = blueprint("locations")


class LocationQuery(Page):
    """Which locations."""

    kind: str = ""


class LocationPath(BaseModel):
    """A location's code."""

    code: str


FIELDS = (
    *("id", "code", "kind", "aisle", "bay", "level", "position", "x_mm", "y_mm", "walk_order", "storage_class"),
    *("capacity_units", "capacity_weight_g", "capacity_volume_mm3", "mix", "is_held"),
)


def _shown(location: Location) -> dict[str, Any]:
    return {**{field: getattr(location, field) for field in FIELDS}, "label": shown.location_code(location.scan_body)}


@bp.get("/locations")
@allow(*EVERYONE)
def list_locations(query: LocationQuery) -> Response:
    """The places of the site, in the order of their ids, with the code that their label holds."""
    wanted = select(Location).where(Location.site_id == me().site_id, ~Location.is_virtual)
    if query.kind:
        wanted = wanted.where(Location.kind == query.kind)
    return answer({"locations": [_shown(location) for location in listed(wanted, Location.id, query)]})


@bp.get("/locations/<path:code>")
@allow(*EVERYONE)
def get_location(path: LocationPath) -> Response:
    """One place with what is in it."""
    location = location_of(path.code)
    return answer({**_shown(location), "stock": rows_of(Location.id == location.id)})


@bp.post("/locations")
@allow()
def post_locations(body: Rows) -> Response:
    """Create or change locations: the rows of the import, all of them or none."""
    return take("locations", body)


def location_of(code: str) -> Location:
    """The location with this code. Refuses unknown_document."""
    wanted = select(Location).where(Location.site_id == me().site_id, Location.code == code, ~Location.is_virtual)
    found = db.session.scalars(wanted).first()
    if found is None:
        raise Refusal("unknown_document", code[:40], "location")
    return found
