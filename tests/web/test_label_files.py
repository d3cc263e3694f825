"""Labels as a file: on pages of their size or on sheets, drawn whole or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from labels import many
from scanner.barcode import encode
from scanner.db import db
from scanner.models import Parcel
from tests.labels.reading import codes, pages, size_mm
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, digits, jobs, packed, place
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


def test_a_file_that_cannot_be_made_is_no_print(floor: Floor, browser: Log_in) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    answer = browser("eve").send("/labels/shipment/pdf", {"id": parcel.id, "on": "25x25"})
    assert (answer.status_code, jobs()) == (422, [])


def test_an_aisle_is_a_sheet_whose_codes_read(floor: Floor, browser: Log_in) -> None:
    before = digits()
    answer = browser("eve").send("/labels/location/pdf", {"aisle": "A", "on": "100x50", "paper": "A4"})
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert size_mm(answer.data) == (210, 297)
    said = " ".join(codes(answer.data))
    wanted = [code for code in before if code.startswith("A-")]
    assert len(wanted) == 6
    for code in wanted:
        assert encode("location", code.replace("-", "")) in said
        assert digits()[code] != before[code]
        assert digits()[code] in pages(answer.data)[0]


def test_the_overhead_sign_opens_on_a4(floor: Floor, browser: Log_in) -> None:
    answer = browser("eve").send("/labels/location/pdf", {"id": place().id, "on": "210x99", "paper": "A4"})
    assert (answer.status_code, place().check_digits in pages(answer.data)[0]) == (200, True)


def test_pages_have_the_size_of_the_label(floor: Floor, browser: Log_in) -> None:
    answer = browser("eve").send("/labels/command/pdf", {"word": "short", "on": "85x54", "copies": "2"})
    assert size_mm(answer.data) == (85, 54)
    assert len(pages(answer.data)) == 2


def test_a_large_file_is_drawn_by_a_child_and_a_refusal_comes_back_from_it(floor: Floor, browser: Log_in) -> None:
    eve = browser("eve")
    answer = eve.send("/labels/command/pdf", {"on": "63x38", "paper": "Letter"})
    assert size_mm(answer.data) == (216, 279)
    assert len(codes(answer.data)) > many._HERE
    refused = eve.send("/labels/command/pdf", {"on": "25x25", "paper": "A4"})
    assert refused.status_code == 422
    assert "does not fit" in refused.text


def test_one_large_file_at_a_time(floor: Floor, browser: Log_in) -> None:
    with many._one_at_a_time:
        answer = browser("eve").send("/labels/command/pdf", {"on": "63x38", "paper": "A4"})
    assert answer.status_code == 422
    assert "large file of labels" in answer.text


def test_more_than_a_file_may_hold_is_refused(floor: Floor, browser: Log_in) -> None:
    assert (
        browser("eve").send("/labels/location/pdf", {"aisle": "A", "on": "100x50", "copies": "999"}).status_code == 422
    )
    assert browser("eve").send("/labels/location/pdf", {"on": "100x50"}).status_code == 422
