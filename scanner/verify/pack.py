"""Pack: the steps of packing in their order: the tote, then every unit from the tote into the carton, then the end."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import case, exists, select, update

from scanner import discrepancies, goods, ledger, orders, stock, tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Balance, Order, OrderLine, Reservation, Task, Unit
from scanner.refusals import Refusal
from scanner.verify import label, parcel
from scanner.verify.plan import Line, left_of, remember, shares_of, work_of


def take_tote(task: Task, found: Found, by: By) -> str:
    """The order's tote, at the bench."""
    number = work_of(task).number
    wanted = f"a tote of order {number}"
    tote = _tote_of(task, found) if found.kind == "order" else expect(found, wanted, "unit").thing
    if tote is None or tote.order_id is None:
        raise Refusal("wrong_tote", found.words, wanted)
    if tote.order_id != task.order_id:
        raise Refusal("wrong_order", unit_words(tote), other=db.session.get_one(Order, tote.order_id).number)
    task.note(tote=tote.id)
    return f"{unit_words(tote).capitalize()} of order {number}."


def _tote_of(task: Task, found: Found) -> Unit | None:
    """The first tote of the scanned order, if it is the one that is packed."""
    if found.thing.id != task.order_id:
        raise Refusal("wrong_order", found.words, other=found.thing.number)
    return next((unit for unit in orders.units_of(found.thing.id) if unit.kind == "tote"), None)


# --- a unit ----------------------------------------------------------------------------------------------------------


def check_item(task: Task, found: Found, by: By) -> str:
    """One unit (or pack) from the tote into the carton, if it belongs here and is what was picked."""
    here = [line for line in left_of(task) if found.kind != "item" or line.item_id == found.thing.id]
    if not here:
        _refuse_foreign(task, found)
    gathered = goods.gather(task, found, lots=work_of(task).lots_of(here))
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    lines = _fitting(task, here, gathered)
    if task.state.get("damage"):
        return _set_aside(task, lines[0], gathered, by)
    if task.state.get("last") != gathered.item.id:
        task.note(last=gathered.item.id)
    return pack(task, lines, gathered, by)


def _fitting(task: Task, here: list[Line], gathered: Goods) -> list[Line]:
    """The lines that the goods may come from: of their lot, and a single thing from where the book has it."""
    lines = [line for line in here if line.item_id == gathered.item.id and line.lot_id == gathered.lot_id]
    if not lines:
        raise Refusal("wrong_lot", gathered.lot_code, ", ".join(lot.code for lot in work_of(task).lots_of(here)))
    serial = gathered.serial
    if serial is not None:
        lines = [line for line in lines if (line.location_id, line.unit_id) == (serial.location_id, serial.unit_id)]
        if not lines:
            raise Refusal("wrong_serial", serial.code)
    left = sum(line.qty for line in lines)
    if gathered.qty > left:
        raise Refusal("too_many", gathered.qty, left)
    return lines


def _refuse_foreign(task: Task, found: Found) -> NoReturn:
    """Say what is wrong with a unit that is not in the tote: packed already, or not of this order."""
    if found.kind != "item":
        raise Refusal("wrong_kind", found.words, "an item of this order")
    line = db.session.scalars(
        select(OrderLine).where(OrderLine.order_id == task.order_id, OrderLine.item_id == found.thing.id).limit(1)
    ).first()
    if line is not None and line.packed >= line.allocated:
        raise Refusal("too_many", line.packed + found.qty, line.packed)
    other = db.session.execute(
        select(Order.number)
        .join(Unit, Unit.order_id == Order.id)
        .join(Balance, Balance.unit_id == Unit.id)
        .where(Unit.kind == "tote", Balance.item_id == found.thing.id, Balance.qty > 0, Order.id != task.order_id)
        .limit(1)
    ).scalar()
    if other and line is None:
        raise Refusal("wrong_order", found.words, other=other)
    raise Refusal("not_in_order", found.words, "an item of this order")


