"""What has but one label, a pallet, a parcel or a serial number: the second one is a marked copy on every way."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from labels import many
from scanner import printing, units
from scanner.db import db, transact
from scanner.models import Item, Parcel, PrintJob, Serial
from tests.labels.desk import printer
from tests.labels.reading import pages
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, jobs, out, packed, place, printer_id
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


def test_a_second_print_of_an_sscc_at_the_desk_is_a_marked_copy(floor: Floor, browser: Log_in) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel)).one()
    printer(floor.world.by("eve"), "10.0.0.8:9100", "LARGE", width_mm=105, height_mm=148)
    for kind, subject in (("unit", parcel.unit_id), ("shipment", parcel.id)):
        form = {"id": subject, "on": f"p{printer_id('LARGE')}"}
        assert (
            "Copies of each"
            not in eve.get(f"/labels/{kind}?id={subject}&on=p{printer_id('LARGE')}").text.split("/pdf")[0]
        )
        for token in ("first", "first", "second"):  # the second is refused: it is under way
            eve.send(f"/labels/{kind}/print", {**form, "token": token})
        (first,) = [job for job in jobs() if job.kind == kind]
        assert (first.copy_of, first.printer_id) == (None, printer_id("LARGE"))
        out(first)
        for token in ("first", "second", "second"):
            eve.send(f"/labels/{kind}/print", {**form, "token": token})
        eve.send(f"/labels/{kind}/print", {**form, "token": "third", "copies": "2"})
        assert [job.copy_of for job in jobs() if job.kind == kind] == [None, first.id]


def serial() -> Serial:
    """A lamp with a number of its own."""
    return db.session.scalars(select(Serial).where(Serial.code == "S-1")).one()


def test_a_second_label_of_a_serial_number_is_a_marked_copy(floor: Floor, browser: Log_in) -> None:
    eve, lamp = browser("eve"), serial()
    form = {"id": lamp.item_id, "serial": lamp.code, "on": f"p{printer_id()}"}
    assert "Copies of each" not in eve.get(f"/labels/item?{urlencode(form)}").text
    eve.send("/labels/item/print", {**form, "token": "first"})
    out(jobs()[0])
    eve.send("/labels/item/print", {**form, "token": "second"})
    eve.send("/labels/item/print", {**form, "token": "third", "copies": "2"})
    assert [job.copy_of for job in jobs()] == [None, jobs()[0].id]
    eve.send("/labels/item/print", {"id": lamp.item_id, "on": f"p{printer_id()}", "copies": "2"})  # the item's own
    assert jobs()[-1].copy_of is None


@pytest.mark.parametrize("kind", ["unit", "shipment", "item"])
def test_a_file_of_what_has_one_label_is_its_print_and_the_next_is_a_marked_copy(
    floor: Floor, browser: Log_in, kind: str
) -> None:
    eve, parcel, lamp = browser("eve"), db.session.scalars(select(Parcel)).one(), serial()
    subject = {"unit": parcel.unit_id, "shipment": parcel.id, "item": lamp.item_id}[kind]
    form: dict[str, Any] = {"id": subject, "on": "105x148", **({"serial": lamp.code} if kind == "item" else {})}
    assert "Copies of each" not in eve.get(f"/labels/{kind}?{urlencode(form)}").text
    assert eve.send(f"/labels/{kind}/pdf", {**form, "copies": "2"}).status_code == 422
    assert jobs() == []
    first = eve.send(f"/labels/{kind}/pdf", form)
    assert (first.status_code, "COPY" in pages(first.data)[0]) == (200, False)
    assert "marked as a copy" in eve.get(f"/labels/{kind}?{urlencode(form)}").text
    second = eve.send(f"/labels/{kind}/pdf", form)
    assert "COPY" in pages(second.data)[0]
    assert [(job.state, job.copy_of, job.printer_id) for job in jobs()] == [
        ("sent", None, None),
        ("sent", jobs()[0].id, None),
    ]
    assert printing.questions(floor.world.by("eve")) == []


def test_a_file_takes_the_place_of_a_label_that_waits_for_its_printer_and_says_what_that_said(
    floor: Floor, browser: Log_in
) -> None:
    eve, by = browser("eve"), floor.world.by("eve")
    unit = transact(lambda: units.new_unit(by, "pallet", place().id))
    mug = db.session.scalars(select(Item.id).where(Item.sku == "MUG")).one()
    job = transact(lambda: printing.once("unit", unit.id, by, details={"item": mug, "count": 48}))
    file = eve.send("/labels/unit/pdf", {"id": unit.id, "on": "105x148"})
    assert "48" in pages(file.data)[0]
    assert "COPY" not in pages(file.data)[0]
    db.session.expire_all()
    assert [job.id for job in jobs()] == [job.id]
    assert (job.state, job.printer_id, job.details["count"]) == ("sent", None, 48)


def test_a_file_is_refused_while_a_printer_has_the_label(floor: Floor, browser: Log_in) -> None:
    eve, by, parcel = browser("eve"), floor.world.by("eve"), db.session.scalars(select(Parcel)).one()
    job = transact(lambda: printing.once("shipment", parcel.id, by))
    transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "state", "sending"))
    answer = eve.send("/labels/shipment/pdf", {"id": parcel.id, "on": "105x148"})
    db.session.expire_all()
    assert (answer.status_code, [job.state for job in jobs()]) == (422, ["sending"])


def test_a_file_of_a_label_that_was_printed_meanwhile_is_not_given_out(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve, by, parcel = browser("eve"), floor.world.by("eve"), db.session.scalars(select(Parcel)).one()
    draw = many.file_of

    def slowly(*how: Any) -> bytes:
        out(transact(lambda: printing.once("shipment", parcel.id, by)))
        return draw(*how)

    monkeypatch.setattr(many, "file_of", slowly)
    answer = eve.send("/labels/shipment/pdf", {"id": parcel.id, "on": "105x148"})
    assert answer.status_code == 422
    assert [(job.state, job.copy_of) for job in jobs()] == [("confirmed", None)]


def test_a_file_of_many_that_is_refused_leaves_none_of_them_printed(floor: Floor, browser: Log_in) -> None:
    eve, by, parcel = browser("eve"), floor.world.by("eve"), db.session.scalars(select(Parcel)).one()
    unit = transact(lambda: units.new_unit(by, "pallet", place().id))
    job = transact(lambda: printing.once("unit", parcel.unit_id or 0, by))
    transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "state", "sending"))
    answer = eve.send("/labels/unit/pdf", {"id": [unit.id, parcel.unit_id], "on": "105x148"})
    db.session.expire_all()
    assert (answer.status_code, [(job.subject_id, job.state) for job in jobs()]) == (422, [(parcel.unit_id, "sending")])


def test_a_file_takes_the_place_of_a_serial_that_waits_for_a_page_with_what_is_asked_for_now(
    floor: Floor, browser: Log_in
) -> None:
    eve, by, lamp = browser("eve"), floor.world.by("eve"), serial()
    job = transact(lambda: printing.once("item", lamp.item_id or 0, by, details={"serial": lamp.code}))
    transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "printer_id", None))
    wish = {"id": lamp.item_id, "serial": lamp.code, "symbol": "gs1_datamatrix", "on": "100x50"}
    assert eve.send("/labels/item/pdf", wish).status_code == 200
    db.session.expire_all()
    assert [(job.state, job.details["symbol"]) for job in jobs()] == [("sent", "gs1_datamatrix")]


def test_what_a_new_pallets_label_says_stays_when_the_desk_prints_it_elsewhere(floor: Floor, browser: Log_in) -> None:
    eve, unit = browser("eve"), db.session.scalars(select(Parcel.unit_id)).one()
    other = printer(floor.world.by("eve"), "10.0.0.8:9100", "LARGE", width_mm=105, height_mm=148)
    job = transact(lambda: printing.once("unit", unit, floor.world.by("eve"), details={"item": 1, "count": 6}))
    eve.send("/labels/unit/print", {"id": unit, "on": f"p{other.id}", "token": "one"})
    (moved,) = jobs()
    assert (moved.id, moved.printer_id, moved.details) == (job.id, other.id, {"item": 1, "count": 6})


@pytest.mark.parametrize("kind", ["unit", "shipment"])
def test_a_label_that_the_desk_has_opened_as_a_file_is_not_opened_a_second_time_without_a_mark(
    floor: Floor, browser: Log_in, kind: str
) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel)).one()
    eve.send(f"/labels/{kind}/pdf", {"id": {"unit": parcel.unit_id, "shipment": parcel.id}[kind], "on": "105x148"})
    (first,) = jobs()
    for page in (f"/print/{first.public_id}", f"/print-jobs/{first.id}"):
        assert "Open it</button>" not in eve.get(page).text
        assert "Forget it" not in eve.get(page).text
        assert "Print a copy" in eve.get(page).text
    assert eve.send(f"/print/{first.public_id}/open").status_code == 422
    assert eve.get(f"/print/{first.public_id}/file").status_code == 422
    eve.send(f"/print/{first.public_id}/answer", {"answer": "again"})
    copy = jobs()[-1]
    assert copy.copy_of == first.id
    opened = eve.send(f"/print/{copy.public_id}/open")
    assert "COPY" in pages(eve.get(opened.headers["Location"]).data)[0]
