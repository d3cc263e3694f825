"""Measure the camera in the page: a real Chromium whose camera plays a film of labels, made ones and real photos.

    python -m tools.bench_camera

Photos with known text (docs/reading.md) are filmed too where they are at hand. Printed: from the
start of the stream to the first read, reads a second while labels are in the picture, the share of labels read in one
pass, wrong reads, and the page's tasks of more than 50 ms while the camera runs.
"""

from __future__ import annotations

import json
import logging
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from playwright.sync_api import sync_playwright

from scanner.barcode import encode
from tests.browser.camera_film import FPS, SIZE, Shot, camera_args, film, label
from tests.browser.harness import Harness, serving
from tests.browser.station import ARGS, CHROMIUM, Station
from tools.bench_reading import PHOTOS

SHOWN, GAP = 14, 22  # frames that a label is in the picture, and that the table is empty after it
RUNS = 3
PHOTO_FOLDERS = ("ean13-1", "code128-1", "upca-1", "datamatrix-1", "qrcode-1", "rss14-1")
PHOTOS_EACH = 4
GTIN_WITH_AI = 16
WATCH = """
window.long = [];
new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask" });
window.frames = 0;
const count = () => { window.frames += 1; requestAnimationFrame(count); };
requestAnimationFrame(count);
"""


def main() -> None:
    """Film, watch, print."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not every request of the page
    if CHROMIUM is None:
        raise SystemExit("no chromium on this machine")
    labels = {**_made(), **(_photos(PHOTOS) if PHOTOS.is_dir() else {})}
    with tempfile.TemporaryDirectory(prefix="scandock-camera-") as folder:
        shots = [shot for picture in labels.values() for shot in (Shot(picture, SHOWN), Shot(None, GAP))]
        path = film(Path(folder) / "film.y4m", shots)
        runs = [_watch(path, len(shots) // 2 * (SHOWN + GAP) / FPS) for _ in range(RUNS)]
    _print(labels, runs)


def _made() -> dict[str, Image.Image]:
    """Labels as the product prints them, by the text that must be read."""
    place, tote = encode("location", "A032"), encode("tote", "00007")
    gs1 = "(01)09506000134352(17)261231(10)L77"
    plain_gs1 = "010950600013435217261231" + "10L77"
    return {
        place: label(place, scale=2),
        tote: label(tote, "QRCode", scale=6),
        "4006381333931": label("4006381333931", "EAN13", scale=3),
        plain_gs1: label(gs1, "DataMatrix", scale=5, is_gs1=True),
    }


def _photos(folder: Path) -> dict[str, Image.Image]:
    truth: list[dict[str, Any]] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    found: dict[str, Image.Image] = {}
    for group in PHOTO_FOLDERS:
        rows = [row for row in truth if row["file"].startswith(f"{group}/") and row["text"]][:PHOTOS_EACH]
        for row in rows:
            picture = ImageOps.exif_transpose(Image.open(folder / row["file"])).convert("L")
            found[str(row["text"])] = ImageOps.contain(picture, SIZE)
    return found


def _watch(path: Path, pass_s: float) -> dict[str, Any]:
    """One pass of the film before a fresh page."""
    with serving(Harness()) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *camera_args(path)])
        phone = Station(browser, server.url, permissions=["camera"])
        phone.page.add_init_script(WATCH)
        phone.open()
        phone.tap("[data-local=more]")
        phone.tap("#more [data-local=camera]")
        phone.wait(lambda: phone.page.query_selector("#camera[data-state=on]"), 20)
        start = time.monotonic()
        first = None
        phone.page.evaluate("window.frames = 0")
        while time.monotonic() - start < pass_s + 1:
            phone.page.wait_for_timeout(50)
            if first is None and server.scans:
                first = time.monotonic() - start
                phone.page.evaluate("window.long.length = 0")
        seconds = time.monotonic() - start
        told = phone.page.evaluate("({ long: window.long, frames: window.frames })")
        browser.close()
        return {"first_s": first, "raws": server.raws(), "seconds": seconds, **told}


def _bare(text: str) -> str:
    """A text without what readers differ in: a UPC-A has 12 digits or 13, a DataBar's GTIN comes with its AI."""
    gtin = text[2:] if len(text) == GTIN_WITH_AI and text.startswith("01") else text
    return gtin.lstrip("0") if gtin.isdigit() else gtin


def _print(labels: dict[str, Image.Image], runs: list[dict[str, Any]]) -> None:
    wanted = {_bare(text) for text in labels}
    firsts = [run["first_s"] for run in runs if run["first_s"] is not None]
    read = [len(wanted & set(map(_bare, run["raws"]))) for run in runs]
    wrong = sorted({raw for run in runs for raw in map(_bare, run["raws"])} - wanted)
    long = [duration for run in runs for duration in run["long"] if duration > 50]
    shown_s = len(labels) * SHOWN / FPS
    print(f"camera: {len(labels)} labels, each {SHOWN / FPS:.1f} s in the picture of {SIZE[0]}x{SIZE[1]}, {RUNS} runs")
    print(f"  from the stream's start to the first read: median {statistics.median(firsts):.2f} s (a label is there)")
    print(f"  read in one pass: {', '.join(str(n) for n in read)} of {len(labels)}; wrong: {wrong or 'none'}")
    print(f"  reads a second while a label is shown: {statistics.median(read) / shown_s:.2f}")
    frames = ", ".join(f"{run['frames'] / run['seconds']:.0f}" for run in runs)
    print(f"  frames of the page a second: {frames}")
    print(f"  tasks of the page over 50 ms: {len(long)}, the longest {max(long, default=0):.0f} ms")


if __name__ == "__main__":
    main()
