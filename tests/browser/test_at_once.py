"""What is right by the coming steps counts at once, with a network too; the server has the last word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.ahead import key_of
from scanner.barcode import command
from tests.browser.coming import ASKS, END, ITEM, NO_PATIENCE, PRINTS, STEPS, coming
from tests.browser.harness import PLAIN, Harness
from tests.browser.station import Station, kept

pytestmark = pytest.mark.browser


def test_a_known_code_has_its_verdict_and_the_next_step_before_the_server_answers(
    station: Station, server: Harness
) -> None:
    coming(server)
    known(station)
    server.delay_s = 0.4
    server.prompts["LA032X"] = ITEM
    station.scan("LA032X")
    station.wait(lambda: state(station) == "ready")
    before = seen_before_the_answer(station)
    assert ["right", "ok", "TAKE", "", "✓ LA032X"] in before  # green is what is booked
    assert all(look[0] != "ok" for look in before)
    assert (station.text(".verb"), station.tones()) == ("TAKE", ["ok"])


def test_what_is_wrong_by_the_coming_steps_is_left_to_the_server_where_it_can_be_asked(
    station: Station, server: Harness
) -> None:
    coming(server)
    known(station)
    server.delay_s = 0.2
    station.scan("LB083X")  # a barcode that was put on file since
    assert station.tones() == ["ok"]
    assert all(look[0] != "stop" for look in looks(station))
    server.fault = server.batch_fault = "503"
    station.keys("LB083Y")
    station.wait(lambda: station.tones() == ["ok", "stop"])
    server.fault = server.batch_fault = ""
    station.wait(lambda: kept(station) == 0)
    assert [scan.get("seen") for scan in server.scans if scan["raw"] == "LB083Y"][-1] == "stop"


def test_a_stop_is_not_hidden_by_the_answer_to_a_scan_that_was_read_before_it(
    station: Station, server: Harness
) -> None:
    coming(server)
    known(station)
    server.delay_s = 0.5
    server.refuse("LA032X", say="That place is on hold.")
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.keys("MUG")
    station.wait(lambda: kept(station) == 0)
    station.wait(lambda: "Scanned after it" in station.text("#stop"))
    assert "on hold" in station.text("#stop")
    assert station.tones() == ["ok", "done", "stop"]


def test_a_stop_says_what_was_booked_behind_it_where_both_came_in_one_answer(station: Station, server: Harness) -> None:
    coming(server)
    known(station)
    server.refuse("LA032X", say="That place is on hold.")
    server.fault = server.batch_fault = "503"
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.keys("MUG")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "done")
    server.fault = server.batch_fault = ""
    station.wait(lambda: kept(station) == 0, seconds=20)
    station.wait(lambda: "Scanned after it: \u2713 MUG booked" in station.text("#stop"))
    assert station.text("#stop").count("Scanned after it") == 1
    assert station.tones()[-1] == "stop"


def test_what_needs_the_network_stays_said_when_the_scan_before_it_has_waited_in_vain(
    station: Station, server: Harness
) -> None:
    coming(server)
    server.coming[1][1]["ways"][command("PRINT")] = PRINTS
    known(station)
    server.fault = server.batch_fault = "503"
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.wait(lambda: "q1" in station.text("#link"))
    station.keys(command("PRINT"))
    station.wait(lambda: "needs the network" in station.text("#note"))
    station.page.wait_for_timeout(1_000)
    assert "needs the network" in station.text("#note")


def test_a_scan_behind_a_question_waits_for_its_answer(station: Station, server: Harness) -> None:
    server.coming = [
        (PLAIN, {"other": "stop", "ways": {"LA032X": ASKS}}),
        (ITEM, {"other": "keep", "ways": {"MUG": {"to": key_of(END), "tone": "done"}}}),
        (END, {"other": "keep", "ways": {}}),
    ]
    known(station)
    server.delay_s = 0.2
    server.answers["LA032X"] = {"outcome": "accepted", "code": "twice", "say": "Again?", "tone": "warn"}
    station.keys("LA032X")
    station.keys("MUG")
    station.wait(lambda: kept(station) == 0)
    station.wait(lambda: len(station.tones()) == 2)
    assert station.tones()[0] == "warn"
    assert "done" not in station.tones()


def test_after_another_tote_its_name_is_not_guessed(station: Station, server: Harness) -> None:
    item = replace(ITEM, put_in="YOUR TOTE")
    tote = replace(PLAIN, step="tote", verb="SCAN", expects=("U00001",), place=None)
    server.prompt = replace(item, put_in="TOTE 1")
    server.coming = [
        (tote, {"other": "keep", "ways": {"U00001": {"to": key_of(item), "tone": "ok"}}}),
        (item, {"other": "keep", "ways": {}}),
    ]
    known(station)
    server.prompts["FULL"] = tote
    station.scan("FULL")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "tote")
    server.fault = server.batch_fault = "503"
    station.keys("U00001")
    station.wait(lambda: station.text(".put-in b") == "YOUR TOTE")


def test_where_the_server_says_otherwise_its_word_is_heard_and_counts(station: Station, server: Harness) -> None:
    coming(server)
    known(station)
    server.refuse("LA032X", say="That place is on hold.")
    station.keys("LA032X")
    station.wait(lambda: "on hold" in station.text("#stop"))
    assert station.tones() == ["ok", "stop"]
    assert station.page.get_attribute("#screen", "data-step") == "location"


def test_what_the_server_asks_twice_is_not_judged_here_while_it_can_be_asked(station: Station, server: Harness) -> None:
    server.coming = [(PLAIN, {"other": "stop", "ways": {"LA032X": ASKS}}), (ITEM, {"other": "keep", "ways": {}})]
    known(station)
    server.delay_s = 0.4
    server.answers["LA032X"] = {"outcome": "accepted", "code": "twice", "say": "Again?", "tone": "warn"}
    station.keys("LA032X")
    station.wait(lambda: "Again?" in station.text("#verdict"))
    assert (station.tones(), station.page.get_attribute("#screen", "data-step")) == (["warn"], "location")
    server.fault = server.batch_fault = "503"
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    assert station.tones() == ["warn", "ok"]


def test_a_screen_that_shows_less_than_the_servers_waits_for_it_behind_the_verdict(
    station: Station, server: Harness
) -> None:
    bare = {"other": "keep", "ways": {}, "bare": True}
    server.coming = [(PLAIN, {"other": "stop", "ways": {"LA032X": {"to": key_of(ITEM), "tone": "ok"}}}), (ITEM, bare)]
    known(station)
    server.delay_s = 0.4
    server.prompts["LA032X"] = replace(ITEM, verb="TAKE 3")
    station.scan("LA032X")
    before = seen_before_the_answer(station)
    assert ["right", "ok", PLAIN.verb, "", "✓ LA032X"] in before
    assert all(verb != "TAKE" for _, _, verb, _, _ in before)
    assert station.text(".verb") == "TAKE 3"
    server.prompt = PLAIN
    known(station)
    server.delay_s = 4
    station.keys("LA032X")
    station.wait(lambda: station.text(".verb") == "TAKE")  # too late to be waited for
    assert "Saved on this phone" in station.text("#note")
    assert station.verdict_id() == ""


def state(station: Station) -> str | None:
    """What the scan band shows by its colour."""
    return station.page.get_attribute("#scan", "data-state")


def known(station: Station) -> None:
    """On the task's page, its coming steps known, and every look of it noted."""
    station.open()
    station.wait(lambda: station.page.evaluate(STEPS) > 1)
    station.page.evaluate(NOTE_LOOKS)


