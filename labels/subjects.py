"""Subjects: from a print job to a label, by what the database knows of its subject at the moment of printing.

    drawing(job, target)()      the layout of labels/ that fits the job's kind, filled; not yet proven

A subject that is not there any more, or of another site, is refused as label_gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import func, select

from labels.card import CardFacts, card, command_card
from labels.check_printer import PrinterFacts, check_printer
from labels.check_sheet import check_sheet
from labels.documents.address import bare_postcode
from labels.documents.address import lines as address_lines
from labels.documents.facts import company, party
from labels.documents.figures import locale_of
from labels.frame import kilograms
from labels.item import SYMBOLS, ItemFacts, item
from labels.location import ARROWS, STYLES, LocationFacts, location
from labels.parts import Label, Media
from labels.shipment import ShipmentFacts, shipment
from labels.unit import ToteFacts, UnitFacts, tote, unit
from scanner import ledger, printing
from scanner.barcode import encode, keys
from scanner.db import Base, db
from scanner.models import (
    Balance,
    Barcode,
    Carton,
    Customer,
    Item,
    Location,
    Lot,
    Manifest,
    Order,
    Parcel,
    Person,
    PrintJob,
    PurchaseOrder,
    Serial,
    Site,
    Task,
    Unit,
)
from scanner.printing.places import is_workplace
from scanner.refusals import Refusal
from scanner.shown import location_code

M = TypeVar("M", bound=Base)
_MOST_COUNT: Final = 99_999_999  # AI 37 has eight digits
_FAR_MM: Final = 200  # a sign of this width hangs overhead


class Target(Protocol):
    """What a label is made for."""

    @property
    def dpi(self) -> int: ...
    @property
    def width_mm(self) -> int: ...
    @property
    def height_mm(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


Drawing = Callable[[], Label]  # a layout with its facts: may be pickled, needs no database any more
Drawer = Callable[[PrintJob, Media, Target], Drawing]
TWINS: Final[Mapping[str, str | None]] = {"qr": "qr", "none": None}  # a location's second symbol, for phones
SUBJECTS: Final[Mapping[str, type[Any]]] = {  # what the subject of a kind is; the other kinds have none
    "location": Location,
    "station": Location,
    "item": Item,
    "unit": Unit,
    "tote": Unit,
    "shipment": Parcel,
    "carrier_label": Parcel,
    "carton_type": Carton,
    "packing_slip": Order,
    "invoice": Order,
    "pick_list": Order,
    "receiving_sheet": PurchaseOrder,
    "count_sheet": Task,
    "manifest": Manifest,
}


def drawing(job: PrintJob, target: Target) -> Drawing:
    """What draws the label of a job for a target. Refuses label_gone, label_bad_content; drawing label_too_small."""
    return DRAWERS[job.kind](job, Media(target.width_mm, target.height_mm, target.dpi), target)


def subject(job: PrintJob) -> Any:
    """The thing that a job is about. Refuses label_gone for one that is not there, or of another site."""
    thing = db.session.get(SUBJECTS[job.kind], job.subject_id or 0)
    if thing is None or getattr(thing, "site_id", job.site_id) != job.site_id or getattr(thing, "is_virtual", False):
        raise _gone(job)
    return thing


def _gone(job: PrintJob, what: str = "") -> Refusal:
    return Refusal("label_gone", f"The {what or job.kind.replace('_', ' ')} of this label")


def _is_copy(job: PrintJob) -> bool:
    return job.copy_of is not None


# --- places ----------------------------------------------------------------------------------------------------------


def _location(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """A storage place. `details`: style, else by the medium's shape; arrow, else none; twin, else a Data Matrix; the
    check digits of a new label, which do not count yet.
    """  # noqa: D205
    at = subject(job)
    new_digits = None if _is_copy(job) or printing.has_taken_effect(job) else job.details.get(printing.DIGITS)
    facts = LocationFacts(
        at.code,
        location_code(at.scan_body),
        at.level_number,
        job.details.get("arrow") if job.details.get("arrow") in ARROWS else None,
        new_digits or at.check_digits,
        "" if at.storage_class == "ambient" else at.storage_class.capitalize(),
    )
    shape = "floor" if media.height_mm > media.width_mm else "far" if media.width_mm >= _FAR_MM else "beam"
    style = job.details["style"] if job.details.get("style") in STYLES else shape
    twin = TWINS.get(job.details.get("twin", ""), "datamatrix")
    return partial(location, facts, media, style=style, twin=twin, is_copy=_is_copy(job))


def _station(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """A bench, a dock, a door: what a device scans to work there."""
    at = subject(job)
    if not is_workplace(at):
        raise Refusal("not_a_workplace", at.code)
    facts = CardFacts(at.code, location_code(at.scan_body), "Scan twice to work here", at.kind.upper())
    return partial(card, facts, media, is_copy=_is_copy(job))


def _carton_type(job: PrintJob, media: Media, _target: Target) -> Drawing:
    box = subject(job)
    size = f"{box.length_mm} x {box.width_mm} x {box.height_mm} mm, {kilograms(box.max_g)}"
    facts = CardFacts(box.name, encode("carton_type", box.code), size, "CARTON")
    return partial(card, facts, media, is_copy=_is_copy(job))


# --- goods -----------------------------------------------------------------------------------------------------------


def _item(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """An item. `details`: lot (id), serial (its code), qty (base units inside), symbol (one of labels.item.SYMBOLS)."""
    goods, details = subject(job), job.details
    qty = details.get("qty") if isinstance(details.get("qty"), int) else None
    lot = _part(job, Lot, goods.id, "lot")
    serial = _part(job, Serial, goods.id, "serial")
    gtin = gtin_of(goods.id, qty or 1)
    facts = ItemFacts(
        goods.sku,
        goods.name,
        gtin,
        lot.code if lot else "",
        serial.code if serial else "",
        lot.expiry if lot else None,
        lot.best_before if lot else None,
        qty,
        goods.uom.lower(),
        code="" if gtin else _pack_code(goods, qty or 1),
    )
    symbol = details.get("symbol")
    return partial(item, facts, media, symbol=symbol if symbol in SYMBOLS else "auto", is_copy=_is_copy(job))


def _pack_code(goods: Item, qty: int) -> str:
    """The code, no GTIN, that stands for so many. A label whose code counted less than its words is refused."""
    if qty == 1:
        return ""
    query = select(Barcode.code).where(Barcode.item_id == goods.id, Barcode.qty == qty).order_by(Barcode.id)
    code = db.session.scalar(query.limit(1))
    if code is None:
        why = f"none of its barcodes stands for {qty}: a scan would count 1"
        raise Refusal("label_bad_content", goods.sku, why=why)
    return code


def _part(job: PrintJob, model: Any, item_id: int, name: str) -> Any:
    """The lot or serial number that a job names: a lot by its id or its code, a serial number by its code."""
    wanted = job.details.get(name)
    if not wanted:
        return None
    is_id = isinstance(wanted, int) and name == "lot"
    which = model.id == wanted if is_id else model.code == str(wanted)
    found = db.session.scalars(select(model).where(model.item_id == item_id, which)).first()
    if found is None:
        raise _gone(job, f"{name} number" if name == "serial" else name)
    return found


def gtin_of(item_id: int, qty: int = 1) -> str:
    """The GTIN of an item's pack of `qty` base units; "" if it has none."""
    query = select(Barcode.code).where(Barcode.item_id == item_id, Barcode.qty == qty).order_by(Barcode.id)
    return next((code for code in db.session.scalars(query) if len(code) == 14 and keys.gtin(code)), "")


