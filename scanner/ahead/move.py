"""The coming steps of a move: what stands at the place that was scanned, and where it may go.

Which place comes first nobody knows: the server tells what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.by import By
from scanner.db import db
from scanner.load import is_countable
from scanner.models import Balance, Item, Location, Lot, Task
from scanner.models.location import STORAGE_KINDS
from scanner.prompt import Prompt


class MoveGoods(Script):
    """From one place to another."""

    def begin(self, task: Task, by: By) -> None:
        """Read what stands at the place, and one that takes anything, to be played for all."""
        facts, state = task.memo["facts"], task.state
        spot = {"location": state.get("source") or 0, "unit": state.get("source_unit") or 0}
        facts["here"] = db.session.execute(_HERE, {"site": by.site_id, **spot}).all()
        load = state.get("load") or {}
        ids = {row.id for row in facts["here"]} | ({load["item"]} if "item" in load else set())
        facts["packs"] = codes.packs_of(ids)
        takes_all = (Location.site_id == by.site_id, ~Location.is_held, ~Location.is_virtual)
        facts["target"] = db.session.scalars(
            select(Location)
            .where(*takes_all, Location.kind.not_in((*STORAGE_KINDS, "quarantine")), Location.id != spot["location"])
            .order_by(Location.walk_order)
            .limit(1)
        ).first()

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """What somebody can scan or tap now."""
        if task.state.get("pending"):
            return _pending(task)
        if task.state.get("load"):
            return _to(task)
        return _item(task) if task.state.get("source") else _from()

    def same(self, task: Task) -> Any:
        """What is in hand, whatever its quantity, from where, and what is being asked."""
        load = {name: part for name, part in (task.state.get("load") or {}).items() if name != "qty"}
        return load, [task.state.get(name) for name in ("source", "source_unit", "pending", "confirm")]

    def steady(self, prompt: Prompt) -> Prompt:
        """Goods in hand without how many."""
        if prompt.step == "to" and prompt.goods is not None and prompt.pad is not None:
            return replace(prompt, goods=replace(prompt.goods, qty=None), pad=replace(prompt.pad, value=""))
        return prompt

    def drawn(self, _task: Task, prompt: Prompt) -> Prompt:
        """The pad proposes no figure: it may be another by then."""
        return replace(prompt, pad=replace(prompt.pad, value="")) if prompt.pad else prompt

    def figure(self, task: Task) -> int | None:
        """How many are in hand, loose."""
        load = task.state.get("load")
        return int(load["qty"]) if load and is_countable(load) else None


_HERE = (
    select(Item.id, Item.tracking, Lot.code.label("lot"))
    .join(Balance, Balance.item_id == Item.id)
    .join(Lot, Lot.id == Balance.lot_id)
    .where(
        Balance.site_id == bindparam("site"),
        Balance.location_id == bindparam("location"),
        Balance.unit_id == bindparam("unit"),
        Balance.qty > Balance.reserved,
    )
    .order_by(Item.sku, Lot.code)
    .limit(60)
)


def _from() -> Iterator[Way]:
    yield Way(codes.cards("DONE"), played=codes.cards("DONE")[0])


def _item(task: Task) -> Iterator[Way]:
    for item_id in dict.fromkeys(row.id for row in task.memo["facts"]["here"]):
        yield from _goods(task, item_id)
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _goods(task: Task, item_id: int) -> Iterator[Way]:
    """An item that lies here in each of its packs; with lots also by its label."""
    facts = task.memo["facts"]
    rows = [row for row in facts["here"] if row.id == item_id]
    tracking, packs = rows[0].tracking if rows else "", facts["packs"][item_id]
    for pack in packs:
        likes = codes.like_item(pack.gtins) if tracking == "none" else ()
        yield Way(pack.texts, played=pack.texts[0], likes=likes)
        if tracking == "lot" and pack.gtins:
            for row in rows:
                likes = codes.like_lot(pack.gtins, row.lot)
                yield Way(likes=likes, played=codes.labelled(pack.gtins[0], "10", row.lot))


def _pending(task: Task) -> Iterator[Way]:
    pending = task.state["pending"]
    if pending["ask"] == "lot":
        for row in task.memo["facts"]["here"]:
            if row.id == pending["item"]:
                yield Way(codes.field_codes("10", row.lot), played=f"]C110{row.lot}")
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _to(task: Task) -> Iterator[Way]:
    """Any location. Whether it has room the server says; what it refuses, somebody looks after."""
    target, load = task.memo["facts"]["target"], task.state["load"]
    if target is not None:
        label = codes.place_codes(target.scan_body, target.code)[0]
        yield Way(likes=(codes.LIKE_PLACE,), played=label)
    if is_countable(load):
        yield from _goods(task, load["item"])
        yield Way(codes.cards("ALL"), played=codes.cards("ALL")[0], sets=True)
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])
