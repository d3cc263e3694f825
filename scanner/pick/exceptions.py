"""Exceptions: what a picker may say instead of scanning the goods: all, short, skip, full, take it back out."""

from __future__ import annotations

from sqlalchemy import exists, select

from scanner import discrepancies, ledger, orders, printing, tasks, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect
from scanner.models import Balance, Item, Location, Move, Task
from scanner.pick.plan import (
    WANTED,
    Line,
    forget,
    next_line,
    order_of,
    read,
)
from scanner.pick.take import after_undo, allocate_rest, post
from scanner.refusals import Refusal


def _need_item_step(task: Task, by: By) -> Line:
    current = next_line(task)
    if current is None or by.step not in ("item", "short"):
        raise Refusal("finish_first", "The location", "its label")
    return current


def _all(task: Task, found: Found, by: By) -> str:
    """Book all that is left of the line. Only after one good unit, and never for serial numbers."""
    current = _need_item_step(task, by)
    if current.tracking == "serial":
        raise Refusal("serial_has_one")
    if current.posted == 0:
        raise Refusal("finish_first", current.name, "one unit of it")
    return post(task, [current], current.left, by)


def _quantity(task: Task, found: Found, by: By) -> str:
    """Book so many units of the line at once, after one good unit."""
    current = _need_item_step(task, by)
    qty = found.quantity or 0
    if qty < 1:
        raise Refusal("bad_quantity", qty)
    if current.tracking == "serial":
        raise Refusal("serial_has_one")
    if current.posted == 0:
        raise Refusal("finish_first", current.name, "one unit of it")
    if qty > current.left:
        raise Refusal("too_many", current.posted + qty, current.qty)
    return post(task, [current], qty, by)


def _no_barcode(task: Task, found: Found, by: By) -> str:
    """One unit whose barcode is damaged: taken as the expected one when it is said twice, and a new label prints.

    The record shows that it was said, not scanned. Serial numbers, and lots where the place has several, must be read.
    """
    current = _need_item_step(task, by)
    if current.tracking == "serial":
        raise Refusal("need_serial", current.name)
    if current.tracking == "lot" and _has_other_lots(current):
        raise Refusal("need_lot", current.name)
    question = f"no barcode {current.reservation_id}"
    if task.state.get("confirm") != question:
        task.note(confirm=question)
        by.code, by.tone = "confirm", "warn"
        return "Sure? Then NO BARCODE again."
    say = post(task, [current], 1, by)
    details = {"lot": current.lot_id} if current.lot_id else {}
    job = printing.ask("item", current.item_id, by, details=details)
    if why := printing.why_it_waits(job):
        by.tone = "warn"
        return f"{say} Label waits: {why}."
    return say


def _has_other_lots(line: Line) -> bool:
    other = exists().where(
        Balance.location_id == line.location_id,
        Balance.item_id == line.item_id,
        Balance.lot_id != line.lot_id,
        Balance.qty > 0,
    )
    return bool(db.session.scalar(select(other)))


REASONS = {
    "EMPTY": "the location is empty",
    "TOOFEW": "there are too few",
    "DAMAGED": "it is damaged",
    "WRONGITEM": "another item lies there",
}


def _ask_short(task: Task, found: Found, by: By) -> str:
    if next_line(task) is None:
        raise Refusal("nothing_to_do")
    task.note(short=True, pending=None)
    return "What is wrong?"


def _short(task: Task, found: Found, by: By) -> str:
    """The rest of the line is not there: note both stories, seek it elsewhere at once, have the location counted."""
    current = next_line(task)
    if current is None or not task.state.get("short"):
        raise Refusal("wrong_command", found.words, WANTED.get(by.step, "the next code"))
    left = ledger.release(by, current.reservation_id)
    forget(task, current)
    discrepancies.open_case(
        by,
        "short_pick",
        book=f"{left} {current.name} at {current.code}",
        floor=f"{REASONS[found.command]}: {left} missing",
        qty=-left,
        item_id=current.item_id,
        lot_id=current.lot_id,
        location_id=current.location_id,
        unit_id=current.unit_id,
        order_line_id=current.order_line_id,
    )
    discrepancies.ask_for_count(by, current.location_id, f"short pick of {current.sku}")
    task.note(short=None, confirm=None)
    by.is_final = True
    missing = allocate_rest(task, by).short.get(current.order_line_id, 0)
    return f"{missing} {current.name} cannot be found anywhere." if missing else "Found elsewhere. Go on."


