"""Simulate days of phones, network, clocks and a server that crashes at any statement; every day from one seed.

    .venv/bin/python -m tools.simulate --seeds 20000        a part of `make soak`
    .venv/bin/python -m tools.simulate --seed 4711          one day again, with its story
    .venv/bin/python -m tools.simulate --spoil deletes      with a fault put into the queue: must be found

The phones run the product's own queue (static/queue.js), the server is the product in this process (tests/simulation).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests import engines
from tests.engines import Databases
from tests.simulation.day import Breach, Day
from tests.simulation.phones import QUEUE, SPOILT, Phones, spoilt
from tests.simulation.station import Station, station
from tools.bench import print_machine

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Count:
    """What many days came to."""

    days: int = 0
    breaches: list[tuple[int, str]] = field(default_factory=list)  # seed and what was found
    happened: Counter[str] = field(default_factory=Counter)
    crashed: Counter[str] = field(default_factory=Counter)  # beside which statements
    slowest_drain_s: float = 0.0
    seconds: float = 0.0

    def add(self, other: Count) -> None:
        """Both together."""
        self.days += other.days
        self.breaches += other.breaches
        self.happened += other.happened
        self.crashed += other.crashed
        self.slowest_drain_s = max(self.slowest_drain_s, other.slowest_drain_s)


@contextmanager
def stage(engine: str, spoil: str = "") -> Iterator[tuple[Station, Phones]]:
    """A station on one engine and its phones, with one fault in their queue if wanted."""
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent of a private folder
    with ExitStack() as stack:
        name = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="scandock-days-", dir=memory if memory.is_dir() else None)
        )
        databases = Databases(Path(name), "days")
        if engine == "postgresql":
            stack.callback(engines.pytest_unconfigure)  # ends the server that it starts
        stack.callback(databases.close)
        queue = spoilt(Path(name), spoil) if spoil else QUEUE
        phones = stack.enter_context(Phones(queue))
        yield stack.enter_context(station(engine, databases)), phones


def live(seeds: range, place: Station, phones: Phones, until: float = 0.0, *, stop_at_first: bool = False) -> Count:
    """Live a day for each seed; `until` is when to stop on the monotonic clock, 0 for never."""
    count = Count()
    for seed in seeds:
        if until and time.monotonic() > until:
            break
        day = Day(seed, place, phones)
        try:
            day.run()
        except Breach as breach:
            count.breaches.append((seed, str(breach)))
            if stop_at_first:
                break
        count.days += 1
        count.happened += day.story.counts
        count.slowest_drain_s = max(count.slowest_drain_s, round(day.drained_ms / 1000, 1))
    count.crashed = place.crasher.where
    return count


def _part(seeds: range, engine: str, spoil: str, until: float) -> Count:
    """What one process does of many days."""
    with stage(engine, spoil) as (place, phones):
        return live(seeds, place, phones, until)


def replay(seed: int, engine: str, spoil: str) -> bool:
    """One day with its whole story; whether it was survived."""
    with stage(engine, spoil) as (place, phones):
        day = Day(seed, place, phones)
        try:
            day.run()
        except Breach as breach:
            print("\n".join([*day.story.lines, f"BREACH: {breach}"]))
            return False
        print("\n".join([*day.story.lines, f"survived; all sent {day.drained_ms / 1000:.1f} s after the faults"]))
        return True


def _many(options: argparse.Namespace) -> Count:
    """Days in several processes, each with a station of its own."""
    began, count = time.monotonic(), Count()
    until = began + 60 * options.minutes if options.minutes else 0.0
    first, last = options.seed, options.seed + options.seeds
    parts = [range(first + number, last, options.jobs) for number in range(options.jobs)]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for each in pool.map(_part, parts, *zip(*[(options.engine, options.spoil, until)] * options.jobs, strict=True)):
            count.add(each)
    count.seconds = round(time.monotonic() - began, 1)
    return count


def main() -> None:
    """Print what was lived through; 1 when a day was not survived."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, help="the one day; with --seeds the first of many; else chance")
    parser.add_argument("--seeds", type=int, default=0, help="how many days")
    parser.add_argument("--engine", choices=engines.ENGINES, default="sqlite")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so long, however many days were lived")
    parser.add_argument("--spoil", choices=["", *SPOILT], default="")
    options = parser.parse_args()
    if options.seed is not None and not options.seeds:
        raise SystemExit(0 if replay(options.seed, options.engine, options.spoil) else 1)
    options.seeds = options.seeds or 1_000
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    print_machine()
    count = _many(options)
    rate = count.days / count.seconds
    print(f"{options.engine}, {_commit()}: {count.days:,} days from seed {options.seed}, {rate:.1f} a second")
    print(f"slowest drain {count.slowest_drain_s} s after the faults; {dict(count.happened.most_common())}")
    print(f"crashes and full disks: {dict(count.crashed.most_common())}")
    for seed, words in count.breaches[:20]:
        print(f"seed {seed}: {words}")
    print(f"{len(count.breaches)} breaches" + (": --seed N tells the story of one" if count.breaches else ""))
    raise SystemExit(1 if count.breaches else 0)


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "no commit"


if __name__ == "__main__":
    main()
