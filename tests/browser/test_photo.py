"""A photo in a real browser on the real server: chosen as a phone's camera hands it over, scanned like any code."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from PIL import Image

from scanner import pick
from scanner.accept import Incoming, accept_scan
from scanner.barcode import encode
from scanner.db import db, now, transact
from scanner.models import ScanRecord
from tests.browser.station import Station
from tests.world import GTINS, World
from tools.pictures import F, blurred, encoded, photo_of, symbol, turned

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True),
]
READING_S = 20  # the first photo starts the reader, on a machine that is busy


def take(phone: Station, picture: Image.Image, kind: str = "JPEG", **options: Any) -> None:
    """MORE, PHOTO, and the camera's picture."""
    phone.tap(".actions [data-local=more]")
    with phone.page.expect_file_chooser() as chooser:
        phone.tap("label.photo")
    data = encoded(picture, kind, **options)
    chooser.value.set_files({"name": "photo.jpg", "mimeType": f"image/{kind.lower()}", "buffer": data})


def location(code: str) -> str:
    return encode("location", code.replace("-", ""))


@pytest.fixture
def at_item(phone: Station, warehouse: World) -> Station:
    """Eve stands before the shelf and is asked for the item."""
    warehouse.stock("MUG", "A-01-1", 5)
    warehouse.stock("MILK", "A-02-1", 5)
    warehouse.order("SO-1", ("MUG", 3))
    by = warehouse.by("eve")
    task = transact(lambda: pick.start("SO-1", by=by).id)
    for raw in (encode("tote", "00017"), location("A-01-1")):
        accept_scan(Incoming(str(uuid.uuid4()), raw, now(), "test", task), by)
    phone.open(f"/pick/{task}/")
    assert phone.page.get_attribute("#screen", "data-step") == "item"
    return phone


def verdict(phone: Station) -> tuple[str, str]:
    found = phone.page.query_selector("#verdict")
    assert found is not None
    return found.get_attribute("data-outcome") or "", found.inner_text()


def shown_scan(phone: Station) -> ScanRecord:
    """The record of the scan whose verdict is on the screen."""
    db.session.rollback()
    return db.session.get_one(ScanRecord, phone.verdict_id())


def test_a_photo_of_the_item_books_it_as_a_scan_would(at_item: Station) -> None:
    mug = symbol(F.EAN13, GTINS["MUG"], 5)
    before = at_item.verdict_id()
    take(at_item, turned(photo_of(mug, size=(3000, 2200)).convert("RGB"), 15), quality=90)
    at_item.wait(lambda: at_item.verdict_id() not in ("", before), READING_S)
    assert verdict(at_item)[0] == "accepted", verdict(at_item)
    record = shown_scan(at_item)
    assert (record.raw, record.outcome) == (GTINS["MUG"], "accepted")


def test_of_several_codes_the_one_that_the_step_expects_is_taken(at_item: Station) -> None:
    mug, milk = symbol(F.EAN13, GTINS["MUG"]), symbol(F.EAN13, GTINS["MILK"])
    before = at_item.verdict_id()
    take(at_item, photo_of(milk, mug))
    at_item.wait(lambda: at_item.verdict_id() not in ("", before), READING_S)
    assert shown_scan(at_item).raw == GTINS["MUG"]


def test_of_several_unexpected_codes_the_worker_chooses_on_big_buttons(at_item: Station) -> None:
    milk, place = symbol(F.EAN13, GTINS["MILK"]), symbol(F.Code128, location("B-01-1"))
    before = at_item.verdict_id()
    take(at_item, photo_of(milk, place))
    at_item.wait(lambda: at_item.text("#codes h2") != "", READING_S)
    buttons = at_item.page.query_selector_all("#codes .list__button")
    assert [button.inner_text().splitlines()[0].lower() for button in buttons] == ["oat milk 1 l", "location b-01-1"]
    boxes = [button.bounding_box() for button in buttons]
    assert all(box is not None and box["width"] >= 64 and box["height"] >= 64 for box in boxes)
    buttons[0].click()
    at_item.wait(lambda: at_item.verdict_id() not in ("", before), READING_S)
    assert shown_scan(at_item).raw == GTINS["MILK"]
    assert verdict(at_item)[0] == "refused"
    assert "STOP" in at_item.text("#stop")


def test_a_scan_while_codes_are_shown_closes_them(at_item: Station) -> None:
    take(at_item, photo_of(symbol(F.EAN13, GTINS["MILK"]), symbol(F.Code128, location("B-01-1"))))
    at_item.wait(lambda: at_item.text("#codes h2") != "", READING_S)
    at_item.scan("MUG")
    assert at_item.text("#codes h2") == ""


def test_a_photo_without_a_code_says_what_to_try(at_item: Station) -> None:
    take(at_item, blurred(photo_of(symbol(F.EAN13, GTINS["MUG"])), 12))
    at_item.wait(lambda: "Go closer" in at_item.text("#note"), READING_S)
    take(at_item, photo_of(), "TIFF")
    at_item.wait(lambda: "no picture" in at_item.text("#note"), READING_S)


def test_the_script_for_photos_is_loaded_with_the_first_photo(at_item: Station) -> None:
    asked: list[str] = []
    at_item.page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    at_item.page.reload()
    at_item.page.wait_for_load_state("networkidle")
    assert "photo.js" not in asked
    take(at_item, photo_of(symbol(F.EAN13, GTINS["MUG"])))
    at_item.wait(lambda: "photo" in asked, READING_S)
    assert "photo.js" in asked


def test_without_a_connection_the_worker_is_told_to_take_it_again(at_item: Station) -> None:
    take(at_item, photo_of())
    at_item.wait(lambda: "Go closer" in at_item.text("#note"), READING_S)
    at_item.context.set_offline(True)
    take(at_item, photo_of(symbol(F.EAN13, GTINS["MUG"])))
    at_item.wait(lambda: "No connection" in at_item.text("#note"), READING_S)
