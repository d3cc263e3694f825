"""Packing slip: what is in the parcels of an order, for the one who opens them, and what is not in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reportlab.platypus import Flowable, Table
from sqlalchemy import select

from labels.documents.address import lines as address_lines
from labels.documents.bars import bars
from labels.documents.facts import company, lot_words, one, party
from labels.documents.figures import day, locale_of, number, weight
from labels.documents.letters import INK, words
from labels.documents.sheet import BAND, Column, Sheet
from scanner.barcode import encode
from scanner.by import day_at
from scanner.db import db
from scanner.models import Carton, Customer, Item, Lot, Move, Order, OrderLine, Parcel, Serial, Site, Unit

OPEN = ("open", "picking", "picked", "packed")
ROW_OF_SERIALS = 1_000  # characters, some ten lines; a table breaks over pages between its rows only


class Content(NamedTuple):
    """So many of one item and lot in a parcel, with the serial numbers of the single things."""

    item: Item
    lot: Lot
    qty: int
    serials: list[str]


def packing_slip(order_id: int, details: Mapping[str, Any] | None = None) -> bytes:
    """The slip of an order's last delivery as PDF. Refuses unknown_document.

    `details`: `delivery`, the number of an earlier one; `parcel`, the id of one parcel, for a slip in each box.
    Packing instructions are for the packer: they are on it only where the order says so.
    """
    order = one(Order, order_id, "order")
    customer, site = db.session.get_one(Customer, order.customer_id), db.session.get_one(Site, order.site_id)
    sheet = Sheet("packing_slip", order.number, company(site), locale=locale_of(customer.locale, site.locale))
    sheet.head(encode("order", order.scan_body))
    to = address_lines(party(customer), site.country_code, sheet.locale)
    if customer.phone:
        to.append(f"{sheet.say('phone')} {customer.phone}")
    sheet.blocks((sheet.say("ship_to"), to), (sheet.say("ship_from"), _from(sheet, site, customer)))
    all_of_it, said = _parcels(order_id), details or {}
    delivery = _delivery(all_of_it, said.get("parcel"), said.get("delivery"))
    parcels = [row for row in all_of_it if row[0].delivery == delivery]
    ordered_on = day_at(order.ordered_at, site.timezone) if order.ordered_at else None
    sheet.facts(
        (sheet.say("order"), order.number),
        (sheet.say("ordered_on"), day(ordered_on, sheet.locale)),
        (sheet.say("carrier"), f"{order.carrier} {order.service}".strip()),
        (sheet.say("delivery"), str(delivery) if delivery > 1 else ""),
        (sheet.say("parcels"), str(len(parcels)) if parcels else ""),
    )
    if order.shows_instructions and order.instructions:
        sheet.heading(sheet.say("instructions"))
        sheet.note(order.instructions)
    _add_parcels(sheet, order, parcels, said.get("parcel"))
    _add_missing(sheet, order, _later(all_of_it, delivery))
    return sheet.pdf()


def _from(sheet: Sheet, site: Site, customer: Customer) -> list[str]:
    """The sender as the customer sees it: with its country, where that is another one."""
    own = {**company(site), "name": site.legal_name or site.name}
    return address_lines(own, customer.country_code or site.country_code, sheet.locale)


# --- parcels ----------------------------------------------------------------------------------------------------------


def _parcels(order_id: int) -> list[tuple[Parcel, str, str]]:
    """Each parcel with its SSCC and the name of its carton."""
    rows = db.session.execute(
        select(Parcel, Unit.code, Carton.name)
        .join(Unit, Unit.id == Parcel.unit_id)
        .outerjoin(Carton, Carton.id == Parcel.carton_id)
        .where(Parcel.order_id == order_id)
        .order_by(Parcel.id)
    )
    return [(parcel, code, carton or "") for parcel, code, carton in rows]


def _delivery(parcels: list[tuple[Parcel, str, str]], parcel_id: Any, asked: Any) -> int:
    """Which delivery the slip is of: the parcel's, the one that is asked for, or the last."""
    of_parcel = next((parcel.delivery for parcel, *_ in parcels if parcel.id == parcel_id), None)
    there = {parcel.delivery for parcel, *_ in parcels}
    return of_parcel or (asked if asked in there else max(there, default=1))


