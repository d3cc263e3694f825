"""A device comes out of a drawer and sends a million scans of last month, while others work: the record stays as it is.

    .venv/bin/python -m tools.stale                                       a part of `make soak`
    .venv/bin/python -m tools.stale --scans 5000 --engine postgresql

Nine in ten were acknowledged long since and are sent again; the tenth never came, and their task has ended. Each must
be answered for good, in batches of a hundred: with the first answer, or with a refusal that is on record. All the
refusals are one case for the desk. The ledger must not move by them, the server's memory must not grow, and whoever
works meanwhile should not notice.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select

from scanner.barcode import command
from scanner.db import db
from scanner.models import Discrepancy, Move, ScanRecord
from tests.engines import migrate
from tests.serving import serve
from tools import devices
from tools.bench import print_machine
from tools.devices import Beeper
from tools.postgres import Missing, cluster
from tools.procfile import children_of
from tools.stopwatch import spread
from tools.trial import PLACES, Count, Trial, check, furnished

AGE = timedelta(days=30)
AT_ONCE = 100
KNOWN = 0.9
CARRIED = 100  # moves that the device made before it went into the drawer
LOOK_S = 10.0  # how long the one who works is watched before the flood


@dataclass
class Flood:
    """What the scans of last month came to."""

    scans: int = 0
    seconds: float = 0.0
    memory_mb: list[float] = field(default_factory=list)  # of the server, before and after
    before_ms: list[float] = field(default_factory=list)  # the scans of the one who works
    during_ms: list[float] = field(default_factory=list)
    cases: int = 0
    case_words: int = 0  # characters of the longest story
    breaches: list[str] = field(default_factory=list)


def flood(url: str, folder: Path, scans: int, seed: int) -> Flood:
    """Let so many scans of last month come in on an empty, migrated database."""
    found = Flood()
    chances = [random.Random(f"{seed} {name}") for name in ("drawer", "awake")]  # noqa: S311 - which scan next
    with furnished(url, folder, 300) as trial, serve(url, folder) as port:
        drawer = Beeper(port, trial.tokens[0], trial.notes, chances[0], "drawer")
        task, known = _work_once(drawer)
        with _Worker(Beeper(port, trial.tokens[1], trial.notes, chances[1], "awake")) as worker:
            time.sleep(min(LOOK_S, scans / 1_000))
            found.before_ms, worker.times_ms = worker.times_ms, found.during_ms
            found.memory_mb.append(_memory_mb())
            began, moved = time.monotonic(), _moves_of("drawer")
            while found.scans < scans:
                drawer.batch([_scan(drawer, known, task) for _ in range(AT_ONCE)])
                found.scans += AT_ONCE
            found.seconds = time.monotonic() - began
            found.memory_mb.append(_memory_mb())
        drawer.hang_up()
        if _moves_of("drawer") != moved:
            found.breaches.append("the scans of last month have moved something")
        _look_back(trial, found, url, seed)
    return found


def _work_once(drawer: Beeper) -> tuple[int, list[dict[str, Any]]]:
    """A task that the device has done, and all its scans as it keeps them."""
    task = drawer.start("move")
    known = []
    for _ in range(CARRIED):
        source, target = drawer.rng.sample(PLACES, 2)
        known += [drawer.beep(raw, task) for raw in (devices.place(source), "MUG", devices.place(target))]
    known.append(drawer.beep(command("DONE"), task))
    for first in range(0, len(known), AT_ONCE):
        drawer.batch(known[first : first + AT_ONCE])
    return task, known


def _scan(drawer: Beeper, known: list[dict[str, Any]], task: int) -> dict[str, Any]:
    if drawer.rng.random() < KNOWN:
        return drawer.rng.choice(known)
    raw = devices.place(drawer.rng.choice(PLACES))
    sent_at = datetime.now(UTC)
    return drawer.beep(raw, task) | {"at": (sent_at - AGE).isoformat(), "sent_at": sent_at.isoformat()}


class _Worker(threading.Thread):
    """Somebody who carries mugs and looks at the watch."""

    def __init__(self, beeper: Beeper) -> None:
        super().__init__(daemon=True)
        self.beeper = beeper
        self.times_ms: list[float] = []
        self.fault: BaseException | None = None
        self._is_over = threading.Event()

    def run(self) -> None:
        try:
            task = self.beeper.start("move")
            while not self._is_over.wait(0.1):
                source, target = self.beeper.rng.sample(PLACES, 2)
                for raw in (devices.place(source), "MUG", devices.place(target)):
                    began = time.monotonic()
                    self.beeper.scan(raw, task)
                    self.times_ms.append((time.monotonic() - began) * 1000)
        except BaseException as fault:  # noqa: BLE001 - told at the end
            self.fault = fault

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self._is_over.set()
        self.join(60)
        self.beeper.hang_up()
        if self.fault is not None:
            raise RuntimeError("whoever worked meanwhile has met a fault") from self.fault


def _moves_of(device: str) -> int:
    """How many moves a device has made."""
    moves = select(func.count()).select_from(Move).join(ScanRecord, ScanRecord.id == Move.scan_id)
    found = db.session.scalar(moves.where(ScanRecord.device == device)) or 0
    db.session.remove()
    return found


def _memory_mb() -> float:
    """What the server's processes hold of the machine's memory."""
    pids = [pid for child in children_of(os.getpid()) for pid in (child, *children_of(child))]
    return sum(_resident_mb(pid) for pid in pids)


def _resident_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    names = [line for line in lines if line.startswith("Name:")]
    if not names or ("gunicorn" not in names[0] and "python" not in names[0]):
        return 0.0
    return sum(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))


def _look_back(trial: Trial, found: Flood, url: str, seed: int) -> None:
    """What the desk sees, and the proof that each acknowledgement is on record as it was given."""
    rows = db.session.execute(select(Discrepancy.book, Discrepancy.floor).where(Discrepancy.kind == "late_scan")).all()
    found.cases, found.case_words = len(rows), max((len(row.book) + len(row.floor) for row in rows), default=0)
    db.session.remove()
    count = Count(url.split(":", 1)[0], seed)
    check(trial, count)
    if not count.is_good:
        found.breaches.append(f"{count}")
    if found.cases != 1:
        found.breaches.append(f"{found.cases} cases for one story")


def main() -> None:
    """The long run: prints what it found and ends with 1 when it is not as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scans", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print_machine()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scandock-stale-")))
        try:
            server = stack.enter_context(cluster(fsync=True)) if options.engine == "postgresql" else None
        except Missing as missing:
            raise SystemExit(f"not run: {missing}") from missing
        url = server.url if server else f"sqlite:///{folder}/scandock.db"
        migrate(url, folder)
        found = flood(url, folder, options.scans, options.seed)
    _print(found, options)
    raise SystemExit(1 if found.breaches else 0)


def _print(found: Flood, options: argparse.Namespace) -> None:
    print(f"{options.engine}, seed {options.seed}: {found.scans:,} scans of last month, each answered for good")
    print(
        f"  {found.scans / found.seconds:,.0f} a second; the server holds {found.memory_mb[0]:.0f} MB before, ", end=""
    )
    print(f"{found.memory_mb[1]:.0f} MB after")
    print(f"  {found.cases} case for the desk, {found.case_words} characters long")
    print(f"  the scans of whoever works meanwhile, p50 p95 max in ms: before {spread(found.before_ms)},", end="")
    print(f" during {spread(found.during_ms)}")
    print(f"  {'NOT GOOD: ' + '; '.join(found.breaches) if found.breaches else 'good: nothing has moved by them'}")


if __name__ == "__main__":
    main()
