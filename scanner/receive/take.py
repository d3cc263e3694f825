"""Take: the goods in hand: each scan adds to them; another dock, and a unit label that binds and books them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from scanner import goods, ledger, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, unit_words
from scanner.goods import Goods
from scanner.models import Item, Location, Serial, Task
from scanner.models.stock import MOST
from scanner.planning.life import is_expired
from scanner.receive import label
from scanner.receive.book import book
from scanner.receive.plan import in_hand, lines_of
from scanner.refusals import Refusal


def take_goods(task: Task, found: Found, by: By) -> str:
    """Add what was scanned to the goods in hand."""
    held = in_hand(task)
    gathered = goods.gather(task, found, is_new=True)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    if task.purchase_order_id is not None and not lines_of(task, gathered.item.id):
        raise Refusal("not_on_purchase_order", gathered.item.name)
    if gathered.serial is not None and not _has_left(gathered.serial, by):
        raise Refusal("serial_exists", gathered.serial_code)
    if held and not _is_same(held, gathered):
        raise Refusal("finish_first", _name(held), "a pallet label, or DONE,")
    held = _add(held, gathered)
    task.note(goods=held, confirm=None)
    if _is_past(gathered, by):
        task.note(damage="EXPIRED")
        by.tone, by.code = "warn", "expired"
        return "That is past its date. It goes to quarantine."
    return f"{label.offer(task, by)}{held['qty']} {gathered.item.name}."


def _has_left(serial: Serial, by: By) -> bool:
    """A serial number may come in again only after it has left the house."""
    away = ledger.virtual_locations(by.site_id)
    return serial.location_id in (None, *away.values())


def _is_same(held: dict[str, Any], gathered: Goods) -> bool:
    return bool(held["item"] == gathered.item.id and held.get("lot", "") == gathered.lot_code)


def _name(held: dict[str, Any]) -> str:
    return f"{held['qty']} {db.session.get_one(Item, held['item']).name}"


def _add(held: dict[str, Any] | None, gathered: Goods) -> dict[str, Any]:
    held = held or {"item": gathered.item.id, "qty": 0}
    qty = held["qty"] + gathered.qty
    if qty > MOST:
        raise Refusal("bad_quantity", qty)
    serials = [*held.get("serials", []), gathered.serial_code] if gathered.serial_code else []
    if len(set(serials)) < len(serials):
        raise Refusal("serial_exists", gathered.serial_code)
    lot = goods.lot_of(gathered)
    facts = {
        "lot_id": lot.id if lot else 0,
        "lot": gathered.lot_code,
        "expiry": gathered.expiry.isoformat() if gathered.expiry else "",
        "best_before": gathered.best_before.isoformat() if gathered.best_before else "",
    }
    counted = {"is_counted": True} if gathered.qty > 1 else {}  # a case says how many there are, one piece does not
    return {**held, "qty": qty, "serials": serials, **counted, **{key: value for key, value in facts.items() if value}}


def _is_past(gathered: Goods, by: By) -> bool:
    lot = gathered.lot
    expiry = gathered.expiry or (lot.expiry if lot else None)
    best_before = gathered.best_before or (lot.best_before if lot else None)
    return is_expired(expiry, best_before, by.today)


def take_dock(task: Task, found: Found, by: By) -> str:
    """Another dock door: the goods are received there."""
    if found.thing.kind != "dock":
        raise Refusal("wrong_location", found.thing.code, "a dock")
    task.location_id = found.thing.id
    task.note(dock=found.thing.code)
    if in_hand(task):
        return book(task, 0, by)
    return f"Receiving at {found.thing.code}."


def after_undo(task: Task) -> None:
    """After UNDO: the goods come in at the dock that the notebook names."""
    dock = select(Location.id).where(Location.site_id == task.site_id, Location.code == task.state.get("dock"))
    task.location_id = db.session.scalar(dock) or task.location_id


def bind(task: Task, found: Found, by: By) -> str:
    """A unit label: the goods in hand are on it now, and are booked."""
    if not in_hand(task):
        raise Refusal("wrong_kind", found.words, "an item")
    unit = units.on_file(found, by, at_id=task.location_id)
    if unit.status != "open":
        raise Refusal("unit_closed", unit_words(unit))
    if unit.order_id is not None:
        raise Refusal("unit_in_use", unit_words(unit), other="a customer order")
    if unit.location_id not in (None, task.location_id) and units.has_content(unit):
        raise Refusal("unit_in_use", unit_words(unit), other="another place")
    unit.location_id = task.location_id
    db.session.flush()
    is_new = found.thing is None  # nothing of ours has printed its label
    say = ("" if is_new else label.doubt(task, unit, by)) or book(task, unit.id, by)
    label.taken(task, unit.id)
    return say
