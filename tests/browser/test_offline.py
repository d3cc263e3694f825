"""Without a network: work goes on by what the phone knows, nothing is lost or doubled, the server has the last word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import func, select, update

from scanner import check_ledger, orders
from scanner.barcode import command
from scanner.db import db, now, transact
from scanner.models import Discrepancy, PersonSession, ScanRecord
from tests.browser.bad_day import SCANS, BadDay
from tests.browser.picker import Picker, on_record, status_of
from tests.browser.proxy import Proxy
from tests.browser.station import queue
from tests.scanner.floor import place
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def net(served: str) -> Iterator[Proxy]:
    """The way to the server."""
    with Proxy(int(served.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def ben(chrome: Browser, net: Proxy, warehouse: World) -> Iterator[Picker]:
    """Ben, logged in on an enrolled phone, with an order of two items to pick. The ledger is proved at the end."""
    warehouse.stock("MUG", "A-01-1", 2)
    warehouse.stock("MUG", "A-02-1", 4)
    warehouse.stock("MILK", "B-01-1", 6, lot="L1", days=30)
    warehouse.order("SO-1", ("MUG", 4), ("MILK", 3))
    picker = Picker(chrome, net, warehouse)
    picker.log_in("ben")
    yield picker
    net.heal()
    picker.context.close()
    assert picker.errors == []
    assert check_ledger.check(warehouse.site.id) == []


def test_a_whole_pick_is_done_without_a_network_and_then_booked(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.fault = "refuse"
    for count in range(1, 40):
        if ben.step == "done":
            break
        ben.do(ben.right())
        ben.shows(count)
        assert ben.waiting() == ben.sent
    assert ben.step == "done"
    assert "Saved on this phone" in ben.text("#scan")
    assert on_record(task) == []
    net.heal()
    ben.wait(ben.is_sent, seconds=20)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]
    assert status_of("SO-1") == "picked"
    ben.wait(lambda: ben.page.get_attribute("#screen", "data-own") is None)
    assert ben.step == "done"


def test_a_wrong_code_is_stopped_on_the_spot_and_never_booked(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.fault = "bad_gateway"
    ben.do(ben.right(), "ok")
    ben.do(place("B-03-1"), "stop")
    for words in ("STOP", "WRONG HERE", "A-02-1", "Nothing was booked."):
        assert words in ben.text("#stop")
    assert [scan["seen"] for scan in queue(ben)] == ["ok", "stop"]
    ben.do(ben.right(), "ok")
    assert ben.text("#stop") == ""
    net.heal()
    ben.wait(ben.is_sent, seconds=20)
    assert [outcome for _, outcome in on_record(task)] == ["accepted", "refused", "accepted"]
    assert open_cases() == 0
    assert ben.text("#stop") == ""


def test_the_work_in_hand_opens_without_a_network_where_it_was(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.fault = "refuse"
    for _ in range(3):
        ben.do(ben.right())
    wanted = ben.right()
    ben.reopen(ben.page.reload)
    assert ben.right() == wanted
    ben.shows(3)
    ben.do(ben.right())

    def from_home() -> None:
        ben.crash()
        ben.page.goto(ben.url + "/")

    ben.reopen(from_home)
    ben.shows(4)
    ben.pick()
    assert ben.waiting() == ben.sent
    net.heal()
    ben.wait(lambda: ben.waiting() == [], seconds=30)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]
    assert status_of("SO-1") == "picked"
    ben.wait(lambda: ben.page.get_attribute("body", "data-cold") is None, seconds=20)  # the server's own page is back
    assert ben.step == "done"


def test_a_slow_page_is_not_waited_for_where_the_work_in_hand_can_be_shown_and_comes_in_the_end(
    ben: Picker, net: Proxy
) -> None:
    task = ben.start("SO-1")
    net.plan = lambda method, path: "slow" if (method, path) == ("GET", f"/pick/{task}/") else ""
    ben.reopen(ben.page.reload)
    assert ben.page.get_attribute("body", "data-cold") is not None
    ben.do(ben.right())
    ben.wait(lambda: ben.page.get_attribute("body", "data-cold") is None, seconds=20)
    assert ben.step == "location"
    assert on_record(task) == [(ben.sent[0], "accepted")]


def test_the_tote_in_hand_has_its_name_without_a_network(ben: Picker, net: Proxy) -> None:
    ben.start("SO-1")
    for _ in range(2):
        ben.do(ben.right())
    ben.sees(".put-in b", "TOTE 00007")
    net.fault = "refuse"
    while ben.step != "location":
        ben.do(ben.right())
    ben.do(ben.right())
    ben.sees(".put-in b", "TOTE 00007")
    ben.do(command("FULL"))
    while ben.step != "item":
        ben.do(ben.right())
    ben.sees(".put-in b", "YOUR TOTE")  # another one, whose name only the server can tell


def test_a_page_killed_in_mid_pick_loses_nothing(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.plan = lambda method, path: "lost" if method == "POST" and "scan" in path else ""
    ben.sent.append(ben.right())
    ben.keys(ben.right())
    ben.wait(lambda: len(ben.waiting()) == 1)
    ben.crash()
    net.heal()
    ben.page.goto(f"{ben.url}/pick/{task}/")
    ben.wait(ben.is_sent, seconds=20)
    ben.pick()
    ben.wait(ben.is_sent)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]


def test_an_answer_that_stalls_for_longer_than_it_is_waited_for_is_asked_for_again_and_booked_once(
    ben: Picker, net: Proxy
) -> None:
    task = ben.start("SO-1")
    net.stall_s = 12
    net.fault = "stall"
    ben.do(ben.right())
    ben.shows_offline()
    ben.do(ben.right())
    net.heal()
    ben.wait(ben.is_sent, seconds=40)
    ben.pick()
    ben.wait(ben.is_sent)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]


def test_two_tabs_send_each_scan_once_and_show_the_same_count(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    first = ben.second_tab(task)
    net.fault = "refuse"
    ben.do(ben.right())
    ben.do(ben.right())
    ben.wait(lambda: "q2" in first.inner_text("#link"))
    net.heal()
    ben.wait(ben.is_sent, seconds=20)
    ben.wait(lambda: first.inner_text("#link") == "ONLINE")
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]


def test_a_page_whose_scans_another_one_has_sent_goes_on_by_the_servers_screen(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    other = ben.second_tab(task)
    net.fault = "refuse"
    ben.do(ben.right())
    ben.do(ben.right())
    ben.page.route("**/scan*", lambda route: route.abort())  # so it is the other one that sends
    net.heal()
    other.evaluate("dispatchEvent(new Event('online'))")
    ben.wait(lambda: ben.text("#link") == "ONLINE" and ben.page.get_attribute("#screen", "data-own") is None, seconds=3)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]


def test_two_pages_of_one_task_show_the_same_step(ben: Picker, net: Proxy) -> None:
    left = ben.second_tab(ben.start("SO-1"))
    heard = left.evaluate("window.tones")
    ben.do(ben.right())
    ben.wait(lambda: left.get_attribute("#screen", "data-step") == "location")
    assert left.evaluate("window.tones") == heard  # it sounds where it was scanned


def test_a_log_out_keeps_the_scans_and_nobody_else_sees_them(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.plan = lambda method, path: "bad_gateway" if method == "POST" and "scan" in path else ""
    ben.do(ben.right())
    ben.do(ben.right())
    ben.tap("[data-local=more]")
    ben.page.goto(ben.url + "/me")
    ben.wait(lambda: ben.shown_count() == 2)
    ben.tap("form[action='/logout'] .button")
    ben.lands("/login")
    ben.wait(lambda: "2 scans stay on this phone and are sent by it" in ben.text(".login__locked"))
    assert ben.stored("where") is None
    assert ben.stored("steps") is None
    ben.log_in("eve")
    ben.wait(lambda: ben.shown_count() == 2)
    ben.tap("#link")
    ben.wait(lambda: "2 of other people" in ben.text("#waiting"))
    assert not any(raw in ben.page.content() for raw in ben.sent)
    net.heal()
    ben.wait(ben.is_sent, seconds=20)
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]
    assert {row.person_id for row in records(task)} == {ben.world.people["ben"].id}


def test_scans_of_a_session_that_has_ended_are_sent_and_the_log_in_comes(ben: Picker, net: Proxy) -> None:
    task = ben.start("SO-1")
    net.fault = "refuse"
    ben.do(ben.right())
    ben.do(ben.right())
    transact(lambda: db.session.execute(update(PersonSession).values(revoked_at=now())))
    net.heal()
    ben.lands("/login")
    assert on_record(task) == [(raw, "accepted") for raw in ben.sent]
    assert ben.waiting() == []


def test_what_the_book_has_overtaken_waits_for_a_decision_until_its_person_has_seen_it(ben: Picker, net: Proxy) -> None:
    ben.start("SO-1")
    net.fault = "refuse"
    for _ in range(3):
        ben.do(ben.right())
    by = ben.world.by("finn")
    transact(lambda: orders.cancel(by, orders.by_number("SO-1", by), "test"))
    net.heal()
    ben.wait(lambda: "3 to decide" in ben.text("#link"), seconds=20)
    assert ben.tones()[-1] == "stop"
    assert "Nothing was booked." in ben.text("#stop")
    ben.tap("#stop [data-local=back]")
    ben.tap("#link")
    ben.wait(lambda: "Needs a decision: 3" in ben.text("#waiting"))
    assert ben.sent[0] in ben.text("#waiting")
    assert "When it came, it was not booked." in ben.text("#waiting")
    for left in (2, 1, 0):
        ben.tap("#waiting .decision .button")
        ben.sees_so_many("#waiting .decision", left)
    ben.wait(lambda: "to decide" not in ben.text("#link"))


@pytest.mark.parametrize("seed", range(3))
def test_any_bad_day_loses_and_doubles_nothing(chrome: Browser, net: Proxy, warehouse: World, seed: int) -> None:
    picker = Picker(chrome, net, warehouse)
    day = BadDay(picker, net, warehouse, seed)
    day.run()
    picker.context.close()
    assert picker.errors == []
    assert day.looks > SCANS / 2
    assert check_ledger.check(warehouse.site.id) == []


def records(task: int) -> list[ScanRecord]:
    """The scans of a task as the server has them."""
    db.session.rollback()
    return list(db.session.scalars(select(ScanRecord).where(ScanRecord.task_id == task)))


def open_cases() -> int:
    """How many discrepancies wait for somebody."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Discrepancy)) or 0


