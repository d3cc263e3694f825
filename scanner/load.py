"""The load: what somebody carries from one place to another: a unit with all that is in it, or loose goods.

It is kept in the task's notebook under "load": {"unit": id}, or {"item", "lot", "qty"}, with "serials" for single
things.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from scanner import ledger, stock
from scanner.by import By
from scanner.db import db
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Balance, Item, Location, Lot, Task
from scanner.planning import slot
from scanner.refusals import Refusal

Load = dict[str, Any]


def with_more(load: Load | None, gathered: Goods, **start: Any) -> Load:
    """The load with what was scanned; `start` is what a new one holds besides. Refuses finish_first, serial_exists."""
    if load and (load["item"], load["lot"]) != (gathered.item.id, gathered.lot_id):
        raise Refusal("finish_first", "What you carry", "its place")
    carried = dict(load) if load else {"item": gathered.item.id, "lot": gathered.lot_id, "qty": 0, **start}
    carried["qty"] += gathered.qty
    if gathered.serial_id:
        if gathered.serial_id in carried.get("serials", []):
            raise Refusal("serial_exists", gathered.serial_code)
        carried["serials"] = [*carried.get("serials", []), gathered.serial_id]
    return carried


def loose(task: Task) -> Load:
    """The loose goods in hand, if a figure may be set for them. Refuses finish_first, serial_has_one."""
    load = task.state.get("load")
    if not load or "unit" in load:
        raise Refusal("finish_first", "The item", "an item")
    if load.get("serials"):
        raise Refusal("serial_has_one")
    return dict(load)


def is_countable(load: Load) -> bool:
    """True if a figure may be set for the load."""
    return "unit" not in load and not load.get("serials")


def post(by: By, load: Load, source: Spot, target: Spot, why: Why) -> None:
    """Move loose goods; those with serial numbers one by one. Refuses what `ledger.move` refuses."""
    for serial_id in load.get("serials") or [0]:
        qty = 1 if serial_id else load["qty"]
        ledger.move(by, load["item"], qty, source, target, why, lot_id=load["lot"], serial_id=serial_id)


# --- what is in it ---------------------------------------------------------------------------------------------------


def content_of(task: Task, unit_id: int) -> list[tuple[Item, Lot, int]]:
    """What is in a carried unit, with quantities in base units. Read once in an act."""
    if "content" not in task.memo:
        task.memo["content"] = [tuple(row) for row in db.session.execute(_CONTENT, {"unit": unit_id})]
    found: list[tuple[Item, Lot, int]] = task.memo["content"]
    return found


_CONTENT = (
    select(Item, Lot, Balance.qty)
    .join(Item, Item.id == Balance.item_id)
    .join(Lot, Lot.id == Balance.lot_id)
    .where(Balance.unit_id == bindparam("unit"), Balance.qty > 0)
    .order_by(Item.sku, Lot.code)
)


def parts_of(task: Task, load: Load) -> list[slot.Goods]:
    """What is carried, as put-away planning wants it."""
    if "unit" in load:
        return [_part(item, lot.id, qty) for item, lot, qty in content_of(task, load["unit"])]
    return [_part(db.session.get_one(Item, load["item"]), load["lot"], load["qty"])]


def _part(item: Item, lot_id: int, qty: int) -> slot.Goods:
    return slot.Goods(
        item_id=item.id,
        lot_id=lot_id,
        qty=qty,
        unit_weight_g=item.weight_g,
        unit_volume_mm3=item.volume_mm3,
        storage_class=item.storage_class,
        popularity=min(1.0, item.popularity / 100),
    )


# --- where it may go -------------------------------------------------------------------------------------------------


def check_place(task: Task, load: Load, location: Location, wanted: str, by: By) -> None:
    """Refuses what planning.slot says of the place and all that is carried; `wanted` is where it could go.

    A place with a limit is locked first: two people must not fill the same room at once.
    """
    item_id = 0 if "unit" in load else load["item"]
    if _is_limited(location):
        lock = _LOCK_WITH_ITEM if item_id else _LOCK
        location = db.session.execute(lock, {"location": location.id, "item": item_id}).one()[0]
        place = stock.slot_places(by, [location])[0]
    else:
        place = stock.empty_place(location)
    for part in parts_of(task, load):
        code = slot.may_hold(part, place)
        if code:
            raise Refusal(code, location.code, part.storage_class if code == "wrong_class" else wanted)
        place = slot.with_goods(place, part)


def _is_limited(location: Location) -> bool:
    """True if it matters what is at the place already."""
    capacities = (location.capacity_units, location.capacity_weight_g, location.capacity_volume_mm3)
    return location.mix != "any" or any(capacity is not None for capacity in capacities)


# Key share: a move from the place that refers to it need not wait.
_LOCK = (
    select(Location)
    .where(Location.id == bindparam("location"))
    .with_for_update(key_share=True, of=Location)
    .execution_options(populate_existing=True)
)
_LOCK_WITH_ITEM = _LOCK.add_columns(Item).join(Item, Item.id == bindparam("item"))
