"""Labels at the desk and by API: seen first, refused in words, printed through the queue, opened as sheets."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from labels import many, picture, subjects
from labels.make import Target
from labels.parts import Text
from scanner import people, printing, units
from scanner.barcode import encode
from scanner.carrier_labels import LABEL_BYTES
from scanner.db import db, transact
from scanner.models import CarrierLabel, Item, Location, Parcel, Printer, PrintJob, Serial, Unit
from tests.conftest import Browser
from tests.labels.desk import again, printer, work
from tests.labels.fake_printer import FakePrinter
from tests.labels.reading import codes, pages, size_mm
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World
from tools.label_pictures import LABELS

Log_in = Callable[[str], Browser]


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2))
    floor.pick("SO-1")
    floor.pack("SO-1")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    printer(
        warehouse.by("eve"), "", "OFFICE", kind="browser", language="pdf", used_for="paper", width_mm=210, height_mm=297
    )
    return floor


def printer_id(code: str = "ZEBRA") -> int:
    """A printer's id."""
    return db.session.scalars(select(Printer.id).where(Printer.code == code)).one()


def place(code: str = "A-02-1") -> Location:
    """A location as it is now."""
    return db.session.scalars(
        select(Location).where(Location.code == code).execution_options(populate_existing=True)
    ).one()


def digits() -> dict[str, str]:
    """Every location's check digits."""
    return {row.code: row.check_digits for row in db.session.execute(select(Location.code, Location.check_digits))}


def jobs() -> list[PrintJob]:
    """The queue."""
    return list(db.session.scalars(select(PrintJob).order_by(PrintJob.id)))


