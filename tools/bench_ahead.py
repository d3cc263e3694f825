"""The coming steps measured: milliseconds of the server and bytes on the way, for work of the usual size.

    python -m tools.bench_ahead [--times 9]

A pick of 31 lines, a put-away list of 40, a count of 20 items, a receipt of 20 lines, on both engines, in the demo's
small warehouse. At first the screens are drawn; who asks again gets those that have been drawn before.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from scanner import ledger, units
from scanner.accept import Incoming, accept_scan
from scanner.barcode import encode
from scanner.by import By
from scanner.db import db, now, transact
from scanner.demo import make_demo
from scanner.ledger import Spot, Why
from scanner.models import (
    Balance,
    Customer,
    Item,
    Location,
    Order,
    OrderLine,
    Person,
    PersonSession,
    PurchaseLine,
    PurchaseOrder,
    Site,
    Supplier,
    Task,
)
from scanner.secrets import hash_token, new_token
from scanner.workflows import WORKFLOWS
from tools.postgres import Missing, throwaway

LINES, WAITING, COUNTED, DUE = 31, 40, 20, 20
AIM_MS, AIM_KB = 300, 30


def main() -> None:
    """Measure on both engines and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=9)
    times = parser.parse_args().times
    print(
        f"the coming steps: ms, of the processor in brackets (aim {AIM_MS}), kB gzipped (aim {AIM_KB}) and raw, steps"
    )
    with tempfile.TemporaryDirectory(prefix="scandock-bench-") as folder:
        _measure("sqlite", f"sqlite:///{folder}/scandock.db", folder, times)
        try:
            with throwaway(fsync=False) as url:
                _measure("postgresql", url, folder, times)
        except Missing as missing:
            print(f"PostgreSQL was not measured: {missing}")


def _measure(engine: str, url: str, folder: str, times: int) -> None:
    os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": folder}
    subprocess.run([sys.executable, "-m", "flask", "--app", "web", "db", "upgrade"], check=True, capture_output=True)
    from web import create_app

    app = create_app({"TESTING": True})
    with app.app_context():
        transact(make_demo)
        by, client = _supervisor(app)
        works = _works(by)
        for name, path in works.items():
            _print(f"{engine}: {name}", [_ask(client, path) for _ in range(times + 1)])
        _print_beside(app, by, next(iter(works.values())))
        db.session.remove()
        db.engine.dispose()


def _supervisor(app: Flask) -> tuple[By, FlaskClient]:
    from web.auth import COOKIE

    person = next(p for p in db.session.scalars(select(Person)) if "supervisor" in p.roles)
    token = new_token()
    row = PersonSession(
        token_hash=hash_token(token),
        person_id=person.id,
        device="bench",
        has_password=True,
        created_at=now(),
        expires_at=now() + timedelta(hours=1),
    )
    site = db.session.get_one(Site, person.site_id)
    by = By(person.id, person.name, site.id, site.timezone, frozenset(person.roles), device="bench")
    transact(lambda: db.session.add(row))
    client = app.test_client()
    client.set_cookie(COOKIE, token)
    return by, client


def _works(by: By) -> dict[str, str]:
    """The pieces of work, opened, by what they are called."""
    rng = random.Random(31)  # noqa: S311 - the same work each time
    goods = _plain_goods()
    works = {
        f"pick, {LINES} lines": ("pick", transact(lambda: _order(by, rng))),
        f"put away, {WAITING} waiting": ("putaway", transact(lambda: _dock(by, goods))),
        f"count, {COUNTED} items": ("count", transact(lambda: _shelf(by, goods))),
        f"receive, {DUE} lines": ("receive", transact(lambda: _delivery(by, goods))),
    }
    return {name: _start(by, *work) for name, work in works.items()}


def _plain_goods() -> list[Item]:
    """Items that are kept by neither lot nor serial number."""
    return list(db.session.scalars(select(Item).where(Item.tracking == "none").order_by(Item.id)))


def _dock(by: By, goods: list[Item]) -> None:
    """Nothing waits at the docks but these: pallets and loose goods by turns."""
    at = select(Location.id).where(Location.site_id == by.site_id, Location.kind.in_(("dock", "returns")))
    dock_id = db.session.scalars(at.order_by(Location.walk_order, Location.code)).first() or 0
    opening = ledger.virtual(by.site_id, "opening")
    for number, item in enumerate(goods[:WAITING]):
        unit_id = units.new_unit(by, "pallet", dock_id).id if number % 2 else 0
        ledger.move(by, item.id, 12, opening, Spot(dock_id, unit_id), Why("opening"))


