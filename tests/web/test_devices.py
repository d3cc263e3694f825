"""The desk's page of devices: what waits on each, who may use it, and a file instead of a phone that cannot send."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.exc import DatabaseError
from werkzeug.test import TestResponse

from scanner.db import Busy, db, now, transact
from scanner.models import AuditEntry, Device, ScanRecord, Task
from tests.conftest import Browser
from tests.phones import Phone, phone
from tests.scanner.floor import Floor, place
from tests.serving import token_of
from tests.world import PIN

Log_in = Callable[[str], Browser]
HOUR = timedelta(hours=1)


def walk(phone: Phone, **more: Any) -> list[dict[str, Any]]:
    """One mug from A-01-1 to B-01-1, as the phone has kept it."""
    to = f"/move/{phone.task}/scan"
    return [phone.kept("ben", raw, to, HOUR, **more) for raw in (place("A-01-1"), "MUG", place("B-01-1"))]


# --- what waits -----------------------------------------------------------------------------------------------------


def test_the_page_says_what_waits_on_each_device_and_since_when(bens: Phone, browser: Log_in) -> None:
    eve = browser("eve")
    assert "never told" in eve.get("/devices").text
    bens.beat(unsent=12, oldest_at=bens.at(2 * HOUR), battery=23)
    page = eve.get("/devices").text
    for words in ("Ben", "is-late", "12, oldest 2 h", "23 %", "right"):
        assert words in page, words
    bens.beat()
    assert "none" in eve.get("/devices").text


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (timedelta(seconds=30), "right"),
        (timedelta(minutes=-7), "7 min behind"),
        (timedelta(days=400), "400 days ahead"),
    ],
)
def test_it_says_how_wrong_a_clock_is(bens: Phone, browser: Log_in, clock: timedelta, words: str) -> None:
    bens.clock = clock
    bens.beat()
    assert words in browser("eve").get("/devices").text


def test_a_name_is_given_at_the_desk_and_told_wherever_the_device_is(bens: Phone, browser: Log_in) -> None:
    eve, scan = browser("eve"), walk(bens)[0]
    bens.answers(scan)
    eve.send(f"/devices/{bens.row.id}/name", {"name": " Zebra 7 "})
    for path in ("/devices", f"/devices/{bens.row.id}", "/board", "/tasks"):
        assert "Zebra 7" in eve.get(path).text, path


@pytest.mark.parametrize(("age", "is_told"), [(timedelta(minutes=50), False), (timedelta(minutes=70), True)])
def test_the_board_warns_of_scans_that_have_waited_for_more_than_an_hour(
    bens: Phone, browser: Log_in, age: timedelta, is_told: bool
) -> None:
    bens.beat(unsent=1, oldest_at=bens.at(age))
    assert ("has 1 unsent scan, the oldest made" in browser("eve").get("/board").text) == is_told


def test_what_waits_on_devices_is_measured_for_each_site(
    app: Flask, floor: Floor, bens: Phone, client: Browser
) -> None:
    other = phone(app, floor.world, "phone-2")
    other.log_in("ana")
    headers = {"Authorization": f"Bearer {token_of(floor.world, 'watcher', 'counter')}"}

    def measured(name: str) -> float:
        lines = client.get("/metrics", headers=headers).text.splitlines()
        return float(next(line for line in lines if line.startswith(f'scandock_{name}{{site="MAIN"}}')).split()[1])

    assert (measured("devices"), measured("device_unsent_scans")) == (2, 0)
    assert measured("device_oldest_unsent_seconds") == 0
    bens.beat(unsent=3, oldest_at=bens.at(HOUR))
    other.beat(unsent=4, oldest_at=other.at(2 * HOUR))
    assert measured("device_unsent_scans") == 7
    assert 7200 <= measured("device_oldest_unsent_seconds") < 7300


def test_another_sites_devices_are_not_there(floor: Floor, bens: Phone, browser: Log_in) -> None:
    floor.world.at_another_site()
    zoe = browser("zoe")
    assert "Nobody has logged in" in zoe.get("/devices").text
    assert zoe.get(f"/devices/{bens.row.id}").status_code == 404
    assert zoe.send(f"/devices/{bens.row.id}/revoke").status_code == 404
    assert bens.row.revoked_at is None


# --- revoked --------------------------------------------------------------------------------------------------------


def test_a_revoked_device_sends_nothing_and_lets_nobody_in(
    app: Flask, floor: Floor, bens: Phone, browser: Log_in
) -> None:
    scans = walk(bens)
    browser("eve").send(f"/devices/{bens.row.id}/revoke")
    for answer in (bens.send(*scans), bens.beat()):
        assert (answer.status_code, answer.get_json()["code"]) == (403, "device_revoked")
    assert bens.browser.get("/").headers["Location"] == "/login"
    again = bens.log_in("ben")
    assert again.status_code == 403
    assert "may not log in or send any more" in again.text
    without = phone(app, floor.world)  # the same browser, without its cookie
    assert without.log_in("ana").status_code == 403
    assert db.session.scalar(select(func.count()).select_from(ScanRecord)) == 0
    browser("eve").send(f"/devices/{bens.row.id}/readmit")
    assert [answer["outcome"] for answer in bens.answers(*scans)] == ["accepted"] * 3
    assert bens.log_in("ben").status_code == 303
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("device.%"))).all()
    assert actions == ["device.revoke", "device.readmit"]


def test_a_wrong_pin_on_a_revoked_device_is_not_even_looked_at(bens: Phone, browser: Log_in) -> None:
    browser("eve").send(f"/devices/{bens.row.id}/revoke")
    world = bens.world
    form = {"badge": world.badges["ben"], "pin": PIN[::-1], "device": bens.name}
    for _ in range(8):
        assert bens.browser.send("/login", form).status_code == 403
    assert bens.browser.send("/login", {**form, "pin": PIN, "device": "phone-9"}).status_code == 403


# --- a file ---------------------------------------------------------------------------------------------------------


def exported(phone: Phone, *scans: Any, **more: Any) -> dict[str, Any]:
    """What the phone gives away."""
    head = {"kind": "scandock-unsent", "version": 1, "device": phone.name, "exported_at": phone.at()}
    return {**head, "scans": list(scans), **more}


def give(browser: Browser, content: Any) -> TestResponse:
    """The file at the desk."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    upload = {"file": (io.BytesIO(data), "unsent.json")}
    return browser.send("/devices/import", upload, content_type="multipart/form-data")


