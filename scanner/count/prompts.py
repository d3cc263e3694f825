"""Prompts: what the counter is told in each step. The book's figure is never in them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm.util import identity_key

from scanner import goods, shown, tasks
from scanner.count.entries import Entry, current_of, entries_of
from scanner.db import db
from scanner.find import unit_words
from scanner.models import Item, Location, Task, Unit
from scanner.prompt import Check, Goods, Pad, Prompt

SHOWN = 8  # of what was counted, the last ones


def location_prompt(task: Task, location: Location, title: str) -> Prompt:
    """The location is to be proven."""
    return Prompt(
        workflow="count",
        step="location",
        title=title,
        verb="GO TO",
        scan=f"SCAN LOCATION {location.code}",
        place=shown.place(location),
        text="Please count once more." if task.state["round"] == 2 else "Count what you see.",
        expects=(shown.location_code(location.scan_body), location.code),
        actions=(tasks.action("UNDO"),),
    )


def item_prompt(task: Task, location: Location, title: str) -> Prompt:
    """What stands at the location is to be scanned."""
    current, checks = current_of(task), _checks(task)
    nothing = () if checks else (tasks.action("EMPTY", "NOTHING HERE"),)
    return Prompt(
        workflow="count",
        step="item",
        title=title,
        verb="COUNT WHAT YOU SEE",
        scan="SCAN AN ITEM",
        goods=_goods(current) if current else None,
        checks=checks,
        next=f"DONE or the label closes {location.code}",
        actions=(*nothing, tasks.action("DONE"), tasks.action("UNDO")),
        pad=Pad("quantity", "QUANTITY", "quantity") if current and not current.serials else None,
    )


def _goods(entry: Entry) -> Goods:
    item = db.session.get_one(Item, entry.item_id)
    facts = shown.lot_facts(goods.lot_by_id(entry.lot_id))
    return Goods(item.name, item.sku, done=entry.counted, uom=item.uom, facts=facts)


def _checks(task: Task) -> tuple[Check, ...]:
    """What was counted last: items first, then units."""
    units = task.state.get("units", [])[-SHOWN:]
    entries = entries_of(task)[-SHOWN:]
    _read(Item, [entry.item_id for entry in entries])
    _read(Unit, units)
    labels = [(db.session.get_one(Item, entry.item_id).name, str(entry.counted)) for entry in entries]
    labels += [(unit_words(db.session.get_one(Unit, unit_id)), "") for unit_id in units]
    return tuple(Check(label, "done", note) for label, note in labels[-SHOWN:])


def _read(kind: type[Item | Unit], ids: list[int]) -> None:
    """Read in one statement what of these things has not been read in this act."""
    missing = [number for number in ids if identity_key(kind, number) not in db.session.identity_map]
    if missing:
        db.session.scalars(select(kind).where(kind.id.in_(missing))).all()