def test_a_count_goes_on_without_a_network_and_each_item_keeps_its_figure(ben: Picker, net: Proxy) -> None:
    ben.world.stock("MUG", "A-03-1", 5)
    ben.world.stock("LAMP", "A-03-1", serial="S-1")
    ben.log_in("eve")
    ben.keys(place("A-03-1"))
    ben.wait(lambda: ben.step == "lookup")
    with ben.page.expect_response(lambda answer: answer.url.endswith("/ahead")):
        ben.keys(command("GO"))
        ben.page.wait_for_url("**/count/*/")
    task = int(ben.page.url.split("/")[-2])
    ben.wait(lambda: "count" in (ben.stored("steps") or {}).get("task", ""))
    net.fault = "refuse"
    ben.do(place("A-03-1"), "ok")
    for figure in ("1", "2", "3"):
        ben.do("MUG", "ok")
        ben.sees("#screen [data-count]", figure)
        ben.page.wait_for_timeout(300)  # sooner it would be one read of one label
    ben.do(command("Q", 5), "ok")
    assert ben.text("#screen [data-count]") == "5"
    net.heal()
    ben.wait(ben.is_sent, seconds=20)
    assert [outcome for _, outcome in on_record(task)] == ["accepted"] * 5
    ben.wait(lambda: ben.page.get_attribute("#screen", "data-own") is None)
    assert ben.text("#screen [data-count]") == "5"
