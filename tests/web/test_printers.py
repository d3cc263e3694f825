"""Printers at the desk: what goes on file holds up no scan; what nobody has answered for is told."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import select, update

from scanner.db import db, now, transact
from scanner.models import Printer, PrintJob, Site
from tests.conftest import Browser
from tests.labels.desk import ask, facts, printer
from tests.labels.test_places import vars_of
from tests.web.test_print_answers import out
from tests.world import World

Log_in = Callable[[str], Browser]


@pytest.fixture
def slow_names(app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A name server that answers as soon as somebody else has written; whether they could, for each question."""
    could_write: list[bool] = []
    site_id = warehouse.site.id

    def write() -> None:
        with app.app_context():
            transact(lambda: setattr(db.session.get_one(Site, site_id), "name", "Written meanwhile"))

    def resolve(*_asked: Any, **_more: Any) -> list[Any]:
        other = threading.Thread(target=write, daemon=True)
        other.start()
        other.join(2)
        could_write.append(not other.is_alive())
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return could_write


def test_a_slow_name_server_holds_up_no_writer_while_a_printer_goes_on_file(
    warehouse: World, browser: Log_in, slow_names: list[bool]
) -> None:
    form = {name: str(value) for name, value in vars_of(facts(address="zebra.example")).items()}
    browser("eve").send("/printers", form)
    assert slow_names == [True]
    assert db.session.scalars(select(Printer.address)).all() == ["zebra.example"]


def test_a_slow_name_server_holds_up_no_writer_while_a_printer_is_changed(
    warehouse: World, browser: Log_in, slow_names: list[bool]
) -> None:
    row = printer(warehouse.by("eve"), "10.0.0.7")
    form = {name: str(value) for name, value in vars_of(facts(address="zebra.example")).items()}
    browser("eve").send(f"/printers/{row.id}/edit", form)
    assert slow_names == [True]
    assert db.session.scalars(select(Printer.address)).all() == ["zebra.example"]


# --- a form with a slip ----------------------------------------------------------------------------------------------

TYPED = {
    "code": "NEW",
    "name": "Zebra & sons",
    "kind": "raw",
    "address": "10.0.0.9",
    "language": "png",
    "dpi": "600",
    "width_mm": "51",
    "height_mm": "26",
    "used_for": "paper",
    "is_active": "1",
}
SLIPS = {"address": "zebra..local:9100", "dpi": "many", "code": "new printer", "height_mm": "4"}


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_form_with_a_slip_says_so_and_keeps_what_was_typed(
    warehouse: World, browser: Log_in, name: str, is_new: bool
) -> None:
    url = "/printers" if is_new else f"/printers/{printer(warehouse.by('eve'), '10.0.0.7').id}/edit"
    form = {**TYPED, name: SLIPS[name]}
    answer = browser("eve").send(url, form)
    assert (answer.status_code, answer.headers["HX-Push-Url"]) == (422, "false")
    assert 'class="field__error"' in answer.text
    for field in ("code", "name", "address", "dpi", "width_mm", "height_mm"):
        assert re.search(rf'name="{field}"[^>]* value="{escape(form[field])}"', answer.text), field
    for choice in ("raw", "png", "paper"):
        assert f'<option value="{choice}" selected>' in answer.text
    assert 'name="is_default" value="1" >' in answer.text
    assert 'name="is_active" value="1" checked>' in answer.text
    assert db.session.scalars(select(Printer.code)).all() == ([] if is_new else ["ZEBRA"])


@pytest.mark.parametrize("address", ["a..b", "zebra..local:9100", "z" * 64])
def test_a_name_that_no_host_can_have_is_refused_at_the_desk(warehouse: World, browser: Log_in, address: str) -> None:
    answer = browser("eve").send("/printers", {**TYPED, "address": address})
    assert (answer.status_code, "no host has such a name" in answer.text) == (422, True)
    good = browser("eve").send("/printers", TYPED)
    assert (good.status_code, db.session.scalars(select(Printer.code)).all()) == (303, ["NEW"])


