"""Read: from a shop's invoice file to its lines, what the whole file says, and the weeks around one day."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import TextIOWrapper
from pathlib import Path
from statistics import median
from typing import IO, Any, Final, NamedTuple

from scanner.refusals import Refusal

COLUMNS: Final = (
    *("InvoiceNo", "StockCode", "Description", "Quantity"),
    *("InvoiceDate", "UnitPrice", "CustomerID", "Country"),
)
WEEKS_OF_STOCK = 4
GUEST: Final = "GUEST"  # the customer of invoices without a customer number
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

Progress = Callable[[int, int, str], None]  # done, total, what


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


def file_in(folder: Path) -> Path:
    """The first file of the folder that may be it. Refuses bad_request."""
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


def read_all(path: Path, say: Progress) -> Shop:
    """The first reading: every line, counted. Refuses bad_request for a file without sales."""
    shop = Shop()
    for row in _raw(path, say, "reading"):
        shop.take(_line(row))
    if not shop.by_day:
        raise Refusal("bad_request", f"{path.name} has no sales.")
    return shop


def chosen_day(wanted: str | date | None, by_day: Counter[str]) -> date:
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


def window_of(path: Path, day: date, say: Progress) -> Window:
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
