"""The manifest: one carrier and one door; opened with its first loader, closed when all goes to the customers."""

from __future__ import annotations

from sqlalchemy import case, exists, func, select, update

from scanner import ledger, stock
from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.find import expect, find, read_code
from scanner.ledger import Why
from scanner.models import Location, Manifest, Order, OrderLine, Parcel, Task, Unit
from scanner.refusals import Refusal

CARRIER_MOST = 40  # characters


class Closed(Exception):
    """Another loader closed the manifest while this one had a scan on the way."""


# --- opening ----------------------------------------------------------------------------------------------------------


def carrier_of(text: str, by: By) -> str:
    """A carrier as orders write it, whatever the case; a new name as it is."""
    known = db.session.scalar(
        select(Order.carrier).where(Order.site_id == by.site_id, func.upper(Order.carrier) == text.upper()).limit(1)
    )
    if known is None and not 2 <= len(text) <= CARRIER_MOST:
        raise Refusal("unknown_document", text[:40], "carrier")
    return known or text


def open_manifest(carrier: str, by: By) -> Manifest | None:
    """The manifest of a carrier that is open."""
    return db.session.scalars(
        select(Manifest)
        .where(Manifest.site_id == by.site_id, Manifest.carrier == carrier, Manifest.status == "open")
        .order_by(Manifest.id)
    ).first()


def new_manifest(carrier: str, door: str, by: By) -> Manifest:
    """A manifest at a door, or at the first one. Refuses wrong_location."""
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


# --- closing ----------------------------------------------------------------------------------------------------------


def close_manifest(task: Task, by: By) -> None:
    """Close the manifest: its stock leaves to the customers. Refuses nothing_to_do for an empty one, order_held.

    Raises Closed when another loader was first.
    """
    manifest = db.session.scalars(
        select(Manifest)
        .where(Manifest.id == task.manifest_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if manifest.status != "open":
        raise Closed
    loaded = db.session.execute(
        select(Unit, Order.id, Order.number, Order.is_held)
        .join(Parcel, Parcel.unit_id == Unit.id)
        .join(Order, Order.id == Parcel.order_id)
        .where(Parcel.manifest_id == manifest.id, Parcel.status == "loaded")
        .order_by(Unit.id)
    ).all()
    if not loaded:
        raise Refusal("nothing_to_do")
    held = next((row.number for row in loaded if row.is_held), None)
    if held:
        raise Refusal("order_held", held)
    _leave([row.Unit for row in loaded], manifest, by)
    _close_orders(sorted({row.id for row in loaded}))
    manifest.status, manifest.closed_at, manifest.closed_by = "closed", now(), by.person_id
    audit(by, "manifest.close", manifest.number, f"{len(loaded)} parcels")
    for each in _free_tasks(task):
        each.status, each.finished_at = "done", now()
    db.session.flush()


def _free_tasks(task: Task) -> list[Task]:
    """The tasks of all who load the manifest, locked, but for those in the middle of a scan.

    Such a scan holds its task and waits for the manifest: to wait for it would be a ring. It finds the manifest closed,
    and the task ends with it or with the next scan.
    """
    query = select(Task).where(Task.manifest_id == task.manifest_id, Task.status == "open").order_by(Task.id)
    return list(db.session.scalars(query.with_for_update(skip_locked=True)))


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
