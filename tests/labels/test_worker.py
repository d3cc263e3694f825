"""The worker with printers that are good, bad, dead, slow or lying: real sockets, both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from labels import printers, worker
from labels.draw import draw
from labels.make import KINDS
from scanner import printing
from scanner.db import db, now, transact
from scanner.models import Printer, PrintJob
from scanner.printing import queue
from tests.labels.desk import again, ask, printer, states, work
from tests.labels.fake_printer import FakePrinter
from tests.world import World


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits than a real printer is given."""
    monkeypatch.setattr(printers, "ANSWER_S", 0.3)
    monkeypatch.setattr(printers, "CLOSE_S", 0.3)
    monkeypatch.setattr(printers, "STALL_S", 0.5)
    monkeypatch.setattr(printers, "CONNECT_S", 0.5)


def state_of(row: Printer) -> tuple[str, str]:
    """What is on file of how it is."""
    db.session.rollback()
    found = db.session.get_one(Printer, row.id, populate_existing=True)
    return found.state, found.state_words


def test_a_printer_that_says_nothing_gets_every_label_once_and_none_is_called_confirmed(
    app: Flask, warehouse: World
) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        jobs = ask(warehouse.by("cleo"), 5)
        work(app)
        work(app)
        assert fake.jobs == [job.public_id for job in jobs]
    assert [again(job).state for job in jobs] == ["sent"] * 5
    assert states(jobs[0]) == ["queued", "sending", "sent"]
    assert len(again(jobs[0]).sha256) == 64


def test_a_printer_that_answers_confirms(app: Flask, warehouse: World) -> None:
    with FakePrinter("answers") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        work(app)
        assert again(job).state == "confirmed"
        assert state_of(row) == ("ready", "Ready.")


@pytest.mark.parametrize(
    ("behaviour", "words"), [("paper_out", "no paper"), ("head_open", "head is open"), ("paused", "paused")]
)
def test_a_printer_that_cannot_print_gets_nothing_until_it_is_mended(
    app: Flask, warehouse: World, behaviour: str, words: str
) -> None:
    with FakePrinter(behaviour) as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        jobs = ask(warehouse.by("cleo"), 3)
        work(app)
        assert fake.started == []
        assert [again(job).state for job in jobs] == ["queued"] * 3
        assert (again(jobs[0]).error_code, again(jobs[1]).error_code) == (behaviour, "")
        assert words in state_of(row)[1]
        fake.mend("answers")
        transact(lambda: printing.resume(db.session.get_one(Printer, row.id), warehouse.by("eve")))
        work(app)
        assert [again(job).state for job in jobs] == ["confirmed"] * 3
        assert fake.jobs == [job.public_id for job in jobs]


def test_a_printer_that_refuses_is_tried_again_later_each_time_and_knocked_at_once_for_a_long_queue(
    app: Flask, warehouse: World
) -> None:
    with FakePrinter("refuse") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        jobs = ask(warehouse.by("cleo"), 20)
        pauses = []
        for _ in range(4):
            work(app)
            found = db.session.get_one(Printer, row.id, populate_existing=True)
            assert found.retry_at is not None
            pauses.append((found.retry_at - now()).total_seconds())
            transact(lambda: setattr(db.session.get_one(Printer, row.id), "retry_at", None))
        assert pauses == sorted(pauses)
        assert 6 < pauses[-1] < 9
        assert again(jobs[0]).attempts == 4
        assert again(jobs[1]).attempts == 0
        assert again(jobs[0]).error_code == "printer_refused"
        fake.mend()
        work(app)
        assert len(fake.jobs) == 20
    assert {again(job).state for job in jobs} == {"sent"}


def test_a_job_that_could_not_be_sent_for_an_hour_fails_and_comes_out_once_when_it_is_asked_for_again(
    app: Flask, warehouse: World
) -> None:
    with FakePrinter("refuse") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "available_at", now() - timedelta(hours=2)))
        work(app)
        assert again(job).state == "failed"
        fake.mend()
        same = transact(lambda: printing.print_again(job, warehouse.by("cleo")))
        work(app)
        assert (same.id, again(job).state, fake.jobs) == (job.id, "sent", [job.public_id])
        assert again(job).copy_of is None


