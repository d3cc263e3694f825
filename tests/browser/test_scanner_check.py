"""The scanner check in a real browser: keys go in as a scanner sends them, a profile comes out or a remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from scanner.barcode import layouts
from scanner.barcode.check_scanner import SYMBOLS
from scanner.db import db
from scanner.models import DeviceProfile
from tests.browser.harness import Harness
from tests.browser.station import ENTER, Station
from tests.browser.wedge import GS, GS_FORMS, Wedge, char, type_by_input_method
from tests.world import GTINS, World

pytestmark = pytest.mark.browser

AIMS = {"text": "]C0", "gs1": "]C1", "ean": "]E0", "own": "]C0"}


@pytest.fixture
def check(station: Station) -> Station:
    """A phone on the scanner check."""
    return station.open("/scanner")


def read(check: Station) -> int:
    """How many symbols have been read right."""
    return int(check.page.get_attribute("#screen", "data-read") or 0)


def problems(check: Station) -> str:
    return check.page.get_attribute("#screen", "data-problems") or ""


def settled(check: Station, act: Callable[[], object]) -> None:
    """Does something and waits until the server's finding is shown, which is told by a tone."""
    before = len(check.tones())
    act()
    check.wait(lambda: len(check.tones()) > before, seconds=10)


def run(check: Station, wedge: Wedge) -> None:
    """All four symbols, one after the other."""
    for symbol in SYMBOLS:
        settled(check, lambda symbol=symbol: wedge.scan(symbol.data, AIMS[symbol.name]))  # type: ignore[misc]


def profile(check: Station) -> dict[str, Any]:
    """What the device keeps."""
    kept: dict[str, Any] = json.loads(check.page.evaluate("localStorage.getItem('scandock.profile')") or "{}")
    return kept


def test_four_scans_make_a_profile_and_the_station_works_by_it(check: Station, server: Harness) -> None:
    run(check, Wedge(check, aims=True, prefix="~"))
    check.wait(lambda: "SCANNER FITS" in check.text("#scan"), seconds=15)
    assert check.tones()[-1] == "done"
    check.tap("[data-local=save]")
    check.wait(lambda: "Kept here" in check.text("#note"))  # nobody is logged in here
    kept = profile(check)
    assert (kept["prefix"], kept["end"], kept["has_aim"], kept["sends_gs"]) == ("~", "Enter", True, True)
    assert len(kept["bursts"]) == 4
    check.open("/pick/7/")
    Wedge(check, aims=True, prefix="~").scan("LA032X", "]C0")
    check.wait(lambda: server.raws() == ["]C0LA032X"])
    assert server.scans[0]["sends_gs"] == "true"


@pytest.mark.parametrize("mismatch", [("US", "DE", False), ("US", "FR", False), ("FR", "US", True)], ids=str)
def test_a_wrong_layout_is_named_and_gets_no_profile(check: Station, mismatch: tuple[str, str, bool]) -> None:
    run(check, Wedge(check, becomes=lambda text: layouts.typed(text, mismatch)))
    assert "layout" in problems(check)
    assert f"{mismatch[0]} and {mismatch[1]}" in check.text(".found")
    assert check.page.query_selector("[data-local=save]") is None
    assert check.tones()[0] == "stop"


@pytest.mark.parametrize("form", GS_FORMS)
def test_the_separator_is_seen_in_every_form(check: Station, form: str) -> None:
    run(check, Wedge(check, gs=GS_FORMS[form]))
    check.wait(lambda: (problems(check), read(check)) == ("", 4), seconds=15)
    assert "as " in check.text(".result div:nth-child(6)")


def test_a_lost_separator_is_stored_as_lost_with_a_warning(check: Station) -> None:
    run(check, Wedge(check, gs=()))
    assert problems(check) == "gs_lost"
    assert "will be refused" in check.text(".problem--warn")
    check.tap("[data-local=save]")
    check.wait(lambda: profile(check).get("sends_gs") is False)


