"""Take: the steps of a pick in their order: a tote, the location, the items, another lot if need be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from scanner import goods, ledger, orders, units, walk
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Balance, Customer, Location, Task
from scanner.pick.plan import (
    Line,
    lines_here,
    lots_at,
    next_line,
    number_of,
    order_of,
    read,
    remember,
)
from scanner.planning.life import why_unfit
from scanner.refusals import Refusal


def take_tote(task: Task, found: Found, by: By) -> str:
    """A tote for the order, the first or the next."""
    tote = units.take_for(task.order_id or 0, found, by)
    known = task.state.get("totes", [])
    task.note(
        tote=tote.id,
        tote_name=unit_words(tote),
        tote_at=tote.location_id,
        totes=[*known, tote.id] if tote.id not in known else known,
    )
    return f"{unit_words(tote).upper()} is for this order."


def prove_location(task: Task, found: Found, by: By) -> str:
    """The picker stands at the right place: by its label, or by the check digits on it."""
    wanted = next_line(task)
    assert wanted is not None
    if not (wanted.check_digits and found.scan.text == wanted.check_digits):
        if found.kind == "unknown" and found.scan.text.isdigit() and len(found.scan.text) == 3:
            raise Refusal("wrong_check_digits", found.scan.text, wanted.code)
        location = expect(found, f"the label of {wanted.code}", "location").thing
        if location.id != wanted.location_id:
            raise _elsewhere(task, location, wanted)
    xy = None if wanted.x_mm is None or wanted.y_mm is None else [wanted.x_mm, wanted.y_mm]
    stops = task.state["stops"]
    ahead = stops[stops.index(wanted.location_id) :] if wanted.location_id in stops else stops
    task.note(at=wanted.location_id, xy=xy, stops=ahead, confirm=None)
    return f"{wanted.code} is right."


def _elsewhere(task: Task, location: Location, wanted: Line) -> Refusal:
    """The next location before this one is done, or simply the wrong one."""
    if task.state.get("at") == wanted.location_id and wanted.posted:
        return Refusal("too_few", wanted.posted, wanted.qty)
    return Refusal("wrong_location", location.code, wanted.code)


def take_item(task: Task, found: Found, by: By) -> str:
    """The goods, at the proven location; what the label does not say is asked for."""
    current = next_line(task)
    assert current is not None
    if found.kind == "unit" and found.thing is not None and found.thing.id == task.state["tote"]:
        return "That is your tote."
    if not goods.is_answer(task, found):
        expect(found, f"{current.name}", "item")
    here = [line for line in lines_here(task) if found.kind != "item" or line.item_id == found.thing.id]
    if not here:
        raise Refusal("wrong_item", found.words, current.name)
    gathered = goods.gather(task, found, source=here[0].spot, lots=lots_at(task, here[0]))
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    return _book(task, gathered, found, by)


def _book(task: Task, gathered: Goods, found: Found, by: By) -> str:
    """Move what was scanned into the tote: from the line of its lot, or after a second scan from another lot here."""
    lines = [line for line in lines_here(task) if line.item_id == gathered.item.id]
    fitting = [line for line in lines if line.lot_id == gathered.lot_id] or _swap_lot(task, lines[0], gathered, by)
    if not fitting:
        return "Another lot is wanted first. Scan this one again to take it."
    left = sum(line.left for line in fitting)
    if gathered.qty > left:
        raise Refusal(
            "too_many", sum(line.posted for line in fitting) + gathered.qty, sum(line.qty for line in fitting)
        )
    return post(task, fitting, gathered.qty, by, gathered.serial_id)


def post(task: Task, lines: Sequence[Line], qty: int, by: By, serial_id: int = 0) -> str:
    """Move `qty` of the lines into the tote."""
    target = Spot(task.state["tote_at"], task.state["tote"])
    for line in lines:
        taken = min(qty, line.left)
        if taken == 0:
            continue
        why = Why("pick", number_of(task), line.order_line_id, reservation_id=line.reservation_id)
        ledger.move(by, line.item_id, taken, line.spot, target, why, lot_id=line.lot_id, serial_id=serial_id)
        remember(task, line, taken)
        qty -= taken
    if task.state.get("confirm"):
        task.note(confirm=None)
    name, left = lines[0].name, sum(line.left for line in lines_here(task) if line.item_id == lines[0].item_id)
    if left:
        return f"{name}: {left} more."
    by.tone = "line"
    return f"{name}: complete."


def _swap_lot(task: Task, line: Line, gathered: Goods, by: By) -> list[Line]:
    """Take another lot that stands here too. Asked twice, since it breaks first-expired-first-out."""
    _check_lot(task, gathered, by)
    spot = _spot_of_lot(line, gathered)
    question = f"lot {gathered.lot_id} of {line.item_id}"
    if task.state.get("confirm") != question:
        task.note(confirm=question)
        by.code, by.tone = "confirm", "warn"
        return []
    released = ledger.release(by, line.reservation_id)
    qty = min(released, ledger.free(by.site_id, line.item_id, gathered.lot_id, spot))
    ledger.reserve(by, line.order_line_id, line.item_id, gathered.lot_id, spot, qty)
    by.is_final = True  # UNDO would have to swap the promises back
    allocate_rest(task, by)
    return [row for row in lines_here(task) if row.item_id == line.item_id and row.lot_id == gathered.lot_id]


def allocate_rest(task: Task, by: By) -> orders.Outcome:
    """Promise what the order still needs, and take the new stops into the walk."""
    outcome = orders.allocate_order(by, orders.lock(task.order_id or 0))
    task.memo.pop("plan", None)
    known = task.state["stops"]
    new = {line.location_id for line in read(task)} - set(known)
    if new:
        here = [location_id for location_id in new if location_id == task.state.get("at")]
        rest = walk.sort(by, new - set(here))
        task.note(stops=[*here, *known, *rest], total=max(task.state.get("total", 0), len(known) + len(new)))
        task.memo.pop("plan", None)
    return outcome


def _check_lot(task: Task, gathered: Goods, by: By) -> None:
    lot = gathered.lot
    if lot is None:
        return
    name = f"lot {lot.code} of {gathered.item.name}"
    if lot.is_held:
        raise Refusal("held", name, why=ledger.hold_reason("lot", lot.id))
    customer = db.session.get_one(Customer, order_of(task).customer_id)
    unfit = why_unfit(lot.expiry, lot.best_before, by.today, customer.min_life_days)
    if unfit == "expired":
        raise Refusal("expired", name, date=str(lot.expiry or lot.best_before))
    if unfit:
        raise Refusal(unfit, name, customer.min_life_days)


def _spot_of_lot(line: Line, gathered: Goods) -> Spot:
    unit_id = db.session.scalar(
        select(Balance.unit_id)
        .where(
            Balance.location_id == line.location_id,
            Balance.item_id == line.item_id,
            Balance.lot_id == gathered.lot_id,
            Balance.qty > Balance.reserved,
        )
        .order_by(Balance.unit_id)
        .limit(1)
    )
    if unit_id is None:
        raise Refusal("wrong_lot", gathered.lot_code or "without a lot", line.lot_code)
    return Spot(line.location_id, unit_id)


def after_undo(task: Task, by: By) -> None:
    """After UNDO: totes that the notebook no longer knows are free again; what the order lacks is promised again."""
    for unit in orders.units_of(task.order_id or 0):
        if unit.kind == "tote" and unit.id not in task.state.get("totes", []):
            units.free(unit)
    allocate_rest(task, by)
