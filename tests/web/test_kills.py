"""Whatever is killed at whatever moment: no acknowledged scan is lost, none booked twice. The long run: make soak."""

from __future__ import annotations

import random
from pathlib import Path

from flask import Flask

from scanner.accept import Incoming, accept_scan
from scanner.db import now
from tests.engines import Databases, migrate, own_cluster
from tests.world import World, new_scan_id
from tools.devices import Notes
from tools.soak_kills import run
from tools.trial import Count, compare


def is_enough(count: Count, kills: int) -> bool:
    """Whether nothing was lost, and enough was tried to say so."""
    assert count.is_good, count
    assert count.done.total() >= kills
    assert count.scans >= 200
    assert min(count.repeats, count.cut_off, count.labels) > 0, count
    return True


def test_kills_on_sqlite(databases: Databases, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    count = run(databases.fresh("sqlite"), tmp_path, kills=3, scans=200, seed=seed)
    assert is_enough(count, 3)


def test_kills_on_postgresql_and_of_it(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    with own_cluster() as server:
        migrate(server.url, tmp_path)
        count = run(server.url, tmp_path, kills=6, scans=200, seed=seed, server=server)
    assert is_enough(count, 6)
    assert {"backend", "postmaster"} <= set(count.done)


def test_an_acknowledgement_that_is_not_kept_is_found(app: Flask, warehouse: World, tmp_path: Path) -> None:
    """The control: the comparison sees a scan that is missing, one with another answer, one with other moves."""
    notes, by = Notes(tmp_path / "notes"), warehouse.by("eve")
    kept = accept_scan(Incoming(new_scan_id(), "MUG", now(), "gun"), by)
    missing = {**kept, "scan_id": new_scan_id()}
    notes.take([kept, missing])
    assert compare(notes) == ([missing["scan_id"]], [], [])
    notes.digests[kept["scan_id"]] = "another"
    notes.moves[kept["scan_id"]] = 1
    assert compare(notes) == ([missing["scan_id"]], [kept["scan_id"]], [kept["scan_id"]])
    notes.take([kept])  # a second time, but not as a repeat
    assert notes.changed == [kept["scan_id"]]
    notes.close()
