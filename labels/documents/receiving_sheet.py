"""Receiving worksheet: what a purchase order is expected to bring, with room to write what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from labels.documents.facts import company, one
from labels.documents.figures import day, number
from labels.documents.letters import words
from labels.documents.sheet import Column, Sheet
from scanner.barcode import encode
from scanner.db import db
from scanner.models import Item, PurchaseLine, PurchaseOrder, Site, Supplier

BLANK_ROWS = 3  # for goods that were not ordered


def receiving_sheet(order_id: int, details: Mapping[str, Any] | None = None) -> bytes:
    """The worksheet of a purchase order as PDF. `details`: `blind`, without any quantity of the order.

    Refuses unknown_document.
    """
    order, is_blind = one(PurchaseOrder, order_id, "purchase order"), bool((details or {}).get("blind"))
    supplier, site = db.session.get_one(Supplier, order.supplier_id), db.session.get_one(Site, order.site_id)
    sheet = Sheet("receiving_sheet", order.number, company(site))
    sheet.head(encode("purchase_order", order.scan_body))
    sheet.facts(
        (sheet.say("supplier"), supplier.name),
        (sheet.say("purchase_order"), order.number),
        (sheet.say("ordered_on"), day(order.ordered_on, sheet.locale)),
        (sheet.say("due"), day(order.due_on, sheet.locale)),
    )
    if is_blind:
        sheet.note(sheet.say("blind"))
    lines = db.session.execute(
        select(PurchaseLine, Item)
        .join(Item)
        .where(PurchaseLine.purchase_order_id == order.id)
        .order_by(PurchaseLine.line)
    ).all()
    _add_lines(sheet, lines, is_blind=is_blind)
    if not lines:
        sheet.note(sheet.say("no_lines"))
    sheet.signatures(sheet.say("received_by"), sheet.say("date"), sheet.say("carrier"))
    return sheet.pdf()


def _add_lines(sheet: Sheet, lines: Any, *, is_blind: bool) -> None:
    columns = [
        Column(sheet.say("line"), 11),
        Column(sheet.say("item")),
        *([] if is_blind else [Column(sheet.say("ordered"), 16, True), Column(sheet.say("received_before"), 15, True)]),
        Column(sheet.say("received"), 21),
        Column(sheet.say("lot"), 26),
        Column(sheet.say("expiry"), 22),
        Column(sheet.say("damaged"), 18),
    ]
    blank = [""] * (len(columns) - 2)
    rows = [_line(sheet, line, item, is_blind=is_blind) for line, item in lines]
    rows += [["", _spare(sheet.say("more")), *blank] for _ in range(BLANK_ROWS)]
    sheet.rows(columns, rows, boxed_mm=10)


def _spare(text: str) -> Any:
    return words(text, 7.5, grey=True)


def _line(sheet: Sheet, line: PurchaseLine, item: Item, *, is_blind: bool) -> list[Any]:
    figures = [] if is_blind else [number(line.ordered, sheet.locale), number(line.received, sheet.locale)]
    kept = {"lot": ("", "", "", ""), "serial": ("", "–", "–", "")}.get(item.tracking, ("", "–", "–", ""))
    return [str(line.line), [words(item.name), words(item.sku, 8, grey=True)], *figures, *kept]
