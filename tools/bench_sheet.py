"""Measure: a sheet of 1,000 location labels as the desk asks for it, and what it costs those who scan meanwhile.

    python -m tools.bench_sheet              some minutes
    python -m tools.bench_sheet --quick      100 labels

Over HTTP, at the server that is used: new check digits, every label drawn, proven with both readers and put on A4.
Scans go on by another device all the time: before, while the sheet is made, and after. Called by `make bench-labels`.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import os
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Self

from scanner.barcode import compact
from scanner.db import db, now, transact
from scanner.models import Location, PersonSession
from scanner.secrets import hash_token, new_token
from tests.conftest import TOKEN
from tests.engines import migrate
from tests.serving import Client, serve, token_of
from tests.world import GTINS, World, make_world
from tools.bench import print_machine
from tools.postgres import Missing, throwaway
from tools.stopwatch import spread
from web import create_app
from web.auth import COOKIE

AIM_S = 30.0
PAUSE_S = 0.1  # between two scans
LOOK_S = 10.0  # how long is scanned before and after
PLACES_EACH = 40  # bays of an aisle
LEVELS = 5


def main() -> None:
    """Measure on both engines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    count = 100 if parser.parse_args().quick else 1_000
    print_machine()
    with tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
        _measure("sqlite", f"sqlite:///{folder}/scandock.db", Path(folder), count)
    try:
        with throwaway(fsync=True) as url, tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
            _measure("postgresql", url, Path(folder), count)
    except Missing as missing:
        print(f"PostgreSQL was not measured: {missing}")


def _measure(name: str, url: str, folder: Path, count: int) -> None:
    migrate(url, folder)
    os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    with create_app().app_context():
        world = make_world()
        ids = transact(lambda: _add_places(world, count))
        token, session = token_of(world, "gun", "picker"), _session(world)
        db.session.remove()
        with serve(url, folder) as port, _Scanning(port, token) as scans:
            time.sleep(LOOK_S)
            before = scans.taken()
            began = time.monotonic()
            size = _sheet(port, session, ids)
            seconds = time.monotonic() - began
            during = scans.taken()
            time.sleep(LOOK_S)
            after = scans.taken()
        db.engine.dispose()
    verdict = "reached" if seconds <= AIM_S else "MISSED"
    print(f"{name}: {count:,} labels on A4, {size / 1e3:,.0f} kB, in {seconds:.1f} s", end="")
    print(f" (aim for 1,000: {AIM_S:.0f}): {verdict}")
    for words, times in (("before", before), ("meanwhile", during), ("after", after)):
        print(f"  scans {words:10} p50 p95 max in ms {spread(times)}   of {len(times)}")
    print(flush=True)


def _add_places(world: World, count: int) -> list[int]:
    rows = []
    for number in range(count):
        aisle = f"R{number // (PLACES_EACH * LEVELS):02}"
        bay, level = f"{number // LEVELS % PLACES_EACH + 1:02}", str(number % LEVELS)
        code = f"{aisle}-{bay}-{level}"
        facts = {"aisle": aisle, "bay": bay, "level": level, "walk_order": 1_000 + number, "check_digits": "000"}
        rows.append(
            Location(site_id=world.site.id, code=code, scan_body=compact(code), kind="pick", is_virtual=False, **facts)
        )
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def _session(world: World) -> str:
    token = new_token()
    until = now() + timedelta(hours=1)
    row = PersonSession(
        token_hash=hash_token(token),
        person_id=world.people["eve"].id,
        device="desk",
        has_password=True,
        created_at=now(),
        expires_at=until,
    )
    transact(lambda: db.session.add(row))
    return token


def _sheet(port: int, session: str, ids: list[int]) -> int:
    """Ask for the sheet as the desk's form does; its bytes."""
    jar = http.cookiejar.CookieJar()
    desk = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    desk.addheaders = [("Cookie", f"{COOKIE}={session}")]
    with desk.open(f"http://127.0.0.1:{port}/labels", timeout=60) as page:
        token = TOKEN.search(page.read().decode())
    if token is None:
        raise SystemExit("the desk's page of labels has no form")
    cookies = "; ".join([f"{COOKIE}={session}", *(f"{cookie.name}={cookie.value}" for cookie in jar)])
    desk = urllib.request.build_opener()
    desk.addheaders = [("Cookie", cookies), ("Referer", f"http://127.0.0.1:{port}/labels")]
    form = [("csrf_token", token[1]), ("paper", "A4"), *(("id", str(each)) for each in ids)]
    with desk.open(
        f"http://127.0.0.1:{port}/labels/location/pdf", urllib.parse.urlencode(form).encode(), timeout=300
    ) as answer:
        body: bytes = answer.read()
    if not body.startswith(b"%PDF"):
        raise SystemExit(f"no PDF came: {body[:200]!r}")
    return len(body)


class _Scanning:
    """A device that scans all the time."""

    def __init__(self, port: int, token: str) -> None:
        self._client = Client(port, token=token)
        self._times: list[float] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._is_over.wait(PAUSE_S):
            began = time.perf_counter()
            answer = self._client.scan(None, GTINS["MUG"])
            if answer.status != 200:
                return
            self._times.append((time.perf_counter() - began) * 1000)

    def taken(self) -> list[float]:
        """The times since this was asked last, in ms."""
        if not self._thread.is_alive():
            raise SystemExit("a scan was not taken")
        times, self._times = self._times, []
        return times

    def __enter__(self) -> Self:
        self._client.scan(None, GTINS["MUG"])  # the server listens before it has started
        self._thread.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self._is_over.set()
        self._thread.join(60)
        self._client.close()


if __name__ == "__main__":
    main()
