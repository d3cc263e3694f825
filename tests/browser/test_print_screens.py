"""Prints on the screen: a double click prints one copy, a question in a task moves nothing, an id stays in its card."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from scanner import printing
from scanner.db import db, now, transact
from scanner.models import Order, PersonSession, Printer, PrintJob
from tests.browser.station import Station
from tests.labels.desk import ask, printer
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.web.test_print_answers import jobs, out
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)]

BOXES = """() => [".status", ".work", ".scan", ".next", ".actions"]
  .map((band) => document.querySelector(band).getBoundingClientRect().toJSON())"""
OVER = """() => [...document.querySelectorAll(".facts dd")]
  .filter((fact) => fact.scrollWidth > fact.clientWidth).map((fact) => fact.textContent)"""


@pytest.fixture
def desk(phone: Station) -> Station:
    """The same, where Eve has typed her password too."""
    transact(lambda: db.session.execute(update(PersonSession).values(has_password=True)))
    return phone


@pytest.fixture
def lost(warehouse: World) -> PrintJob:
    """A label of Eve's phone of which nobody can tell whether it came out."""
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    return out(ask(warehouse.by("eve", device="phone"))[0], "unknown")


@pytest.mark.parametrize("place", ["station", "desk"])
def test_a_double_click_prints_one_copy(desk: Station, lost: PrintJob, place: str) -> None:
    path = f"/print/{lost.public_id}" if place == "station" else f"/print-jobs/{lost.id}"
    desk.page.goto(f"{desk.url}{path}")
    desk.page.get_by_role("button", name="Print a copy").dblclick()
    desk.page.wait_for_load_state("networkidle")
    desk.wait(lambda: len(jobs()) > 1)
    desk.page.wait_for_timeout(300)
    assert [job.copy_of for job in jobs()] == [None, lost.id]


def test_a_question_in_a_task_moves_nothing(phone: Station, warehouse: World) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2))
    task = floor.start("eve", "pick", "SO-1")

    def bands() -> list[Any]:
        phone.open(f"/pick/{task}/")
        return list(phone.page.evaluate(BOXES))

    before = bands()
    assert phone.page.locator(".status__prints").count() == 0
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    out(ask(warehouse.by("eve", device="phone"))[0], "unknown")
    assert bands() == before
    assert phone.page.locator(".status__prints").is_visible()
    title = phone.page.locator(".status__title")
    assert title.evaluate("(title) => title.scrollWidth <= title.clientWidth")


def test_the_id_of_a_job_stays_in_its_card(desk: Station, lost: PrintJob) -> None:
    for width in (1280, 1200, 1024):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.goto(f"{desk.url}/print-jobs/{lost.id}")
        assert desk.page.evaluate(OVER) == []
        assert desk.page.get_by_text(lost.public_id).is_visible()


# --- what the page of the device prints ------------------------------------------------------------------------------

CUT = "(line) => line.scrollWidth > line.clientWidth"
WIDER = """() => [...document.querySelectorAll(".table-frame")].filter((frame) => frame.scrollWidth > frame.clientWidth)
  .map((frame) => frame.ariaLabel)"""


@pytest.mark.parametrize("place", ["station", "desk"])
def test_a_page_that_has_opened_a_print_asks_by_itself_whether_it_came_out(
    desk: Station, warehouse: World, place: str
) -> None:
    (job,) = ask(warehouse.by("eve", device="phone"))
    desk.page.goto(f"{desk.url}/print/{job.public_id}" if place == "station" else f"{desk.url}/print-jobs/{job.id}")
    first = desk.page
    if place == "station":
        assert not first.locator(".next").evaluate(CUT)
    with desk.context.expect_page():
        first.get_by_role("button", name="Open it").click()
    first.get_by_role("button", name="It came out").wait_for(timeout=20_000)
    first.get_by_role("button", name="Print a copy").wait_for()
    assert first.get_by_role("button", name="Open it").is_visible()
    if place == "station":
        assert not first.locator(".next").evaluate(CUT)
        assert "was sent" in first.inner_text(".work")
    first.get_by_role("button", name="It came out").click()
    desk.wait(lambda: jobs()[0].state == "confirmed")
    assert desk.errors == []


def test_a_label_with_a_long_name_stays_on_one_line_of_its_card(phone: Station, warehouse: World) -> None:
    warehouse.order("SO-" + "1234567890" * 3, ("MUG", 1))
    order = db.session.scalars(select(Order.id)).one()
    by = warehouse.by("eve", device="phone")
    transact(lambda: printing.ask("packing_slip", order, by, use="paper"))
    ask(by)
    phone.open("/print")
    name = phone.page.locator(".list__button b", has_text="Packing slip")
    other = phone.page.locator(".list__button b", has_text="Test")
    assert name.evaluate(CUT)
    assert name.evaluate("(line) => getComputedStyle(line).textOverflow") == "ellipsis"
    boxes = [each.bounding_box() for each in (name, other)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["height"] == boxes[1]["height"]


def test_the_list_of_printers_is_no_wider_than_the_desk(desk: Station, warehouse: World) -> None:
    by = warehouse.by("eve")
    row = printer(by, "10.0.0.7:9100", name="Zebra ZD421 at the packing bench 1")
    printer(by, "ipp://printserver.warehouse.example:631/printers/DOCUMENTS", "DOCUMENTS-2", kind="ipp", language="pdf")
    values = {"state": "ribbon_out", "is_paused": True, "state_at": now()}
    transact(lambda: db.session.execute(update(Printer).where(Printer.id == row.id).values(values)))
    lost, failed = ask(by, 2, printer=row)
    out(lost, "unknown")
    out(failed, "failed")
    for path in ("/printers", f"/printers/{row.id}", "/print-jobs"):
        desk.page.set_viewport_size({"width": 1280, "height": 800})
        desk.page.goto(f"{desk.url}{path}")
        assert desk.page.evaluate(WIDER) == []