def test_without_an_end_there_is_no_profile_and_after_mending_there_is(check: Station) -> None:
    wedge = Wedge(check)
    for symbol in SYMBOLS:
        settled(check, lambda symbol=symbol: wedge.scan(symbol.data, ends=False))  # type: ignore[misc]
    assert problems(check) == "no_end"
    assert "NOT FIT" in check.text("#scan")
    assert "suffix: Enter" in check.text(".problem")
    run(check, wedge)  # the first scan after a bad result starts anew
    check.wait(lambda: (problems(check), read(check)) == ("", 4), seconds=15)


def test_caps_lock_is_seen(check: Station) -> None:
    run(check, Wedge(check, becomes=str.swapcase))
    assert "caps_lock" in problems(check)


def test_an_input_method_is_recognised(check: Station) -> None:
    for symbol in SYMBOLS:

        def scan(text: str = symbol.data) -> None:
            type_by_input_method(check, text.replace(GS, "\u241d"))
            check.key(**ENTER)

        settled(check, scan)
    check.wait(lambda: read(check) == 4, seconds=15)
    assert (problems(check), read(check)) == ("", 4)
    assert "input method" in check.text(".result")


def test_what_is_typed_by_hand_is_too_slow(check: Station) -> None:
    run(check, Wedge(check, gap_ms=150))
    assert "too_slow" in problems(check)


def test_keys_on_buttons_stay_keys_on_buttons(check: Station) -> None:
    check.page.focus("[data-local=more]")
    check.key(**ENTER)
    check.wait(lambda: check.page.is_visible("#more"))
    check.tap("[data-local=close]")
    Wedge(check).press([char("a"), char("b")])
    check.page.wait_for_timeout(900)
    assert check.tones() == []


def test_the_sound_test_plays_the_good_and_the_bad_tone(check: Station) -> None:
    check.tap("[data-local=sound]")
    check.wait(lambda: check.tones() == ["ok", "stop"])


def test_the_symbols_are_on_the_screen_and_on_the_sheet(check: Station) -> None:
    loaded = "[...document.images].filter((each) => each.complete && each.naturalWidth > 8).length"
    check.wait(lambda: check.page.evaluate(loaded) == 2)
    check.page.goto(check.url + "/scanner/sheet")
    check.wait(lambda: check.page.evaluate(loaded) == 8)
    assert "Send Characters as Events" in check.page.inner_text("body")


# --- on the real server ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_scanner_that_loses_separators_is_known_to_the_server_and_its_labels_are_refused(
    phone: Station,
    warehouse: World,
) -> None:
    phone.open("/scanner")
    wedge = Wedge(phone, gs=(), aims=True)
    run(phone, wedge)
    phone.tap("[data-local=save]")
    phone.wait(lambda: "Saved for this device" in phone.text("#note"))
    db.session.rollback()
    (row,) = db.session.scalars(select(DeviceProfile)).all()
    assert (row.sends_gs, row.end, row.has_aim) == (False, "Enter", True)
    phone.page.evaluate("localStorage.removeItem('scandock.profile')")
    phone.open("/")
    phone.wait(lambda: profile(phone).get("sends_gs") is False)  # the server knows the device
    wedge.scan(f"01{GTINS['MILK'].zfill(14)}10B7741{GS}21S9", "]C1")
    phone.wait(lambda: "SEPARATOR LOST" in phone.text("#stop"))


# --- a scanner that is connected --------------------------------------------------------------------------------------

NO_SERIAL = "Object.defineProperty(Navigator.prototype, 'serial', { value: undefined })"
# A port as Web Serial has it: open() gives a real ReadableStream, and losing the device ends it with an error.
FAKE_SERIAL = """
class FakePort extends EventTarget {
  readable = null;
  opened = 0;
  async open({ baudRate }) {
    if (this.isAway) throw new DOMException("away", "NetworkError");
    this.opened += 1;
    this.baudRate = baudRate;
    this.readable = new ReadableStream({ start: (control) => { this.control = control; } });
  }
  async close() { this.readable = null; }
  send(text) { this.control.enqueue(new TextEncoder().encode(text)); }
  lose() { this.isAway = true; this.control.error(new DOMException("lost", "NetworkError")); this.readable = null; }
}
class FakeSerial extends EventTarget {
  granted = sessionStorage.getItem("granted") === "yes" ? [new FakePort()] : [];
  async getPorts() { return this.granted; }
  async requestPort() {
    if (!navigator.userActivation.isActive) throw new DOMException("no gesture", "SecurityError");
    sessionStorage.setItem("granted", "yes");
    this.granted = [new FakePort()];
    return this.granted[0];
  }
}
Object.defineProperty(Navigator.prototype, "serial", { value: new FakeSerial() });
window.send = (text) => navigator.serial.granted[0].send(text);
"""


