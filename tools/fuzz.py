"""Fuzz what reads codes with far more chance than the tests do: the parser, the photo reader and the key streams.

    python -m tools.fuzz [--runs 100000] [--photos 2000] [--keys 100] [--seed N] [--minutes N]

A run passes when each answer is a code or a refusal that has a name, within two seconds. Anything else is printed with
what brought it about, and the seed makes it again. Ends with 1 when something was found.
"""

from __future__ import annotations

import argparse
import logging
import random
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pytest

from scanner.barcode import Misread, badge_token, command, element_string, encode, link, read, sscc
from scanner.barcode.check_scanner import SYMBOLS, Burst, examine
from scanner.barcode.image import read_photo
from scanner.refusals import REASONS, Refusal
from tests.browser.harness import Harness, serving
from tests.browser.station import ENTER, TAB, Station, chromium
from tools.pictures import F, blurred, encoded, noisy, photo_of, symbol, turned

HANG_S: Final = 2.0
PAGE: Final = "/pick/7/"
FIELDS: Final = (
    {"01": "09506000134352", "10": "aB7", "21": "x-9"},
    {"00": sscc("4000000", 1, 7)},
    {"01": "09506000134352", "3103": "001250", "17": "330100", "10": "L1"},
)
PARTS: Final = (
    *("]C1", "]d2", "]Q3", "]e0", "]E0", "]I1", "]C0", "]J1", "]z0", "\x1d", "<GS>", "{GS}", "␝", "^]", "↔"),
    *("01", "10", "17", "21", "00", "8200", "3103", "271399", "30", "\x00", "\ud800", "\ufffd", "é", "١٢", "🙂"),
    *("https://id.gs1.org/", "?17=", "%1d", "%", "/", "-", " ", "\r\n", "\t", "C", "CQ", "B", "LA"),
)
SEEDS: Final = (
    *("", "4006381333931", "96385074", "042100005264", "00012348", "MUG", "SO-20518", "195060001343520008"),
    *(command("SHORT"), command("Q", 12), encode("location", "A032"), encode("tote", "00001")),
    *(element_string(fields) for fields in FIELDS),
    *("]C1" + element_string(fields) for fields in FIELDS),
    link(FIELDS[0]),
    "X" * 256,
    "01" * 1500,
)
KINDS: Final = (None, "]C1", "]d2", "]E0", "]Q3", "]", "QRCode", "code_128", "\x00", "]C9")
KEYS: Final = ("Shift", "Dead", "Process", "Unidentified", "F8", "F13", "Backspace", "Escape", "CapsLock", "ArrowDown")


class Hang(Exception):
    """An answer took longer than two seconds."""


class Found:
    """What went wrong in one part."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.runs = 0
        self.slowest_s = 0.0
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []

    def run(self, act: Callable[[], str], shown: str) -> None:
        """One try. A fault is kept with what brought it about."""
        began = time.perf_counter()
        try:
            self.outcomes[act()] += 1
        except Hang:
            self.faults.append(f"hang: {shown}")
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - any other is what is looked for
            self.faults.append(f"{type(error).__name__}: {error}: {shown}")
        self.runs += 1
        self.slowest_s = max(self.slowest_s, time.perf_counter() - began)

    def tell(self) -> None:
        """The part's figures, and its first faults."""
        hangs = sum(fault.startswith("hang") for fault in self.faults)
        outcomes = ", ".join(f"{name} {count:,}" for name, count in self.outcomes.most_common(6))
        print(
            f"{self.part:7} {self.runs:>9,} runs, {len(self.faults) - hangs} crashes, {hangs} hangs,"
            f" slowest {self.slowest_s * 1000:,.0f} ms; {outcomes}",
            flush=True,
        )
        for fault in self.faults[:10]:
            print(f"        {fault}")


@contextmanager
def _limit() -> Iterator[None]:
    """Raises Hang within the block when two seconds are over, also inside of a loop that never ends."""
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _alarm(*_signal: Any) -> None:
    raise Hang


def main() -> None:
    """Run all parts and print a line each."""
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=100_000, help="texts for the parser")
    options.add_argument("--photos", type=int, default=2_000)
    options.add_argument("--keys", type=int, default=100, help="streams of keys in a browser")
    options.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options.add_argument("--minutes", type=float, default=60.0, help="each part gets a third of it at the most")
    chosen = options.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, _alarm)
    parts = ((parser, chosen.runs), (photos, chosen.photos), (keys, chosen.keys))
    found = [part(count, random.Random(chosen.seed), chosen.minutes * 20) for part, count in parts]  # noqa: S311
    sys.exit(any(each.faults for each in found))


def _times(count: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    for number in range(count):
        if time.monotonic() > end:
            return
        yield number


# --- the parser ------------------------------------------------------------------------------------------------------


def parser(count: int, chance: random.Random, seconds: float) -> Found:
    """Texts near to good ones, through the reader; every hundredth time a scanner check of such texts."""
    found = Found("parser")
    for number in _times(count, seconds):
        text, kind = mutated(chance), chance.choice(KINDS)
        found.run(partial(_read, text, kind, chance), repr((text, kind))[:300])
        if number % 100 == 0:
            bursts = [_burst(chance) for _ in range(chance.randrange(6))]
            found.run(partial(_examine, bursts), repr(bursts)[:300])
    found.tell()
    return found


def mutated(chance: random.Random) -> str:
    """A seed with some of it cut, doubled, replaced or put elsewhere."""
    text = chance.choice((*SEEDS, encode("badge", badge_token(chance))))
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.randrange(1, 6))
        new = chance.choice((chance.choice(PARTS), chr(chance.randrange(0x3000)), text[at:to] * 2, "", text[to:]))
        text = text[:at] + new + text[chance.choice((at, to)) :]
    return text[:4_000]


