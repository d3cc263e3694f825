"""A picker with a phone, on the product itself, behind a network that a test can make as bad as it likes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import func, select

from scanner.barcode import encode
from scanner.db import db
from scanner.models import Order, ScanRecord, Task
from tests.browser.station import Station, queue
from tests.scanner.floor import place, tote
from tests.world import PIN, World


class Net(Protocol):
    """A way to the server."""

    url: str


class Picker(Station):
    """Logs in as people do, so the phone is enrolled; scans what the screen asks for, so it needs no server to know."""

    def __init__(self, browser: Browser | BrowserContext, net: Net, world: World, **options: Any) -> None:
        super().__init__(browser, net.url, **options)
        self.net, self.world = net, world
        self.sent: list[str] = []  # every code scanned, in order

    def log_in(self, who: str) -> None:
        """Badge and PIN on the log-in page."""
        self.page.goto(self.url + "/login")
        self.wait(lambda: self.page.evaluate("document.activeElement.id") == "wedge")
        self.keys(self.world.badges[who])
        self.wait(lambda: "Badge read" in self.text("#badge-band"))
        for digit in PIN:
            self.tap(f".pad__keys [data-key='{digit}']")
        self.tap("[data-key=DONE]")
        self.page.wait_for_url(lambda url: not url.endswith("/login"))  # home, or the work that was in hand
        self.wait(self.rules)

    def rules(self) -> bool:
        """Whether the service worker rules the page: from then on it opens without a network."""
        return bool(self.page.evaluate("navigator.serviceWorker.controller !== null"))

    def start(self, order: str) -> int:
        """Open the pick of an order and wait until its coming steps are here; the task's id."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/ahead")):
            self.keys(encode("order", order.replace("-", "")))
            self.page.wait_for_url("**/pick/*/")
        self.wait(lambda: self.stored("steps") is not None)
        return int(self.page.url.split("/")[-2])

    def second_tab(self, task: int) -> Page:
        """A pick that was just started, on one more page, where hands and eyes go; the page that they leave."""
        left = self.page
        self.new_tab()
        self.page.goto(f"{self.url}/pick/{task}/")
        self.wait(lambda: self.step == "tote" and self.stored("steps") is not None)
        return left

    def do(self, raw: str, tone: str | None = None) -> None:
        """One scan, and the wait for its tone, for the next step, and for the server where there is one."""
        before, at = len(self.tones()), self.at
        self.sent.append(raw)
        self.keys(raw)
        self.wait(lambda: len(self.tones()) > before)
        if tone is not None:
            assert self.tones()[-1] == tone, (raw, self.tones(), self.text("body"))
        if self.tones()[-1] in GOES_ON:
            self.wait(lambda: self.at != at)
        self.wait(lambda: self.page.get_attribute("#scan", "data-state") not in UNDER_WAY)

    def right(self) -> str:
        """What the step on the screen wants."""
        if self.step == "tote":
            return tote(7)
        if self.step == "drop":
            return place("PACK-1")
        expects = json.loads(self.page.get_attribute("#screen", "data-expects") or "[]")
        return str(expects[0])

    def reopen(self, act: Callable[[], object]) -> None:
        """Open the work anew, and wait until it listens where it stood before."""
        at = self.at
        act()
        self.wait(lambda: self.at == at and self.page.evaluate("document.activeElement.id") == "wedge", seconds=15)

    @property
    def at(self) -> str:
        """The name of the step on the screen, and what is counted there."""
        return str(self.page.evaluate(AT))

    @property
    def step(self) -> str:
        """The step on the screen; "" when there is none."""
        return str(self.page.evaluate("document.getElementById('screen')?.dataset.step ?? ''"))

    def pick(self, most: int = 40) -> None:
        """Scan what is wanted until the screen says that it is done."""
        for _ in range(most):
            if self.step == "done":
                return
            self.do(self.right())
        raise AssertionError(f"not done after {most} scans: {self.text('#screen')}")

    def stored(self, part: str) -> Any:
        """A part of the work in hand, as the phone keeps it."""
        return self.page.evaluate(WORK, part)

    def waiting(self) -> list[str]:
        """The codes that the phone keeps, oldest first."""
        return [scan["raw"] for scan in queue(self)]

    def shown_count(self) -> int:
        """How many the screen says are waiting."""
        words = self.text("#link")
        return int(words.partition(" q")[2].split()[0]) if " q" in words else 0

    def sees(self, selector: str, words: str) -> None:
        """Wait until it reads so."""
        self.wait(lambda: self.text(selector) == words)

    def sees_so_many(self, selector: str, count: int) -> None:
        """Wait until there are so many of them."""
        self.wait(lambda: self.page.locator(selector).count() == count)

    def shows(self, count: int) -> None:
        """Wait until the screen says that so many are waiting."""
        self.wait(lambda: self.shown_count() == count)

    def shows_offline(self) -> None:
        """Wait until the screen says that nothing comes through: a request in vain may take a while."""
        self.wait(lambda: self.text("#link").startswith("OFFLINE"), seconds=20)

    def is_sent(self) -> bool:
        """Whether nothing waits any more, in the store and on the screen."""
        return self.waiting() == [] and self.text("#link") == "ONLINE"


UNDER_WAY = ("read", "right", "sending")
GOES_ON = ("ok", "line", "done")  # the tones behind which another step comes
AT = """
(() => {
  const screen = document.getElementById("screen");
  return `${screen?.dataset.at ?? ""} ${screen?.querySelector("[data-count]")?.textContent ?? ""}`;
})()
"""
WORK = """
(part) => new Promise((found, failed) => {
  const asked = indexedDB.open("scandock");
  asked.onerror = failed;
  asked.onsuccess = () => {
    const get = asked.result.transaction("work").objectStore("work").get(part);
    get.onsuccess = () => { asked.result.close(); found(get.result ?? null); };
  };
})
"""


def on_record(task: int) -> list[tuple[str, str]]:
    """The scans of a task as the server has them, in the order in which it took them: code and outcome."""
    db.session.rollback()
    rows = db.session.execute(
        select(ScanRecord.raw, ScanRecord.outcome)
        .where(ScanRecord.task_id == task)
        .order_by(ScanRecord.received_at, ScanRecord.id)
    )
    return [(row.raw, row.outcome) for row in rows]


def status_of(order: str) -> str:
    """How far an order is."""
    db.session.rollback()
    found: str = db.session.scalars(select(Order.status).where(Order.number == order)).one()
    return found


def open_tasks() -> int:
    """How many tasks are not done."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Task).where(Task.status == "open")) or 0
