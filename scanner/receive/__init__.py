"""Receive: goods in at the dock, against a purchase order or blind.

The receiver scans a case: item, lot, date and count come from a GS1 label, and what the label does not say is asked
for. More cases of the same add up. A unit label (pallet, tote) binds the goods to it and books them; DONE books them
loose at the dock. Damaged goods go to quarantine with a reason. Several people may receive one order at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from scanner import discrepancies, goods, ledger, stock, tasks, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, find, read_code, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Item, PurchaseLine, PurchaseOrder, Serial, Supplier, Task
from scanner.models.stock import MOST
from scanner.planning.life import is_expired
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "RECEIVE"
ROLES = ("receiver",)
DAMAGE = {"BROKEN": "broken", "WET": "wet", "SPOILED": "spoiled", "EXPIRED": "past its date", "OTHER": "damaged"}


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open a receipt for a purchase order, or a blind one when `document` is empty.

    Several people may have a task on one order. Refuses: unknown_document, order_not_open.
    """
    dock = stock.first_location(by, "dock")
    if not document:
        return tasks.own_for(by, "receive", purchase_order_id=None) or tasks.open_task(
            "receive", by, location_id=dock.id, state={"dock": dock.code}
        )
    order = _purchase_order(document, by)
    if order.status != "open":
        raise Refusal("order_not_open", order.number, other=order.status)
    mine = tasks.own_for(by, "receive", purchase_order_id=order.id)
    if mine is not None:
        return mine
    state = {
        "number": order.number,
        "supplier": db.session.get_one(Supplier, order.supplier_id).name,
        "dock": dock.code,
    }
    return tasks.open_task("receive", by, purchase_order_id=order.id, location_id=dock.id, state=state)