@pytest.mark.parametrize("is_revoked", [False, True])
def test_a_phones_file_is_taken_as_if_the_phone_had_sent_it(
    floor: Floor, bens: Phone, browser: Log_in, is_revoked: bool
) -> None:
    scans, eve = walk(bens), browser("eve")
    if is_revoked:
        eve.send(f"/devices/{bens.row.id}/revoke")
    answer = give(eve, exported(bens, *scans))
    assert (answer.status_code, "3 accepted" in answer.text) == (200, True)
    record = db.session.get_one(ScanRecord, scans[2]["scan_id"])
    assert (record.person_id, record.device) == (floor.world.people["ben"].id, "phone-1")
    assert floor.on_hand("MUG", "B-01-1") == 1
    assert "3 known already" in give(eve, exported(bens, *scans)).text
    if not is_revoked:
        assert [one["replayed"] for one in bens.answers(*scans)] == [True] * 3
    assert floor.on_hand("MUG", "B-01-1") == 1
    assert (
        "3 accepted" in db.session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "device.import")).all()
    )


def test_what_is_not_simply_accepted_is_told_with_its_case(floor: Floor, bens: Phone, browser: Log_in) -> None:
    one, two, three = walk(bens)
    transact(lambda: setattr(db.session.get_one(Task, bens.task), "status", "done"))
    nobody = {**two, "person": 999}
    bad = {**three, "scan_id": "x"}
    page = give(browser("eve"), exported(bens, one, nobody, bad, "scan")).text
    assert "2 refused, 2 not recorded" in page
    cases = floor.cases("late_scan")
    assert len(cases) == 2
    assert all(f'href="/discrepancies/{case.id}"' in page for case in cases)


def test_a_file_of_a_phone_that_is_not_enrolled_any_more_counts_for_those_who_had_logged_in_on_it(
    floor: Floor, bens: Phone, browser: Log_in
) -> None:
    scans = walk(bens)
    bens.browser.send("/logout")

    def forget() -> None:
        db.session.delete(db.session.scalars(select(Device)).one())

    transact(forget)
    assert "3 accepted" in give(browser("eve"), exported(bens, *scans)).text


