"""A print worker that has died is noticed, told, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from scanner import printing
from scanner.db import db, now, transact
from scanner.models import PrintWorker
from scanner.printing import workers
from tests.conftest import Browser
from tests.labels.desk import ROOT, printer, start_worker, work
from tests.serving import token_of
from tests.world import World

Log_in = Callable[[str], Browser]
NONE_RUNS = "No print worker runs"


def seen(**time_ago: float) -> None:
    """Let all workers have been alive so long ago."""
    transact(lambda: db.session.execute(update(PrintWorker).values(seen_at=now() - timedelta(**time_ago))))


def test_a_worker_says_that_it_lives_and_is_missed_a_minute_after_it_has_died(app: Flask, warehouse: World) -> None:
    printer(warehouse.by("eve"), "127.0.0.1:9")
    assert (printing.worker_seen(), printing.is_worker_missing()) == (None, True)
    work(app)
    assert not printing.is_worker_missing()
    seen(seconds=50)
    assert not printing.is_worker_missing()
    seen(seconds=70)
    assert printing.is_worker_missing()


@pytest.mark.parametrize("about", [{}, {"kind": "agent", "address": "bench-pc"}, {"is_active": False}])
def test_no_worker_is_missed_where_none_has_a_printer_to_serve(
    app: Flask, warehouse: World, about: dict[str, object]
) -> None:
    if about:
        printer(warehouse.by("eve"), **{"address": "127.0.0.1:9", **about})  # type: ignore[arg-type]
    assert not printing.is_worker_missing()


def test_a_worker_that_ended_days_ago_is_forgotten(app: Flask, warehouse: World) -> None:
    for name in ("one", "two"):
        workers.note_alive(name)
    seen(days=2)
    workers.note_alive("three")
    workers.note_alive("three")
    assert db.session.scalars(select(PrintWorker.name)).all() == ["three"]


def test_the_desk_health_and_metrics_tell_that_no_worker_runs_and_scans_go_on(
    app: Flask, warehouse: World, browser: Log_in, client: Browser
) -> None:
    eve, head = browser("eve"), {"Authorization": f"Bearer {token_of(warehouse, 'prometheus', 'counter')}"}
    printer(warehouse.by("eve"), "127.0.0.1:9")
    work(app)

    def told() -> tuple[bool, bool, bool, int, int]:
        health, measured = client.get("/healthz"), client.get("/metrics", headers=head).text
        assert health.json is not None
        is_good, is_up = health.json["printing"]["is_good"], "scandock_print_worker_up{} 1" in measured
        page = eve.get("/printers").text
        return NONE_RUNS in page, is_good, is_up, health.status_code, client.get("/readyz").status_code

    assert told() == (False, True, True, 200, 200)
    seen(hours=2)
    assert told() == (True, False, False, 200, 200)
    assert "scandock_print_worker_seen_seconds{} 7200" in client.get("/metrics", headers=head).text


def test_the_real_worker_says_again_and_again_that_it_lives(
    app: Flask, warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    running = start_worker(engine_url, tmp_path)
    try:
        wait_for(lambda: count() == 1)
    finally:
        running.terminate()
        running.wait(20)


def count() -> int:
    """How many workers are on file."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(PrintWorker)) or 0


def wait_for(is_so: Callable[[], bool]) -> None:
    """Raises AssertionError when it does not become so."""
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A program that notes its number and sleeps, kept by tools/keep.py; and its notes."""
    notes = tmp_path / "numbers"
    program = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(int(sys.argv[2]))"
    keep = [sys.executable, "tools/keep.py", "--pause", "0.1"]
    keeper = subprocess.Popen([*keep, sys.executable, "-c", program, str(notes), "60"], cwd=ROOT)
    try:
        yield keeper, notes
    finally:
        keeper.kill()
        keeper.wait(10)


def numbers(notes: Path) -> list[int]:
    """Of the programs that were started."""
    return [int(word) for word in notes.read_text().split()] if notes.exists() else []


def is_alive(pid: int) -> bool:
    """Whether it runs: what has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_is_killed_is_started_again_and_ends_with_its_keeper(
    kept: tuple[subprocess.Popen[bytes], Path],
) -> None:
    keeper, notes = kept
    wait_for(lambda: len(numbers(notes)) == 1)
    os.kill(numbers(notes)[0], signal.SIGKILL)
    wait_for(lambda: len(numbers(notes)) == 2)
    keeper.terminate()
    assert keeper.wait(20) == 0
    assert not is_alive(numbers(notes)[1])


@pytest.mark.parametrize(("status", "runs", "said"), [(3, 20, 1), (0, 1, 0)])
def test_a_program_that_always_dies_is_given_up_and_one_that_ends_well_is_left(
    tmp_path: Path, status: int, runs: int, said: int
) -> None:
    notes = tmp_path / "numbers"
    program = f"import sys; open(sys.argv[1], 'a').write('1 '); sys.exit({status})"
    command = [sys.executable, "tools/keep.py", "--pause", "0", sys.executable, "-S", "-c", program, str(notes)]
    assert subprocess.run(command, cwd=ROOT, timeout=120, check=False).returncode == said
    assert len(numbers(notes)) == runs
