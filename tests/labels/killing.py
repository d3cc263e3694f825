"""Kill the print worker again and again, and count: nothing lost, nothing printed twice without a copy mark.

    make soak-printing ARGS="--jobs 10000 --every 50 --seed 7"

A real worker process, a real socket, SIGKILL at moments that chance chooses. Afterwards a person answers every
question: what the printer has in full came out, the rest is printed again as a marked copy.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from scanner import printing
from scanner.by import By
from scanner.db import db, transact
from scanner.models import PrintJob
from tests.labels.desk import ask, printer, start_worker
from tests.labels.fake_printer import FakePrinter

DEADLINE_S = 60.0  # without any progress


@dataclass(frozen=True, slots=True)
class Count:
    """What a run came to."""

    seed: int
    jobs: int
    kills: int
    questions: int  # jobs of which nobody could tell
    copies: int
    lost: int  # jobs that are nowhere: neither printed, nor asked about
    twice: int  # jobs whose own bytes left more than once
    unmarked: int  # copies that do not say so
    seconds: float


def run(url: str, folder: Path, by: By, *, jobs: int, every: int, seed: int, behaviour: str = "good") -> Count:
    """Print `jobs` labels with a worker that is killed about every `every` labels; then answer all questions."""
    rng, started_at = random.Random(seed), time.monotonic()  # noqa: S311 - which moment, not a secret
    with FakePrinter(behaviour) as fake:
        printer(by, fake.address)
        asked = {job.public_id for job in ask(by, jobs)}
        kills = _kill_until_done(url, folder, fake, every, rng)
        questions = _answer(fake, by)
        worker = start_worker(url, folder, "--once")
        worker.wait(DEADLINE_S)
        return _count(fake, asked, seed, kills, questions, time.monotonic() - started_at)


def _kill_until_done(url: str, folder: Path, fake: FakePrinter, every: int, rng: random.Random) -> int:
    kills = 0
    while _left():
        worker = start_worker(url, folder)
        wanted = len(fake.started) + rng.randint(every // 2, every * 3 // 2)
        try:
            if _wait(fake, wanted, worker) and _left():
                time.sleep(rng.uniform(0, 0.02))
                kills += 1
                worker.kill()
            else:
                worker.terminate()
            worker.wait(DEADLINE_S)
        finally:
            worker.kill()  # when something above has failed; else it has ended
    return kills


def _wait(fake: FakePrinter, wanted: int, worker: subprocess.Popen[bytes]) -> bool:
    """Whether so many labels have been begun; False when nothing is left to do."""
    gate, seen, at = threading.Event(), -1, time.monotonic()
    while len(fake.started) < wanted:
        assert worker.poll() is None, "the worker has ended by itself"
        if len(fake.started) != seen:
            seen, at = len(fake.started), time.monotonic()
        elif not _left():
            return False
        assert time.monotonic() - at < DEADLINE_S, "nothing goes on"
        gate.wait(0.005 if wanted - len(fake.started) < 10 else 0.05)
    return True


def _left() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(PrintJob.state.in_(("queued", "sending")))) or 0


def _answer(fake: FakePrinter, by: By) -> int:
    """What a person does who stands at the printer."""
    db.session.rollback()
    questions = db.session.scalars(select(PrintJob).where(PrintJob.state == "unknown")).all()
    out = set(fake.jobs)
    for job in questions:
        answer = printing.came_out if job.public_id in out else printing.print_again
        transact(lambda job=job, answer=answer: answer(job, by))  # type: ignore[misc]
    return len(questions)


def _count(fake: FakePrinter, asked: set[str], seed: int, kills: int, questions: int, seconds: float) -> Count:
    db.session.rollback()
    rows = db.session.scalars(select(PrintJob)).all()
    out, begun = set(fake.jobs), Counter(fake.started)
    original = {row.id: row.public_id for row in rows}
    copied = {original[row.copy_of] for row in rows if row.copy_of and row.public_id in out}
    copies = {row.public_id for row in rows if row.copy_of}
    return Count(
        seed=seed,
        jobs=len(asked),
        kills=kills,
        questions=questions,
        copies=len(copies),
        lost=len(asked - out - copied),
        twice=sum(1 for times in begun.values() if times > 1),
        unmarked=sum(1 for label in fake.labels if any(c.encode() in label for c in copies) != (b"COPY" in label)),
        seconds=round(seconds, 1),
    )


def main() -> None:
    """The long run, by hand: prints what it counted and ends with 1 when it is not as it must be."""
    from tests.engines import migrate
    from tests.world import make_world
    from tools.postgres import throwaway
    from web import create_app

    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scandock-soak-") as name:
        folder = Path(name)

        def soak(url: str) -> None:
            migrate(url, folder)
            os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": name}
            with create_app().app_context():
                by = make_world().by("cleo")
                count = run(url, folder, by, jobs=options.jobs, every=options.every, seed=options.seed)
            sys.stdout.write(f"{count}\n")
            if count.lost or count.twice or count.unmarked:
                raise SystemExit(1)

        if options.postgresql:
            with throwaway(fsync=False) as url:
                soak(url)
        else:
            soak(f"sqlite:///{folder}/scandock.db")


if __name__ == "__main__":
    main()
