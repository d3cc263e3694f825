"""Count: what is really at a location, without knowing what the book says.

The counter proves the location, scans each item (each scan adds one pack; a figure may be entered), and closes the
location. What the book had at the instant of each counting scan is kept on the server and never shown. A difference is
counted again by the same person once, then by another one; small ones are posted, large ones wait for a supervisor.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from scanner import discrepancies, goods, ledger, orders, shown, tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, find, read_code, unit_words
from scanner.goods import Goods
from scanner.ledger import Spot
from scanner.models import Balance, Item, Location, Lot, Serial, Site, Task, Unit
from scanner.models.stock import MOST
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "COUNT"
ROLES = ("counter",)

Entry = dict[str, Any]  # counted, book, seq: what was seen, what the book had, at which position of the ledger


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the count of a location, or go on with one; without a location, take the next count that waits.

    Refuses: unknown_document, same_counter, nothing_to_do.
    """
    if not document:
        return _next_waiting(by)
    location = _location(document, by)
    db.session.execute(select(Location.id).where(Location.id == location.id).with_for_update())
    task = tasks.resume("count", by, location_id=location.id)
    if task is not None:
        _check_counter(task, by)
        return task
    return tasks.open_task("count", by, location_id=location.id, state={"round": 1, "entries": {}, "not_by": []})


