"""A stopwatch inside a station's page: from the stamp of a scan's last key to the frame that shows what came of it.

A key's stamp is when it was pressed. A frame counts as seen when the page has done all its work for it: the most urgent
task that was posted inside requestAnimationFrame is run. Only the glass is not in it. Nothing polls the page meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

START = """
(() => {
  const scans = (window.stopwatchScans = []);
  const nothings = (window.stopwatchNothings = []);
  const page = (window.stopwatchPage = { usable: null, painted: null, shift: 0, events: {} });
  const frame = (then) => requestAnimationFrame(() => {
    scheduler.postTask(() => then(performance.now()), { priority: "user-blocking" });
  });

  const step = () => document.getElementById("screen")?.dataset.at;
  let scan = null;
  addEventListener("keydown", ({ key, timeStamp }) => {
    if (key === "Enter") scans.push((scan = { key: timeStamp, at: step() }));
    if (key === "Shift") frame((at) => nothings.push(at - timeStamp));
  }, true);
  document.addEventListener("scandock:tone", ({ detail }) => {
    if (!scan || scan.toned) return;
    [scan.tone, scan.toned] = [detail, performance.now()];
    look();
  });

  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (names, mode, ...more) {
    const made = transaction.call(this, names, mode, ...more);
    const its = scan;
    if (mode === "readwrite" && its && !its.isKept && [names].flat().includes("scans")) {
      its.isKept = true;
      made.addEventListener("complete", () => { its.stored = performance.now(); });
    }
    return made;
  };

  const look = () => {
    const state = document.getElementById("scan")?.dataset.state;
    const its = scan;
    if (!its) return;
    if (!its.isNext && step() !== its.at) {
      its.isNext = true;
      frame((at) => { its.next = at; });
    }
    if (its.coloured) return;
    if (!its.read && state === "read") {
      its.read = performance.now();
      frame((at) => { its.band = at; });
    }
    if (!its.read || !its.toned || !["right", "ok", "warn", "stop", "offline"].includes(state)) return;
    [its.state, its.coloured] = [state, performance.now()];
    frame((at) => { its.verdict = at; });
  };
  const all = { subtree: true, childList: true, attributes: true, attributeFilter: ["data-at", "data-state"] };
  new MutationObserver(look).observe(document, all);

  const wait = () => {
    const screen = document.getElementById("screen");
    if (document.activeElement?.id === "wedge" && screen?.dataset.scanUrl) page.usable = performance.now();
    else requestAnimationFrame(wait);
  };
  requestAnimationFrame(wait);

  const observe = (type, each, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  observe("largest-contentful-paint", ({ startTime }) => { page.painted = startTime; });
  observe("layout-shift", ({ value, hadRecentInput }) => { page.shift += hadRecentInput ? 0 : value; });
  observe("event", ({ interactionId, duration }) => {
    if (interactionId) page.events[interactionId] = Math.max(page.events[interactionId] ?? 0, duration);
  }, { durationThreshold: 16 });
})();
"""
# One durable write like that of a scan, into a database of its own: what the tone has to wait for in any case.
DURABLE = """
(times) => new Promise((found, failed) => {
  const asked = indexedDB.open("stopwatch", 1);
  asked.onerror = failed;
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept", { autoIncrement: true });
  asked.onsuccess = () => {
    const taken = [];
    const once = () => {
      if (taken.length === times) return asked.result.close(), found(taken);
      const began = performance.now();
      const made = asked.result.transaction("kept", "readwrite", { durability: "strict" });
      made.objectStore("kept").add({ raw: "4006381333931", at: new Date().toISOString(), to: "/pick/7/scan" });
      made.oncomplete = () => { taken.push(performance.now() - began); setTimeout(once, 100); };
    };
    once();
  };
})
"""


@dataclass(frozen=True)
class Taken:
    """One scan, in ms since its last key."""

    tone: str
    state: str  # the scan band's
    band: float  # the frame in which the band has changed
    stored: float  # it is on the disk
    toned: float
    coloured: float  # the page is told the verdict's colour
    verdict: float  # the frame in which it is seen
    next: float  # the frame in which the next step is seen

    @classmethod
    def of(cls, scan: dict[str, float | str]) -> Taken:
        """From what the page has noted."""
        key = float(scan["key"])
        since = {name: float(scan[name]) - key for name in ("band", "stored", "toned", "coloured", "verdict", "next")}
        return cls(str(scan["tone"]), str(scan["state"]), **since)


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that is not under so large a part of all."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * part // 1) - 1)]


def spread(values: Iterable[float]) -> str:
    """The middle, the 95th of 100 and the worst, in ms."""
    each = list(values)
    return f"{percentile(each, 0.5):6.0f} {percentile(each, 0.95):6.0f} {max(each):6.0f}"
