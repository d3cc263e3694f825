"""How fast labels are drawn and proven: milliseconds per label for each renderer, and a sheet of 1,000 locations.

    python -m tools.bench_labels [--quick]

`python-barcode alone` is one Code 128 as a PNG by python-barcode and Pillow, without layout, second symbol or proof:
the floor that the rest stands beside. How a dead printer touches a scan is measured by tools/bench_printers.py.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import barcode
from barcode.writer import ImageWriter

from labels import pdf, picture, proof, zpl
from labels.location import LocationFacts, location
from labels.parts import Label, Media
from scanner.barcode import own
from tools.label_pictures import LABELS

SHOWN = ("location-beam", "item-50", "unit-4x6", "shipment-4x6", "command")
RENDERERS: dict[str, Callable[[Label], object]] = {
    "layout and proof": lambda _: None,
    "picture (PNG)": lambda label: picture.png(label, is_coloured=False),
    "ZPL": zpl.job,
    "PDF": lambda label: pdf.pages([label]),
}


def one(name: str, render: Callable[[Label], object]) -> None:
    """Lay out, prove and render one label."""
    label = LABELS[name]()
    proof.prove(label)
    render(label)


def alone() -> None:
    """One Code 128 by python-barcode and Pillow."""
    out = io.BytesIO()
    barcode.get("code128", "LA0302A", writer=ImageWriter()).write(out, {"module_width": 0.5, "module_height": 13.0})


def median_ms(work: Callable[[], object], times: int) -> float:
    """The median of so many runs, after two to warm up."""
    taken = []
    for number in range(times + 2):
        start = time.perf_counter()
        work()
        if number >= 2:
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def place(number: int) -> Label:
    """One of the thousand: aisle, bay, level, all different."""
    name = f"{chr(65 + number // 200)}-{number // 5 % 40 + 1:02}-{number % 5:02}"
    facts = LocationFacts(
        name, own.encode("location", own.compact(name)), number % 5, "up" if number % 2 else "down", f"{number:03}"[-3:]
    )
    label = location(facts, Media(100, 50, 300))
    proof.prove(label)
    return label


def sheet(count: int) -> tuple[float, float, int]:
    """Seconds for a PDF of so many proven locations on A4: all, with one process and with two; its bytes."""
    start = time.perf_counter()
    made = pdf.sheets([place(number) for number in range(count)], "A4")
    single = time.perf_counter() - start
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        pdf.sheets(list(pool.map(place, range(count), chunksize=50)), "A4")
    return single, time.perf_counter() - start, len(made)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure labels.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    quick = parser.parse_args().quick
    times = 5 if quick else 50
    print(f"{_machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")
    base = median_ms(alone, times)
    print("| label, proof included | renderer | ms | labels/s |\n|---|---|---|---|")
    print(f"| one Code 128, no proof | python-barcode alone | {base:.1f} | {1000 / base:.0f} |")
    for name in SHOWN:
        for title, render in RENDERERS.items():
            ms = median_ms(lambda name=name, render=render: one(name, render), times)  # type: ignore[misc]
            print(f"| {name} | {title} | {ms:.1f} | {1000 / ms:.0f} |")
    count = 100 if quick else 1000
    single, double, size = sheet(count)
    print(
        f"\n{count} locations on A4, proven: {single:.1f} s in one process, {double:.1f} s in two; {size / 1e6:.1f} MB"
    )


def _machine() -> str:
    """The processor's name and the number of cores."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0].partition(': ')[2] if names else platform.machine()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