def prompt(task: Task) -> Prompt:
    """What the counter does next. The book's figure is never in it."""
    location = db.session.get_one(Location, task.location_id)
    title = f"COUNT {location.code}"
    if task.status != "open":
        return tasks.done_prompt(task, title, f"{location.code} is counted.")
    asked = goods.pending_prompt(task, title, actions=(tasks.action("BACK"), tasks.action("UNDO")))
    if asked is not None:
        return asked
    return _location_prompt(task, location, title) if not task.state.get("at") else _item_prompt(task, location, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what the count expects: the location, items, units, or a command."""
    _check_counter(task, by)
    by.step = "item" if task.state.get("at") else "location"
    if by.step == "location":
        return _prove_location(task, found)
    if found.kind == "command":
        return tasks.command_of(found, _COMMANDS, "an item")(task, found, by)
    if found.kind == "location":
        return _close(task, by) if found.thing.id == task.location_id else _refuse_other(task, found)
    if found.kind == "unit":
        return _take_unit(task, found, by)
    if not goods.is_answer(task, found):
        expect(found, "an item", "item")
    return _take_item(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """Close the location: compare, and post, ask again, or open a discrepancy. Refuses finish_first."""
    if task.state.get("pending"):
        raise Refusal("finish_first", "What you scanned", f"the {task.state['pending']['ask']}")
    variances = _variances(task, by)
    by.is_final = True
    if not variances:
        discrepancies.end_doubts(by, task.location_id or 0)
        tasks.close(task)
        return
    if task.state["round"] == 1:
        task.note(round=2, at=None, entries={}, current=None)
        return
    _settle(task, variances, by)
    tasks.close(task)


# --- the steps in their order ----------------------------------------------------------------------------------------


def _next_waiting(by: By) -> Task:
    tasks_ = db.session.scalars(
        select(Task)
        .where(
            Task.site_id == by.site_id,
            Task.workflow == "count",
            Task.status == "open",
            (Task.person_id == by.person_id) | Task.person_id.is_(None),
        )
        .order_by(Task.person_id.is_(None), Task.priority.desc(), Task.id)
    )
    for task in tasks_:
        if by.person_id not in task.state.get("not_by", []):
            task.person_id = by.person_id
            return task
    raise Refusal("nothing_to_do")


def _location(document: str, by: By) -> Location:
    location: Location = expect(find(read_code(document), by), "a location", "location").thing
    if location.is_virtual:
        raise Refusal("unknown_document", document[:40], "location")
    return location


def _check_counter(task: Task, by: By) -> None:
    if by.person_id in task.state.get("not_by", []):
        raise Refusal("same_counter")


def _prove_location(task: Task, found: Found) -> str:
    wanted = db.session.get_one(Location, task.location_id)
    if not (wanted.check_digits and found.scan.text == wanted.check_digits):
        location = expect(found, f"the label of {wanted.code}", "location").thing
        if location.id != wanted.id:
            raise Refusal("wrong_location", location.code, wanted.code)
    task.note(at=wanted.id)
    return "Count what you see."


def _refuse_other(task: Task, found: Found) -> str:
    wanted = db.session.get_one(Location, task.location_id)
    raise Refusal("finish_first", f"The count of {wanted.code}", "DONE, or its label,")


def _take_item(task: Task, found: Found, by: By) -> str:
    """One more pack of an item. At its first scan the book's figure is noted, with the ledger's position."""
    assert task.location_id is not None
    gathered = goods.gather(task, found, source=Spot(task.location_id), is_count=True)
    if gathered is None:
        return f"Now the {task.state['pending']['ask']}."
    key = _key(gathered)
    entries: dict[str, Entry] = {name: dict(entry) for name, entry in task.state["entries"].items()}
    entry = entries.setdefault(key, {"counted": 0})
    if entry["counted"] + gathered.qty > MOST:
        raise Refusal("bad_quantity", gathered.qty)
    if gathered.serial_id:
        _add_serial(entry, gathered)
    entry["counted"] += gathered.qty
    entry.update(_book(task, gathered.item.id, gathered.lot_id, by))
    task.note(entries=entries, current=key)
    return f"{gathered.item.name}: {entry['counted']}."


def _add_serial(entry: Entry, gathered: Goods) -> None:
    serials = entry.setdefault("serials", [])
    if gathered.serial_id in serials:
        raise Refusal("serial_exists", gathered.serial_code)
    entry["serials"] = [*serials, gathered.serial_id]


def _key(gathered: Goods) -> str:
    return f"{gathered.item.id}:{gathered.lot_id}"


def _book(task: Task, item_id: int, lot_id: int, by: By) -> Entry:
    """What the book has now, and at which position of the ledger that is."""
    assert task.location_id is not None
    spot = Spot(task.location_id)
    return {"book": ledger.on_hand(by.site_id, item_id, lot_id, spot), "seq": ledger.position(by.site_id)}


def _take_unit(task: Task, found: Found, by: By) -> str:
    """A closed unit is counted by its label: it is here, with what the book has in it."""
    if found.thing is None:
        raise Refusal("unit_empty", found.words)
    unit = found.thing
    if unit.location_id != task.location_id:
        at = db.session.get(Location, unit.location_id) if unit.location_id else None
        raise Refusal("wrong_location", f"{unit_words(unit)}, in the book at {at.code if at else 'no place'}", "MOVE")
    seen = task.state.get("units", [])
    task.note(units=[*seen, unit.id] if unit.id not in seen else seen)
    return f"{unit_words(unit).capitalize()} is here."


# --- closing ---------------------------------------------------------------------------------------------------------


def _variances(task: Task, by: By) -> list[Entry]:
    """Every key that differs: what was counted, and what is in the book but was not seen."""
    assert task.location_id is not None
    entries: dict[str, Entry] = dict(task.state["entries"])
    seen_units = task.state.get("units", [])
    rows = db.session.execute(
        select(Balance.item_id, Balance.lot_id, Balance.unit_id, Balance.qty).where(
            Balance.site_id == by.site_id, Balance.location_id == task.location_id, Balance.qty > 0
        )
    ).all()
    found: list[Entry] = []
    seq = ledger.position(by.site_id)
    for row in rows:
        if row.unit_id and row.unit_id not in seen_units:
            found.append(_variance(row.item_id, row.lot_id, row.unit_id, {"counted": 0, "book": row.qty, "seq": seq}))
        elif not row.unit_id and f"{row.item_id}:{row.lot_id}" not in entries:
            found.append(_variance(row.item_id, row.lot_id, 0, {"counted": 0, "book": row.qty, "seq": seq}))
    for key, entry in entries.items():
        item_id, lot_id = (int(part) for part in key.split(":"))
        found.append(_variance(item_id, lot_id, 0, entry))
    return [single for entry in found if entry["delta"] or entry.get("serials") for single in _singles(task, entry)]


def _singles(task: Task, entry: Entry) -> list[Entry]:
    """Goods with serial numbers differ one by one: each that is missing, each that is too many."""
    if db.session.get_one(Item, entry["item"]).tracking != "serial":
        return [entry]
    here = set(
        db.session.scalars(
            select(Serial.id).where(
                Serial.item_id == entry["item"],
                Serial.location_id == task.location_id,
                Serial.unit_id == entry["unit"],
            )
        )
    )
    seen = set(entry.get("serials", []))
    one = {"item": entry["item"], "lot": 0, "unit": entry["unit"], "seq": entry["seq"]}
    missing = [{**one, "counted": 0, "book": 1, "delta": -1, "serial": serial_id} for serial_id in sorted(here - seen)]
    extra = [{**one, "counted": 1, "book": 0, "delta": 1, "serial": serial_id} for serial_id in sorted(seen - here)]
    return missing + extra


def _variance(item_id: int, lot_id: int, unit_id: int, entry: Entry) -> Entry:
    return {"item": item_id, "lot": lot_id, "unit": unit_id, "delta": entry["counted"] - entry["book"], **entry}


def _settle(task: Task, variances: list[Entry], by: By) -> None:
    """After the recount: small differences are posted now; large ones are counted by another person, then decided."""
    site = db.session.get_one(Site, by.site_id)
    large = [entry for entry in variances if _is_large(entry, site)]
    lost: list[int] = []
    for entry in variances:
        if entry not in large:
            case = _open_case(task, entry, by)
            lost += _post(case, entry, by)
            discrepancies.settle(case, by, "approve")
    if not large:
        discrepancies.end_doubts(by, task.location_id or 0)
    orders.allocate_lines(by, lost)
    if large and task.state["round"] == 2:
        _ask_another(task, by)
        return
    for entry in large:
        _open_case(task, entry, by)


def _is_large(entry: Entry, site: Site) -> bool:
    item = db.session.get_one(Item, entry["item"])
    delta = abs(entry["delta"])
    is_serial = item.tracking == "serial"
    return is_serial or delta > site.count_limit_units or delta * item.value_cents > site.count_limit_cents


def _open_case(task: Task, entry: Entry, by: By) -> Any:
    item = db.session.get_one(Item, entry["item"])
    location = db.session.get_one(Location, task.location_id)
    return discrepancies.open_case(
        by,
        "count_variance",
        book=f"{entry['book']} {item.name} at {location.code}",
        floor=f"{entry['counted']} counted",
        qty=entry["delta"],
        item_id=item.id,
        lot_id=entry["lot"],
        serial_id=entry.get("serial", 0),
        location_id=location.id,
        unit_id=entry["unit"],
        as_of_seq=entry["seq"],
    )


def _post(case: Any, entry: Entry, by: By) -> list[int]:
    """The delta, not the figure: what moved after the counting scan has moved, and stays moved."""
    return discrepancies.adjust_by(case, by, entry["delta"])


def _ask_another(task: Task, by: By) -> None:
    """Another person counts the whole location again, without knowing what was found."""
    assert task.location_id is not None
    discrepancies.ask_for_count(
        by, task.location_id, "count again", not_by=[*task.state.get("not_by", []), by.person_id], round_=3
    )


def _close(task: Task, by: By) -> str:
    finish(task, by=by)
    if task.status == "open":
        by.code, by.tone = "recount", "warn"
        return "Please count once more."
    by.tone = "done"
    return "Counted. Thank you."


# --- commands --------------------------------------------------------------------------------------------------------


def _quantity(task: Task, found: Found, by: By) -> str:
    """The figure for the item that was scanned last."""
    key, qty = task.state.get("current"), found.quantity
    if not key:
        raise Refusal("finish_first", "The item", "an item")
    if qty is None or not 0 <= qty <= MOST:
        raise Refusal("bad_quantity", qty)
    entry = dict(task.state["entries"][key])
    if entry.get("serials"):
        raise Refusal("serial_has_one")
    item_id, lot_id = (int(part) for part in key.split(":"))
    entry.update(counted=qty, **_book(task, item_id, lot_id, by))
    task.note(entries={**task.state["entries"], key: entry})
    return f"{qty}."


def _empty(task: Task, found: Found, by: By) -> str:
    """There is nothing at all here."""
    if task.state["entries"] or task.state.get("units"):
        raise Refusal("finish_first", "What you counted", "DONE")
    return _close(task, by)


def _back(task: Task, found: Found, by: By) -> str:
    task.note(pending=None, current=None)
    return "Back."


_COMMANDS: dict[str, tasks.Command] = {
    "Q": _quantity,
    "DONE": lambda task, _found, by: _close(task, by),
    "EMPTY": _empty,
    "BACK": _back,
}


# --- prompts ---------------------------------------------------------------------------------------------------------


def _location_prompt(task: Task, location: Location, title: str) -> Prompt:
    text = "Please count once more." if task.state["round"] == 2 else "Count what you see."
    return Prompt(
        workflow="count",
        step="location",
        title=title,
        verb="GO TO",
        scan=f"SCAN LOCATION {location.code}",
        place=shown.place(location),
        text=text,
        expects=(shown.location_code(location.scan_body), location.code),
        actions=(tasks.action("UNDO"),),
    )


def _item_prompt(task: Task, location: Location, title: str) -> Prompt:
    key = task.state.get("current")
    entries, units = task.state["entries"], task.state.get("units", [])
    checks = [_entry_check(name, entry) for name, entry in entries.items()]
    checks += [Check(unit_words(db.session.get_one(Unit, unit_id)), "done") for unit_id in units]
    nothing = () if entries or units else (tasks.action("EMPTY", "NOTHING HERE"),)
    return Prompt(
        workflow="count",
        step="item",
        title=title,
        verb="COUNT WHAT YOU SEE",
        scan="SCAN AN ITEM",
        goods=_current_goods(key, entries[key]) if key else None,
        checks=tuple(checks[-8:]),
        next=f"{location.code}: its label or DONE closes the count",
        actions=(*nothing, tasks.action("DONE"), tasks.action("UNDO")),
        pad=Pad("quantity", "QUANTITY", "quantity") if key and not entries[key].get("serials") else None,
    )


def _current_goods(key: str, entry: Entry) -> ShownGoods:
    item_id, lot_id = (int(part) for part in key.split(":"))
    item, lot = db.session.get_one(Item, item_id), db.session.get(Lot, lot_id)
    return ShownGoods(item.name, item.sku, done=entry["counted"], uom=item.uom, facts=shown.lot_facts(lot))


def _entry_check(key: str, entry: Entry) -> Check:
    item = db.session.get_one(Item, int(key.split(":", maxsplit=1)[0]))
    return Check(item.name, "done", str(entry["counted"]))


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Locations that somebody has asked to have counted, and that this person may count."""
    rows = db.session.execute(
        select(Task.state, Task.purpose, Location.code)
        .join(Location, Location.id == Task.location_id)
        .where(Task.site_id == by.site_id, Task.workflow == "count", Task.status == "open", Task.person_id.is_(None))
        .order_by(Task.priority.desc(), Task.id)
        .limit(tasks.WAITING_MOST)
    )
    return [
        tasks.Waiting(row.code, row.code, row.purpose)
        for row in rows
        if by.person_id not in row.state.get("not_by", [])
    ]
