"""What the phone itself does for its scans: full, forgetful, updated, with a wrong clock, taken over, left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from scanner.ahead import key_of
from scanner.barcode import command
from scanner.prompt import Goods, Pad
from tests.browser.bad_day import CLOCK, SET_CLOCK, YEAR_MS
from tests.browser.coming import OPENS, coming, offline
from tests.browser.harness import PLAIN, Harness
from tests.browser.station import Station, kept, queue
from web.pwa import Shell

pytestmark = pytest.mark.browser

FAULT_AT_START = "Object.defineProperty(window, 'indexedDB', { value: undefined })"


# --- what is known here ----------------------------------------------------------------------------------------------


def test_a_known_code_goes_on_by_itself_and_says_that_it_is_saved(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    assert station.text("#note") == "Saved on this phone (1 waiting)"
    assert station.page.get_attribute("#scan", "data-state") == "offline"
    station.keys("]C10104000000000018" + "10L1")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "done")
    station.wait(lambda: station.tones() == ["ok", "done"])
    assert [scan["seen"] for scan in queue(station)] == ["ok", "ok"]


def test_what_nobody_here_can_judge_is_saved_and_all_behind_it_too(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    for raw in ("LAMP", "MUG"):
        station.keys(raw)
    station.wait(lambda: station.tones() == ["ok", "warn", "warn"])
    assert station.page.get_attribute("#screen", "data-step") == "item"
    assert [scan["seen"] for scan in queue(station)] == ["ok", "kept", "kept"]


def test_undo_goes_back_to_where_this_phone_came_from(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.keys(command("UNDO"))
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "location")
    station.keys("LA032X")
    station.wait(lambda: station.tones() == ["ok", "ok", "ok"])
    assert [scan["raw"] for scan in queue(station)] == ["LA032X", command("UNDO"), "LA032X"]


def test_help_changes_nothing(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.keys(command("HELP"))
    station.wait(lambda: len(station.tones()) == 2)
    station.keys("MUG")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "done")


def test_what_needs_the_network_is_not_kept_for_later(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LB083X")
    station.wait(lambda: station.tones() == ["stop"])
    station.keys(command("PRINT"))
    station.wait(lambda: "Printing needs the network." in station.text("#note"))
    assert kept(station) == 1


def test_a_figure_typed_or_scanned_again_is_counted_on(station: Station, server: Harness) -> None:
    goods = Goods("OAT MILK 1L", "88-2041", qty=None, done=3)
    server.prompt = replace(PLAIN, step="item", place=None, goods=goods, pad=Pad("quantity", "How many?", "quantity"))
    at = key_of(server.prompt)
    way = {"to": at, "tone": "ok", "add": 1}
    server.coming = [
        (
            server.prompt,
            {"other": "keep", "ways": {"MUG": way, command("UNDO"): {"back": True}}, "pad": {"quantity": at}},
        )
    ]
    offline(station, server)
    station.keys("MUG")
    station.wait(lambda: station.text("[data-count]") == "4")
    station.keys(command("Q", 12))
    station.wait(lambda: station.text("[data-count]") == "12")
    station.keys(command("UNDO"))
    station.wait(lambda: station.text("[data-count]") == "4")


# --- the phone's own bad days ----------------------------------------------------------------------------------------


def test_a_full_phone_refuses_the_scan_before_any_tone_of_success(station: Station, server: Harness) -> None:
    coming(server)
    station.page.add_init_script(path=str(Path(__file__).with_name("full_disk.js")))
    offline(station, server).keys("LA032X")
    station.wait(lambda: station.tones() == ["ok"])
    station.page.evaluate("window.isDiskFull = true")
    station.keys("MUG")
    station.wait(lambda: "cannot keep the scan" in station.text("#stop"))
    assert station.tones() == ["ok", "stop"]
    assert station.page.get_attribute("#screen", "data-step") == "item"
    assert [scan["raw"] for scan in queue(station)] == ["LA032X"]
    station.page.evaluate("window.isDiskFull = false")
    station.keys("MUG")
    station.wait(lambda: station.tones() == ["ok", "stop", "done"])


def forgetful(chrome: Browser, server: Harness) -> Station:
    """A phone whose browser keeps nothing."""
    phone = Station(chrome, server.url)
    phone.page.add_init_script(FAULT_AT_START)
    phone.open()
    phone.wait(lambda: phone.text("#note") == "This browser keeps nothing.")
    return phone


def test_a_browser_that_keeps_nothing_says_so_and_still_sends(chrome: Browser, server: Harness) -> None:
    phone = forgetful(chrome, server)
    server.fault = server.batch_fault = "503"
    phone.keys("LA032X")
    phone.wait(lambda: " q1 " in phone.text("#link"))
    server.fault = server.batch_fault = ""
    phone.wait(lambda: server.raws() == ["LA032X"])
    phone.context.close()
    assert phone.errors == []


def test_a_clock_that_jumps_changes_neither_order_nor_what_is_taken(station: Station, server: Harness) -> None:
    station.page.add_init_script(CLOCK)
    offline(station, server)
    sent = []
    for number, years in enumerate((0, 4, -27, 0)):
        station.page.evaluate(SET_CLOCK, years * YEAR_MS)
        sent.append(f"CODE{number}")
        station.keys(sent[-1])
        station.wait(lambda: kept(station) == len(sent))
    assert [scan["raw"] for scan in queue(station)] == sent
    server.fault = server.batch_fault = ""
    station.wait(lambda: server.raws() == sent, seconds=15)


def test_a_phone_opened_with_a_clock_that_was_set_years_on_still_takes_scans(station: Station, server: Harness) -> None:
    station.page.add_init_script(CLOCK)
    offline(station, server).keys("CODE1")
    station.wait(lambda: kept(station) == 1)
    station.page.evaluate(SET_CLOCK, YEAR_MS)
    station.page.reload()
    station.wait(lambda: station.page.evaluate("document.activeElement.id") == "wedge")
    station.keys("CODE2")
    station.wait(lambda: kept(station) == 2)
    assert "stop" not in station.tones()


def test_an_update_waits_for_the_home_screen_and_for_the_last_scan(station: Station, server: Harness) -> None:
    station.open()
    station.wait(lambda: station.page.evaluate(OPENS))
    old = station.page.evaluate("caches.keys()")
    assert server.app is not None
    shell: Shell = server.app.extensions["shell"]
    server.app.extensions["shell"] = Shell(shell.assets, "0123456789ab")
    station.page.evaluate("navigator.serviceWorker.getRegistration().then((found) => void found.update())")
    waits = "navigator.serviceWorker.getRegistration().then((found) => found.waiting !== null)"
    station.wait(lambda: station.page.evaluate(waits))
    station.scan("LA032X")
    assert station.page.evaluate(waits)
    assert set(old) < set(station.page.evaluate("caches.keys()"))
    server.delay_s = 1.0
    station.keys("LA033X")
    station.page.evaluate("htmx.ajax('GET', '/', { target: '#page', select: '#page', swap: 'outerHTML' })")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "home")
    station.wait(lambda: server.raws() == ["LA032X", "LA033X"] and kept(station) == 0)
    server.delay_s = 0
    station.open("/")
    station.wait(lambda: station.page.evaluate("caches.keys()") == ["shell-0123456789ab"], seconds=20)


def test_a_task_that_was_taken_over_is_a_stop(station: Station, server: Harness) -> None:
    server.leases["7"] = "taken"
    station.open()
    station.wait(lambda: "TAKEN OVER BY THE DESK" in station.text("#stop"))
    assert "Put what you hold back" in station.text("#stop")


def test_the_heartbeat_tells_how_the_device_is(station: Station, server: Harness) -> None:
    offline(station, server).keys("LA032X")
    station.wait(lambda: kept(station) == 1)
    server.beats.clear()
    station.open()
    station.wait(lambda: any(beat["unsent"] == 1 for beat in server.beats) or len(server.beats) > 0)
    beat = server.beats[-1]
    assert beat["tasks"] == [7]
    assert beat["version"] == station.page.evaluate("document.querySelector('script[type=module]').src").split("/")[-2]
    assert beat["battery"] is None or 0 <= beat["battery"] <= 100


def test_too_many_scans_are_a_stop(station: Station, server: Harness) -> None:
    offline(station, server)
    station.page.evaluate(FILL, [500, 0])
    station.page.evaluate("dispatchEvent(new Event('focus'))")
    station.open()
    station.wait(lambda: " q500 " in station.text("#link"), seconds=15)
    station.keys("LA032X")
    station.wait(lambda: "Too many scans wait" in station.text("#note"))
    assert station.tones() == ["stop"]
    assert kept(station) == 500


def test_a_scan_that_waits_longer_than_a_shift_is_a_stop(station: Station, server: Harness) -> None:
    offline(station, server)
    station.page.evaluate(FILL, [1, 9 * HOUR_MS])
    station.open()
    station.wait(lambda: " q1 " in station.text("#link"), seconds=15)
    station.keys("LA032X")
    station.wait(lambda: "The oldest scan waits too long. Find a connection first." in station.text("#note"))
    assert station.tones() == ["stop"]
    assert kept(station) == 1


HOUR_MS = 3_600_000
FILL = """
([most, age_ms]) => new Promise((found) => {
  const asked = indexedDB.open("scandock");
  asked.onsuccess = () => {
    const put = asked.result.transaction("scans", "readwrite");
    for (let n = 0; n < most; n++) {
      const scan = { scan_id: `old-${n}`, raw: `OLD${n}`, at: new Date(Date.now() - age_ms).toISOString(), person: 1 };
      put.objectStore("scans").add({ ...scan, to: "/pick/7/scan" });
    }
    put.oncomplete = () => { asked.result.close(); found(); };
  };
})
"""


# --- the queue on the screen -----------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_and_a_scan_closes_it(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server)
    for raw in ("LA032X", "MUG"):
        station.keys(raw)
    station.wait(lambda: len(station.tones()) == 2)
    station.tap("#link")
    station.wait(lambda: "Waiting to be sent: 2" in station.text("#waiting"))
    words = station.text("#waiting")
    for part in ("QUEUE: SERVER 503", "PICK 7 LA032X", "PICK 7 MUG", "right here", "Not without a network"):
        assert part in words
    station.keys("LAST1")
    station.wait(lambda: station.text("#waiting") == "")


def test_what_waits_can_be_taken_out_as_a_file(station: Station, server: Harness, tmp_path: Path) -> None:
    offline(station, server).keys("LA032X")
    station.wait(lambda: kept(station) == 1)
    station.tap("#link")
    station.wait(lambda: station.page.is_visible("text=Export"))
    with station.page.expect_download() as download:
        station.tap("text=Export")
    download.value.save_as(tmp_path / "unsent.json")
    told = json.loads((tmp_path / "unsent.json").read_text())
    assert (told["kind"], told["version"]) == ("scandock-unsent", 1)
    (scan,) = told["scans"]
    assert {name: scan[name] for name in ("raw", "person", "to")} == {
        "raw": "LA032X",
        "person": 1,
        "to": "/pick/7/scan",
    }
    assert kept(station) == 1


def test_a_revoked_device_says_what_to_do(station: Station, server: Harness) -> None:
    offline(station, server)
    server.fault, server.batch_fault = "401", "revoked"
    station.keys("LA032X")
    station.wait(lambda: station.text("#link").startswith("REVOKED q1"))
    station.tap("#link")
    station.wait(lambda: "Export what waits and give it to the desk." in station.text("#waiting"))


# --- left alone ------------------------------------------------------------------------------------------------------


def test_without_a_network_there_is_no_log_out_and_the_work_stays(station: Station, server: Harness) -> None:
    coming(server)
    station.open()
    station.context.set_offline(True)
    station.page.evaluate("document.getElementById('out').requestSubmit()")
    station.wait(lambda: "Log out needs the network" in station.text("#note"))
    assert station.page.is_visible("#screen")


def test_a_locked_station_hides_the_work_even_without_a_network(station: Station, server: Harness) -> None:
    coming(server)
    offline(station, server).keys("LA032X")
    station.wait(lambda: kept(station) == 1)
    station.context.set_offline(True)
    path = station.page.evaluate("document.querySelector('script[type=module]').src").replace("scan.js", "leave.js")
    station.page.evaluate(f"void import('{path}').then((leave) => leave.lock())")
    station.wait(lambda: "Locked" in station.text("#page"))
    assert "SO-20518" not in station.page.inner_text("body")
    station.page.goto(station.url + "/pick/7/")
    station.wait(lambda: "This station is locked" in station.text("#page"))
    assert "SO-20518" not in station.page.content()
    assert kept(station) == 1


def test_a_portals_answer_is_no_lock(station: Station, server: Harness) -> None:
    station.open()
    server.fault = "portal"
    path = station.page.evaluate("document.querySelector('script[type=module]').src").replace("scan.js", "leave.js")
    station.page.evaluate(f"void import('{path}').then((leave) => leave.lock())")
    station.wait(lambda: "Locked" in station.text("#page"))
    station.page.wait_for_timeout(500)
    assert station.page.url.endswith("/pick/7/")
    server.fault = ""
    station.lands("/login")


def test_the_shell_without_a_network_holds_nobodys_data(station: Station, server: Harness) -> None:
    offline(station, server)
    pages = station.page.evaluate("""async () => {
        const [name] = await caches.keys();
        return (await (await caches.match("/offline")).text());
    }""")
    assert "Mara" not in pages
    assert 'value="token"' not in pages
    assert '"X-CSRFToken": ""' in pages


def test_when_another_person_logs_in_on_this_device_its_other_pages_follow(station: Station, server: Harness) -> None:
    station.open()
    behind = station.page
    server.me.id, server.me.name = 2, "Eve"
    front = station.context.new_page()
    with behind.expect_navigation():
        front.goto(station.url + "/")
    assert behind.evaluate("document.body.dataset.person") == "2"
    front.close()


def test_when_its_person_logs_out_on_one_page_the_others_follow(station: Station, server: Harness) -> None:
    behind = station.open().page
    front = station.context.new_page()
    front.goto(station.url + "/")
    with behind.expect_navigation():
        front.evaluate("document.querySelector(\"form[action='/logout']\").requestSubmit()")
    front.wait_for_url("**/login")
    front.close()


def test_the_page_without_a_network_says_nothing_of_who_has_logged_in(station: Station, server: Harness) -> None:
    station.open()
    station.page.evaluate("window.isStillHere = true")
    other = station.context.new_page()
    other.goto(station.url + "/offline")
    other.wait_for_timeout(500)
    assert station.page.evaluate("window.isStillHere")
    other.close()


def test_a_page_of_somebody_else_is_no_new_page_of_this_work(station: Station, server: Harness) -> None:
    """The form token is of another session: what was scanned here is sent by the device, in its person's name."""
    station.open()
    server.me.id = 2
    server.fault = "stale token"
    station.keys("LA032X")
    station.lands("/login")
    assert [scan["person"] for batch in server.batches for scan in batch] == [1]


def test_a_browser_that_keeps_nothing_is_not_left_by_the_lock_before_all_is_sent(
    chrome: Browser, server: Harness
) -> None:
    phone = forgetful(chrome, server)
    server.fault = server.batch_fault = "503"
    phone.keys("LA032X")
    phone.wait(lambda: phone.tones() != [])
    path = phone.page.evaluate("document.querySelector('script[type=module]').src").replace("scan.js", "leave.js")
    phone.page.evaluate(f"void import('{path}').then((leave) => leave.lock())")
    phone.wait(lambda: "Locked" in phone.text("#page"))
    phone.page.wait_for_timeout(4_000)
    assert not phone.page.url.endswith("/login")
    server.fault = server.batch_fault = ""
    phone.lands("/login")
    assert server.raws() == ["LA032X"]
    phone.context.close()
