"""The station's ear and its outbox: what is a scan and what is not, and that none is lost or doubled."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from scanner.prompt import Goods
from tests.browser.harness import PLAIN, Harness, refusal
from tests.browser.station import ENTER, TAB, Station, kept

pytestmark = pytest.mark.browser

COUNTING = replace(PLAIN, step="item", goods=Goods("OAT MILK 1L", "88-2041", qty=12, done=0), checks=())
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def code(length: int, seed: int) -> str:
    """A code of letters and digits that no other test step uses."""
    return "".join(random.Random(seed).choices("0123456789ABCDEFGHJKLNPRSTUVX", k=length))  # noqa: S311 - not a secret


# --- what is a scan --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap_ms", [0, 1, 5, 20, 50, 80])
def test_every_speed_and_length_of_a_scanner_is_one_scan(station: Station, server: Harness, gap_ms: int) -> None:
    station.open()
    sent = [code(length, seed=length + gap_ms) for length in (4, 5, 8, 13, 14, 32, 60)]
    for number, raw in enumerate(sent):
        station.scan(raw, gap_ms=gap_ms, end=TAB if number % 2 else ENTER)
    assert server.raws() == sent


@pytest.mark.parametrize("gap_ms", [120, 150, 300])
def test_a_person_typing_is_never_a_scan(station: Station, server: Harness, gap_ms: int) -> None:
    station.open()
    for word in ("cat", "warehouse", "09506000134352"):
        station.keys(word, gap_ms=gap_ms)
    station.page.wait_for_timeout(400)
    assert server.scans == []


def test_typing_stays_typing_after_a_slow_scanner_has_been_learned(station: Station, server: Harness) -> None:
    station.open()
    for seed in range(4):
        station.scan(code(12, seed), gap_ms=80)
    station.keys("warehouse", gap_ms=120)
    station.page.wait_for_timeout(800)
    assert len(server.scans) == 4


def test_a_scanner_that_stutters_is_learned(station: Station, server: Harness) -> None:
    station.open()
    for seed in range(3):
        station.scan(code(20, seed), gap_ms=70)
    station.keys("PART1", gap_ms=5, end=None)
    station.clock_s += 0.2  # a pause inside one code, three times the usual
    station.scan("PART2", gap_ms=5, idle_ms=0)
    assert server.raws()[-1] == "PART1PART2"


def test_half_a_code_is_said_and_thrown_away(station: Station, server: Harness) -> None:
    station.open()
    station.keys("0950600", end=None)
    station.wait(lambda: "Half a code" in station.text("#scan"))
    station.scan("LA032X")
    assert server.raws() == ["LA032X"]
    assert station.tones() == ["warn", "ok"]


def test_a_group_separator_is_kept_in_each_of_its_disguises(station: Station, server: Harness) -> None:
    station.open()
    station.scan("]C110B7741\x1d21S9")
    station.keys("]C110B7742", end=None)
    for digit in "029":
        station.key(key=digit, code=f"Numpad{digit}", modifiers=1)
    station.devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Alt", "timestamp": station.clock_s})
    station.scan("21S9", idle_ms=0)
    station.keys("]C110B7743", end=None)
    station.key(key="F8", code="F8")
    station.scan("21S9", idle_ms=0)
    assert server.raws() == [f"]C110B774{n}\x1d21S9" for n in (1, 2, 3)]


def test_modifiers_and_held_keys_add_nothing(station: Station, server: Harness) -> None:
    station.open()
    station.keys("abC", end=None)
    station.key(key="C", text="C", autoRepeat=True)
    for key in ("Shift", "ArrowLeft"):
        station.key(key=key, code=key)
    station.scan("d-9", idle_ms=0)
    assert server.raws() == ["abCd-9"]


def test_a_code_of_256_characters_passes_and_a_longer_one_does_not(station: Station, server: Harness) -> None:
    station.open()
    station.scan("A" + code(255, seed=1), gap_ms=0)
    station.keys(code(300, seed=2), gap_ms=0)
    station.wait(lambda: "Half a code" in station.text("#scan"))
    assert [len(raw) for raw in server.raws()] == [256]


def test_text_of_an_input_method_that_sends_no_keys_is_a_scan(station: Station, server: Harness) -> None:
    station.open()
    insert = "(pieces) => pieces.map((piece) => document.execCommand('insertText', false, piece))"
    assert station.page.evaluate(insert, ["0950", "6000134352"]) == [True, True]  # one after the other, on any machine
    station.key(**ENTER)
    station.wait(lambda: server.raws() == ["09506000134352"])
    assert station.page.input_value("#wedge") == ""


def test_a_scan_inside_a_text_field_is_taken_out_of_it(station: Station, server: Harness) -> None:
    station.open("/with-field/")
    station.page.focus("#search")
    station.keys("oat milk", gap_ms=180, end=None)
    station.scan("LA032X")
    assert server.raws() == ["LA032X"]
    assert station.page.input_value("#search") == "oat milk"
    assert station.page.evaluate("document.activeElement.id") == "search"


def test_a_fast_typist_keeps_every_word_in_a_text_field(station: Station, server: Harness) -> None:
    station.open("/with-field/")
    station.page.focus("#search")
    station.keys("warehouse", gap_ms=70)
    station.page.wait_for_timeout(300)
    assert (station.page.input_value("#search"), server.scans) == ("warehouse", [])


def test_a_scan_never_presses_the_button_that_has_the_focus(station: Station, server: Harness) -> None:
    server.prompt = replace(PLAIN, actions=PLAIN.actions)
    station.open()
    station.page.focus("[data-local=more]")
    station.scan("AB 12 CD")
    assert server.raws() == ["AB 12 CD"]
    assert not station.page.is_visible("#more")


def test_no_touch_and_no_swap_deafens_the_station(station: Station, server: Harness) -> None:
    chance = random.Random(7)  # noqa: S311 - a repeatable fidget
    station.open()
    sent = []
    for turn in range(25):
        for _ in range(chance.randint(0, 3)):
            disturb(station, chance)
        sent.append(code(9, seed=1000 + turn))
        station.scan(sent[-1])
    assert server.raws() == sent


def disturb(station: Station, chance: random.Random) -> None:
    """Something that a hand or the system does to the page."""
    page = station.page
    act = chance.randrange(5)
    if act == 0:
        page.mouse.click(chance.randrange(10, 350), chance.randrange(60, 400))
    elif act == 1 and page.is_visible("[data-local=more]"):
        page.evaluate("document.querySelector('[data-local=more]').click()")
    elif act == 2:
        width = chance.choice([360, 640])
        page.set_viewport_size({"width": width, "height": 1000 - width})
    elif act == 3:
        page.evaluate("document.activeElement.blur(); window.dispatchEvent(new Event('blur'))")
    else:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_scan_carries_its_id_time_and_device(station: Station, server: Harness) -> None:
    station.open()
    station.scan("LA032X")
    station.scan("LA033X")
    first, second = server.scans
    assert UUID7.fullmatch(first["scan_id"])
    assert first["scan_id"] < second["scan_id"]
    assert first["device"] == second["device"] != ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", first["at"])


def test_ids_are_unique_and_rise_even_within_a_millisecond(station: Station) -> None:
    station.open()
    path = station.page.evaluate("document.querySelector('script[type=module]').src").replace("scan.js", "ids.js")
    ids = station.page.evaluate(f"import('{path}').then((ids) => Array.from({{ length: 5000 }}, () => ids.uuid7()))")
    assert ids == sorted(set(ids))
    assert all(UUID7.fullmatch(each) for each in ids[:50])


def test_ten_scans_in_a_row_arrive_in_order_each_once(station: Station, server: Harness) -> None:
    server.delay_s = 0.15
    server.prompt = COUNTING
    station.open()
    sent = [code(13, seed=n) for n in range(10)]
    for raw in sent:
        station.keys(raw, gap_ms=2, idle_ms=500)
    station.wait(lambda: len(server.scans) == 10)
    assert server.raws() == sent
    station.wait(lambda: len(station.tones()) == 10)


def test_one_pull_of_the_trigger_read_twice_is_one_scan(station: Station, server: Harness) -> None:
    station.open()
    station.scan("LA032X")
    station.page.wait_for_timeout(50)
    station.keys("LA032X", idle_ms=0)
    station.wait(lambda: station.tones() == ["ok", "tick"])
    assert server.raws() == ["LA032X"]


def test_where_units_are_counted_the_same_code_counts_again_soon(station: Station, server: Harness) -> None:
    server.prompt = COUNTING
    station.open()
    for _ in range(3):
        station.scan("09506000134352")
        station.page.wait_for_timeout(260)
    assert len(server.scans) == 3
    station.keys("09506000134352")
    station.keys("09506000134352", idle_ms=0)
    station.wait(lambda: station.tones()[-1] == "tick" or len(server.scans) == 4)
    station.page.wait_for_timeout(200)
    assert len(server.scans) == 4


def test_a_read_is_acknowledged_before_the_server_answers(station: Station, server: Harness) -> None:
    server.delay_s = 1.0
    station.open()
    station.page.evaluate("""window.states = []; new MutationObserver(() => {
        const [scan, note] = ["scan", "note"].map((id) => document.getElementById(id));
        window.states.push(`${scan.dataset.state}: ${note.textContent}`);
    }).observe(document.getElementById("scan"), { attributes: true, childList: true, subtree: true })""")
    station.keys("LA032X")
    assert station.tones() == []
    station.wait(lambda: "sending: Sending LA032X" in station.page.evaluate("window.states"), seconds=0.9)
    assert "read: ✓ LA032X" in station.page.evaluate("window.states")
    station.wait(lambda: station.tones() == ["ok"])


# --- a bad network ---------------------------------------------------------------------------------------------------


def test_without_a_network_scans_wait_in_sight_and_are_sent_once(station: Station, server: Harness) -> None:
    station.open()
    station.context.set_offline(True)
    station.keys("LA032X")
    station.keys("LA033X")
    station.wait(lambda: re.fullmatch(r"OFFLINE q2 since \d\d:\d\d", station.text("#link")))
    assert station.text("#note") == "Saved on this phone (2 waiting)"
    assert server.scans == []
    station.context.set_offline(False)
    station.wait(lambda: len(server.raws()) == 2)
    station.wait(lambda: station.text("#link") == "ONLINE")
    assert server.raws() == ["LA032X", "LA033X"]


@pytest.mark.parametrize(("fault", "word"), [("portal", "OFFLINE"), ("503", "SERVER 503"), ("502", "SERVER 502")])
def test_an_answer_that_is_not_ours_is_no_answer(station: Station, server: Harness, fault: str, word: str) -> None:
    server.fault = server.batch_fault = fault
    station.open()
    station.keys("LA032X")
    station.wait(lambda: station.text("#link").startswith(f"{word} q1 since "))
    assert "hotel" not in station.page.inner_text("body")
    assert kept(station) == 1
    server.fault = server.batch_fault = ""
    station.wait(lambda: station.verdict_id() != "")
    assert len({scan["scan_id"] for scan in server.scans}) == 1
    assert kept(station) == 0
    assert station.tones() == ["warn"]  # saved: one outcome for one scan


@pytest.mark.parametrize("fault", ["404", "403", "413", "400"])
def test_no_error_of_the_server_takes_a_scan_away(station: Station, server: Harness, fault: str) -> None:
    server.fault = server.batch_fault = fault
    station.open()
    station.keys("LA032X")
    station.wait(lambda: "q1" in station.text("#link"))
    assert kept(station) == 1
    server.fault = server.batch_fault = ""
    station.wait(lambda: server.raws() == ["LA032X"] and kept(station) == 0)


def test_a_scan_that_the_page_may_not_send_is_sent_by_the_device(station: Station, server: Harness) -> None:
    server.fault = "told"
    server.answers["LA032X"] = refusal(code="not_allowed", say="Your badge does not open this.", wanted="")
    station.open()
    station.keys("LA032X")
    station.wait(lambda: "Your badge does not open this." in station.text("#stop"))
    assert [len(batch) for batch in server.batches] == [1]
    server.fault = ""
    station.scan("LB017X")
    assert station.text("#stop") == ""
    assert station.tones() == ["stop", "ok"]


def test_a_scan_that_can_never_be_recorded_is_said_and_the_next_goes_on(station: Station, server: Harness) -> None:
    server.fault = "404"
    server.unrecordable.add("LA032X")
    station.open()
    station.keys("LA032X")
    station.wait(lambda: "No page sends scans there." in station.text("#stop"))
    server.fault = ""
    station.scan("LB017X")
    assert station.tones() == ["stop", "ok"]
    assert kept(station) == 0


def test_a_reload_keeps_what_waits(station: Station, server: Harness) -> None:
    server.fault = server.batch_fault = "503"
    station.open()
    station.keys("LA032X")
    station.wait(lambda: "q1" in station.text("#link"))
    assert kept(station) == 1
    server.fault = server.batch_fault = ""
    station.open()
    station.wait(lambda: server.raws() == ["LA032X"] and kept(station) == 0)
    station.wait(lambda: station.text("#link") == "ONLINE")


def test_a_lost_session_holds_up_no_scan_and_leads_to_the_log_in(station: Station, server: Harness) -> None:
    server.fault = "401"
    station.open()
    station.keys("LA032X")
    station.lands("/login")
    assert [[scan["raw"] for scan in batch] for batch in server.batches] == [["LA032X"]]
    assert kept(station) == 0


def test_another_persons_scans_are_sent_in_their_name_and_never_seen(station: Station, server: Harness) -> None:
    server.fault = server.batch_fault = "503"
    station.open()
    station.keys("LA032X")
    station.wait(lambda: "q1" in station.text("#link"))
    server.me.id, server.me.name = 2, "Ben"
    station.open()
    station.wait(lambda: "q1" in station.text("#link"))
    station.tap("#link")
    station.wait(lambda: "1 of other people" in station.text("#waiting"))
    assert "LA032X" not in station.page.inner_text("body")
    server.fault = server.batch_fault = ""
    station.scan("LB017X")
    station.wait(lambda: server.raws() == ["LA032X", "LB017X"])
    assert server.batches[0][0]["person"] == 1
    assert "LA032X" not in station.page.inner_text("body")


def test_a_page_left_open_overnight_gets_a_new_token_by_itself(station: Station, server: Harness) -> None:
    server.fault = "stale token"
    station.open()
    station.scan("LA032X")
    assert len({scan["scan_id"] for scan in server.scans}) == 1
    assert station.tones() == ["ok"]