def _shelf(by: By, goods: list[Item]) -> str:
    """A place with many items."""
    place = _add(
        Location(site_id=by.site_id, code="BENCH-1", scan_body="BENCH1", kind="reserve", is_virtual=False, mix="any")
    )
    _add(Location(site_id=by.site_id, code="BENCH-2", scan_body="BENCH2", kind="reserve", is_virtual=False))
    opening = ledger.virtual(by.site_id, "opening")
    for item in goods[:COUNTED]:
        ledger.move(by, item.id, 7, opening, Spot(place.id), Why("opening"))
    return "BENCH-1"


def _delivery(by: By, goods: list[Item]) -> str:
    supplier_id = db.session.scalars(select(Supplier.id)).first()
    order = _add(
        PurchaseOrder(
            site_id=by.site_id, number="BENCH-PO", scan_body="BENCHPO", supplier_id=supplier_id, status="open"
        )
    )
    for number, item in enumerate(goods[:DUE], 1):
        _add(PurchaseLine(purchase_order_id=order.id, line=number, item_id=item.id, ordered=24))
    return "BENCH-PO"


def _start(by: By, workflow: str, document: str | None) -> str:
    task = transact(lambda: int(WORKFLOWS[workflow].start(document, by=by).id))
    return f"/{workflow}/{task}/ahead"


def _order(by: By, rng: random.Random) -> str:
    """An order of things that lie free on the shelves, one to four of each."""
    free = (
        select(Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.site_id == by.site_id, Location.kind == "pick", Balance.qty - Balance.reserved >= 4)
        .where(~Location.is_held, Balance.unit_id == 0)
    )
    items = sorted(set(db.session.scalars(free)))
    order = _add(
        Order(
            site_id=by.site_id,
            number="BENCH-31",
            scan_body="BENCH31",
            customer_id=db.session.scalars(select(Customer.id)).first(),
            carrier="DPD",
            ordered_at=now(),
        )
    )
    for number, item_id in enumerate(rng.sample(items, LINES), 1):
        _add(OrderLine(order_id=order.id, line=number, item_id=item_id, ordered=rng.randint(1, 4)))
    return "BENCH-31"


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def _ask(client: FlaskClient, path: str) -> tuple[float, float, int, int, int]:
    """Ask once: seconds, seconds of the processor, bytes, bytes gzipped, steps."""
    began, began_cpu = time.perf_counter(), time.thread_time()
    answer = client.get(path)
    seconds, cpu = time.perf_counter() - began, time.thread_time() - began_cpu
    assert answer.status_code == 200, answer.text[:300]
    return seconds, cpu, len(answer.data), len(gzip.compress(answer.data, 6)), len(answer.get_json()["steps"])


def _print(name: str, asked: list[tuple[float, float, int, int, int]]) -> None:
    (first, first_cpu, size, packed, steps), *rest = asked
    times, cpus = (sorted(row[number] * 1000 for row in rest) for number in (0, 1))
    print(
        f"  {name:34} {first * 1000:5.0f} ({first_cpu * 1000:3.0f}) at first, then {statistics.median(times):4.0f}"
        f" ({statistics.median(cpus):3.0f}), at most {times[-1]:4.0f} ms"
        f"  {packed / 1000:5.1f} kB gz {size / 1000:6.1f} kB {steps:4} steps"
    )


def _print_beside(app: Flask, by: By, path: str) -> None:
    """How long a scan takes while somebody asks for coming steps over and over, in the same process."""
    alone = _scans(by)
    stop = threading.Event()
    _, client = _supervisor(app)
    thread = threading.Thread(target=lambda: [client.get(path) for _ in iter(stop.is_set, True)])
    thread.start()
    try:
        beside = _scans(by)
    finally:
        stop.set()
        thread.join()
    told = [
        f"{statistics.median(found):.1f} / {sorted(found)[int(len(found) * 0.95)]:.1f}" for found in (alone, beside)
    ]
    print(f"  a scan, ms at the median / p95: {told[0]} alone, {told[1]} while a rehearsal runs all the time")


def _scans(by: By, count: int = 150) -> list[float]:
    """Scans in a count, one after the other, in ms."""
    task = transact(lambda: int(WORKFLOWS["count"].start("BENCH-2", by=by).id))
    sku = db.session.scalars(select(Item.sku).where(Item.tracking == "none").order_by(Item.id)).first() or ""
    taken = []
    is_new = not db.session.get_one(Task, task).state.get("at")
    for raw in [encode("location", "BENCH2") if is_new else sku, *[sku] * count]:
        began = time.perf_counter()
        answer = accept_scan(Incoming(str(uuid.uuid4()), raw, now(), "bench", task), by)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer["outcome"] != "refused", answer["say"]
    return taken[1:]


if __name__ == "__main__":
    main()
