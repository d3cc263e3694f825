"""Locations: their addresses, walking order, labels and check digits."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from scanner.barcode import compact
from scanner.db import db
from scanner.imports.job import (
    Entry,
    Job,
    Write,
    check_labels,
    count_change,
    insert_all,
    one_of_each,
    update_all,
)
from scanner.imports.rows import LocationRow
from scanner.models import Location
from scanner.models.location import STORAGE_KINDS
from scanner.planning.walk import serpentine

PARTS = ("aisle", "bay", "level", "position")
_SEPARATOR = re.compile(r"[-. /_]+")


def plan_locations(entries: Sequence[Entry[LocationRow]], job: Job) -> Write:
    """Insert or change places."""
    columns = list(Location.__table__.columns)
    old = {row.code: row for row in db.session.execute(select(*columns).where(Location.site_id == job.by.site_id))}
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    fresh: list[tuple[Entry[LocationRow], str]] = []
    for entry in one_of_each(job, entries, lambda row: row.code, "code"):
        known = old.get(entry.row.code)
        if known is None:
            body = compact(entry.row.code)
            fresh.append((entry, body))
            inserts.append(_new(entry.row, body, job.by.site_id, job.rng))
        elif known.is_virtual:
            job.error(entry, "code", "this is the name of a place in the books only")
        else:
            count_change(job, updates, known, entry.row.said)
            if "kind" in entry.row.model_fields_set and known.kind != entry.row.kind:
                job.error(entry, "kind", f"this place is of kind {known.kind} for good: give the new one another code")
    job.report.added += len(inserts)
    check_labels(job, "location", fresh, {row.scan_body: row.code for row in old.values()}, "code")

    def write() -> None:
        insert_all(Location, inserts)
        update_all(Location, updates)

    return write


def _new(row: LocationRow, body: str, site_id: int, rng: random.Random) -> dict[str, Any]:
    values = row.model_dump()
    if row.kind in STORAGE_KINDS and not any(values[part] for part in PARTS):
        values |= address(row.code)
    if "walk_order" not in row.model_fields_set:
        values["walk_order"] = serpentine(*(values[part] for part in PARTS))
    digits = f"{rng.randrange(1000):03d}"
    return {**values, "site_id": site_id, "scan_body": body, "check_digits": digits}


def address(code: str) -> dict[str, str]:
    """Aisle, bay, level and position of a code such as A-03-2; nothing if it is no such code."""
    parts = _SEPARATOR.split(code)
    if not 2 <= len(parts) <= len(PARTS) or not all(0 < len(part) <= 8 for part in parts):
        return {}
    return dict(zip(PARTS, parts, strict=False))
