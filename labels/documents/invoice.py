"""Invoice: what an order costs. An issued one is drawn from its frozen figures and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from labels.documents.address import lines as address_lines
from labels.documents.facts import one
from labels.documents.figures import amount, day, locale_of, money, number, percent
from labels.documents.letters import words
from labels.documents.sheet import Column, Sheet
from scanner import billing
from scanner.barcode import encode
from scanner.by import By
from scanner.db import db, transact
from scanner.models import Invoice, Order, Site


def invoice(order_id: int, details: Mapping[str, Any] | None = None) -> bytes:
    """The invoice of an order as PDF, issued now if it was not; every print but the first says COPY.

    `details`: `key` names this print, so that a print that is tried again is still the original; without one it is a
    copy. `preview`: nothing is issued and the paper says so. Refuses what `billing.draft` refuses, unknown_document.
    """
    wish = details or {}
    if not wish.get("preview"):
        return printed(order_id, str(wish.get("key") or ""))
    order, known = one(Order, order_id, "order"), billing.invoice_of(order_id)
    return _drawn(known.content, known.site_id, known, "copy") if known else _preview(order)


def printed(order_id: int, key: str, by: By | None = None) -> bytes:
    """The paper of the print that is called `key`; `by` is who issues the invoice, None when a printer's job asks.

    Drawing takes seconds where there are thousands of lines, and everybody's scans would wait for its transaction. So
    number and mark are stored first and the paper is drawn after that: never call it within `transact`. What cannot be
    drawn is found out before, by a preview, and gets no number. Refuses unknown_document, what `billing.draft` refuses.
    """
    order = one(Order, order_id, "order")
    if billing.invoice_of(order_id) is None:
        _preview(order)
    issued, is_copy = transact(lambda: _issued(order_id, key, by))
    return _drawn(issued.content, issued.site_id, issued, "copy" if is_copy else "")


def _issued(order_id: int, key: str, by: By | None) -> tuple[Invoice, bool]:
    issued = billing.issue(order_id, by)
    return issued, billing.is_copy(issued, key)


def _preview(order: Order) -> bytes:
    return _drawn(billing.draft(order), order.site_id, None, "preview")


def _drawn(content: dict[str, Any], site_id: int, issued: Invoice | None, mark: str) -> bytes:
    """The paper of these figures. The logo is decoration: the one of today."""
    seller, buyer = content["seller"], content["buyer"]
    locale = locale_of(buyer["locale"], seller["locale"])
    head = {**seller, "logo": db.session.get_one(Site, site_id).logo}
    sheet = Sheet("invoice", issued.number if issued else "", head, locale=locale, mark=mark)
    sheet.head(encode("order", content["order_body"]))
    to = address_lines(buyer, seller["country_code"], locale)
    if buyer["tax_id"]:
        to.append(f"{sheet.tax_number('their_tax_id')}: {buyer['tax_id']}")
    sheet.blocks((sheet.say("bill_to"), to))
    ordered_on = date.fromisoformat(content["ordered_on"]) if content["ordered_on"] else None
    sheet.facts(
        (sheet.say("invoice_date"), day(issued.issued_on if issued else None, locale)),
        (sheet.say("order"), content["order"]),
        (sheet.say("ordered_on"), day(ordered_on, locale)),
        (sheet.say("customer"), buyer["code"]),
        (sheet.tax_number(), seller["tax_id"]),
        (sheet.say("carrier"), content["carrier"]),
        (sheet.say("parcels"), str(content["parcels"] or "")),
    )
    _add_lines(sheet, content)
    _add_sums(sheet, content)
    if seller["invoice_note"]:
        sheet.note(seller["invoice_note"])
    return sheet.pdf()


def _add_lines(sheet: Sheet, content: dict[str, Any]) -> None:
    currency, locale = content["currency"], sheet.locale
    has_discount = any(line["discount_bp"] for line in content["lines"])
    columns = [
        Column(sheet.say("line"), 11),
        Column(sheet.say("sku"), 28),
        Column(sheet.say("item")),
        Column(sheet.say("qty"), 17, right=True),
        Column(sheet.say("price"), 22, right=True),
        *([Column(sheet.say("discount"), 17, right=True)] if has_discount else []),
        Column(sheet.tax(), 15, right=True),
        Column(f"{sheet.say('amount')} {currency}", 26, right=True),
    ]
    sheet.rows(
        columns,
        (
            [
                str(line["line"]),
                words(line["sku"]),
                words(line["name"]),
                number(line["qty"], locale),
                amount(line["price_cents"], currency, locale),
                *([percent(line["discount_bp"], locale) if line["discount_bp"] else ""] if has_discount else []),
                percent(line["tax_bp"], locale),
                amount(line["net_cents"], currency, locale),
            ]
            for line in content["lines"]
        ),
    )


def _add_sums(sheet: Sheet, content: dict[str, Any]) -> None:
    currency, locale, label = content["currency"], sheet.locale, sheet.tax()
    taxes = [
        (
            sheet.say(
                "net_of_rate",
                label=label,
                rate=percent(rate["tax_bp"], locale),
                net=amount(rate["net_cents"], currency, locale),
            ),
            amount(rate["tax_cents"], currency, locale),
        )
        for rate in content["rates"]
    ]
    sheet.sums(
        [(sheet.say("net"), amount(content["net_cents"], currency, locale)), *taxes],
        last=(sheet.say("total"), money(content["gross_cents"], currency, locale)),
    )
