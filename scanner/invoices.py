"""Invoices: a warehouse made from a real shop's invoice lines, dirty as they are, through the product's own importer.

The data set is "Online Retail" (Chen, Sain & Guo, 2012; CC BY 4.0): one row for each invoice line. Every line of it is
accounted for: it is a sale, or it is left out for a reason that the summary counts. The invoices of one day become the
open orders; the sales of the four weeks before it are the stock on the shelves.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import TextIOWrapper
from math import ceil
from pathlib import Path
from statistics import median
from typing import IO, Any, Final, NamedTuple

from scanner import imports
from scanner.barcode import check_digit
from scanner.by import By
from scanner.demo.floor import VOLUME_MM3, WEIGHT_G, Shelves, make_cartons, make_places
from scanner.demo.shapes import shape_of
from scanner.refusals import Refusal

SOURCE: Final = "Online Retail: Chen, Sain & Guo, 2012, UCI Machine Learning Repository, CC BY 4.0"
COLUMNS: Final = (
    *("InvoiceNo", "StockCode", "Description", "Quantity"),
    *("InvoiceDate", "UnitPrice", "CustomerID", "Country"),
)
AISLES, BAYS = 20, 90
WEEKS_OF_STOCK = 4
LEAD_DAYS = (5, 9, 13, 17, 21, 25)  # of the six suppliers
PURCHASE_LINES = 25
GUEST: Final = "GUEST"  # the customer of invoices without a customer number
FULL = 0.8  # of a place's capacity
MOST_PLACES = 6  # for one item
STEP = 20_000  # lines between two words about progress

SALE: Final = "sold"
CANCELLED: Final = "sold and cancelled the same day"
REASONS: Final = {
    SALE: "goods that left the house",
    CANCELLED: "the customer took the line back on the same day",
    "cancellation": "the invoice number starts with C",
    "no invoice of goods": "the invoice number starts with another letter: bad debt",
    "no goods": "the code is postage, a fee, a voucher, a correction by hand",
    "stock correction": "a quantity of zero or less, or a price of zero without a customer",
    "unreadable": "a number or a date that cannot be read, or a cell too few",
}
# Five digits and up to two letters; the shop's party goods and its cushion pads have codes of their own.
_GOODS = re.compile(r"[0-9]{5}[A-Z]{0,2}|DCGS[A-Z0-9]{1,8}|PADS")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?")

Progress = Callable[[int, int, str], None]


class Line(NamedTuple):
    """One readable invoice line. `at` is the shop's clock as text: 2011-09-30 08:26:00."""

    invoice: str
    sku: str
    name: str
    qty: int
    at: str
    cents: int
    customer: str
    country: str

    @property
    def day(self) -> str:
        """The date."""
        return self.at[:10]


@dataclass(slots=True)
class Item:
    """What all sales of one code say of it."""

    names: Counter[str] = field(default_factory=Counter)
    cents: int = 0


