"""A printer that is off: whoever waits for its label is told so, and prints it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from scanner import printing
from scanner.barcode import command
from scanner.db import db, now, transact
from scanner.models import Printer, PrintJob, PrintWorker
from scanner.printing.state import why_not
from scanner.printing.workers import note_alive
from tests.conftest import Browser
from tests.labels.desk import ask, facts, printer
from tests.scanner.floor import Floor, case, place, tote
from tests.scanner.walks import stock_up
from tests.web.test_print_answers import jobs, out
from tests.web.test_print_card import beep
from tests.world import World

Log_in = Callable[[str], Browser]
PRINT, DONE = command("PRINT"), command("DONE")
SECOND = "10.0.0.8:9100"


def found(row: Printer, **values: Any) -> None:
    """What the worker has found out about a printer, or the desk has done to it."""
    values = {"state_at": now(), **values}
    transact(lambda: db.session.execute(update(Printer).where(Printer.id == row.id).values(values)))


@pytest.fixture
def zebra(warehouse: World) -> Printer:
    """The site's label printer, which is off."""
    row = printer(warehouse.by("eve"), "10.0.0.7:9100", width_mm=102, height_mm=152)
    found(row, state="offline")
    return row


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "offline"}, "ZEBRA is offline"),
        ({"state": "paper_out"}, "ZEBRA is out of paper"),
        ({"state": "head_open"}, "ZEBRA is open"),
        ({"state": "ready", "is_paused": True}, "ZEBRA is paused at the desk"),
        ({"state": "offline", "state_at": now() - timedelta(hours=3)}, "ZEBRA was offline"),
        ({"state": "ready"}, ""),
        ({"state": "silent"}, ""),
        ({"state": "garbled"}, "ZEBRA is answering rubbish"),
    ],
)
def test_a_printer_is_off_when_it_is_known_to_print_nothing(zebra: Printer, values: dict[str, Any], words: str) -> None:
    found(zebra, **values)
    db.session.expire_all()
    assert why_not(zebra) == words


def test_a_label_of_a_printer_whose_program_has_ended_waits_and_says_so(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    found(zebra, state="ready")
    url, ben = f"/lookup/item/{warehouse.items['MUG'].id}/scan", browser("ben")
    assert "The label prints on ZEBRA." in beep(ben, url, PRINT)
    transact(lambda: db.session.add(PrintWorker(name="dead", seen_at=now() - timedelta(minutes=5))))
    assert "! The label waits: no program prints for ZEBRA." in beep(ben, url, PRINT)
    transact(lambda: db.session.add(PrintWorker(name="ahead", seen_at=now() + timedelta(days=2))))  # clock set back
    note_alive("new")
    assert "The label prints on ZEBRA." in beep(ben, url, PRINT)


def test_a_look_up_warns_that_its_label_waits_and_leads_to_another_printer(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    url = f"/lookup/item/{warehouse.items['MUG'].id}/scan"
    answer = beep(browser("ben"), url, PRINT)
    assert "! The label waits: ZEBRA is offline." in answer
    assert 'data-tone="warn"' in answer
    assert f'href="/print/{jobs()[0].public_id}">Print elsewhere</a>' in answer
    found(zebra, state="ready")
    assert "✓ The label prints on ZEBRA." in beep(browser("ben"), url, PRINT)


def test_print_pressed_again_says_that_the_printer_is_off_and_what_to_do(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    ask(warehouse.by("ben", device="gun-7"))
    answer = beep(browser("ben"), "/scan", PRINT)
    assert "The label waits: ZEBRA is offline." in answer
    assert "Print it elsewhere: MORE, Labels." in answer
    assert "is being printed" not in answer


def test_a_receipt_says_that_its_label_waits_and_takes_any_other(warehouse: World, zebra: Printer) -> None:
    floor = Floor(warehouse)
    warehouse.purchase_order("PO-1", ("MUG", 20))
    task = floor.start("ana", "receive", "PO-1")
    floor.scan("ana", task, "MUG")
    answer = floor.scan("ana", task, command("Q", 12))
    assert (answer["say"], answer["tone"]) == ("Label waits: ZEBRA is offline. 12 in hand.", "warn")
    assert answer["prompt"]["scan"] == "SCAN MORE, OR A PALLET LABEL"
    assert answer["prompt"]["text"] == "Label waits: ZEBRA is offline."
    found(zebra, state="ready")
    db.session.expire_all()
    assert floor.prompt(task).scan == "SCAN LABEL FROM ZEBRA"
    by, other = warehouse.by("eve"), printer(warehouse.by("eve"), SECOND, "OTHER", width_mm=102, height_mm=152)
    transact(lambda: printing.print_elsewhere(jobs()[0], other, by))
    assert floor.prompt(task).scan == "SCAN LABEL FROM OTHER"
    transact(lambda: printing.print_on_page(jobs()[0], by))
    assert floor.prompt(task).scan == "PRINT THE LABEL AND SCAN IT"


def test_the_last_scan_of_a_packing_says_that_its_label_waits(warehouse: World, zebra: Printer) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("LAMP", 1))
    floor.pick("SO-1")
    printer(warehouse.by("eve"), SECOND, "LASER", used_for="paper", language="pdf", width_mm=210, height_mm=297)
    task = floor.start("cleo", "verify", "SO-1")
    floor.scans("cleo", task, tote(1))
    answer = floor.scan("cleo", task, case("LAMP", serial="S-1"))
    assert answer["say"] == "SO-1 is packed. Label waits: ZEBRA is offline, slip prints at LASER."
    assert answer["tone"] == "warn"


def test_a_pick_without_a_barcode_says_that_its_new_label_waits(warehouse: World, zebra: Printer) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 1))
    task = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", task, tote(1), place("A-01-1"), command("NOBARCODE"))
    answer = floor.scan("ben", task, command("NOBARCODE"))
    assert answer["say"].endswith(" Label waits: ZEBRA is offline.")
    assert answer["tone"] == "warn"


