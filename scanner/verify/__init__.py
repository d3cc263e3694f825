"""Verify and pack: every unit is scanned again at the bench, from the tote into the carton.

The packer scans the tote, reads and confirms the packing instructions, then scans each unit. Wrong, extra and damaged
units stop here. The carton is suggested and may be changed by scanning another type. The order closes on the last scan
(or on the weight, where the site weighs).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select, update

from scanner import discrepancies, goods, ledger, orders, stock, tasks, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Balance, Carton, Customer, Item, Lot, Order, OrderLine, Parcel, Site, Task, Unit
from scanner.planning import carton as cartons
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "PACK"
ROLES = ("packer",)
WEIGHT_TOLERANCE_PCT, WEIGHT_TOLERANCE_G = 5, 20
DAMAGE = {"BROKEN": "broken", "WET": "wet", "SPOILED": "spoiled", "OTHER": "damaged"}


@dataclass(frozen=True, slots=True)
class Line:
    """What is in the totes of one item and lot, and has not been verified."""

    item_id: int
    lot_id: int
    unit_id: int
    location_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One order line: what was promised to it and how much of that is packed."""

    id: int
    item_id: int
    allocated: int
    packed: int
    name: str
    sku: str
    uom: str

    @property
    def room(self) -> int:
        """Base units that are still to be packed."""
        return self.allocated - self.packed


@dataclass(slots=True)
class Work:
    """The order as the bench sees it. It is read in one statement and kept in step with what is posted."""

    number: str
    status: str
    is_held: bool
    wanted: list[Wanted]
    left: list[Line]


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the packing of an order, by its number or by its tote, or go on with it.

    Refuses: unknown_document, order_cancelled, order_held, order_not_open, not_your_task.
    """
    order = orders.by_number(document, by)
    task = tasks.resume("verify", by, order_id=order.id)
    if task is not None:
        return task
    orders.check_workable(order, "picked")
    task = tasks.open_task("verify", by, order_id=order.id)
    carton = _suggest_carton(task)
    task.note(
        number=order.number,
        must_read=bool(_instructions(task)) or None,
        must_weigh=db.session.get_one(Site, task.site_id).must_weigh or None,
        carton=carton.id if carton else None,
        carton_name=carton.name if carton else None,
    )
    _new_parcel(task, by)
    return task


def prompt(task: Task) -> Prompt:
    """What the packer does next."""
    title = f"PACK {task.state.get('number', '')}"
    if task.status != "open":
        return tasks.done_prompt(task, title, _closing_words(_order(task)))
    asked = goods.pending_prompt(task, title, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return _PROMPTS[_step_name(task)](task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what packing expects: tote, units, a carton type, a weight, or a command."""
    work = _work(task)
    if work.is_held or work.status != "picked":
        orders.check_workable(_order(task), "picked")
    by.step = _step_name(task)
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, "an item of this order")(task, found, by)
    if found.kind == "carton":
        return _choose_carton(task, found, by)
    if found.kind == "fields" and found.scan.weight_g is not None:
        return _weigh(task, found, by)
    if found.kind == "unit" or by.step == "tote":
        return _take_tote(task, found, by)
    if by.step == "instructions":
        raise Refusal("confirm_instructions")
    if by.step == "weight":
        raise Refusal("wrong_kind", found.words, "the weight")
    if not goods.is_answer(task, found):
        expect(found, "an item of this order", "item")
    return _check_item(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """Close the parcel and the order. Refuses too_few while units are missing, confirm_instructions, finish_first."""
    left = sum(line.qty for line in _left(task))
    if left:
        raise Refusal("too_few", "some", f"{left} more")
    if task.state.get("must_read") and not task.state.get("read"):
        raise Refusal("confirm_instructions")
    _close_parcels(task)
    db.session.execute(  # the totes are empty: the next orders may have them
        update(Unit).where(Unit.order_id == task.order_id, Unit.kind == "tote").values(order_id=None)
    )
    order = _order(task)
    order.status = "picking" if orders.open_reservations(order.id) else "packed"  # picking: a replacement is on its way
    tasks.close(task)


def _close_parcels(task: Task) -> None:
    """The order's parcels and their cartons take no more goods."""
    open_ones = select(Parcel.unit_id).where(Parcel.order_id == task.order_id, Parcel.status == "packing")
    db.session.execute(update(Unit).where(Unit.id.in_(open_ones)).values(status="closed"))
    db.session.execute(
        update(Parcel).where(Parcel.order_id == task.order_id, Parcel.status == "packing").values(status="packed")
    )


# --- where are we ----------------------------------------------------------------------------------------------------


def _order(task: Task) -> Order:
    return db.session.get_one(Order, task.order_id)


def _work(task: Task) -> Work:
    if "work" not in task.memo:
        content = (
            select(Balance.item_id, Balance.lot_id, Balance.unit_id, Balance.location_id, Balance.qty)
            .join(Unit, Unit.id == Balance.unit_id)
            .where(Unit.order_id == task.order_id, Unit.kind == "tote", Balance.qty > 0)
            .subquery()
        )
        rows = db.session.execute(
            select(
                Order.number,
                Order.status,
                Order.is_held,
                OrderLine.id,
                OrderLine.item_id,
                OrderLine.allocated,
                OrderLine.packed,
                Item.name,
                Item.sku,
                Item.uom,
                content.c.lot_id,
                content.c.unit_id,
                content.c.location_id,
                content.c.qty,
            )
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Item, Item.id == OrderLine.item_id)
            .outerjoin(content, content.c.item_id == OrderLine.item_id)
            .where(Order.id == task.order_id)
            .order_by(OrderLine.line, content.c.lot_id)
        ).all()
        wanted = dict.fromkeys(Wanted(*row[3:10]) for row in rows)
        left = dict.fromkeys(
            Line(row.item_id, row.lot_id, row.unit_id, row.location_id, row.qty) for row in rows if row.qty is not None
        )
        work = Work(*rows[0][:3], [w for w in wanted if w.allocated], list(left))
        task.memo["work"] = work
    found: Work = task.memo["work"]
    return found


