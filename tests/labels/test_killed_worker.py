"""A worker that is killed loses no job and prints none twice; two workers do each job once."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from scanner.db import db
from scanner.models import Printer, PrintJob
from tests.labels import killing
from tests.labels.desk import again, ask, printer, start_worker
from tests.labels.fake_printer import FakePrinter
from tests.world import World


def test_a_worker_that_is_killed_loses_nothing_and_prints_nothing_twice(
    app: Flask, warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    count = killing.run(engine_url, tmp_path, warehouse.by("cleo"), jobs=200, every=25, seed=seed, behaviour="answers")
    assert (count.lost, count.twice, count.unmarked) == (0, 0, 0), count
    assert count.kills >= 5
    assert count.copies <= count.questions <= count.kills


def test_two_workers_print_each_job_once(app: Flask, warehouse: World, engine_url: str, tmp_path: Path) -> None:
    with FakePrinter("good") as first, FakePrinter("answers") as second:
        by, wanted = warehouse.by("cleo"), []
        for fake, code in ((first, "ONE"), (second, "TWO")):
            printer(by, fake.address, code)
            wanted += ask(by, 40)
        workers = [start_worker(engine_url, tmp_path, "--once", lease_s=30) for _ in range(2)]
        assert [worker.wait(60) for worker in workers] == [0, 0]
        assert sorted(first.jobs + second.jobs) == sorted(job.public_id for job in wanted)
        assert (len(first.started), len(second.started)) == (40, 40)
        assert (first.most_at_once, second.most_at_once) == (1, 1)
    assert {again(job).state for job in wanted} == {"sent", "confirmed"}


def test_a_worker_that_is_asked_to_stop_ends_its_job_and_gives_the_printer_back(
    app: Flask, warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    with FakePrinter("slow") as fake:
        printer(warehouse.by("cleo"), fake.address)
        ask(warehouse.by("cleo"), 50, copies=5)
        worker = start_worker(engine_url, tmp_path, lease_s=30)
        for _ in range(600):
            if fake.started:
                break
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        db.session.rollback()
        states = list(db.session.scalars(select(PrintJob.state)))
        assert states.count("sent") == len(fake.labels) / 5 >= 1
        assert states.count("queued") == 50 - states.count("sent")
        assert db.session.scalars(select(Printer.held_by)).all() == [""]
