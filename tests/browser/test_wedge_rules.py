"""The wedge's rules one by one: what scanners send, and what a page must make of it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from scanner.barcode import read
from scanner.prompt import Pad
from tests.browser.harness import PLAIN, Harness, actions
from tests.browser.station import ENTER, TAB, Station
from tests.browser.torture import fidget
from tests.browser.wedge import GS, GS_FORMS, Wedge, char, type_by_input_method

pytestmark = pytest.mark.browser

KNOWN = {
    "channel": "wedge",
    "source": "keys",
    "end": "Enter",
    "prefix": "",
    "suffix": "",
    "gs_key": "",
    "gs_text": "",
    "sends_gs": True,
    "has_aim": False,
    "gap_ms": 5,
    "keyboard": "none",
}

KEEP_NOTES = """() => {
    const note = document.getElementById("note");
    window.notes = [];
    new MutationObserver(() => window.notes.push(note.textContent)).observe(note, { childList: true });
}"""


def know(station: Station, **facts: Any) -> None:
    """Gives the page a device profile before it loads."""
    kept = json.dumps(KNOWN | facts)
    station.page.add_init_script(f"localStorage.setItem('scandock.profile', {kept!r})")


# --- the separator ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", GS_FORMS)
def test_every_form_of_the_separator_is_read_as_the_same_fields(station: Station, server: Harness, form: str) -> None:
    station.open()
    wedge = Wedge(station, gs=GS_FORMS[form], gap_ms=20)
    wedge.scan(f"]C110B7741{GS}21S9")
    station.wait(lambda: len(server.raws()) == 1)
    assert dict(read(server.raws()[0]).ais) == {"10": "B7741", "21": "S9"}


def test_f8_between_two_scans_is_a_key_like_any_other(station: Station, server: Harness) -> None:
    station.open()
    station.key(key="F8", code="F8")
    station.scan("LA032X")
    assert server.raws() == ["LA032X"]


def test_a_slow_alt_code_does_not_cut_the_scan_in_two(station: Station, server: Harness) -> None:
    station.open()
    Wedge(station, gs=GS_FORMS["Alt+029"], gap_ms=80).scan(f"]C110B7741{GS}21S9")
    station.wait(lambda: server.raws() == [f"]C110B7741{GS}21S9"])


def test_what_windows_types_after_an_alt_code_is_not_taken_twice(station: Station, server: Harness) -> None:
    station.open()
    Wedge(station, gs=GS_FORMS["Alt+029"]).scan(f"]C110B7741{GS}", ends=False)
    type_by_input_method(station, "\u2194")
    station.keys("21S9", idle_ms=0)
    station.wait(lambda: server.raws() == [f"]C110B7741{GS}21S9"])


def test_a_separator_of_the_devices_own_is_put_right_in_gs1_data_only(station: Station, server: Harness) -> None:
    know(station, gs_text="|")
    station.open()
    for raw in ("]C110B7741|21S9", "0109506000134352|10B1", "A|B"):
        station.scan(raw)
    assert server.raws() == [f"]C110B7741{GS}21S9", f"0109506000134352{GS}10B1", "A|B"]


def test_a_key_of_its_own_may_stand_for_the_separator_or_the_end(station: Station, server: Harness) -> None:
    know(station, gs_key="F9", end="F10")
    station.open()
    Wedge(station, gs=[{"key": "F9", "code": "F9"}], end={"key": "F10", "code": "F10"}).scan(f"]C110F9{GS}21S9")
    station.wait(lambda: server.raws() == [f"]C110F9{GS}21S9"])


def test_a_scan_says_whether_its_scanner_sends_separators_and_a_button_does_not(
    station: Station, server: Harness
) -> None:
    know(station, sends_gs=False)
    server.prompt = replace(PLAIN, actions=actions("SHORT"))
    station.open()
    station.scan("LA032X")
    station.tap("[data-code=CSHORTX]")
    station.wait(lambda: len(server.scans) == 2)
    assert [scan.get("sends_gs") for scan in server.scans] == ["false", None]


# --- what scanners add -----------------------------------------------------------------------------------------------


def test_prefix_and_suffix_of_the_profile_are_taken_off_once(station: Station, server: Harness) -> None:
    know(station, prefix="~", suffix="#")
    station.open()
    Wedge(station, prefix="~", suffix="#").scan("~A#")
    station.wait(lambda: server.raws() == ["~A#"])
    station.scan("PLAIN1")
    assert server.raws() == ["~A#", "PLAIN1"]


@pytest.mark.parametrize("aim", ["]C1", "]C0", "]d2", "]d1", "]Q3", "]Q1", "]E0", "]E4", "]e0", "]I1"])
def test_an_aim_identifier_goes_to_the_reader_and_the_expected_code_is_still_known(
    station: Station, server: Harness, aim: str
) -> None:
    station.open()
    station.page.evaluate(KEEP_NOTES)
    station.keys(f"{aim}LA032X")
    station.wait(lambda: server.raws() == [f"{aim}LA032X"])
    word = "Misread? " if aim.startswith("]E") else "✓ "
    assert f"{word}{aim}LA032X" in station.page.evaluate("window.notes")


@pytest.mark.parametrize(
    ("end", "raw"),
    [
        (ENTER, "LA032X"),
        (TAB, "LA033X"),
        ({"key": "j", "modifiers": 2}, "LA034X"),
        ({"key": "m", "modifiers": 2}, "A35"),
    ],
)
def test_enter_tab_and_control_characters_end_a_scan(
    station: Station, server: Harness, end: dict[str, Any], raw: str
) -> None:
    station.open()
    station.scan(raw, end=end)
    assert server.raws() == [raw]


def test_a_handheld_that_says_alt_is_always_held_is_heard(station: Station, server: Harness) -> None:
    station.open()
    wedge = Wedge(station)
    wedge.press([char(each) | {"modifiers": 1, "code": f"Digit{each}"} for each in "0321457"] + [ENTER])
    station.wait(lambda: server.raws() == ["0321457"])


# --- input methods ---------------------------------------------------------------------------------------------------


def test_an_input_method_that_corrects_itself_is_read_as_it_ends(station: Station, server: Harness) -> None:
    station.open()
    type_by_input_method(station, "LA03")
    station.page.evaluate(
        """() => {
            const field = document.getElementById("wedge");
            field.value = "LB032X";
            field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
        }"""
    )
    station.key(**ENTER)
    station.wait(lambda: server.raws() == ["LB032X"])


def test_an_input_method_that_sends_enter_as_text_is_heard(station: Station, server: Harness) -> None:
    station.open()
    type_by_input_method(station, "LA032X\n")
    station.wait(lambda: server.raws() == ["LA032X"])


def test_input_method_text_without_an_end_is_half_a_code(station: Station, server: Harness) -> None:
    station.open()
    type_by_input_method(station, "LA032X")
    station.wait(lambda: "Half a code" in station.text("#note"))
    assert server.scans == []


def test_a_tap_beside_everything_does_not_deafen_an_input_method(station: Station, server: Harness) -> None:
    station.open()
    station.page.mouse.click(180, 150)
    type_by_input_method(station, "LA032X")
    station.key(**ENTER)
    station.wait(lambda: server.raws() == ["LA032X"])


def test_input_method_scans_leave_a_text_field_only_where_the_scanner_is_known_to_send_no_keys(
    station: Station, server: Harness
) -> None:
    know(station, source="input")
    station.open("/with-field/")
    station.page.focus("#search")
    station.page.keyboard.type("oat ", delay=0)
    station.page.wait_for_timeout(1_000)
    type_by_input_method(station, "LA032X9")
    station.key(**ENTER)
    station.wait(lambda: server.raws() == ["LA032X9"])
    assert station.page.input_value("#search") == "oat "
    type_by_input_method(station, "warehouse")  # a suggested word
    station.key(**ENTER)
    station.page.wait_for_timeout(700)
    assert station.page.input_value("#search") == "oat warehouse"
    assert server.raws() == ["LA032X9"]


def test_a_handheld_that_goes_deaf_without_a_keyboard_gets_a_plain_field(station: Station, server: Harness) -> None:
    know(station, keyboard="plain", source="input")
    station.open()
    assert station.page.get_attribute("#wedge", "inputmode") is None
    station.wait(lambda: not station.page.evaluate("document.getElementById('wedge').readOnly"))
    type_by_input_method(station, "LA032X")
    station.key(**ENTER)
    station.wait(lambda: server.raws() == ["LA032X"])


# --- requests, stops, halves -----------------------------------------------------------------------------------------


def test_ten_scans_in_five_seconds_behind_a_slow_server_are_ten_in_order(station: Station, server: Harness) -> None:
    server.delay_s = 0.4
    station.open()
    wedge = Wedge(station, gap_ms=2)
    sent = [f"LA{number:03d}X" for number in range(10)]
    for raw in sent:
        wedge.scan(raw, idle_ms=150)
    station.wait(lambda: len(server.scans) == 10, seconds=15)
    assert server.raws() == sent
    assert len(server.scans) == 10


def test_what_was_scanned_behind_a_stop_books_nothing_of_the_next_step(station: Station, server: Harness) -> None:
    server.delay_s = 1.5
    for raw in ("WRONG1", "ITEM1", "ITEM2"):
        server.refuse(raw)  # this step wants LA032X, so whatever else comes is refused
    station.open()
    for raw in ("WRONG1", "ITEM1", "ITEM2"):
        station.keys(raw, idle_ms=150)
    station.wait(
        lambda: len(server.scans) == 3 and station.page.query_selector_all(".stop__after").__len__() == 2, seconds=20
    )
    assert {scan["path"] for scan in server.scans} == {"/pick/7/scan"}
    assert "STOP" in station.text("#stop")
    server.delay_s = 0
    station.scan("LA032X")
    assert station.text("#stop") == ""


def test_three_half_codes_in_ten_minutes_offer_the_scanner_check(station: Station, server: Harness) -> None:
    station.open()
    for number in range(3):
        assert not station.page.is_visible("#check-offer")
        station.keys(f"09506{number}", end=None)
        station.page.wait_for_timeout(900)
    station.wait(lambda: station.page.is_visible("#check-offer"))
    station.scan("LA032X")
    assert not station.page.is_visible("#check-offer")
    assert server.raws() == ["LA032X"]


@pytest.mark.parametrize(
    ("raw", "is_misread"),
    [
        ("]E09506000134352", False),
        ("]E09506000134353", True),
        ("]E0950600013435", True),
        ("]E496385074", False),
        ("]E496385073", True),
        ("]E001234565", False),  # a UPC-E: its digit is that of the UPC-A
        ("00106141412345678908", False),
        ("00106141412345678907", True),
        ("]C000106141412345678907", False),  # plain Code 128: not a pallet's number
        ("9506000134353", False),  # may be somebody's SKU
    ],
)
def test_a_wrong_check_digit_is_told_at_once_and_sent_all_the_same(
    station: Station, server: Harness, raw: str, is_misread: bool
) -> None:
    station.open()
    station.page.evaluate(KEEP_NOTES)
    station.keys(raw)
    station.wait(lambda: server.raws() == [raw])
    assert any(note.startswith("Misread?") for note in station.page.evaluate("window.notes")) == is_misread


# --- torture ---------------------------------------------------------------------------------------------------------

KEYS = ["a", "Z", "9", "-", " ", GS, "é", "ß", "😀", "Enter", "Tab", "Shift", "Control", "Alt", "AltGraph", "Meta"]
KEYS += [
    "CapsLock",
    "Dead",
    "Process",
    "Unidentified",
    "F1",
    "F8",
    "F12",
    "Escape",
    "Backspace",
    "ArrowLeft",
    "",
    "\x00",
]
FUZZ = """
([events, keys]) => {
  const field = document.getElementById("wedge");
  for (const [kind, key, code, flags, data] of events) {
    const target = flags & 64 ? field : document.body;
    const held = { ctrlKey: !!(flags & 1), altKey: !!(flags & 2), metaKey: !!(flags & 4), shiftKey: !!(flags & 8) };
    const more = { repeat: !!(flags & 16), isComposing: !!(flags & 32), bubbles: true, cancelable: true };
    if (kind === 0) target.dispatchEvent(new KeyboardEvent("keydown", { key, code, ...held, ...more }));
    if (kind === 1) target.dispatchEvent(new KeyboardEvent("keyup", { key, code, ...held, ...more }));
    if (kind === 2) { field.value += data; field.dispatchEvent(new InputEvent("input", { data, ...more })); }
    if (kind === 3) field.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertLineBreak", data, ...more }));
    if (kind === 4) field.value = data;
    if (kind === 5) target.dispatchEvent(new Event("keydown", more)); // autofill sends keys that are none
    if (kind === 6) target.dispatchEvent(new Event("input", more));
  }
}
"""


@pytest.mark.parametrize("seed", range(4))
def test_no_stream_of_keys_breaks_the_page(station: Station, server: Harness, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable
    station.open()
    events = [
        (
            chance.randrange(7),
            chance.choice(KEYS),
            chance.choice(["", "KeyA", "Numpad2", "BracketRight", "Digit1"]),
            chance.randrange(128),
            chance.choice(["", "x", "0950", "a\nb", "\u241d", "\t", "é" * 300]),
        )
        for _ in range(2_000)
    ]
    station.page.evaluate(FUZZ, [events, KEYS])
    station.page.wait_for_timeout(1_200)
    before = len(server.raws())
    station.page.keyboard.press("Escape")
    station.keys("ALIVE1")
    station.wait(lambda: "ALIVE1" in server.raws(), seconds=30)
    assert len(server.raws()) > before
    assert all(3 <= len(raw) <= 256 for raw in server.raws())


def test_whatever_a_hand_does_to_the_page_the_next_scan_is_heard(station: Station, server: Harness) -> None:
    chance = random.Random(40)  # noqa: S311 - repeatable
    server.prompt = replace(PLAIN, actions=actions("SHORT"), pad=Pad("digits", "TYPE 3 CHECK DIGITS", "check_digits"))
    station.open()
    sent = []
    for turn in range(12):
        for _ in range(chance.randint(1, 4)):
            fidget(station, chance)
        sent.append(f"LA{turn:03d}X")
        if turn % 2:
            station.scan(sent[-1])
        else:
            type_by_input_method(station, f"{sent[-1]}\n")  # it needs the focus, keys do not
            station.wait(lambda: sent[-1] in server.raws())
    assert [raw for raw in server.raws() if raw.startswith("LA")] == sent