def _left(task: Task) -> list[Line]:
    """What is in the order's totes."""
    return _work(task).left


def _instructions(task: Task) -> str:
    order = _order(task)
    customer = db.session.get_one(Customer, order.customer_id)
    return "\n".join(text for text in (order.instructions, customer.instructions) if text)


def _step_name(task: Task) -> str:
    state = task.state
    if not state.get("tote"):
        return "tote"
    if state.get("must_read") and not state.get("read"):
        return "instructions"
    if state.get("damage") == "ask":
        return "damage"
    if state.get("pending"):
        return str(state["pending"]["ask"])
    return "item" if _left(task) else "weight"


# --- the steps in their order ----------------------------------------------------------------------------------------


def _take_tote(task: Task, found: Found, by: By) -> str:
    """The order's tote, at the bench."""
    order = _order(task)
    if found.kind == "order":
        if found.thing.id != order.id:
            raise Refusal("wrong_order", found.words, other=found.thing.number)
        tote = next((u for u in orders.units_of(order.id) if u.kind == "tote"), None)
    else:
        tote = expect(found, f"a tote of order {order.number}", "unit").thing
    if tote is None or tote.order_id is None:
        raise Refusal("wrong_tote", found.words, f"a tote of order {order.number}")
    if tote.order_id != order.id:
        raise Refusal("wrong_order", unit_words(tote), other=db.session.get_one(Order, tote.order_id).number)
    task.note(tote=tote.id)
    return f"{unit_words(tote).capitalize()} of order {order.number}."


def _check_item(task: Task, found: Found, by: By) -> str:
    """One unit (or pack) from the tote into the carton, if it belongs here and is what was picked."""
    here = [line for line in _left(task) if found.kind != "item" or line.item_id == found.thing.id]
    if not here:
        _refuse_foreign(task, found)
    gathered = goods.gather(task, found, source=_source(here))
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    lines = [line for line in here if line.item_id == gathered.item.id and line.lot_id == gathered.lot_id]
    if not lines:
        raise Refusal("wrong_lot", gathered.lot_code, ", ".join(_lot_codes(here)))
    if gathered.qty > sum(line.qty for line in lines):
        raise Refusal("too_many", gathered.qty, sum(line.qty for line in lines))
    if task.state.get("damage"):
        return _set_aside(task, lines[0], gathered, by)
    if task.state.get("last") != gathered.item.id:
        task.note(last=gathered.item.id)
    return _pack(task, lines, gathered, by)


def _source(lines: list[Line]) -> Spot:
    return Spot(lines[0].location_id, lines[0].unit_id)


def _lot_codes(lines: list[Line]) -> list[str]:
    return [db.session.get_one(Lot, line.lot_id).code for line in lines if line.lot_id]


def _refuse_foreign(task: Task, found: Found) -> None:
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