def test_a_supervisor_takes_files_of_people_of_their_own_site_only(floor: Floor, bens: Phone, browser: Log_in) -> None:
    floor.world.at_another_site()
    page = give(browser("zoe"), exported(bens, *walk(bens))).text
    assert "3 not recorded" in page
    assert floor.on_hand("MUG", "B-01-1") == 0


def test_a_file_is_as_late_as_its_phone_says_however_wrong_that_clock_is(
    floor: Floor, bens: Phone, browser: Log_in
) -> None:
    bens.clock = timedelta(days=-3000)
    bens.beat()
    young = bens.kept("ben", place("A-01-1"), f"/move/{bens.task}/scan")
    give(browser("eve"), exported(bens, young))
    record = db.session.get_one(ScanRecord, young["scan_id"])
    assert record.sent_at is not None
    assert record.sent_at - record.occurred_at < timedelta(minutes=1)


def test_a_file_that_the_database_cannot_take_says_what_is_left(
    floor: Floor, bens: Phone, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, eve = walk(bens), browser("eve")
    token = eve.token()

    def fails(incoming: Any, by: Any) -> dict[str, Any]:
        if incoming.scan_id == scans[1]["scan_id"]:
            raise Busy("locked")
        return {"outcome": "accepted", "scan_id": incoming.scan_id}

    monkeypatch.setattr("web.kept.accept_scan", fails)
    upload = {"csrf_token": token, "file": (io.BytesIO(json.dumps(exported(bens, *scans)).encode()), "x.json")}
    page = eve.post("/devices/import", data=upload, content_type="multipart/form-data").text
    assert "2 are left: give the same file again" in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"kind": "scandock-unsent"}',
        {"kind": "other", "version": 1, "scans": []},
        {"kind": "scandock-unsent", "version": 2, "scans": []},
        {"kind": "scandock-unsent", "version": 1, "scans": {}},
    ],
)
def test_what_is_no_such_file_is_told_and_nothing_happens(bens: Phone, browser: Log_in, content: Any) -> None:
    answer = give(browser("eve"), content)
    assert answer.status_code == 422
    assert 'role="alert">That' in answer.text


@pytest.mark.parametrize("device", ["a\x00b", "\ud800", None, 7, {}, "x" * 500])
def test_a_strange_name_in_a_file_is_no_fault(bens: Phone, browser: Log_in, device: Any) -> None:
    assert give(browser("eve"), exported(bens, *walk(bens), device=device)).status_code == 200


def test_a_heartbeat_from_a_clock_at_the_end_of_all_calendars_spoils_no_page(bens: Phone, browser: Log_in) -> None:
    bens.beat(sent_at="9999-12-31T23:59:59+00:00", unsent=1, oldest_at="0001-01-01T00:00:00+00:00")
    eve = browser("eve")
    assert eve.get("/devices").status_code == 200
    assert give(eve, exported(bens, *walk(bens))).status_code == 200
    assert bens.row.oldest_at is not None
    assert bens.row.oldest_at > now() - timedelta(days=401)


# --- the schema -----------------------------------------------------------------------------------------------------


def test_devices_and_leases_come_and_go_on_a_full_warehouse(
    app: Flask, floor: Floor, bens: Phone, engine_url: str
) -> None:
    from flask_migrate import Migrate, downgrade, upgrade

    from web.config import MIGRATIONS

    bens.answers(*walk(bens, seen="ok"))
    scans = db.session.scalar(select(func.count()).select_from(ScanRecord))
    Migrate(app, db, directory=str(MIGRATIONS))
    db.session.remove()
    downgrade(revision="0006")
    engine = create_engine(engine_url)
    assert not inspect(engine).has_table("device")
    upgrade(revision="0007")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM scan WHERE seen = '' AND sent_at IS NULL")) == scans
        assert connection.scalar(text("SELECT count(*) FROM task WHERE device_id IS NULL")) == 1
    for statement in ("UPDATE scan SET seen = 'ok'", "DELETE FROM scan", "UPDATE move SET qty = 1"):
        with engine.connect() as connection, pytest.raises(DatabaseError):  # what is append-only has stayed so
            connection.execute(text(statement))
    engine.dispose()
    db.session.rollback()
    assert db.session.get_one(Task, bens.task, populate_existing=True).taken_from == {}
    assert bens.send().status_code == 401
    assert bens.log_in("ben").status_code == 303
    assert bens.send().status_code == 200
