"""Names: what a print is about, in the few words that people call it by.

Whoever has three labels of pallets to look after must know which is which. A whole list is named by one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, literal, select, union_all

from scanner.by import By
from scanner.db import db
from scanner.models import (
    Carton,
    Item,
    Location,
    Lot,
    Manifest,
    Order,
    Parcel,
    Printer,
    PrintJob,
    PurchaseOrder,
    Task,
    Unit,
)
from scanner.shown import end_of

SORTS: Final[Mapping[str, str]] = {  # what the subject of a kind is; the other kinds have none
    "location": "location",
    "station": "location",
    "item": "item",
    "unit": "unit",
    "tote": "unit",
    "shipment": "parcel",
    "carrier_label": "parcel",
    "carton_type": "carton",
    "packing_slip": "order",
    "invoice": "order",
    "pick_list": "order",
    "receiving_sheet": "purchase_order",
    "count_sheet": "task",
    "manifest": "manifest",
    "test": "printer",
}


@dataclass(frozen=True, slots=True)
class Name:
    """What a job is about: `words` for people, "" where it is about nothing; of which sort it is, and its id."""

    words: str
    sort: str = ""
    id: int = 0


def names(jobs: Iterable[PrintJob], by: By) -> dict[int, Name]:
    """What each of these jobs of one site is about, by the job's id. What is not there any more has no words."""
    jobs = list(jobs)
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for sort, thing_id in (key for job in jobs for key in _keys(job)):
        wanted[sort].add(thing_id)
    found = _found(wanted, by.site_id)
    return {job.id: _name(job, found) for job in jobs}


def _keys(job: PrintJob) -> list[tuple[str, int]]:
    """Which things the name of a job is made of: its subject, the lot on an item's label, the parcel of a slip."""
    sort, subject_id = SORTS.get(job.kind), job.subject_id
    if sort is None or subject_id is None:
        return []
    more = {"item": "lot", "packing_slip": "parcel"}.get(job.kind, "")
    other = job.details.get(more)
    return [(sort, subject_id), *([(more, other)] if isinstance(other, int) else [])]


def _found(wanted: Mapping[str, set[int]], site_id: int) -> dict[tuple[str, int], str]:
    """The words of things of the site, read at once."""
    looks = [_LOOKS[sort](sort, ids, site_id) for sort, ids in wanted.items()]
    if not looks:
        return {}
    rows: Any = db.session.execute(union_all(*looks) if looks[1:] else looks[0])
    return {(sort, thing_id): _words(code, unit) for sort, thing_id, code, unit in rows}


def _words(code: str, unit: str) -> str:
    return ", ".join(filter(None, (code, end_of(unit))))


def _name(job: PrintJob, found: Mapping[tuple[str, int], str]) -> Name:
    if job.kind == "command":
        word, number = job.details.get("word"), job.details.get("number")
        return Name(f"{word or ''} {'' if number is None else number}".strip().upper())
    keys = _keys(job)
    if not keys or keys[0] not in found:
        return Name("")
    subject, *rest = (found.get(key, "") for key in keys)
    if job.kind == "packing_slip":
        delivery = job.details.get("delivery")
        subject = rest[0] if rest and rest[0] else subject  # a parcel's words name its order
        rest = [f"delivery {delivery}" if delivery else ""]
    if job.kind == "item":
        lot, serial = rest[0] if rest else job.details.get("lot"), job.details.get("serial")
        rest = [f"lot {lot}" if lot else "", str(serial or "")]
    return Name(", ".join(filter(None, (subject, *rest))), *keys[0])


# --- where the words are ----------------------------------------------------------------------------------------------

Words = Select[str, int, str, str]
Look = Callable[[str, set[int], int], Words]


def _look(model: Any, code: Any, *, is_unit: bool = False) -> Look:
    """What reads the words of one sort of thing: sort, id, code, and the code of a unit."""

    def look(sort: str, ids: set[int], site_id: int) -> Words:
        words = (literal(""), code) if is_unit else (code, literal(""))
        query = select(literal(sort), model.id, *words).where(model.id.in_(ids))
        return query.where(model.site_id == site_id) if hasattr(model, "site_id") else query

    return look


def _parcel(sort: str, ids: set[int], site_id: int) -> Words:
    query = select(literal(sort), Parcel.id, Order.number, Unit.code).join(Order, Order.id == Parcel.order_id)
    return query.join(Unit, Unit.id == Parcel.unit_id).where(Parcel.id.in_(ids), Parcel.site_id == site_id)


def _task(sort: str, ids: set[int], site_id: int) -> Words:
    query = select(literal(sort), Task.id, Location.code, literal("")).join(Location, Location.id == Task.location_id)
    return query.where(Task.id.in_(ids), Task.site_id == site_id)


_LOOKS: Final[Mapping[str, Look]] = {
    "location": _look(Location, Location.code),
    "item": _look(Item, Item.sku),
    "lot": _look(Lot, Lot.code),
    "unit": _look(Unit, Unit.code, is_unit=True),
    "parcel": _parcel,
    "carton": _look(Carton, Carton.name),
    "order": _look(Order, Order.number),
    "purchase_order": _look(PurchaseOrder, PurchaseOrder.number),
    "task": _task,
    "manifest": _look(Manifest, Manifest.number),
    "printer": _look(Printer, Printer.code),
}
