"""Places of work: which printers a bench or a dock has, and which device works there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.models import DevicePlace, Location, Printer, Workplace
from scanner.models.printing import WORKPLACE_KINDS
from scanner.printing.ask import choose_printer
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device works, and what it prints on: each is None where its own page prints."""

    location: Location | None
    label: Printer | None
    paper: Printer | None


def is_workplace(location: Location) -> bool:
    """Whether somebody can work there: a dock, a bench, a door."""
    return location.kind in WORKPLACE_KINDS


def place_of(by: By) -> Place:
    """Where the device of `by` works, and its printers."""
    bound = select(Location).join(DevicePlace, DevicePlace.location_id == Location.id)
    where = bound.where(DevicePlace.site_id == by.site_id, DevicePlace.device == by.device)
    location = db.session.scalars(where).first()
    return Place(location, choose_printer(by, "label"), choose_printer(by, "paper"))


def bind(location: Location, by: By) -> None:
    """The device works here from now on. Belongs in `transact`. Refuses not_a_workplace."""
    if location.site_id != by.site_id or not is_workplace(location):
        raise Refusal("not_a_workplace", location.code)
    row = _row(by)
    if row is None:
        row = DevicePlace(site_id=by.site_id, device=by.device[:64])
        db.session.add(row)
    elif row.location_id == location.id:
        return
    row.location_id, row.person_id, row.since = location.id, by.person_id, now()
    audit(by, "device.place", by.device, location.code)


def unbind(by: By) -> None:
    """The device works nowhere in particular. Belongs in `transact`."""
    db.session.execute(delete(DevicePlace).where(DevicePlace.site_id == by.site_id, DevicePlace.device == by.device))


def _row(by: By) -> DevicePlace | None:
    mine = select(DevicePlace).where(DevicePlace.site_id == by.site_id, DevicePlace.device == by.device)
    return db.session.scalars(mine).first()


def printers_of(site_id: int) -> list[tuple[Location, Workplace | None]]:
    """Every place of work with its printers, in walking order."""
    rows = db.session.execute(
        select(Location, Workplace)
        .outerjoin(Workplace, Workplace.location_id == Location.id)
        .where(Location.site_id == site_id, Location.kind.in_(WORKPLACE_KINDS))
        .order_by(Location.walk_order, Location.code)
    )
    return [(location, place) for location, place in rows]


def set_printers(location: Location, label: Printer | None, paper: Printer | None, by: By) -> None:
    """Give a place its printers. Belongs in `transact`. Refuses not_a_workplace, unknown_printer."""
    if location.site_id != by.site_id or not is_workplace(location):
        raise Refusal("not_a_workplace", location.code)
    for printer in (label, paper):
        if printer is not None and (printer.site_id != by.site_id or not printer.is_active):
            raise Refusal("unknown_printer", printer.code)
    row = db.session.get(Workplace, location.id)
    if row is None:
        row = Workplace(location_id=location.id, site_id=by.site_id)
        db.session.add(row)
    row.label_printer_id = label.id if label else None
    row.paper_printer_id = paper.id if paper else None
    audit(by, "workplace.printers", location.code, f"{label.code if label else '-'} {paper.code if paper else '-'}")
