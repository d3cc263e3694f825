"""Two web hosts on one PostgreSQL behind a load balancer, each in a network of its own; restarted while devices scan.

    .venv/bin/python -m tools.two_hosts --turns 5        a part of `make soak`

Each host runs a web and a print worker. In each turn both are restarted one after the other (SIGTERM, the old one
drains, the new one starts), one is killed, and one loses its cable for a while. No scan may fail or be lost, no label
may come out twice. It needs the rights of root, for networks that nobody else sees; they end with it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines import migrate
from tests.labels.desk import OPEN
from tools.bench import print_machine
from tools.devices import Crew
from tools.postgres import cluster
from tools.procfile import ROOT, Process
from tools.trial import Count, Trial, check, conclude, furnished, hire

HERE = "10.77.0.1"
DATABASE = "10.77.0.9"
PORT = 8000
DRAIN_S = 1.5
READY_S = 120.0
NOT_ALLOWED = 77  # the exit code
CABLE_S = 2.0  # without a cable
WALK_QUICK_S = 0.3
WALK_S = 0.05  # all cores at work would make a start take ten times as long


class NotAllowed(Exception):
    """This user may not make networks."""


def ip(*words: str) -> None:
    """The command `ip`. Raises NotAllowed."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAllowed(f"ip {' '.join(words)}: {done.stderr.strip()}")


@dataclass
class Cell:
    """A network of its own with one cable to ours."""

    name: str
    address: str
    keeper: subprocess.Popen[bytes]

    @property
    def enter(self) -> list[str]:
        """What goes before a command that runs inside."""
        return ["nsenter", "-t", str(self.keeper.pid), "-n", "--"]

    def cable(self, state: str) -> None:
        """Plug it in ("up") or pull it out ("down"). Our end of it: the host itself notices nothing."""
        ip("link", "set", self.name, state)


