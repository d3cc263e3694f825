"""Goods: item, lot, serial number and quantity, gathered from one scan or from several.

A GS1 label may say all at once; a plain barcode says the item only. What is missing is asked for, once, and what the
label has told is never asked again. The half-known goods are kept in the task's notebook under "pending".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from scanner.barcode import Scan
from scanner.db import db
from scanner.find import Found
from scanner.ledger import Spot
from scanner.models import Balance, Item, Lot, Serial, Task
from scanner.prompt import Goods as ShownGoods
from scanner.prompt import Pad, Prompt
from scanner.refusals import Refusal


@dataclass(slots=True)
class Goods:
    """An item with all that the book wants to know of it."""

    item: Item
    qty: int  # base units of this scan
    lot: Lot | None = None
    serial: Serial | None = None
    lot_code: str = ""  # of a lot that is not on file yet
    serial_code: str = ""
    expiry: date | None = None
    best_before: date | None = None

    @property
    def lot_id(self) -> int:
        """The ledger's id of the lot; 0 = none."""
        return self.lot.id if self.lot else 0

    @property
    def serial_id(self) -> int:
        """The ledger's id of the serial number; 0 = none."""
        return self.serial.id if self.serial else 0


def gather(
    task: Task,
    found: Found,
    *,
    source: Spot | None = None,
    lots: Sequence[Lot] | None = None,
    is_new: bool = False,
    is_count: bool = False,
) -> Goods | None:
    """The goods that `found` names, together with what was scanned just before; None when something is still missing.

    `source` is where they are in the book: a lot that is the only one there need not be asked for; `lots` are those
    that are there, when the caller knows them. `is_new` says that the goods come in: lots and serial numbers may be
    unknown, and a new lot of an item with dates needs its date.
    `is_count` says that they are what somebody sees: a serial number may be elsewhere in the book.
    Refuses: no_lot_wanted, wrong_lot, wrong_serial, serial_exists, lot_dates_differ.
    """
    pending = _merge(task.state.get("pending"), found)
    item = db.session.get_one(Item, pending["item"])
    goods = Goods(item, pending["qty"], expiry=day(pending.get("expiry")), best_before=day(pending.get("best_before")))
    with db.session.no_autoflush:  # what is asked here does not depend on what has been noted
        missing = _fill_lot(goods, pending, found, source, lots, is_new) or _fill_serial(
            goods, pending, found, None if is_count else source, is_new
        )
    if missing:
        task.note(pending={**pending, "ask": missing})
        return None
    task.note(pending=None)
    return goods


def is_answer(task: Task, found: Found) -> bool:
    """True if `found` may be the missing part of the goods that are being gathered; a misread code is not."""
    pending = task.state.get("pending")
    if not pending:
        return False
    if found.kind == "fields":
        return bool(_facts(found.scan))
    return found.kind == "unknown" and pending["ask"] in ("lot", "serial") and not found.scan.bad_check


def _merge(pending: dict[str, Any] | None, found: Found) -> dict[str, Any]:
    if found.kind == "item":
        return {"item": found.thing.id, "qty": found.qty, **_facts(found.scan)}
    if pending is None:
        raise Refusal("wrong_kind", found.words, "an item")
    facts = _facts(found.scan)
    if not facts and pending.get("ask") in ("lot", "serial"):
        facts = {pending["ask"]: found.scan.text.strip()}
    if found.scan.count and pending.get("item"):
        facts["qty"] = found.scan.count
    return {**pending, **facts}


def _facts(scan: Scan) -> dict[str, Any]:
    facts = {
        "lot": scan.lot,
        "serial": scan.serial,
        "expiry": scan.expiry.isoformat() if scan.expiry else None,
        "best_before": scan.best_before.isoformat() if scan.best_before else None,
    }
    return {key: value for key, value in facts.items() if value}


def day(text: str | None) -> date | None:
    """An ISO date, or None."""
    return date.fromisoformat(text) if text else None


def _fill_lot(
    goods: Goods,
    pending: dict[str, Any],
    found: Found,
    source: Spot | None,
    lots: Sequence[Lot] | None,
    is_new: bool,
) -> str:
    """Set the lot; the name of what is missing, or ''. An item that is not kept by lot ignores the label's lot."""
    if goods.item.tracking != "lot":
        return ""
    code = pending.get("lot")
    if not code:
        here = _lots_at(goods.item, source) if lots is None else [lot for lot in lots if lot.item_id == goods.item.id]
        goods.lot = here[0] if len(here) == 1 else None
        return "" if goods.lot else "lot"
    goods.lot_code = code
    goods.lot = found.lot if found.kind == "item" else lot_by_code(goods.item, code)
    if goods.lot is None and not is_new:
        raise Refusal("wrong_lot", code, "one that is in the book")
    return _check_dates(goods) if is_new else ""


