"""Move: any stock or any unit from one place to another, by scan.

A unit: scan it, scan where it goes. Loose stock: scan where it lies, scan the goods, scan where they go (a location,
or a unit to put them on).
"""

from __future__ import annotations

from scanner import goods, ledger, shown, stock, tasks, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, find, read_code, unit_words
from scanner.ledger import Spot, Why
from scanner.load import Load, check_place, is_countable, loose, post, with_more
from scanner.models import Balance, Item, Location, Task, Unit
from scanner.planning import slot
from scanner.prompt import Goods, Pad, Prompt
from scanner.refusals import Refusal

TITLE = "MOVE"
ROLES = ("receiver", "picker", "counter", "packer")


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the person's move task, or go on with it. `document` may be the code of the place to move from."""
    task = tasks.own_for(by, "move") or tasks.open_task("move", by)
    if document and not task.state.get("load"):
        task.note(source=_location(document, by).id, unit=None)
    return task


def prompt(task: Task) -> Prompt:
    """What the worker does next."""
    if task.status != "open":
        return tasks.done_prompt(task, TITLE, "The move is closed.")
    asked = goods.pending_prompt(task, TITLE, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return _PROMPTS[_step_name(task)](task)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the move expects: source, goods, target."""
    by.step = _step_name(task)
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, "a location, a unit or an item")(task, found, by)
    if by.step == "to" and found.kind in ("location", "unit"):
        return _put(task, found, by)
    if found.kind == "unit":
        return _take_unit(task, found, by)
    if found.kind == "location":
        return _from(task, found, by)
    if not goods.is_answer(task, found):
        wanted = {"from": "a location or a unit", "item": "the goods to move", "to": "where it goes"}[by.step]
        expect(found, wanted, "item")
        if by.step == "from":
            return _guess_source(task, found, by)
    return _take_goods(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """End the task. Refuses finish_first while something is in hand."""
    if task.state.get("load") or task.state.get("pending"):
        raise Refusal("finish_first", "What you carry", "its place")
    tasks.close(task)


# --- the steps in their order ----------------------------------------------------------------------------------------


def _step_name(task: Task) -> str:
    if task.state.get("load"):
        return "to"
    return "item" if task.state.get("source") else "from"


def _location(document: str, by: By) -> Location:
    location: Location = expect(find(read_code(document), by), "a location", "location").thing
    return location


def _from(task: Task, found: Found, by: By) -> str:
    _check_quarantine(found.thing.id, by)
    task.note(source=found.thing.id, source_unit=None, pending=None)
    return f"From {found.thing.code}."


def _take_unit(task: Task, found: Found, by: By) -> str:
    """A unit is carried as it is, with all that is in it."""
    if found.thing is None:
        raise Refusal("unit_empty", found.words)
    unit = units.on_file(found, by)
    if unit.status == "shipped":
        raise Refusal("unit_shipped", unit_words(unit))
    if unit.location_id is None:
        raise Refusal("unit_empty", unit_words(unit))
    _check_free(unit)
    _check_quarantine(unit.location_id, by)
    task.note(load={"unit": unit.id}, pending=None, source=None, source_unit=None)
    return f"{unit_words(unit)}: where does it go?"


def _check_free(unit: Unit) -> None:
    """A tote or carton that is bound to a customer's order moves in its own workflow."""
    if unit.order_id is not None:
        raise Refusal("unit_in_use", unit_words(unit), other="a customer order")


def _check_quarantine(location_id: int, by: By) -> None:
    """Only a supervisor takes goods out of quarantine."""
    if db.session.get_one(Location, location_id).kind == "quarantine" and not by.is_supervisor:
        raise Refusal("not_allowed")


def _take_out(task: Task, found: Found, by: By) -> str:
    """An item scanned while its unit is in hand: take goods out of the unit instead of moving it whole."""
    unit = db.session.get_one(Unit, task.state["load"]["unit"])
    if not stock.rows(by, Balance.unit_id == unit.id, Balance.item_id == found.thing.id, limit=1):
        raise Refusal("not_here", found.words)
    task.note(load=None, source=unit.location_id, source_unit=unit.id)
    return _take_goods(task, found, by)


def _source(task: Task) -> Spot:
    return Spot(task.state["source"], task.state.get("source_unit") or 0)


def _guess_source(task: Task, found: Found, by: By) -> str:
    """Goods scanned first: fine when the book knows only one place with them loose."""
    rows = stock.rows(by, Balance.item_id == found.thing.id, Balance.unit_id == 0, limit=2)
    if not rows:
        raise Refusal("not_here", found.words)
    if len({row.location.id for row in rows}) > 1:
        raise Refusal("finish_first", "Where you take it from", "the location")
    task.note(source=rows[0].location.id)
    return _take_goods(task, found, by)


def _take_goods(task: Task, found: Found, by: By) -> str:
    load = task.state.get("load")
    if load and "unit" in load:
        return _take_out(task, found, by)
    source = _source(task)
    gathered = goods.gather(task, found, source=source)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    carried = with_more(load, gathered)
    _check_there(task, carried, by)
    task.note(load=carried)
    return f"{carried['qty']} {gathered.item.name} in hand."


def _check_there(task: Task, load: Load, by: By) -> None:
    there = ledger.free(by.site_id, load["item"], load["lot"], _source(task))
    if load["qty"] > there:
        raise Refusal("not_enough", there, load["qty"])


def _put(task: Task, found: Found, by: By) -> str:
    goods.check_whole(task)
    load = task.state["load"]
    target = _target(found, by)
    if "unit" not in load:
        _check_place(task, load, found, target, by)
        post(by, load, _source(task), target, Why("move"))
    elif target.unit_id:
        ledger.put_unit_in(by, _free_unit(load["unit"]), found.thing, Why("move"))
    else:
        _check_place(task, load, found, target, by)
        ledger.move_unit(by, _free_unit(load["unit"]), target.location_id, Why("move"))
    task.note(load=None, source=None, source_unit=None, confirm=None)
    by.tone = "line"
    return f"Moved to {found.words}."


def _free_unit(unit_id: int) -> Unit:
    """The carried unit, locked, if nobody has bound it to an order meanwhile."""
    unit = units.lock(unit_id)
    _check_free(unit)
    return unit


def _target(found: Found, by: By) -> Spot:
    if found.kind == "location":
        if found.thing.is_held:
            raise Refusal("location_held", found.thing.code)
        return Spot(found.thing.id)
    unit = units.on_file(found, by)
    _check_free(unit)
    if unit.status != "open":
        raise Refusal("unit_closed", unit_words(unit))
    if unit.location_id is None:
        raise Refusal("unit_empty", unit_words(unit))
    return Spot(unit.location_id, unit.id)


def _check_place(task: Task, load: Load, found: Found, target: Spot, by: By) -> None:
    """A shelf must be able to hold the goods; other places take anything."""
    location = found.thing if found.kind == "location" else db.session.get_one(Location, target.location_id)
    if location.kind in slot.STORAGE_KINDS:
        check_place(task, load, location, "another location", by)


# --- commands --------------------------------------------------------------------------------------------------------


def _quantity(task: Task, found: Found, by: By) -> str:
    qty = found.quantity or 0
    load = {**loose(task), "qty": qty}
    if qty < 1:
        raise Refusal("bad_quantity", qty)
    _check_there(task, load, by)
    task.note(load=load)
    return f"{qty} in hand."


def _all(task: Task, found: Found, by: By) -> str:
    load = loose(task)
    load["qty"] = ledger.free(by.site_id, load["item"], load["lot"], _source(task))
    task.note(load=load)
    return f"{load['qty']} in hand."


def _back(task: Task, found: Found, by: By) -> str:
    task.note(load=None, source=None, source_unit=None, pending=None)
    return "Nothing is in hand."


def _done(task: Task, found: Found, by: By) -> str:
    finish(task, by=by)
    by.is_final = True
    return "The move is closed."


_COMMANDS: dict[str, tasks.Command] = {"Q": _quantity, "ALL": _all, "BACK": _back, "DONE": _done}


# --- prompts ---------------------------------------------------------------------------------------------------------


def _from_prompt(task: Task) -> Prompt:
    return Prompt(
        workflow="move",
        step="from",
        title=TITLE,
        verb="FROM WHERE?",
        scan="SCAN A LOCATION OR A UNIT",
        text="Scan the place that you take from, or the unit that you move.",
        actions=(tasks.action("DONE"), tasks.action("UNDO")),
    )


def _item_prompt(task: Task) -> Prompt:
    location = db.session.get_one(Location, task.state["source"])
    return Prompt(
        workflow="move",
        step="item",
        title=TITLE,
        verb="TAKE FROM",
        scan="SCAN THE GOODS",
        place=shown.place(location),
        actions=(tasks.action("BACK"), tasks.action("UNDO")),
    )


def _to_prompt(task: Task) -> Prompt:
    load = task.state["load"]
    may_count = is_countable(load)
    return Prompt(
        workflow="move",
        step="to",
        title=TITLE,
        verb="PUT",
        scan="SCAN WHERE IT GOES",
        goods=_shown(load),
        actions=(*((tasks.action("ALL"),) if may_count else ()), tasks.action("BACK"), tasks.action("UNDO")),
        pad=Pad("quantity", "QUANTITY", "quantity", value=str(load["qty"])) if may_count else None,
    )


def _shown(load: Load) -> Goods:
    if "unit" in load:
        unit = db.session.get_one(Unit, load["unit"])
        at = db.session.get_one(Location, unit.location_id)
        return Goods(unit_words(unit).capitalize(), unit.code, facts=(("at", at.code),))
    return shown.goods(db.session.get_one(Item, load["item"]), qty=load["qty"], lot=goods.lot_by_id(load["lot"]))


_PROMPTS = {"from": _from_prompt, "item": _item_prompt, "to": _to_prompt}


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """A move starts when somebody wants it."""
    return [tasks.Waiting("", "Move goods or a unit")]
