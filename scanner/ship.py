"""Ship: parcels onto a dock door, for one carrier, and out of the house when the manifest is closed.

Each parcel label is scanned once; a parcel without a tracking number asks for it. A wrong carrier, a cancelled or held
order, a parcel that is not packed are refused. Closing the manifest moves the stock to the customer.
"""

from __future__ import annotations

from sqlalchemy import case, exists, func, select, update

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
    manifest = db.session.scalars(
        select(Manifest)
        .where(Manifest.id == task.manifest_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    parcels = list(
        db.session.scalars(
            select(Parcel).where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded").order_by(Parcel.id)
        )
    )
    if manifest.status != "open" or not parcels:
        raise Refusal("nothing_to_do")
    order_ids = sorted({parcel.order_id for parcel in parcels})
    _refuse_held(order_ids)
    _leave(parcels, manifest, by)
    _close_orders(order_ids)
    manifest.status, manifest.closed_at, manifest.closed_by = "closed", now(), by.person_id
    audit(by, "manifest.close", manifest.number, f"{len(parcels)} parcels")
    for other in db.session.scalars(select(Task).where(Task.manifest_id == manifest.id, Task.status == "open")):
        tasks.close(other)


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


def _parcel_of(found: Found, by: By) -> Parcel:
    """The parcel behind its SSCC or its tracking number."""
    if found.kind == "parcel":
        return found.thing  # type: ignore[no-any-return]
    unit = expect(found, "a parcel label", "unit").thing
    parcel = db.session.scalars(select(Parcel).where(Parcel.unit_id == unit.id)).first() if unit else None
    if parcel is None:
        raise Refusal("wrong_kind", found.words, "a parcel label")
    return parcel


def _take_parcel(task: Task, found: Found, by: By) -> str:
    parcel = _parcel_of(found, by)
    order = db.session.get_one(Order, parcel.order_id)
    manifest = db.session.get_one(Manifest, task.manifest_id)
    _check(parcel, order, manifest)
    if not parcel.tracking:
        task.note(parcel=parcel.id)
        return "Now its tracking number."
    return _load(task, parcel, by)


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
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    parcel.tracking = number
    db.session.flush()
    task.note(parcel=None)
    return _load(task, parcel, by)


def _load(task: Task, parcel: Parcel, by: By) -> str:
    unit = db.session.get_one(Unit, parcel.unit_id)
    manifest = db.session.get_one(Manifest, task.manifest_id)
    if unit.location_id != manifest.location_id:
        ledger.move_unit(by, unit, manifest.location_id, Why("ship", manifest.number))
    parcel.status, parcel.manifest_id = "loaded", manifest.id
    parcel.carrier = parcel.carrier or manifest.carrier
    by.tone = "line"
    return f"Loaded: {db.session.get_one(Order, parcel.order_id).number}."


def undone(task: Task, *, by: By) -> None:
    """After UNDO: a parcel that is not at the door any more is not loaded, and one without a number is asked again."""
    manifest = db.session.get_one(Manifest, task.manifest_id)
    for parcel in db.session.scalars(
        select(Parcel).where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded")
    ):
        unit = db.session.get_one(Unit, parcel.unit_id)
        db.session.refresh(unit)
        if unit.location_id != manifest.location_id:
            parcel.status, parcel.manifest_id = "packed", None
            if parcel.id == task.state.get("parcel"):
                parcel.tracking = ""


def _refuse_held(order_ids: list[int]) -> None:
    held = db.session.scalar(select(Order.number).where(Order.id.in_(order_ids), Order.is_held).limit(1))
    if held:
        raise Refusal("order_held", held)


def _leave(parcels: list[Parcel], manifest: Manifest, by: By) -> None:
    """The loaded parcels go to their customers, by a few statements however many they are."""
    unit_ids = [parcel.unit_id for parcel in parcels]
    loaded = list(db.session.scalars(select(Unit).where(Unit.id.in_(unit_ids)).order_by(Unit.id)))
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
        missing = _waiting(task)
        task.note(confirm="close")
        by.code, by.tone = "confirm", "warn"
        more = f"{len(missing)} parcels of this carrier are missing. " if missing else ""
        return f"{more}CLOSE again: the goods leave the house."
    finish(task, by=by)
    by.is_final = True
    return "The manifest is closed."


# --- prompts ---------------------------------------------------------------------------------------------------------


def _waiting(task: Task) -> list[tuple[str, str]]:
    """Packed parcels of this carrier that are not on the door: order number and where they are."""
    manifest = db.session.get_one(Manifest, task.manifest_id)
    rows = db.session.execute(
        select(Order.number, Location.code)
        .join(Parcel, Parcel.order_id == Order.id)
        .join(Unit, Unit.id == Parcel.unit_id)
        .outerjoin(Location, Location.id == Unit.location_id)
        .where(Parcel.site_id == task.site_id, Parcel.status == "packed", Parcel.carrier == manifest.carrier)
        .order_by(Parcel.id)
        .limit(200)
    )
    return [(row.number, row.code or "?") for row in rows]


def _parcel_prompt(task: Task, manifest: Manifest, title: str) -> Prompt:
    loaded = db.session.scalar(
        select(func.count()).select_from(Parcel).where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded")
    )
    waiting = _waiting(task)
    door = db.session.get_one(Location, manifest.location_id)
    checks = tuple(Check(number, "todo", f"at {place}") for number, place in waiting[:SHOWN])
    return Prompt(
        workflow="ship",
        step="parcel",
        title=title,
        verb="LOAD",
        scan="SCAN A PARCEL LABEL",
        progress=(loaded or 0, (loaded or 0) + len(waiting)),
        text=f"{manifest.number} at {door.code}",
        checks=checks,
        next=f"{len(waiting)} missing" if waiting else "all parcels are loaded",
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
