"""What the station does with an answer: STOP and its way out, the pad, the sheets, the pages, the log-in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.barcode import command
from scanner.prompt import Pad
from tests.browser.harness import PLAIN, Harness, refusal
from tests.browser.station import ENTER, Station

pytestmark = pytest.mark.browser


# --- STOP ------------------------------------------------------------------------------------------------------------


def test_a_stop_stays_until_the_right_scan(station: Station, server: Harness) -> None:
    server.refuse("WRONG1")
    station.open()
    station.scan("WRONG1")
    station.page.wait_for_timeout(600)
    for words in ("STOP", "RICE MILK 1L, lot B7802", "OAT MILK 1L, lot B7741", "Nothing was booked"):
        assert words in station.text("#stop")
    station.scan("LA032X")
    assert station.text("#stop") == ""
    assert station.tones() == ["stop", "ok"]


def test_a_stop_can_be_put_aside_by_hand(station: Station, server: Harness) -> None:
    server.refuse("WRONG1")
    station.open()
    station.scan("WRONG1")
    station.tap("#stop [data-local=back]")
    assert station.text("#stop") == ""
    assert station.page.get_attribute("#scan", "data-state") == "stop"


def test_scans_read_before_the_stop_was_seen_do_not_hide_it(station: Station, server: Harness) -> None:
    server.delay_s = 1.0  # all three are read before the first answer, on a slow machine too
    server.refuse("WRONG1")
    station.open()
    for raw in ("WRONG1", "RIGHT1", "RIGHT2"):
        station.keys(raw, idle_ms=50)
    station.wait(lambda: len(server.scans) == 3 and len(station.tones()) == 3)
    assert "WRONG ITEM" in station.text("#stop")
    assert "Scanned after it: ✓ RIGHT1 booked" in station.text("#stop")
    assert "RIGHT2" in station.text("#stop")
    station.scan("RIGHT3")
    assert station.text("#stop") == ""


def test_a_stop_sounds_once_more_when_nobody_comes(station: Station, server: Harness) -> None:
    server.refuse("WRONG1")
    station.open()
    station.scan("WRONG1")
    station.wait(lambda: station.tones() == ["stop", "stop"], seconds=6)


def test_a_question_is_amber_and_says_look(station: Station, server: Harness) -> None:
    server.answers["LB083X"] = refusal(tone="warn", code="other_location", next="Scan B-08-3 again to use it.")
    station.open()
    station.scan("LB083X")
    assert station.text("#stop").startswith("LOOK")
    assert station.tones() == ["warn"]


# --- buttons, pad, pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", [0, 7, 12, 480])
def test_the_pad_sends_the_same_code_as_a_quantity_card(station: Station, server: Harness, figure: int) -> None:
    server.prompt = replace(PLAIN, place=None, pad=Pad("quantity", "How many?", "quantity"))
    station.open()
    for digit in str(figure):
        station.tap(f"[data-key='{digit}']")
    station.tap("[data-key=DONE]")
    station.wait(lambda: server.raws() == [command("Q", figure)])


@pytest.mark.parametrize(
    ("pad", "keys", "sent"),
    [
        (Pad("text", "Lot", "lot"), "B|7|7|-", "]C110B77-\x1d"),
        (Pad("text", "Serial", "serial"), "S|9", "]C121S9\x1d"),
        (Pad("text", "Tracking", "tracking"), "1|Z|5", "1Z5"),
        (Pad("date", "Expiry", "expiry"), "2|7|0|3|3|1", "]C117270331"),
        (Pad("date", "Best before", "best_before"), "2|7|0|3|0|0", "]C115270300"),
        (Pad("weight", "Weight", "weight"), "2|.|8|4", "]C13303002840"),
        (Pad("digits", "Check digits", "digits"), "0|4|2", "042"),
    ],
)
def test_what_is_typed_leaves_as_a_code(station: Station, server: Harness, pad: Pad, keys: str, sent: str) -> None:
    server.prompt = replace(PLAIN, place=None, pad=pad)
    station.open()
    for key in keys.split("|"):
        if not station.page.is_visible(f"[data-key='{key}']"):
            station.tap("[data-key=SIGNS]:visible, [data-key=LETTERS]:visible")
        station.tap(f"[data-key='{key}']:visible")
    station.tap("[data-key=DONE]:visible")
    station.wait(lambda: server.raws() == [sent])


def test_a_suggested_figure_is_replaced_and_a_bad_date_is_refused_on_the_pad(station: Station, server: Harness) -> None:
    server.prompt = replace(PLAIN, place=None, pad=Pad("quantity", "How many?", "quantity", "18"))
    station.open()
    station.tap("[data-key='5']")
    assert station.text(".pad__value") == "5"
    server.prompt = replace(PLAIN, place=None, pad=Pad("date", "Expiry", "expiry"))
    station.open()
    for digit in "271332":
        station.tap(f"[data-key='{digit}']")
    station.tap("[data-key=DONE]")
    assert "no such day" in station.text("#scan")
    assert server.scans == []


def test_a_bench_keyboard_types_into_the_open_pad(station: Station, server: Harness) -> None:
    server.prompt = replace(PLAIN, place=None, pad=Pad("quantity", "How many?", "quantity"))
    station.open()
    station.keys("12", gap_ms=200, end=None)
    station.wait(lambda: station.text(".pad__value") == "12")
    station.key(**ENTER)
    station.wait(lambda: server.raws() == [command("Q", 12)])


def test_a_scan_closes_the_sheet(station: Station) -> None:
    station.open()
    station.tap("[data-local=more]")
    assert station.page.is_visible("#more")
    station.scan("LA032X")
    assert not station.page.is_visible("#more")


def test_a_scan_at_home_opens_its_task_without_deafening_the_page(station: Station, server: Harness) -> None:
    server.redirects["SO20518"] = "/pick/7/"
    station.open("/")
    station.page.evaluate("window.survived = true")
    station.keys("SO20518")
    station.wait(lambda: "PICK SO-20518" in station.text("h1"))
    station.scan("LA032X")
    assert [scan["path"] for scan in server.scans] == ["/scan", "/pick/7/scan"]
    assert station.page.evaluate("window.survived")
    assert station.page.url.endswith("/pick/7/")


def test_a_badge_and_a_pin_log_in_without_any_keyboard(station: Station, server: Harness) -> None:
    station.page.goto(station.url + "/login")
    station.tap("[data-key='1']")
    station.tap("[data-key=DONE]")
    assert "Scan your badge first" in station.text("#badge-band")
    station.tap("[data-key=CLEAR]")
    station.keys("BADGE0TOKEN0X")
    station.wait(lambda: "Badge read" in station.text("#badge-band"))
    for digit in "4711":
        station.tap(f"[data-key='{digit}']")
    assert station.text(".pad__value") == "●●●●"
    station.tap("[data-key=DONE]")
    station.wait(lambda: len(server.forms) == 1)
    (form,) = server.forms
    assert (form["badge"], form["pin"], form["csrf_token"]) == ("BADGE0TOKEN0X", "4711", "token")
    assert form["device"] != ""


def test_a_badge_scanned_into_the_password_field_does_not_stay_there(station: Station) -> None:
    station.page.goto(station.url + "/login")
    station.tap("[data-local=password]")
    station.page.focus("input[name=password]")
    station.keys("BADGE0TOKEN0X")
    station.wait(lambda: "Badge read" in station.text("#badge-band"))
    assert station.page.input_value("input[name=password]") == ""


def test_a_badge_scanned_at_work_leads_to_the_log_in_and_only_the_pin_is_missing(
    station: Station, server: Harness
) -> None:
    server.redirects["BADGE0TOKEN0X"] = "/login"
    station.open("/")
    station.keys("BADGE0TOKEN0X")
    station.lands("/login")
    station.wait(lambda: "Badge read" in station.text("#badge-band"))
    station.page.reload()
    assert "Scan your badge" in station.text("#badge-band")


def test_a_strange_page_never_takes_the_place_of_ours(station: Station, server: Harness) -> None:
    station.open("/")
    station.page.route("**/pick/7/", lambda route: route.fulfill(body="<h1>Welcome to the hotel</h1>"))
    station.tap(".continue")
    station.wait(lambda: "No connection" in station.text("#scan"))
    station.page.unroute("**/pick/7/")
    station.tap(".continue")
    station.wait(lambda: "PICK SO-20518" in station.text("h1"))