# --- what needs the desk ---------------------------------------------------------------------------------------------


def test_the_board_and_the_printers_tell_of_prints_that_nobody_has_answered_for(
    warehouse: World, browser: Log_in
) -> None:
    by, eve = warehouse.by("cleo"), browser("eve")
    zebra = printer(by, "10.0.0.7:9100")
    other = printer(by, "10.0.0.8:9100", "OTHER", is_default=False)
    assert "Nothing waits for a decision." in eve.get("/board").text
    asked = [*ask(by, 3), *ask(by, printer=other), *ask(by)]
    lost, old, failed, elsewhere, _waits = asked
    for job, state in ((lost, "unknown"), (old, "unknown"), (failed, "failed"), (elsewhere, "unknown")):
        out(job, state)
    long_ago = now() - timedelta(days=8)
    was_asked = {"asked_at": long_ago, "available_at": long_ago}
    transact(lambda: db.session.execute(update(PrintJob).where(PrintJob.id == old.id).values(was_asked)))
    board, printers = eve.get("/board").text, eve.get("/printers").text
    assert 'href="/print-jobs?state=unknown"><b>2 prints unknown</b></a>' in board
    assert 'href="/print-jobs?state=failed"><b>1 print failed</b></a>: it did not come out.' in board
    assert "Nothing waits for a decision." not in board
    url = f"/print-jobs?state=unknown&amp;printer={zebra.id}"
    assert f'<a href="{url}">1 unknown</a>' in printers
    assert f'printer={zebra.id}">1 failed</a>' in printers
    listed = eve.get(url.replace("&amp;", "&")).text
    assert f'href="/print-jobs/{lost.id}"' in listed
    assert f'href="/print-jobs/{elsewhere.id}"' not in listed
    for job in (lost, elsewhere):
        eve.send(f"/print-jobs/{job.id}/answer", {"answer": "came_out"})
    eve.send(f"/print-jobs/{failed.id}/answer", {"answer": "cancel"})
    assert "Nothing waits for a decision." in eve.get("/board").text
    assert "1 unknown" not in eve.get("/printers").text


def test_a_test_for_a_page_leads_to_where_the_desk_opens_it(warehouse: World, browser: Log_in) -> None:
    web = printer(warehouse.by("eve"), "", "WEB", kind="browser", language="pdf")
    eve = browser("eve")
    answer = eve.send(f"/printers/{web.id}/test")
    job = db.session.scalars(select(PrintJob)).one()
    assert answer.headers["Location"] == f"/print-jobs/{job.id}"
    page = eve.get(f"/print-jobs/{job.id}").text
    assert "A test waits for WEB. Open it" in page
    assert f'action="/print/{job.public_id}/open" target="_blank"' in page
    opened = eve.send(f"/print/{job.public_id}/open")
    assert eve.get(opened.headers["Location"]).mimetype == "application/pdf"
    page = eve.get(f"/print-jobs/{job.id}").text
    assert ("Open it</button>" in page, "It came out</button>" in page) == (True, True)
    eve.send(f"/print-jobs/{job.id}/answer", {"answer": "came_out"})
    assert "Open it</button>" not in eve.get(f"/print-jobs/{job.id}").text


def test_print_elsewhere_at_the_desk_offers_printers_for_that_use_only(warehouse: World, browser: Log_in) -> None:
    by, eve = warehouse.by("eve"), browser("eve")
    for code in ("ZEBRA", "OTHER"):
        printer(by, "10.0.0.7:9100", code)
    for code in ("OFFICE", "LASER"):
        printer(by, "ipp://10.0.0.8/ipp/print", code, kind="ipp", language="pdf", used_for="paper")
    printer(by, "", "WEB", kind="browser", language="pdf", is_default=False)
    (label,), (paper,) = ask(by), ask(by, use="paper")

    def offered(job: PrintJob) -> list[str]:
        return re.findall(r'<option value="\d+">(\w+),', eve.get(f"/print-jobs/{job.id}").text)

    assert (offered(label), offered(paper)) == (["ZEBRA"], ["OFFICE"])
