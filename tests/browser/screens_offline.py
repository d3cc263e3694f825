"""The station's screens without a network: what it shows by itself, its queue, its locked and its empty page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from scanner.barcode import command
from tests.browser.morning import Morning
from tests.browser.station import Station, kept
from tests.scanner.floor import place

See = Callable[[str, Page], object]

DECISION = {
    "at": "2026-11-25T14:02:09.125+01:00",
    "to": "/pick/12/scan",
    "outcome": "refused",
    "title": "Order cancelled",
    "say": "Order SO-20518 was cancelled.",
    "next": "Bring what you picked to the desk, or put it away.",
    "scanned": "WHITE HANGING HEART T-LIGHT HOLDER",
}
TOLD = """
([entry, person]) => new Promise((kept) => {
  const asked = indexedDB.open("scandock");
  asked.onsuccess = () => {
    const put = asked.result.transaction("told", "readwrite");
    for (const scan_id of ["one", "two"]) put.objectStore("told").put({ ...entry, scan_id, person });
    put.oncomplete = () => { asked.result.close(); kept(); };
  };
})
"""


def offline_pages(phone: Station, busy: Morning, see: See) -> None:
    """A pick whose network goes away. The phone is logged in."""
    page = phone.page
    with page.expect_response("**/ahead"):
        phone.open(f"/pick/{busy.task}/")
    page.wait_for_timeout(300)
    for address in ("**/scan", "**/device/**"):
        page.route(address, lambda route: route.abort())
    expected = busy.expected(busy.task)
    phone.keys(expected)
    phone.wait(lambda: len(phone.tones()) == 1)
    see("offline step", page)
    phone.keys(place("DOOR-1"))
    phone.wait(lambda: phone.text("#stop") != "")
    see("offline stop", page)
    phone.tap("#stop [data-local=back]")
    phone.keys(command("PRINT"))
    phone.wait(lambda: "needs the network" in phone.text("#note"))
    see("offline needs", page)
    for raw in ("MUG", "0950600013435", "SOMETHING ELSE"):
        phone.keys(raw)
    phone.wait(lambda: kept(phone) == 5)
    phone.wait(lambda: phone.text("#stop") != "")
    phone.tap("#stop [data-local=back]")
    phone.tap("[data-local=more]")
    phone.tap("#more [data-local=queue]")
    phone.wait(lambda: phone.text("#waiting") != "")
    see("queue", page)
    page.evaluate(TOLD, [DECISION, busy.people["ben"].id])
    phone.wait(lambda: "Needs a decision" in phone.text("#waiting"))
    see("queue decision", page)
    page.goto(f"{phone.url}/offline")
    phone.wait(lambda: "5 scans wait" in phone.text("#kept"))
    see("offline with work", page)
    page.goto(f"{phone.url}/login")
    phone.wait(lambda: "5 scans stay" in phone.text(".login__locked"))
    see("login waiting", page)
    page.goto(f"{phone.url}/offline")
    phone.wait(lambda: "locked" in phone.text("#locked"))
    see("offline locked", page)
