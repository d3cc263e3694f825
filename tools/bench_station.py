"""The station's figures, each beside its aim: verdicts, weight, starts; a real Chromium, server and database.

    make bench-station                      about ten minutes
    make bench-station ARGS=--quick         one, to see that it runs

Times of verdicts are taken in the page with its processor slowed down four times, through a line that is near, far
(60 ms), cut and silent. Beside them stands what the browser needs for nothing and for one durable write in the same
page. The server is not slowed, but shares this machine's cores with the browser.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright, Response, sync_playwright

from scanner.db import db
from tests.browser.station import CHROMIUM, PHONE, kept, launch
from tests.engines import migrate
from tests.serving import serve
from tests.world import World
from tools.bench import print_machine
from tools.bench_station_world import LINES, PAUSE_MS, SLOWER, Hand, furnish, kill, phone
from tools.line import Line, Passed
from tools.stopwatch import Taken, percentile, spread
from web import create_app

FAR_S = 0.060
BAND_MS, VERDICT_MS, SERVER_MS, JITTER_MS = 50, 100, 300, 30
JS_KB, CSS_KB, STEP_KB, LINE_KB = 40, 12, 3, 8
COLD_S, FIRST_S, RESUME_S = 1.0, 2.0, 2.0
LONG_S = 30
SCAN = "/pick/N/scan"


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="22 scans of each kind and two starts")
    options = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("no chromium on this machine")
    turns, starts = (1, 2) if options.quick else (5, 10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    print_machine()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="scandock-bench-") as name:
        folder, url = Path(name), f"sqlite:///{name}/scandock.db"
        migrate(url, folder)
        os.environ |= {"DATABASE_URL": url, "SCANDOCK_DATA": name}
        with create_app().app_context():
            world = furnish(orders=4 * turns + starts + 3)
            with serve(url, folder) as port, Line(port) as line, sync_playwright() as playwright:
                _measure(playwright, line, world, folder, turns, starts)
            db.session.remove()
            db.engine.dispose()
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}, the benchmark's own in it")


def _measure(playwright: Playwright, line: Line, world: World, folder: Path, turns: int, starts: int) -> None:
    browser = launch(playwright)
    print(f"Chromium {browser.version}, {PHONE['width']}x{PHONE['height']}, SQLite\n", flush=True)
    hand = Hand(browser, line, world)
    hand.log_in("ben")
    _verdicts(hand, line, turns)
    _weight(hand, line)
    _firsts(browser, hand, line, starts)
    browser.close()
    _restarts(playwright, line, world, folder / "phone", starts, hand.order)


# --- verdicts --------------------------------------------------------------------------------------------------------


def _verdicts(hand: Hand, line: Line, turns: int) -> None:
    print(f"verdicts, the page's processor {SLOWER} times slower: ms since the last key{'p50    p95    max':>29}")
    floor = _yardsticks(hand, 20 * turns)
    near = [taken for _ in range(turns) for taken in _order(hand, line)]
    _print_verdicts("online, the server beside it", near, VERDICT_MS)
    far = [taken for _ in range(turns) for taken in _order(hand, line, rtt_s=FAR_S)]
    _print_verdicts(f"the server's own, {FAR_S * 1000:.0f} ms away", far, SERVER_MS)
    cut = [taken for _ in range(turns) for taken in _order(hand, line, state="cut")]
    _print_verdicts("offline, the connection refused", cut, VERDICT_MS)
    silent = [taken for _ in range(turns) for taken in _order(hand, line, state="silent")]
    _print_verdicts("offline, the network silent", silent, VERDICT_MS)
    middle = statistics.median(taken.verdict for taken in cut)
    print(
        f"  offline verdict beside what the browser itself needs (a frame and a durable write): {middle / floor:.1f}x"
    )
    told = hand.page.evaluate("window.stopwatchPage")
    longest = list(told["events"].values())
    inp = percentile(longest, 0.75) if longest else 0
    print(
        f"  INP p75 {inp:.0f} ms (aim 100), layout shift {told['shift']:.3f} (aim 0), in the last order\n", flush=True
    )


def _yardsticks(hand: Hand, times: int) -> float:
    """The middle of a frame for nothing and of a durable write, together."""
    hand.begin()
    hand.slow()
    frames, writes = hand.nothings(times), hand.durable_writes(times)
    _print_spread("yardstick: a key that does nothing, to the next frame", frames)
    _print_spread("yardstick: one durable write of the browser's", writes)
    hand.slow(1)
    hand.order -= 1  # it is picked below
    return statistics.median(frames) + statistics.median(writes)


def _order(hand: Hand, line: Line, *, rtt_s: float = 0.0, state: str = "good") -> list[Taken]:
    """An order picked over such a line; all of it is sent before the next begins."""
    hand.begin()
    line.rtt_s, line.state = rtt_s, state
    hand.slow()
    taken = hand.finish()
    hand.slow(1)
    line.rtt_s, line.state = 0.0, "good"
    hand.wait(hand.is_sent, LONG_S)
    return taken


def _print_verdicts(name: str, taken: Sequence[Taken], aim_ms: int) -> None:
    print(f"  {name}, {len(taken)} scans")
    _print_spread("  scan band changed", (each.band for each in taken), BAND_MS)
    _print_spread("  stored on the disk", (each.stored for each in taken))
    _print_spread("  tone begun", (each.toned for each in taken))
    _print_spread("  verdict seen, its tone begun", (max(each.verdict, each.toned) for each in taken), aim_ms)
    _print_spread("  next step seen", (each.next for each in taken))
    _print_spread("  between tone and colour", (abs(each.coloured - each.toned) for each in taken), JITTER_MS)


def _print_spread(name: str, values: Iterable[float], aim: int | None = None) -> None:
    each = list(values)
    aimed = f"   p95 aim {aim}: {_verdict(percentile(each, 0.95), aim)}" if aim else ""
    print(f"  {name:58} {spread(each)}{aimed}", flush=True)


def _verdict(figure: float, aim: float) -> str:
    return "reached" if figure <= aim else "MISSED"


# --- weight ----------------------------------------------------------------------------------------------------------


def _weight(hand: Hand, line: Line) -> None:
    """One order at a worker's pace, seen on the wire and by the page."""
    answers: list[Response] = []
    keep = lambda answer: answers.append(answer)  # noqa: E731, PLW0108 - to be taken off again
    hand.page.on("response", keep)
    hand.begin()
    hand.page.wait_for_timeout(500)
    ahead = [answer.body() for answer in answers if answer.url.endswith("/ahead")]
    scans = 0
    while hand.step != "done":
        hand.do(hand.right())
        hand.wait(hand.is_sent)
        scans += 1
    hand.page.wait_for_timeout(500)
    posts = [answer for answer in answers if re.search(r"/pick/\d+/scan$", answer.url)]
    steps = [len(gzip.compress(answer.body())) for answer in posts]
    hand.page.remove_listener("response", keep)
    print("weight, in kB of 1000 bytes")
    _print_weight("a step's fragment, gzipped: the largest", max(steps), STEP_KB)
    print(f"  {'its middle':58} {_kb(statistics.median(steps)):>14}")
    name = f"the coming steps of {LINES} lines, gzipped (raw {_kb(len(ahead[-1]))})"
    print(f"  {name:58} {_kb(len(gzip.compress(ahead[-1]))):>14}")
    _print_wire(line.passed[hand.before :], scans)


