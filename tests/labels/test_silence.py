"""Printers that answer nothing, or rubbish, or do not answer any more: what each of them gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from labels import printers, silence
from labels.worker import Worker
from scanner import printing
from scanner.db import db, transact
from scanner.models import Printer, PrintStep
from tests.labels.desk import HERE, again, ask, facts, printer
from tests.labels.fake_printer import FakePrinter
from tests.world import World


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits than a real printer is given."""
    monkeypatch.setattr(printers, "ANSWER_S", 0.3)
    monkeypatch.setattr(printers, "CLOSE_S", 0.3)


@pytest.fixture
def go(app: Flask) -> Callable[[], None]:
    """One worker, which keeps what it has learnt from one run to the next; every run begins at once."""
    worker = Worker(app.app_context, HERE, lease_s=5.0)

    def run() -> None:
        transact(lambda: db.session.query(Printer).update({"retry_at": None}))
        worker.run(once=True)
        db.session.rollback()

    return run


def state_of(row: Printer) -> tuple[str, str]:
    """What is on file of how it is."""
    found = db.session.get_one(Printer, row.id, populate_existing=True)
    return found.state, found.state_words


@pytest.mark.parametrize("behaviour", ["rubbish", "half"])
def test_a_printer_that_answers_rubbish_is_shown_as_such_and_gets_nothing_until_it_answers_whole(
    warehouse: World, go: Callable[[], None], behaviour: str
) -> None:
    with FakePrinter(behaviour) as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        jobs = ask(warehouse.by("cleo"), 2)
        go()
        go()
        assert ([again(job).state for job in jobs], fake.started) == (["queued"] * 2, [])
        assert (state_of(row)[0], again(jobs[0]).error_code) == ("garbled", "garbled")
        assert again(jobs[0]).error_words == "It answers what no label printer says."  # and not what that was
        fake.mend("answers")
        go()
    assert [again(job).state for job in jobs] == ["confirmed"] * 2


def test_what_answers_there_is_read_in_the_log_and_shown_to_nobody(
    warehouse: World, go: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    with FakePrinter("rubbish") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        go()
    words = "It answers what no label printer says."
    assert (state_of(row), again(job).error_words) == (("garbled", words), words)
    steps = db.session.scalars(select(PrintStep.words).where(PrintStep.job_id == job.id)).all()
    assert not any("HTTP" in said for said in steps)
    assert "HTTP/1.1 400 Bad Request" in caplog.text


def test_what_answered_rubbish_once_and_then_nothing_is_a_printer_that_tells_nothing(
    warehouse: World, go: Callable[[], None]
) -> None:
    with FakePrinter("rubbish") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        go()
        fake.mend("good")
        go()
    assert again(job).state == "sent"


def test_a_printer_that_never_answers_prints_and_is_not_asked_for_each_label(
    warehouse: World, go: Callable[[], None]
) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"), 3)
        go()
        assert (len(fake.labels), fake.asked) == (3, 1)


def test_a_printer_whose_answer_was_late_once_is_asked_again_after_a_while(
    warehouse: World, go: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "KEPT_S", 0.0)
    with FakePrinter("late") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"))
        go()
        fake.mend("paper_out")
        (job,) = ask(warehouse.by("cleo"))
        go()
        assert (again(job).state, state_of(row)[0]) == ("queued", "paper_out")


def test_who_asks_how_a_silent_printer_is_has_it_asked(warehouse: World, go: Callable[[], None]) -> None:
    with FakePrinter("good") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"))
        go()
        fake.mend("paper_out")
        transact(lambda: printing.ask_state(db.session.get_one(Printer, row.id)))
        go()
        assert state_of(row)[0] == "paper_out"


def test_a_printer_at_a_new_address_is_asked_whatever_was_at_the_old_one(
    warehouse: World, go: Callable[[], None]
) -> None:
    with FakePrinter("good") as old, FakePrinter("paper_out") as new:
        row = printer(warehouse.by("cleo"), old.address)
        ask(warehouse.by("cleo"))
        go()
        moved = facts("ZEBRA", new.address, is_default=True)
        transact(lambda: printing.change_printer(db.session.get_one(Printer, row.id), moved, warehouse.by("eve")))
        (job,) = ask(warehouse.by("cleo"))
        go()
        assert (again(job).state, new.started, state_of(row)[0]) == ("queued", [], "paper_out")


def test_a_printer_that_has_answered_and_is_silent_now_is_offline_until_the_desk_says_that_it_is_another_one(
    app: Flask, warehouse: World, go: Callable[[], None]
) -> None:
    with FakePrinter("answers") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"))
        go()
        fake.mend("good")
        (job,) = ask(warehouse.by("cleo"))
        go()
        Worker(app.app_context, HERE, lease_s=5.0).run(once=True)  # one that has just been started knows it too
        assert (again(job).state, again(job).error_code) == ("queued", "printer_silent")
        assert state_of(row)[0] == "offline"
        same = facts("ZEBRA", fake.address, is_default=True)
        transact(lambda: printing.change_printer(db.session.get_one(Printer, row.id), same, warehouse.by("eve")))
        go()
        assert again(job).state == "sent"