def prompt(task: Task) -> Prompt:
    """What the receiver does next."""
    title = _title(task)
    if task.status != "open":
        return tasks.done_prompt(task, title, "The receipt is closed.")
    asked = goods.pending_prompt(task, title, progress=_progress(task), actions=(tasks.action("UNDO"),))
    if asked is not None:
        return asked
    if task.state.get("damage") == "ask":
        return _damage_prompt(task, title)
    return _bind_prompt(task, title) if task.state.get("goods") else _item_prompt(task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the receipt expects: goods, a unit label, the dock, or a command."""
    by.step = _step_name(task)
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, "an item or a pallet label")(task, found, by)
    if found.kind == "unit":
        return _bind(task, found, by)
    if found.kind == "location":
        return _take_dock(task, found, by)
    if not goods.is_answer(task, found):
        expect(found, "an item", "item")
    return _take_goods(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """Close the receipt. Refuses finish_first while goods are scanned but not booked."""
    if task.state.get("goods") or task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", "a pallet label, or DONE,")
    tasks.close(task)


# --- where are we ----------------------------------------------------------------------------------------------------


def _purchase_order(document: str, by: By) -> PurchaseOrder:
    found = find(read_code(document), by)
    if found.kind == "purchase_order":
        return found.thing  # type: ignore[no-any-return]
    order = db.session.scalars(
        select(PurchaseOrder).where(PurchaseOrder.site_id == by.site_id, PurchaseOrder.number == document)
    ).first()
    if order is None:
        raise Refusal("unknown_document", document[:40], "purchase order")
    return order


def _title(task: Task) -> str:
    return f"RECEIVE {task.state.get('number', 'BLIND')}"


def _step_name(task: Task) -> str:
    if task.state.get("pending"):
        return str(task.state["pending"]["ask"])
    if task.state.get("damage") == "ask":
        return "damage"
    return "bind" if task.state.get("goods") else "item"


def _lines(task: Task, item_id: int | None = None) -> list[PurchaseLine]:
    """The order's lines (of one item), those with something left first. They are read once for each act."""
    if task.purchase_order_id is None:
        return []
    if "lines" not in task.memo:
        rows = db.session.execute(
            select(PurchaseLine, Item)
            .join(Item, Item.id == PurchaseLine.item_id)
            .where(PurchaseLine.purchase_order_id == task.purchase_order_id)
            .order_by(PurchaseLine.line)
            .execution_options(populate_existing=True)
        )
        task.memo["lines"] = [line for line, _item in rows]
    lines = [line for line in task.memo["lines"] if item_id in (None, line.item_id)]
    return sorted(lines, key=lambda line: (line.received >= line.ordered, line.line))


def _progress(task: Task) -> tuple[int, int] | None:
    lines = _lines(task)
    return (sum(line.received >= line.ordered for line in lines), len(lines)) if lines else None


# --- the steps in their order ----------------------------------------------------------------------------------------


def _take_goods(task: Task, found: Found, by: By) -> str:
    """Add what was scanned to the goods in hand."""
    in_hand = task.state.get("goods")
    gathered = goods.gather(task, found, is_new=True)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    if task.purchase_order_id is not None and not _lines(task, gathered.item.id):
        raise Refusal("not_on_purchase_order", gathered.item.name)
    if gathered.serial is not None and not _has_left(gathered.serial, by):
        raise Refusal("serial_exists", gathered.serial_code)
    if in_hand and not _is_same(in_hand, gathered):
        raise Refusal("finish_first", _name(in_hand), "a pallet label, or DONE,")
    task.note(goods=_add(in_hand, gathered), confirm=None)
    if _is_past(gathered, by):
        task.note(damage="EXPIRED")
        by.tone, by.code = "warn", "expired"
        return "That is past its date. It goes to quarantine."
    return f"{task.state['goods']['qty']} {gathered.item.name}."


def _has_left(serial: Serial, by: By) -> bool:
    """A serial number may come in again only after it has left the house."""
    away = ledger.virtual_locations(by.site_id)
    return serial.location_id in (None, *away.values())


def _is_same(in_hand: dict[str, Any], gathered: Goods) -> bool:
    return bool(in_hand["item"] == gathered.item.id and in_hand.get("lot", "") == gathered.lot_code)


def _name(in_hand: dict[str, Any]) -> str:
    return f"{in_hand['qty']} {db.session.get_one(Item, in_hand['item']).name}"


def _add(in_hand: dict[str, Any] | None, gathered: Goods) -> dict[str, Any]:
    held = in_hand or {"item": gathered.item.id, "qty": 0}
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
    return {**held, "qty": qty, "serials": serials, **{key: value for key, value in facts.items() if value}}


def _is_past(gathered: Goods, by: By) -> bool:
    lot = gathered.lot
    expiry = gathered.expiry or (lot.expiry if lot else None)
    best_before = gathered.best_before or (lot.best_before if lot else None)
    return is_expired(expiry, best_before, by.today)


def _take_dock(task: Task, found: Found, by: By) -> str:
    """Another dock door: the goods are received there."""
    if found.thing.kind != "dock":
        raise Refusal("wrong_location", found.thing.code, "a dock")
    task.location_id = found.thing.id
    task.note(dock=found.thing.code)
    if task.state.get("goods"):
        return _book(task, 0, by)
    return f"Receiving at {found.thing.code}."


def _bind(task: Task, found: Found, by: By) -> str:
    """A unit label: the goods in hand are on it now, and are booked."""
    if not task.state.get("goods"):
        raise Refusal("wrong_kind", found.words, "an item")
    unit = units.on_file(found, by)
    if unit.status != "open":
        raise Refusal("unit_closed", unit_words(unit))
    if unit.order_id is not None:
        raise Refusal("unit_in_use", unit_words(unit), other="a customer order")
    if unit.location_id not in (None, task.location_id) and units.has_content(unit):
        raise Refusal("unit_in_use", unit_words(unit), other="another place")
    unit.location_id = task.location_id
    db.session.flush()
    return _book(task, unit.id, by)


def _book(task: Task, unit_id: int, by: By) -> str:
    """Post the goods in hand from the supplier to the dock (or quarantine), line by line."""
    if task.state.get("damage") == "ask":
        raise Refusal("finish_first", "What is wrong with it", "a reason")
    in_hand = task.state["goods"]
    item = db.session.get_one(Item, in_hand["item"])
    over = _too_many(task, item, in_hand["qty"])
    if over and task.state.get("confirm") != f"over {in_hand['qty']}":
        task.note(confirm=f"over {in_hand['qty']}")
        by.code, by.tone = "confirm", "warn"
        return f"{over} more than ordered. Do the same again to book it all the same."
    lot_id = in_hand.get("lot_id", 0)
    target = _target(task, unit_id, by)
    for line, qty in _shares(task, item, in_hand["qty"]):
        _post(by, task, item, in_hand, line, qty, target)
    if over:
        _open_over(by, task, item, lot_id, over, target)
    damage = task.state.get("damage")
    if damage:
        _open_damage(by, item, lot_id, in_hand["qty"], target, damage)
    task.note(goods=None, confirm=None, damage=None)
    by.tone = "line"
    return f"{in_hand['qty']} {item.name} booked."


def _too_many(task: Task, item: Item, qty: int) -> int:
    """How many of `qty` are beyond the order and its tolerance; 0 when blind."""
    lines = _lines(task, item.id)
    if not lines:
        return 0
    ordered, received = sum(line.ordered for line in lines), sum(line.received for line in lines)
    allowed = ordered + ordered * item.over_tolerance_pct // 100
    return max(0, received + qty - allowed) and received + qty - ordered


def _target(task: Task, unit_id: int, by: By) -> Spot:
    if task.state.get("damage"):
        return Spot(stock.first_location(by, "quarantine").id)
    assert task.location_id is not None
    return Spot(task.location_id, unit_id)


def _shares(task: Task, item: Item, qty: int) -> list[tuple[PurchaseLine | None, int]]:
    """Fill the lines with something left first; what is over goes to the last of them."""
    lines = _lines(task, item.id)
    if not lines:
        return [(None, qty)]
    shares: list[tuple[PurchaseLine | None, int]] = []
    for line in lines:
        part = min(qty, max(0, line.ordered - line.received))
        if part:
            shares.append((line, part))
            qty -= part
    if qty:
        last, part = shares.pop() if shares else (lines[-1], 0)
        shares.append((last, part + qty))
    return shares


def _post(
    by: By,
    task: Task,
    item: Item,
    in_hand: dict[str, Any],
    line: PurchaseLine | None,
    qty: int,
    target: Spot,
) -> None:
    supplier = ledger.virtual(by.site_id, "supplier")
    why = Why("receive", _document(task), purchase_line_id=line.id if line else None)
    if line is not None:  # keep what was read in step with what the ledger counts
        set_committed_value(line, "received", line.received + qty)
    if item.tracking != "serial":
        ledger.move(by, item.id, qty, supplier, target, why, lot_id=in_hand.get("lot_id", 0))
        return
    for _ in range(qty):
        serial = goods.serial_on_file(item, in_hand["serials"].pop(0), supplier)
        ledger.move(by, item.id, 1, supplier, target, why, serial_id=serial.id)


def _document(task: Task) -> str:
    if task.purchase_order_id is None:
        return f"blind receipt {task.id}"
    return str(task.state["number"])


def _open_over(by: By, task: Task, item: Item, lot_id: int, over: int, target: Spot) -> None:
    line = _lines(task, item.id)[-1]
    discrepancies.open_case(
        by,
        "over_receipt",
        book=f"{line.ordered} {item.name} ordered on {_document(task)}",
        floor=f"{over} more came",
        qty=over,
        item_id=item.id,
        lot_id=lot_id,
        location_id=target.location_id,
        unit_id=target.unit_id,
        purchase_line_id=line.id,
    )


def _open_damage(by: By, item: Item, lot_id: int, qty: int, target: Spot, damage: str) -> None:
    discrepancies.open_case(
        by,
        "damaged",
        book=f"{qty} {item.name} delivered",
        floor=f"they are {DAMAGE[damage]}; in quarantine",
        qty=qty,
        item_id=item.id,
        lot_id=lot_id,
        location_id=target.location_id,
    )


# --- commands --------------------------------------------------------------------------------------------------------


def _quantity(task: Task, found: Found, by: By) -> str:
    """So many base units are in hand."""
    in_hand, qty = task.state.get("goods"), found.quantity or 0
    if not in_hand:
        raise Refusal("finish_first", "The item", "an item")
    if not 0 < qty <= MOST:
        raise Refusal("bad_quantity", qty)
    if in_hand.get("serials"):
        raise Refusal("serial_has_one")
    task.note(goods={**in_hand, "qty": qty}, confirm=None)
    return f"{qty} in hand."


def _all(task: Task, found: Found, by: By) -> str:
    """All that the order still wants of the item is in hand."""
    in_hand = task.state.get("goods")
    if not in_hand or task.purchase_order_id is None:
        raise Refusal("finish_first", "The item", "an item")
    if in_hand.get("serials"):
        raise Refusal("serial_has_one")
    left = sum(max(0, line.ordered - line.received) for line in _lines(task, in_hand["item"]))
    if left == 0:
        raise Refusal("nothing_to_do")
    task.note(goods={**in_hand, "qty": left}, confirm=None)
    return f"{left} in hand."


def _damaged(task: Task, found: Found, by: By) -> str:
    if not task.state.get("goods"):
        raise Refusal("finish_first", "The item", "the damaged item")
    task.note(damage="ask")
    return "What is wrong with it?"


def _damage_reason(task: Task, found: Found, by: By) -> str:
    """The goods in hand are damaged: book them to quarantine."""
    if task.state.get("damage") != "ask":
        raise Refusal("wrong_command", found.words, "an item")
    task.note(damage=found.command)
    return _book(task, 0, by)


def _done(task: Task, found: Found, by: By) -> str:
    """Book what is in hand at the dock; with nothing in hand, close the receipt (asked twice if goods are missing)."""
    if task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", f"the {task.state['pending']['ask']}")
    if task.state.get("goods"):
        return _book(task, 0, by)
    missing = [line for line in _lines(task) if line.received < line.ordered]
    if missing and task.state.get("confirm") != "close":
        task.note(confirm="close")
        by.code, by.tone = "confirm", "warn"
        return f"{len(missing)} lines are not complete. DONE again closes the order; PAUSE leaves it open."
    _close_order(task, missing, by)
    finish(task, by=by)
    by.is_final = True
    return "The receipt is closed."


def _close_order(task: Task, missing: list[PurchaseLine], by: By) -> None:
    """Note what did not come. The order is received, unless colleagues are still at it."""
    for line in missing:
        item = db.session.get_one(Item, line.item_id)
        discrepancies.open_case(
            by,
            "under_receipt",
            book=f"{line.ordered} {item.name} ordered on {_document(task)}",
            floor=f"{line.received} came",
            qty=line.received - line.ordered,
            item_id=item.id,
            purchase_line_id=line.id,
        )
    if task.purchase_order_id is not None:
        db.session.get_one(PurchaseOrder, task.purchase_order_id).status = "received"


def _pause(task: Task, found: Found, by: By) -> str:
    """End one's own part; the order stays open for others."""
    finish(task, by=by)
    by.is_final = True
    return "The order stays open."


def _back(task: Task, found: Found, by: By) -> str:
    """Put down what was scanned and not booked."""
    if task.state.get("damage") == "ask":
        task.note(damage=None)
    else:
        task.note(goods=None, pending=None, confirm=None, damage=None)
    return "Nothing is in hand."


_COMMANDS: dict[str, tasks.Command] = {
    "Q": _quantity,
    "ALL": _all,
    "DAMAGED": _damaged,
    "DONE": _done,
    "PAUSE": _pause,
    "SHORT": _pause,
    "BACK": _back,
    **dict.fromkeys(DAMAGE, _damage_reason),
}


# --- prompts ---------------------------------------------------------------------------------------------------------


def _item_prompt(task: Task, title: str) -> Prompt:
    due = [line for line in _lines(task) if line.received < line.ordered]
    items = [db.session.get_one(Item, line.item_id) for line in due[:6]]  # read with the lines
    checks = tuple(
        Check(item.name, "todo", f"{line.received} of {line.ordered}") for item, line in zip(items, due, strict=False)
    )
    return Prompt(
        workflow="receive",
        step="item",
        title=title,
        verb="SCAN",
        scan="SCAN A CASE OR AN ITEM",
        progress=_progress(task),
        text=_from_whom(task)
        if due or task.purchase_order_id is None
        else "All lines are complete. DONE closes the order.",
        checks=checks,
        next=f"{len(due)} lines open" if due else "",
        actions=(tasks.action("DONE"), tasks.action("PAUSE"), tasks.action("UNDO")),
    )


def _from_whom(task: Task) -> str:
    return f"{task.state.get('supplier', 'Without an order')}, at {task.state['dock']}."


def _bind_prompt(task: Task, title: str) -> Prompt:
    in_hand = task.state["goods"]
    item = db.session.get_one(Item, in_hand["item"])
    lines = _lines(task, item.id)
    left = sum(max(0, line.ordered - line.received) for line in lines)
    facts = tuple((key.replace("_", " "), in_hand[key]) for key in ("lot", "expiry", "best_before") if in_hand.get(key))
    every = (tasks.action("ALL", f"ALL {left}"),) if left and not in_hand.get("serials") else ()
    return Prompt(
        workflow="receive",
        step="bind",
        title=title,
        verb="COUNT",
        scan="SCAN MORE, OR A PALLET LABEL",
        progress=_progress(task),
        goods=ShownGoods(
            item.name,
            item.sku,
            qty=in_hand["qty"],
            uom=item.uom,
            facts=(*facts, ("still due", str(left))) if lines else facts,
        ),
        text="Goes to quarantine." if task.state.get("damage") else "",
        next="DONE books it loose at the dock",
        actions=(tasks.action("DONE"), *every, tasks.action("UNDO")),
        more=(tasks.action("DAMAGED"), tasks.action("BACK")),
        pad=None if in_hand.get("serials") else Pad("quantity", "QUANTITY", "quantity", value=str(in_hand["qty"])),
    )


def _damage_prompt(task: Task, title: str) -> Prompt:
    base = _bind_prompt(task, title)
    choices = tuple(tasks.action(word, label.upper()) for word, label in DAMAGE.items() if word != "EXPIRED")
    return replace(
        base,
        step="damage",
        verb="WHAT IS WRONG?",
        scan="SCAN OR TAP A REASON",
        pad=Pad("choice", "REASON", "reason", choices=choices),
        actions=(tasks.action("BACK"),),
        more=(),
        next="",
    )


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Purchase orders that goods may come in for, the earliest due first, and the blind receipt."""
    rows = db.session.execute(
        select(PurchaseOrder.number, PurchaseOrder.due_on, Supplier.name)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.site_id == by.site_id, PurchaseOrder.status == "open")
        .order_by(PurchaseOrder.due_on.is_(None), PurchaseOrder.due_on, PurchaseOrder.id)
        .limit(tasks.WAITING_MOST)
    )
    due = [
        tasks.Waiting(
            row.number,
            row.number,
            row.name + (f", due {row.due_on}" if row.due_on else ""),
            is_late=bool(row.due_on and row.due_on < by.today),
        )
        for row in rows
    ]
    return [*due, tasks.Waiting("", "Without an order", "blind receipt")]
