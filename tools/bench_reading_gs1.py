"""Measure what reading a GS1 code costs, beside the library `biip` in the same run.

    .venv/bin/python -m tools.bench_reading_gs1
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Final

import biip

from scanner.barcode import read
from scanner.barcode.symbology import GS

AIM_US: Final = 100  # for a label with item, date and lot
CODES: Final = {
    "item": "]C10109506000134352",
    "item, date, lot": "]C101095060001343521725123110AB-123",
    "item, lot, serial": f"]d20109506000134352" f"10aB7-x{GS}21Q1w9",
    "item, date, lot, serial, weight": f"]d20109506000134352" f"172512313103001250" f"10L4711{GS}21SN000123",
    "contents, best before, count, lot": f"]C10209506000134352" f"1525033137240{GS}104512XA",
    "pallet": "]C100106141412345678908",
    "lot, no separator known": "]C101095060001343521725123110LOT000123A",
    "link": "https://id.gs1.org/01/09506000134352/10/ABC1/21/12345?17=251231",
}
ROUNDS, REPEATS = 15, 400


def main() -> None:
    """Print microseconds for each code: the median of rounds, this project's and the library's in turn."""
    print(f"{'GS1 code':<36}{'read µs':>9}{'biip µs':>9}{'times':>7}")
    for name, raw in CODES.items():
        ours, theirs = _measured(raw)
        print(f"{name:<36}{ours:>9.1f}{theirs:>9.1f}{theirs / ours:>7.1f}")
    typical = _measured(CODES["item, date, lot"])[0]
    print(f"typical label {typical:.1f} µs (aim {AIM_US} µs): {'ok' if typical <= AIM_US else 'MISSED'}")


def _measured(raw: str) -> tuple[float, float]:
    config = biip.ParseConfig(separator_chars=(GS,))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_microseconds(lambda: read(raw)))
        theirs.append(_microseconds(lambda: biip.parse(raw, config=config)))
    return statistics.median(ours), statistics.median(theirs)


def _microseconds(what: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(REPEATS):
        what()
    return (time.perf_counter() - start) / REPEATS * 1e6


if __name__ == "__main__":
    main()
