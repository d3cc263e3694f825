"""Papers: the demo's suppliers and customers, what customers want, and what is on its way."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any, Final
from zoneinfo import ZoneInfo

from scanner.demo.catalogue import Goods
from scanner.demo.words import CARRIERS, INSTRUCTIONS, LANGUAGES, SHOPS, STREETS, SUPPLIERS, TEAS, TOWNS

MOST_LINES = 40
QUANTITIES = (1, 1, 2, 2, 3, 4, 6, 6, 12, 24)
CASES = (2, 3, 4, 6, 10)  # of a purchase line
HOME: Final = "United Kingdom"
TAX_BP: Final = 2000  # at home; tea is food and free of it, and so is what leaves the country
MANY, DISCOUNT_BP = 12, 1000  # who takes a dozen pays a tenth less


def make_suppliers() -> list[dict[str, Any]]:
    """Rows for the importer."""
    return [{"code": code, "name": name, "lead_days": days} for code, name, days, _sells in SUPPLIERS]


def make_customers(rng: random.Random) -> list[dict[str, Any]]:
    """Rows for the importer: some with packing instructions, some who want goods that last."""
    rows = []
    for number, shop in enumerate(SHOPS, 1):
        town, country, country_code, postcode, region = rng.choice(TOWNS)
        house, street = rng.randint(1, 98), rng.choice(STREETS)
        rows.append(
            {
                "code": f"C{number:03d}",
                "name": shop,
                "address": f"{house} {street}\n{town}",
                "country": country,
                "street": f"{house} {street}",
                "postcode": postcode,
                "city": town,
                "region": region,
                "country_code": country_code,
                "locale": LANGUAGES.get(country_code, ""),
                "instructions": INSTRUCTIONS[number // 5 - 1] if number % 5 == 0 else "",
                "min_life_days": rng.choice((30, 60, 90)) if number % 4 == 1 else 0,
            }
        )
    return rows


class Demand:
    """Who orders what: customers by chance, items by their share. `customers` are code and country."""

    def __init__(self, goods: Sequence[Goods], customers: Mapping[str, str], rng: random.Random) -> None:
        self.goods, self._customers, self._rng = goods, customers, rng
        self._weights = list(accumulate(item.share for item in goods))

    def order(self, number: str, day: date, zone: ZoneInfo, mean_lines: float) -> dict[str, Any]:
        """One order with its lines, as a row for the importer. It is promised for `day` and came the day before."""
        rng = self._rng
        carrier, services = rng.choice(CARRIERS)
        customer = rng.choice(list(self._customers))
        came = datetime.combine(day - timedelta(days=1), time(rng.randrange(8, 18), rng.randrange(60)), zone)
        return {
            "number": number,
            "customer": customer,
            "ordered_at": came,
            "promised_on": day,
            "carrier": carrier,
            "service": rng.choice(services),
            "instructions": rng.choice(INSTRUCTIONS) if rng.random() < 0.1 else "",
            "currency": "GBP",
            "lines": [self._line(item, customer) for item in self._items(mean_lines)],
        }

    def _line(self, item: Goods, customer: str) -> dict[str, Any]:
        """An item with its quantity and what it costs there."""
        qty, is_home = self._quantity(item), self._customers[customer] == HOME
        return {
            "sku": item.sku,
            "qty": qty,
            "price_cents": price_of(item),
            "tax_bp": TAX_BP if is_home and item.thing not in TEAS else 0,
            "discount_bp": DISCOUNT_BP if qty >= MANY else 0,
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


def price_of(item: Goods) -> int:
    """What a shop pays for one, in pence: three fifths above its value, ending in 5 or 0."""
    return -(-int(item.row["value_cents"]) * 8 // 25) * 5


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
