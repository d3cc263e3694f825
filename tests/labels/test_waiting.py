"""What waits for too long does not come out by itself, wherever it waits; who does not come for jobs is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from scanner import people, printing
from scanner.db import db, now, transact
from scanner.models import Printer, PrintJob
from scanner.printing import queue
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer, states, work
from tests.labels.fake_printer import FakePrinter
from tests.world import World

Take = Callable[[], str | None]
RUN = {"run": "12345678"}


def ago(**time: float) -> None:
    """Let everything that waits have been asked for so long ago."""
    transact(lambda: db.session.execute(update(PrintJob).values(available_at=now() - timedelta(**time))))


def state_of(row: Printer) -> tuple[str, str]:
    """What is on file of how it is."""
    db.session.rollback()
    found = db.session.get_one(Printer, row.id, populate_existing=True)
    return found.state, found.state_words


@pytest.fixture
def bench(app: Flask, warehouse: World) -> Printer:
    """A printer of the kind agent."""
    return printer(warehouse.by("eve"), "bench-pc", "PC-1", kind="agent")


@pytest.fixture
def head(app: Flask, warehouse: World) -> dict[str, str]:
    """What the agent's requests carry."""
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def take(client: Browser, head: dict[str, str]) -> Take:
    """What the agent is given."""

    def send() -> str | None:
        found = client.post("/api/v1/print-jobs/take", json={"printer": "PC-1", **RUN}, headers=head).json
        assert found is not None
        return found["job"] and str(found["job"]["id"])

    return send


def test_what_waits_at_a_paused_printer_for_hours_fails_and_comes_out_once_it_is_asked_for_again(
    app: Flask, warehouse: World
) -> None:
    by = warehouse.by("cleo")
    with FakePrinter("good") as fake:
        row = printer(by, fake.address)
        (old,) = ask(by)
        transact(lambda: printing.pause(db.session.get_one(Printer, row.id), by))
        ago(hours=2)
        (young,) = ask(by)
        work(app)
        assert (again(old).state, again(old).error_code, again(young).state) == ("failed", "waited_too_long", "queued")
        transact(lambda: printing.print_again(old, by))
        transact(lambda: printing.resume(db.session.get_one(Printer, row.id), by))
        work(app)
        assert fake.jobs == [old.public_id, young.public_id]
    assert states(old) == ["queued", "failed", "queued", "sending", "sent"]


def test_what_waited_while_no_worker_ran_for_hours_does_not_come_out_when_one_starts(
    app: Flask, warehouse: World
) -> None:
    by = warehouse.by("cleo", device="gun-7")
    with FakePrinter("good") as fake:
        printer(by, fake.address)
        (job,) = ask(by)
        ago(hours=2)
        work(app)
        assert (fake.connections, again(job).state) == (0, "failed")
    assert [asked.id for asked in printing.questions(by)] == [job.id]


def test_what_waited_for_less_than_an_hour_comes_out(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        ago(minutes=59)
        work(app)
    assert again(job).state == "sent"


def test_an_agent_gets_nothing_that_has_waited_for_hours(warehouse: World, bench: Printer, take: Take) -> None:
    old, young = ask(warehouse.by("cleo"), 2)
    ago(hours=2)
    transact(lambda: setattr(db.session.get_one(PrintJob, young.id), "available_at", now()))
    assert (take(), again(old).state) == (young.public_id, "failed")


def test_an_agent_that_slept_for_hours_does_not_start_what_it_had_taken(
    warehouse: World, bench: Printer, take: Take, client: Browser, head: dict[str, str]
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    assert take() == job.public_id
    ago(hours=2)
    started = client.post(f"/api/v1/print-jobs/{job.public_id}/start", json=RUN, headers=head)
    assert (started.status_code, again(job).state) == (422, "queued")


def test_what_waits_for_an_agent_that_is_gone_fails_after_an_hour(app: Flask, warehouse: World, bench: Printer) -> None:
    (job,) = ask(warehouse.by("cleo"))
    ago(hours=2)
    work(app)
    assert again(job).state == "failed"


def test_an_agent_that_does_not_ask_while_jobs_wait_is_offline_until_it_asks_again(
    app: Flask, warehouse: World, bench: Printer, take: Take
) -> None:
    assert take() is None
    transact(lambda: queue.hold(bench.id, queue.Holder("x", 30)))
    transact(lambda: queue.tell_state(bench.id, queue.Holder("x", 30), "ready", "sent"))
    queue.let_go(bench.id, queue.Holder("x", 30))
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert state_of(bench)[0] == "ready"  # it may be printing
    transact(lambda: db.session.execute(update(Printer).values(state_at=now() - timedelta(minutes=5))))
    work(app)
    assert state_of(bench) == ("offline", queue.AGENT_GONE)
    assert take() == job.public_id
    assert state_of(bench) == ("", "")


def test_an_agent_that_asks_all_the_time_writes_that_down_twice_a_minute_at_the_most(
    app: Flask, bench: Printer, take: Take
) -> None:
    take()
    transact(lambda: printing.ask_state(db.session.get_one(Printer, bench.id)))
    take()
    before = db.session.get_one(Printer, bench.id, populate_existing=True).state_at
    take()
    db.session.rollback()
    found = db.session.get_one(Printer, bench.id, populate_existing=True)
    assert (found.state_at, found.is_asked) == (before, False)
