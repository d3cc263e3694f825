"""Bad days in a real browser, with misbehaving network, pages and clocks: what was lost, how fast queues drain.

    .venv/bin/python -m tools.bad_days --days 100        a part of `make soak`
    .venv/bin/python -m tools.bad_days --seed 4711 --days 1

Each day has a phone, an order and a seed of its own (tests/browser/bad_day.py), against the product's own server.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from scanner import check_ledger
from scanner.db import db, engine_options
from tests.browser.bad_day import BadDay, Lost
from tests.browser.picker import Picker
from tests.browser.proxy import Proxy
from tests.browser.station import chromium
from tests.engines import Databases
from tests.serving import serve
from tests.world import make_world
from tools.bench import print_machine
from web import create_app


def main() -> None:
    """Live the days and print what they came to; 1 when something was lost, doubled or shown wrongly."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the first day")
    options = parser.parse_args()
    print_machine()
    print(f"{options.days} days, seeds from {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="scandock-bad-days-") as name:
        bad = live(options.days, options.seed, Path(name))
    sys.exit(1 if bad else 0)


def live(days: int, first: int, folder: Path) -> list[str]:
    """Live so many days one after the other, print the figures; what was found."""
    url = Databases(folder, "days").fresh("sqlite")
    os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)}
    app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    found: list[str] = []
    met: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    drains: list[float] = []
    scans = looks = lived = 0
    began = time.monotonic()
    with app.app_context(), serve(url, folder) as port, chromium() as browser:
        world = make_world()
        for seed in range(first, first + days):
            with Proxy(port) as net:
                picker = Picker(browser, net, world)
                day = BadDay(picker, net, world, seed)
                try:
                    day.run()
                except KeyboardInterrupt:
                    break  # what was lived counts
                except (Lost, Exception) as error:  # noqa: BLE001 - the next day may be good
                    found.append(f"seed {seed}: {type(error).__name__}: {error}")
                found += [f"seed {seed}: the page threw {error}" for error in picker.errors]
                picker.context.close()
            met += day.met
            faults += Counter(fault for fault, _, _ in net.met)
            drains += day.drains
            scans, looks, lived = scans + len(day.expected), looks + day.looks, lived + 1
        found += [str(breach) for breach in check_ledger.check(world.site.id)]
        db.session.remove()
        db.engine.dispose()
    print(*found, sep="\n")
    print(f"{lived} days, {scans} scans in {time.monotonic() - began:,.0f} s: {len(found)} lost, doubled or wrong")
    print(f"the count on the screen was compared with the store {looks} times")
    print(f"queues drained after the network's return: {_spread(drains)} (aim p95 10 s)")
    print("what happened:", ", ".join(f"{name} {count}" for name, count in sorted(met.items())))
    print("faults of single requests:", ", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
    return found


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "not measured"
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return (
        f"median {statistics.median(seconds):.1f} s, p95 {p95:.1f} s, most {max(seconds):.1f} s, {len(seconds)} times"
    )


if __name__ == "__main__":
    main()
