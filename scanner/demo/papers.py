"""Papers: the demo's suppliers and customers, what customers want, and what is on its way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from scanner.demo.catalogue import Goods
from scanner.demo.words import CARRIERS, INSTRUCTIONS, SHOPS, STREETS, SUPPLIERS, TOWNS

MOST_LINES = 40
QUANTITIES = (1, 1, 2, 2, 3, 4, 6, 6, 12, 24)
CASES = (2, 3, 4, 6, 10)  # of a purchase line


def make_suppliers() -> list[dict[str, Any]]:
    """Rows for the importer."""
    return [{"code": code, "name": name, "lead_days": days} for code, name, days, _sells in SUPPLIERS]


def make_customers(rng: random.Random) -> list[dict[str, Any]]:
    """Rows for the importer: some with packing instructions, some who want goods that last."""
    rows = []
    for number, shop in enumerate(SHOPS, 1):
        town, country = rng.choice(TOWNS)
        rows.append(
            {
                "code": f"C{number:03d}",
                "name": shop,
                "address": f"{rng.randint(1, 98)} {rng.choice(STREETS)}\n{town}",
                "country": country,
                "instructions": INSTRUCTIONS[number // 5 - 1] if number % 5 == 0 else "",
                "min_life_days": rng.choice((30, 60, 90)) if number % 4 == 1 else 0,
            }
        )
    return rows


class Demand:
    """Who orders what: customers by chance, items by their share."""

    def __init__(self, goods: Sequence[Goods], customers: Sequence[str], rng: random.Random) -> None:
        self.goods, self._customers, self._rng = goods, customers, rng
        self._weights = list(accumulate(item.share for item in goods))

    def order(self, number: str, day: date, zone: ZoneInfo, mean_lines: float) -> dict[str, Any]:
        """One order with its lines, as a row for the importer. It is promised for `day` and came the day before."""
        rng = self._rng
        carrier, services = rng.choice(CARRIERS)
        came = datetime.combine(day - timedelta(days=1), time(rng.randrange(8, 18), rng.randrange(60)), zone)
        return {
            "number": number,
            "customer": rng.choice(self._customers),
            "ordered_at": came,
            "promised_on": day,
            "carrier": carrier,
            "service": rng.choice(services),
            "instructions": rng.choice(INSTRUCTIONS) if rng.random() < 0.1 else "",
            "lines": [{"sku": item.sku, "qty": self._quantity(item)} for item in self._items(mean_lines)],
        }

    def _items(self, mean_lines: float) -> list[Goods]:
        wanted = min(MOST_LINES, 1 + int(self._rng.expovariate(1 / mean_lines)))
        drawn = self._rng.choices(self.goods, cum_weights=self._weights, k=wanted)
        return list({item.sku: item for item in drawn}.values())

    def _quantity(self, item: Goods) -> int:
        return 1 if item.row["tracking"] == "serial" else self._rng.choice(QUANTITIES)

    def purchase_order(self, number: str, supplier: str, ordered_on: date, due_on: date, lines: int) -> dict[str, Any]:
        """One purchase order for what its supplier sells, as a row for the importer."""
        theirs = [item for item in self.goods if item.supplier == supplier and item.row["tracking"] != "serial"]
        picked = self._rng.sample(theirs, min(lines, len(theirs)))
        return {
            "number": number,
            "supplier": supplier,
            "ordered_on": ordered_on,
            "due_on": due_on,
            "lines": [{"sku": item.sku, "qty": self._pack(item) * self._rng.choice(CASES)} for item in picked],
        }

    def _pack(self, item: Goods) -> int:
        return int(item.row.get("case_qty", 12))


def due_dates(today: date, count: int) -> list[tuple[str, int, date]]:
    """Open purchase orders: supplier, lead time and due date. One is overdue, two are due today, others follow."""
    days = [-3, 0, 0, 1, 2, 4, 6, 9, 13, 18]
    return [
        (
            SUPPLIERS[n % len(SUPPLIERS)][0],
            SUPPLIERS[n % len(SUPPLIERS)][2],
            today + timedelta(days=days[n % len(days)]),
        )
        for n in range(count)
    ]