def _set_aside(task: Task, line: Line, gathered: Goods, by: By) -> str:
    """A damaged unit goes to quarantine; another one is promised to the order, and somebody is sent to pick it."""
    order = orders.lock(_order(task).id)
    (order_line_id, qty), *_rest = _order_lines(task, line.item_id, min(gathered.qty, line.qty))
    quarantine = Spot(stock.first_location(by, "quarantine").id)
    why = Why("damaged", order.number, order_line_id)
    source = Spot(line.location_id, line.unit_id)
    ledger.set_aside(by, line.item_id, qty, source, quarantine, why, lot_id=line.lot_id, serial_id=gathered.serial_id)
    discrepancies.open_case(
        by,
        "damaged",
        book=f"{qty} {gathered.item.name} picked for {order.number}",
        floor=f"{DAMAGE[task.state['damage']]}; in quarantine",
        qty=qty,
        item_id=line.item_id,
        lot_id=line.lot_id,
        serial_id=gathered.serial_id,
        location_id=quarantine.location_id,
        order_line_id=order_line_id,
    )
    task.note(damage=None)
    task.memo.clear()
    by.is_final = True
    missing = orders.allocate_order(by, order).short.get(order_line_id, 0)
    if not _left(task):
        return _close(task, by)
    return "Set aside. None is left to replace it." if missing else "Set aside. Another one will be picked."


def _pack(task: Task, lines: list[Line], gathered: Goods, by: By) -> str:
    carton_unit = _carton_unit(task, by)
    qty = gathered.qty
    for line in lines:
        for order_line_id, share in _order_lines(task, line.item_id, min(qty, line.qty)):
            why = Why("verify", _work(task).number, order_line_id)
            source, target = Spot(line.location_id, line.unit_id), Spot(line.location_id, carton_unit)
            ledger.move(by, line.item_id, share, source, target, why, lot_id=line.lot_id, serial_id=gathered.serial_id)
            qty -= share
            _remember(task, line, order_line_id, share)
        if qty == 0:
            break
    return _after_pack(task, gathered, by)


def _remember(task: Task, taken: Line, order_line_id: int | None, qty: int) -> None:
    """Keep the work in step with what was just posted."""
    work, key = _work(task), (taken.item_id, taken.lot_id, taken.unit_id)
    rows = [
        replace(line, qty=line.qty - qty) if (line.item_id, line.lot_id, line.unit_id) == key else line
        for line in work.left
    ]
    work.left = [line for line in rows if line.qty]
    work.wanted = [replace(w, packed=w.packed + qty) if w.id == order_line_id else w for w in work.wanted]


def _order_lines(task: Task, item_id: int, qty: int) -> list[tuple[int, int]]:
    """The order lines of an item that still have something to pack, with their shares of `qty`."""
    shares: list[tuple[int, int]] = []
    for line in _work(task).wanted:
        share = min(qty, line.room) if line.item_id == item_id else 0
        if share > 0:
            shares.append((line.id, share))
            qty -= share
    if qty:
        raise Refusal("too_many", qty, "fewer")
    return shares


def _after_pack(task: Task, gathered: Goods, by: By) -> str:
    left = sum(line.qty for line in _left(task))
    if left:
        same = sum(line.qty for line in _left(task) if line.item_id == gathered.item.id)
        by.tone = "ok" if same else "line"
        return f"{gathered.item.name}: {same} more." if same else f"{gathered.item.name}: complete."
    if task.state.get("must_weigh"):
        return "All units are checked. Now the weight."
    return _close(task, by)


def _close(task: Task, by: By) -> str:
    finish(task, by=by)
    by.is_final = True
    return _closing_words(_order(task))


def _closing_words(order: Order) -> str:
    return f"{order.number} is packed." if order.status == "packed" else f"{order.number} waits for a replacement."


# --- carton and weight -----------------------------------------------------------------------------------------------


def _carton_unit(task: Task, by: By) -> int:
    """The unit of the parcel being filled; after CARTON FULL a new one."""
    if not task.state.get("parcel"):
        _new_parcel(task, by)
    return int(task.state["unit"])