def token_of(page: str) -> str:
    """What tells one asking from the next."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def api(world: World, role: str) -> dict[str, str]:
    """The headers of a program."""
    return {"Authorization": f"Bearer {transact(lambda: people.new_api_token(world.by('finn'), role, role))}"}


# --- looking ---------------------------------------------------------------------------------------------------------


def test_every_kind_is_shown_with_its_print_quality(floor: Floor, browser: Log_in) -> None:
    eve = browser("eve")
    parcel, unit = (
        db.session.scalars(select(Parcel)).one(),
        db.session.scalars(select(Unit).where(Unit.kind == "tote")).one(),
    )
    wishes = {
        "location": f"id={place().id}",
        "station": f"id={place('PACK-1').id}",
        "item": f"id={floor.world.items['MUG'].id}&qty=6",
        "unit": f"id={parcel.unit_id}&on=102x152",
        "tote": f"id={unit.id}",
        "shipment": f"id={parcel.id}&on=102x152",
        "command": "",
        "carton_type": "id=1",
        "check_sheet": "on=105x148",
    }
    assert eve.get("/labels").status_code == 200
    for kind, query in wishes.items():
        page = eve.get(f"/labels/{kind}?{query}")
        assert page.status_code == 200, (kind, page.text)
        assert "X-dimension" in page.text
        assert "zxing-cpp" in page.text
        shown = eve.get(f"/labels/{kind}/preview.png?{query}")
        assert (shown.status_code, shown.mimetype) == (200, "image/png"), kind
        assert zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.data)).convert("L")), kind
    assert jobs() == []


def test_the_preview_is_at_the_printers_own_dots(floor: Floor, browser: Log_in) -> None:
    shown = browser("eve").get(f"/labels/location/preview.png?id={place().id}&on=p{printer_id()}")
    assert Image.open(io.BytesIO(shown.data)).size == (800, 400)


def test_a_label_that_does_not_fit_says_why_and_cannot_be_printed(floor: Floor, browser: Log_in) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    eve, url = browser("eve"), f"/labels/unit?id={parcel.unit_id}&on=p{printer_id()}"
    page = eve.get(url)
    assert page.status_code == 422
    assert "reaches beyond 100 by 50 mm" in page.text
    assert "Use a larger label" in page.text
    assert "Print on ZEBRA" not in page.text
    eve.send("/labels/unit/print", {"id": parcel.unit_id, "on": f"p{printer_id()}"})
    assert jobs() == []


@pytest.mark.parametrize(
    "query",
    ["", "id=999999", "id=x", "id=99999999999999999999", "aisle=%00", "on=p9999999999999", "on=0x0", "on=999x999&id=1"],
)
def test_a_strange_wish_is_answered(floor: Floor, browser: Log_in, query: str) -> None:
    eve = browser("eve")
    for kind in ("location", "item", "shipment"):
        assert eve.get(f"/labels/{kind}?{query}").status_code in (200, 422)
        assert eve.get(f"/labels/{kind}/preview.png?{query}").status_code in (200, 404, 422)
    assert eve.get("/labels/nothing").status_code == 404


def test_pages_lead_to_their_labels(floor: Floor, browser: Log_in) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel)).one()
    mug, here = floor.world.items["MUG"].id, place().id
    for url, link in {
        f"/items/{mug}": f"/labels/item?id={mug}",
        f"/locations/{here}": f"/labels/location?id={here}",
        f"/locations/{place('PACK-1').id}": "/labels/station?id=",
        f"/units/{parcel.unit_id}": f"/labels/unit?id={parcel.unit_id}",
        f"/orders/{parcel.order_id}": f"/parcels/{parcel.id}",
        f"/parcels/{parcel.id}": f"/labels/shipment?id={parcel.id}",
        "/locations": 'action="/labels/location"',
        "/labels": "/labels/location?aisle=A",
    }.items():
        assert link in eve.get(url).text, url
    assert "/labels/" not in browser("ben").get(f"/items/{mug}").text


# --- printing --------------------------------------------------------------------------------------------------------


def test_an_aisle_is_printed_once_however_often_the_button_is_pressed(floor: Floor, browser: Log_in) -> None:
    eve, url = browser("eve"), f"/labels/location?aisle=A&on=p{printer_id()}"
    form = {"aisle": "A", "on": f"p{printer_id()}", "token": token_of(eve.get(url).text)}
    before = digits()
    for _ in range(2):
        assert eve.send("/labels/location/print", form).status_code == 303
    asked = jobs()
    assert len(asked) == len([code for code in before if code.startswith("A-")])
    assert {job.kind for job in asked} == {"location"}
    codes_of = {job.subject_id: db.session.get_one(Location, job.subject_id or 0).code for job in asked}
    assert all(job.details["check_digits"] != before[codes_of[job.subject_id]] for job in asked)
    assert digits() == before
    eve.send("/labels/location/print", {**form, "token": "another"})
    assert len(jobs()) == 2 * len(asked)


def out(job: PrintJob) -> None:
    """It has come out."""
    transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "state", "confirmed"))


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


def test_a_file_that_cannot_be_made_is_no_print(floor: Floor, browser: Log_in) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    answer = browser("eve").send("/labels/shipment/pdf", {"id": parcel.id, "on": "25x25"})
    assert (answer.status_code, jobs()) == (422, [])


def test_what_a_new_pallets_label_says_stays_when_the_desk_prints_it_elsewhere(floor: Floor, browser: Log_in) -> None:
    eve, unit = browser("eve"), db.session.scalars(select(Parcel.unit_id)).one()
    other = printer(floor.world.by("eve"), "10.0.0.8:9100", "LARGE", width_mm=105, height_mm=148)
    job = transact(lambda: printing.once("unit", unit, floor.world.by("eve"), details={"item": 1, "count": 6}))
    eve.send("/labels/unit/print", {"id": unit, "on": f"p{other.id}", "token": "one"})
    (moved,) = jobs()
    assert (moved.id, moved.printer_id, moved.details) == (job.id, other.id, {"item": 1, "count": 6})


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


def test_an_aisle_that_is_more_than_goes_at_once_is_offered_in_parts(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.wish.MOST_JOBS", 4)
    monkeypatch.setattr(many, "MOST", 5)
    eve = browser("eve")
    page = eve.get(f"/labels/location?aisle=A&on=p{printer_id()}").text
    links = re.findall(r'href="(\?[^"]*part=[^"]*)"', page)
    assert [link.split("part=")[1] for link in links] == ["1-4", "5-6"]
    second = eve.get("/labels/location" + unescape(links[1]))
    assert "In parts" in second.text
    for part in ("1-4", "5-6"):
        eve.send("/labels/location/print", {"aisle": "A", "part": part, "on": f"p{printer_id()}", "token": part})
    assert len({job.subject_id for job in jobs()}) == 6
    assert "part=6-6" in eve.get("/labels/location?aisle=A&on=100x50").text
    file = eve.send("/labels/location/pdf", {"aisle": "A", "part": "6-6", "on": "100x50"})
    assert len(pages(file.data)) == 1
    for strange in ("0-4", "x", "5-4", "7-9"):
        assert eve.get(f"/labels/location?aisle=A&part={strange}&on=100x50").status_code in (200, 422)


def test_more_than_a_queue_should_take_is_refused(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.wish.MOST_JOBS", 3)
    before = digits()
    browser("eve").send("/labels/location/print", {"aisle": "A", "on": f"p{printer_id()}"})
    assert jobs() == []
    assert digits() == before


def test_a_paper_goes_to_the_paper_printer(floor: Floor, browser: Log_in) -> None:
    eve, order = browser("eve"), db.session.scalars(select(Parcel.order_id)).one()
    page = eve.get(f"/documents/packing_slip/{order}").text
    assert "Print on OFFICE" in page
    assert "Print on ZEBRA" not in page
    form = {"id": order, "on": f"p{printer_id('OFFICE')}", "token": token_of(page)}
    for _ in range(2):
        assert eve.send("/labels/packing_slip/print", form).status_code == 303
    (job,) = jobs()
    assert (job.kind, job.subject_id, job.used_for) == ("packing_slip", order, "paper")


def test_a_printer_of_another_site_prints_nothing(floor: Floor, browser: Log_in) -> None:
    floor.world.at_another_site()
    zoe = browser("zoe")
    assert zoe.get(f"/labels/location?id={place().id}&on=100x50").status_code == 422
    zoe.send("/labels/location/print", {"id": place().id, "on": f"p{printer_id()}"})
    assert jobs() == []


# --- sheets ----------------------------------------------------------------------------------------------------------


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


# --- what a carrier has sent -----------------------------------------------------------------------------------------

PNG = picture.png(LABELS["tote"](), is_coloured=False)
ZPL = b"^XA^PW800^FO10,10^BY3^BCN,100,Y,N,N^FD1Z999^FS^GFA,8,8,1,FFFFFFFFFFFFFFFF^FS^XZ\n"
ZPL_MAXICODE = (
    b"^XA\r\n^FO10,10^BD2^FH_^FD001840152382802[)>_1E01_1D961Z00004951_1DUPSN_1E_04^FS\t^XZ\r\n"  # as UPS does
)
ZPL_SET_UP = b"^XA^MNY^MCY^MTT^MMT^MD30^PR12^CF0,20^A0N,3^A@N,9,9,E:X.FNT^FDx^FS^PQ1,0,1,Y^XZ"  # as carriers do
MADE = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def send_label(eve: Browser, parcel: int, data: bytes, tracking: str = "") -> str:
    """Upload it, and what the page says then."""
    file = FileStorage(io.BytesIO(data), "label.bin")
    boundary, body = encode_multipart({"csrf_token": eve.token(), "label": file, "tracking": tracking})  # in memory
    kind = f"multipart/form-data; boundary={boundary}"
    answer = eve.post(f"/parcels/{parcel}/label", data=body, content_type=kind)
    return eve.get(f"/parcels/{parcel}").text if answer.status_code == 303 else answer.text


@pytest.mark.parametrize(
    ("data", "language"), [(PNG, "png"), (ZPL, "zpl"), (ZPL_SET_UP, "zpl"), (ZPL_MAXICODE, "zpl"), (MADE, "pdf")]
)
def test_a_carriers_label_is_kept_and_printed_instead_of_ours(
    floor: Floor, browser: Log_in, data: bytes, language: str
) -> None:
    from labels.make import Target, maker_of, trial

    eve, parcel = browser("eve"), db.session.scalars(select(Parcel.id)).one()
    assert "is kept" in send_label(eve, parcel, data, "1Z999AA1")
    assert db.session.get_one(Parcel, parcel).tracking == "1Z999AA1"
    kept = eve.get(f"/parcels/{parcel}/label")
    assert kept.data == data
    assert kept.headers["Content-Disposition"].startswith("attachment")
    job = trial("shipment", parcel, floor.world.by("eve"))
    assert maker_of("shipment")(job, Target(language, 203, 102, 152)).data == data
    assert "printed as it came" in eve.get(f"/labels/shipment?id={parcel}&on=102x152").text
    eve.send(f"/parcels/{parcel}/label/drop")
    assert eve.get(f"/parcels/{parcel}/label").status_code == 404
    assert maker_of("shipment")(job, Target(language, 203, 102, 152)).data != data


def test_a_png_of_a_carrier_becomes_pdf_and_zpl_and_nothing_else_is_converted(floor: Floor, browser: Log_in) -> None:
    from labels.make import Target, maker_of, trial
    from scanner.refusals import Refusal

    eve, parcel = browser("eve"), db.session.scalars(select(Parcel.id)).one()
    job = trial("carrier_label", parcel, floor.world.by("eve"))
    make = maker_of("carrier_label")
    send_label(eve, parcel, PNG)
    paper = make(job, Target("pdf", 300, 102, 152)).data
    assert size_mm(paper) == (102, 152)
    assert any("U000123" in code for code in codes(paper))
    assert make(job, Target("zpl", 203, 102, 152)).data.startswith(b"^XA")
    for target, code in {
        Target("zpl", 300, 102, 152): "label_language",
        Target("zpl", 203, 50, 25): "label_too_small",
    }.items():
        with pytest.raises(Refusal, match=code):
            make(job, target)
    for data, language in ((MADE, "zpl"), (MADE, "png"), (ZPL, "pdf"), (ZPL, "png")):
        send_label(eve, parcel, data)
        with pytest.raises(Refusal, match="label_language"):
            make(job, Target(language, 203, 102, 152))


BAD = {
    "nothing": b"",
    "text": b"hello",
    "script": b"<html><script>alert(1)</script>",
    "half a PNG": PNG[: len(PNG) // 2],
    "a PNG by its head alone": b"\x89PNG\r\n\x1a\n" + b"x" * 100,
    "half a PDF": b"%PDF-1.4\n1 0 obj",
    "too large": b"^XA" + b"^FDx^FS" * (LABEL_BYTES // 7) + b"^XZ",
    "ZPL without an end": b"^XA^FDx^FS",
    "ZPL that resets": b"^XA~JR^XZ",
    "ZPL that saves": b"^XA^JUS^XZ",
    "ZPL that renames commands": b"^XA^CC+^XZ",
    "ZPL that deletes": b"^XA^IDR:*.*^FS^XZ",
    "ZPL that sets a network": b"^XA^NS1,1.2.3.4^XZ",
    "ZPL that stores": b"^XA^DFR:X.ZPL^FS^XZ",
    "ZPL that resets behind a font": b"^XA^A~JR^XZ",
    "ZPL that renames commands behind a font": b"^XA^A^CC!^XZ",
    "ZPL that copies files": b"^XA^TOR:A.GRF,E:A.GRF^XZ",
    "ZPL that scales what comes after it": b"^XA^MUI,150,300^XZ",
    "ZPL that shifts what comes after it": b"^XA^LT-120^XZ",
    "ZPL that leaves the picture standing": b"^XA^MCN^XZ",
    "ZPL without end of the paper": b"^XA^MNN^XZ",
    "ZPL for all of the roll": b"^XA^PQ99999999^XZ",
    "ZPL that resets by DLE": b"^XA\x10JR^XZ",
    "ZPL that renames commands by RS": b"^XA\x1eCC+^XZ",
    "ZPL with a sign of control": b"^XA^FDa\x05b^FS^XZ",
    "ZPL with a binary picture": b"^XA^GFB,8,8,1,\x00\x01\x02\x03\x04\x05\x06\x07^FS^XZ",
    "a PDF with a printer's commands behind it": MADE + b"\x1b%-12345X@PJL DEFAULT COPIES=99",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_label_is_refused_and_nothing_is_kept(floor: Floor, browser: Log_in, name: str) -> None:
    parcel = db.session.scalars(select(Parcel.id)).one()
    said = send_label(browser("eve"), parcel, BAD[name], "1Z5")
    assert "is not taken" in said or "too large" in said.lower() or "larger" in said, said[:500]
    assert db.session.scalar(select(func.count()).select_from(CarrierLabel)) == 0
    assert db.session.get_one(Parcel, parcel).tracking == ""


def test_a_tracking_number_is_one_parcels_alone(floor: Floor, browser: Log_in) -> None:
    floor.world.order("SO-2", ("MUG", 1))
    floor.pick("SO-2", 2)
    floor.pack("SO-2", 2)
    first, second = db.session.scalars(select(Parcel.id).order_by(Parcel.id)).all()
    eve = browser("eve")
    send_label(eve, first, ZPL, "1Z999AA1")
    assert "SO-1" in send_label(eve, second, ZPL, "1Z999AA1")
    assert "is kept" not in send_label(eve, second, ZPL, "x")
    assert db.session.scalar(select(func.count()).select_from(CarrierLabel)) == 1


def test_a_number_of_copies_that_cannot_be_is_refused_and_not_changed(floor: Floor, browser: Log_in) -> None:
    eve, order = browser("eve"), db.session.scalars(select(Parcel.order_id)).one()
    papers = {"id": order, "on": f"p{printer_id('OFFICE')}"}
    for copies in ("5000", "1000", "0", "-1", "x", "1.5"):
        label = {"word": "OK", "on": f"p{printer_id()}", "copies": copies}
        words = f"{copies} is no quantity"
        assert words in eve.send("/labels/command/print", label, follow_redirects=True).text
        assert words in eve.send("/labels/command/pdf", {**label, "on": "85x54"}).text
        assert words in eve.send("/labels/packing_slip/print", {**papers, "copies": copies}, follow_redirects=True).text
    assert jobs() == []
    eve.send("/labels/command/print", {"word": "OK", "on": f"p{printer_id()}", "copies": "999"})
    assert [job.copies for job in jobs()] == [999]


# --- by API ----------------------------------------------------------------------------------------------------------


def test_the_api_shows_a_label_in_each_language_and_prints_nothing(floor: Floor, client: Browser) -> None:
    head, before = api(floor.world, "packer"), digits()
    kinds = {"png": "image/png", "pdf": "application/pdf", "zpl": "text/plain"}
    for language, mimetype in kinds.items():
        answer = client.get(
            f"/api/v1/labels/location?subject={place().id}&format={language}&printer=ZEBRA", headers=head
        )
        assert (answer.status_code, answer.mimetype) == (200, mimetype), answer.text
    assert (
        client.get("/api/v1/labels/command?word=Q&number=12&width_mm=63&height_mm=38", headers=head).status_code == 200
    )
    assert jobs() == []
    assert digits() == before
    carton = db.session.scalars(select(Parcel.unit_id)).one()
    wrong = {
        "/api/v1/labels/nothing": "unknown_label",
        "/api/v1/labels/location?subject=999999": "label_gone",
        "/api/v1/labels/command?word=NO": "label_bad_content",
        f"/api/v1/labels/unit?subject={carton}&width_mm=50&height_mm=25": "label_too_small",
        "/api/v1/labels/location?colour=red": "bad_request",
        "/api/v1/labels/location?subject=1&printer=NONE": "unknown_printer",
    }
    assert {url: client.get(url, headers=head).get_json()["code"] for url in wrong} == wrong


def test_the_api_shows_a_label_in_the_resolution_that_is_asked_for(floor: Floor, client: Browser) -> None:
    head, url = api(floor.world, "packer"), f"/api/v1/labels/location?subject={place().id}&format=png"
    widths = [
        Image.open(io.BytesIO(client.get(f"{url}&dpi={dpi}", headers=head).data)).width for dpi in (203, 300, 600)
    ]
    assert widths == [816, 1205, 2409]  # 102 mm; a head of "203 dpi" has 8 dots to the millimetre
    assert {client.get(f"{url}&dpi={dpi}", headers=head).status_code for dpi in (72, 204, "x", -300)} == {422}
    about = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/labels/{kind}"]["get"]["parameters"]
    (said,) = (each["schema"] for each in about if each["name"] == "dpi")
    assert "[203, 300, 600]" in str(said)


def test_a_second_print_of_an_sscc_by_api_is_a_marked_copy_and_the_same_key_prints_once(
    floor: Floor, client: Browser
) -> None:
    parcel, head = db.session.scalars(select(Parcel.id)).one(), api(floor.world, "packer")
    wish = {"kind": "shipment", "subject": parcel, "printer": "ZEBRA"}

    def ask(**more: object) -> str:
        asked = client.post("/api/v1/print-jobs", json={**wish, **more}, headers=head).get_json()
        return str(asked.get("id", asked.get("code")))

    assert ask(copies=2) == "label_has_one"
    first = ask(key="k1")
    assert (ask(key="k1"), ask(key="k2")) == (first, "print_under_way")
    out(jobs()[0])
    copy = ask(key="k2")
    assert (ask(key="k1"), ask(key="k2")) == (first, copy)
    assert [job.copy_of for job in jobs()] == [None, jobs()[0].id]


def test_a_program_of_another_site_asks_for_no_label_here_and_changes_no_digits(floor: Floor, client: Browser) -> None:
    floor.world.at_another_site()
    zoe = replace(floor.world.by("zoe"), site_id=floor.world.people["zoe"].site_id)
    token = transact(lambda: people.new_api_token(zoe, "erp", "supervisor"))
    head, before = {"Authorization": f"Bearer {token}"}, digits()
    parcel = db.session.scalars(select(Parcel)).one()
    wishes = {"location": place().id, "station": place("PACK-1").id, "unit": parcel.unit_id, "tote": parcel.unit_id}
    for kind, subject in {**wishes, "shipment": parcel.id, "packing_slip": parcel.order_id, "item": None}.items():
        asked = client.post("/api/v1/print-jobs", json={"kind": kind, "subject": subject}, headers=head)
        assert (kind, asked.get_json()["code"]) == (kind, "label_gone")
    transact(lambda: printing.ask("location", place().id, zoe))
    assert (len(jobs()), digits()) == (1, before)


def test_an_invoice_is_the_desks_by_api_too_and_other_papers_are_everybodys(floor: Floor, client: Browser) -> None:
    order = db.session.scalars(select(Parcel.order_id)).one()
    packer, boss = api(floor.world, "packer"), api(floor.world, "supervisor")
    for kind in ("packing_slip", "pick_list"):
        assert client.get(f"/api/v1/labels/{kind}?subject={order}", headers=packer).status_code == 200
    assert client.get(f"/api/v1/labels/invoice?subject={order}", headers=packer).get_json()["code"] == "not_allowed"
    assert client.get(f"/api/v1/labels/invoice?subject={order}", headers=boss).get_json()["code"] == "no_price"
    asked = client.post("/api/v1/print-jobs", json={"kind": "invoice", "subject": order}, headers=packer)
    assert asked.get_json()["code"] == "not_allowed"


def test_the_api_takes_a_carriers_label(floor: Floor, client: Browser) -> None:
    parcel, head = db.session.scalars(select(Parcel.id)).one(), api(floor.world, "supervisor")
    url = f"/api/v1/parcels/{parcel}/label"
    taken = client.post(f"{url}?tracking=1Z9", data=ZPL, headers=head)
    assert taken.get_json() == {"code": "unknown_code"} | taken.get_json()
    taken = client.post(f"{url}?tracking=1Z999", data=ZPL, headers=head)
    assert (taken.status_code, taken.get_json()) == (201, {"parcel": parcel, "language": "zpl", "tracking": "1Z999"})
    assert client.post(url, data=BAD["ZPL that resets"], headers=head).get_json()["code"] == "bad_carrier_label"
    assert client.post(url, data=BAD["too large"], headers=head).status_code == 413
    assert client.post("/api/v1/parcels/999999/label", data=ZPL, headers=head).get_json()["code"] == "label_gone"


# --- badges ----------------------------------------------------------------------------------------------------------


def test_a_badge_is_a_card_to_print_where_it_is_made_and_nowhere_else(floor: Floor, browser: Log_in) -> None:
    eve, ben = browser("eve"), floor.world.people["ben"].id
    page = eve.send(f"/people/{ben}/badge").text
    found = re.search(r'name="badge" value="([^"]+)"', page)
    assert found is not None
    card = eve.send(f"/people/{ben}/badge-card", {"badge": found[1]})
    assert size_mm(card.data) == (86, 54)
    assert any(found[1] in code for code in codes(card.data))
    for other in ("", "x", floor.world.badges["ben"], floor.world.badges["ana"]):
        assert eve.send(f"/people/{ben}/badge-card", {"badge": other}).status_code == 422
    finn = floor.world.people["finn"].id
    assert eve.send(f"/people/{finn}/badge-card", {"badge": floor.world.badges["finn"]}).status_code in (403, 422)


def test_an_items_label_holds_a_lot(floor: Floor, browser: Log_in) -> None:
    milk = floor.world.items["MILK"]
    page = browser("eve").get(f"/labels/item?id={milk.id}&lot=L1&on=57x32")
    assert "10L1" in page.text
    assert db.session.scalar(select(func.count()).select_from(Item)) == 3
