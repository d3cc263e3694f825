"""Measure: scans a second beside what the same server can do at all, statements for a scan, growth, memory, size.

    make bench                      everything, about ten minutes
    make bench ARGS="--quick"       a few seconds of each, to see that it runs
    make bench ARGS="--moves 1000000"

All load goes to this machine, is bounded in time and ends what it started.
"""

from __future__ import annotations

import argparse
import http.client
import importlib.metadata
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.postgres import Missing, throwaway

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = (1, 4, 16)
ORDERED = 10**9  # so large that no client comes to the end of its order
INVENTREE = {
    "transfer": 16.5 / 4154,
    "receive by barcode": 10.0 / 4154,
    "count": 12.1 / 4154,
}  # scans / trivial answers
STATEMENTS_AIM, COMMIT_AIM, GROWTH_AIM, MEMORY_AIM_MB = 12, 1 / 3, 1.3, 120


def main() -> None:
    """Run all measurements that were asked for and print them."""
    options = _options()
    print_machine()
    with tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
        _bench_engine("sqlite", f"sqlite:///{folder}/scandock.db", Path(folder), options)
        try:
            with throwaway(fsync=True) as url:
                _bench_engine("postgresql", url, Path(folder), options)
        except Missing as missing:
            print(f"PostgreSQL was not measured: {missing}")
    if not options.quick:
        _bench_growth(options)
    _print_size()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each cell")
    parser.add_argument("--rows", type=int, default=1_000_000, help="balance rows of the large warehouse")
    parser.add_argument("--moves", type=int, default=10_000_000, help="moves of the large warehouse")
    options = parser.parse_args()
    if options.quick:
        options.seconds = 1.0
    return options


def print_machine() -> None:
    """Processor, cores, memory, versions: what figures mean nothing without."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    print(f"{cpu}, {os.cpu_count()} cores, {int(memory) // 1024**2} GiB; {platform.platform()}")
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; client and server share the cores\n")


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


# --- scans a second --------------------------------------------------------------------------------------------------


def _bench_engine(name: str, url: str, folder: Path, options: argparse.Namespace) -> None:
    clients = max(CLIENTS)
    world = _prepare(url, folder, clients)
    print(f"{name}: requests a second, then ms at p50 / p95 / p99")
    print(f"{'':30}" + "".join(f"{n:>3} clients{'':24}" for n in CLIENTS))
    rates: dict[str, list[float]] = {}
    with _server(url, folder) as port:
        for label, request in _requests(world).items():
            rates[label] = []
            cells = []
            for count in CLIENTS:
                times, seconds = _load(port, request, count, options.seconds)
                rates[label].append(len(times) / seconds)
                cells.append(f"{len(times) / seconds:7.0f}/s  {_quantiles(times)}")
            print(f"  {label:28}" + "".join(f"{cell:34}" for cell in cells))
        memory = _memory_mb(port)
    _print_ratios(rates)
    print(f"  memory: {memory:.0f} MB a process after the load (aim {MEMORY_AIM_MB})")
    _print_statements(url, folder, world)


def _quantiles(times: list[float]) -> str:
    ordered = sorted(times)
    picks = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95, 0.99))
    return " / ".join(f"{value:.1f}" for value in picks)


def _print_ratios(rates: dict[str, list[float]]) -> None:
    commit, trivial = rates["one bare durable commit"], rates["a trivial answer"]
    for label in ("pick: a unit booked", "move: three scans, one booked"):
        shares = [scan / bare for scan, bare in zip(rates[label], commit, strict=True)]
        told = ", ".join(f"{share:.2f}" for share in shares)
        print(f"  {label}: {told} of the durable commits at {CLIENTS} clients (aim {COMMIT_AIM:.2f})")
    share = rates["pick: a unit booked"][-1] / trivial[-1]
    for what, theirs in INVENTREE.items():
        print(
            f"  a scan is {share:.3f} of a trivial answer: {share / theirs:.0f}x InvenTree's {what} by ratio (aim 30)"
        )


World = dict[str, object]


def _prepare(url: str, folder: Path, clients: int) -> World:
    """A migrated warehouse with an order, a location and a task for each client."""
    env = {**os.environ, "DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    subprocess.run([sys.executable, "-m", "flask", "--app", "web", "db", "upgrade"], cwd=ROOT, env=env, check=True)
    script = [sys.executable, "-m", "tools.bench_world", str(clients)]
    told = subprocess.run(script, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    world: World = json.loads(told.stdout.splitlines()[-1])
    return world


@contextmanager
def _server(url: str, folder: Path) -> Iterator[int]:
    """The product's own server with the two yardstick routes."""
    port = _free_port()
    env = {**os.environ, "DATABASE_URL": url, "SCANDOCK_DATA": str(folder), "PORT": str(port), "HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "gunicorn", "-c", "tools/gunicorn_conf.py", "tools.bench_app:app"]
    began = time.monotonic()
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        print(f"  first answer after {time.monotonic() - began:.1f} s")
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


Request = Callable[[int, int], tuple[str, str]]  # client, number -> path and body


def _requests(world: World) -> dict[str, Request]:
    def scan(task: object, raw: object) -> tuple[str, str]:
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        body = {"scan_id": str(uuid.uuid4()), "task": task, "raw": raw, "at": at, "device": "bench"}
        return "/api/v1/scans", json.dumps(body)

    picks, moves, codes = world["picks"], world["moves"], world["codes"]
    assert isinstance(picks, list)
    assert isinstance(moves, list)
    assert isinstance(codes, list)
    global _token  # noqa: PLW0603 - one bearer token for all clients of a run
    _token = str(world["token"])

    def move(client: int, number: int) -> tuple[str, str]:
        here, there = codes[client]
        trip, part = divmod(number, 3)
        ends = (here, there) if trip % 2 == 0 else (there, here)
        return scan(moves[client], (ends[0], "MUG", ends[1])[part])

    return {
        "a trivial answer": lambda _client, _number: ("/api/bench/trivial", "{}"),
        "one bare durable commit": lambda _client, _number: ("/api/bench/commit", "{}"),
        "pick: a unit booked": lambda client, _number: scan(picks[client], "MUG"),
        "move: three scans, one booked": move,
    }


_token = ""


def _load(port: int, request: Request, clients: int, seconds: float) -> tuple[list[float], float]:
    """Let `clients` threads send for `seconds`; the time of each request, and how long it took in all."""
    times: list[list[float]] = [[] for _ in range(clients)]
    gate = threading.Barrier(clients + 1)
    failures: list[str] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token}"}
        gate.wait()
        sent, end = 0, time.monotonic() + seconds
        while time.monotonic() < end or sent % 3:
            path, body = request(number, sent)
            start = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            times[number].append(time.perf_counter() - start)
            sent += 1
            if answer.status != 200 or b'"refused"' in content[:80]:
                failures.append(content[:200].decode(errors="replace"))
                return

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.monotonic()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"not every request was taken: {failures[0]}")
    return [one for each in times for one in each], time.monotonic() - start


