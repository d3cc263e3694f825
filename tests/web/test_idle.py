"""Left alone: a station locks and keeps the work, the desk wants a password, and the server says so, not the page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from scanner.db import db, now, transact
from scanner.models import AuditEntry, Location, Person, PersonSession, ScanRecord, Task
from scanner.workflows import WORKFLOWS
from tests.conftest import Browser
from tests.world import PASSWORD, PIN, World
from web import idle

Log_in = Callable[[str], Browser]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def lies(**since: int) -> datetime:
    """Let all sessions have been used last so long ago."""
    moment = now() - timedelta(**since)
    transact(lambda: db.session.execute(update(PersonSession).values(seen_at=moment)))
    return moment


def badge(world: World, name: str) -> dict[str, str]:
    """The log-in form as the page sends it."""
    return {"badge": world.badges[name], "pin": PIN, "device": "handheld-1"}


def pick_task(world: World, name: str = "ben") -> str:
    """The page of a pick that has begun."""
    world.stock("MUG", "A-01-1", 9)
    world.order("SO-1", ("MUG", 2))
    task: Task = transact(lambda: WORKFLOWS["pick"].start("SO-1", by=world.by(name)))
    return f"/pick/{task.id}/"


def test_a_station_left_for_five_minutes_is_locked_and_goes_on_where_it_was(warehouse: World, browser: Log_in) -> None:
    ben, page = browser("ben"), pick_task(warehouse)
    assert ben.get(page).status_code == 200
    lies(minutes=6)
    locked = ben.get(page)
    assert (locked.status_code, locked.headers["Location"]) == (303, "/login")
    lock = ben.get("/login").text
    assert "Locked" in lock
    assert "Ben, your work is kept" in lock
    answer = ben.send("/login", badge(warehouse, "ben"))
    assert answer.headers["Location"] == page
    assert ben.get(page).status_code == 200


def test_another_badge_switches_the_person_and_leaves_the_work_with_its_owner(
    warehouse: World, browser: Log_in
) -> None:
    station, page = browser("ben"), pick_task(warehouse)
    lies(minutes=6)
    station.get(page)
    answer = station.send("/login", badge(warehouse, "cleo"))
    assert answer.headers["Location"] == "/"
    assert "Cleo" in station.get("/").text
    task = db.session.scalars(select(Task)).one()
    assert (task.status, task.person_id) == ("open", warehouse.people["ben"].id)


def test_four_minutes_are_not_too_long_and_every_use_counts(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    for _visit in range(3):
        lies(minutes=4)
        assert ben.get("/").status_code == 200
    assert now() - db.session.scalars(select(PersonSession.seen_at)).one() < timedelta(minutes=1)


def test_a_use_is_written_down_at_most_twice_a_minute(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    seen_at = lies(seconds=20)
    ben.get("/")
    assert db.session.scalars(select(PersonSession.seen_at)).one() == seen_at


def test_a_scan_into_a_locked_station_is_sent_to_the_lock_and_booked_after_it(
    warehouse: World, browser: Log_in
) -> None:
    ben, page = browser("ben"), pick_task(warehouse)
    lies(minutes=6)
    scan = {"scan_id": str(uuid.uuid4()), "raw": "T00017", "at": now().isoformat(), "device": "d"}
    locked = ben.send(page + "scan", scan, headers=HTMX | {"Referer": f"http://localhost{page}"})
    assert (locked.status_code, locked.headers["HX-Redirect"]) == (401, "/login")
    assert db.session.scalars(select(ScanRecord)).all() == []
    assert ben.send("/login", badge(warehouse, "ben")).headers["Location"] == page
    assert ben.send(page + "scan", scan, headers=HTMX).status_code in (200, 422)
    assert len(db.session.scalars(select(ScanRecord)).all()) == 1


def test_whoever_worked_on_without_a_network_was_not_idle(warehouse: World, browser: Log_in) -> None:
    ben, page = browser("ben"), pick_task(warehouse)
    lies(minutes=20)
    read_at = now() - timedelta(minutes=17)
    scan = {"scan_id": str(uuid.uuid4()), "raw": "MUG", "at": read_at.isoformat(), "device": "d"}
    assert ben.send(page + "scan", scan, headers=HTMX).status_code in (200, 422)
    lies(minutes=20)
    late = scan | {"scan_id": str(uuid.uuid4()), "at": (now() - timedelta(minutes=2)).isoformat()}
    assert ben.send(page + "scan", late, headers=HTMX).status_code == 401


def test_a_station_can_be_locked_by_hand(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    token = ben.token()
    answer = ben.post("/lock", data={"csrf_token": token}, headers={"Referer": "http://localhost/pick/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert ben.get("/").headers["Location"] == "/login"
    assert ben.post("/pick/start", data={"csrf_token": token}).status_code == 401


def test_the_board_that_asks_for_itself_does_not_keep_a_desk_open(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    seen_at = lies(minutes=29)
    assert eve.get("/board?live=1", headers=HTMX).status_code == 200
    assert db.session.scalars(select(PersonSession.seen_at)).one() == seen_at
    lies(minutes=31)
    assert eve.get("/board?live=1", headers=HTMX).status_code == 401
    assert timedelta(minutes=5) == idle.STATION < idle.DESK


def test_a_badge_opens_the_station_and_the_desk_asks_for_the_password_once(warehouse: World, client: Browser) -> None:
    client.send("/login", badge(warehouse, "eve"))
    assert client.get("/").status_code == 200
    answer = client.get("/orders?status=open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/password")
    page = client.get("/password").text
    assert 'value="eve"' in page
    wrong = client.send("/login", {"login": "eve", "password": "no such password"})
    assert wrong.status_code == 401
    assert client.get("/orders").headers["Location"] == "/password"
    client.get("/orders?status=open")
    right = client.send("/login", {"login": "eve", "password": PASSWORD})
    assert right.headers["Location"] == "/orders?status=open"
    assert client.get("/people").status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("act", ["hold", "count"])
def test_what_a_supervisor_decides_needs_the_password_too(warehouse: World, client: Browser, act: str) -> None:
    client.send("/login", badge(warehouse, "eve"))
    place = warehouse.locations["A-01-1"]
    page = f"/locations/{place.id}"
    answer = client.send(f"{page}/{act}", {"reason": "wet"}, headers={"Referer": f"http://localhost{page}"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/password")
    assert not db.session.get_one(Location, place.id, populate_existing=True).is_held
    assert db.session.scalars(select(Task)).all() == []
    right = client.send("/login", {"login": "eve", "password": PASSWORD})
    assert right.headers["Location"] == page
    assert client.send(f"{page}/{act}", {"reason": "wet"}).status_code == 303
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "login")).all()


def test_a_password_that_was_given_is_forgotten_with_its_session(warehouse: World, client: Browser) -> None:
    client.send("/login", {"login": "eve", "password": PASSWORD})
    lies(minutes=31)
    assert client.get("/orders").headers["Location"] == "/login"
    client.send("/login", badge(warehouse, "eve"))
    assert client.get("/orders").headers["Location"] == "/password"


def test_everybody_sets_their_own_hand_and_light(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    assert "picker" in ben.get("/me").text
    assert ben.send("/me", {"hand": "left"}).headers["Location"] == "/me"
    assert ben.send("/me", {"theme": "dark"}).status_code == 303
    for path in ("/", "/pick/", "/stock"):
        page = ben.get(path).text
        assert 'data-theme="dark"' in page
        assert 'data-hand="left"' in page
    assert 'data-hand="right"' in browser("eve").get("/").text
    assert ben.send("/me", {"hand": "third", "theme": "dark"}).status_code == 422
    person = db.session.get_one(Person, warehouse.people["ben"].id, populate_existing=True)
    assert (person.is_left_handed, person.theme) == (True, "dark")
