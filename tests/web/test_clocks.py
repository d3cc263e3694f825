"""Clocks that are set while people work: the server's by an hour, a phone's by years. No scan is late or lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import scanner.db
from scanner import printing
from scanner.db import db, transact
from scanner.models import Discrepancy, Move, ScanRecord
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer, work
from tests.labels.fake_printer import FakePrinter
from tests.phones import Phone
from tests.scanner.floor import Floor, place
from tests.simulation.station import Clock
from tests.world import PIN

HOUR = timedelta(hours=1)
YEARS = timedelta(days=2 * 365)
STEPS = pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])


@pytest.fixture
def floor(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """The floor with a clock that the test sets."""
    Clock.at = datetime.now(UTC)
    monkeypatch.setattr(scanner.db, "datetime", Clock)
    return floor


def mug(mine: Phone) -> list[str]:
    """One mug from A-01-1 to B-01-1, made ten seconds ago by the phone's clock; how each scan ended."""
    to, ago = f"/move/{mine.task}/scan", timedelta(seconds=10)
    codes = (place("A-01-1"), "MUG", place("B-01-1"))
    return [answer["code"] for answer in mine.answers(*[mine.kept("ben", raw, to, ago) for raw in codes])]


@STEPS
def test_the_ledger_keeps_its_order_when_the_servers_clock_is_set(floor: Floor, bens: Phone, step: timedelta) -> None:
    assert mug(bens)[-1] == "booked"
    Clock.at += step
    bens.clock -= step  # the phone's was right all the time
    assert mug(bens)[-1] == "booked"
    times = list(db.session.scalars(select(Move.recorded_at).order_by(Move.seq)))
    assert times == sorted(times)
    assert db.session.scalars(select(Discrepancy)).all() == []


@pytest.mark.parametrize("ahead", [YEARS, -YEARS, timedelta(minutes=90)], ids=["ahead", "behind", "summer time"])
def test_a_phone_whose_clock_is_years_off_is_not_late(floor: Floor, bens: Phone, ahead: timedelta) -> None:
    bens.clock = ahead
    assert mug(bens) == ["ok", "ok", "booked"]
    assert db.session.scalars(select(Discrepancy)).all() == []
    (at,) = set(db.session.scalars(select(ScanRecord.occurred_at)))
    assert abs(at - Clock.at - ahead) < timedelta(minutes=1)  # it stands on record as the phone told it


def test_a_phone_whose_clock_jumps_between_two_scans_loses_none(floor: Floor, bens: Phone) -> None:
    for ahead in (YEARS, -YEARS, HOUR, -HOUR, timedelta()):
        bens.clock = ahead
        assert mug(bens)[-1] == "booked"
    assert floor.on_hand("MUG", "B-01-1") == 5


def test_a_session_lives_an_hour_longer_at_the_most(bens: Phone) -> None:
    assert bens.browser.get("/").status_code == 200
    Clock.at -= HOUR
    assert bens.browser.get("/").status_code == 200
    Clock.at += HOUR + timedelta(minutes=6)
    assert bens.browser.get("/").status_code == 303  # left alone: it locks as ever
    assert bens.log_in("ben").status_code == 303
    assert bens.browser.get("/").status_code == 200
    Clock.at += timedelta(hours=12, minutes=1)
    assert bens.browser.get("/").status_code == 303


def test_a_locked_badge_opens_again_an_hour_later_at_the_most(app: Flask, floor: Floor) -> None:
    client = app.test_client()
    assert isinstance(client, Browser)
    right = {"badge": floor.world.badges["ben"], "pin": PIN}
    for _ in range(6):
        client.send("/login", {**right, "pin": "000000"})
    Clock.at -= HOUR
    assert client.send("/login", right).status_code != 303
    Clock.at += HOUR + timedelta(hours=1)
    assert client.send("/login", right).status_code == 303


@STEPS
def test_labels_come_out_when_the_clock_was_set(app: Flask, floor: Floor, step: timedelta) -> None:
    """Set back, all that is noted for later lies an hour ahead: jobs, pauses, the hold of a worker that has ended."""
    with FakePrinter("refuse") as fake:
        row = printer(floor.by("cleo"), fake.address)
        (job,) = ask(floor.by("cleo"))
        work(app)
        assert again(job).state == "queued"  # and the printer has a pause
        transact(lambda: printing.queue.hold(row.id, printing.queue.Holder("one that has ended", 30.0)))
        fake.mend()
        Clock.at += step
        work(app)
        assert again(job).state == "sent"
