"""Find: from a Scan to the thing that it names: the same answer in every workflow.

A code that is known but wrong is named ("that is location B-02"), never called unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, literal, select, union_all

from scanner.barcode import Misread, Scan, read
from scanner.by import By
from scanner.db import db
from scanner.models import (
    Barcode,
    Carton,
    Item,
    Location,
    Lot,
    Manifest,
    Order,
    Parcel,
    Person,
    PurchaseOrder,
    Serial,
    Task,
    Unit,
)
from scanner.refusals import Refusal
from scanner.secrets import hash_token
from scanner.shown import end_of

NEW_UNIT = "new unit"


@dataclass(slots=True)
class Found:
    """What a code means here. `kind` says what `thing` is; a label of ours that nobody used yet has no thing."""

    kind: str  # item location unit order purchase_order task carton manifest person parcel command fields unknown
    scan: Scan
    thing: Any = None
    qty: int = 1  # base units that one scan of an item stands for
    lot: Lot | None = None
    serial: Serial | None = None

    @property
    def lot_code(self) -> str:
        """The lot as the label has it, known or not."""
        return self.scan.lot or ""

    @property
    def words(self) -> str:
        """The thing in a worker's words."""
        name = _WORDS.get(self.kind)
        return name(self) if name else f"“{self.scan.text[:40]}”"

    def is_command(self, word: str) -> bool:
        """True for the command `word`, scanned or tapped."""
        return self.kind == "command" and bool(self.scan.own) and self.command == word

    @property
    def command(self) -> str:
        """The word of a command code; empty for anything else. A quantity is 'Q'."""
        if self.kind != "command":
            return ""
        if self.scan.own is None:
            return "Q"  # a count by itself (AI 30) is a quantity, too
        return "Q" if self.scan.quantity is not None else self.scan.own[1]

    @property
    def quantity(self) -> int | None:
        """The figure of a quantity command."""
        return self.scan.quantity if self.scan.quantity is not None else self.scan.count


def _unit_words(found: Found) -> str:
    if found.thing is None:
        return f"a new unit label ({found.scan.sscc or found.scan.text})"
    return unit_words(found.thing)


def unit_words(unit: Unit) -> str:
    """A unit as people call it: by the end of its code."""
    return unit_name(unit.kind, unit.code)


def unit_name(kind: str, code: str) -> str:
    """The same from a row's columns."""
    return f"{kind} {end_of(code)}"


_WORDS: dict[str, Callable[[Found], str]] = {
    "item": lambda found: f"{found.thing.name}" + (f", lot {found.lot_code}" if found.lot_code else ""),
    "location": lambda found: f"location {found.thing.code}",
    "unit": _unit_words,
    "order": lambda found: f"order {found.thing.number}",
    "purchase_order": lambda found: f"purchase order {found.thing.number}",
    "task": lambda found: f"task {found.thing.id}",
    "manifest": lambda found: f"manifest {found.thing.number}",
    "carton": lambda found: f"carton type {found.thing.name}",
    "person": lambda found: f"the badge of {found.thing.name}",
    "parcel": lambda found: f"a parcel of order {db.session.get_one(Order, found.thing.order_id).number}",
    "command": lambda found: f"the command {found.scan.own[1] if found.scan.own else 'quantity'}",
    "fields": lambda _found: "a label without an item",
}


def read_code(raw: str, symbology: str | None = None, sends_gs: bool | None = None) -> Scan:
    """`barcode.read` with its Misread told as a Refusal."""
    try:
        return read(raw, symbology, sends_gs=sends_gs)
    except Misread as misread:
        raise Refusal(misread.code, raw.strip()[:40]) from misread


def find(scan: Scan, by: By) -> Found:
    """What `scan` names at the site of `by`; kind 'unknown' when nothing does."""
    for look in (_own, _sscc, _item, _fields, _by_name):
        found = look(scan, by)
        if found is not None:
            return found
    return Found("unknown", scan)


def expect(found: Found, wanted: str, *kinds: str) -> Found:
    """`found` if it is of one of `kinds`; else the refusal that names what it is. `wanted` is in a worker's words."""
    if found.kind in kinds:
        return found
    if found.kind == "unknown":
        code = "misread" if found.scan.bad_check else "unknown_code"
        raise Refusal(code, found.scan.text[:40], wanted)
    code = "wrong_command" if found.kind == "command" else "wrong_kind"
    raise Refusal(code, found.words, wanted)


def _own(scan: Scan, by: By) -> Found | None:
    if scan.own is None:
        return None
    kind, body = scan.own
    return _OWN[kind](scan, body, by) if kind in _OWN else None


def _by_code(model: Any, column: Any, *, is_of_site: bool = True) -> Any:
    """The thing with a code. Put together once, run by every scan: building a statement costs more than running it."""
    query = select(model).where(column == bindparam("code")).limit(1)
    return query.where(model.site_id == bindparam("site")) if is_of_site else query


_LOCATION = _by_code(Location, Location.scan_body)
_UNIT = _by_code(Unit, Unit.code)
_TASK = _by_code(Task, Task.id)
_MANIFEST = _by_code(Manifest, Manifest.id)
_ORDER = _by_code(Order, Order.scan_body)
_PURCHASE_ORDER = _by_code(PurchaseOrder, PurchaseOrder.scan_body)
_PERSON = _by_code(Person, Person.badge_hash, is_of_site=False)
_CARTON = _by_code(Carton, Carton.code, is_of_site=False)
_LOT = select(Lot).where(Lot.item_id == bindparam("item"), Lot.code == bindparam("code")).limit(1)
_SERIAL = select(Serial).where(Serial.item_id == bindparam("item"), Serial.code == bindparam("code")).limit(1)