def _later(parcels: list[tuple[Parcel, str, str]], delivery: int) -> set[int]:
    """The units of the deliveries that came after one."""
    return {parcel.unit_id for parcel, *_ in parcels if parcel.delivery > delivery}


def contents(order_id: int) -> dict[int, list[Content]]:
    """By unit: what was packed into it, from the ledger, so that it is known after the goods have left as well."""
    net: defaultdict[tuple[int, int, int, int], int] = defaultdict(int)
    for source, target, qty, item_id, lot_id, serial_id in _moves(order_id, Move.item_id, Move.lot_id, Move.serial_id):
        net[target, item_id, lot_id, serial_id] += qty
        net[source, item_id, lot_id, serial_id] -= qty
    there = {key: qty for key, qty in net.items() if qty > 0 and key[0]}
    items = _by_id(Item, {key[1] for key in there})
    lots, serials = _by_id(Lot, {key[2] for key in there}), _by_id(Serial, {key[3] for key in there})
    together: defaultdict[tuple[int, int, int], tuple[int, list[str]]] = defaultdict(lambda: (0, []))
    for (unit_id, item_id, lot_id, serial_id), qty in there.items():
        before, codes = together[unit_id, item_id, lot_id]
        together[unit_id, item_id, lot_id] = before + qty, [*codes, serials[serial_id].code] if serial_id else codes
    found: defaultdict[int, list[Content]] = defaultdict(list)
    for (unit_id, item_id, lot_id), (qty, codes) in together.items():
        found[unit_id].append(Content(items[item_id], lots[lot_id], qty, sorted(codes)))
    for content in found.values():
        content.sort(key=lambda each: (each.item.sku, each.lot.code))
    return found


def _moves(order_id: int, *what: Any) -> Any:
    """Between which units so many of the order went, and what else is asked of each move."""
    return db.session.execute(
        select(Move.source_unit_id, Move.target_unit_id, Move.qty, *what)
        .join(OrderLine, OrderLine.id == Move.order_line_id)
        .where(OrderLine.order_id == order_id, Move.source_unit_id != Move.target_unit_id)
    )


def _by_id(model: Any, ids: set[int]) -> dict[int, Any]:
    listed = sorted(ids)
    found: dict[int, Any] = {}
    for start in range(0, len(listed), 5_000):  # both engines take some 32,000 values
        query = select(model).where(model.id.in_(listed[start : start + 5_000]))
        found |= {row.id: row for row in db.session.scalars(query)}
    return found


def _add_parcels(sheet: Sheet, order: Order, parcels: list[tuple[Parcel, str, str]], only: Any) -> None:
    inside = contents(order.id) if parcels else {}
    for n, (parcel, sscc, carton) in enumerate(parcels, 1):
        if only in (None, parcel.id):
            sheet.add(_band(sheet, f"{n}", len(parcels), parcel, sscc, carton))
            sheet.space(4)
            _add_content(sheet, inside.get(parcel.unit_id, []))
    if not parcels:
        sheet.note(sheet.say("nothing_packed"))


def _band(sheet: Sheet, n: str, m: int, parcel: Parcel, sscc: str, carton: str) -> Flowable:
    """The head of a parcel: which one, its facts, and the barcode that is on its label too."""
    facts = [
        (sheet.say("carton"), carton),
        (sheet.say("weight"), weight(parcel.weight_g, sheet.locale) if parcel.weight_g else ""),
        (sheet.say("tracking"), f"{parcel.carrier} {parcel.tracking}".strip() if parcel.tracking else ""),
    ]
    left: list[Flowable] = [words(sheet.say("parcel_of", n=n, m=m), 12, bold=True)]
    left += [words(f"{caption}: {value}", 9) for caption, value in facts if value]
    room = sheet.width * 0.48
    looks = [
        ("BACKGROUND", (0, 0), (0, 0), BAND),
        ("LINEABOVE", (0, 0), (-1, 0), 1.2, INK),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (0, 0), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (-1, 0), (-1, 0), 0),
        ("ALIGN", (1, 0), (1, 0), "RIGHT"),
    ]
    is_sscc = sscc.isdigit() and len(sscc) == 18
    code = bars(sscc, room, sscc=is_sscc)
    table = Table([[left, code]], [sheet.width - room, room], style=looks)
    table.keepWithNext = True
    return table


