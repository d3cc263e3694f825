"""Kill what may be killed again and again while devices scan, and count: no acknowledged scan is lost, none changed.

    .venv/bin/python -m tools.soak_kills      200 kills and 100,000 scans on each engine (a part of `make soak`)
    .venv/bin/python -m tools.soak_kills --kills 20 --scans 2000 --engine sqlite --seed 7

Real processes as the Procfile starts them, SIGKILL at moments that chance chooses: a web worker, all of the web at
once, the print worker, and on PostgreSQL one of its backends (which makes it recover) or the postmaster. After each
round the devices rest, and every acknowledgement so far is looked up: it is on record with the answer that was given,
its moves are in the ledger once, and the check of the ledger finds nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from scanner import check_ledger
from scanner.db import db, engine_options
from scanner.models import Move, PrintJob, ScanRecord
from tests.engines import migrate
from tests.labels.desk import OPEN, printer
from tests.labels.fake_printer import FakePrinter
from tests.serving import token_of
from tests.world import World, make_world
from tools import devices
from tools.bench import print_machine
from tools.devices import Beeper, Crew, Notes, digest
from tools.postgres import Cluster, Missing, cluster
from tools.procfile import Process, children_of, free_port, kill_pid
from web import create_app

READY_S = 60.0  # until everything must answer again after a kill
STALLED_S = 120.0  # without any scan
ORDER_UNITS = 30
PLACES = ("A-01-1", "A-02-1", "B-01-1")
DECK = ("web worker", "web worker", "web", "print worker")  # shuffled and dealt, again and again
DECK_PG = ("backend", "postmaster")


@dataclass
class Count:
    """What a run came to."""

    engine: str
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    scans: int = 0  # acknowledged, each counted once
    repeats: int = 0  # sent again after they were acknowledged
    recovered: int = 0  # booked, although the first answer never came
    lost: int = 0  # acknowledged, but not on record
    changed: int = 0  # on record or repeated with another answer
    doubled: int = 0  # with more or fewer moves than the answer said
    breaches: list[str] = field(default_factory=list)  # what check-ledger and the engine's own check have found
    cut_off: int = 0  # requests without an answer
    come_back: int = 0  # answers 503
    labels: int = 0  # asked for
    labels_lost: int = 0  # neither printed nor asked about
    labels_twice: int = 0
    slowest_recovery_s: float = 0.0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, changed or doubled."""
        return not (self.lost or self.changed or self.doubled or self.breaches or self.labels_lost or self.labels_twice)


