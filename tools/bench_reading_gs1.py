"""Measure what reading a GS1 code costs, beside the library `biip` in the same run.

.venv/bin/python -m tools.bench_reading_gs1
"""

from __future__ import annotations

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
    "item, lot, serial": f"]d2010950600013435210aB7-x{GS}21Q1w9",
    "item, date, lot, serial, weight": f"]d2010950600013435217251231310300125010L4711{GS}21SN000123",
    "contents, best before, count, lot": f"]C102095060001343521525033137240{GS}104512XA",
    "pallet": "]C100106141412345678908",
    "lot, no separator known": "]C101095060001343521725123110LOT000123A",
    "link": "https://id.gs1.org/01/09506000134352/10/ABC1/21/12345?17=251231",
}
ROUNDS, REPEATS = 15, 400


def main() -> None:
    """Print microseconds of processor time for each code: the best of rounds that take turns."""
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
    return min(ours), min(theirs)


def _microseconds(what: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(REPEATS):
        what()
    return (time.process_time() - start) / REPEATS * 1e6


if __name__ == "__main__":
    main()