def _add_content(sheet: Sheet, content: list[Content]) -> None:
    if not content:
        sheet.note(sheet.say("empty_parcel"))
        return
    columns = [Column(sheet.say("sku"), 34), Column(sheet.say("item")), Column(sheet.say("qty"), 22, right=True)]
    sheet.rows(columns, (cells for row in content for cells in _rows(sheet, row)))


def _rows(sheet: Sheet, row: Content) -> Iterator[list[Any]]:
    """One row; more of them, without item and quantity, where it has more serial numbers than should stand in one."""
    first, *more = _groups(row.serials)
    yield [words(row.item.sku), _item(sheet, row, first), number(row.qty, sheet.locale)]
    for numbers in more:
        yield ["", words(numbers, 8, grey=True, most=ROW_OF_SERIALS), ""]


def _groups(serials: list[str]) -> list[str]:
    """All the numbers, cut between two of them, each part short enough for one row; one that is empty without any."""
    groups = [""]
    for code in serials:
        if len(groups[-1]) + len(code) + 2 > ROW_OF_SERIALS:
            groups[-1] += ","
            groups.append(code)
        else:
            groups[-1] += f", {code}" if groups[-1] else code
    return groups


def _item(sheet: Sheet, row: Content, serials: str) -> list[Flowable]:
    """The item's name, and below it what tells it from others of its kind."""
    facts = lot_words(row.lot, sheet.words, sheet.locale)
    said = f"{sheet.say('serial')} {serials}" if serials else ""
    parts = [words(row.item.name)]
    return parts + [words(text, 8, grey=True, most=2 * ROW_OF_SERIALS) for text in (facts, said) if text]


# --- what is not there ------------------------------------------------------------------------------------------------


def _add_missing(sheet: Sheet, order: Order, later: set[int]) -> None:
    """What was ordered and is in no parcel up to this delivery, said plainly."""
    lines = db.session.execute(
        select(OrderLine, Item).join(Item).where(OrderLine.order_id == order.id).order_by(OrderLine.line)
    )
    after = _into(order.id, later) if later else {}
    counted = [(line, item, line.packed - after.get(line.id, 0)) for line, item in lines]
    rows = [(line, item, packed) for line, item, packed in counted if packed < line.ordered]
    if not rows:
        return
    sheet.heading(sheet.say("not_here"))
    columns = [
        Column(sheet.say("sku"), 34),
        Column(sheet.say("item")),
        Column(sheet.say("ordered"), 18, right=True),
        Column(sheet.say("packed"), 18, right=True),
        Column(sheet.say("missing"), 18, right=True),
        Column(sheet.say("why"), 42),
    ]
    sheet.rows(columns, (_missing(sheet, order, *row) for row in rows))


def _into(order_id: int, units: set[int]) -> dict[int, int]:
    """By line of the order: how many were packed into some units."""
    net: defaultdict[int, int] = defaultdict(int)
    for source, target, qty, line_id in _moves(order_id, Move.order_line_id):
        net[line_id] += qty * ((target in units) - (source in units))
    return net


def _missing(sheet: Sheet, order: Order, line: OrderLine, item: Item, packed: int) -> list[Any]:
    is_over = line.is_closed_short or order.status not in OPEN
    figures = [number(value, sheet.locale) for value in (line.ordered, packed, line.ordered - packed)]
    why = sheet.say("will_not_come" if is_over else "follows")
    return [words(item.sku), words(item.name), *figures, words(why, 8.5)]
