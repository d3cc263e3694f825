"""The station's benchmark: its warehouse, a picker whose keys come as a scanner's do, a phone that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

from scanner.barcode import compact
from scanner.db import db, transact
from scanner.models import Barcode, Item, Location
from tests.browser.picker import Picker
from tests.browser.station import ARGS, CHROMIUM
from tests.scanner.floor import tote
from tests.world import World, make_world
from tools.line import Line
from tools.stopwatch import DURABLE, START, Taken

LINES = 10
AISLES = "CDEFG"
SLOWER = 4  # Moto G-class beside this machine, by the browser's own throttle
PAUSE_MS = 450  # until the page is looked at: the verdict is long there
LONGEST_GAP_S = 0.05  # between two keys of a scan
GOOD = ("ok", "line", "done")
DONE = "['verdict', 'stored', 'next'].every((each) => window.stopwatchScans.at(-1)?.[each])"


def furnish(orders: int) -> World:
    """A warehouse with ten items at ten places, and so many orders of one of each. Inside an app context."""
    world = make_world()
    transact(lambda: _add_goods(world))
    for number in range(LINES):
        world.stock(f"GOODS{number}", _code(number), orders + 5)
    for number in range(1, orders + 1):
        world.order(f"SO-{number}", *((f"GOODS{line}", 1) for line in range(LINES)))
    return world


def _code(number: int) -> str:
    return f"{AISLES[number % len(AISLES)]}-{number:02d}-1"


def _add_goods(world: World) -> None:
    for number in range(LINES):
        item = Item(sku=f"GOODS{number}", name=f"Oat milk barista {number} l", weight_g=1040)
        aisle, bay, level = (code := _code(number)).split("-")
        row = Location(
            site_id=world.site.id,
            code=code,
            scan_body=compact(code),
            kind="pick",
            is_virtual=False,
            aisle=aisle,
            bay=bay,
            level=level,
            walk_order=100 + number,
            check_digits=f"{200 + number}",
        )
        db.session.add_all([item, row])
        db.session.flush()
        db.session.add(Barcode(code=item.sku, item_id=item.id, qty=1))
        world.items[item.sku], world.locations[code] = item, row


class Hand(Picker):
    """A picker whose keys carry the time at which the browser gets them, with a stopwatch in the page."""

    def __init__(self, browser: Browser | BrowserContext, line: Line, world: World, **options: Any) -> None:
        super().__init__(browser, line, world, **options)
        self.line = line
        self.order = 0
        self.stamp_s = 0.0
        self.before = 0  # requests that went over the line before this order

    def new_tab(self) -> None:
        """The stopwatch runs in every page."""
        super().new_tab()
        self.page.add_init_script(START)

    def keys(self, text: str, *args: Any, **how: Any) -> None:
        """A burst of keys; the stamps are those of now."""
        self.stamp_s = 0.0
        super().keys(text, *args, **how)

    def key(self, **stroke: Any) -> None:
        """One key, now. Where this program was held up in mid-burst, the stamps catch up: a scanner never is."""
        now_s = time.time()
        self.stamp_s = self.clock_s = min(now_s, self.stamp_s + LONGEST_GAP_S) if self.stamp_s else now_s
        super().key(**stroke)

    def slow(self, rate: float = SLOWER) -> None:
        """The page's processor is so many times slower from now on."""
        self.devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    def right(self) -> str:
        """What is wanted; each order has a tote of its own."""
        return tote(self.order) if self.step == "tote" else super().right()

    def begin(self) -> int:
        """Open the next order's pick, from the home page; the task's id."""
        self.slow(1)
        self.page.goto(self.url + "/")
        self.page.wait_for_load_state("networkidle")
        self.order += 1
        self.before = len(self.line.passed)
        task = self.start(f"SO-{self.order}")
        self.page.wait_for_timeout(300)
        return task

    def timed(self, raw: str) -> Taken:
        """One right scan with its times."""
        self.keys(raw)
        self.page.wait_for_timeout(PAUSE_MS)
        self.wait(lambda: self.page.evaluate(DONE), seconds=20)
        taken = Taken.of(self.page.evaluate("window.stopwatchScans.at(-1)"))
        if taken.tone not in GOOD:
            raise SystemExit(f"{raw} was right and is not taken: {taken}; {self.text('body')}")
        return taken

    def finish(self) -> list[Taken]:
        """Scan what is wanted until the order is done."""
        taken = []
        while self.step != "done":
            taken.append(self.timed(self.right()))
        return taken

    def nothings(self, times: int) -> list[float]:
        """A key that does nothing, to the next frame, in ms."""
        for _ in range(times):
            self.stamp_s = 0.0
            self.key(key="Shift", code="ShiftLeft", windowsVirtualKeyCode=16)
            self.page.wait_for_timeout(60)
        return list(self.page.evaluate("window.stopwatchNothings"))

    def durable_writes(self, times: int) -> list[float]:
        """One strict write of the browser's, in ms."""
        return list(self.page.evaluate(DURABLE, times))

    def usable_ms(self) -> float:
        """When a scan would have been taken, in ms since the page was asked for."""
        self.wait(lambda: self.page.evaluate("window.stopwatchPage?.usable ?? 0"), seconds=20)
        return float(self.page.evaluate("window.stopwatchPage.usable"))


@contextmanager
def phone(playwright: Playwright, folder: Path) -> Iterator[tuple[BrowserContext, subprocess.Popen[bytes]]]:
    """A browser whose memory is a folder, as a process of ours that can be killed."""
    port_file = folder / "DevToolsActivePort"
    port_file.unlink(missing_ok=True)
    words = [str(CHROMIUM), *ARGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
    run = subprocess.Popen(
        [*words, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{_port(port_file)}")
        yield browser.contexts[0], run
        if run.poll() is None:  # a good end: what it keeps is on the disk
            browser.new_browser_cdp_session().send("Browser.close")
            run.wait(20)
    finally:
        kill(run)


def kill(run: subprocess.Popen[bytes]) -> None:
    """End a browser by kill -9 with all its processes, as when the battery is pulled."""
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait(20)


def _port(file: Path) -> int:
    limit = time.monotonic() + 20
    while not (file.exists() and (lines := file.read_text().split())):
        if time.monotonic() > limit:
            raise RuntimeError("the browser did not start")
        time.sleep(0.02)
    return int(lines[0])