def _print_wire(passed: Sequence[Passed], scans: int) -> None:
    kinds = Counter(_kind(each.path) for each in passed)
    of_scans = [each for each in passed if _kind(each.path) == SCAN]
    _print_weight("on the wire for a picked line, both ways, heads and all", _weigh(of_scans) / LINES, LINE_KB)
    _print_weight("  with the order's scan, its page and its coming steps", _weigh(passed) / LINES, LINE_KB)
    print(f"  requests in an order of {LINES} lines, {scans} scans:")
    for kind, count in kinds.most_common():
        ours = [each for each in passed if _kind(each.path) == kind]
        up, down = (statistics.mean(each.up for each in ours), statistics.mean(each.down for each in ours))
        print(f"    {count:3} {kind:28} {_kb(up)} up, {_kb(down)} down each")
    print(
        f"  requests for a scan {len(of_scans) / scans:.2f} (aim 1), with all others {len(passed) / scans:.2f}\n",
        flush=True,
    )


def _weigh(passed: Iterable[Passed]) -> int:
    return sum(each.up + each.down for each in passed)


def _kind(path: str) -> str:
    return "".join("N" if part.isdigit() else part for part in _cut(path.partition("?")[0]))


def _cut(path: str) -> list[str]:
    """An address in its parts, slashes among them."""
    parts = path.split("/")
    return [word for part in parts[1:] for word in ("/", part)]


def _kb(size: float) -> str:
    return f"{size / 1000:.1f} kB"


def _print_weight(name: str, size: float, aim_kb: int) -> None:
    print(f"  {name:58} {_kb(size):>14}   aim {aim_kb}: {_verdict(size, aim_kb * 1000)}")


# --- starts ----------------------------------------------------------------------------------------------------------


