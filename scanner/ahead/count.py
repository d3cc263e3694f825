"""The coming steps of a count: the location, then every item that the book knows there, as often as it lies there.

The book's figures are nowhere in it, and the items stand in the order of their numbers: also such as the book has none
of any more, so that the list tells nothing of what should be there. Whether the count is right only the server says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from scanner import tasks
from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.by import By
from scanner.count.entries import current_of
from scanner.db import db
from scanner.models import Balance, Item, Location, Lot, Task, Unit
from scanner.prompt import Prompt

MOST_ITEMS = 25  # each is a step from which all the others can be reached
SAVED = "Saved. The server compares it with the book."


class Count(Script):
    """What is really at a location."""

    def begin(self, task: Task, by: By) -> None:
        """Read what the book has ever had at the location, without how many."""
        facts = task.memo["facts"]
        here = db.session.get_one(Location, task.location_id)
        facts["here"] = codes.place_codes(here.scan_body, here.code, here.check_digits)
        rows = db.session.execute(_HERE, {"site": by.site_id, "location": task.location_id}).all()
        facts["lots"] = {}
        for row in rows:
            facts["lots"].setdefault(row.id, []).extend([row.code] if row.code else [])
        facts["tracking"] = {row.id: row.tracking for row in rows}
        facts["packs"] = codes.packs_of(facts["lots"])
        units = select(Unit.code, Unit.kind).where(Unit.location_id == task.location_id, Unit.site_id == by.site_id)
        facts["units"] = db.session.execute(units.order_by(Unit.code).limit(MOST_ITEMS)).all()
        facts["entries"] = dict(task.state["entries"])

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """What a counter can scan or tap now."""
        if not task.state.get("at"):
            return _location(task)
        return _pending(task) if task.state.get("pending") else _item(task)

    def other(self, task: Task) -> str:
        """Anything may be found at a location."""
        return "keep" if task.state.get("at") else "stop"

    def same(self, task: Task) -> Any:
        """Where it stands and what is asked. What was counted before makes no difference to what may come next."""
        pending = task.state.get("pending")
        return task.state.get("at"), pending, None if pending else task.state.get("current"), task.state["round"]

    def steady(self, prompt: Prompt) -> Prompt:
        """The prompt without what was counted so far."""
        if prompt.step != "item":
            return prompt
        if prompt.goods is None:
            return replace(prompt, checks=())
        return replace(prompt, goods=replace(prompt.goods, done=None), checks=())

    def drawn(self, task: Task, prompt: Prompt) -> Prompt:
        """The item that is counted, with what of it was counted before the device went on by itself."""
        drawn = self.steady(prompt)
        current = current_of(task)
        if prompt.step != "item" or drawn.goods is None or current is None:
            return drawn
        return replace(drawn, goods=replace(drawn.goods, done=_counted(task.memo["facts"]["entries"], current.key)))

    def figure(self, task: Task) -> int | None:
        """What was counted of the item."""
        current = current_of(task)
        return current.counted if current is not None and not task.state.get("pending") else None

    def added(self, before: dict[str, Any], task: Task) -> int | None:
        """Each item has a figure of its own, which goes on when the counter comes back to it."""
        current = current_of(task)
        return None if current is None else current.counted - _counted(before["entries"], current.key)


def _counted(entries: dict[str, Any], key: str) -> int:
    return int(entries[key]["counted"]) if key in entries else 0


_HERE = (
    select(Item.id, Item.tracking, Lot.code)
    .join(Balance, Balance.item_id == Item.id)
    .join(Lot, Lot.id == Balance.lot_id)
    .where(Balance.site_id == bindparam("site"), Balance.location_id == bindparam("location"), Balance.unit_id == 0)
    .order_by(Item.id, Lot.id)
    .limit(MOST_ITEMS)
)


# --- step by step ----------------------------------------------------------------------------------------------------


def _location(task: Task) -> Iterator[Way]:
    here = task.memo["facts"]["here"]
    yield Way(here, played=here[0])


def _item(task: Task) -> Iterator[Way]:
    facts = task.memo["facts"]
    for item_id in facts["packs"]:
        yield from _goods(facts, item_id)
    for unit in facts["units"]:
        found = codes.unit_codes(unit.code, unit.kind)
        yield Way(found, played=found[0])
    yield from _ends(task)
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _goods(facts: dict[str, Any], item_id: int) -> Iterator[Way]:
    """An item in each of its packs; with lots also by the labels of those that the book has had here."""
    tracking, packs = facts["tracking"][item_id], facts["packs"][item_id]
    for pack in packs:
        likes = codes.like_item(pack.gtins) if tracking == "none" else ()
        yield Way(pack.texts, played=pack.texts[0], likes=likes, is_shared=True)
        if tracking == "lot" and pack.gtins:
            for lot in facts["lots"][item_id]:
                likes = codes.like_lot(pack.gtins, lot)
                yield Way(likes=likes, played=codes.labelled(pack.gtins[0], "10", lot), is_shared=True)
    yield Way(likes=codes.like_other(gtin for pack in packs for gtin in pack.gtins))


def _pending(task: Task) -> Iterator[Way]:
    """The lot that the label did not say. Serial numbers are each seen by the server."""
    pending = task.state["pending"]
    if pending["ask"] == "lot":
        for lot in task.memo["facts"]["lots"].get(pending["item"], ()):
            yield Way(codes.field_codes("10", lot), played=f"]C110{lot}")
    yield Way(codes.cards("BACK"))  # what it leads to depends on what was counted before


def _ends(task: Task) -> Iterator[Way]:
    """DONE, the location's label, NOTHING HERE: it looks the same whether the count is right or not."""
    location = db.session.get_one(Location, task.location_id)
    end = tasks.done_prompt(task, f"COUNT {location.code}", SAVED)
    label = task.memo["facts"]["here"][:2]
    nothing = () if task.state["entries"] or task.state.get("units") else codes.cards("EMPTY")
    yield Way((*codes.cards("DONE"), *label, *nothing), ends=end)
