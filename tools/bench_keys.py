"""Measure the key streams: every pace and length of a scanner, layouts, forms of the separator, focus torture.

    python -m tools.bench_keys            everything: some minutes
    python -m tools.bench_keys --quick    a tenth of it, to see that it runs

Each scan goes through a real Chromium as single keys with the time stamps that a scanner would give them. Printed are
the share that arrived whole, what was taken for a scan and was none, and false matches under a wrong layout.
"""

from __future__ import annotations

import argparse
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from scanner.barcode import Misread, badge_token, layouts, own, read
from tests.browser.harness import Harness, serving
from tests.browser.station import ENTER, TAB, Station, chromium
from tests.browser.torture import fidget
from tests.browser.wedge import GS, GS_FORMS, Wedge

GAPS_MS = (0, 1, 5, 20, 50, 80)
LENGTHS = range(4, 61)
LETTERS = "0123456789ABCDEFGHJKLNPRSTUVX"
PATIENCE_S = 20.0
TOTES = 10**6


def main() -> None:
    """Run all parts and print one line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # figures, not requests
    part = 10 if parser.parse_args().quick else 1
    with chromium() as browser:
        sweep(browser, part)
        typing(browser, part)
        halves(browser, part)
        separators(browser)
        torture(browser, 200 // part)
    false_matches(10_000 // part)


@contextmanager
def open_station(browser: Browser) -> Iterator[tuple[Station, Harness]]:
    """A phone on a task of a server that books everything."""
    with serving(Harness()) as server:
        station = Station(browser, server.url)
        station.open()
        yield station, server
        station.context.close()
        if station.errors:
            print(f"  the page threw: {station.errors[:3]}")


def wait_for(station: Station, server: Harness, count: int) -> None:
    """Until so many scans have arrived, or patience ends."""
    limit = time.monotonic() + PATIENCE_S
    while len(server.scans) < count and time.monotonic() < limit:
        station.page.wait_for_timeout(20)


def sweep(browser: Browser, part: int) -> None:
    """Every pace, length and end of ux rule 32."""
    chance = random.Random(32)  # noqa: S311 - repeatable
    for gap_ms in GAPS_MS:
        with open_station(browser) as (station, server):
            sent = []
            for length in LENGTHS[::part]:
                for end in (ENTER, TAB):
                    sent.append("".join(chance.choices(LETTERS, k=length)))
                    station.keys(sent[-1], gap_ms=gap_ms, end=end)
                    wait_for(station, server, len(sent))
            whole = sum(raw in server.raws() for raw in sent)
            print(
                f"{gap_ms:3d} ms a key: {whole} of {len(sent)} whole, {len(server.raws()) - whole} others", flush=True
            )


def typing(browser: Browser, part: int) -> None:
    """People at 120 ms a key and slower are no scanners."""
    chance = random.Random(7)  # noqa: S311 - repeatable
    with open_station(browser) as (station, server):
        count = 60 // part
        for _ in range(count):
            station.keys("".join(chance.choices(LETTERS, k=9)), gap_ms=chance.choice((120, 150, 220, 300)))
        station.page.wait_for_timeout(900)
        print(f"words typed by hand: {len(server.raws())} of {count} taken for scans")


def halves(browser: Browser, part: int) -> None:
    """Scans without an end are thrown away whole, and the next one is not touched by them."""
    with open_station(browser) as (station, server):
        sent = [f"LA{number:03d}X" for number in range(40 // part)]
        for number, raw in enumerate(sent):
            station.keys("09506000134352"[: 3 + number % 11], end=None)
            station.keys(raw)
            wait_for(station, server, number + 1)
        booked = server.raws()
        print(
            f"half scans: {len(sent)} made, {len(set(booked) - set(sent))} booked; whole ones after them: {len(booked)}"
        )


def separators(browser: Browser) -> None:
    """Every form of the separator gives the same fields; without any the label is refused."""
    with open_station(browser) as (station, server):
        good = 0
        for number, strokes in enumerate(GS_FORMS.values()):
            Wedge(station, gs=strokes).scan(f"]C110B774{number}{GS}21S9")
            wait_for(station, server, number + 1)
            good += dict(read(server.raws()[-1]).ais) == {"10": f"B774{number}", "21": "S9"}
        print(f"forms of the separator: {good} of {len(GS_FORMS)} read as the same fields")
    try:
        read("]C110B774121S9", sends_gs=False)
        print("a lost separator: GUESSED")
    except Misread as misread:
        print(f"a lost separator: refused ({misread.code})")


def torture(browser: Browser, rounds: int) -> None:
    """Disturb the page, then scan."""
    chance = random.Random(40)  # noqa: S311 - repeatable
    with open_station(browser) as (station, server):
        sent = []
        for turn in range(rounds):
            for _ in range(chance.randint(1, 5)):
                fidget(station, chance)
            sent.append(f"LB{turn:03d}X")
            station.keys(sent[-1])
            wait_for(station, server, len(sent))
        booked = server.raws()
        print(f"focus torture: {sum(raw in booked for raw in sent)} of {rounds} heard, {len(booked) - rounds} others")


def false_matches(rounds: int) -> None:
    """Codes of ours under each wrong layout that are taken for another code of ours."""
    for mismatch in layouts.MISMATCHES:
        chance = random.Random(34)  # noqa: S311 - repeatable
        false = 0
        for number in range(rounds):
            kind, body = [("badge", badge_token(chance)), ("tote", str(chance.randrange(TOTES)))][number % 2]
            false += own.decode(layouts.typed(own.encode(kind, body), mismatch)) not in {None, (kind, body)}
        print(f"{mismatch[0]} read as {mismatch[1]}{', number pad' if mismatch[2] else ''}: {false} of {rounds} false")


if __name__ == "__main__":
    main()
