"""What a device sends under its own credential: whoever is logged in, every scan ends on record under its person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from scanner import check_ledger, people
from scanner.accept import accept_scan
from scanner.db import Busy, db, now, transact
from scanner.models import Device, Discrepancy, Person, PersonSession, ScanRecord, Task
from scanner.people import SYSTEM
from scanner.secrets import hash_token
from tests.conftest import Browser
from tests.phones import Phone, phone
from tests.scanner.floor import Floor, place
from tests.world import World, new_scan_id
from web.auth import COOKIE, DEVICE_COOKIE

HOUR = timedelta(hours=1)


def walk(phone: Phone, who: str = "ben", **more: Any) -> list[dict[str, Any]]:
    """One mug from A-01-1 to B-01-1, as the phone has kept it."""
    to = f"/move/{phone.task}/scan"
    return [phone.kept(who, raw, to, **more) for raw in (place("A-01-1"), "MUG", place("B-01-1"))]


def record(answer: dict[str, Any]) -> ScanRecord:
    return db.session.get_one(ScanRecord, answer["scan_id"])


# --- the credential -------------------------------------------------------------------------------------------------


def test_the_first_log_in_enrols_a_device_and_only_its_hash_is_stored(app: Flask, warehouse: World) -> None:
    mine = phone(app, warehouse)
    assert mine.send().status_code == 401
    answer = mine.log_in("ben")
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{DEVICE_COOKIE}="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"} <= set(cookie.split("; "))
    row = mine.row
    assert (row.token_hash, row.enrolled_by) == (hash_token(mine.cookie), warehouse.people["ben"].id)
    assert mine.send().get_json() == {"results": []}


def test_a_later_log_in_keeps_the_credential_and_notes_who_it_was(app: Flask, warehouse: World) -> None:
    mine = phone(app, warehouse)
    mine.log_in("ben")
    first = mine.cookie
    mine.log_in("ana")
    assert mine.cookie == first
    row = mine.row
    assert (row.enrolled_by, row.seen_by) == (warehouse.people["ben"].id, warehouse.people["ana"].id)


def test_a_browser_that_lost_its_cookie_stays_the_same_device_and_the_old_cookie_is_worth_nothing(
    app: Flask, warehouse: World
) -> None:
    mine, copy = phone(app, warehouse), phone(app, warehouse)
    mine.log_in("ben")
    copy.browser.set_cookie(DEVICE_COOKIE, mine.cookie)
    assert copy.send().status_code == 200
    mine.browser.delete_cookie(DEVICE_COOKIE)
    mine.log_in("ben")
    assert db.session.scalar(select(func.count()).select_from(Device)) == 1
    assert (mine.send().status_code, copy.send().status_code) == (200, 401)


def test_a_browser_that_lost_its_name_stays_the_same_device(app: Flask, warehouse: World) -> None:
    mine = phone(app, warehouse)
    mine.log_in("ben")
    first = mine.row.id
    mine.name = "phone-1-again"
    mine.log_in("ben")
    assert mine.row.id == first


def test_a_browser_without_a_name_gets_no_credential(app: Flask, warehouse: World) -> None:
    mine = phone(app, warehouse, name="")
    assert mine.log_in("ben").status_code == 303
    assert (mine.cookie, db.session.scalar(select(func.count()).select_from(Device))) == ("", 0)


@pytest.mark.parametrize("path", ["/device/scans", "/device/heartbeat"])
def test_neither_a_log_in_nor_a_guess_is_a_credential(
    app: Flask, warehouse: World, bens: Phone, client: Browser, path: str
) -> None:
    session = bens.browser.get_cookie(COOKIE)
    assert session is not None
    for cookies in ({}, {COOKIE: session.value}, {DEVICE_COOKIE: session.value}, {DEVICE_COOKIE: "x" * 43}):
        stranger = app.test_client()
        for name, value in cookies.items():
            stranger.set_cookie(name, value)
        answer = stranger.post(path, json={"scans": []})
        assert (answer.status_code, answer.json) == (
            401,
            {"code": "signed_out", "say": "Log in on this device first."},
        )


def test_another_sites_page_and_a_plain_form_are_turned_away(bens: Phone) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert bens.browser.post("/device/scans", json={"scans": []}, headers=headers).status_code == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = bens.browser.post("/device/scans", data='{"scans": []}', content_type=kind)
        assert answer.status_code == 415


def test_a_credential_opens_nothing_else(app: Flask, bens: Phone) -> None:
    bens.browser.delete_cookie(COOKIE)
    assert bens.browser.get("/", follow_redirects=False).headers["Location"] == "/login"
    assert bens.browser.get("/api/v1/stock").status_code == 401


# --- scans ----------------------------------------------------------------------------------------------------------


def test_scans_are_booked_in_their_order_under_their_person_and_device(floor: Floor, bens: Phone) -> None:
    answers = bens.answers(*walk(bens))
    assert [answer["code"] for answer in answers] == ["ok", "ok", "booked"]
    assert floor.on_hand("MUG", "B-01-1") == 1
    found = record(answers[2])
    assert (found.person_id, found.device, found.task_id) == (
        floor.world.people["ben"].id,
        "phone-1",
        bens.task,
    )


def test_what_came_already_is_answered_the_same_whichever_way_it_came(floor: Floor, bens: Phone) -> None:
    one, two, three = walk(bens)
    form = {key: one[key] for key in ("scan_id", "raw", "at", "device")}
    assert bens.browser.send(one["to"], form).status_code == 200
    first = bens.answers(one, two, three)
    again = bens.answers(one, two, three, three)
    assert [answer.get("replayed") for answer in first] == [True, None, None]
    assert [answer | {"replayed": True} for answer in [*first, first[2]]] == again
    assert floor.on_hand("MUG", "B-01-1") == 1


@pytest.mark.parametrize("then", ["logged out", "another person"])
def test_they_are_taken_whoever_is_logged_in_then(floor: Floor, bens: Phone, then: str) -> None:
    scans = walk(bens)
    if then == "logged out":
        bens.browser.send("/logout")
    else:
        bens.log_in("ana")
    assert [answer["outcome"] for answer in bens.answers(*scans)] == ["accepted"] * 3
    assert floor.on_hand("MUG", "B-01-1") == 1


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_scans_out_of_order_are_booked_or_a_case_each(floor: Floor, bens: Phone, order: tuple[int, ...]) -> None:
    scans = walk(bens, ago=HOUR, seen="ok")
    answers = bens.answers(*[scans[number] for number in order])
    assert all(answer["outcome"] == "accepted" or answer["discrepancies"] for answer in answers)
    assert floor.on_hand("MUG", "A-01-1") + floor.on_hand("MUG", "B-01-1") == 10
    assert floor.on_hand("MUG", "B-01-1") in (0, 1)
    assert check_ledger.check(floor.world.site.id) == []


def test_a_look_up_goes_with_what_was_shown(floor: Floor, bens: Phone) -> None:
    order = floor.world.order("SO-1", ("MUG", 1))
    (one, two) = bens.answers(
        bens.kept("ben", "MUG", "/scan"), bens.kept("ben", "MUG", f"/lookup/order/{order.id}/scan")
    )
    assert {one["outcome"], two["outcome"]} == {"accepted"}
    assert one["workflow"] == "lookup"


def test_a_batch_that_the_database_cannot_take_says_how_far_it_came(
    bens: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = walk(bens)

    def fails(incoming: Any, by: Any) -> dict[str, Any]:
        if incoming.scan_id == scans[1]["scan_id"]:
            raise Busy("locked")
        return accept_scan(incoming, by)

    monkeypatch.setattr("web.kept.accept_scan", fails)
    answer = bens.send(*scans)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert [one["scan_id"] for one in answer.get_json()["results"]] == [scans[0]["scan_id"]]
    monkeypatch.undo()
    assert [one.get("replayed") for one in bens.answers(*scans)] == [True, None, None]


def test_what_can_never_be_recorded_does_not_stop_the_others(bens: Phone) -> None:
    one, two, three = walk(bens)
    bad = [
        {**two, "scan_id": "x"},
        {**two, "scan_id": new_scan_id(), "to": "/move/999999/scan"},
        {**two, "scan_id": new_scan_id(), "to": "/logout"},
        {**two, "scan_id": new_scan_id(), "raw": 7},
        {"scan_id": 7},
        "scan",
        None,
    ]
    results = bens.send(one, *bad, two, three).get_json()["results"]
    assert [(result["status"], result["answer"]["code"]) for result in results] == [
        (200, "ok"),
        (422, "bad_scan_id"),
        (422, "unknown_task"),
        *[(422, "bad_request")] * 5,
        (200, "ok"),
        (200, "booked"),
    ]


@pytest.mark.parametrize(
    "strange",
    [
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": None},
        {"at": "9999-12-31T23:59:59"},
        {"device": 7, "symbology": [], "sends_gs": "maybe", "seen": "perhaps", "colour": "blue"},
        {"symbology": "x" * 100, "device": "y" * 100},
    ],
)
def test_what_is_strange_about_a_scan_does_not_keep_it_off_the_record(bens: Phone, strange: dict[str, Any]) -> None:
    (answer,) = bens.answers({**walk(bens)[0], **strange})
    assert answer["outcome"] == "accepted"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"scans": 7}', b'{"scans": {}}'])
def test_a_body_that_is_none_is_an_error_and_no_fault(bens: Phone, body: bytes) -> None:
    answer = bens.browser.post("/device/scans", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.get_json()["code"] == "bad_request"


def test_a_batch_has_at_most_a_hundred_scans(bens: Phone) -> None:
    assert bens.send(*[bens.kept("ben", "MUG", "/scan")] * 101).status_code == 422


# --- who ------------------------------------------------------------------------------------------------------------


def the_case(floor: Floor) -> Discrepancy:
    """The one case that waits."""
    (found,) = floor.cases("late_scan")
    return found


def test_scans_of_a_person_who_was_sent_home_are_on_record_with_both_stories(floor: Floor, bens: Phone) -> None:
    scans = walk(bens)
    transact(lambda: people.disable(floor.by("finn"), db.session.get_one(Person, floor.world.people["ben"].id)))
    answers = bens.answers(*scans)
    assert {(answer["outcome"], answer["code"]) for answer in answers} == {("refused", "person_disabled")}
    assert record(answers[0]).person_id == floor.world.people["ben"].id
    case = the_case(floor)
    assert {tuple(answer["discrepancies"]) for answer in answers} == {(case.id,)}
    assert "BADGE ENDED" in case.book
    assert all(scan["raw"] in case.floor for scan in scans)
    assert floor.on_hand("MUG", "B-01-1") == 0


def test_scans_of_a_person_who_never_logged_in_here_are_on_record_and_book_nothing(floor: Floor, bens: Phone) -> None:
    (answer,) = bens.answers(bens.kept("eve", "MUG", f"/move/{bens.task}/scan"))
    assert (answer["outcome"], answer["code"]) == ("refused", "not_on_device")
    assert record(answer).person_id == floor.world.people["eve"].id
    assert "Eve never logged in on the device" in the_case(floor).book


@pytest.mark.parametrize("person", [0, 999_999, 2**40, "x", None, -1])
def test_scans_of_nobody_we_know_are_on_record_as_such(floor: Floor, bens: Phone, person: Any) -> None:
    (answer,) = bens.answers({**bens.kept("ben", "MUG", f"/move/{bens.task}/scan"), "person": person})
    assert (answer["outcome"], answer["code"]) == ("refused", "not_on_device")
    who = db.session.get_one(Person, record(answer).person_id)
    assert who.login == SYSTEM
    assert answer["discrepancies"] == [the_case(floor).id]


def test_a_page_may_write_the_person_as_text(floor: Floor, bens: Phone) -> None:
    one = walk(bens)[0]
    assert bens.answers({**one, "person": str(one["person"])})[0]["outcome"] == "accepted"


# --- how old --------------------------------------------------------------------------------------------------------


def ended(floor: Floor, task: int) -> None:
    """The task has ended meanwhile, so that its scans are refused."""

    def work() -> None:
        db.session.get_one(Task, task).status = "done"

    transact(work)


@pytest.mark.parametrize("clock", [timedelta(0), timedelta(days=-9000), timedelta(days=9000), timedelta(hours=3)])
@pytest.mark.parametrize(
    ("ago", "seen", "cases"),
    [
        (timedelta(minutes=2), None, 0),
        (timedelta(hours=2), None, 1),
        (timedelta(days=30), None, 1),
        (timedelta(hours=2), "kept", 1),
        (timedelta(hours=2), "ok", 1),
        (timedelta(minutes=2), "ok", 1),
        (timedelta(minutes=2), "kept", 0),
        (timedelta(seconds=5), "ok", 0),
        (timedelta(hours=2), "stop", 0),
    ],
)
def test_lateness_is_told_by_the_devices_own_clock_however_wrong_it_is(
    app: Flask, floor: Floor, clock: timedelta, ago: timedelta, seen: str | None, cases: int
) -> None:
    mine = phone(app, floor.world, clock=clock)
    mine.log_in("ben")
    to = f"/move/{mine.start('move')}/scan"
    ended(floor, mine.task)
    (answer,) = mine.answers(mine.kept("ben", place("A-01-1"), to, ago, seen=seen))
    assert (answer["code"], len(answer["discrepancies"])) == ("task_done", cases)
    found = record(answer)
    assert found.sent_at is not None
    assert (found.seen, found.sent_at - found.occurred_at >= ago) == (seen or "", True)


def test_a_clock_that_was_set_back_before_the_sending_says_nothing_so_somebody_looks(floor: Floor, bens: Phone) -> None:
    ended(floor, bens.task)
    scan = {**walk(bens)[0], "at": "2039-01-01T00:00:00+00:00"}
    assert len(bens.answers(scan)[0]["discrepancies"]) == 1


def test_the_page_in_front_and_the_api_are_measured_by_the_devices_own_clock_too(floor: Floor, bens: Phone) -> None:
    ended(floor, bens.task)
    wrong = timedelta(days=-4000)
    bens.clock = wrong
    for ago, cases in ((timedelta(minutes=1), 0), (HOUR, 1)):
        one = bens.kept("ben", place("A-01-1"), f"/move/{bens.task}/scan", ago)
        form = {**{key: one[key] for key in ("scan_id", "raw", "at", "device")}, "sent_at": bens.at()}
        assert bens.browser.send(one["to"], form).status_code == 422
        assert len(floor.cases("late_scan")) == cases


def test_a_scan_that_its_person_was_told_to_stop_at_is_never_booked(floor: Floor, bens: Phone) -> None:
    one, two, three = walk(bens)
    answers = bens.answers(one, two, {**three, "seen": "stop"})
    assert [(answer["outcome"], answer["code"]) for answer in answers] == [
        ("accepted", "ok"),
        ("accepted", "ok"),
        ("refused", "stopped"),
    ]
    assert (floor.on_hand("MUG", "B-01-1"), floor.cases("late_scan")) == (0, [])


def test_what_one_person_did_late_in_one_task_is_one_case(floor: Floor, bens: Phone) -> None:
    scans = [scan for _ in range(20) for scan in walk(bens, ago=HOUR, seen="ok")]
    ended(floor, bens.task)
    answers = bens.answers(*scans)
    case = the_case(floor)
    assert {tuple(answer["discrepancies"]) for answer in answers} == {(case.id,)}
    assert case.floor.endswith("And more: see the scans.")
    assert len(case.floor) <= 400


# --- heartbeat ------------------------------------------------------------------------------------------------------


def test_a_heartbeat_tells_how_much_waits_on_the_device_by_our_clock(app: Flask, warehouse: World) -> None:
    mine = phone(app, warehouse, clock=timedelta(days=-5000))
    mine.log_in("ben")
    answer = mine.beat(unsent=7, oldest_at=mine.at(HOUR), battery=41, version="abc")
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"leases", "version"}
    row = mine.row
    assert (row.unsent, row.battery, row.version) == (7, 41, "abc")
    assert row.oldest_at is not None
    assert abs(now() - HOUR - row.oldest_at) < timedelta(minutes=1)
    assert abs((row.clock_off_s or 0) + 5000 * 24 * 3600) < 60
    mine.beat()
    row = mine.row
    assert (row.unsent, row.oldest_at, row.battery) == (0, None, None)


@pytest.mark.parametrize(
    "strange", [{"sent_at": "now"}, {"oldest_at": 7}, {"battery": 400}, {"unsent": 10**30}, {"tasks": [0, 2**50]}]
)
def test_a_strange_heartbeat_is_taken_as_far_as_it_goes(bens: Phone, strange: dict[str, Any]) -> None:
    assert bens.beat(**strange).status_code == 200


# --- left alone -----------------------------------------------------------------------------------------------------


def seen(phone: Phone, ago: timedelta) -> None:
    """The page was used last some time ago."""

    def work() -> None:
        db.session.scalars(select(PersonSession)).one().seen_at = now() - ago

    transact(work)


def test_whoever_worked_on_without_a_network_was_not_idle(bens: Phone) -> None:
    seen(bens, timedelta(minutes=12))
    to = f"/move/{bens.task}/scan"
    bens.answers(*[bens.kept("ben", place("A-01-1"), to, timedelta(minutes=ago)) for ago in (8, 4, 1)])
    assert bens.browser.get("/").status_code == 200


def test_what_was_read_after_the_page_had_to_lock_keeps_it_locked(bens: Phone) -> None:
    seen(bens, timedelta(minutes=12))
    to = f"/move/{bens.task}/scan"
    bens.answers(*[bens.kept("ben", place("A-01-1"), to, timedelta(minutes=ago)) for ago in (4, 1)])
    assert bens.browser.get("/").headers["Location"] == "/login"


def test_a_page_of_another_person_than_the_session_books_nothing_in_the_sessions_name(
    floor: Floor, browser: Callable[[str], Browser]
) -> None:
    """Two pages of one browser, and on the second of them somebody else has logged in."""
    floor.world.stock("MUG", "A-01-1", 5)
    task, eve = floor.start("ben", "move"), browser("eve")
    ben = str(floor.world.people["ben"].id)
    form = {"scan_id": new_scan_id(), "raw": place("A-01-1"), "device": "phone", "person": ben}
    assert eve.send(f"/move/{task}/scan", form).status_code == 401
    assert eve.send("/scan", form).status_code == 401
    assert db.session.scalar(select(func.count()).select_from(ScanRecord)) == 0
    assert browser("ben").send(f"/move/{task}/scan", form).status_code == 200