def _first(query: Any, **values: Any) -> Any:
    return db.session.scalars(query, values).first()


def _named(kind: str, query: Any) -> Callable[[Scan, str, By], Found | None]:
    def look(scan: Scan, body: str, by: By) -> Found | None:
        thing = _first(query, code=body, site=by.site_id)
        return Found(kind, scan, thing) if thing is not None else None

    return look


def _own_unit(scan: Scan, body: str, by: By) -> Found:
    return Found("unit", scan, _first(_UNIT, code=body, site=by.site_id))


def _own_person(scan: Scan, body: str, _by: By) -> Found | None:
    person = _first(_PERSON, code=hash_token(body))
    return Found("person", scan, person) if person is not None else None


def _numbered(kind: str, query: Any) -> Callable[[Scan, str, By], Found | None]:
    """A thing whose label holds its id."""

    def look(scan: Scan, body: str, by: By) -> Found | None:
        if not body.isdigit() or int(body) >= 2**31:
            return None
        thing = _first(query, code=int(body), site=by.site_id)
        return Found(kind, scan, thing) if thing is not None else None

    return look


def _own_carton(scan: Scan, body: str, _by: By) -> Found | None:
    carton = _first(_CARTON, code=body)
    return Found("carton", scan, carton) if carton is not None else None


_OWN: dict[str, Callable[[Scan, str, By], Found | None]] = {
    "location": _named("location", _LOCATION),
    "tote": _own_unit,
    "task": _numbered("task", _TASK),
    "manifest": _numbered("manifest", _MANIFEST),
    "badge": _own_person,
    "command": lambda scan, _body, _by: Found("command", scan),
    "order": _named("order", _ORDER),
    "purchase_order": _named("purchase_order", _PURCHASE_ORDER),
    "carton_type": _own_carton,
}


_ONE = select(literal(1).label("one")).subquery()
_BY_SSCC = (  # the unit, else the parcel: a pallet's new label is neither, and is asked for with one statement
    select(Unit, Parcel)
    .select_from(_ONE)
    .outerjoin(Unit, and_(Unit.code == bindparam("sscc"), Unit.site_id == bindparam("site")))
    .outerjoin(
        Parcel,
        and_(
            Unit.id.is_(None),
            Parcel.tracking.in_((bindparam("sscc"), bindparam("with_ai"))),
            Parcel.tracking != "",  # so that SQLite takes the index of numbers that are there
            Parcel.site_id == bindparam("site"),
        ),
    )
    .limit(1)
)


def _sscc(scan: Scan, by: By) -> Found | None:
    """A unit; else a parcel, for some carriers number theirs by SSCC. Nobody's is a label for a new unit."""
    if scan.sscc is None:
        return None
    values = {"sscc": scan.sscc, "with_ai": f"00{scan.sscc}", "site": by.site_id}
    row: Any = db.session.execute(_BY_SSCC, values).one()
    return Found("unit", scan, row.Unit) if row.Parcel is None else Found("parcel", scan, row.Parcel)


_BY_BARCODE = (
    select(Item, Barcode.qty)
    .join(Barcode, Barcode.item_id == Item.id)
    .where(Barcode.code.in_(bindparam("codes", expanding=True)))
)


def _item(scan: Scan, by: By) -> Found | None:
    """By GTIN, or by the text of a plain barcode (every SKU is one)."""
    row = db.session.execute(_BY_BARCODE, {"codes": sorted({scan.gtin or scan.text, scan.text})}).first()
    if row is None:
        return None
    item, pack = row
    found = Found("item", scan, item, qty=pack * (scan.count or 1))
    if scan.lot and item.tracking != "none":
        found.lot = _first(_LOT, item=item.id, code=scan.lot)
    if scan.serial and item.tracking == "serial":
        found.serial = _first(_SERIAL, item=item.id, code=scan.serial)
    return found


def _fields(scan: Scan, _by: By) -> Found | None:
    """A GS1 label that names no item: a lot, a date, a weight, a serial number by itself."""
    if scan.kind != "gs1" or scan.gtin is not None:
        return None
    return Found("command" if set(scan.ais) == {"30"} else "fields", scan)


def _by_name(scan: Scan, by: By) -> Found | None:
    """What people type: an address, a document's number, a tracking number, a unit's code. One statement for all."""
    text = scan.text.strip()
    upper = text.upper()
    names: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
        ("location", Location, (Location.site_id == by.site_id, Location.code == upper, ~Location.is_virtual)),
        ("order", Order, (Order.site_id == by.site_id, Order.number == text)),
        ("purchase_order", PurchaseOrder, (PurchaseOrder.site_id == by.site_id, PurchaseOrder.number == text)),
        ("manifest", Manifest, (Manifest.site_id == by.site_id, Manifest.number == text)),
        ("parcel", Parcel, (Parcel.site_id == by.site_id, Parcel.tracking == text, Parcel.tracking != "")),
        ("unit", Unit, (Unit.site_id == by.site_id, Unit.code == upper)),
        ("item", Item, (Item.sku == upper,)),
    )
    parts: list[Any] = [
        select(literal(rank).label("rank"), table.id.label("id")).where(*where)
        for rank, (_, table, where) in enumerate(names)
    ]
    row = db.session.execute(union_all(*parts).order_by("rank").limit(1)).first()
    if row is None:
        return None
    kind, table, _where = names[row.rank]
    return Found(kind, scan, db.session.get_one(table, row.id))
