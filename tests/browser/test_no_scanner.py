"""A person with a phone and no scanner: camera and photo are in reach from the log-in on."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import Page, Route
from sqlalchemy import select

from scanner.barcode import command
from scanner.db import db
from scanner.models import DeviceProfile, ScanRecord
from tests.browser.station import Station, kept
from tests.browser.test_photo import take
from tests.web.test_profiles import bursts
from tests.world import GTINS, PIN, World
from tools.pictures import F, encoded, photo_of, symbol, turned

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)]
READING_S = 30  # the decoder is loaded with the first picture, on a machine that is busy
PLACES = ("/", "/pick/", "/putaway/", "/lookup/")


def show(page: Page, picture: Image.Image) -> None:
    """Hands the log-in page a picture as a phone's camera does."""
    with page.expect_file_chooser() as chooser:
        page.click("label.photo")
    data = encoded(picture.convert("RGB"), "JPEG", quality=85)
    chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data})


def band(phone: Station) -> str:
    return phone.page.inner_text("#badge-band")


def test_a_badge_is_read_from_a_photo_without_sending_it_anywhere(phone: Station, warehouse: World) -> None:
    page = phone.page
    phone.context.clear_cookies()
    page.goto(f"{phone.url}/login")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    show(page, photo_of(symbol(F.EAN13, GTINS["MUG"], 4)))
    phone.wait(lambda: "No badge found" in band(phone), READING_S)
    badge = turned(photo_of(symbol(F.Code128, warehouse.badges["ben"], 3), size=(3000, 2000)), 7)
    show(page, badge)
    phone.wait(lambda: "Badge read" in band(phone), READING_S)
    assert sent == []
    for digit in PIN:
        phone.tap(f"#by-badge [data-key='{digit}']")
    phone.tap("#by-badge [data-key=DONE]")
    page.wait_for_url(f"{phone.url}/")
    assert "Ben" in page.inner_text(".status")


def test_camera_and_more_stand_at_the_same_place_on_every_screen_around_the_work(phone: Station) -> None:
    seen = set()
    for path in PLACES:
        phone.open(path)
        box = phone.page.locator(".actions [data-local=more]").bounding_box()
        camera = phone.page.locator(".actions [data-local=camera]").bounding_box()
        assert box
        assert camera
        assert min(box["width"], box["height"], camera["width"], camera["height"]) >= 64
        assert camera["x"] + camera["width"] <= box["x"]
        seen.add((box["x"] + box["width"], box["y"]))
        phone.tap(".actions [data-local=more]")
        assert phone.page.is_visible("#more [data-local=camera]")
        assert phone.page.is_visible("#more label.photo")
    assert len(seen) == 1


@pytest.mark.parametrize("path", PLACES)
def test_a_photo_on_any_of_them_shows_the_thing(phone: Station, warehouse: World, path: str) -> None:
    phone.open(path)
    take(phone, photo_of(symbol(F.EAN13, GTINS["MUG"], 4)).convert("RGB"))
    phone.wait(lambda: "Mug, red" in phone.text(".thing") or phone.text("#codes .list button"), READING_S)
    if asked := phone.page.query_selector("#codes .list button"):  # a machine too busy to read it twice is not sure
        asked.click()
        phone.wait(lambda: "Mug, red" in phone.text(".thing"), READING_S)
    assert phone.page.url.endswith(f"/lookup/item/{warehouse.items['MUG'].id}")


# --- the offer of the scanner check ----------------------------------------------------------------------------------


def offer(phone: Station) -> bool:
    phone.page.wait_for_timeout(400)
    return phone.page.is_visible("#unchecked")


def test_an_unchecked_device_is_offered_the_check_in_no_scan_s_way(phone: Station, warehouse: World) -> None:
    phone.open("/")
    phone.wait(lambda: phone.page.is_visible("#unchecked"))
    phone.keys("MUG")
    phone.wait(lambda: "Mug, red" in phone.text(".thing"))
    phone.open("/")
    phone.wait(lambda: phone.page.is_visible("#unchecked"))
    phone.tap("[data-local=unasked]")
    assert not offer(phone)
    phone.open("/")
    assert not offer(phone)


def test_a_device_whose_profile_the_desk_has_dropped_is_asked_again(phone: Station, warehouse: World) -> None:
    phone.open("/")
    phone.wait(lambda: phone.page.is_visible("#unchecked"))
    phone.tap("[data-local=unasked]")
    store = "(b) => fetch('/scanner/profile', {method: 'POST', body: new URLSearchParams({device: localStorage.getItem('scandock.device'), bursts: b}), headers: {'X-CSRFToken': document.getElementById('screen').dataset.csrf}}).then((a) => a.status)"  # noqa: E501
    assert phone.page.evaluate(store, bursts()) == 200
    phone.open("/")
    phone.wait(lambda: phone.page.evaluate("JSON.parse(localStorage.getItem('scandock.profile'))?.end") == "Enter")
    db.session.query(DeviceProfile).delete()
    db.session.commit()
    phone.open("/")
    phone.wait(lambda: phone.page.is_visible("#unchecked"))
    assert phone.page.evaluate("localStorage.getItem('scandock.profile')") == "null"


# --- the LOGOUT card -------------------------------------------------------------------------------------------------


def test_the_log_out_card_asks_and_then_logs_out_from_within_a_task(phone: Station, warehouse: World) -> None:
    phone.open("/putaway/")
    phone.keys(command("LOGOUT"))
    phone.wait(lambda: "Scan LOGOUT again" in phone.text("#verdict"))
    phone.keys(command("LOGOUT"), idle_ms=1_000)
    phone.lands("/login")
    phone.page.goto(f"{phone.url}/")
    assert phone.page.url.endswith("/login")


def test_a_log_out_leaves_what_waits_to_the_device(phone: Station, warehouse: World) -> None:
    phone.open("/")
    phone.keys(command("LOGOUT"))
    phone.wait(lambda: "Scan LOGOUT again" in phone.text("#verdict"))
    held: list[Route] = []

    def hold(route: Route) -> None:  # Playwright takes no built-in function
        held.append(route)

    phone.page.route("**/scan", hold)
    phone.keys(command("LOGOUT"), idle_ms=1_000)
    phone.wait(lambda: held)
    phone.keys("MUG")
    phone.wait(lambda: kept(phone) == 2)
    held[0].continue_()
    phone.lands("/login")
    phone.wait(lambda: kept(phone) == 0, 10)
    db.session.rollback()
    last = db.session.scalars(select(ScanRecord).where(ScanRecord.raw == "MUG")).one()
    assert (last.person_id, last.outcome) == (warehouse.people["eve"].id, "accepted")
