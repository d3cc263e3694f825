"""Pick list: what to take from where, in the order of the walk, for a picker without a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportlab.platypus import Flowable
from sqlalchemy import select

from labels.documents.facts import company, lot_facts, one
from labels.documents.figures import day, number
from labels.documents.letters import words
from labels.documents.sheet import Column, Sheet, tick
from scanner import walk
from scanner.barcode import encode
from scanner.by import By
from scanner.db import db
from scanner.find import unit_name
from scanner.models import Customer, Item, Location, Lot, Order, OrderLine, Reservation, Site, Unit


def pick_list(order_id: int, details: Mapping[str, Any] | None = None) -> bytes:  # noqa: ARG001 - the face of all
    """The list of an order's open promises as PDF. It is for the crew, so it has their instructions.

    Refuses unknown_document.
    """
    order = one(Order, order_id, "order")
    customer, site = db.session.get_one(Customer, order.customer_id), db.session.get_one(Site, order.site_id)
    sheet = Sheet("pick_list", order.number, company(site))
    sheet.head(encode("order", order.scan_body))
    stops = _stops(site, order_id)
    sheet.facts(
        (sheet.say("customer"), customer.name),
        (sheet.say("promised"), day(order.promised_on, sheet.locale)),
        (sheet.say("carrier"), f"{order.carrier} {order.service}".strip()),
        (f"{sheet.say('stops')} / {sheet.say('units')}", _size(sheet, stops)),
    )
    _add_instructions(sheet, order, customer)
    if stops:
        _add_stops(sheet, stops)
    else:
        sheet.note(sheet.say("nothing_to_pick"))
    _add_lacking(sheet, order_id)
    sheet.note(sheet.say("to_tote"), grey=True)
    sheet.signatures(sheet.say("tote"), sheet.say("picker"), sheet.say("date"))
    return sheet.pdf()


def _size(sheet: Sheet, stops: list[Any]) -> str:
    units = sum(row.Reservation.qty - row.Reservation.posted for row in stops)
    return f"{len({row.Location.id for row in stops})} / {number(units, sheet.locale)}"


def _add_instructions(sheet: Sheet, order: Order, customer: Customer) -> None:
    told = [text for text in (order.instructions, customer.instructions) if text]
    if told:
        sheet.heading(sheet.say("instructions"))
        sheet.note("\n".join(told))


def _stops(site: Site, order_id: int) -> list[Any]:
    """What is still to be picked, in walking order; at one place the lot that expires first comes first."""
    rows = db.session.execute(
        select(Reservation, Item, Lot, Unit, Location)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Item, Item.id == Reservation.item_id)
        .join(Lot, Lot.id == Reservation.lot_id)
        .join(Unit, Unit.id == Reservation.unit_id)
        .join(Location, Location.id == Reservation.location_id)
        .where(OrderLine.order_id == order_id, Reservation.state == "open")
    ).all()
    by = By(0, "", site.id, site.timezone)
    rank = {place: n for n, place in enumerate(walk.sort(by, {row.Location.id for row in rows}))}
    return sorted(rows, key=lambda row: (rank[row.Location.id], str(row.Lot.expiry or "9"), row.Item.sku))


def _add_stops(sheet: Sheet, stops: list[Any]) -> None:
    columns = [
        Column(sheet.say("location"), 38),
        Column(sheet.say("digits"), 14),
        Column(sheet.say("item")),
        Column(sheet.say("qty"), 20, right=True),
        Column(sheet.say("tote"), 22),
        Column(sheet.say("done"), 11, right=True),
    ]
    sheet.rows(columns, (_stop(sheet, row) for row in stops))


def _stop(sheet: Sheet, row: Any) -> list[Any]:
    qty = number(row.Reservation.qty - row.Reservation.posted, sheet.locale)
    return [
        words(row.Location.code, 15, bold=True),
        words("_____", grey=True),  # copied from the label: who was told them need not go there
        _item(sheet, row),
        words(qty, 15, bold=True, right=True),
        words("____________", grey=True),
        tick(),
    ]


def _item(sheet: Sheet, row: Any) -> list[Flowable]:
    facts = [row.Item.sku, lot_facts(row.Lot.code, row.Lot.expiry, row.Lot.best_before, sheet.words, sheet.locale)]
    if row.Unit.id:
        facts.append(f"{sheet.say('from_unit')} {unit_name(row.Unit.kind, row.Unit.code)}")
    parts: list[Flowable] = [words(row.Item.name), words(" · ".join(fact for fact in facts if fact), 8, grey=True)]
    if row.Item.tracking == "serial":
        parts.append(words(f"{sheet.say('serial')} ______________________", 8, grey=True))
    return parts


def _add_lacking(sheet: Sheet, order_id: int) -> None:
    """What has no stock: a picker who finds it on no stop should know why."""
    rows = db.session.execute(
        select(OrderLine, Item)
        .join(Item)
        .where(OrderLine.order_id == order_id, OrderLine.allocated < OrderLine.ordered, ~OrderLine.is_closed_short)
        .order_by(OrderLine.line)
    ).all()
    if rows:
        sheet.heading(sheet.say("lacking"))
        columns = [Column(sheet.say("sku"), 38), Column(sheet.say("item")), Column(sheet.say("qty"), 20, right=True)]
        sheet.rows(
            columns,
            (
                [words(item.sku), words(item.name), number(line.ordered - line.allocated, sheet.locale)]
                for line, item in rows
            ),
        )
