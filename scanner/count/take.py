"""Take: the steps of a count in their order: the location is proven, then every item and unit is scanned."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from scanner import goods
from scanner.by import By
from scanner.count.entries import current_of, entry_of, write
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.ledger import Spot
from scanner.models import Location, Task
from scanner.models.stock import MOST
from scanner.refusals import Refusal


def prove_location(task: Task, found: Found) -> str:
    """The counter stands at the right place: by its label, or by the check digits on it."""
    wanted = db.session.get_one(Location, task.location_id)
    if not (wanted.check_digits and found.scan.text == wanted.check_digits):
        location = expect(found, f"the label of {wanted.code}", "location").thing
        if location.id != wanted.id:
            raise Refusal("wrong_location", location.code, wanted.code)
    task.note(at=wanted.id)
    return "Count what you see."


def refuse_other(task: Task) -> NoReturn:
    """Another location before this one is closed."""
    wanted = db.session.get_one(Location, task.location_id)
    raise Refusal("finish_first", f"The count of {wanted.code}", "DONE, or its label,")


def take_item(task: Task, found: Found, by: By) -> str:
    """One more pack of an item. The book's figure of this instant is noted, with the ledger's position."""
    assert task.location_id is not None
    gathered = goods.gather(task, found, source=Spot(task.location_id), is_count=True)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    entry = entry_of(task, gathered.item.id, gathered.lot_id).with_more(gathered)
    write(task, entry, by)
    return f"{gathered.item.name}: {entry.counted}."


def take_quantity(task: Task, found: Found, by: By) -> str:
    """The figure for the item that was scanned last."""
    entry, qty = current_of(task), found.quantity
    if entry is None:
        raise Refusal("finish_first", "The item", "an item")
    if qty is None or not 0 <= qty <= MOST:
        raise Refusal("bad_quantity", qty)
    if entry.serials:
        raise Refusal("serial_has_one")
    write(task, replace(entry, counted=qty), by)
    return f"{qty}."


def take_unit(task: Task, found: Found, by: By) -> str:
    """A closed unit is counted by its label: it is here, with what the book has in it."""
    unit = found.thing
    if unit is None:
        raise Refusal("unit_empty", found.words)
    if unit.location_id != task.location_id:
        at = db.session.get(Location, unit.location_id) if unit.location_id else None
        raise Refusal("wrong_location", f"{unit_words(unit)}, in the book at {at.code if at else 'no place'}", "MOVE")
    seen = task.state.get("units", [])
    task.note(units=[*seen, unit.id] if unit.id not in seen else seen)
    return f"{unit_words(unit).capitalize()} is here."