@dataclass
class Scene:
    """What runs and may be killed."""

    folder: Path
    port: int
    web: Process
    worker: Process
    cluster: Cluster | None
    rng: random.Random
    deck: list[str] = field(default_factory=list)

    def kill_something(self) -> str:
        """SIGKILL to one thing, and start again what does not start by itself; what was killed, "" for nothing."""
        if not self.deck:
            self.deck = [*DECK, *(DECK_PG if self.cluster else ())]
            self.rng.shuffle(self.deck)
        name = self.deck.pop()
        acts: dict[str, Callable[[], bool]] = {
            "web worker": lambda: self._kill_one(self.web.children()),
            "web": lambda: self._again(self.web),
            "print worker": lambda: self._again(self.worker),
            "backend": lambda: self._kill_one(self._backends()),
            "postmaster": self._kill_postmaster,
        }
        return name if acts[name]() else ""

    def _kill_one(self, pids: list[int]) -> bool:
        return bool(pids) and kill_pid(self.rng.choice(pids))

    def _again(self, process: Process) -> bool:
        process.kill()
        process.start()
        return True

    def _backends(self) -> list[int]:
        """PostgreSQL's processes that serve a connection of ours."""
        assert self.cluster is not None
        pids = children_of(self.cluster.pid)
        return [pid for pid in pids if b"postgres: scandock" in _command_line(pid)]

    def _kill_postmaster(self) -> bool:
        assert self.cluster is not None
        self.cluster.kill()
        time.sleep(self.rng.uniform(0, 0.5))
        self.cluster.start()
        return True

    def wait_until_ready(self) -> float:
        """Until requests are taken again; how long that took, in seconds."""
        began = time.monotonic()
        while time.monotonic() - began < READY_S:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except OSError:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"not ready {READY_S:.0f} s after a kill; see the logs in {self.folder}")


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def run(
    url: str, folder: Path, *, kills: int, scans: int, seed: int, server: Cluster | None = None, every: int = 10
) -> Count:
    """At least so many kills and acknowledged scans on an empty, migrated database; a check after each `every` kills.

    `server` is the PostgreSQL server behind `url`, to be killed as well.
    """
    count, rng, began = Count(url.split(":", 1)[0], seed), random.Random(seed), time.monotonic()  # noqa: S311
    with ExitStack() as stack:
        site_id, tokens, orders, fake = stack.enter_context(_furnished(url, folder, scans))
        scene = stack.enter_context(_on_stage(url, folder, server, rng))
        notes, asked = Notes(folder / "acknowledged.log"), list[str]()
        stack.callback(notes.close)
        crew = _hire(scene, tokens, orders, notes, asked)
        scene.wait_until_ready()
        with crew.working():
            while sum(count.kills.values()) < kills or len(notes.digests) < scans:
                left = max(kills - sum(count.kills.values()), 1)
                _round(scene, crew, notes, count, min(every, left), (scans - len(notes.digests)) // left)
                with crew.resting():
                    _check(url, site_id, notes, count)
        _count_labels(fake, asked, count)
        count.cut_off = sum(device.beeper.refused_connections for device in crew.devices)
        count.come_back = sum(device.beeper.come_back for device in crew.devices)
    count.seconds = round(time.monotonic() - began, 1)
    return count


@contextmanager
def _furnished(url: str, folder: Path, scans: int) -> Iterator[tuple[int, list[str], list[str], FakePrinter]]:
    """A small warehouse with a printer and many orders: its site, tokens of devices, numbers of orders, the printer."""
    env = {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    before = {name: os.environ.get(name) for name in env}
    os.environ |= env
    app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    with FakePrinter("good") as fake, app.app_context():
        world = make_world()
        tokens, orders = _fill(world, fake, scans)
        db.session.remove()
        try:
            yield world.site.id, tokens, orders, fake
        finally:
            db.session.remove()
            db.engine.dispose()


def _fill(world: World, fake: FakePrinter, scans: int) -> tuple[list[str], list[str]]:
    orders = [f"SO-{number}" for number in range(1, scans // ORDER_UNITS + 3)]
    world.stock("MUG", "A-03-1", len(orders) * ORDER_UNITS)  # for the orders; the first place on a picker's way
    for place in PLACES:
        world.stock("MUG", place, 60)
    for number in orders:
        world.order(number, ("MUG", ORDER_UNITS))
    printer(world.by("finn"), fake.address)
    return [token_of(world, f"gun-{number}", "supervisor") for number in range(7)], orders


@contextmanager
def _on_stage(url: str, folder: Path, server: Cluster | None, rng: random.Random) -> Iterator[Scene]:
    """The web and the print worker, as the Procfile says."""
    port = free_port()
    env = {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder), "HOST": "127.0.0.1", "PORT": str(port), **OPEN}
    web = Process("web", env, folder / "web.log")
    worker = Process("worker", env | {"SCANDOCK_PRINT_LEASE_S": "2"}, folder / "worker.log")
    try:
        yield Scene(folder, port, web, worker, server, rng)
    finally:
        worker.kill()
        web.kill()


def _hire(scene: Scene, tokens: list[str], orders: list[str], notes: Notes, asked: list[str]) -> Crew:
    numbers, totes = _in_turn(iter(orders)), _in_turn(devices.totes())
    works = [
        devices.carry(PLACES, "MUG"),
        devices.carry(PLACES, "MUG"),
        devices.carry_in_batches(PLACES, "MUG"),
        devices.carry_in_batches(PLACES, "MUG"),
        devices.pick(numbers, totes),
        devices.pick(numbers, totes),
        devices.ask_for_labels(asked),
    ]
    crew = []
    for number, (token, work) in enumerate(zip(tokens, works, strict=True)):
        rng = random.Random(f"{scene.rng.random()}-{number}")  # noqa: S311
        crew.append((Beeper(scene.port, token, notes, rng, f"gun-{number}"), work))
    return Crew(crew)


def _in_turn(numbers: Iterator[str]) -> Iterator[str]:
    """One iterator for several threads."""
    guard = threading.Lock()
    while True:
        with guard:
            number = next(numbers, None)
        if number is None:
            return
        yield number


def _round(scene: Scene, crew: Crew, notes: Notes, count: Count, kills: int, scans_each: int) -> None:
    """So many kills, with about `scans_each` acknowledged scans between two of them."""
    done = 0
    while done < kills:
        wanted = len(notes.digests) + scene.rng.randint(1, max(2 * scans_each, 2))
        if scene.rng.random() < 0.9:  # else at once, while it still starts
            _wait_for(crew, notes, wanted)
        time.sleep(scene.rng.uniform(0, 0.05))
        killed = scene.kill_something()
        if killed:
            done += 1
            count.kills[killed] += 1
    count.slowest_recovery_s = max(count.slowest_recovery_s, round(scene.wait_until_ready(), 1))


def _wait_for(crew: Crew, notes: Notes, wanted: int) -> None:
    seen, at = len(notes.digests), time.monotonic()
    while len(notes.digests) < wanted:
        crew.check()
        if len(notes.digests) != seen:
            seen, at = len(notes.digests), time.monotonic()
        if time.monotonic() - at > STALLED_S:
            raise TimeoutError(f"no scan was acknowledged for {STALLED_S:.0f} s")
        time.sleep(0.01)


# --- the check -------------------------------------------------------------------------------------------------------


def _check(url: str, site_id: int, notes: Notes, count: Count) -> None:
    """Compare all that was acknowledged so far with what is on record, and prove the ledger."""
    count.rounds += 1
    count.scans, count.repeats, count.recovered = len(notes.digests), notes.repeats, notes.recovered
    lost, changed, doubled = compare(notes)
    count.lost += len(lost)
    count.changed += len(changed) + len(notes.changed)
    count.doubled += len(doubled)
    count.breaches += [str(breach) for breach in check_ledger.check(site_id)]
    if url.startswith("sqlite"):
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


def _count_labels(fake: FakePrinter, asked: list[str], count: Count) -> None:
    """Wait until nothing is left to be printed, and see what became of each label."""
    give_up_at = time.monotonic() + READY_S
    while "queued" in _states().values() and time.monotonic() < give_up_at:
        time.sleep(0.2)
    states, out = _states(), set(fake.jobs)
    count.labels = len(asked)
    count.labels_lost = sum(1 for job in asked if job not in out and states.get(job) not in ("sending", "unknown"))
    count.labels_twice = sum(1 for times in Counter(fake.started).values() if times > 1)


def _states() -> dict[str, str]:
    rows = db.session.execute(select(PrintJob.public_id, PrintJob.state)).all()
    db.session.remove()
    return {job: state for job, state in rows}  # noqa: C416 - typed rows


def main() -> None:
    """The long run: prints what it counted and ends with 1 when it is not as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--scans", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10, help="kills between two checks")
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print_machine()
    is_good = True
    for engine in ["sqlite", "postgresql"] if options.engine == "both" else [options.engine]:
        try:
            count = _soak(engine, options)
        except Missing as missing:
            print(f"not run on PostgreSQL: {missing}")
            continue
        print(f"{'good' if count.is_good else 'NOT GOOD'}: {count}", flush=True)
        is_good &= count.is_good
    raise SystemExit(0 if is_good else 1)


def _soak(engine: str, options: argparse.Namespace) -> Count:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scandock-kills-")))
        server = stack.enter_context(cluster(fsync=True)) if engine == "postgresql" else None
        url = server.url if server else f"sqlite:///{folder}/scandock.db"
        migrate(url, folder)
        return run(
            url, folder, kills=options.kills, scans=options.scans, seed=options.seed, server=server, every=options.every
        )


if __name__ == "__main__":
    main()