def _skip(task: Task, found: Found, by: By) -> str:
    """Come back to this stop at the end of the walk; at the second time, say what is wrong instead."""
    current = next_line(task)
    if current is None:
        raise Refusal("nothing_to_do")
    skipped = task.state.get("skipped", [])
    if current.location_id in skipped:
        return _ask_short(task, found, by)
    stops = [stop for stop in task.state["stops"] if stop != current.location_id]
    task.note(stops=[*stops, current.location_id], skipped=[*skipped, current.location_id], at=None)
    task.memo.pop("plan", None)
    return "Skipped. It comes again at the end."


def _full(task: Task, found: Found, by: By) -> str:
    if not task.state.get("tote"):
        raise Refusal("finish_first", "The tote", "a tote")
    task.note(tote=None)
    return "Take the next tote."


def _start_unpick(task: Task, found: Found, by: By) -> str:
    if not task.state.get("totes"):
        raise Refusal("nothing_to_undo")
    task.note(unpick={"seq": 0}, pending=None)
    return "What comes out of the tote?"


def _back(task: Task, found: Found, by: By) -> str:
    task.note(unpick=None, short=None, pending=None, confirm=None)
    return "Back."


def _done(task: Task, found: Found, by: By) -> str:
    """End a pick that has nothing left to pick and nothing in a tote."""
    order = order_of(task)
    if read(task):
        raise Refusal("too_few", "some", "all lines")
    if any(units.has_content(unit) for unit in orders.units_of(order.id)):
        raise Refusal("finish_first", "The tote", "the packing bench")
    for unit in orders.units_of(order.id):
        units.free(unit)
    order.status = "open"
    tasks.close(task, "cancelled")
    by.is_final = True
    return "Nothing was picked. The order waits."


COMMANDS: dict[str, tasks.Command] = {
    "ALL": _all,
    "Q": _quantity,
    "NOBARCODE": _no_barcode,
    "SHORT": _ask_short,
    "EMPTY": _short,
    "TOOFEW": _short,
    "DAMAGED": _short,
    "WRONGITEM": _short,
    "SKIP": _skip,
    "FULL": _full,
    "UNPICK": _start_unpick,
    "BACK": _back,
    "DONE": _done,
}


def put_back(task: Task, found: Found, by: By) -> str:
    """Put something back: scan it, then the location that it came from."""
    seq = task.state["unpick"]["seq"]
    if not seq:
        item = expect(found, "the item that comes out", "item").thing
        move = _last_pick(task, item)
        task.note(unpick={"seq": move.seq})
        return f"Bring {move.qty} {item.name} back."
    move = db.session.get_one(Move, (by.site_id, seq))
    location = expect(found, "where it came from", "location").thing
    if location.id != move.source_id:
        raise Refusal("wrong_location", location.code, db.session.get_one(Location, move.source_id).code)
    ledger.undo(by, seq)
    task.note(unpick=None, at=None)
    after_undo(task, by)
    by.is_final = True  # it is an undo itself: whoever wants the goods again picks them again
    return "It is back on the shelf."


def _last_pick(task: Task, item: Item) -> Move:
    reversed_ = select(Move.reverses_seq).where(Move.task_id == task.id, Move.reverses_seq.is_not(None))
    move = db.session.scalars(
        select(Move)
        .where(
            Move.task_id == task.id,
            Move.item_id == item.id,
            Move.reservation_id.is_not(None),
            Move.reverses_seq.is_(None),
            Move.seq.not_in(reversed_),
        )
        .order_by(Move.seq.desc())
        .limit(1)
    ).first()
    if move is None:
        raise Refusal("not_in_order", item.name, "something that you picked")
    return move