def seen_before_the_answer(station: Station) -> list[list[str]]:
    """What the page looked like until the first answer came: the band, the last tone, the verb, a STOP, the note."""
    return [look for verdict, *look in station.page.evaluate("window.looks") if not verdict]


def looks(station: Station) -> list[list[str]]:
    """All that it has looked like."""
    return [look for _, *look in station.page.evaluate("window.looks")]


NOTE_LOOKS = """
() => {
  window.looks = [];
  const words = (selector) => document.querySelector(selector)?.textContent.trim() ?? "";
  const look = () => {
    const { state } = document.getElementById("scan").dataset;
    const verdict = document.getElementById("verdict").dataset.scan ?? "";
    window.looks.push([verdict, state, window.tones.at(-1) ?? "", words(".verb"), words("#stop h2"), words("#note")]);
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document.body, all);
}
"""


def test_a_slow_answer_is_not_waited_for_and_has_the_last_word(station: Station, server: Harness) -> None:
    coming(server)
    station.open()
    station.wait(lambda: station.page.evaluate(STEPS) == 3)
    server.delay_s = 1.5
    server.prompts["LA032X"] = replace(ITEM, verb="CHECK")  # another step than the one that was foreseen
    station.keys("LA032X")
    station.wait(lambda: station.text(".verb") == "TAKE")
    station.wait(lambda: "Saved on this phone" in station.text("#note"))
    station.wait(lambda: station.text(".verb") == "CHECK")
    station.wait(lambda: "The warehouse is at another step" in station.text("#note"))
    assert station.tones() == ["ok", "warn"]
    assert kept(station) == 0


