"""Billing: what an order costs, and its invoice: a number without gaps, and figures that stay as they were.

Money is whole numbers of the currency's smallest unit, rates are basis points. A line is rounded once, then each rate's
tax once over the sum of its lines (the usual way; the other one, tax by line, may differ by cents). Half a cent is
rounded up.

An invoice is issued when it is printed for the first time, not when the order closes: many orders never get one (their
prices are kept elsewhere), a number that nobody has seen is hard to explain to an auditor, and the last scan of a
packer must not wait for a price. It can be issued once everything is packed or closed short: one invoice is all of an
order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from scanner.audit import audit
from scanner.by import By, day_at
from scanner.db import db, now
from scanner.models import Customer, Invoice, Item, Order, OrderLine, Parcel, Site
from scanner.refusals import Refusal

BP = 10_000  # basis points in one
READY = ("packed", "shipped")
SELLER = (
    *("legal_name", "street", "postcode", "city", "region", "country_code", "tax_id", "tax_label"),
    *("email", "phone", "web", "locale", "invoice_note"),
)
BUYER = (
    *("code", "name", "address", "country", "street", "postcode", "city", "region", "country_code"),
    *("contact", "tax_id", "locale"),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax rate of an invoice: the sum of its lines and the tax on it."""

    tax_bp: int
    net_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What it all comes to."""

    rates: tuple[Rate, ...]  # the highest first

    @property
    def net_cents(self) -> int:
        """Without tax."""
        return sum(rate.net_cents for rate in self.rates)

    @property
    def tax_cents(self) -> int:
        """The tax."""
        return sum(rate.tax_cents for rate in self.rates)

    @property
    def gross_cents(self) -> int:
        """What is to be paid."""
        return self.net_cents + self.tax_cents


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two whole numbers that are not negative, to the nearest whole number, a half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def line_cents(qty: int, price_cents: int, discount_bp: int = 0) -> int:
    """What a line costs without tax."""
    return half_up(qty * price_cents * (BP - discount_bp), BP)


def totals(lines: Iterable[tuple[int, int]]) -> Totals:
    """The totals of lines given as (net in cents, tax in basis points)."""
    nets: defaultdict[int, int] = defaultdict(int)
    for net_cents, tax_bp in lines:
        nets[tax_bp] += net_cents
    return Totals(tuple(Rate(bp, nets[bp], half_up(nets[bp] * bp, BP)) for bp in sorted(nets, reverse=True)))


# --- an order's invoice ----------------------------------------------------------------------------------------------


def invoice_of(order_id: int) -> Invoice | None:
    """The invoice of an order that has one."""
    return db.session.scalars(select(Invoice).where(Invoice.order_id == order_id)).first()


def draft(order: Order) -> dict[str, Any]:
    """What the invoice of an order would say now. Refuses invoice_too_early, order_cancelled, no_price."""
    rows = db.session.execute(
        select(OrderLine, Item).join(Item).where(OrderLine.order_id == order.id).order_by(OrderLine.line)
    ).all()
    _check(order, [line for line, _item in rows])
    lines = [_line(order, line, item) for line, item in rows if line.packed]
    sums = totals((line["net_cents"], line["tax_bp"]) for line in lines)
    site, customer = db.session.get_one(Site, order.site_id), db.session.get_one(Customer, order.customer_id)
    return {
        "order": order.number,
        "order_body": order.scan_body,
        "ordered_on": day_at(order.ordered_at, site.timezone).isoformat() if order.ordered_at else None,
        "currency": order.currency or site.currency,
        "seller": {"name": site.name, **{name: getattr(site, name) for name in SELLER}},
        "buyer": {name: getattr(customer, name) for name in BUYER},
        "carrier": f"{order.carrier} {order.service}".strip(),
        "parcels": len(db.session.scalars(select(Parcel.id).where(Parcel.order_id == order.id)).all()),
        "lines": lines,
        "rates": [{"tax_bp": r.tax_bp, "net_cents": r.net_cents, "tax_cents": r.tax_cents} for r in sums.rates],
        "net_cents": sums.net_cents,
        "tax_cents": sums.tax_cents,
        "gross_cents": sums.gross_cents,
    }


def _check(order: Order, lines: list[OrderLine]) -> None:
    if order.status == "cancelled":
        raise Refusal("order_cancelled", order.number)
    if order.status not in READY:
        raise Refusal("invoice_too_early", order.number, why=f"it is {order.status}")
    owed = sum(line.ordered - line.packed for line in lines if not line.is_closed_short)
    if owed:
        raise Refusal("invoice_too_early", order.number, why=f"{owed} more are to be sent")
    if not any(line.packed for line in lines):
        raise Refusal("invoice_too_early", order.number, why="nothing was packed")


def _line(order: Order, line: OrderLine, item: Item) -> dict[str, Any]:
    if line.price_cents is None:
        raise Refusal("no_price", order.number, other=item.sku)
    return {
        "line": line.line,
        "sku": item.sku,
        "name": item.name,
        "uom": item.uom,
        "qty": line.packed,
        "price_cents": line.price_cents,
        "discount_bp": line.discount_bp,
        "tax_bp": line.tax_bp,
        "net_cents": line_cents(line.packed, line.price_cents, line.discount_bp),
    }


def issue(order_id: int, by: By | None = None) -> Invoice:
    """The invoice of an order, issued now if it has none: the next number, today's date, the figures as they are.

    Callers run inside `db.transact`: a number that is not stored was never given out. `by` is None when a printer's job
    asks. Refuses what `draft` refuses.
    """
    order = db.session.scalars(select(Order).where(Order.id == order_id).with_for_update()).one()
    known = invoice_of(order_id)
    if known is not None:
        return known
    content = draft(order)
    # the row of the site is the lock under which numbers are given out, one after the other
    site = db.session.scalars(
        select(Site).where(Site.id == order.site_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    site.invoice_serial += 1
    issued_at = now()
    invoice = Invoice(
        site_id=site.id,
        order_id=order.id,
        serial=site.invoice_serial,
        number=f"{site.invoice_prefix}{site.invoice_serial:06d}",
        issued_on=day_at(issued_at, site.timezone),
        issued_at=issued_at,
        issued_by=by.person_id if by else None,
        content=content,
    )
    db.session.add(invoice)
    db.session.flush()
    if by is not None:
        audit(by, "invoice.issue", invoice.number, order.number)
    return invoice


def check_issue(order_id: int) -> None:
    """Refuses what `issue` would refuse now, so that no print is asked for that can only fail."""
    if invoice_of(order_id) is None:
        draft(db.session.get_one(Order, order_id))


def is_copy(invoice: Invoice, key: str) -> bool:
    """Whether this print is a copy. The first key to ask has the original, and has it again when it asks again.

    `key` names a print: a printer's job that was begun twice is still one. Without a key it is a copy.
    """
    if invoice.original == "" and key:
        invoice.original = key
        db.session.flush()
    return not key or invoice.original != key
