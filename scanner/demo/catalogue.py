"""Catalogue: the demo's items: colours, materials and things, drawn by a seed, a few asked for again and again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import Any

from scanner.barcode import check_digit
from scanner.demo.words import COLOURS, FLAVOURS, GIFTS, MATERIALS, PRECIOUS, SUPPLIERS, TEAS, TREATS, Thing

COOL = "cool"  # the storage class of chocolate
CASES = (6, 12, 12, 24)
HEAD, BEND = 6, 1.05  # of the curve of popularity: a fifth of the items makes some 70 % of the order lines


@dataclass(frozen=True, slots=True)
class Goods:
    """One item of the demo with what the importer does not ask for."""

    row: dict[str, Any]
    thing: Thing
    supplier: str
    share: float  # of all order lines

    @property
    def sku(self) -> str:
        """The item's SKU."""
        return str(self.row["sku"])

    @property
    def volume_mm3(self) -> int:
        """Of one base unit."""
        length, width, height = self.thing.size
        return length * width * height


def make_catalogue(count: int, lines_a_month: int, rng: random.Random) -> list[Goods]:
    """`count` items, the most popular first; one in twelve is kept by lot, one in eighty by serial number."""
    edible = [(*pair, 1.0, 1.0) for pair in product((*TREATS, *TEAS), FLAVOURS)]
    precious = [(*pair, 1.0, 1.0) for pair in product(PRECIOUS, COLOURS)]
    gifts = [
        (thing, (f"{colour[0]}-{material[0]}", f"{colour[1]} {material[1]}"), material[2], material[3])
        for thing, colour, material in product(GIFTS, COLOURS, MATERIALS)
    ]
    picked = [
        *rng.sample(edible, min(count // 12, len(edible))),
        *rng.sample(precious, min(max(count // 80, 2), len(precious))),
    ]
    picked += rng.sample(gifts, count - len(picked))
    rng.shuffle(picked)
    shares = [1 / (rank + HEAD) ** BEND for rank in range(count)]
    total = sum(shares)
    return [_goods(number, *kind, shares[number] / total, lines_a_month, rng) for number, kind in enumerate(picked)]


def _goods(
    number: int,
    thing: Thing,
    variety: tuple[str, str],
    heavier: float,
    dearer: float,
    share: float,
    lines_a_month: int,
    rng: random.Random,
) -> Goods:
    length, width, height = thing.size
    gtin = _with_check(f"2{number // 400 + 10:02d}{rng.randrange(10**5):05d}{number:04d}")
    row: dict[str, Any] = {
        "sku": f"{thing.code}-{variety[0]}",
        "name": f"{variety[1]} {thing.name}",
        "tracking": thing.keeps,
        "has_expiry": bool(thing.dates),
        "storage_class": COOL if thing in TREATS else "ambient",
        "weight_g": round(thing.weight_g * heavier * rng.uniform(0.9, 1.1)),
        "length_mm": length,
        "width_mm": width,
        "height_mm": height,
        "value_cents": max(10, round(thing.value_cents * dearer * rng.uniform(0.8, 1.2), -1)),
        "over_tolerance_pct": rng.choice((0, 0, 0, 5, 10)),
        "popularity": max(1, round(share * lines_a_month)),
        "gtin": gtin,
    }
    if thing.keeps != "serial" and rng.random() < 0.5:
        row |= {"case_gtin": _with_check(f"1{gtin[:12]}"), "case_qty": rng.choice(CASES)}
    return Goods(row, thing, _supplier(thing, variety[0]), share)


def _with_check(digits: str) -> str:
    return digits + check_digit(digits)


def _supplier(thing: Thing, variety: str) -> str:
    """Food and precious things by what they are, gifts by their material."""
    marks = {thing.code, variety.rpartition("-")[2]}
    return next((code for code, _name, _days, sells in SUPPLIERS if marks & set(sells)), "WILLOW")
