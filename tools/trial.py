"""A warehouse on trial: furnished, with devices at work, and what must be true afterwards, whatever was done to it.

Every acknowledgement is looked up: it is on record with the answer that was given, its moves are in the ledger once,
the check of the ledger finds nothing, and each label that was asked for came out once or is asked about.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from scanner import check_ledger
from scanner.db import db, engine_options
from scanner.models import Move, PrintJob, ScanRecord
from tests.labels.desk import printer
from tests.labels.fake_printer import FakePrinter
from tests.serving import token_of
from tests.world import World, make_world
from tools import devices
from tools.devices import Beeper, Crew, Notes, digest
from web import create_app

PRINTED_S = 60.0  # until every label must have come out
ORDER_UNITS = 30
PLACES = ("A-01-1", "A-02-1", "B-01-1")


@dataclass
class Count:
    """What a trial came to."""

    engine: str
    seed: int
    done: Counter[str] = field(default_factory=Counter)  # what was done to it, how often
    checks: int = 0
    scans: int = 0  # acknowledged, each counted once
    repeats: int = 0  # sent again after they were acknowledged
    recovered: int = 0  # booked, although the first answer never came
    lost: int = 0  # acknowledged, but not on record
    changed: int = 0  # on record or repeated with another answer
    doubled: int = 0  # with more or fewer moves than the answer said
    breaches: list[str] = field(default_factory=list)  # what the check of the ledger and the engine's own have found
    cut_off: int = 0  # requests without an answer
    come_back: int = 0  # answers 502 to 504
    failed_scans: int = 0  # of all these, the scans
    last_faults: list[str] = field(default_factory=list)  # of requests without an answer
    slowest_answer_s: float = 0.0
    slowest_recovery_s: float = 0.0
    labels: int = 0  # asked for
    labels_lost: int = 0  # neither printed nor asked about
    labels_twice: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, changed or doubled."""
        return not (self.lost or self.changed or self.doubled or self.breaches or self.labels_lost or self.labels_twice)

    def add(self, crew: Crew) -> None:
        """What the devices have met."""
        beepers = [device.beeper for device in crew.devices]
        self.cut_off = sum(beeper.cut_off for beeper in beepers)
        self.come_back = sum(beeper.come_back for beeper in beepers)
        self.failed_scans = sum(beeper.failed_scans for beeper in beepers)
        self.last_faults = [beeper.last_fault for beeper in beepers if beeper.last_fault]
        self.slowest_answer_s = round(max(beeper.slowest_s for beeper in beepers), 2)


@dataclass
class Trial:
    """What a trial works with. Use it inside its app's context."""

    site_id: int
    tokens: list[str]
    orders: list[str]
    fake: FakePrinter
    notes: Notes
    asked: list[str] = field(default_factory=list)  # ids of print jobs


