"""The coming steps of a receipt: the items of the order, more of the same, how many, and where they go.

What is due counts down only on the server, so the device shows the list without its figures. New lots and serial
numbers are the server's: it must see their labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, exists, or_, select

from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.barcode.own import encode
from scanner.by import By
from scanner.db import db
from scanner.models import Balance, Item, Location, Lot, Task, Unit
from scanner.prompt import Prompt
from scanner.receive.plan import in_hand, lines_of, step_of

NEW_UNIT = encode("tote", "AHEAD")  # a label that nobody has
MOST_LOTS = 12  # of an item, the youngest
MOST_TAKEN = 400  # units that no goods may be bound to; with more of them the server judges every label
DUE = "still due"
LIST_LATER = "What is due comes back with the network."
NEEDS_CLOSE = "Closing the receipt needs the network."


class Receive(Script):
    """Goods in at the dock."""

    def begin(self, task: Task, by: By) -> None:
        """Read the order's items with their barcodes and lots, the dock, and the units that are taken."""
        facts, ids = task.memo["facts"], dict.fromkeys(line.item_id for line in lines_of(task))
        held = in_hand(task)
        ids |= {held["item"]: None} if held else {}
        facts["items"] = {item.id: item for item in db.session.scalars(select(Item).where(Item.id.in_(ids)))}
        facts["order"], facts["packs"] = list(ids), codes.packs_of(ids)
        facts["lots"] = _lots(ids)
        dock = db.session.get_one(Location, task.location_id)
        facts["dock"] = codes.place_codes(dock.scan_body, dock.code)
        facts["taken"] = _taken(by, dock.id)

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """What a receiver can scan or tap now."""
        return _WAYS.get(step_of(task), _nothing)(task)

    def other(self, task: Task) -> str:
        """With goods in hand only more of them and their place are wanted. Without an order anything may come."""
        is_known = task.purchase_order_id is not None or step_of(task) == "bind"
        return "stop" if is_known and step_of(task) in ("item", "bind") else "keep"

    def same(self, task: Task) -> Any:
        """What is in hand, whatever its quantity, and what is being asked."""
        held = {name: part for name, part in (in_hand(task) or {}).items() if name not in ("qty", "is_counted")}
        return held, [task.state.get(name) for name in ("pending", "confirm", "damage", "fresh")], task.location_id

    def steady(self, prompt: Prompt) -> Prompt:
        """The prompt without how far the order is, and without how many are in hand."""
        bare = replace(prompt, progress=None, checks=())
        if prompt.step == "item":
            return replace(bare, text="", next="")
        if prompt.goods is None or prompt.step not in ("bind", "damage"):
            return bare
        goods = replace(prompt.goods, qty=None, facts=tuple(fact for fact in prompt.goods.facts if fact[0] != DUE))
        pad = replace(prompt.pad, value="") if prompt.pad else None
        return replace(bare, goods=goods, pad=pad, actions=_without_all(prompt))

    def drawn(self, task: Task, prompt: Prompt) -> Prompt:
        """The same, with how many are in hand, or whose goods they are."""
        drawn = self.steady(prompt)
        if prompt.step == "item":
            return replace(drawn, text=f"{task.state.get('supplier', 'Without an order')}. {LIST_LATER}")
        if drawn.goods is None or prompt.goods is None:
            return drawn
        return replace(drawn, goods=replace(drawn.goods, qty=prompt.goods.qty))

    def figure(self, task: Task) -> int | None:
        """How many are in hand."""
        held = in_hand(task)
        return int(held["qty"]) if held and step_of(task) == "bind" and not held.get("serials") else None


def _without_all(prompt: Prompt) -> tuple[Any, ...]:
    """ALL is what the order still wants, which only the server knows."""
    every = codes.cards("ALL")
    return tuple(action for action in prompt.actions if action.code not in every)