def test_behind_a_late_answer_the_next_scan_is_shown_without_a_wait(station: Station, server: Harness) -> None:
    coming(server)
    station.open()
    station.wait(lambda: station.page.evaluate(STEPS) == 3)
    server.delay_s = 4
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.page.evaluate(NO_PATIENCE)
    station.keys("MUG")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "done", seconds=2)
    assert station.tones() == ["ok", "done"]


def test_a_question_that_comes_when_its_person_has_gone_on_is_answered_by_the_device(
    station: Station, server: Harness
) -> None:
    coming(server)
    server.coming[0][1]["ways"]["LA032X"] = ASKS
    known(station)
    server.delay_s = 1.2
    server.prompts["LA032X"] = ITEM
    server.answers["LA032X"] = {"outcome": "accepted", "code": "twice", "say": "Full. Scan again.", "tone": "warn"}
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.wait(lambda: kept(station) == 0, seconds=10)
    assert [scan.get("seen") for scan in server.scans] == [None, "ok"]
    assert len({scan["scan_id"] for scan in server.scans}) == 1


def test_a_refusal_that_comes_when_its_person_has_gone_elsewhere_waits_to_be_seen(
    station: Station, server: Harness
) -> None:
    coming(server)
    known(station)
    server.delay_s = 1.5
    server.refuse("LA032X", say="That place is on hold.")
    station.keys("LA032X")
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "item")
    station.page.evaluate(
        "htmx.ajax('GET', '/', { target: '#page', select: '#page', swap: 'outerHTML', push: 'true' })"
    )
    station.wait(lambda: station.page.get_attribute("#screen", "data-step") == "home")
    station.wait(lambda: kept(station) == 0, seconds=10)
    station.wait(lambda: "1 to decide" in station.text("#link"))


def test_what_was_booked_behind_a_stop_of_this_phone_is_told(station: Station, server: Harness) -> None:
    coming(server)
    known(station)
    server.delay_s = 1.5
    station.keys("LB083X")  # it is on its way before this phone says what it thinks of it
    station.wait(lambda: station.tones() == ["stop"])
    station.open()  # the answer finds nobody
    server.delay_s = 0
    station.wait(lambda: kept(station) == 0, seconds=20)
    station.wait(lambda: "1 to decide" in station.text("#link"))
    station.tap("#link")
    station.wait(lambda: "You saw STOP. It was booked all the same." in station.text("#waiting"))