def _firsts(browser: Browser, hand: Hand, line: Line, starts: int) -> None:
    """The first page that a browser ever loads here, with a session at hand."""
    cookies = [(each["name"], each["value"]) for each in hand.context.cookies()]
    times: dict[float, list[float]] = {1: [], SLOWER: []}
    painted: list[float] = []
    sizes: Counter[str] = Counter()
    line.rtt_s = FAR_S
    for _ in range(starts):
        for rate, seconds in times.items():
            new = Hand(browser, line, hand.world)
            new.context.add_cookies([{"name": name, "value": value, "url": line.url} for name, value in cookies])
            sizes = _watch(new)
            new.slow(rate)
            new.page.goto(line.url + "/", wait_until="commit")
            seconds.append(new.usable_ms() / 1000)
            new.page.wait_for_load_state("networkidle")
            painted.append(new.page.evaluate("window.stopwatchPage.painted") / 1000)
            new.context.close()
    line.rtt_s = 0.0
    print("what a station's page loads without the camera, as sent")
    _print_weight("JavaScript, gzipped", sizes["script"], JS_KB)
    _print_weight("CSS, gzipped", sizes["stylesheet"], CSS_KB)
    print(f"  fonts {_kb(sizes['font'])}, WebAssembly {_kb(sizes['wasm'])} (aim 0)\n")
    print(f"starts, in seconds: from asking for the page until a scan would be taken{'p50    max':>24}")
    for rate, taken in times.items():
        slower = f", processor {rate:.0f} times slower" if rate > 1 else ""
        _print_seconds(f"first load ever, {FAR_S * 1000:.0f} ms away{slower}", taken, FIRST_S)
    _print_seconds("the largest thing is painted (LCP)", painted, 1.5)


def _watch(hand: Hand) -> Counter[str]:
    """Counts what the page itself fetches, by kind; what its service worker stores beside it is not the page's."""
    sizes: Counter[str] = Counter()

    def add(answer: Response) -> None:
        request = answer.request
        if request.service_worker is None and not answer.from_service_worker:
            kind = "wasm" if answer.url.endswith(".wasm") else request.resource_type
            sizes[kind] += int(answer.headers.get("content-length", 0))

    hand.page.on("response", add)
    return sizes


def _restarts(playwright: Playwright, line: Line, world: World, memory: Path, starts: int, order: int) -> None:
    """A phone that is switched off, and one whose battery is pulled in mid-line; then the app is opened anew."""
    with phone(playwright, memory) as (context, _):
        hand = _hand(context, line, world, order)
        hand.log_in("ben")
        path = f"/pick/{hand.begin()}/"
        order = hand.order
    figures: dict[str, list[float]] = {}
    for state, words in (("good", "online"), ("cut", "offline"), ("silent", "the network silent")):
        line.state = state
        for rate in (1, SLOWER):
            slower = f", processor {rate} times slower" if rate > 1 else ""
            taken = figures[f"cold start of the app, {words}{slower}"] = []
            for _ in range(starts):
                with phone(playwright, memory) as (context, _):
                    taken.append(_opened(_hand(context, line, world, order), path, rate))
    for name, taken in figures.items():
        _print_seconds(name, taken, COLD_S)
    line.state = "good"
    _kills(playwright, line, world, memory, starts, order, path)


def _hand(context: BrowserContext, line: Line, world: World, order: int) -> Hand:
    hand = Hand(context, line, world)
    hand.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    hand.order = order
    return hand


def _opened(hand: Hand, path: str, rate: float = 1) -> float:
    """Open the app; seconds until a scan would be taken."""
    hand.slow(rate)
    hand.page.goto(hand.url + path, wait_until="commit")
    seconds = hand.usable_ms() / 1000
    if hand.step in ("", "home"):
        raise SystemExit(f"the work in hand did not open: {hand.text('body')[:300]}")
    return seconds


def _kills(playwright: Playwright, line: Line, world: World, memory: Path, starts: int, order: int, path: str) -> None:
    """Two scans offline, kill -9 beside the second, and back: the step and the queue must be the same."""
    opened, whole = [], []
    sent: list[str] = []
    step = ""
    line.state = "cut"
    for turn in range(starts + 1):
        began = time.monotonic()
        with phone(playwright, memory) as (context, run):
            hand = _hand(context, line, world, order)
            seconds = _opened(hand, path)
            if turn:
                opened.append(seconds)
                whole.append(time.monotonic() - began)
                _same(hand, step, sent)
            for _ in range(2):
                sent.append(hand.right())
                hand.keys(hand.right())
                _wait_kept(hand, len(sent))
                hand.page.wait_for_timeout(PAUSE_MS)
            step = hand.page.get_attribute("#screen", "data-at") or ""
            kill(run)
    _print_seconds(f"back after kill -9 offline: the same step and queue, {starts} of {starts} times", opened, RESUME_S)
    _print_seconds("  the same from the start of the browser's own process", whole, RESUME_S)


def _wait_kept(hand: Hand, count: int) -> None:
    hand.wait(lambda: kept(hand) == count)


def _same(hand: Hand, step: str, sent: list[str]) -> None:
    now = hand.page.get_attribute("#screen", "data-at")
    if now != step or hand.waiting() != sent:
        raise SystemExit(f"not as it was: step {now!r} for {step!r}, queue {hand.waiting()} for {sent}")


def _print_seconds(name: str, taken: Sequence[float], aim_s: float) -> None:
    middle, worst = statistics.median(taken), max(taken)
    print(f"  {name:80} {middle:5.2f}  {worst:5.2f}   aim {aim_s}: {_verdict(worst, aim_s)}", flush=True)


if __name__ == "__main__":
    main()
