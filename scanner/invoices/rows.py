"""Rows: what the importer is given, made from invoices: items, places, suppliers, customers, stock and orders."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from typing import Any, Final

from babel import Locale

from scanner.barcode import check_digit
from scanner.by import By
from scanner.demo.floor import VOLUME_MM3, WEIGHT_G, Shelves, make_cartons, make_places
from scanner.demo.shapes import shape_of
from scanner.invoices.read import GUEST, Line, Shop, Window

AISLES, BAYS = 20, 90
LEAD_DAYS = (5, 9, 13, 17, 21, 25)  # of the six suppliers
PURCHASE_LINES = 25
CURRENCY: Final = "GBP"  # "product price per unit in sterling", says the data set; of tax it says nothing
# What the shop calls a country, where English has another word for it.
_THEIRS: Final = {"eire": "IE", "usa": "US", "rsa": "ZA", "channel islands": "JE", "hong kong": "HK"}
COUNTRIES: Final = {name.lower(): code for code, name in Locale("en").territories.items() if code.isalpha()} | _THEIRS
FULL = 0.8  # of a place's capacity
MOST_PLACES = 6  # for one item


def rows_of(shop: Shop, window: Window, by: By) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every kind of row for the importer, in the order in which they need each other."""
    items = _items(shop, window)
    places = make_places(AISLES, BAYS)
    orders = _orders(window.day, by)
    stock = _stock(items, window, Shelves(places))
    yield "items", list(items.values())
    yield "locations", places
    yield "suppliers", _suppliers(items)
    yield "customers", [_customer(code, country) for code, country in sorted(shop.customers.items())]
    yield "cartons", make_cartons()
    yield "opening_stock", stock
    yield "purchase_orders", _purchase_orders(items, window, by)
    yield "orders", orders


def _items(shop: Shop, window: Window) -> dict[str, dict[str, Any]]:
    """Every code that was ever sold, by its most frequent description. Shape and GTIN are the demo's own."""
    rows = {}
    for number, (sku, item) in enumerate(sorted(shop.items.items())):
        name = max(item.names, key=lambda name: (bool(name), item.names[name], name)) or f"Item {sku}"
        shape = shape_of(name, random.Random(sku))  # noqa: S311 - the same item is as large each time
        stem = f"2{number:011d}"
        rows[sku] = {
            "sku": sku,
            "name": name,
            "length_mm": shape.length_mm,
            "width_mm": shape.width_mm,
            "height_mm": shape.height_mm,
            "weight_g": shape.weight_g,
            "value_cents": item.cents,
            "popularity": window.times[sku],
            "gtin": stem + check_digit(stem),
        }
    return rows


def _suppliers_of(items: dict[str, dict[str, Any]]) -> list[list[str]]:
    """The codes in their order, in six equal parts."""
    codes, count = sorted(items), len(LEAD_DAYS)
    size = ceil(len(codes) / count)
    return [codes[start : start + size] for start in range(0, len(codes), size)]


def _suppliers(items: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"code": f"S{n}", "name": f"Supplier {n} ({codes[0]} to {codes[-1]})", "lead_days": LEAD_DAYS[n - 1]}
        for n, codes in enumerate(_suppliers_of(items), 1)
    ]


def _customer(code: str, country: str) -> dict[str, Any]:
    name = "Guests without a number" if code == GUEST else f"Customer {code}"
    letters = COUNTRIES.get(country.lower(), "")
    return {"code": code, "name": name, "country": country, "country_code": letters}


def _stock(items: dict[str, dict[str, Any]], window: Window, shelves: Shelves) -> list[dict[str, Any]]:
    """Four weeks of sales, and never less than the day wants; the popular goods near the docks, the rest above."""
    wanted: Counter[str] = Counter()
    for line in window.day:
        wanted[line.sku] += line.qty
    rows = []
    rng = random.Random(0)  # noqa: S311 - which full place gets one more item
    for sku in sorted(items, key=lambda sku: (-items[sku]["popularity"], sku)):
        left = max(window.sold[sku], wanted[sku])
        for number in range(MOST_PLACES):
            if left <= 0:
                break
            kind = "reserve" if number else "pick"
            qty = left if number == MOST_PLACES - 1 else min(left, _fits(items[sku], kind))
            rows.append({"location": shelves.take(kind, "ambient", rng), "sku": sku, "qty": qty})
            left -= qty
    return rows


def _fits(item: dict[str, Any], kind: str) -> int:
    volume = item["length_mm"] * item["width_mm"] * item["height_mm"]
    return max(1, int(FULL * min(VOLUME_MM3[kind] / volume, WEIGHT_G[kind] / item["weight_g"])))


def _orders(lines: list[Line], by: By) -> list[dict[str, Any]]:
    """One order for each invoice; lines with the same code and price are one line, so that its sum stays the shop's."""
    orders: dict[str, dict[str, Any]] = {}
    quantities: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for line in lines:
        is_home = line.country == "United Kingdom"
        orders.setdefault(
            line.invoice,
            {
                "number": line.invoice,
                "customer": line.customer or GUEST,
                "ordered_at": line.at.replace(" ", "T"),
                "promised_on": by.today,
                "carrier": "Northpost" if is_home else "Kestrel",
                "service": "Standard" if is_home else "Abroad",
                "currency": CURRENCY,
            },
        )
        quantities[line.invoice][line.sku, line.cents] += line.qty
    for number, order in orders.items():
        order["lines"] = [
            {"sku": sku, "qty": qty, "price_cents": cents} for (sku, cents), qty in quantities[number].items()
        ]
    return list(orders.values())


def _purchase_orders(items: dict[str, dict[str, Any]], window: Window, by: By) -> list[dict[str, Any]]:
    """From each supplier two weeks' worth of what sells best: one order due today, one on its way."""
    rows = []
    for n, codes in enumerate(_suppliers_of(items), 1):
        best = sorted((sku for sku in codes if window.sold[sku]), key=lambda sku: (-items[sku]["popularity"], sku))
        for part, days in enumerate((0, LEAD_DAYS[n - 1])):
            due = by.today + timedelta(days=days)
            lines = best[part * PURCHASE_LINES : (part + 1) * PURCHASE_LINES]
            rows.append(
                {
                    "number": f"R{n}0{part + 1}",
                    "supplier": f"S{n}",
                    "ordered_on": due - timedelta(days=LEAD_DAYS[n - 1]),
                    "due_on": due,
                    "lines": [{"sku": sku, "qty": 12 * ceil(window.sold[sku] / 24)} for sku in lines],
                }
            )
    return [row for row in rows if row["lines"]]
