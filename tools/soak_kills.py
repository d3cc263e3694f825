"""Kill what may be killed again and again while devices scan, and count: no acknowledged scan is lost, none changed.

    .venv/bin/python -m tools.soak_kills      200 kills and 100,000 scans on each engine (a part of `make soak`)
    .venv/bin/python -m tools.soak_kills --kills 20 --scans 2000 --engine sqlite --seed 7

Real processes as the Procfile starts them, SIGKILL at moments that chance chooses: a web worker, all of the web at
once, the print worker, and on PostgreSQL one of its backends (which makes it recover) or the postmaster. After each
round the devices rest and every acknowledgement so far is looked up (tools/trial.py).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.engines import migrate
from tests.labels.desk import OPEN
from tools.bench import print_machine
from tools.devices import Crew, Notes
from tools.postgres import Cluster, Missing, cluster
from tools.procfile import Process, children_of, free_port, kill_pid
from tools.trial import Count, check, conclude, furnished, hire

READY_S = 60.0  # until everything must answer again after a kill
STALLED_S = 120.0  # without any scan
DECK = ("web worker", "web worker", "web", "print worker")  # shuffled and dealt, again and again
DECK_PG = ("backend", "postmaster")


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
    with furnished(url, folder, scans) as trial, _on_stage(url, folder, server, rng) as scene:
        crew = hire(trial, "127.0.0.1", scene.port, rng)
        scene.wait_until_ready()
        with crew.working():
            while count.done.total() < kills or len(trial.notes.digests) < scans:
                left = max(kills - count.done.total(), 1)
                _round(scene, crew, trial.notes, count, min(every, left), (scans - len(trial.notes.digests)) // left)
                with crew.resting():
                    check(trial, count)
        conclude(trial, crew, count)
    count.seconds = round(time.monotonic() - began, 1)
    return count


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
            count.done[killed] += 1
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
