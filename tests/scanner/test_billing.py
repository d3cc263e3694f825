"""What an order costs: to the cent, in whole numbers; and invoices: no gap, no twin, and figures that stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from scanner import billing
from scanner.billing import half_up, line_cents, totals
from scanner.db import db, transact
from scanner.models import Customer, Invoice, Item, Order, OrderLine, Site
from scanner.refusals import Refusal
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

LINES = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(0, 10**7), st.integers(0, 10_000), st.integers(0, 10_000))
)


def exact(value: Decimal) -> int:
    """A cent figure by the decimal library's own half-up."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@given(LINES)
def test_totals_agree_to_the_cent_with_exact_arithmetic(lines: list[tuple[int, int, int, int]]) -> None:
    nets = [line_cents(qty, price, discount) for qty, price, discount, _tax in lines]
    assert nets == [exact(Decimal(qty) * price * (10_000 - off) / 10_000) for qty, price, off, _tax in lines]
    found = totals((net, tax) for net, (_q, _p, _d, tax) in zip(nets, lines, strict=True))
    assert found.net_cents == sum(nets)
    assert found.gross_cents == found.net_cents + found.tax_cents
    for rate in found.rates:
        of_rate = sum(net for net, line in zip(nets, lines, strict=True) if line[3] == rate.tax_bp)
        assert (rate.net_cents, rate.tax_cents) == (of_rate, exact(Decimal(of_rate) * rate.tax_bp / 10_000))
    assert {rate.tax_bp for rate in found.rates} == {line[3] for line in lines}
    assert all(type(figure) is int for figure in (found.net_cents, found.tax_cents, *nets))


def test_half_a_cent_is_rounded_up() -> None:
    assert [half_up(n, 10) for n in (4, 5, 14, 15, 25)] == [0, 1, 1, 2, 3]
    assert line_cents(1, 5, 1000) == 5  # 4.5
    assert totals([(250, 1900)]).tax_cents == 48  # 47.5


# --- invoices --------------------------------------------------------------------------------------------------------


def packed(world: World, *numbers: str, price: int | None = 1250) -> list[Order]:
    """Orders of two mugs and one milk that are packed, with prices."""
    floor = Floor(world)
    stock_up(floor)
    made = []
    for n, number in enumerate(numbers, 1):
        order = world.order(number, ("MUG", 2), ("MILK", 1))
        transact(
            lambda order=order: db.session.execute(  # type: ignore[misc]
                update(OrderLine).where(OrderLine.order_id == order.id).values(price_cents=price, tax_bp=2000)
            )
        )
        floor.pick(number, n)
        floor.pack(number, n)
        made.append(order)
    return made


def test_an_invoice_has_what_was_packed_and_its_sum(warehouse: World) -> None:
    (order,) = packed(warehouse, "SO-1")
    invoice = transact(lambda: billing.issue(order.id, warehouse.by("eve")))
    assert (invoice.number, invoice.serial) == ("INV-000001", 1)
    assert [(line["sku"], line["qty"], line["net_cents"]) for line in invoice.content["lines"]] == [
        ("MUG", 2, 2500),
        ("MILK", 1, 1250),
    ]
    sums = {name: invoice.content[name] for name in ("net_cents", "tax_cents", "gross_cents")}
    assert sums == {"net_cents": 3750, "tax_cents": 750, "gross_cents": 4500}


