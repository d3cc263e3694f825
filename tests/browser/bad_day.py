"""A bad day of one picker, from a seed: forty scans and more in a real browser while network, page and clock misbehave.

    day = BadDay(picker, net, world, seed)
    day.run()               raises Lost for what was lost, doubled, out of order or shown wrongly
    day.met                 what happened, by name

The picker does what the screen says. Whenever the screen has taken a scan, the count that it shows is compared with
what the browser's database holds; at the end, the record of the server with what was scanned.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Error
from sqlalchemy import update

from scanner.db import db, now, transact
from scanner.models import PersonSession
from tests.browser.picker import UNDER_WAY, Picker, on_record
from tests.browser.proxy import OUTAGES, Proxy, script
from tests.scanner.floor import place, tote
from tests.world import World

PICKS: Final = tuple(f"{aisle}-{bay:02d}-1" for aisle in "AB" for bay in (1, 2, 3))
EACH: Final = 3  # of both items at every place: 1 tote, 6 places, 36 units, 1 bench
SCANS: Final = 2 + len(PICKS) * (1 + 2 * EACH)
WRONG: Final = place("B-03-2")  # a place that no order takes from
FULL_DISK: Final = Path(__file__).with_name("full_disk.js").read_text()
DRAINED_S: Final = 60.0
PAGES: Final = (
    "",
    "refuse",
    "black_hole",
    "stall",
    "bad_gateway",
    "garbage",
    "lost",
)  # others show a page of their own
CLOCK: Final = Path(__file__).with_name("skewed_clock.js").read_text()
SET_CLOCK: Final = "(ms) => localStorage.setItem('test.skew', ms)"
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
TOLD_BY_MS: Final = 8 * DAY_MS  # that a clock was set and no time went by: the phone believes a week (static/outbox.js)
OWN: Final = "document.getElementById('screen')?.dataset.own !== undefined"
# What the screen says, and how much the store holds, in one look.
SHOWN: Final = """
() => new Promise((found, failed) => {
  const asked = indexedDB.open("scandock");
  asked.onerror = failed;
  asked.onsuccess = () => {
    const count = asked.result.transaction("scans").objectStore("scans").count();
    count.onsuccess = () => {
      asked.result.close();
      const words = document.getElementById("link")?.textContent ?? "";
      found({ kept: count.result, shown: Number(words.match(/ q(\\d+)/)?.[1] ?? 0), words: words.trim() });
    };
  };
})
"""


class Lost(AssertionError):
    """Something did not end as it must; its words tell what, and the seed."""


@dataclass
class BadDay:
    """One picker, one order, one seed."""

    picker: Picker
    net: Proxy
    world: World
    seed: int
    met: Counter[str] = field(default_factory=Counter)
    looks: int = 0  # at the count on the screen
    drains: list[float] = field(default_factory=list)  # seconds from the network's return until nothing waited
    task: int = 0
    expected: list[tuple[str, str]] = field(default_factory=list)  # code and outcome
    skews: list[float] = field(default_factory=lambda: [0.0])  # of the phone's clock, in ms
    others: list[Any] = field(default_factory=list)  # tabs that are open behind the one in use

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - a repeatable bad day
        self.tote = tote(1 + self.seed % 99_998)

    def run(self) -> None:
        """Live it. Raises Lost."""
        self._furnish()
        ben = self.picker
        ben.context.add_init_script(CLOCK + FULL_DISK)
        ben.log_in("ben")
        self.task = ben.start(f"BAD-{self.seed}")
        for _ in range(SCANS):
            if ben.step == "done":
                break
            self._change_the_network()
            self._disturb()
            self._scan_wrong()
            if ben.step != "done":  # what was sent meanwhile may have been the last
                self._scan()
        self._go_home()

    def _furnish(self) -> None:
        for code in PICKS:
            self.world.stock("MUG", code, EACH)
            self.world.stock("MILK", code, EACH, lot="L1", days=90)
        amount = EACH * len(PICKS)
        self.world.order(f"BAD-{self.seed}", ("MUG", amount), ("MILK", amount), allocate=True)

    # --- what a picker does -----------------------------------------------------------------------------------------

    def _scan(self) -> None:
        """What the screen wants, until the screen goes on."""
        ben = self.picker
        raw, at, kept = self._right(), self.picker.at, len(ben.tones())
        ben.page.wait_for_timeout(310)  # sooner, the same code again is one read of one label
        ben.keys(raw)
        self.expected.append((raw, "accepted"))
        self._until(lambda: self.picker.at != at or self._is_kept(kept), f"{raw} at {ben.step}")
        if self.picker.at == at:  # only the server can tell how it goes on
            self.met["kept"] += 1
            self._heal()
            self._until(lambda: self.picker.at != at, f"{raw} at {ben.step}, with a network")
        self._until(lambda: ben.page.get_attribute("#scan", "data-state") not in UNDER_WAY, f"the answer to {raw}")
        self._look()

    def _right(self) -> str:
        return self.tote if self.picker.step == "tote" else self.picker.right()

    def _is_kept(self, tones: int) -> bool:
        return len(self.picker.tones()) > tones and self.picker.tones()[-1] == "warn"

    def _scan_wrong(self) -> None:
        """Now and then a wrong place. The screen stops, and stays."""
        ben = self.picker
        if ben.step not in ("location", "item") or self.chance.random() > 0.08:
            return
        self.met["wrong code"] += 1
        at, stops = self.picker.at, ben.tones().count("stop")
        ben.page.wait_for_timeout(310)
        ben.keys(WRONG)
        self.expected.append((WRONG, "refused"))
        self._until(lambda: ben.tones().count("stop") > stops, "a wrong code")
        self._until(lambda: self.picker.at == at, "the step after a wrong code")

    # --- what goes wrong --------------------------------------------------------------------------------------------

    def _change_the_network(self) -> None:
        if self.chance.random() > 0.2:
            return
        net = self.net
        kind = self.chance.choice(("good", "flaky", "flaky", *OUTAGES))
        self.met[f"network: {kind}"] += 1
        if kind == "good":
            net.heal()
        elif kind == "flaky":
            net.fault, net.plan = "", script(self.chance.randrange(10**9))
        else:
            net.fault, net.plan = kind, None

    def _disturb(self) -> None:
        if self.chance.random() > 0.12:
            return
        name = self.chance.choice(("reload", "crash", "tab", "closed", "clock", "session", "switch", "full disk"))
        if name in ("reload", "crash", "tab", "closed", "clock") and self.net.fault not in PAGES:
            return
        self.met[name] += 1
        at = self.picker.at
        acts: dict[str, Callable[[], None]] = {
            "reload": lambda: self._open(self.picker.page.reload, at),
            "crash": lambda: self._crash(at),
            "tab": lambda: self._tab(at),
            "closed": lambda: self._closed(at),
            "clock": lambda: self._set_clock(at),
            "session": self._end_session,
            "switch": self._switch,
            "full disk": self._fill_disk,
        }
        acts[name]()

    def _crash(self, at: str) -> None:
        self.picker.crash()
        self._again(at)

    def _tab(self, at: str) -> None:
        """A second page of the same app; the first stays where it is."""
        self.others.append(self.picker.page)
        self.picker.new_tab()
        self._again(at)

    def _closed(self, at: str) -> None:
        closed = self.picker.page
        self.picker.new_tab()
        closed.close()
        self._again(at)

    def _again(self, at: str | None = None) -> None:
        ben = self.picker
        self._open(lambda: ben.page.goto(f"{ben.url}/pick/{self.task}/"), at)

    def _open(self, act: Callable[[], object], at: str | None) -> None:
        """Open the work, and wait until it listens where the last scan has led: at this step, if it is known."""
        try:
            act()
        except Error as error:
            raise Lost(f"seed {self.seed}: the page does not open: {error}") from error
        self._until(lambda: self.picker.step != "" and at in (None, self.picker.at), f"the page at {at}")
        self._until(lambda: self.picker.page.evaluate("document.activeElement.id") == "wedge", "the page")
        self._look()
        if not self.picker.stored("steps"):  # the first page after a log-in: a moment later it can do without a network
            self._heal()
            self._until(lambda: self.picker.stored("steps"), "the coming steps")

    def _set_clock(self, at: str) -> None:
        """By years, then the app is opened anew: an open page would be as one that nobody has touched, and locks."""
        while self.others:
            self.others.pop().close()
        skew = self.chance.uniform(-2 * YEAR_MS, 2 * YEAR_MS)
        while any(0 <= skew - before < TOLD_BY_MS for before in self.skews):  # what waits would seem to wait for days
            skew += TOLD_BY_MS
        self.skews.append(skew)
        self.picker.page.evaluate(SET_CLOCK, skew)
        self._open(self.picker.page.reload, at)

    def _end_session(self) -> None:
        """It ends at the server while the phone works on; what waits is sent all the same, then the log-in comes."""
        ben = self.picker
        transact(lambda: db.session.execute(update(PersonSession).values(revoked_at=now())))
        raw = self._right()
        ben.keys(raw)
        self.expected.append((raw, "accepted"))
        self.net.heal()
        self._until(lambda: ben.page.url.endswith("/login"), "the log-in page", seconds=DRAINED_S)
        self._come_back()

    def _switch(self) -> None:
        """Eve takes the phone for a moment: she sees that scans wait, and none of them."""
        ben = self.picker
        self._heal()
        for who in ("eve", "ben"):
            ben.page.goto(ben.url + "/me")
            ben.page.click("form[action='/logout'] .button")
            self._until(lambda: ben.page.url.endswith("/login"), "the log-in page")
            ben.log_in(who)
        self._again()

    def _come_back(self) -> None:
        self.picker.log_in("ben")
        self._again()

    def _fill_disk(self) -> None:
        """One scan that the phone cannot keep: it says so, and the scan was not made."""
        ben = self.picker
        at, stops = self.picker.at, ben.tones().count("stop")
        ben.page.evaluate("window.isDiskFull = true")
        ben.keys(self._right())
        self._until(lambda: ben.tones().count("stop") > stops, "a full disk")
        ben.page.evaluate("window.isDiskFull = false")
        if self.picker.at != at:
            raise Lost(f"seed {self.seed}: a scan that was not kept went on")

    # --- what must be true ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """The screen shows as many as the store holds; a single one on its way is not shown."""
        self.looks += 1
        seen: dict[str, Any] = {}

        def agrees() -> bool:
            seen.update(self.picker.page.evaluate(SHOWN))
            return bool(seen["shown"] == seen["kept"]) or (seen["shown"] == 0 and seen["kept"] == 1)

        self._until(agrees, "the count on the screen", lambda: str(seen))

    def _heal(self) -> None:
        """The network is back; wait until nothing waits and the server's own screen is there."""
        ben = self.picker
        self.net.heal()
        began = time.monotonic()
        self._until(lambda: self._left() == [], "the queue", lambda: str(self._left()), seconds=DRAINED_S)
        self.drains.append(time.monotonic() - began)
        self._until(lambda: not ben.page.evaluate(OWN), "the server's screen", seconds=30)

    def _left(self) -> list[str]:
        return self.picker.waiting()

    def _go_home(self) -> None:
        ben = self.picker
        if ben.step != "done":
            raise Lost(f"seed {self.seed}: not done after {len(self.expected)} scans: {ben.text('#screen')}")
        self._heal()
        found = on_record(self.task)
        if found != self.expected:
            first = next(
                (n for n, pair in enumerate(zip(found, self.expected, strict=False)) if pair[0] != pair[1]), -1
            )
            raise Lost(
                f"seed {self.seed}: {len(found)} on record of {len(self.expected)}; "
                f"the first that differs is no. {first}: {found[first - 1 : first + 3]}, "
                f"scanned was {self.expected[first - 1 : first + 3]}"
            )

    def _until(
        self, ready: Callable[[], object], what: str, more: Callable[[], str] = str, *, seconds: float = 20.0
    ) -> None:
        limit = time.monotonic() + seconds
        while True:
            try:
                if ready():
                    return
            except Error:
                pass  # the page is on its way to another
            if time.monotonic() > limit:
                words = self.picker.page.inner_text("body")[:300]
                raise Lost(f"seed {self.seed}: waited in vain for {what} {more()}; {dict(self.met)}; shows {words!r}")
            self.picker.page.wait_for_timeout(20)
