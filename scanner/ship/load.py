"""Load: each parcel onto the door, with its tracking number; and what a loader may say instead of scanning one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, select

from scanner import ledger, tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect
from scanner.ledger import Why
from scanner.models import Location, Manifest, Order, Parcel, Task, Unit
from scanner.refusals import Refusal
from scanner.ship.door import door_of
from scanner.ship.manifest import Closed, close_manifest

OWN = ("item", "unit", "order", "person", "purchase_order", "task", "carton", "manifest")


def take_door(task: Task, found: Found) -> str:
    """The manifest's own door: said yes to, nothing more."""
    door = db.session.get_one(Location, task.location_id)
    if found.thing.id != door.id:
        raise Refusal("wrong_location", found.thing.code, door.code)
    return f"{door.code} is right."


def take_parcel(task: Task, found: Found, by: By) -> str:
    """A parcel label: onto the door, or first its tracking number. Refuses what speaks against it."""
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
    """A parcel with its order and unit, and the task's manifest; locked, so that nobody loads or closes meanwhile.

    Refuses wrong_kind. Raises Closed.
    """
    with db.session.no_autoflush:
        row = db.session.execute(_PARCEL.where(which), {"manifest": task.manifest_id}).one_or_none()
    if row is None:
        raise Refusal("wrong_kind", words, "a parcel label")
    if row.Manifest.status != "open":
        raise Closed
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


def take_tracking(task: Task, found: Found, by: By) -> str:
    """The carrier's number, scanned or typed: what is no label of ours. Some carriers number parcels by SSCC."""
    is_free = found.kind == "unit" and found.thing is None and found.scan.sscc is not None
    if found.kind in OWN and not is_free:
        raise Refusal("wrong_kind", found.words, "the tracking number")
    number = f"00{found.scan.sscc}" if found.scan.sscc else found.scan.text.strip()
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


def after_undo(task: Task) -> None:
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


# --- commands ---------------------------------------------------------------------------------------------------------


CLOSING = ("DONE", "CLOSE")


def command(task: Task, found: Found, by: By) -> str:
    """Close, pause, back. Refuses wrong_command."""
    if found.command in CLOSING:
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
        missing = door_of(task).waiting
        task.note(confirm="close")
        by.code, by.tone = "confirm", "warn"
        more = f"{len(missing)} parcels of this carrier are missing. " if missing else ""
        return f"{more}CLOSE again: the goods leave the house."
    close_manifest(task, by)
    by.is_final = True
    return "The manifest is closed."
