"""The station as a test's hands and eyes use it: a wedge scanner, a person at a keyboard, what is on the screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 640}
LISTEN = """
window.tones = [];
document.addEventListener("scandock:tone", (event) => window.tones.push(event.detail));
"""
ENTER = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
KEPT = """
() => new Promise((found, failed) => {
  const asked = indexedDB.open("scandock");
  asked.onerror = failed;
  asked.onsuccess = () => {
    const db = asked.result;
    if (!db.objectStoreNames.contains("scans")) return db.close(), found([]);
    const all = db.transaction("scans").objectStore("scans").getAll();
    all.onsuccess = () => { db.close(); found(all.result); };
  };
})
"""
GS_AS_CTRL = {"key": "]", "code": "BracketRight", "modifiers": 2}


def launch(playwright: Playwright, *args: str) -> Browser:
    """The system's own Chromium, with more arguments if need be."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *args])


@contextmanager
def chromium() -> Iterator[Browser]:
    """The same for a program that is no test."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def is_breach(words: str) -> bool:
    """Whether the console tells of a breach of the content policy. That a portal may lead nowhere is what it is for."""
    return "Content Security" in words and "portal.invalid" not in words


def queue(station: Station) -> list[dict[str, Any]]:
    """The scans that the device keeps, oldest first, read from its database."""
    return list(station.page.evaluate(KEPT))


def kept(station: Station) -> int:
    """How many they are."""
    return len(queue(station))


class Station:
    """One phone. Keys go in with the time stamps a scanner would give them, so tests need not wait for real gaps."""

    def __init__(self, browser: Browser | BrowserContext, url: str, **options: Any) -> None:
        if isinstance(browser, BrowserContext):
            self.context = browser
        else:
            self.context = browser.new_context(**({"viewport": PHONE} | options))
        self.errors: list[str] = []
        self.url = url
        self.clock_s = 0.0  # the time stamp of the last key
        self.new_tab()

    def new_tab(self) -> None:
        """Another page of the same browser; hands and eyes go there."""
        self.page: Page = self.context.new_page()
        self.page.add_init_script(LISTEN)
        self.page.on("pageerror", lambda error: self.errors.append(str(error.stack or error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if is_breach(m.text) else None)
        self.devtools = self.context.new_cdp_session(self.page)

    def crash(self) -> None:
        """The page's process dies, as when the phone needs its memory; whoever comes back opens the app anew."""
        dead = self.page
        self.new_tab()
        with contextlib.suppress(Error):
            dead.goto("chrome://crash", timeout=1_000)
        dead.close()

    def open(self, path: str = "/pick/7/") -> Station:
        """Goes to a page and waits until it listens."""
        self.page.goto(self.url + path)
        self.wait(lambda: self.page.evaluate("document.activeElement.id") == "wedge")
        return self

    def lands(self, path: str, seconds: float = 30) -> None:
        """Waits until the page of a path is there. Unlike Playwright's own wait, it may be sent there twice."""
        self.wait(lambda: self.page.url.removeprefix(self.url) == path, seconds)
        self.page.wait_for_load_state("load")

    def keys(self, text: str, gap_ms: float = 5, end: dict[str, Any] | None = ENTER, idle_ms: float = 700) -> None:
        """Presses the keys of `text`, `gap_ms` apart, then the terminator. Without idle time they join the last."""
        self.clock_s = max(time.time(), self.clock_s + idle_ms / 1000) if idle_ms else self.clock_s + gap_ms / 1000
        strokes = [GS_AS_CTRL if char == "\x1d" else {"key": char, "text": char} for char in text]
        events = []
        for number, stroke in enumerate([*strokes, *([end] if end else [])]):
            self.clock_s += gap_ms / 1000 if number else 0
            events += self._pressed(stroke)
        self._press(events)

    def key(self, **stroke: Any) -> None:
        """One key down and up at the present time stamp."""
        self._press(self._pressed(stroke))

    def _pressed(self, stroke: dict[str, Any]) -> list[dict[str, Any]]:
        released = {name: value for name, value in stroke.items() if name != "text"}
        kinds = (("keyDown", stroke), ("keyUp", released))
        return [{"type": kind, "timestamp": self.clock_s, **facts} for kind, facts in kinds]

    def _press(self, events: list[dict[str, Any]]) -> None:
        """All in one go: one by one, as by Playwright's public calls, a busy machine is too slow for one code."""
        devtools: Any = self.devtools

        async def press() -> None:
            sent = [devtools._impl_obj.send("Input.dispatchKeyEvent", event, None) for event in events]
            await asyncio.gather(*sent)

        devtools._sync(press())

    def scan(self, raw: str, **how: Any) -> None:
        """A scan, and the wait until its verdict is shown."""
        before = self.verdict_id()
        self.keys(raw, **how)
        self.wait(lambda: self.verdict_id() not in ("", before))

    def verdict_id(self) -> str:
        """The id of the scan that the verdict on the screen belongs to."""
        verdict = self.page.query_selector("#verdict")
        return (verdict.get_attribute("data-scan") or "") if verdict else ""

    def text(self, selector: str) -> str:
        """The words of an element as they can be read, or nothing when it is not there."""
        found = self.page.query_selector(selector)
        return found.inner_text().strip() if found and found.is_visible() else ""

    def tones(self) -> list[str]:
        """Every tone since the page was loaded."""
        return list(self.page.evaluate("window.tones"))

    def tap(self, selector: str) -> None:
        """A tap in the middle of a button."""
        self.page.click(selector)

    def wait(self, ready: Callable[[], object], seconds: float = 15) -> None:
        """Waits until `ready()` holds. The page's policy forbids the polling that Playwright would do inside it."""
        limit = time.monotonic() + seconds
        while not _holds(ready):
            if time.monotonic() > limit:
                pytest.fail(f"waited {seconds} s in vain; page shows: {self.page.inner_text('body')[:400]!r}")
            self.page.wait_for_timeout(20)  # unlike time.sleep, it lets the events of the page in


def _holds(ready: Callable[[], object]) -> bool:
    try:
        return bool(ready())
    except Error:
        return False  # on its way to another document a page has nothing to ask
