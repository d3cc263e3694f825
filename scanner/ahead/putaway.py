"""The coming steps of put-away: each pallet or item that waits, its place, and back to the list.

What comes first nobody knows, so each load is played from the list as it is now, and its place is sought as if those
before it on the list stood at theirs: two loads are never sent to the room of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from scanner import putaway, stock
from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.by import By
from scanner.db import db
from scanner.load import Load, is_countable
from scanner.models import Balance, Item, Location, Lot, Task, Unit
from scanner.planning import slot
from scanner.prompt import Prompt

MOST_WAITING = 40
LIST_LATER = "The list comes back with the network."
FAR = 8  # another place than the best one


class PutAway(Script):
    """From the dock to a shelf."""

    def begin(self, task: Task, by: By) -> None:
        """Read what waits, with its barcodes and labels."""
        facts = task.memo["facts"]
        facts["read"] = {"listed": putaway.listed(task)}
        facts["units"], facts["loose"] = _waiting(by)
        held = [row.item_id for row in facts["loose"]]
        load = task.state.get("load") or {}
        facts["packs"] = codes.packs_of({*held, *([load["item"]] if "item" in load else [])})
        task.memo["book"] = Floor()

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """What a receiver can scan or tap now."""
        if task.state.get("pending"):
            return _pending(task)
        return _location(task) if task.state.get("load") else _what(task)

    def other(self, task: Task) -> str:
        """Any unit may be put away, wherever it stands. With one in hand only a place is wanted."""
        return "stop" if task.state.get("load") and not task.state.get("pending") else "keep"

    def same(self, task: Task) -> Any:
        """What is in hand, and what is being asked."""
        load = {name: part for name, part in (task.state.get("load") or {}).items() if name != "qty"}
        return load, [task.state.get(name) for name in ("confirm", "source", "pending")]

    def steady(self, prompt: Prompt) -> Prompt:
        """The list without what is on it; goods in hand without how many."""
        if prompt.step == "what":
            return replace(prompt, checks=(), next="", text="")
        if prompt.pad is not None and prompt.pad.kind == "quantity" and prompt.goods is not None:
            return replace(prompt, goods=replace(prompt.goods, qty=None), pad=replace(prompt.pad, value=""))
        return prompt

    def drawn(self, _task: Task, prompt: Prompt) -> Prompt:
        """The list has changed when the work comes back to it. The pad proposes no figure: it may be another."""
        if prompt.step == "what":
            return replace(self.steady(prompt), text=LIST_LATER)
        return replace(prompt, pad=replace(prompt.pad, value="")) if prompt.pad else prompt

    def figure(self, task: Task) -> int | None:
        """How many are in hand, loose."""
        load = task.state.get("load")
        return int(load["qty"]) if load and is_countable(load) else None


@dataclass(slots=True)
class Floor:
    """The places, as if every load that was offered one stood there already."""

    empty: dict[str, dict[int, slot.Place]] = field(default_factory=dict)  # by storage class
    same: dict[int, dict[int, slot.Place]] = field(default_factory=dict)  # by item
    placed: dict[Any, tuple[int, slot.Goods]] = field(default_factory=dict)  # by load

    def suggest(self, load: Load, goods_: slot.Goods, by: By) -> list[slot.Suggestion]:
        """As `putaway.suggest`, with the other loads where they were sent to."""
        class_, item_id = goods_.storage_class, goods_.item_id
        if class_ not in self.empty:
            self.empty[class_] = _places(by, putaway.EMPTY_PLACES, {"site": by.site_id, "class": class_})
        if item_id not in self.same:
            self.same[item_id] = _places(by, putaway.PLACES_WITH, {"site": by.site_id, "item": item_id})
        places = self.empty[class_] | self.same[item_id]
        key = load.get("unit") or (load["from"], load["item"], load["lot"])
        for other, (location_id, part) in self.placed.items():
            if other != key and location_id in places:
                places[location_id] = slot.with_goods(places[location_id], part)
        wanted = [place for place in places.values() if not place.items or item_id in place.items]
        offers = slot.suggest(goods_, wanted, limit=putaway.OFFERED)
        if offers:
            self.placed[key] = offers[0].location_id, goods_
        return offers


def _places(by: By, query: Any, values: dict[str, Any]) -> dict[int, slot.Place]:
    return {place.location_id: place for place in stock.slot_places(by, db.session.scalars(query, values))}


def _waiting(by: By) -> tuple[list[Any], list[Any]]:
    """The units and the loose goods at the docks, in the order of the list."""
    rows = db.session.execute(
        select(Balance.unit_id, Balance.item_id, Unit.code, Unit.kind, Lot.code.label("lot"), Item.tracking)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.site_id == by.site_id, Balance.qty > 0, Location.kind.in_(("dock", "returns")))
        .where(Unit.order_id.is_(None), Unit.status != "shipped")
        .order_by(Location.code, Item.name)
        .limit(MOST_WAITING)
    ).all()
    units = {row.unit_id: row for row in rows if row.unit_id}
    return list(units.values()), [row for row in rows if not row.unit_id]


def _what(task: Task) -> Iterator[Way]:
    facts = task.memo["facts"]
    for unit in facts["units"]:
        found = codes.unit_codes(unit.code, unit.kind)
        yield Way(found, played=found[0])
    for item_id in dict.fromkeys(row.item_id for row in facts["loose"]):
        yield from _goods(task, item_id)
    yield Way(codes.cards("DONE"), played=codes.cards("DONE")[0])


def _goods(task: Task, item_id: int) -> Iterator[Way]:
    """An item that lies loose at the dock, in each of its packs; those that are kept by lot also by their label."""
    facts = task.memo["facts"]
    rows = [row for row in facts["loose"] if row.item_id == item_id]
    tracking = rows[0].tracking if rows else "none"
    packs = facts["packs"][item_id]
    for pack in packs:
        likes = codes.like_item(pack.gtins) if tracking == "none" else ()
        yield Way(pack.texts, played=pack.texts[0], likes=likes, detour=0 if pack.qty == packs[0].qty else 2)
        if tracking == "lot" and pack.gtins:
            for lot in dict.fromkeys(row.lot for row in rows):
                likes = codes.like_lot(pack.gtins, lot)
                yield Way(likes=likes, played=codes.labelled(pack.gtins[0], "10", lot), detour=2)
    yield Way(likes=codes.like_other(gtin for pack in packs for gtin in pack.gtins))


def _pending(task: Task) -> Iterator[Way]:
    """The lot that the label did not say. Which serial number is carried, the server notes."""
    pending, facts = task.state["pending"], task.memo["facts"]
    if pending["ask"] == "lot":
        lots = dict.fromkeys(row.lot for row in facts["loose"] if row.item_id == pending["item"])
        for lot in lots:
            yield Way(codes.field_codes("10", lot), played=f"]C110{lot}")
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _location(task: Task) -> Iterator[Way]:
    load = task.state["load"]
    for number, (location_id, _code, _why) in enumerate(task.state["offers"]):
        place = db.session.get_one(Location, location_id)
        found = codes.place_codes(place.scan_body, place.code)
        yield Way(found, played=found[0], detour=FAR if number else 0)
    yield Way(likes=(codes.LIKE_PLACE,))
    yield Way(codes.cards("FULL"), played=codes.cards("FULL")[0], detour=FAR)
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])
    if is_countable(load):
        yield from _goods(task, load["item"])
        yield Way(codes.cards("ALL"), played=codes.cards("ALL")[0], sets=True)
