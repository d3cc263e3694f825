"""Measure: what a printer that is dead, and a queue that is full, cost a scan. Called by `make bench-labels`.

    python -m tools.bench_printers              about two minutes
    python -m tools.bench_printers --quick

Over HTTP, at the server that is used: scans that each ask for a label, first with a printer that prints, then with one
that takes the line and never says a word, and thousands of jobs that wait for it. The rounds take turns, so that the
machine's moods hit both. The aim: within 10 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import insert

from scanner import people
from scanner.db import db, table_of, transact
from scanner.models import Printer, PrintJob
from tests.engines import migrate
from tests.labels.desk import OPEN, ask, printer, start_worker
from tests.labels.fake_printer import FakePrinter
from tests.serving import Client, serve
from tests.world import GTINS, make_world
from tools.bench import print_machine
from tools.postgres import Missing, throwaway
from web import create_app

AIM = 1.10
FULL = 5_000
ROUNDS = 6


def main() -> None:
    """Measure on both engines and print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print_machine()
    count, full = (40, 500) if options.quick else (150, FULL)
    with tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
        _measure("sqlite", f"sqlite:///{folder}/scandock.db", Path(folder), count, full)
    try:
        with throwaway(fsync=True) as url, tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
            _measure("postgresql", url, Path(folder), count, full)
    except Missing as missing:
        print(f"PostgreSQL was not measured: {missing}")


def _measure(name: str, url: str, folder: Path, count: int, full: int) -> None:
    migrate(url, folder)
    os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    with create_app().app_context(), ExitStack() as stack:
        world = make_world()
        token = transact(lambda: people.new_api_token(world.by("finn"), "bench", "packer"))
        good, dead = stack.enter_context(FakePrinter("answers")), stack.enter_context(FakePrinter("hang"))
        rows = [printer(world.by("eve"), good.address, "GOOD"), printer(world.by("eve"), dead.address, "DEAD")]
        port = stack.enter_context(_server(url, folder))
        stack.enter_context(_worker(url, folder))
        times: dict[str, list[float]] = {"a printer that prints": [], "a dead printer": []}
        for turn in range(ROUNDS):
            for label, row in zip(times, rows, strict=True):
                _use(rows, row)
                if row is rows[1] and turn == 0:
                    _fill(ask(world.by("eve"))[0], full)
                times[label] += _scans(port, token, count)
        _tell(name, times, full)
        db.session.remove()
        db.engine.dispose()


def _use(rows: Sequence[Printer], used: Printer) -> None:
    """Only this printer is there, as the default; what waits for the other one stays and is not touched."""

    def work() -> None:
        for row in rows:
            found = db.session.get_one(Printer, row.id)
            found.is_active = found.is_default = row is used
            found.retry_at, found.failures = None, 0

    transact(work)
    time.sleep(1.0)  # the worker has seen it


def _fill(job: PrintJob, full: int) -> None:
    """So many jobs like this one, in one statement."""
    facts = {column.name: getattr(job, column.name) for column in table_of(PrintJob).columns if column.name != "id"}
    rows = [{**facts, "public_id": (name := str(uuid.uuid4())), "key": name} for _ in range(full)]
    transact(lambda: db.session.execute(insert(PrintJob), rows))


@contextmanager
def _server(url: str, folder: Path) -> Iterator[int]:
    """The server that production has, with a look-up that asks for a label."""
    with serve(url, folder, app="tools.bench_printers_app:app", **OPEN) as port:
        yield port


@contextmanager
def _worker(url: str, folder: Path) -> Iterator[None]:
    run: subprocess.Popen[bytes] = start_worker(url, folder, lease_s=30)
    try:
        yield
    finally:
        run.terminate()
        run.wait(60)


def _scans(port: int, token: str, count: int) -> list[float]:
    """Look-ups, one after the other; seconds of each. The first ones make the line warm and do not count."""
    client, times = Client(port, token=token), []
    for number in range(-5, count):
        begun = time.perf_counter()
        answer = client.scan(None, GTINS["MUG"])
        if number >= 0:
            times.append(time.perf_counter() - begun)
        assert answer.json["outcome"] == "accepted", answer.text
    client.close()
    return times


def _tell(name: str, times: dict[str, list[float]], full: int) -> None:
    print(f"{name}: ms of a scan that asks for a label, at p50 / p95; {full:,} jobs wait for the dead printer")
    for label, each in times.items():
        ordered = sorted(each)
        print(f"  {label:24}{ordered[len(each) // 2] * 1000:7.1f} / {ordered[int(len(each) * 0.95)] * 1000:.1f}")
    live, dead = (statistics.median(each) for each in times.values())
    print(f"  ratio of the medians: {dead / live:.2f} (aim at most {AIM:.2f})\n")


if __name__ == "__main__":
    main()