def test_what_waits_for_a_printer_that_is_off_is_a_question_on_every_screen_of_its_device(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    floor, cleo = Floor(warehouse), browser("cleo")
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 1))
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    by, mark = warehouse.by("cleo", device="device-of-cleo"), 'class="status__prints"'
    (job,) = ask(by)
    assert [each.id for each in printing.questions(by)] == [job.id]
    assert "1 label to look after" in cleo.get("/").text
    assert mark in cleo.get(f"/verify/{task}/").text
    assert mark in cleo.get(f"/verify/{task}/ahead").get_json()["steps"].popitem()[1]["html"]
    found(zebra, state="ready")
    assert mark not in cleo.get(f"/verify/{task}/").text
    out(job, "unknown")
    assert mark in beep(cleo, f"/verify/{task}/scan", tote(1))


def test_the_printers_state_is_told_beside_every_job(warehouse: World, browser: Log_in, zebra: Printer) -> None:
    cleo, by = browser("cleo"), warehouse.by("cleo", device="device-of-cleo")
    waits, sent = ask(by, 2)
    out(sent)
    found(zebra, state="paper_out")
    page = cleo.get("/print").text
    assert "waits · ZEBRA: paper out" in page
    assert "ago" not in page
    assert "min · ZEBRA: paper out" in page
    assert "ZEBRA: paper out – was sent" in cleo.get(f"/print/{sent.public_id}").text
    found(zebra, state="ready", is_paused=True)
    assert "ZEBRA: paused at the desk – waits" in cleo.get(f"/print/{waits.public_id}").text
    assert "ZEBRA: paused at the desk" in cleo.get("/print").text
    facts_of_it = browser("eve").get(f"/print-jobs/{waits.id}").text
    assert '<span class="pill pill--warn">paused</span>' in facts_of_it


def test_a_second_label_behind_a_printer_that_is_off_is_printed_elsewhere_from_the_station(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    by, cleo = warehouse.by("cleo", device="device-of-cleo"), browser("cleo")
    other = printer(warehouse.by("eve"), SECOND, "BENCH", is_default=False)
    printer(warehouse.by("eve"), SECOND, "LASER", used_for="paper", is_default=False)
    gone = printer(warehouse.by("eve"), SECOND, "OLD", is_default=False)
    retired = facts("OLD", SECOND, is_active=False)
    transact(lambda: printing.change_printer(db.session.get_one(Printer, gone.id), retired, warehouse.by("eve")))
    _first, second = ask(by, 2)
    page = cleo.get(f"/print/{second.public_id}").text
    assert f'value="{other.id}">BENCH' in page
    assert "LASER" not in page
    assert "OLD" not in page
    form = {"answer": "elsewhere", "printer": other.id}
    assert cleo.send(f"/print/{second.public_id}/answer", form).headers["Location"] == "/print"
    assert [(row.printer_id, row.state, row.copy_of) for row in jobs()] == [
        (zebra.id, "queued", None),
        (other.id, "queued", None),
    ]


def test_what_a_printer_keeps_waiting_is_opened_in_the_page_of_the_phone(
    warehouse: World, browser: Log_in, zebra: Printer
) -> None:
    cleo = browser("cleo")
    (job,) = ask(warehouse.by("cleo", device="device-of-cleo"))
    url = f"/print/{job.public_id}"
    form = {"answer": "elsewhere", "printer": "page"}
    assert cleo.send(f"{url}/answer", form).headers["Location"] == url
    assert "Open it" in cleo.get(url).text
    opened = cleo.send(f"{url}/open")
    assert cleo.get(opened.headers["Location"]).data[:5] == b"%PDF-"
    assert db.session.scalars(select(PrintJob.copy_of)).all() == [None]