@dataclass(slots=True)
class Summary:
    """What became of every line, and what was imported."""

    file: str
    day: date
    lines: Counter[str] = field(default_factory=Counter)  # by reason; REASONS explains them
    merged: int = 0  # lines of the day that repeat a code of their invoice: one order line has them all
    reports: list[imports.Report] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Lines in the file."""
        return self.lines.total()

    @property
    def is_ok(self) -> bool:
        """True if everything was imported."""
        return all(report.is_ok for report in self.reports)

    def __str__(self) -> str:
        told = [f"{self.file}: {self.total:,} lines; the orders are those of {self.day}."]
        told += [f"  {self.lines[reason]:>9,}  {reason}: {why}" for reason, why in REASONS.items()]
        told += [f"  {self.merged:,} lines of the day repeat a code of their invoice and were added to its line."]
        told += [f"  {report.summary}" for report in self.reports]
        return "\n".join([*told, f"Source: {SOURCE}"])


def import_invoices(
    folder: Path | str, *, by: By, progress: Progress | None = None, day: str | date | None = None
) -> Summary:
    """Make items, locations, suppliers, purchase orders, customers, stock and orders from the invoices in `folder`.

    `day` (2011-09-30) is the one whose invoices become open orders; else the last full one. They are promised for
    today. Refuses bad_request: no such file, another kind of file, no sales on that day.
    """
    say = progress or _silent
    path = _file(Path(folder))
    shop = _read_all(path, say)
    summary = Summary(path.name, _day(day, shop.by_day), shop.lines)
    window = _window(path, summary.day, say)
    for kind, rows in _rows(shop, window, summary, by):
        say(0, len(rows), kind)
        report = imports.import_rows(kind, rows, by=by, file=path.name)
        summary.reports.append(report)
        say(len(rows), len(rows), kind)
        if not report.is_ok:
            raise Refusal("bad_request", f"{report.summary} The first: {report.errors[0]}")
    return summary


def _silent(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""


# --- reading -----------------------------------------------------------------------------------------------------


def _file(folder: Path) -> Path:
    found = sorted([*folder.glob("*.csv.gz"), *folder.glob("*.csv")])
    if not found:
        raise Refusal("bad_request", f"There is no .csv or .csv.gz file in {folder}.")
    return found[0]


def _raw(path: Path, say: Progress, what: str) -> Iterator[dict[str, str | None]]:
    """Every line as it stands there. Refuses bad_request for a file that is something else."""
    size = max(1, path.stat().st_size)
    try:
        with path.open("rb") as raw, _unpacked(raw, path) as stream:
            reader = csv.DictReader(TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise Refusal("bad_request", f"{path.name} has no column {missing[0]}.")
            for number, row in enumerate(reader):
                if number % STEP == 0:
                    say(min(raw.tell(), size - 1), size, what)
                yield row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise Refusal("bad_request", f"{path.name} cannot be read: {error}.") from error
    say(size, size, what)


def _unpacked(raw: IO[bytes], path: Path) -> AbstractContextManager[IO[bytes]]:
    unpacked: Any = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else nullcontext(raw)
    return unpacked  # type: ignore[no-any-return]


def _line(row: dict[str, str | None]) -> Line | None:
    """The line, tidied; None if it cannot be read."""
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        qty, cents = int(cells["Quantity"]), round(float(cells["UnitPrice"]) * 100)
    except (ValueError, OverflowError):
        return None
    if not cells["InvoiceNo"] or not cells["StockCode"] or not _DATE.fullmatch(cells["InvoiceDate"]):
        return None
    return Line(
        cells["InvoiceNo"].upper(),
        cells["StockCode"].upper(),
        " ".join(cells["Description"].split()),
        qty,
        cells["InvoiceDate"],
        cents,
        cells["CustomerID"].removesuffix(".0"),
        cells["Country"],
    )


def reason_of(line: Line | None) -> str:
    """Why a line is a sale, or why it is none."""
    if line is None:
        return "unreadable"
    if line.invoice.startswith("C"):
        return "cancellation"
    if not line.invoice.isdigit():
        return "no invoice of goods"
    if not _GOODS.fullmatch(line.sku):
        return "no goods"
    if line.qty <= 0 or (line.cents <= 0 and not line.customer):
        return "stock correction"
    return SALE


@dataclass(slots=True)
class Shop:
    """What the whole file says."""

    lines: Counter[str] = field(default_factory=Counter)
    items: defaultdict[str, Item] = field(default_factory=lambda: defaultdict(Item))
    customers: dict[str, str] = field(default_factory=dict)  # number: country
    by_day: Counter[str] = field(default_factory=Counter)  # invoices
    _invoice: str = ""
    _day: str = ""
    _today: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def take(self, line: Line | None) -> None:
        """Count one line. A cancellation takes back a sale of the same day, customer, code and quantity."""
        reason = reason_of(line)
        self.lines[reason] += 1
        if line is None:
            return
        if line.day != self._day:
            self._day = line.day
            self._today.clear()
        if reason == SALE:
            self._sell(line)
        elif reason == "cancellation" and self._today[_wanted(line)] > 0:
            self._today[_wanted(line)] -= 1
            self.lines[SALE] -= 1
            self.lines[CANCELLED] += 1

    def _sell(self, line: Line) -> None:
        self._today[_wanted(line)] += 1
        item = self.items[line.sku]
        item.names[line.name] += 1
        item.cents = line.cents or item.cents  # the last price; 0 is a present
        self.customers.setdefault(line.customer or GUEST, line.country if line.customer else "")
        if line.invoice != self._invoice:
            self._invoice = line.invoice
            self.by_day[line.day] += 1


def _wanted(line: Line) -> tuple[str, str, int]:
    return line.customer, line.sku, abs(line.qty)


def _read_all(path: Path, say: Progress) -> Shop:
    shop = Shop()
    for row in _raw(path, say, "reading"):
        shop.take(_line(row))
    if not shop.by_day:
        raise Refusal("bad_request", f"{path.name} has no sales.")
    return shop


def _day(wanted: str | date | None, by_day: Counter[str]) -> date:
    """The day that is asked for, or the last with at least half as many invoices as most days have."""
    if wanted is None:
        usual = median(by_day.values())
        return date.fromisoformat(max(day for day, count in by_day.items() if count >= usual / 2))
    try:
        chosen = date.fromisoformat(str(wanted))
    except ValueError as error:
        raise Refusal("bad_request", f"{wanted} is no date; write it as 2011-09-30.") from error
    if not by_day[chosen.isoformat()]:
        raise Refusal("bad_request", f"There are no sales on {chosen}; the file has {min(by_day)} to {max(by_day)}.")
    return chosen


@dataclass(slots=True)
class Window:
    """The day's sales, and the four weeks before it."""

    day: list[Line] = field(default_factory=list)
    sold: Counter[str] = field(default_factory=Counter)  # units by code, before the day
    times: Counter[str] = field(default_factory=Counter)  # order lines by code, before the day