def state(station: Station) -> str:
    return str(station.page.evaluate("document.getElementById('serial-state').textContent"))


def connect(station: Station) -> None:
    """Opens the check and connects the fake scanner by a tap."""
    station.page.add_init_script(FAKE_SERIAL)
    station.open("/scanner")
    station.tap("[data-local=more]")
    station.tap("[data-local=connect]")
    station.wait(lambda: state(station) == "Scanner: connected")


def send(station: Station, text: str) -> None:
    station.page.evaluate("window.send(" + json.dumps(text) + ")")


def test_where_there_is_no_web_serial_there_is_no_button(station: Station) -> None:
    station.page.add_init_script(NO_SERIAL)
    station.open("/scanner")
    station.tap("[data-local=more]")
    assert station.page.is_visible("[data-local=plain]")
    assert not station.page.is_visible("[data-local=connect]")


def test_a_connected_scanner_is_checked_and_then_scans_at_the_station(station: Station, server: Harness) -> None:
    connect(station)
    station.tap("[data-local=close]")
    for symbol in SYMBOLS:
        settled(station, lambda symbol=symbol: send(station, symbol.data + "\r\n"))  # type: ignore[misc]
    assert read(station) == 4
    station.tap("[data-local=save]")
    station.wait(lambda: profile(station).get("channel") == "serial")
    station.open("/pick/7/")
    station.wait(lambda: station.page.evaluate("navigator.serial.granted[0]?.opened") == 1)
    send(station, f"]C110B7741{GS}21S9\r]C110B77")
    send(station, f"42{GS}21S9\n")
    station.wait(lambda: len(server.raws()) == 2)
    assert server.raws() == [f"]C110B7741{GS}21S9", f"]C110B7742{GS}21S9"]
    # a scan that waited for the one before goes in a batch, and says true in JSON
    assert [str(scan["sends_gs"]).lower() for scan in server.scans] == ["true", "true"]


def test_half_a_code_of_a_connected_scanner_is_said_and_thrown_away(station: Station, server: Harness) -> None:
    connect(station)
    station.open("/pick/7/")
    station.wait(lambda: station.page.evaluate("navigator.serial.granted[0]?.opened") == 1)
    send(station, "09506")
    station.wait(lambda: "Half a code" in station.text("#note"))
    send(station, "LA032X\r")
    station.wait(lambda: server.raws() == ["LA032X"])


def test_a_scanner_out_of_reach_is_opened_again_when_it_is_back(station: Station, server: Harness) -> None:
    connect(station)
    station.page.evaluate("navigator.serial.granted[0].lose()")
    station.wait(lambda: state(station) == "Scanner: lost")
    station.page.evaluate("navigator.serial.granted[0].isAway = false")
    station.wait(lambda: state(station) == "Scanner: connected", seconds=10)
    station.tap("[data-local=close]")
    settled(station, lambda: send(station, SYMBOLS[0].data + "\r"))
    assert read(station) == 1


def test_a_stream_is_cut_at_line_ends_wherever_its_pieces_end(station: Station) -> None:
    station.open("/scanner")
    path = station.page.evaluate("document.querySelector('script[type=module]').src").replace("check.js", "serial.js")
    cut = """([path, pieces]) => import(path).then(({ split }) => {
      let rest = "";
      const all = [];
      for (const piece of pieces) {
        const found = split(rest + piece);
        all.push(...found.codes);
        rest = found.rest;
      }
      return [all, rest];
    })"""
    for pieces, codes, rest in (
        (["A1\r\nB2\r\n"], ["A1", "B2"], ""),
        (["A", "1\r", "\nB2"], ["A1"], "B2"),
        (["\x02A1\x03", "\x02B2\x03"], ["A1", "B2"], ""),
        ([f"A{GS}1\n\n\n"], [f"A{GS}1"], ""),
        ([""], [], ""),
    ):
        assert station.page.evaluate(cut, [path, pieces]) == [codes, rest]
