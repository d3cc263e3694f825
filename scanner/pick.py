"""Pick: take the goods of one order from the shelves into a tote.

The picker scans a tote once, then over and over: the location, the item. The item stays hidden until the location is
proven. Stock was promised when the pick began (first expired first), in the order of the shortest walk. At the end the
tote is brought to the packing bench and the bench is scanned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, Exists, and_, exists, func, or_, select

from scanner import discrepancies, goods, ledger, orders, shown, tasks, units, walk
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_name, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot, Why
from scanner.models import Balance, Customer, Item, Location, Lot, Move, Order, OrderLine, Reservation, Task, Unit
from scanner.planning.life import why_unfit
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "PICK"
ROLES = ("picker",)
STOPS_AHEAD = 3  # read at each scan
WORKABLE = ("open", "picking", "picked")
WANTED = {
    "tote": "a tote",
    "location": "the location",
    "item": "the item",
    "short": "a reason",
    "drop": "the packing bench",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One promise that is still to be picked: so many of that, from there."""

    reservation_id: int
    order_line_id: int
    location_id: int
    unit_id: int
    item_id: int
    lot_id: int
    qty: int
    posted: int
    sku: str
    name: str
    uom: str
    tracking: str
    lot_code: str
    expiry: date | None
    best_before: date | None
    unit_kind: str
    unit_code: str
    location_code: str
    scan_body: str
    aisle: str
    bay: str
    level: str
    position: str
    x_mm: int | None
    y_mm: int | None
    check_digits: str
    order_status: str
    is_order_held: bool

    @property
    def left(self) -> int:
        """Base units that are still to be picked."""
        return self.qty - self.posted

    @property
    def spot(self) -> Spot:
        """Where they are."""
        return Spot(self.location_id, self.unit_id)

    @property
    def code(self) -> str:
        """The location's code."""
        return self.location_code

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Lot, dates and unit, for reading."""
        facts = [("lot", self.lot_code)] if self.lot_id else []
        dates = (("expiry", self.expiry), ("best before", self.best_before))
        facts += [(name, day.isoformat()) for name, day in dates if day]
        return (*facts, ("in", unit_name(self.unit_kind, self.unit_code))) if self.unit_id else tuple(facts)


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the pick of an order, or go on with it.

    Refuses: unknown_document, order_cancelled, order_held, order_not_open, not_your_task, nothing_to_pick.
    """
    order = orders.by_number(document, by)
    task = tasks.resume("pick", by, order_id=order.id)
    if task is not None:
        return task
    orders.check_workable(order, *WORKABLE)
    orders.allocate_order(by, order)
    task = tasks.open_task("pick", by, order_id=order.id)
    plan = _read(task)
    if not plan:
        raise Refusal("nothing_to_pick", order.number)
    stops = walk.sort(by, {line.location_id for line in plan})
    task.note(number=order.number, stops=stops, cross=walk.cross_aisles(by), total=len(stops))
    task.memo.clear()
    order.status = "picking"
    db.session.flush()
    return task


