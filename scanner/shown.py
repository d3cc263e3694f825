"""Shown: database things as the prompt shows them."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from scanner.barcode import encode
from scanner.barcode.keys import is_digits
from scanner.models import Item, Lot
from scanner.prompt import Goods, Place

LONGEST_CODE = 8  # characters that are read out whole


class Address(Protocol):
    """A location, or a row with a location's address."""

    @property
    def code(self) -> str: ...
    @property
    def aisle(self) -> str: ...
    @property
    def bay(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def position(self) -> str: ...


def end_of(code: str) -> str:
    """A long code as people call it, by its end: …000123."""
    return code if len(code) <= LONGEST_CODE else f"…{code[-6:]}"


def place(at: Address, hint: str = "") -> Place:
    """A location split as on its label."""
    named = (("aisle", at.aisle), ("bay", at.bay), ("level", at.level), ("position", at.position))
    split = [(caption, part) for caption, part in named if part] or [("", at.code)]
    level = int(at.level) if is_digits(at.level) else None
    return Place(at.code, tuple(part for _, part in split), tuple(caption for caption, _ in split), level, hint)


def goods(item: Item, *, qty: int | None = None, done: int | None = None, lot: Lot | None = None) -> Goods:
    """An item with its quantity and lot."""
    return Goods(item.name, item.sku, qty=qty, done=done, uom=item.uom, facts=lot_facts(lot))


def lot_facts(lot: Lot | None) -> tuple[tuple[str, str], ...]:
    """The facts of a lot, for reading, not for filling in."""
    if lot is None or lot.id == 0:
        return ()
    facts = [("lot", lot.code)]
    facts += [(name, _day(day)) for name, day in (("expiry", lot.expiry), ("best before", lot.best_before)) if day]
    return tuple(facts)


def _day(day: date) -> str:
    return day.isoformat()


def location_code(scan_body: str) -> str:
    """What a location's label holds."""
    return encode("location", scan_body)


def manifest_code(manifest_id: int) -> str:
    """What a manifest's barcode holds."""
    return encode("manifest", f"{manifest_id:08d}")