@contextmanager
def cell(name: str, address: str) -> Iterator[Cell]:
    """A cell, which lives as long as a process in it."""
    with subprocess.Popen(["unshare", "-n", "sleep", "infinity"]) as keeper:
        try:
            _wait_for_network(keeper.pid)
            made = Cell(name, address, keeper)
            ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(keeper.pid))
            ip("link", "set", name, "master", "lan", "up")
            for words in (["addr", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
                subprocess.run([*made.enter, "ip", *words], check=True)
            subprocess.run([*made.enter, "ip", "link", "set", "lo", "up"], check=True)
            yield made
        finally:
            keeper.kill()


def _wait_for_network(pid: int) -> None:
    ours = Path("/proc/self/ns/net").readlink()
    for _ in range(200):
        if Path(f"/proc/{pid}/ns/net").readlink() != ours:
            return
        time.sleep(0.01)
    raise NotAllowed("a process of ours has no network of its own")


@dataclass
class Host:
    """A machine with a web and a print worker."""

    cell: Cell
    web: Process
    worker: Process

    def wait_until_ready(self) -> float:
        """Until it wants requests; how long that took, in seconds."""
        began = time.monotonic()
        while time.monotonic() - began < READY_S:
            if self.is_ready():
                return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(f"{self.cell.name} is not ready")

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        return is_ready(self.cell.address, PORT)


def is_ready(address: str, port: int) -> bool:
    """Whether /readyz says 200."""
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def run(folder: Path, *, turns: int, seed: int, is_quick: bool = False) -> Count:
    """So many turns. Runs in a network of our own (`apart`). Raises Missing, NotAllowed.

    A quick one restarts and kills the web only, on a database that lives in memory.
    """
    count, rng, began = Count("postgresql", seed), random.Random(seed), time.monotonic()  # noqa: S311
    with ExitStack() as stack:
        _lay_network()
        store = stack.enter_context(cell("store", DATABASE))
        server = stack.enter_context(cluster(fsync=not is_quick, address=DATABASE, wrapper=store.enter))
        migrate(server.url, folder)
        trial = stack.enter_context(furnished(server.url, folder, 200 * turns, HERE))
        at = [(f"host{n}", f"10.77.0.1{n}") for n in (1, 2)]
        hosts = [stack.enter_context(_host(*each, server.far_url, folder, 1 if is_quick else 2)) for each in at]
        stack.enter_context(_balancer(hosts, folder))
        for host in hosts:
            host.wait_until_ready()
        while not is_ready(HERE, PORT):
            time.sleep(0.05)
        crew = hire(trial, HERE, PORT, rng, WALK_QUICK_S if is_quick else WALK_S)
        with crew.working():
            for _ in range(turns):
                _turn(hosts, crew, trial, count, rng, is_quick=is_quick)
                with crew.resting():
                    check(trial, count)
        conclude(trial, crew, count)
    count.seconds = round(time.monotonic() - began, 1)
    return count


def _lay_network() -> None:
    """Ours: the devices, the balancer and the printer are in it."""
    ip("link", "set", "lo", "up")
    ip("link", "add", "lan", "type", "bridge", "forward_delay", "0")
    ip("addr", "add", f"{HERE}/24", "dev", "lan")
    ip("link", "set", "lan", "up")


@contextmanager
def _host(name: str, address: str, url: str, folder: Path, processes: int) -> Iterator[Host]:
    with cell(name, address) as made:
        data = folder / name
        env = {"DATABASE_URL": url, "SCANDOCK_DATA": str(data), "HOST": address, "PORT": str(PORT), **OPEN}
        env |= {"SCANDOCK_PRINTER_NETWORKS": f"{HERE}/32", "SCANDOCK_PRINT_LEASE_S": "2", "SCANDOCK_PROXIES": "1"}
        env |= {"SECRET_KEY": "the same on every host: 0123456789", "SCANDOCK_DRAIN_S": str(DRAIN_S)}
        env |= {"WEB_CONCURRENCY": str(processes)}
        web = Process("web", env, folder / f"{name}.log", wrapper=made.enter)
        worker = Process("worker", env, folder / f"{name}-worker.log", wrapper=made.enter)
        try:
            yield Host(made, web, worker)
        finally:
            web.kill()
            worker.kill()


@contextmanager
def _balancer(hosts: list[Host], folder: Path) -> Iterator[None]:
    addresses = [f"{host.cell.address}:{PORT}" for host in hosts]
    with (folder / "balancer.log").open("wb") as log:
        program = [sys.executable, "-m", "tools.balancer", f"{HERE}:{PORT}", *addresses]
        running = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def _turn(hosts: list[Host], crew: Crew, trial: Trial, count: Count, rng: random.Random, *, is_quick: bool) -> None:
    """Both restarted one after the other; then one is killed, and one loses its cable."""
    for host in hosts:
        _let_work(crew, trial, rng)
        host.web.stop()
        host.web.start()
        if not is_quick:
            host.worker.stop()
            host.worker.start()
        _recovered(host, count, "restart")
    _let_work(crew, trial, rng)
    victim = rng.choice(hosts)
    victim.web.kill()
    if not is_quick:
        victim.worker.kill()
        victim.worker.start()
    victim.web.start()
    _recovered(victim, count, "kill")
    if is_quick:
        return
    _let_work(crew, trial, rng)
    victim = rng.choice(hosts)
    victim.cell.cable("down")
    time.sleep(CABLE_S)
    victim.cell.cable("up")
    _recovered(victim, count, "cable")


def _let_work(crew: Crew, trial: Trial, rng: random.Random) -> None:
    """Until some scans more are acknowledged."""
    wanted, give_up_at = len(trial.notes.digests) + rng.randint(5, 30), time.monotonic() + READY_S
    while len(trial.notes.digests) < wanted:
        crew.check()
        if time.monotonic() > give_up_at:
            raise TimeoutError("nothing goes on")
        time.sleep(0.01)


def _recovered(host: Host, count: Count, what: str) -> None:
    count.slowest_recovery_s = max(count.slowest_recovery_s, round(host.wait_until_ready(), 1))
    count.done[what] += 1


def apart(*words: str) -> int:
    """Run this program in a network of our own; its exit code, 77 when that is not allowed."""
    program = ["unshare", "-n", "--", sys.executable, "-m", "tools.two_hosts", "--apart", *words]
    return subprocess.run(program, cwd=ROOT, check=False).returncode


def main() -> None:
    """The long run: prints what it counted and ends with 1 when it is not as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--quick", action="store_true", help="without print workers, on a database in memory")
    parser.add_argument("--json", type=Path, help="a file for what was counted")
    parser.add_argument("--apart", action="store_true", help="we are in a network of our own")
    options = parser.parse_args()
    if not options.apart:
        raise SystemExit(apart(*sys.argv[1:], "--seed", str(options.seed)))
    print_machine()
    with tempfile.TemporaryDirectory(prefix="scandock-hosts-") as name:
        try:
            count = run(Path(name), turns=options.turns, seed=options.seed, is_quick=options.quick)
        except NotAllowed as reason:
            print(f"not run: {reason}")
            raise SystemExit(NOT_ALLOWED) from reason
    if options.json:
        options.json.write_text(json.dumps(vars(count) | {"is_good": count.is_good}), encoding="utf-8")
    is_good = count.is_good and not count.failed_scans
    print(f"{'good' if is_good else 'NOT GOOD'}: {count}", flush=True)
    raise SystemExit(0 if is_good else 1)


if __name__ == "__main__":
    main()
