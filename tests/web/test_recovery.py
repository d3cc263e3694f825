"""After a bad day work goes on by itself: within five seconds, with all that was acknowledged, in a log of its size."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from scanner.accept import Incoming, accept_scan
from scanner.connections import SQLITE_LOG_BYTES
from scanner.db import db, now, transact
from tests.engines import migrate, own_cluster
from tests.serving import serve
from tests.world import World, new_scan_id
from tools.devices import Beeper, Crew, carry
from tools.trial import PLACES, Count, check, furnished

AWAY_S, RECOVERED_S = 1.5, 5.0
PATIENT_S = 60.0


def test_postgresql_that_is_restarted_under_load_is_used_again_within_five_seconds(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(own_cluster())
        migrate(server.url, tmp_path)
        trial = stack.enter_context(furnished(server.url, tmp_path, 0))
        port = stack.enter_context(serve(server.url, tmp_path, SCANDOCK_WAIT_S="1", WEB_CONCURRENCY="1"))
        beepers = [
            Beeper(port, token, trial.notes, random.Random(number), f"gun-{number}")  # noqa: S311 - codes, no secrets
            for number, token in enumerate(trial.tokens[:3])
        ]
        crew, count = Crew([(beeper, carry(PLACES, "MUG")) for beeper in beepers], pause_s=0.05), Count("postgresql", 0)
        with crew.working():
            for restart in (1, 2):
                _wait_for(crew, trial.notes.digests, 15 * restart)
                server.stop()
                time.sleep(AWAY_S)
                server.start()
                back_at = time.monotonic()
                seen = len(trial.notes.digests)
                _wait_for(crew, trial.notes.digests, seen + 1)
                assert time.monotonic() - back_at < RECOVERED_S
            with crew.resting():
                check(trial, count)
        count.add(crew)
    assert count.is_good, count
    assert count.come_back > 0  # 503 with Retry-After, which each device asks for
    assert count.cut_off == 0  # nothing was left without an answer


def _wait_for(crew: Crew, acknowledged: dict[str, str], wanted: int) -> None:
    give_up_at = time.monotonic() + PATIENT_S
    while len(acknowledged) < wanted:
        crew.check()
        assert time.monotonic() < give_up_at, "nothing goes on"
        time.sleep(0.01)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_long_report_does_not_leave_a_large_log(app: Flask, warehouse: World, engine_url: str) -> None:
    """What is written while somebody reads stays in the log; afterwards the log is cut back to its limit."""
    log = Path(engine_url.removeprefix("sqlite:///") + "-wal")
    limit = SQLITE_LOG_BYTES
    transact(lambda: db.session.execute(text("CREATE TABLE ballast (bytes BLOB)")))
    with closing(sqlite3.connect(engine_url.removeprefix("sqlite:///"))) as report:
        report.execute("BEGIN")
        report.execute("SELECT count(*) FROM scan").fetchall()
        for _ in range(3):
            transact(lambda: db.session.execute(text("INSERT INTO ballast VALUES (zeroblob(:n))"), {"n": limit // 2}))
        assert log.stat().st_size > limit
    by = warehouse.by("eve")
    for _ in range(3):
        assert accept_scan(Incoming(new_scan_id(), "MUG", now(), "gun"), by)["outcome"] == "accepted"
    assert log.stat().st_size <= limit