def _memory_mb(port: int) -> float:
    """The largest process that listens on the port, by its own share of memory."""
    best = 0.0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and "bench_app" in (folder / "cmdline").read_text():
                rollup = (folder / "smaps_rollup").read_text()
                best = max(
                    best, next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024
                )
        except OSError:
            continue
    return best if port else 0.0


def _print_statements(url: str, folder: Path, world: World) -> None:
    env = {**os.environ, "DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    script = [sys.executable, "-m", "tools.bench_world", "statements", json.dumps(world)]
    told = subprocess.run(script, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    print(f"  SQL statements for an accepted scan, log-in included, BEGIN and COMMIT not (aim {STATEMENTS_AIM}):")
    print("    " + "\n    ".join(told.stdout.strip().splitlines()) + "\n")


# --- growth ----------------------------------------------------------------------------------------------------------


def _bench_growth(options: argparse.Namespace) -> None:
    """One client's pick at a small warehouse and at a large one, on SQLite."""
    medians = []
    for rows, moves in ((1_000, 1_000), (options.rows, options.moves)):
        with tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
            url = f"sqlite:///{folder}/scandock.db"
            world = _prepare(url, Path(folder), 1)
            script = [sys.executable, "-m", "tools.bench_world", "grow", str(rows), str(moves)]
            env = {**os.environ, "DATABASE_URL": url, "SCANDOCK_DATA": folder}
            subprocess.run(script, cwd=ROOT, env=env, check=True)
            with _server(url, Path(folder)) as port:
                request = _requests(world)["pick: a unit booked"]
                _load(port, request, 1, 1.0)
                times, _seconds = _load(port, request, 1, options.seconds)
            medians.append(statistics.median(times) * 1000)
            print(f"  {rows:,} balance rows, {moves:,} moves (made up in bulk): pick p50 {medians[-1]:.2f} ms")
    print(f"  ratio {medians[1] / medians[0]:.2f} (aim {GROWTH_AIM})\n")


def _print_size() -> None:
    """What `requirements.txt` installs."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = [line.split("==")[0].split("[")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    size = sum(_size(name) for name in names)
    print(f"installed: {len(names)} packages (aim 80), {size / 1e6:.0f} MB (aim 150)")


def _size(name: str) -> int:
    try:
        files = importlib.metadata.distribution(name).files or []
    except importlib.metadata.PackageNotFoundError:
        return 0
    return sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())


if __name__ == "__main__":
    main()
