"""Opening: what lies on the demo's shelves on its first day: four weeks of sales, lots with dates, pallets above."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from scanner.barcode import sscc
from scanner.demo.catalogue import COOL, Goods
from scanner.demo.floor import VOLUME_MM3, WEIGHT_G, Shelves

UNITS_A_LINE = 6  # what a customer takes on the average
LEAST = 6
FULL = 0.8  # of a place's capacity
PALLETS = 12  # of the most popular items, with an SSCC
PREFIX = "9521234"  # GS1's own prefix for examples


def make_opening(goods: Sequence[Goods], shelves: Shelves, today: date, rng: random.Random) -> list[dict[str, Any]]:
    """Rows for the importer, and at their end one lot that is past its date, in quarantine."""
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(goods):
        home = _place(shelves, "pick", item, rng)
        if item.row["tracking"] == "serial":
            rows += _serials(item, home, rng)
            continue
        wanted = max(LEAST, item.row["popularity"] * UNITS_A_LINE)
        on_shelf = min(wanted, _fits(item, "pick"))
        rows += _lots(item, home, on_shelf, today, rng)
        if wanted > on_shelf:
            above = _place(shelves, "reserve", item, rng)
            unit = sscc(PREFIX, 3, number + 1) if number < PALLETS else ""
            rows += _lots(item, above, min(wanted - on_shelf, _fits(item, "reserve")), today, rng, unit)
    return [*rows, _expired(goods, today)]


def _place(shelves: Shelves, kind: str, item: Goods, rng: random.Random) -> str:
    return shelves.take(kind, COOL if item.row["storage_class"] == COOL else "ambient", rng)


def _fits(item: Goods, kind: str) -> int:
    """How many units a place takes."""
    return max(1, int(FULL * min(VOLUME_MM3[kind] / item.volume_mm3, WEIGHT_G[kind] / max(1, item.row["weight_g"]))))


def _lots(
    item: Goods, place: str, qty: int, today: date, rng: random.Random, unit: str = ""
) -> Iterator[dict[str, Any]]:
    """The quantity as it lies there: one row, or two lots of different age."""
    common = {"location": place, "sku": item.sku, "unit": unit}
    if item.row["tracking"] != "lot":
        yield {**common, "qty": qty}
        return
    first = qty // 3
    for share, part in ((0.45, first), (0.85, qty - first)):
        if part:
            date_ = today + timedelta(days=int(item.thing.days * share * rng.uniform(0.9, 1.1)))
            yield {**common, "qty": part, "lot": _lot_code(date_, rng), item.thing.dates: date_}


def _lot_code(date_: date, rng: random.Random) -> str:
    return f"L{date_:%y%j}{rng.choice('BCDFGH')}{rng.randrange(10)}"


def _serials(item: Goods, place: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(rng.randint(3, 6)):
        yield {"location": place, "sku": item.sku, "qty": 1, "serial": f"{item.thing.code}{rng.randrange(10**6):06d}"}


def _expired(goods: Sequence[Goods], today: date) -> dict[str, Any]:
    """Somebody found it in time."""
    item = next(item for item in goods if item.thing.dates == "expiry")
    gone = today - timedelta(days=9)
    return {"location": "QUAR-1", "sku": item.sku, "qty": 5, "lot": f"L{gone:%y%j}X", "expiry": gone}