def _new_parcel(task: Task, by: By) -> None:
    """An empty carton at the bench, with an SSCC of ours."""
    order = _order(task)
    tote = next((unit for unit in orders.units_of(order.id) if unit.kind == "tote" and unit.location_id), None)
    bench_id = tote.location_id if tote and tote.location_id else stock.first_location(by, "pack").id
    carton = units.new_carton(by, order.id, bench_id)
    parcel = Parcel(
        site_id=by.site_id,
        order_id=order.id,
        unit_id=carton.id,
        carton_id=task.state.get("carton"),
        status="packing",
        carrier=order.carrier,
        service=order.service,
        tracking="",
    )
    db.session.add(parcel)
    db.session.flush()
    task.note(parcel=parcel.id, unit=carton.id)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: a parcel that the notebook no longer knows, and that is empty, is taken off the file."""
    for parcel in orders.parcels_of(_order(task).id):
        unit = db.session.get_one(Unit, parcel.unit_id)
        if parcel.status == "packing" and parcel.id != task.state.get("parcel") and not units.has_content(unit):
            db.session.delete(parcel)
            unit.order_id, unit.status = None, "closed"


def cancelled(task: Task, *, by: By) -> None:
    """After the desk ended the packing: its parcel goes with it, unless there are goods in it."""
    task.note(parcel=None, unit=None)
    undone(task, by=by)


def _suggest_carton(task: Task) -> Carton | None:
    """The smallest carton type into which all of the totes' content fits."""
    boxes = []
    for line in _left(task):
        item = db.session.get_one(Item, line.item_id)
        if item.volume_mm3:
            boxes.append(cartons.Box(item.length_mm, item.width_mm, item.height_mm, item.weight_g, line.qty))
    types = list(db.session.scalars(select(Carton)))
    offered = [cartons.Carton(c.code, c.length_mm, c.width_mm, c.height_mm, c.tare_g, c.max_g) for c in types]
    choice = cartons.choose(boxes, offered) if boxes and offered else None
    return next((c for c in types if choice and c.code == choice.code), None)


def _choose_carton(task: Task, found: Found, by: By) -> str:
    """Another carton type than the suggested one."""
    task.note(carton=found.thing.id, carton_name=found.thing.name)
    if task.state.get("parcel"):
        db.session.get_one(Parcel, task.state["parcel"]).carton_id = found.thing.id
    return f"Carton {found.thing.name}."


def expected_weight_g(parcel: Parcel) -> int | None:
    """Carton and content in grams; None when the weight of an item is not known."""
    rows = db.session.execute(
        select(Item.weight_g, Balance.qty)
        .join(Item, Item.id == Balance.item_id)
        .where(Balance.unit_id == parcel.unit_id, Balance.qty > 0)
    ).all()
    if not rows or any(row.weight_g == 0 for row in rows):
        return None
    carton = db.session.get(Carton, parcel.carton_id) if parcel.carton_id else None
    return int(sum(row.weight_g * row.qty for row in rows)) + (carton.tare_g if carton else 0)