def pack(task: Task, lines: list[Line], gathered: Goods, by: By) -> str:
    """Move the goods from the lines' totes into the carton."""
    carton_unit = parcel.carton_unit(task, by)
    qty = gathered.qty
    for line in lines:
        for order_line_id, share in shares_of(task, line.item_id, min(qty, line.qty)):
            why = Why("verify", work_of(task).number, order_line_id)
            target = Spot(line.location_id, carton_unit)
            ledger.move(
                by, line.item_id, share, line.spot, target, why, lot_id=line.lot_id, serial_id=gathered.serial_id
            )
            qty -= share
            remember(task, line, order_line_id, share)
        if qty == 0:
            break
    return _after_pack(task, gathered, by)


def _after_pack(task: Task, gathered: Goods, by: By) -> str:
    left = left_of(task)
    if left:
        same = sum(line.qty for line in left if line.item_id == gathered.item.id)
        by.tone = "ok" if same else "line"
        return f"{gathered.item.name}: {same} more." if same else f"{gathered.item.name}: complete."
    return _all_checked(task, by)


def _all_checked(task: Task, by: By) -> str:
    """Nothing is left in the totes: the weight, where the site weighs, else the end."""
    if task.state.get("must_weigh") and task.state.get("parcel"):
        return "All units are checked. Now the weight."
    return close(task, by)


def _set_aside(task: Task, line: Line, gathered: Goods, by: By) -> str:
    """A damaged unit goes to quarantine; another one is promised to the order, and somebody is sent to pick it."""
    order = orders.lock(task.order_id or 0)
    (order_line_id, qty), *_rest = shares_of(task, line.item_id, min(gathered.qty, line.qty))
    quarantine = Spot(stock.first_location(by, "quarantine").id)
    why = Why("damaged", order.number, order_line_id)
    serial_id = gathered.serial_id
    ledger.set_aside(by, line.item_id, qty, line.spot, quarantine, why, lot_id=line.lot_id, serial_id=serial_id)
    discrepancies.open_case(
        by,
        "damaged",
        book=f"{qty} {gathered.item.name} picked for {order.number}",
        floor=f"{discrepancies.DAMAGE[task.state['damage']]}; in quarantine",
        qty=qty,
        item_id=line.item_id,
        lot_id=line.lot_id,
        serial_id=serial_id,
        location_id=quarantine.location_id,
        order_line_id=order_line_id,
    )
    task.note(damage=None)
    task.memo.clear()
    by.is_final = True
    missing = orders.allocate_order(by, order).short.get(order_line_id, 0)
    if not left_of(task):
        if task.state.get("parcel") and parcel.is_empty(task):
            parcel.drop_parcel(task)
        return _all_checked(task, by)
    return "Set aside. None is left to replace it." if missing else "Set aside. Another one will be picked."


# --- the end ---------------------------------------------------------------------------------------------------------


def weigh(task: Task, found: Found, by: By) -> str:
    """The weight of the full carton; the last thing of a parcel."""
    return parcel.weigh(task, found, by) or close(task, by)


def close(task: Task, by: By) -> str:
    """Close the parcel and the order. Refuses too_few while units are missing, confirm_instructions."""
    left = sum(line.qty for line in left_of(task))
    if left:
        raise Refusal("too_few", "some", f"{left} more")
    if task.state.get("must_read") and not task.state.get("read"):
        raise Refusal("confirm_instructions")
    label.print_parcel(task, by)
    parcel.close_parcels(task)
    status = work_of(task).status = _close_order(task)
    if status == "packed":
        label.print_slip(task, by)
    tasks.close(task)
    by.is_final = True
    return closing_words(task)


def _close_order(task: Task) -> str:
    """Packed; or picked on, when a replacement is on its way. Returns the order's new status."""
    is_promised = exists().where(
        OrderLine.order_id == Order.id, Reservation.order_line_id == OrderLine.id, Reservation.state == "open"
    )
    status: str = db.session.scalars(
        update(Order)
        .where(Order.id == task.order_id)
        .values(status=case((is_promised, "picking"), else_="packed"))
        .returning(Order.status)
        .execution_options(synchronize_session=False)
    ).one()
    return status


def closing_words(task: Task) -> str:
    """How the packing ended."""
    work = work_of(task)
    ended = "is packed" if work.status == "packed" else "waits for a replacement"
    return f"{work.number} {ended}.{label.where(task)}"
