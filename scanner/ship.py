"""Ship: parcels onto a dock door, for one carrier, and out of the house when the manifest is closed.

Each parcel label is scanned once; a parcel without a tracking number asks for it. A wrong carrier, a cancelled or held
order, a parcel that is not packed are refused. Closing the manifest moves the stock to the customer.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, case, exists, func, select, update
from sqlalchemy.orm import aliased

from scanner import ledger, stock, tasks
from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.find import Found, expect, find, read_code, unit_words
from scanner.ledger import Why
from scanner.models import Location, Manifest, Order, OrderLine, Parcel, Task, Unit
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.refusals import Refusal

TITLE = "SHIP"
ROLES = ("packer", "receiver")
CARRIER_MOST = 40  # characters
SHOWN = 6  # missing parcels listed


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the manifest of a carrier, or go on with it. `document` is the carrier, with "@" and a door if need be.

    Several people may load one manifest. Refuses: unknown_document.
    """
    carrier, _, door = (document or "").partition("@")
    if not carrier.strip():
        raise Refusal("unknown_document", "", "carrier")
    manifest = _open_manifest(_carrier(carrier.strip(), by), by) or _new_manifest(
        _carrier(carrier.strip(), by), door, by
    )
    mine = tasks.own_for(by, "ship", manifest_id=manifest.id)
    return mine or tasks.open_task("ship", by, manifest_id=manifest.id, location_id=manifest.location_id)