@contextmanager
def furnished(url: str, folder: Path, scans: int, printer_host: str = "127.0.0.1") -> Iterator[Trial]:
    """A small warehouse with a printer, tokens of devices, and orders for so many scans, on a migrated database."""
    env = {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    before = {name: os.environ.get(name) for name in env}
    os.environ |= env
    app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    with FakePrinter("good", host=printer_host) as fake, app.app_context():
        world = make_world()
        tokens, orders = _fill(world, f"{printer_host}:{fake.port}", scans)
        notes = Notes(folder / "acknowledged.log")
        db.session.remove()
        try:
            yield Trial(world.site.id, tokens, orders, fake, notes)
        finally:
            notes.close()
            db.session.remove()
            db.engine.dispose()


def _fill(world: World, address: str, scans: int) -> tuple[list[str], list[str]]:
    orders = [f"SO-{number}" for number in range(1, scans // ORDER_UNITS + 3)]
    world.stock("MUG", "A-03-1", len(orders) * ORDER_UNITS)  # for the orders; the first place on a picker's way
    for place in PLACES:
        world.stock("MUG", place, 60)
    for number in orders:
        world.order(number, ("MUG", ORDER_UNITS))
    printer(world.by("finn"), address)
    return [token_of(world, f"gun-{number}", "supervisor") for number in range(7)], orders


def hire(trial: Trial, host: str, port: int, rng: random.Random, pause_s: float = 0.0) -> Crew:
    """Devices for every kind of work, that send to one address; `pause_s` is the time to walk to the next place."""
    numbers, totes = _in_turn(iter(trial.orders)), _in_turn(devices.totes())
    works = [
        devices.carry(PLACES, "MUG"),
        devices.carry(PLACES, "MUG"),
        devices.carry_in_batches(PLACES, "MUG"),
        devices.carry_in_batches(PLACES, "MUG"),
        devices.pick(numbers, totes),
        devices.pick(numbers, totes),
        devices.ask_for_labels(trial.asked),
    ]
    crew = []
    for number, (token, work) in enumerate(zip(trial.tokens, works, strict=True)):
        chance = random.Random(f"{rng.random()}-{number}")  # noqa: S311 - which code next, not a secret
        crew.append((Beeper(port, token, trial.notes, chance, f"gun-{number}", host), work))
    return Crew(crew, pause_s)


def _in_turn(numbers: Iterator[str]) -> Iterator[str]:
    """One iterator for several threads."""
    guard = threading.Lock()
    while True:
        with guard:
            number = next(numbers, None)
        if number is None:
            return
        yield number


def check(trial: Trial, count: Count) -> None:
    """Compare all that was acknowledged so far with what is on record, and prove the ledger."""
    notes = trial.notes
    count.checks += 1
    count.scans, count.repeats, count.recovered = len(notes.digests), notes.repeats, notes.recovered
    lost, changed, doubled = compare(notes)
    count.lost += len(lost)
    count.changed += len(changed) + len(notes.changed)
    count.doubled += len(doubled)
    count.breaches += [str(breach) for breach in check_ledger.check(trial.site_id)]
    if db.engine.dialect.name == "sqlite":
        found = db.session.execute(text("PRAGMA integrity_check")).scalars()
        count.breaches += [row for row in found if row != "ok"]
    db.session.remove()
    if not count.is_good:
        print(f"first ones: lost {lost[:3]}, changed {(changed + notes.changed)[:3]}, doubled {doubled[:3]}")


def compare(notes: Notes) -> tuple[list[str], list[str], list[str]]:
    """The acknowledged scans that are not on record, that have another answer there, that have other moves."""
    records = db.session.execute(select(ScanRecord.id, ScanRecord.answer).execution_options(yield_per=2_000))
    found = {scan_id: digest(json.loads(answer)) for scan_id, answer in records if scan_id in notes.digests}
    moves = db.session.execute(select(Move.scan_id, func.count()).group_by(Move.scan_id))
    made = {scan_id: number for scan_id, number in moves}  # noqa: C416 - typed rows
    db.session.remove()
    lost = [scan_id for scan_id in notes.digests if scan_id not in found]
    changed = [scan_id for scan_id, known in found.items() if known != notes.digests[scan_id]]
    doubled = [scan_id for scan_id, number in notes.moves.items() if made.get(scan_id, 0) != number]
    return lost, changed, doubled


def conclude(trial: Trial, crew: Crew, count: Count) -> None:
    """The last figures, when all devices have stopped."""
    _count_labels(trial, count)
    count.add(crew)


def _count_labels(trial: Trial, count: Count) -> None:
    """Wait until nothing is left to be printed, and see what became of each label."""
    give_up_at = time.monotonic() + PRINTED_S
    while "queued" in _states().values() and time.monotonic() < give_up_at:
        time.sleep(0.2)
    states, out = _states(), set(trial.fake.jobs)
    count.labels = len(trial.asked)
    missing = [job for job in trial.asked if job not in out]
    count.labels_lost = sum(1 for job in missing if states.get(job) not in ("sending", "unknown"))
    count.labels_twice = sum(1 for times in Counter(trial.fake.started).values() if times > 1)


def _states() -> dict[str, str]:
    rows = db.session.execute(select(PrintJob.public_id, PrintJob.state)).all()
    db.session.remove()
    return {job: state for job, state in rows}  # noqa: C416 - typed rows
