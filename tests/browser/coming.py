"""The coming steps of a small task as the stand-in server tells them: a location, then an item, then the end."""

from __future__ import annotations

from dataclasses import replace

from scanner.ahead import key_of
from scanner.barcode import command
from tests.browser.harness import PLAIN, Harness
from tests.browser.station import Station

ITEM = replace(PLAIN, step="item", verb="TAKE", scan="SCAN ITEM", expects=("MUG",), next="the last one")
END = replace(PLAIN, step="done", is_done=True, verb="DONE")
OPENS = "navigator.serviceWorker.controller !== null"


def coming(server: Harness) -> None:
    """A location, then an item of which two are wanted, then the end."""
    server.coming = [
        (PLAIN, {"other": "stop", "ways": {"LA032X": {"to": key_of(ITEM), "tone": "ok"}, command("PRINT"): PRINTS}}),
        (
            ITEM,
            {
                "other": "keep",
                "ways": {
                    "MUG": {"to": key_of(END), "tone": "done"},
                    command("UNDO"): {"back": True},
                    command("HELP"): {},
                },
                "like": [{"re": "^01[0-9]{14}10L1$", "to": key_of(END), "tone": "done"}],
            },
        ),
        (END, {"other": "keep", "ways": {}}),
    ]


ASKS = {"to": key_of(ITEM), "tone": "ok", "asks": True}
PRINTS = {"needs": "Printing needs the network."}


def offline(station: Station, server: Harness) -> Station:
    """On the task's page, its coming steps known, and then no server answers any more."""
    station.open()
    station.wait(lambda: station.page.evaluate(OPENS))
    if server.coming:
        station.wait(lambda: station.page.evaluate(STEPS) == len(server.coming))
    server.fault = server.batch_fault = "503"
    return station


# No long time passes any more.
NO_PATIENCE = """
() => {
  const { setTimeout } = window;
  window.setTimeout = (act, ms = 0, ...more) => (ms > 200 ? 0 : setTimeout(act, ms, ...more));
}
"""
STEPS = """
() => new Promise((found) => {
  const asked = indexedDB.open("scandock");
  asked.onsuccess = () => {
    const get = asked.result.transaction("work").objectStore("work").get("steps");
    get.onsuccess = () => { asked.result.close(); found(Object.keys(get.result?.steps ?? {}).length); };
  };
})
"""