def _weigh(task: Task, found: Found, by: By) -> str:
    """The parcel's weight, typed or from a scale. Far off what is expected, it is asked for twice."""
    if not task.state.get("parcel") or _left(task):
        raise Refusal("finish_first", "The content", "every unit")
    weight = found.scan.weight_g or 0
    if weight <= 0:
        raise Refusal("bad_quantity", weight)
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    expected = expected_weight_g(parcel)
    allowed = max(WEIGHT_TOLERANCE_G, (expected or 0) * WEIGHT_TOLERANCE_PCT // 100)
    is_off = expected is not None and abs(weight - expected) > allowed
    if is_off and task.state.get("confirm") != weight:
        task.note(confirm=weight)
        by.code, by.tone = "confirm", "warn"
        return f"{weight} g, but {expected} g are expected. Check the content, then weigh again."
    parcel.weight_g = weight
    if is_off:
        discrepancies.open_case(
            by, "weight", book=f"{expected} g expected", floor=f"{weight} g weighed twice", unit_id=parcel.unit_id
        )
    task.note(confirm=None)
    return _close(task, by)


# --- commands --------------------------------------------------------------------------------------------------------


def _ok(task: Task, found: Found, by: By) -> str:
    """The packing instructions have been read."""
    if by.step != "instructions":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(read=True)
    return "Instructions confirmed."


def _all(task: Task, found: Found, by: By) -> str:
    """All that is left of the item that was scanned last. Never for serial numbers."""
    last = task.state.get("last")
    lines = [line for line in _left(task) if last and line.item_id == last]
    if not lines:
        raise Refusal("finish_first", "The item", "one unit of it")
    item = db.session.get_one(Item, lines[0].item_id)
    if item.tracking == "serial":
        raise Refusal("serial_has_one")
    for line in lines:
        lot = db.session.get(Lot, line.lot_id) if line.lot_id else None
        say = _pack(task, [line], Goods(item, line.qty, lot=lot), by)
    return say


def _full(task: Task, found: Found, by: By) -> str:
    """The carton is full: close this parcel and go on with another."""
    if not task.state.get("parcel"):
        raise Refusal("nothing_to_do")
    _close_parcels(task)
    task.note(parcel=None, unit=None)
    by.is_final = True
    return "Take the next carton."


def _damaged(task: Task, found: Found, by: By) -> str:
    if by.step != "item":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(damage="ask")
    return "What is wrong with it?"


def _damage_reason(task: Task, found: Found, by: By) -> str:
    if task.state.get("damage") != "ask":
        raise Refusal("wrong_command", found.words, "an item of this order")
    task.note(damage=found.command)
    return "Scan the damaged unit."


def _back(task: Task, found: Found, by: By) -> str:
    task.note(damage=None, pending=None, confirm=None)
    return "Back."


_COMMANDS: dict[str, tasks.Command] = {
    "OK": _ok,
    "ALL": _all,
    "FULL": _full,
    "DAMAGED": _damaged,
    "BACK": _back,
    **dict.fromkeys(DAMAGE, _damage_reason),
}


# --- prompts ---------------------------------------------------------------------------------------------------------


def _checks(task: Task) -> tuple[Check, ...]:
    """Each item with what is packed of it, the last scanned one as the current."""
    last, rows = task.state.get("last"), []
    for line in _work(task).wanted:
        state = "done" if not line.room else "now" if line.item_id == last else "todo"
        rows.append(Check(line.name, state, f"{line.packed} / {line.allocated}"))
    return tuple(rows)


def _progress(task: Task) -> tuple[int, int]:
    wanted = _work(task).wanted
    return sum(line.packed for line in wanted), sum(line.allocated for line in wanted)


def _tote_prompt(task: Task, title: str) -> Prompt:
    totes = [unit_words(unit) for unit in orders.units_of(_order(task).id) if unit.kind == "tote"]
    return Prompt(
        workflow="verify",
        step="tote",
        title=title,
        verb="BRING",
        scan="SCAN THE TOTE",
        progress=_progress(task),
        text=", ".join(totes).capitalize(),
        actions=(tasks.action("UNDO"),),
    )


def _instructions_prompt(task: Task, title: str) -> Prompt:
    return Prompt(
        workflow="verify",
        step="instructions",
        title=title,
        verb="READ",
        scan="TAP OK OR SCAN THE OK CARD",
        text=_instructions(task),
        actions=(tasks.action("OK"), tasks.action("UNDO")),
    )


def _item_prompt(task: Task, title: str) -> Prompt:
    carton = task.state.get("carton_name")
    last = next((w for w in _work(task).wanted if w.item_id == task.state.get("last") and w.room), None)
    every = (tasks.action("ALL", f"ALL {last.room}"),) if last and last.room > 1 else ()
    return Prompt(
        workflow="verify",
        step="item",
        title=title,
        verb="CHECK",
        scan="SCAN EACH UNIT",
        progress=_progress(task),
        checks=_checks(task),
        expects=tuple(w.sku for w in _work(task).wanted if w.room),
        text=f"Carton {carton}" if carton else "Scan the carton type",
        actions=(tasks.action("DAMAGED"), *every, tasks.action("UNDO")),
        more=(tasks.action("FULL", "CARTON FULL"), tasks.action("BACK")),
    )


def _damage_prompt(task: Task, title: str) -> Prompt:
    choices = tuple(tasks.action(word, label.upper()) for word, label in DAMAGE.items())
    return Prompt(
        workflow="verify",
        step="damage",
        title=title,
        verb="WHAT IS WRONG?",
        scan="SCAN OR TAP A REASON",
        pad=Pad("choice", "REASON", "reason", choices=choices),
        actions=(tasks.action("BACK"),),
    )


def _weight_prompt(task: Task, title: str) -> Prompt:
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    expected = expected_weight_g(parcel)
    return Prompt(
        workflow="verify",
        step="weight",
        title=title,
        verb="WEIGH",
        scan="WEIGH THE CARTON",
        progress=_progress(task),
        goods=ShownGoods("Carton and content", "", facts=(("expected", f"{expected} g"),) if expected else ()),
        pad=Pad("weight", "WEIGHT", "weight"),
        actions=(tasks.action("UNDO"),),
    )


_PROMPTS = {
    "tote": _tote_prompt,
    "instructions": _instructions_prompt,
    "item": _item_prompt,
    "damage": _damage_prompt,
    "weight": _weight_prompt,
}


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Orders whose totes stand at a bench, the earliest promised first."""
    rows = db.session.execute(
        select(Order.number, Order.promised_on, Customer.name)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.site_id == by.site_id, Order.status == "picked", ~Order.is_held)
        .order_by(Order.promised_on.is_(None), Order.promised_on, Order.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(row.number, row.number, row.name, bool(row.promised_on and row.promised_on < by.today))
        for row in rows
    ]