def _lots(item_ids: Any) -> dict[int, list[Lot]]:
    found: dict[int, list[Lot]] = {}
    query = select(Lot).where(Lot.item_id.in_(item_ids), ~Lot.is_held).order_by(Lot.id.desc())
    for lot in db.session.scalars(query.limit(20 * MOST_LOTS)) if item_ids else ():
        found.setdefault(lot.item_id or 0, []).append(lot)
    return {item_id: lots[:MOST_LOTS] for item_id, lots in found.items()}


def _taken(by: By, dock_id: int) -> list[str] | None:
    """The totes that goods may not be bound to; None when there are too many of them."""
    has_goods = exists().where(Balance.unit_id == Unit.id, Balance.qty > 0)
    elsewhere = and_(Unit.location_id.is_not(None), Unit.location_id != dock_id, has_goods)
    query = (
        select(Unit.code)
        .where(Unit.site_id == by.site_id, Unit.kind.in_(("tote", "pallet", "carton")))
        .where(or_(Unit.status == "open", Unit.kind == "tote"))
        .where(or_(Unit.status != "open", Unit.order_id.is_not(None), elsewhere))
    )
    codes_ = list(db.session.scalars(query.limit(MOST_TAKEN + 1)))
    return sorted(codes_) if len(codes_) <= MOST_TAKEN else None


# --- step by step ----------------------------------------------------------------------------------------------------


def _item(task: Task) -> Iterator[Way]:
    for item_id in task.memo["facts"]["order"]:
        yield from _goods(task, item_id)
    yield Way(codes.cards("DONE"), needs=NEEDS_CLOSE)
    yield Way(codes.cards("SHORT", "BACK"))
    yield Way(codes.cards("PAUSE"), played=codes.cards("PAUSE")[0])
    yield Way(task.memo["facts"]["dock"], played=task.memo["facts"]["dock"][0])
    yield Way(likes=(codes.LIKE_PLACE,))


def _bind(task: Task) -> Iterator[Way]:
    facts, held = task.memo["facts"], in_hand(task)
    assert held is not None
    may_be_over = task.purchase_order_id is not None  # by what is counted until then
    yield from _goods(task, held["item"])
    yield Way(codes.cards("DONE"), played=codes.cards("DONE")[0], is_asked=may_be_over)
    yield Way(facts["dock"], played=facts["dock"][0], is_asked=may_be_over)
    yield Way(likes=(codes.LIKE_PLACE,))
    if facts["taken"] is not None and not task.state.get("fresh"):
        # it may hang from another receipt, and say something else
        yield Way(likes=codes.like_unit(facts["taken"]), played=NEW_UNIT, is_asked=True)
    yield Way(likes=codes.like_unit(()))
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])
    yield Way(codes.cards("DAMAGED", "ALL"))


def _goods(task: Task, item_id: int) -> Iterator[Way]:
    """An item of the order in each of its packs; one that is kept by lot by the labels of lots that are on file."""
    facts = task.memo["facts"]
    tracking, packs = facts["items"][item_id].tracking, facts["packs"][item_id]
    for pack in packs:
        likes = codes.like_item(pack.gtins) if tracking == "none" else ()
        yield Way(pack.texts, played=pack.texts[0], likes=likes)
        if tracking == "lot" and pack.gtins:
            for lot in facts["lots"].get(item_id, ()):
                dates = codes.dates_of(lot.expiry, lot.best_before)
                likes = codes.like_lot(pack.gtins, lot.code, dates)
                yield Way(likes=likes, played=codes.labelled(pack.gtins[0], "10", lot.code))
    yield Way(likes=codes.like_other(gtin for pack in packs for gtin in pack.gtins))


def _lot(task: Task) -> Iterator[Way]:
    """The lot that the label did not say: one that is on file, or it is for the server."""
    for lot in task.memo["facts"]["lots"].get(task.state["pending"]["item"], ()):
        yield Way(codes.field_codes("10", lot.code), played=f"]C110{lot.code}")
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _nothing(_task: Task) -> Iterator[Way]:
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


_WAYS = {"item": _item, "bind": _bind, "lot": _lot}