# --- units and parcels -----------------------------------------------------------------------------------------------


def _unit(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """A pallet or a carton by its SSCC, a tote by its own code.

    A pallet's label comes out before the goods are booked to it, so while nothing stands in it `details` say what will:
    item, count, lot (ids and a figure).
    """
    thing = subject(job)
    if thing.kind == "tote":
        return partial(tote, ToteFacts(thing.code, encode("tote", thing.code)), media, is_copy=_is_copy(job))
    order = db.session.get(Order, thing.order_id) if thing.order_id else None
    parcel = db.session.scalars(select(Parcel).where(Parcel.unit_id == thing.id)).first()
    facts = UnitFacts(
        thing.code,
        ship_from=_ship_from(job),
        ship_to=_ship_to(order),
        order=order.number if order else "",
        weight_g=parcel.weight_g if parcel else None,
        **(_content(thing) or _promised(job)),
    )
    return partial(unit, facts, media, is_copy=_is_copy(job))


def _content(thing: Unit) -> dict[str, Any]:
    """What stands in a unit and the units in it, for its label: one item with its lot, or how many of them."""
    inside = [part.id for part in ledger.with_children([thing])]
    query = (
        select(Balance.item_id, func.min(Balance.lot_id), func.max(Balance.lot_id), func.sum(Balance.qty))
        .where(Balance.unit_id.in_(inside), Balance.qty > 0)
        .group_by(Balance.item_id)
    )
    rows = db.session.execute(query).all()
    if len(rows) != 1:
        total = sum(int(row[3]) for row in rows)
        return {"description": f"Mixed: {len(rows)} items", "count": total} if rows else {}
    item_id, first, last, count = rows[0]
    return _goods(db.session.get_one(Item, item_id), int(count), first if first == last else 0)


def _promised(job: PrintJob) -> dict[str, Any]:
    """The goods that a job was asked for; nothing if it names none, or they are not on file any more."""
    item_id, count = job.details.get("item"), job.details.get("count")
    goods = db.session.get(Item, item_id) if isinstance(item_id, int) else None
    return _goods(goods, count, job.details.get("lot") or 0) if goods and isinstance(count, int) else {}


def _goods(goods: Item, count: int, lot_id: int) -> dict[str, Any]:
    lot = db.session.get(Lot, lot_id) if lot_id else None
    return {
        "description": goods.name,
        "sku": goods.sku,
        "gtin": gtin_of(goods.id) if count <= _MOST_COUNT else "",
        "count": count,
        "lot": lot.code if lot else "",
        "expires_on": lot.expiry if lot else None,
        "best_before": lot.best_before if lot else None,
    }


def _shipment(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """Our own label of a parcel. One that its carrier has sent is printed instead: labels/carrier.py."""
    parcel = subject(job)
    order, box = db.session.get_one(Order, parcel.order_id), db.session.get_one(Unit, parcel.unit_id)
    together = select(Parcel).where(Parcel.order_id == order.id, Parcel.delivery == parcel.delivery)
    parcels = list(db.session.scalars(together.order_by(Parcel.id)))
    is_whole = order.status in ("packed", "shipped") or all(each.status == "shipped" for each in parcels)
    facts = ShipmentFacts(
        ship_from=_ship_from(job),
        ship_to=_ship_to(order),
        carrier=parcel.carrier or order.carrier or "PARCEL",
        service=parcel.service or order.service,
        tracking=parcel.tracking,
        order=order.number,
        parcel=parcels.index(parcel) + 1,
        parcels=len(parcels) if is_whole else None,  # till then one more may come
        weight_g=parcel.weight_g,
        routing=_routing(order),
        sscc=box.code,
    )
    return partial(shipment, facts, media, is_copy=_is_copy(job))


def _routing(order: Order) -> str:
    """What parcels are sorted by where no carrier has a code of its own: country and postcode, the country once."""
    customer = db.session.get_one(Customer, order.customer_id)
    country = customer.country_code or customer.country
    return f"{country} {bare_postcode(customer.postcode, country)}".strip() if customer.postcode else ""


def _ship_from(job: PrintJob) -> tuple[str, ...]:
    site = db.session.get_one(Site, job.site_id)
    head = company(site)
    return tuple(address_lines({**head, "name": site.legal_name or site.name}, "", locale_of(site.locale)))


def _ship_to(order: Order | None) -> tuple[str, ...]:
    if order is None:
        return ()
    site, customer = db.session.get_one(Site, order.site_id), db.session.get_one(Customer, order.customer_id)
    return tuple(address_lines(party(customer), site.country_code, locale_of(site.locale)))


# --- what is about nothing in the warehouse --------------------------------------------------------------------------


def _command(job: PrintJob, media: Media, _target: Target) -> Drawing:
    """A command card. `details`: word, number."""
    word, number = job.details.get("word"), job.details.get("number")
    try:
        facts = command_card(str(word).upper(), number if isinstance(number, int) else None)
    except ValueError as error:
        raise Refusal("label_bad_content", str(word)[:40], why="there is no such command") from error
    return partial(card, facts, media, is_copy=_is_copy(job))


def _check_sheet(_job: PrintJob, media: Media, _target: Target) -> Drawing:
    return partial(check_sheet, media)


def _test(job: PrintJob, media: Media, target: Target) -> Drawing:
    person = db.session.get_one(Person, job.person_id)
    asked = f"{person.name}, {job.asked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return partial(check_printer, PrinterFacts(target.code, target.name, asked), media, is_copy=_is_copy(job))


DRAWERS: Final[dict[str, Drawer]] = {
    "location": _location,
    "station": _station,
    "item": _item,
    "unit": _unit,
    "tote": _unit,
    "shipment": _shipment,
    "command": _command,
    "carton_type": _carton_type,
    "check_sheet": _check_sheet,
    "test": _test,
}
