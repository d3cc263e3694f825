"""Floor: the aisles of a demo warehouse with real coordinates, its docks, benches and doors, and its boxes."""

from __future__ import annotations

import random
from typing import Any, Final

AISLES: Final = "ABCDEFGHIJKLMNOPRSTU"  # no Q: on a French keyboard it is an A
LEVELS: Final = (("1", "pick"), ("2", "pick"), ("3", "reserve"))
AISLE_MM, BAY_MM, CROSS_MM = 3_600, 1_200, 3_600
FIRST_MM: Final = 6_000  # from the docks to the first bay
WEIGHT_G: Final = {"pick": 250_000, "reserve": 800_000}
VOLUME_MM3: Final = {"pick": 480_000_000, "reserve": 1_440_000_000}
FIXED: Final = (  # code, kind, x, y
    ("DOCK-1", "dock", 0, 0),
    ("DOCK-2", "dock", 7_200, 0),
    ("CART-1", "cart", 14_400, 1_000),
    ("CART-2", "cart", 15_600, 1_000),
    ("PACK-1", "pack", 18_000, 1_000),
    ("PACK-2", "pack", 20_400, 1_000),
    ("DOOR-1", "door", 24_000, 0),
    ("DOOR-2", "door", 27_600, 0),
    ("QUAR-1", "quarantine", 3_600, 3_000),
    ("RET-1", "returns", 10_800, 0),
)
CARTONS: Final = (  # code, name, inside measures, tare
    ("C1", "Letter box", 250, 180, 50, 60),
    ("C2", "Mug box", 150, 120, 120, 70),
    ("C3", "Small flat", 300, 220, 100, 120),
    ("C4", "Small cube", 200, 200, 200, 140),
    ("C5", "Shoe box", 330, 220, 140, 170),
    ("C6", "Medium flat", 400, 300, 120, 230),
    ("C7", "Medium", 400, 300, 200, 280),
    ("C8", "Medium tall", 400, 300, 320, 350),
    ("C9", "Tube", 900, 120, 120, 260),
    ("C10", "Large flat", 600, 400, 150, 420),
    ("C11", "Large", 600, 400, 300, 560),
    ("C12", "Half pallet", 780, 580, 500, 1500),
)


def make_places(aisles: int, bays: int, cool_aisle: str = "") -> list[dict[str, Any]]:
    """Rows for the importer, in walking order. Two bays face each other, odd left and even right of the aisle.

    A cross aisle in the middle makes two blocks. The goods of class 'cool' lie in `cool_aisle`.
    """
    rows: list[dict[str, Any]] = [
        {"code": code, "kind": kind, "x_mm": x, "y_mm": y, "storage_class": "any"} for code, kind, x, y in FIXED
    ]
    for number, aisle in enumerate(AISLES[:aisles], 1):
        for bay in range(1, bays + 1):
            depth = (bay - 1) // 2
            y = FIRST_MM + depth * BAY_MM + (CROSS_MM if bay > bays // 2 else 0)
            for level, kind in LEVELS:
                rows.append(
                    {
                        "code": f"{aisle}-{bay:02d}-{level}",
                        "kind": kind,
                        "x_mm": number * AISLE_MM,
                        "y_mm": y,
                        "capacity_weight_g": WEIGHT_G[kind],
                        "capacity_volume_mm3": VOLUME_MM3[kind],
                        "storage_class": "cool" if aisle == cool_aisle else "ambient",
                    }
                )
    return rows


def make_cartons() -> list[dict[str, Any]]:
    """Rows for the importer."""
    names = ("code", "name", "length_mm", "width_mm", "height_mm", "tare_g")
    return [dict(zip(names, carton, strict=True), max_g=30_000) for carton in CARTONS]


class Shelves:
    """Deals out places: a picking place of its own for each item, near ones first, and pallet places above."""

    def __init__(self, places: list[dict[str, Any]]) -> None:
        self._free: dict[tuple[str, str], list[str]] = {}
        self._used: dict[tuple[str, str], list[str]] = {}
        # The near end of every aisle before the far end of any: bays by their distance from the docks.
        for row in sorted(places, key=lambda row: (row["y_mm"], row["x_mm"])):
            if row["kind"] in WEIGHT_G:
                self._free.setdefault((row["kind"], row["storage_class"]), []).append(row["code"])
        for codes in self._free.values():
            codes.reverse()

    def take(self, kind: str, storage_class: str, rng: random.Random) -> str:
        """The next free place of a kind and class; one that is in use when none is left."""
        key = (kind, storage_class)
        if self._free[key]:
            self._used.setdefault(key, []).append(self._free[key].pop())
            return self._used[key][-1]
        return rng.choice(self._used[key])