def test_numbers_have_no_gap_and_an_order_has_one_invoice(warehouse: World) -> None:
    first, second = packed(warehouse, "SO-1", "SO-2")
    with pytest.raises(ZeroDivisionError):
        transact(lambda: (billing.issue(first.id), 1 // 0))  # a number that was not stored was never given out
    numbers = [transact(lambda o=order: billing.issue(o.id)).number for order in (first, second, first)]  # type: ignore[misc]
    assert numbers == ["INV-000001", "INV-000002", "INV-000001"]


def test_many_who_issue_at_once_leave_no_gap(warehouse: World, app: Flask) -> None:
    ids = [order.id for order in packed(warehouse, "SO-1", "SO-2", "SO-3")]
    db.session.rollback()

    def one(order_id: int) -> str:
        with app.app_context():
            return transact(lambda: billing.issue(order_id).number)

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(one, ids * 2))
    assert sorted(set(got)) == ["INV-000001", "INV-000002", "INV-000003"]
    assert db.session.scalars(select(Invoice.serial).order_by(Invoice.serial)).all() == [1, 2, 3]


def test_an_issued_invoice_stays_as_it_was_whatever_changes(warehouse: World) -> None:
    (order,) = packed(warehouse, "SO-1")
    before = dict(transact(lambda: billing.issue(order.id)).content)

    def change() -> None:
        db.session.execute(update(OrderLine).values(price_cents=1, tax_bp=1))
        db.session.execute(update(Item).values(name="Another name"))
        db.session.execute(update(Customer).values(name="Another customer"))
        db.session.execute(update(Site).values(legal_name="Another company", currency="JPY"))

    transact(change)
    db.session.expire_all()
    assert transact(lambda: billing.issue(order.id)).content == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice SET number = 'X'",
        "UPDATE invoice SET content = '{}'",
        "UPDATE invoice SET issued_on = '2020-01-01'",
        "DELETE FROM invoice",
        "UPDATE invoice SET original = 'another'",
    ],
)
def test_the_database_refuses_to_change_an_invoice(warehouse: World, statement: str) -> None:
    (order,) = packed(warehouse, "SO-1")
    transact(lambda: billing.is_copy(billing.issue(order.id), "first"))
    with pytest.raises(DBAPIError, match=r"issued|append-only"):
        transact(lambda: db.session.execute(text(statement)))


def test_the_first_print_is_the_original_and_is_it_again_when_it_is_tried_again(warehouse: World) -> None:
    (order,) = packed(warehouse, "SO-1")
    prints = ["", "job-1", "job-1", "job-2", ""]
    got = [transact(lambda k=key: billing.is_copy(billing.issue(order.id), k)) for key in prints]  # type: ignore[misc]
    assert got == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("timezone", "instant"),
    [
        ("Europe/Berlin", datetime(2026, 11, 24, 23, tzinfo=UTC)),
        ("America/Denver", datetime(2026, 11, 26, 6, tzinfo=UTC)),
    ],
)
def test_an_order_came_on_the_day_that_it_was_at_the_site(warehouse: World, timezone: str, instant: datetime) -> None:
    (order,) = packed(warehouse, "SO-1")
    transact(lambda: db.session.execute(update(Site).values(timezone=timezone)))
    transact(lambda: db.session.execute(update(Order).values(ordered_at=instant)))
    db.session.expire_all()
    assert transact(lambda: billing.issue(order.id)).content["ordered_on"] == "2026-11-25"


def refused(order_id: int) -> str:
    """Why there is no invoice."""
    with pytest.raises(Refusal) as caught:
        transact(lambda: billing.issue(order_id))
    assert db.session.scalars(select(Invoice)).all() == []
    return caught.value.code


def test_no_invoice_before_all_is_packed(warehouse: World) -> None:
    assert refused(warehouse.order("SO-9", ("MUG", 1)).id) == "invoice_too_early"


def test_no_invoice_while_something_follows_and_one_when_it_is_closed_short(warehouse: World) -> None:
    (order,) = packed(warehouse, "SO-1")
    line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.line == 1)).one()
    transact(lambda: db.session.execute(update(OrderLine).where(OrderLine.id == line.id).values(ordered=5)))
    assert refused(order.id) == "invoice_too_early"
    transact(lambda: db.session.execute(update(OrderLine).where(OrderLine.id == line.id).values(is_closed_short=True)))
    assert transact(lambda: billing.issue(order.id)).content["lines"][0]["qty"] == 2


def test_no_invoice_without_prices(warehouse: World) -> None:
    (order,) = packed(warehouse, "SO-1", price=None)
    assert refused(order.id) == "no_price"