def _window(path: Path, day: date, say: Progress) -> Window:
    """The second reading: the lines around the day, without those that were cancelled the same day."""
    first = (day - timedelta(weeks=WEEKS_OF_STOCK)).isoformat()
    window = Window()
    sales: list[Line] = []
    for row in _raw(path, say, "the day"):
        at = (row.get("InvoiceDate") or "").strip()
        if first <= at[:10] <= day.isoformat() and (line := _line(row)) is not None:
            _keep(line, sales)
    for line in sales:
        if line.day == day.isoformat():
            window.day.append(line)
        else:
            window.sold[line.sku] += line.qty
            window.times[line.sku] += 1
    return window


def _keep(line: Line, sales: list[Line]) -> None:
    reason = reason_of(line)
    if reason == SALE:
        sales.append(line)
    elif reason == "cancellation":
        for place in range(len(sales) - 1, -1, -1):
            if sales[place].day != line.day:
                return
            if _wanted(sales[place]) == _wanted(line):
                del sales[place]
                return


# --- rows for the importer ---------------------------------------------------------------------------------------


def _rows(shop: Shop, window: Window, summary: Summary, by: By) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    items = _items(shop, window)
    places = make_places(AISLES, BAYS)
    orders, summary.merged = _orders(window.day, by)
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
    return {"code": code, "name": name, "country": country}


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


def _orders(lines: list[Line], by: By) -> tuple[list[dict[str, Any]], int]:
    """One order for each invoice, and how many lines were added to another of the same code."""
    orders: dict[str, dict[str, Any]] = {}
    quantities: dict[str, Counter[str]] = defaultdict(Counter)
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
            },
        )
        quantities[line.invoice][line.sku] += line.qty
    for number, order in orders.items():
        order["lines"] = [{"sku": sku, "qty": qty} for sku, qty in quantities[number].items()]
    return list(orders.values()), len(lines) - sum(len(skus) for skus in quantities.values())


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
