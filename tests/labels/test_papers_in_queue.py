"""Papers in the queue: an invoice is issued by its print, in a transaction of its own, and may be refused then."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from labels.make import KINDS
from scanner import people, printing
from scanner.db import Busy, db, transact
from scanner.models import Order, OrderLine, Printer, PrintJob, Site
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer, states, work
from tests.labels.fake_printer import FakePrinter
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]
A4 = {"used_for": "paper", "language": "pdf", "width_mm": 210, "height_mm": 297}


def packed(world: World, number: str, *, price_cents: int | None = 1250) -> Order:
    """An order of two mugs that is packed."""
    floor = Floor(world)
    stock_up(floor)
    order = world.order(number, ("MUG", 2))
    priced = update(OrderLine).where(OrderLine.order_id == order.id).values(price_cents=price_cents, tax_bp=2000)
    transact(lambda: db.session.execute(priced))
    floor.pick(number)
    floor.pack(number)
    return order


def invoice(world: World, order: Order) -> PrintJob:
    """The job of an invoice, asked for by the desk."""
    return transact(lambda: printing.ask("invoice", order.id, world.by("eve"), use="paper", key=f"i{order.id}"))


def test_an_invoice_is_issued_by_its_print_and_comes_out(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address, "PAPER", **A4)
        job = invoice(warehouse, packed(warehouse, "SO-1"))
        work(app)
        assert (again(job).state, states(job)) == ("sent", ["queued", "sending", "sent"])
    assert db.session.scalars(select(Site.invoice_serial).where(Site.id == job.site_id)).one() == 1


def test_an_invoice_that_is_refused_fails_alone_and_the_papers_behind_it_come_out(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address, "PAPER", **A4)
        order = warehouse.order("SO-1", ("MUG", 1))
        refused = invoice(warehouse, order)
        paper = transact(lambda: printing.ask("pick_list", order.id, warehouse.by("eve"), use="paper"))
        work(app)
        assert (again(refused).state, again(refused).error_code) == ("failed", "invoice_too_early")
        assert "SO-1 is not complete" in again(refused).error_words
        assert again(paper).state == "sent"


def test_a_label_whose_maker_writes_and_then_fails_fails_alone(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def maker(*_: object) -> None:
        transact(lambda: db.session.execute(update(Printer).values(failures=0)))
        raise ZeroDivisionError

    monkeypatch.setitem(KINDS, "horoscope", maker)
    with FakePrinter("good") as fake, caplog.at_level(logging.ERROR):
        printer(warehouse.by("cleo"), fake.address)
        bad = transact(lambda: printing.ask("horoscope", 1, warehouse.by("cleo")))
        (good,) = ask(warehouse.by("cleo"))
        work(app)
        assert (again(bad).state, again(bad).error_code) == ("failed", "not_made")
        assert again(good).state == "sent"
    assert bad.public_id in caplog.text


def test_a_database_that_is_busy_while_a_paper_is_drawn_fails_no_job(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, tries = KINDS["test"], []

    def maker(*about: object) -> object:
        tries.append(1)
        if tries == [1]:
            raise Busy("others write")
        return make(*about)  # type: ignore[arg-type]

    monkeypatch.setattr("labels.worker.AFTER_FAULT_S", 0.1)
    monkeypatch.setitem(KINDS, "test", maker)
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        for _ in range(2):
            work(app, lease_s=0.1)
            time.sleep(0.15)  # until its lease is over
        assert (again(job).state, len(tries)) == ("sent", 2)


@pytest.mark.parametrize("code", ["invoice_too_early", "no_price"])
def test_an_invoice_that_cannot_be_issued_is_refused_when_it_is_asked_for(
    app: Flask, warehouse: World, browser: Log_in, client: Browser, code: str
) -> None:
    order = packed(warehouse, "SO-1", price_cents=None) if code == "no_price" else warehouse.order("SO-1", ("MUG", 1))
    row = printer(warehouse.by("cleo"), "10.0.0.7:9100", "PAPER", **A4)
    eve = browser("eve")
    page = eve.send("/labels/invoice/print", {"id": order.id, "on": f"p{row.id}"}, follow_redirects=True)
    assert "SO-1" in page.text
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "erp", "supervisor"))
    body = {"kind": "invoice", "subject": order.id, "use": "paper"}
    asked = client.post("/api/v1/print-jobs", json=body, headers={"Authorization": f"Bearer {token}"})
    assert asked.json is not None
    assert (asked.status_code, asked.json.get("code")) == (422, code)
    assert db.session.scalar(select(func.count()).select_from(PrintJob)) == 0


def test_an_invoice_has_one_original_however_many_copies_are_asked_for(
    app: Flask, warehouse: World, browser: Log_in, client: Browser
) -> None:
    order = packed(warehouse, "SO-1")
    row = printer(warehouse.by("cleo"), "10.0.0.7:9100", "PAPER", **A4)
    form = {"id": order.id, "on": f"p{row.id}", "copies": "3"}
    page = browser("eve").send("/labels/invoice/print", form, follow_redirects=True)
    assert "The invoice has one original." in page.text
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "erp", "supervisor"))
    head, wish = {"Authorization": f"Bearer {token}"}, {"subject": order.id, "use": "paper", "copies": 3}
    asked = client.post("/api/v1/print-jobs", json={**wish, "kind": "invoice"}, headers=head)
    assert asked.json is not None
    assert (asked.status_code, asked.json.get("code")) == (422, "label_has_one")
    assert db.session.scalar(select(func.count()).select_from(PrintJob)) == 0
    slips = client.post("/api/v1/print-jobs", json={**wish, "kind": "packing_slip"}, headers=head)
    assert slips.status_code == 201