def test_a_printer_that_cuts_in_the_middle_leaves_a_question_and_is_not_sent_the_same_again(
    app: Flask, warehouse: World
) -> None:
    with FakePrinter("cut") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        work(app)
        assert (again(job).state, again(job).error_code) == ("unknown", "printer_cut")
        fake.mend()
        work(app)
        assert fake.labels == []
        assert db.session.scalars(select(Printer.state)).one() != "offline"  # it was looked at again
        assert [each.id for each in printing.questions(warehouse.by("cleo"))] == [job.id]
        copy = transact(lambda: printing.print_again(job, warehouse.by("cleo")))
        work(app)
        assert fake.jobs == [copy.public_id]
        assert b"COPY" in fake.labels[0]
        assert (again(job).state, again(copy).copy_of) == ("cancelled", job.id)


@pytest.mark.parametrize("times", [130, 20_000])  # 60 kB fit in our own buffers, 9 MB do not
def test_a_printer_that_hangs_is_told_from_one_that_took_all(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    make = KINDS["test"]
    monkeypatch.setitem(KINDS, "test", lambda job, target: type(m := make(job, target))(m.data * times, m.language))
    with FakePrinter("hang") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        work(app)
        assert (again(job).state, again(job).error_code) == ("unknown", "printer_stalled")


def test_a_slow_printer_gets_all_its_time(app: Flask, warehouse: World) -> None:
    with FakePrinter("slow") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"), copies=3)
        work(app)
        assert (again(job).state, len(fake.labels)) == ("sent", 3)


def test_one_bad_printer_holds_up_no_other(app: Flask, warehouse: World) -> None:
    with FakePrinter("refuse") as dead, FakePrinter("good") as good:
        printer(warehouse.by("cleo"), dead.address, "DEAD")
        ask(warehouse.by("cleo"), 3)
        printer(warehouse.by("cleo"), good.address, "GOOD")
        ask(warehouse.by("cleo"), 3)
        work(app)
        assert len(good.labels) == 3


def test_what_cannot_be_made_fails_with_its_reason_and_the_next_comes_out(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        bad = transact(lambda: printing.ask("horoscope", 1, warehouse.by("cleo")))
        (good,) = ask(warehouse.by("cleo"))
        work(app)
        assert (again(bad).state, again(bad).error_code) == ("failed", "unknown_label")
        assert "horoscope" in again(bad).error_words
        assert again(good).state == "sent"


def test_an_address_outside_of_the_networks_is_never_contacted(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), fake.address)
        (job,) = ask(warehouse.by("cleo"))
        work(app, app.config["PRINTERS"])  # the default: private networks, and not this machine
        assert (fake.connections, again(job).error_code) == (0, "printer_address")


def test_a_paused_printer_keeps_its_jobs(app: Flask, warehouse: World) -> None:
    with FakePrinter("good") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"))
        transact(lambda: printing.pause(db.session.get_one(Printer, row.id), warehouse.by("eve")))
        work(app)
        assert fake.connections == 0
        transact(lambda: printing.resume(db.session.get_one(Printer, row.id), warehouse.by("eve")))
        work(app)
        assert len(fake.labels) == 1


def test_a_printer_is_asked_how_it_is_without_a_job(app: Flask, warehouse: World) -> None:
    with FakePrinter("paper_out") as fake:
        row = printer(warehouse.by("cleo"), fake.address)
        transact(lambda: printing.ask_state(db.session.get_one(Printer, row.id)))
        work(app)
        assert state_of(row)[0] == "paper_out"
        assert queue.due() == []


def test_the_order_of_asking_is_the_order_of_printing(app: Flask, warehouse: World) -> None:
    with FakePrinter("answers") as fake:
        printer(warehouse.by("cleo"), fake.address)
        wanted = [job.public_id for job in ask(warehouse.by("cleo"), 12)]
        work(app)
        assert (fake.jobs, fake.most_at_once) == (wanted, 1)
        assert db.session.scalars(select(PrintJob.attempts)).all() == [1] * 12


def test_a_job_that_is_taken_away_while_it_is_drawn_does_not_hold_up_the_next(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = warehouse.by("cleo")
    with FakePrinter("good") as fake:
        printer(by, fake.address)
        first, second = ask(by, 2)
        first_id = first.id

        def cancelled(job: PrintJob, *how: Any) -> Any:
            is_first = job.id == first_id
            made = draw(job, *how)
            if is_first:
                transact(lambda: printing.cancel(db.session.get_one(PrintJob, first_id), by))
            return made

        monkeypatch.setattr(worker, "draw", cancelled)
        work(app, lease_s=30)
        work(app, lease_s=30)
        assert (again(first).state, again(second).state, len(fake.labels)) == ("cancelled", "sent", 1)
