"""Check digits of locations: new with each print, and they count from when the label may be out."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import update

from labels import many, subjects
from labels.make import Target
from labels.parts import Text
from scanner import printing
from scanner.db import db, transact
from scanner.models import Location, PrintJob
from tests.labels.desk import again, printer, work
from tests.labels.fake_printer import FakePrinter
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, digits, jobs, packed, place, printer_id
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


def test_a_page_that_is_opened_again_has_the_check_digits_that_count(floor: Floor) -> None:
    by = floor.world.by("eve")
    first, second = (
        transact(lambda n=n: printing.ask("location", place().id, by, key=str(n)))  # type: ignore[misc]
        for n in range(2)
    )
    for job in (first, second):
        transact(lambda job=job: printing.opened(job, by, ""))  # type: ignore[misc]
    assert place().check_digits == second.details["check_digits"]
    assert digits_on(first) == digits_on(second) == [place().check_digits]


def test_looking_asking_and_what_fails_change_no_check_digits(app: Flask, floor: Floor, browser: Log_in) -> None:
    eve, before = browser("eve"), digits()
    eve.get(f"/labels/location?id={place().id}")
    eve.get(f"/labels/location/preview.png?id={place().id}")
    eve.send("/labels/location/print", {"id": place().id, "on": f"p{printer_id()}"})
    (job,) = jobs()
    assert digits() == before
    work(app)  # nobody is at that address
    assert (again(job).state, digits()) == ("queued", before)
    transact(lambda: printing.cancel(job, floor.world.by("eve")))
    assert digits() == before


def test_new_check_digits_count_once_the_label_may_be_out_and_a_copy_has_those_that_count(
    app: Flask, floor: Floor, browser: Log_in
) -> None:
    eve, before, by = browser("eve"), place().check_digits, floor.world.by("eve")
    with FakePrinter("good") as fake:
        printer(by, fake.address, "NEAR", width_mm=100, height_mm=50)
        eve.send("/labels/location/print", {"id": place().id, "on": f"p{printer_id('NEAR')}"})
        work(app)
        (job,), new = jobs(), place().check_digits
        assert (again(job).state, new != before) == ("sent", True)
        transact(lambda: printing.ask("location", place().id, by))  # a newer one waits
        assert (digits_on(job), place().check_digits) == ([new], new)
        copy = transact(lambda: printing.print_again(job, by))
        assert (digits_on(copy), place().check_digits) == ([new], new)
        work(app)
    assert place().check_digits == jobs()[1].details["check_digits"]
    assert digits_on(again(copy)) == [place().check_digits]  # a copy has those that count when it is made


def digits_on(job: PrintJob) -> list[str]:
    """The check digits that a location's label says now."""
    label = subjects.drawing(job, Target("pdf", 300, 100, 50))()
    return [
        line for part in label.parts if isinstance(part, Text) and part.name == "check digits" for line in part.lines
    ]


def test_a_location_without_check_digits_gets_some(app: Flask, floor: Floor, browser: Log_in) -> None:
    transact(lambda: db.session.execute(update(Location).values(check_digits="")))
    with FakePrinter("good") as fake:
        printer(floor.world.by("eve"), fake.address, "NEAR", width_mm=100, height_mm=50)
        browser("eve").send("/labels/location/print", {"id": place().id, "on": f"p{printer_id('NEAR')}"})
        work(app)
    assert re.fullmatch("[0-9]{3}", place().check_digits)


def test_a_file_that_is_refused_voids_no_label(floor: Floor, browser: Log_in) -> None:
    eve, before = browser("eve"), digits()
    for wish in ({"aisle": "A", "on": "210x99", "paper": "A6"}, {"id": [place().id, 999_999], "on": "100x50"}):
        assert eve.send("/labels/location/pdf", wish).status_code == 422
    with many._one_at_a_time:
        answer = eve.send("/labels/location/pdf", {"aisle": "A", "on": "100x50", "copies": "9"})
    assert (answer.status_code, digits()) == (422, before)


def test_new_digits_count_once_the_file_is_made_and_not_before(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> bytes:
        raise SystemExit

    eve, before = browser("eve"), digits()
    monkeypatch.setattr(many, "file_of", killed)
    with pytest.raises(SystemExit):
        eve.send("/labels/location/pdf", {"aisle": "A", "on": "100x50"})
    db.session.rollback()
    assert digits() == before