def _read(text: str, kind: str | None, chance: random.Random) -> str:
    try:
        with _limit():
            scan = read(text, kind, sends_gs=chance.choice((None, True, False)))
    except Misread as misread:
        return f"{REASONS[misread.code].title.lower()} ({misread.code})"  # no such reason: a KeyError, which is a crash
    return scan.kind


def _examine(bursts: list[Burst]) -> str:
    with _limit():
        report = examine(bursts)
    return "a profile" if report.profile else "no profile"


def _burst(chance: random.Random) -> Burst:
    symbol_asked = chance.choice(SYMBOLS)
    tokens = [*chance.choice((symbol_asked.data, mutated(chance)))[:300], *chance.choices(KEYS, k=chance.randrange(3))]
    gaps = tuple(chance.randrange(60_000) for _ in range(chance.randrange(5)))
    return Burst(symbol_asked.name, (*tokens, chance.choice(("Enter", "Tab", "F8", "x"))), gaps)


# --- photos ----------------------------------------------------------------------------------------------------------


def photos(count: int, chance: random.Random, seconds: float) -> Found:
    """Files near to good pictures: bytes changed, cut, doubled; pictures of many modes and kinds."""
    found = Found("photos")
    pictures = list(_pictures())
    for _ in _times(count, seconds):
        data = bytearray(chance.choice(pictures))
        for _change in range(chance.choice((0, 1, 3, 30, 300))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        if chance.random() < 0.1:
            data += bytes(chance.randrange(10_000))
        found.run(partial(_see, bytes(data)), f"{len(data)} bytes, {bytes(data[:40])!r}")
    found.tell()
    return found


def _pictures() -> Iterator[bytes]:
    labels = [symbol(F.EAN13, "4006381333931"), symbol(F.Code128, "LA032X"), symbol(F.QRCode, "x" * 300, 4)]
    whole = photo_of(*labels)
    small = photo_of(symbol(F.DataMatrix, "(01)09506000134352(10)A", 4, is_gs1=True), size=(400, 300))
    for picture in (whole, small, turned(whole, 33), blurred(small, 2), noisy(small, 30)):
        for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
            yield encoded(picture.convert("RGB"), kind)
    for mode in ("1", "L", "P", "RGBA", "LA", "I;16"):
        yield encoded(small.convert("L").convert(mode), "PNG")
    yield encoded(small.convert("CMYK"), "JPEG")


def _see(data: bytes) -> str:
    began = time.perf_counter()
    try:
        count = len(read_photo(data))
        if time.perf_counter() - began > HANG_S:
            raise Hang
        return f"{count} codes"
    except Refusal as refusal:
        if refusal.code == "photo_unread":  # the reader died of it, or was ended: the page lives, but it is a crash
            raise AssertionError("the reader died") from refusal
        return refusal.code


# --- keys ------------------------------------------------------------------------------------------------------------


def keys(count: int, chance: random.Random, seconds: float) -> Found:
    """Streams of keys on a real page; after each the next clean scan must arrive, and the page must not have thrown."""
    found = Found("keys")
    with chromium() as browser, serving(Harness()) as server:
        station = Station(browser, server.url)
        station.open()
        for number in _times(count, seconds):
            stream = [_stroke(chance) for _ in range(chance.randrange(1, 40))]
            found.run(partial(_hear, station, server, number, stream), repr(stream)[:300])
        station.context.close()
    found.tell()
    return found


def _stroke(chance: random.Random) -> tuple[float, dict[str, Any]]:
    """One key and the time before it in ms."""
    gap = chance.choice((0, 1, 5, 20, 80, 130, 600))
    if chance.random() < 0.1:
        return gap, chance.choice((ENTER, TAB))
    if chance.random() < 0.15:
        return gap, {"key": chance.choice(KEYS)}
    text = chance.choice("0123456789ABCXYZabc-./\x1d␝é")
    return gap, {"key": text, "text": text, "modifiers": chance.choice((0, 0, 0, 0, 1, 2, 8))}


def _hear(station: Station, server: Harness, number: int, stream: list[tuple[float, dict[str, Any]]]) -> str:
    outcome = "heard"
    station.clock_s = max(time.time(), station.clock_s + 0.7)
    for gap_ms, stroke in stream:
        station.clock_s += gap_ms / 1000
        station.key(**stroke)
    station.page.wait_for_timeout(300)  # a page that was left has gone
    if not station.page.url.endswith(PAGE):  # Tab and Enter, or a tap by Space, have followed a link: as they may
        station.open(PAGE)
        outcome = "heard after the way back"
    code = f"CLEAN{number:05d}"
    station.keys(code, gap_ms=4, idle_ms=1_500)
    station.wait(lambda: code in server.raws(), HANG_S)
    assert station.errors == [], station.errors
    return outcome


if __name__ == "__main__":
    main()