def _check_dates(goods: Goods) -> str:
    """A known lot keeps its dates; a new one of an item with dates needs one."""
    if goods.lot is not None:
        for name in ("expiry", "best_before"):
            told, known = getattr(goods, name), getattr(goods.lot, name)
            if told and known and told != known:
                raise Refusal("lot_dates_differ", goods.lot.code, f"{name.replace('_', ' ')} {known}")
        return ""
    return "expiry" if goods.item.has_expiry and not (goods.expiry or goods.best_before) else ""


def _lots_at(item: Item, source: Spot | None) -> Sequence[Lot]:
    """The lots of an item at a place; two are enough to know that it must be asked."""
    if source is None:
        return ()
    return db.session.scalars(
        select(Lot)
        .join(Balance, Balance.lot_id == Lot.id)
        .where(
            Balance.item_id == item.id,
            Balance.location_id == source.location_id,
            Balance.unit_id == source.unit_id,
            Balance.qty > 0,
        )
        .limit(2)
    ).all()


def _fill_serial(goods: Goods, pending: dict[str, Any], found: Found, source: Spot | None, is_new: bool) -> str:
    if goods.item.tracking != "serial":
        return ""
    code = pending.get("serial")
    if not code:
        return "serial"
    goods.qty, goods.serial_code = 1, code
    goods.serial = found.serial if found.kind == "item" else serial_by_code(goods.item, code)
    if goods.serial is None and not is_new:
        raise Refusal("wrong_serial", code)
    if source is not None and goods.serial is not None:
        at = (goods.serial.location_id, goods.serial.unit_id)
        if at != (source.location_id, source.unit_id):
            raise Refusal("wrong_serial", code)
    return ""


_ASK = {
    "lot": ("LOT", "SCAN OR TYPE THE LOT", "text"),
    "serial": ("SERIAL", "SCAN THE SERIAL NUMBER", "text"),
    "expiry": ("EXPIRY DATE", "SCAN OR TYPE THE EXPIRY DATE", "date"),
}


def check_whole(task: Task) -> None:
    """Refuses finish_first while half-known goods are in hand: put down, they would be forgotten."""
    pending = task.state.get("pending")
    if pending:
        raise Refusal("finish_first", "What you scanned", f"the {pending['ask']}")


def pending_prompt(task: Task, title: str, **bands: Any) -> Prompt | None:
    """The prompt that asks for the missing part of the goods; None when nothing is pending."""
    pending = task.state.get("pending")
    if not pending:
        return None
    item = db.session.get_one(Item, pending["item"])
    label, scan, kind = _ASK[pending["ask"]]
    facts = tuple((key, str(pending[key])) for key in ("lot", "serial", "expiry", "best_before") if pending.get(key))
    return Prompt(
        workflow=task.workflow,
        step=pending["ask"],
        title=title,
        verb="ENTER",
        scan=scan,
        goods=ShownGoods(name=item.name, sku=item.sku, qty=pending["qty"], uom=item.uom, facts=facts),
        pad=Pad(kind=kind, label=label, name=pending["ask"]),
        **bands,
    )


def lot_by_code(item: Item, code: str) -> Lot | None:
    """The lot with this code, if it is on file."""
    return db.session.scalars(_LOT, {"item": item.id, "code": code}).first()


def lot_by_id(lot_id: int) -> Lot | None:
    """The lot with this id; None for goods that are not kept by lot."""
    return db.session.get_one(Lot, lot_id) if lot_id else None


def serial_by_code(item: Item, code: str) -> Serial | None:
    """The serial number with this code, if it is on file."""
    return db.session.scalars(_SERIAL, {"item": item.id, "code": code}).first()


_LOT = select(Lot).where(Lot.item_id == bindparam("item"), Lot.code == bindparam("code"))
_SERIAL = select(Serial).where(Serial.item_id == bindparam("item"), Serial.code == bindparam("code"))


def _new_lot(item: Item, code: str, expiry: date | None, best_before: date | None) -> Lot:
    lot = Lot(item_id=item.id, code=code, is_held=False, expiry=expiry, best_before=best_before)
    db.session.add(lot)
    db.session.flush()
    return lot


def lot_of(goods: Goods) -> Lot | None:
    """The lot of goods that come in, put on file when it is new; None for an item that is not kept by lot."""
    if goods.item.tracking != "lot":
        return None
    return goods.lot or _new_lot(goods.item, goods.lot_code, goods.expiry, goods.best_before)


def serials_on_file(item: Item, codes: Sequence[str], at: Spot) -> list[Serial]:
    """The serial numbers with these codes, in this order; new ones are made, standing where they come from."""
    if not codes:
        return []
    known = {row.code: row for row in db.session.scalars(_SERIALS, {"item": item.id, "codes": codes})}
    new = {code: Serial(item_id=item.id, code=code, location_id=at.location_id, unit_id=at.unit_id) for code in codes}
    db.session.add_all(row for code, row in new.items() if code not in known)
    db.session.flush()
    return [known.get(code, new[code]) for code in codes]


_SERIALS = select(Serial).where(
    Serial.item_id == bindparam("item"), Serial.code.in_(bindparam("codes", expanding=True))
)
