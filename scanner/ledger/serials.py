"""Serials: one single thing is in one place, and leaves from there."""

from __future__ import annotations

from sqlalchemy import select, update

from scanner.by import By
from scanner.db import db
from scanner.ledger.spots import Spot
from scanner.models import Serial
from scanner.refusals import Refusal


def move_serial(by: By, item_id: int, serial_id: int, source: Spot, target: Spot) -> None:
    """Move a serial number from where it must be. Refuses wrong_serial."""
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


def serials_in(unit_ids: list[int]) -> dict[tuple[int, int], list[int]]:
    """Serial numbers inside units, by unit and item."""
    found: dict[tuple[int, int], list[int]] = {}
    rows = db.session.execute(
        select(Serial.unit_id, Serial.item_id, Serial.id).where(Serial.unit_id.in_(unit_ids)).order_by(Serial.id)
    )
    for unit_id, item_id, serial_id in rows:
        found.setdefault((unit_id, item_id or 0), []).append(serial_id)
    return found