def prompt(task: Task) -> Prompt:
    """What the loader does next."""
    manifest = db.session.get_one(Manifest, task.manifest_id)
    title = f"SHIP {manifest.carrier}"
    if task.status != "open":
        return tasks.done_prompt(task, title, f"{manifest.number} is {manifest.status}.")
    return _tracking_prompt(task, title) if task.state.get("parcel") else _parcel_prompt(task, manifest, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what loading expects: a parcel, its tracking number, or a command."""
    by.step = "tracking" if task.state.get("parcel") else "parcel"
    if task.state.get("confirm") and found.command not in _CLOSING:
        task.note(confirm=None)  # something else was done since: CLOSE is asked for twice again
    if found.kind == "command":
        return _command(task, found, by)
    if found.kind == "location":
        return _take_door(task, found)
    if by.step == "tracking":
        return _take_tracking(task, found, by)
    return _take_parcel(task, found, by)


def finish(task: Task, *, by: By) -> None:
    """Close the manifest: its stock leaves to the customers. Refuses nothing_to_do for an empty one."""
    open_tasks = _lock_tasks(task)
    manifest = db.session.scalars(
        select(Manifest)
        .where(Manifest.id == task.manifest_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    loaded = db.session.execute(
        select(Unit, Order.id, Order.number, Order.is_held)
        .join(Parcel, Parcel.unit_id == Unit.id)
        .join(Order, Order.id == Parcel.order_id)
        .where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded")
        .order_by(Unit.id)
    ).all()
    if manifest.status != "open" or not loaded:
        raise Refusal("nothing_to_do")
    held = next((row.number for row in loaded if row.is_held), None)
    if held:
        raise Refusal("order_held", held)
    _leave([row.Unit for row in loaded], manifest, by)
    _close_orders(sorted({row.id for row in loaded}))
    manifest.status, manifest.closed_at, manifest.closed_by = "closed", now(), by.person_id
    audit(by, "manifest.close", manifest.number, f"{len(loaded)} parcels")
    for each in open_tasks:
        each.status, each.finished_at = "done", now()
    db.session.flush()


def _lock_tasks(task: Task) -> list[Task]:
    """The tasks of all who load the manifest, locked: a scan of theirs comes before the closing or after it."""
    return list(
        db.session.scalars(
            select(Task)
            .where(Task.manifest_id == task.manifest_id, Task.status == "open")
            .order_by(Task.id)
            .with_for_update()
        )
    )


# --- the manifest ----------------------------------------------------------------------------------------------------


def _carrier(text: str, by: By) -> str:
    """A carrier as orders write it, whatever the case; a new name as it is."""
    known = db.session.scalar(
        select(Order.carrier).where(Order.site_id == by.site_id, func.upper(Order.carrier) == text.upper()).limit(1)
    )
    if known is None and not 2 <= len(text) <= CARRIER_MOST:
        raise Refusal("unknown_document", text[:40], "carrier")
    return known or text


def _open_manifest(carrier: str, by: By) -> Manifest | None:
    return db.session.scalars(
        select(Manifest)
        .where(Manifest.site_id == by.site_id, Manifest.carrier == carrier, Manifest.status == "open")
        .order_by(Manifest.id)
    ).first()


def _new_manifest(carrier: str, door: str, by: By) -> Manifest:
    location = _door(door, by) if door else stock.first_location(by, "door")
    count = db.session.scalar(select(func.count()).select_from(Manifest).where(Manifest.site_id == by.site_id)) or 0
    manifest = Manifest(
        site_id=by.site_id,
        number=f"M-{by.today:%Y%m%d}-{count + 1:03d}",
        carrier=carrier,
        location_id=location.id,
        status="open",
        opened_at=now(),
    )
    db.session.add(manifest)
    db.session.flush()
    return manifest


def _door(text: str, by: By) -> Location:
    location: Location = expect(find(read_code(text), by), "a door", "location").thing
    if location.kind != "door":
        raise Refusal("wrong_location", location.code, "a door")
    return location


# --- the steps in their order ----------------------------------------------------------------------------------------


def _take_door(task: Task, found: Found) -> str:
    """The manifest's own door: said yes to, nothing more."""
    door = db.session.get_one(Location, task.location_id)
    if found.thing.id != door.id:
        raise Refusal("wrong_location", found.thing.code, door.code)
    return f"{door.code} is right."


def _take_parcel(task: Task, found: Found, by: By) -> str:
    parcel, order, manifest, unit = _parcel_of(task, found)
    _check(parcel, order, manifest)
    if not parcel.tracking:
        task.note(parcel=parcel.id)
        return "Now its tracking number."
    return _load(parcel, order, manifest, unit, by)


def _parcel_of(task: Task, found: Found) -> tuple[Parcel, Order, Manifest, Unit]:
    """The parcel behind its SSCC or its tracking number."""
    if found.kind == "parcel":
        return _locked(task, Parcel.id == found.thing.id)
    unit = expect(found, "a parcel label", "unit").thing
    if unit is None or unit.kind != "carton":
        raise Refusal("wrong_kind", found.words, "a parcel label")
    return _locked(task, Parcel.unit_id == unit.id, found.words)


def _locked(task: Task, which: ColumnElement[bool], words: str = "") -> tuple[Parcel, Order, Manifest, Unit]:
    """A parcel with its order and unit, and the task's manifest; locked, so that nobody loads or closes meanwhile."""
    with db.session.no_autoflush:
        row = db.session.execute(_PARCEL.where(which), {"manifest": task.manifest_id}).one_or_none()
    if row is None:
        raise Refusal("wrong_kind", words, "a parcel label")
    if row.Manifest.status != "open":
        raise Refusal("task_done")
    return row.Parcel, row.Order, row.Manifest, row.Unit


_PARCEL = (
    select(Parcel, Order, Manifest, Unit)
    .join(Order, Order.id == Parcel.order_id)
    .join(Unit, Unit.id == Parcel.unit_id)
    .join(Manifest, Manifest.id == bindparam("manifest"))
    .with_for_update(of=[Parcel, Unit, Manifest])
    .execution_options(populate_existing=True)
)


def _check(parcel: Parcel, order: Order, manifest: Manifest) -> None:
    """Refuses not_packed, already_loaded, unit_shipped, order_cancelled, order_held, wrong_carrier."""
    name = f"a parcel of {order.number}"
    if parcel.status in ("loaded", "shipped"):
        raise Refusal("already_loaded" if parcel.status == "loaded" else "unit_shipped", name)
    if order.status == "cancelled":
        raise Refusal("order_cancelled", order.number)
    if order.is_held:
        raise Refusal("order_held", order.number)
    if parcel.status != "packed":
        raise Refusal("not_packed", name)
    carrier = parcel.carrier or order.carrier
    if carrier not in ("", manifest.carrier):
        raise Refusal("wrong_carrier", name, other=carrier)


def _take_tracking(task: Task, found: Found, by: By) -> str:
    """The carrier's number, scanned or typed: anything that is not one of our own labels."""
    if found.kind in ("item", "unit", "order", "person", "purchase_order", "task", "carton"):
        raise Refusal("wrong_kind", found.words, "the tracking number")
    number = found.scan.text.strip()
    if found.kind == "parcel":
        raise Refusal("tracking_in_use", number, other=db.session.get_one(Order, found.thing.order_id).number)
    if not 4 <= len(number) <= 64:
        raise Refusal("unknown_code", number[:40], "the tracking number")
    parcel, order, manifest, unit = _locked(task, Parcel.id == task.state["parcel"])
    _check(parcel, order, manifest)
    parcel.tracking = number
    task.note(parcel=None)
    return _load(parcel, order, manifest, unit, by)


def _load(parcel: Parcel, order: Order, manifest: Manifest, unit: Unit, by: By) -> str:
    parcel.status, parcel.manifest_id = "loaded", manifest.id
    parcel.carrier = parcel.carrier or manifest.carrier
    if unit.location_id != manifest.location_id:
        ledger.move_unit(by, unit, manifest.location_id, Why("ship", manifest.number))
    by.tone = "line"
    return f"Loaded: {order.number}."


def undone(task: Task, *, by: By) -> None:
    """After UNDO: a parcel that is not at the door any more is not loaded, and one without a number is asked again."""
    manifest = db.session.get_one(Manifest, task.manifest_id)
    gone = db.session.execute(
        select(Parcel)
        .join(Unit, Unit.id == Parcel.unit_id)
        .where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded", Unit.location_id != manifest.location_id)
    )
    for parcel in gone.scalars():
        parcel.status, parcel.manifest_id = "packed", None
        if parcel.id == task.state.get("parcel"):
            parcel.tracking = ""


def _leave(loaded: list[Unit], manifest: Manifest, by: By) -> None:
    """The loaded parcels go to their customers, by a few statements however many they are."""
    unit_ids = [unit.id for unit in loaded]
    ledger.move_units(by, loaded, ledger.virtual(by.site_id, "customer").location_id, Why("ship", manifest.number))
    db.session.execute(update(Unit).where(Unit.id.in_(unit_ids)).values(status="shipped"))
    db.session.execute(update(Parcel).where(Parcel.unit_id.in_(unit_ids)).values(status="shipped"))


def _close_orders(order_ids: list[int]) -> None:
    """Shipped when all their parcels are; what is still owed to the customer opens an order again, as a backorder."""
    owed = exists().where(
        OrderLine.order_id == Order.id, OrderLine.shipped < OrderLine.ordered, ~OrderLine.is_closed_short
    )
    waiting_parcel = exists().where(Parcel.order_id == Order.id, Parcel.status != "shipped")
    db.session.execute(
        update(Order)
        .where(Order.id.in_(order_ids), Order.status == "packed", ~waiting_parcel)
        .values(status=case((owed, "open"), else_="shipped"))
        .execution_options(synchronize_session="fetch")
    )


# --- commands --------------------------------------------------------------------------------------------------------

_CLOSING = ("DONE", "CLOSE")


def _command(task: Task, found: Found, by: By) -> str:
    if found.command in _CLOSING:
        return _close(task, by)
    if found.command == "PAUSE":
        tasks.close(task)
        by.is_final = True
        return "The manifest stays open."
    if found.command == "BACK" and task.state.get("parcel"):
        task.note(parcel=None)
        return "Back."
    raise Refusal("wrong_command", found.words, "a parcel label")


def _close(task: Task, by: By) -> str:
    """Close the manifest; asked twice, since it cannot be taken back, and while parcels of the carrier are missing."""
    if task.state.get("parcel"):
        raise Refusal("finish_first", "The parcel", "its tracking number")
    if task.state.get("confirm") != "close":
        missing = _door_of(task).waiting
        task.note(confirm="close")
        by.code, by.tone = "confirm", "warn"
        more = f"{len(missing)} parcels of this carrier are missing. " if missing else ""
        return f"{more}CLOSE again: the goods leave the house."
    finish(task, by=by)
    by.is_final = True
    return "The manifest is closed."


# --- prompts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """What a manifest has on its door, and what it waits for."""

    code: str
    loaded: int
    waiting: list[tuple[str, str]]  # order number, and where the parcel is


def _door_of(task: Task) -> Door:
    """The door of the task's manifest, read once in an act."""
    if "door" not in task.memo:
        rows = db.session.execute(_DOOR, {"manifest": task.manifest_id}).all()
        waiting = [(row.number, row.at or "?") for row in rows if row.number is not None]
        task.memo["door"] = Door(rows[0].door, rows[0].loaded, waiting)
    door: Door = task.memo["door"]
    return door


_AT, _LOADED = aliased(Location), aliased(Parcel)
_DOOR = (
    select(
        Location.code.label("door"),
        select(func.count())
        .where(_LOADED.manifest_id == bindparam("manifest"), _LOADED.status == "loaded")
        .scalar_subquery()
        .label("loaded"),
        Order.number,
        _AT.code.label("at"),
    )
    .select_from(Manifest)
    .join(Location, Location.id == Manifest.location_id)
    .outerjoin(
        Parcel,
        (Parcel.site_id == Manifest.site_id) & (Parcel.status == "packed") & (Parcel.carrier == Manifest.carrier),
    )
    .outerjoin(Order, Order.id == Parcel.order_id)
    .outerjoin(Unit, Unit.id == Parcel.unit_id)
    .outerjoin(_AT, _AT.id == Unit.location_id)
    .where(Manifest.id == bindparam("manifest"))
    .order_by(Parcel.id)
    .limit(200)
)


def _parcel_prompt(task: Task, manifest: Manifest, title: str) -> Prompt:
    door = _door_of(task)
    checks = tuple(Check(number, "todo", f"at {place}") for number, place in door.waiting[:SHOWN])
    missing = len(door.waiting)
    return Prompt(
        workflow="ship",
        step="parcel",
        title=title,
        verb="LOAD",
        scan="SCAN A PARCEL LABEL",
        progress=(door.loaded, door.loaded + missing),
        text=f"{manifest.number} at {door.code}",
        checks=checks,
        next=f"{missing} missing" if missing else "all parcels are loaded",
        actions=(tasks.action("CLOSE", "CLOSE MANIFEST"), tasks.action("UNDO")),
        more=(tasks.action("PAUSE"),),
    )


def _tracking_prompt(task: Task, title: str) -> Prompt:
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    order = db.session.get_one(Order, parcel.order_id)
    return Prompt(
        workflow="ship",
        step="tracking",
        title=title,
        verb="SCAN",
        scan="SCAN THE TRACKING NUMBER",
        goods=ShownGoods(
            f"Parcel of {order.number}",
            unit_words(db.session.get_one(Unit, parcel.unit_id)),
            facts=(("service", parcel.service),) if parcel.service else (),
        ),
        pad=Pad("text", "TRACKING NUMBER", "tracking"),
        actions=(tasks.action("BACK"), tasks.action("UNDO")),
    )


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Carriers with parcels that are packed, or with a manifest that is open."""
    packed = db.session.execute(
        select(Parcel.carrier, func.count())
        .where(Parcel.site_id == by.site_id, Parcel.status == "packed", Parcel.carrier != "")
        .group_by(Parcel.carrier)
    )
    opened = db.session.scalars(
        select(Manifest.carrier).where(Manifest.site_id == by.site_id, Manifest.status == "open")
    )
    figures = {**dict.fromkeys(opened, 0), **dict(packed.all())}
    return [tasks.Waiting(name, name, f"{figures[name]} parcels to load") for name in sorted(figures)]