def prompt(task: Task) -> Prompt:
    """What the picker does next."""
    title = f"PICK {_number(task)}"
    if task.status != "open":
        return tasks.done_prompt(task, title, "It is picked." if task.status == "done" else "Cancelled.")
    step_name = _step_name(task)
    if step_name in ("lot", "serial"):
        asked = goods.pending_prompt(task, title, actions=(tasks.action("BACK"), tasks.action("UNDO")))
        assert asked is not None
        return asked
    return _PROMPTS[step_name](task, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the pick expects: tote, location, item, bench, or a command."""
    _check_order(task)
    by.step = _step_name(task)
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, WANTED.get(by.step, "the next code"))(task, found, by)
    if by.step == "short":  # it was found after all
        task.note(short=None)
        by.step = _step_name(task)
    if by.step == "tote":
        return _take_tote(task, found, by)
    if by.step == "unpick":
        return _unpick(task, found, by)
    if by.step == "drop":
        return _drop(task, found, by)
    if found.kind == "location" or by.step == "location":
        return _prove_location(task, found, by)
    return _take_item(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """The tote is at the bench: the order waits for verification. Refuses too_few while lines are open."""
    left = sum(line.left for line in _read(task))
    if left:
        raise Refusal("too_few", "some", f"{left} more")
    order = orders.lock(_order(task).id)
    order.status = "picked"
    tasks.close(task)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: totes that the notebook no longer knows are free again; what the order lacks is promised again."""
    for unit in orders.units_of(_order(task).id):
        if unit.kind == "tote" and unit.id not in task.state.get("totes", []):
            units.free(unit)
    _allocate_rest(task, by)


# --- where are we ----------------------------------------------------------------------------------------------------


def _order(task: Task) -> Order:
    return db.session.get_one(Order, task.order_id)


def _number(task: Task) -> str:
    return str(task.state.get("number", ""))


def _check_order(task: Task) -> None:
    """The order may still be worked on; what is read of it comes with the plan, while there is one."""
    line = _current(task)
    if line is None or line.is_order_held or line.order_status not in WORKABLE:
        orders.check_workable(_order(task), *WORKABLE)


def _plan(task: Task) -> list[Line]:
    """What is to be picked next, in walking order: the coming stops, or all that is left when they have nothing.

    A long order is not read whole at every scan.
    """
    if "plan" not in task.memo:
        coming = task.state.get("stops", [])[:STOPS_AHEAD]
        task.memo["plan"] = _read(task, Reservation.location_id.in_(coming)) or _read(task)
    return list(task.memo["plan"])


def _read(task: Task, *where: ColumnElement[bool]) -> list[Line]:
    """Open promises of the order, sorted by stop; at one place the lot that expires first comes first."""
    rows = db.session.execute(
        select(
            Reservation.id,
            Reservation.order_line_id,
            Reservation.location_id,
            Reservation.unit_id,
            Reservation.item_id,
            Reservation.lot_id,
            Reservation.qty,
            Reservation.posted,
            Item.sku,
            Item.name,
            Item.uom,
            Item.tracking,
            Lot.code,
            Lot.expiry,
            Lot.best_before,
            Unit.kind,
            Unit.code,
            Location.code,
            Location.scan_body,
            Location.aisle,
            Location.bay,
            Location.level,
            Location.position,
            Location.x_mm,
            Location.y_mm,
            Location.check_digits,
            Order.status,
            Order.is_held,
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Item, Item.id == Reservation.item_id)
        .join(Lot, Lot.id == Reservation.lot_id)
        .join(Unit, Unit.id == Reservation.unit_id)
        .join(Location, Location.id == Reservation.location_id)
        .where(OrderLine.order_id == task.order_id, Reservation.state == "open", *where)
    )
    order = {location_id: rank for rank, location_id in enumerate(task.state.get("stops", []))}
    lines = [Line(*row) for row in rows]  # type: ignore[call-arg]
    return sorted(
        lines,
        key=lambda line: (order.get(line.location_id, 10**6), _first_to_go(line), line.sku, line.reservation_id),
    )


def _first_to_go(line: Line) -> date:
    return min((day for day in (line.expiry, line.best_before) if day), default=date.max)


def _current(task: Task) -> Line | None:
    plan = _plan(task)
    return plan[0] if plan else None


def _step_name(task: Task) -> str:
    state = task.state
    if state.get("unpick"):
        return "unpick"
    current = _current(task)
    if state.get("short") and current is not None:
        return "short"
    if state.get("pending"):
        return str(state["pending"]["ask"])
    if current is None:
        return "drop" if state.get("totes") else "nothing"
    if not state.get("tote"):
        return "tote"
    return "item" if state.get("at") == current.location_id else "location"


def _here(task: Task) -> list[Line]:
    """The lines at the location that the picker stands at."""
    return [line for line in _plan(task) if line.location_id == task.state.get("at")]


# --- the steps in their order ----------------------------------------------------------------------------------------


def _take_tote(task: Task, found: Found, by: By) -> str:
    tote = units.take_for(_order(task), found, by)
    known = task.state.get("totes", [])
    task.note(
        tote=tote.id,
        tote_name=unit_words(tote),
        tote_at=tote.location_id,
        totes=[*known, tote.id] if tote.id not in known else known,
    )
    return f"{unit_words(tote).upper()} is for this order."


def _prove_location(task: Task, found: Found, by: By) -> str:
    """The picker stands at the right place: by its label, or by the check digits on it."""
    wanted = _current(task)
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


def _take_item(task: Task, found: Found, by: By) -> str:
    current = _current(task)
    assert current is not None
    if found.kind == "unit" and found.thing is not None and found.thing.id == task.state["tote"]:
        return "That is your tote."
    if not goods.is_answer(task, found):
        expect(found, f"{current.name}", "item")
    here = [line for line in _here(task) if found.kind != "item" or line.item_id == found.thing.id]
    if not here:
        raise Refusal("wrong_item", found.words, current.name)
    gathered = goods.gather(task, found, source=here[0].spot)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    return _book(task, gathered, found, by)


def _book(task: Task, gathered: Goods, found: Found, by: By) -> str:
    """Move what was scanned into the tote: from the line of its lot, or after a second scan from another lot here."""
    lines = [line for line in _here(task) if line.item_id == gathered.item.id]
    fitting = [line for line in lines if line.lot_id == gathered.lot_id] or _swap_lot(task, lines[0], gathered, by)
    if not fitting:
        return "Another lot is wanted first. Scan this one again to take it."
    left = sum(line.left for line in fitting)
    if gathered.qty > left:
        raise Refusal(
            "too_many", sum(line.posted for line in fitting) + gathered.qty, sum(line.qty for line in fitting)
        )
    return _post(task, fitting, gathered.qty, by, gathered.serial_id)


def _post(task: Task, lines: Sequence[Line], qty: int, by: By, serial_id: int = 0) -> str:
    target = Spot(task.state["tote_at"], task.state["tote"])
    for line in lines:
        taken = min(qty, line.left)
        if taken == 0:
            continue
        why = Why("pick", _number(task), line.order_line_id, reservation_id=line.reservation_id)
        ledger.move(by, line.item_id, taken, line.spot, target, why, lot_id=line.lot_id, serial_id=serial_id)
        _remember(task, line, taken)
        qty -= taken
    if task.state.get("confirm"):
        task.note(confirm=None)
    name, left = lines[0].name, sum(line.left for line in _here(task) if line.item_id == lines[0].item_id)
    if left:
        return f"{name}: {left} more."
    by.tone = "line"
    return f"{name}: complete."


def _remember(task: Task, line: Line, taken: int) -> None:
    """Keep the plan in step with what was just posted, instead of reading it again."""
    plan = [
        replace(row, posted=row.posted + taken) if row.reservation_id == line.reservation_id else row
        for row in _plan(task)
    ]
    task.memo["plan"] = [row for row in plan if row.left]


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
    _allocate_rest(task, by)
    return [row for row in _here(task) if row.item_id == line.item_id and row.lot_id == gathered.lot_id]


def _allocate_rest(task: Task, by: By) -> orders.Outcome:
    """Promise what the order still needs, and take the new stops into the walk."""
    outcome = orders.allocate_order(by, orders.lock(_order(task).id))
    task.memo.pop("plan", None)
    known = task.state["stops"]
    new = {line.location_id for line in _read(task)} - set(known)
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
    customer = db.session.get_one(Customer, _order(task).customer_id)
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


def _drop(task: Task, found: Found, by: By) -> str:
    """The totes stand at the bench: move them there with all that is in them."""
    bench = expect(found, "the label of a packing bench", "location").thing
    if bench.kind != "pack":
        raise Refusal("wrong_location", bench.code, "a packing bench")
    order = _order(task)
    for unit in orders.units_of(order.id):
        if unit.kind == "tote" and units.has_content(unit) and unit.location_id != bench.id:
            ledger.move_unit(by, unit, bench.id, Why("pick", order.number))
    finish(task, by=by)
    by.is_final = True
    return f"{order.number} is at {bench.code}."


# --- commands --------------------------------------------------------------------------------------------------------


def _need_item_step(task: Task, by: By) -> Line:
    current = _current(task)
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
    return _post(task, [current], current.left, by)


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
    return _post(task, [current], qty, by)


REASONS = {
    "EMPTY": "the location is empty",
    "TOOFEW": "there are too few",
    "DAMAGED": "it is damaged",
    "WRONGITEM": "another item lies there",
}


def _ask_short(task: Task, found: Found, by: By) -> str:
    if _current(task) is None:
        raise Refusal("nothing_to_do")
    task.note(short=True, pending=None)
    return "What is wrong?"


def _short(task: Task, found: Found, by: By) -> str:
    """The rest of the line is not there: note both stories, seek it elsewhere at once, have the location counted."""
    current = _current(task)
    if current is None or not task.state.get("short"):
        raise Refusal("wrong_command", found.words, WANTED.get(by.step, "the next code"))
    left = ledger.release(by, current.reservation_id)
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
    missing = _allocate_rest(task, by).short.get(current.order_line_id, 0)
    return f"{missing} {current.name} cannot be found anywhere." if missing else "Found elsewhere. Go on."


def _skip(task: Task, found: Found, by: By) -> str:
    """Come back to this stop at the end of the walk; at the second time, say what is wrong instead."""
    current = _current(task)
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
    order = _order(task)
    if _read(task):
        raise Refusal("too_few", "some", "all lines")
    if any(units.has_content(unit) for unit in orders.units_of(order.id)):
        raise Refusal("finish_first", "The tote", "the packing bench")
    for unit in orders.units_of(order.id):
        units.free(unit)
    order.status = "open"
    tasks.close(task, "cancelled")
    by.is_final = True
    return "Nothing was picked. The order waits."


_COMMANDS: dict[str, tasks.Command] = {
    "ALL": _all,
    "Q": _quantity,
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


def _unpick(task: Task, found: Found, by: By) -> str:
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
    undone(task, by=by)
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


# --- prompts ---------------------------------------------------------------------------------------------------------


def _progress(task: Task) -> tuple[int, int]:
    """Stops done, of all stops."""
    stops, current = task.state["stops"], _current(task)
    total = max(task.state.get("total", 0), len(stops))
    left = (
        0 if current is None else len(stops) - (stops.index(current.location_id) if current.location_id in stops else 0)
    )
    return total - left, total


_MORE = ("UNPICK", "FULL", "SKIP", "SHORT")


def _base(task: Task, title: str, step_name: str, verb: str, scan: str) -> Prompt:
    more = tuple(tasks.action(word) for word in _MORE)
    return Prompt(
        workflow="pick", step=step_name, title=title, verb=verb, scan=scan, progress=_progress(task), more=more
    )


def _tote_prompt(task: Task, title: str) -> Prompt:
    stops = len(task.state["stops"])
    return replace(
        _base(task, title, "tote", "TAKE", "SCAN A TOTE"),
        text=f"An empty tote for {stops} stop{'s' if stops != 1 else ''}.",
        actions=(tasks.action("UNDO"),),
        more=(),
    )


def _location_prompt(task: Task, title: str) -> Prompt:
    line = _current(task)
    assert line is not None
    return replace(
        _base(task, title, "location", "GO TO", f"SCAN LOCATION {line.code}"),
        place=shown.place(line, walk.hint(task.state.get("xy"), task.state.get("cross"), line)),
        checks=(Check("location", "now"), Check("item"), Check("tote")),
        expects=(shown.location_code(line.scan_body), line.code),
        next=_next(task, line),
        actions=(tasks.action("SKIP"), tasks.action("UNDO")),
    )


def _item_prompt(task: Task, title: str) -> Prompt:
    line = _current(task)
    assert line is not None
    may_all = line.posted > 0 and line.left > 1 and line.tracking != "serial"
    return replace(
        _base(task, title, "item", "TAKE", f"SCAN ITEM  {line.posted} of {line.qty}"),
        place=shown.place(line),
        goods=ShownGoods(line.name, line.sku, qty=line.qty, done=line.posted, uom=line.uom, facts=line.facts),
        put_in=str(task.state.get("tote_name", "")).upper(),
        checks=(Check("location", "done"), Check("item", "now", f"{line.posted} of {line.qty}")),
        expects=(line.sku,),
        next=_next(task, line),
        actions=(
            tasks.action("SHORT"),
            *([tasks.action("ALL", f"ALL {line.left}")] if may_all else []),
            tasks.action("UNDO"),
        ),
    )


def _short_prompt(task: Task, title: str) -> Prompt:
    line = _current(task)
    assert line is not None
    labels = {"EMPTY": "LOCATION EMPTY", "TOOFEW": "TOO FEW", "DAMAGED": "DAMAGED", "WRONGITEM": "OTHER ITEM"}
    choices = tuple(tasks.action(word, label) for word, label in labels.items())
    return replace(
        _base(task, title, "short", "WHAT IS WRONG?", "SCAN OR TAP A REASON"),
        goods=ShownGoods(line.name, line.sku, qty=line.left, uom=line.uom),
        pad=Pad("choice", "REASON", "reason", choices=choices),
        actions=(tasks.action("BACK"),),
        more=(),
    )


def _next(task: Task, line: Line) -> str:
    following = next((row for row in _plan(task) if row.reservation_id != line.reservation_id), None)
    if following is None:
        return "then to the packing bench"
    if following.location_id == line.location_id:
        return f"then {following.name}, same place"
    return f"then {following.code}"


def _drop_prompt(task: Task, title: str) -> Prompt:
    return replace(
        _base(task, title, "drop", "BRING TO", "SCAN THE PACKING BENCH"),
        text="All lines are done. Bring the tote to a packing bench.",
        actions=(tasks.action("UNDO"),),
        more=(tasks.action("UNPICK"),),
    )


def _nothing_prompt(task: Task, title: str) -> Prompt:
    return replace(
        _base(task, title, "nothing", "NOTHING LEFT", "TAP DONE"),
        text="No stock is left for this order. It waits for goods.",
        actions=(tasks.action("DONE"), tasks.action("UNDO")),
        more=(),
    )


def _unpick_prompt(task: Task, title: str) -> Prompt:
    seq = task.state["unpick"]["seq"]
    base = _base(task, title, "unpick", "TAKE OUT", "SCAN WHAT COMES OUT OF THE TOTE")
    if not seq:
        return replace(base, actions=(tasks.action("BACK"),), more=())
    move = db.session.get_one(Move, (task.site_id, seq))
    location = db.session.get_one(Location, move.source_id)
    item = db.session.get_one(Item, move.item_id)
    return replace(
        base,
        verb="BRING BACK TO",
        scan=f"SCAN LOCATION {location.code}",
        place=shown.place(location),
        goods=ShownGoods(item.name, item.sku, qty=move.qty, uom=item.uom),
        expects=(shown.location_code(location.scan_body), location.code),
        actions=(tasks.action("BACK"),),
        more=(),
    )


_PROMPTS = {
    "tote": _tote_prompt,
    "location": _location_prompt,
    "item": _item_prompt,
    "short": _short_prompt,
    "drop": _drop_prompt,
    "nothing": _nothing_prompt,
    "unpick": _unpick_prompt,
}


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Orders that may be picked, the earliest promised first."""
    rows = db.session.execute(
        select(Order.number, Order.promised_on, Customer.name, func.count(OrderLine.id).label("lines"))
        .join(Customer, Customer.id == Order.customer_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.site_id == by.site_id,
            ~Order.is_held,
            OrderLine.packed < OrderLine.ordered,
            or_(Order.status == "open", and_(Order.status == "picking", ~_being_picked())),
        )
        .group_by(Order.id, Order.number, Order.promised_on, Customer.name)
        .order_by(Order.promised_on.is_(None), Order.promised_on, Order.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(
            row.number,
            row.number,
            f"{row.lines} lines, {row.name}" + (f", due {row.promised_on}" if row.promised_on else ""),
            is_late=bool(row.promised_on and row.promised_on < by.today),
        )
        for row in rows
    ]


def _being_picked() -> Exists:
    """SQL: somebody has the order's pick in hand."""
    return exists().where(
        Task.order_id == Order.id, Task.workflow == "pick", Task.status == "open", Task.person_id.is_not(None)
    )
