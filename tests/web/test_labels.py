"""Labels at the desk: seen first, refused in words, printed through the queue."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import func, select

from labels import many
from scanner import shown
from scanner.db import db
from scanner.models import Item, Location, Parcel, Unit
from tests.labels.papers import change
from tests.labels.reading import codes, pages, size_mm
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, digits, jobs, packed, place, printer_id, token_of
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


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


@pytest.mark.parametrize("level", ["\u00b2", "\u2460", "\u0663"])
def test_a_level_that_is_no_plain_number_is_a_level_without_a_colour(floor: Floor, browser: Log_in, level: str) -> None:
    change(Location, Location.id == place().id, level=level)
    eve, query = browser("eve"), f"id={place().id}&on=100x50"
    assert eve.get(f"/labels/location?{query}").status_code == 200
    assert eve.get(f"/labels/location/preview.png?{query}").status_code == 200
    shown_place = shown.place(place())
    assert (shown_place.level, level in shown_place.parts) == (None, True)


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
