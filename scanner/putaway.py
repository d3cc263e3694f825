"""Put away: from the dock to a shelf.

The worker scans a pallet or loose goods; the station says where they should go and why. Scanning that place books it.
Another legal place is taken after a second scan of the same place; an illegal one is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Select, bindparam, exists, func, select, union

from scanner import goods, ledger, shown, stock, tasks, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.ledger import Spot, Why
from scanner.load import Load, check_place, content_of, is_countable, loose, parts_of, post, with_more
from scanner.models import Balance, Item, Location, Lot, Task, Unit
from scanner.models.location import STORAGE_KINDS
from scanner.planning import slot
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "PUT AWAY"
ROLES = ("receiver",)
FROM_KINDS = ("dock", "returns", "cart", "pack")  # where goods wait for a shelf
OFFERED = 4  # places shown
EACH_END = 100  # empty places looked at, from the near end of the walk and from the far one


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the person's put-away task, or go on with it. `document` is not needed."""
    return tasks.own_for(by, "putaway") or tasks.open_task("putaway", by)


def prompt(task: Task) -> Prompt:
    """What the worker does next."""
    if task.status != "open":
        return tasks.done_prompt(task, TITLE, "Put-away is closed.")
    asked = goods.pending_prompt(task, TITLE, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return _location_prompt(task) if task.state.get("load") else _what_prompt(task)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what put-away expects: a unit or goods, then a location."""
    load = task.state.get("load")
    by.step = "location" if load else "what"
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, "a pallet, an item or a place")(task, found, by)
    if found.kind == "unit":
        return _take_unit(task, found, by)
    if found.kind == "location":
        return _put(task, found, by) if load else _from(task, found, by)
    if not goods.is_answer(task, found):
        expect(found, f"a place such as {_best(task)}" if load else "a pallet or an item", "item")
    return _take_goods(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """End the task. Refuses finish_first while something is in hand."""
    if task.state.get("load") or task.state.get("pending"):
        raise Refusal("finish_first", "What you carry", "its place")
    tasks.close(task)


# --- the steps in their order ----------------------------------------------------------------------------------------


def _take_unit(task: Task, found: Found, by: By) -> str:
    """A pallet or tote, wherever it stands: it is carried as it is."""
    if task.state.get("load"):
        raise Refusal("finish_first", "What you carry", "its place")
    if found.thing is None:
        raise Refusal("unit_empty", found.words)
    unit = _free_unit(found.thing.id)
    if not content_of(task, unit.id):
        raise Refusal("unit_empty", unit_words(unit))
    task.note(pending=None)
    _load(task, {"unit": unit.id}, by)
    return f"{unit_words(unit)}: to {_best(task)}."


def _free_unit(unit_id: int) -> Unit:
    """The unit, locked, if it may be carried. Refuses unit_shipped, unit_in_use."""
    unit = units.lock(unit_id)
    if unit.status == "shipped":
        raise Refusal("unit_shipped", unit_words(unit))
    if unit.order_id is not None:
        raise Refusal("unit_in_use", unit_words(unit), other="a customer order")
    return unit


def _from(task: Task, found: Found, by: By) -> str:
    """The place where loose goods are taken from, when it is not the first dock."""
    if found.thing.kind == "quarantine" and not by.is_supervisor:
        raise Refusal("not_allowed")
    task.note(source=found.thing.id)
    return f"From {found.thing.code}."


def _take_goods(task: Task, found: Found, by: By) -> str:
    """Loose goods: each further scan of the same adds to what is carried."""
    load = task.state.get("load")
    if load and "unit" in load:
        raise Refusal("finish_first", "What you carry", "its place")
    place = load["from"] if load else task.state.get("source")
    there = _loose_stock(task, found, place, by)
    source = Spot(there[0].location_id if there else place or 0)
    gathered = goods.gather(task, found, source=source, lots=[row.Lot for row in there if row.lot_id])
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    carried = with_more(load, gathered, **{"from": source.location_id})
    free = sum(row.free for row in there if row.lot_id == gathered.lot_id)
    if carried["qty"] > free:
        raise Refusal("not_enough", free, carried["qty"])
    _load(task, carried, by)
    return f"{carried['qty']} {gathered.item.name}: to {_best(task)}."


def _loose_stock(task: Task, found: Found, place: int | None, by: By) -> list[Any]:
    """The free lots of the goods that lie loose: at the scanned place, else at the first dock that has any."""
    item_id = found.thing.id if found.kind == "item" else task.state["pending"]["item"]
    query = _LOOSE.where(Location.id == place) if place else _LOOSE.where(Location.kind.in_(FROM_KINDS))
    rows = db.session.execute(query, {"site": by.site_id, "item": item_id}).all()
    if not rows and not place:
        raise Refusal("not_here", db.session.get_one(Item, item_id).name)
    return [row for row in rows if row.location_id == rows[0].location_id]


_LOOSE = (
    select(Balance.location_id, Balance.lot_id, (Balance.qty - Balance.reserved).label("free"), Lot)
    .join(Location, Location.id == Balance.location_id)
    .join(Lot, Lot.id == Balance.lot_id)
    .where(
        Balance.site_id == bindparam("site"),
        Balance.item_id == bindparam("item"),
        Balance.unit_id == 0,
        Balance.qty > Balance.reserved,
    )
    .order_by(Location.walk_order, Location.code)
)


def _load(task: Task, load: Load, by: By) -> None:
    """Note what is carried and where it may go, best place first."""
    offers = suggest(task, load, by)
    task.note(load=load, offers=[[o.location_id, o.code, "; ".join(o.why)] for o in offers], confirm=None)


def _put(task: Task, found: Found, by: By) -> str:
    """Book what is carried to the scanned place; one that was not suggested is asked for twice."""
    goods.check_whole(task)
    location = found.thing
    load = task.state["load"]
    check_place(task, load, location, _best(task), by)
    offers = task.state["offers"]
    is_asked = (not offers or location.id != offers[0][0]) and task.state.get("confirm") != location.id
    if is_asked and by.asks_again():
        task.note(confirm=location.id)
        by.code, by.tone = "twice", "warn"
        return f"{location.code} is another place. Scan it again to put it there."
    if "unit" in load:
        ledger.move_unit(by, _free_unit(load["unit"]), location.id, Why("putaway"))
    else:
        post(by, load, Spot(load["from"]), Spot(location.id), Why("putaway"))
    task.note(load=None, offers=None, confirm=None)
    by.tone = "line"
    return f"Booked at {location.code}."


# --- where it may go -------------------------------------------------------------------------------------------------


def suggest(task: Task, load: Load, by: By) -> list[slot.Suggestion]:
    """The best places for a load, with reasons in a worker's words."""
    goods_ = max(parts_of(task, load), key=lambda part: part.qty)  # of mixed goods, those that decide
    floor: Floor | None = task.memo.get("book")
    if floor is not None:
        return floor.suggest(load, goods_, by)
    return slot.suggest(goods_, places_for(goods_, by), limit=OFFERED)


class Floor(Protocol):
    """The places as a rehearsal sees them."""

    def suggest(self, load: Load, goods_: slot.Goods, by: By) -> list[slot.Suggestion]: ...


def places_for(goods_: slot.Goods, by: By) -> list[slot.Place]:
    """Places worth a thought: those that hold the item, and empty ones from both ends of the walk.

    Looking at every shelf of a large site at each scan would keep other people waiting for the lock.
    """
    values = {"site": by.site_id, "item": goods_.item_id, "class": goods_.storage_class}
    return stock.slot_places(by, db.session.scalars(_WORTH_A_THOUGHT, values))


_STORAGE = select(Location.id, Location.walk_order).where(
    Location.site_id == bindparam("site"), Location.kind.in_(STORAGE_KINDS), ~Location.is_held
)
_HOLDS = select(Balance.location_id).where(Balance.item_id == bindparam("item"), Balance.qty > 0)
_EMPTY = _STORAGE.where(
    ~exists().where(Balance.site_id == Location.site_id, Balance.location_id == Location.id, Balance.qty > 0),
    Location.storage_class.in_((bindparam("class"), "")),
)


def _all_of(*queries: Select[int, int]) -> Select[Location]:
    chosen = union(*(select(query.subquery().c.id) for query in queries)).subquery()
    return select(Location).where(Location.id.in_(select(chosen.c.id)))


# Put together once: to build them costs more than to run them.
_NEAR, _FAR = (_EMPTY.order_by(end).limit(EACH_END) for end in (Location.walk_order, Location.walk_order.desc()))
_SAME = _STORAGE.where(Location.id.in_(_HOLDS)).limit(EACH_END)
_WORTH_A_THOUGHT = _all_of(_SAME, _NEAR, _FAR)
PLACES_WITH, EMPTY_PLACES = _all_of(_SAME), _all_of(_NEAR, _FAR)  # by "site" and "item", by "site" and "class"


def _best(task: Task) -> str:
    offers = task.state.get("offers")
    return str(offers[0][1]) if offers else "a free place"


# --- commands --------------------------------------------------------------------------------------------------------


def _quantity(task: Task, found: Found, by: By) -> str:
    load, qty = loose(task), found.quantity or 0
    if qty < 1:
        raise Refusal("bad_quantity", qty)
    there = ledger.free(by.site_id, load["item"], load["lot"], Spot(load["from"]))
    if qty > there:
        raise Refusal("not_enough", there, qty)
    _load(task, {**load, "qty": qty}, by)
    return f"{qty}: to {_best(task)}."


def _all(task: Task, found: Found, by: By) -> str:
    load = loose(task)
    there = ledger.free(by.site_id, load["item"], load["lot"], Spot(load["from"]))
    _load(task, {**load, "qty": there}, by)
    return f"{there}: to {_best(task)}."


def _full(task: Task, found: Found, by: By) -> str:
    """The suggested place is full: offer the next."""
    offers = task.state.get("offers") or []
    if len(offers) < 2:
        raise Refusal("nothing_to_do")
    task.note(offers=offers[1:], confirm=None)
    return f"Then to {offers[1][1]}."


def _back(task: Task, found: Found, by: By) -> str:
    task.note(load=None, offers=None, pending=None, confirm=None, source=None)
    return "Nothing is in hand."


def _done(task: Task, found: Found, by: By) -> str:
    finish(task, by=by)
    by.is_final = True
    return "Put-away is closed."


_COMMANDS: dict[str, tasks.Command] = {"Q": _quantity, "ALL": _all, "FULL": _full, "BACK": _back, "DONE": _done}


# --- prompts ---------------------------------------------------------------------------------------------------------


def _what_prompt(task: Task) -> Prompt:
    waiting = listed(task)
    checks = tuple(Check(row.name, "todo", f"{row.qty} at {row.code}") for row in waiting[:6])
    return Prompt(
        workflow="putaway",
        step="what",
        title=TITLE,
        verb="SCAN",
        scan="SCAN A PALLET OR AN ITEM",
        text="" if waiting else "Nothing waits at the dock.",
        checks=checks,
        next=f"{len(waiting)} waiting" if waiting else "",
        actions=(tasks.action("DONE"), tasks.action("UNDO")),
    )


def listed(task: Task) -> Sequence[Any]:
    """What waits, in the order of the list. Read once in an act."""
    if "listed" not in task.memo:
        task.memo["listed"] = db.session.execute(_LISTED, {"site": task.site_id}).all()
    found: Sequence[Any] = task.memo["listed"]
    return found


_LISTED = (
    select(Balance.unit_id, Balance.item_id, Balance.lot_id, Item.name, Balance.qty, Location.code)
    .join(Item, Item.id == Balance.item_id)
    .join(Location, Location.id == Balance.location_id)
    .where(Balance.site_id == bindparam("site"), Balance.qty > 0, Location.kind.in_(("dock", "returns")))
    .order_by(Location.code, Item.name, Balance.unit_id, Balance.lot_id)
    .limit(40)
)


def _location_prompt(task: Task) -> Prompt:
    load, offers = task.state["load"], task.state["offers"]
    best = db.session.get_one(Location, offers[0][0]) if offers else None
    more = (tasks.action("ALL"),) if is_countable(load) else ()
    return Prompt(
        workflow="putaway",
        step="location",
        title=TITLE,
        verb="GO TO" if best else "CHOOSE A PLACE",
        scan=f"SCAN LOCATION {best.code}" if best else "SCAN A FREE LOCATION",
        place=shown.place(best) if best else None,
        goods=_shown_load(task, load),
        text=offers[0][2] if offers else "No place fits by itself. Scan one that you think does.",
        expects=(shown.location_code(best.scan_body), best.code) if best else (),
        next="or " + "  ".join(offer[1] for offer in offers[1:]) if len(offers) > 1 else "",
        actions=(tasks.action("FULL", "BIN FULL"), *more, tasks.action("UNDO")),
        more=(tasks.action("BACK"),),
        pad=Pad("quantity", "QUANTITY", "quantity", value=str(load["qty"])) if more else None,
    )


def _shown_load(task: Task, load: Load) -> ShownGoods:
    if "unit" not in load:
        item = db.session.get_one(Item, load["item"])
        return shown.goods(item, qty=load["qty"], lot=goods.lot_by_id(load["lot"]))
    unit = db.session.get_one(Unit, load["unit"])
    parts = content_of(task, unit.id)
    item, lot, _qty = parts[0]
    view = shown.goods(item, qty=sum(qty for _item, _lot, qty in parts), lot=lot)
    name = view.name if len(parts) == 1 else f"{view.name} and {len(parts) - 1} more"
    return replace(view, name=name, sku=unit_words(unit))


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """One entry while goods stand at a dock or at returns."""
    places = db.session.execute(
        select(Location.code, func.count())
        .join(Balance, Balance.location_id == Location.id)
        .where(
            Location.site_id == by.site_id, Location.kind.in_(("dock", "returns")), Balance.qty > 0, ~Location.is_held
        )
        .group_by(Location.code)
        .order_by(Location.code)
    ).all()
    return (
        [tasks.Waiting("", "Put away", ", ".join(f"{code}: {count} lots" for code, count in places))] if places else []
    )
