"""Invoices: every line of a dirty file is a sale or is left out for a counted reason, and a day of it can be worked."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from scanner import check_ledger, orders, people
from scanner.barcode import keys
from scanner.by import By
from scanner.db import db, engine_options, transact
from scanner.invoices import Summary, import_invoices
from scanner.invoices.read import CANCELLED, COLUMNS, GUEST, REASONS, SALE, window_of
from scanner.models import (
    Balance,
    Barcode,
    Customer,
    Item,
    Location,
    Order,
    OrderLine,
    PurchaseOrder,
    Supplier,
)
from scanner.refusals import Refusal
from scanner.site import make_site
from tests.engines import ENGINES, Databases
from web import create_app

SHARED = Path(os.environ.get("SCANDOCK_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "online_retail"
LINES = 370_931

# invoice, code, description, quantity, date, price, customer, country
DIRTY = """
536365,85123A,WHITE HEART,6,2011-01-03 08:26:00,2.55,17850.0,United Kingdom
536365,85123a,WHITE HEART,2,2011-01-03 08:26:00,2.55,17850.0,United Kingdom
536366,22423,CAKE STAND,4,2011-01-03 08:30:00,12.75,,United Kingdom
536367,POST,POSTAGE,1,2011-01-03 08:34:00,18.00,12583.0,France
536367,22423,CAKE STAND,10,2011-01-03 08:34:00,12.75,12583.0,France
C536368,22423,CAKE STAND,-3,2011-01-03 09:00:00,12.75,12583.0,France
536369,22423,damaged,-20,2011-01-03 09:10:00,0.0,,United Kingdom
536370,22423,,15,2011-01-03 09:11:00,0.0,,United Kingdom
A563185,B,Adjust bad debt,1,2011-01-03 10:00:00,11062.06,,United Kingdom
536371,BANK CHARGES,Bank Charges,1,2011-01-03 10:01:00,15.0,,United Kingdom
536372,22423,CAKE STAND,many,2011-01-03 10:02:00,12.75,,United Kingdom
536373,22423,CAKE STAND,1,on Monday,12.75,,United Kingdom
536400,23166,STORAGE JAR,74215,2011-01-04 10:01:00,1.04,12346.0,United Kingdom
536400,22423,CAKE STAND,1,2011-01-04 10:01:00,12.75,12346.0,United Kingdom
C536401,23166,STORAGE JAR,-74215,2011-01-04 10:17:00,1.04,12346.0,United Kingdom
536402,85123A,WHITE HEART,30,2011-01-04 11:00:00,0.0,17850.0,United Kingdom
536403,DCGS0003,BOXED GLASS ASHTRAY,2,2011-01-04 11:30:00,1.25,,Eire
536403,21232,=SUM(A1) BOX,7,2011-01-04 11:30:00,1.25,,Eire
""".strip()
COUNTED = {
    SALE: 8,
    CANCELLED: 1,
    "cancellation": 2,
    "no invoice of goods": 1,
    "no goods": 2,
    "stock correction": 2,
    "unreadable": 2,
}


def written(folder: Path, text: str = DIRTY, name: str = "invoices.csv") -> Path:
    """A folder with a file of invoices in it."""
    data = f"{','.join(COLUMNS)}\n{text}\n".encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


@pytest.fixture
def by(app: object) -> By:
    """The system, at an empty site."""
    transact(make_site)
    return transact(people.system)


def ordered() -> dict[str, dict[str, int]]:
    """What is ordered, by order number and SKU."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = select(Order.number, Item.sku, OrderLine.ordered).join(OrderLine, OrderLine.order_id == Order.id)
    for number, sku, qty in db.session.execute(rows.join(Item, Item.id == OrderLine.item_id)):
        found[number][sku] = qty
    return found


# --- a small dirty file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["invoices.csv", "invoices.csv.gz"])
def test_every_line_is_accounted_for_and_the_day_is_as_the_customers_wanted(by: By, tmp_path: Path, name: str) -> None:
    summary = import_invoices(written(tmp_path, name=name), by=by)
    assert dict(summary.lines) == COUNTED
    assert summary.total == len(DIRTY.splitlines())
    assert str(summary.day) == "2011-01-04"
    assert ordered() == {
        "536400": {"22423": 1},
        "536402": {"85123A": 30},
        "536403": {"DCGS0003": 2, "21232": 7},
    }
    assert all(reason in str(summary) for reason in REASONS)
    assert "CC BY 4.0" in str(summary)


def test_codes_in_small_letters_are_the_same_item_and_repeated_lines_one(by: By, tmp_path: Path) -> None:
    summary = import_invoices(written(tmp_path), by=by, day="2011-01-03")
    assert ordered() == {"536365": {"85123A": 8}, "536366": {"22423": 4}, "536367": {"22423": 10}}
    assert summary.merged == 1
    guest = db.session.scalars(select(Customer.code).join(Order).where(Order.number == "536366")).one()
    assert guest == GUEST


def test_lines_have_the_shops_prices_and_their_sum_is_the_invoices(by: By, tmp_path: Path) -> None:
    dearer = "536365,85123A,WHITE HEART,1,2011-01-03 08:26:00,2.95,17850.0,United Kingdom"
    import_invoices(written(tmp_path, f"{dearer}\n{DIRTY}"), by=by, day="2011-01-03")
    rows = select(OrderLine.ordered, OrderLine.price_cents, Order.currency).join(Order).where(Order.number == "536365")
    found = [tuple(row) for row in db.session.execute(rows)]
    assert sorted(found) == [(1, 295, "GBP"), (8, 255, "GBP")]
    countries = {row.code: row.country_code for row in db.session.execute(select(Customer.code, Customer.country_code))}
    assert (countries["17850"], countries["12583"], countries[GUEST]) == ("GB", "FR", "")


def test_shelves_hold_the_weeks_before_and_at_least_what_the_day_wants(by: By, tmp_path: Path) -> None:
    import_invoices(written(tmp_path), by=by)
    rows = select(Item.sku, func.sum(Balance.qty)).join(Balance, Balance.item_id == Item.id).group_by(Item.sku)
    on_hand = {sku: int(qty) for sku, qty in db.session.execute(rows)}
    assert on_hand == {"85123A": 30, "22423": 14, "DCGS0003": 2, "21232": 7}
    assert check_ledger.check(by.site_id) == []


def test_the_same_file_again_changes_nothing(by: By, tmp_path: Path) -> None:
    folder = written(tmp_path)
    first = import_invoices(folder, by=by)
    again = import_invoices(folder, by=by)
    assert [(r.added, r.changed) for r in again.reports] == [(0, 0)] * len(again.reports)
    assert [r.unchanged for r in again.reports] == [r.added for r in first.reports]


def test_what_was_never_sold_is_no_item(by: By, tmp_path: Path) -> None:
    import_invoices(written(tmp_path, DIRTY + "\n536500,99999,FOUND,5,2011-01-04 12:00:00,0.0,,United Kingdom"), by=by)
    assert db.session.scalars(select(Item).where(Item.sku.in_(("99999", "POST", "B")))).all() == []
    assert db.session.scalars(select(Item.name).where(Item.sku == "21232")).one() == "=SUM(A1) BOX"


def test_progress_is_told(by: By, tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    import_invoices(written(tmp_path), by=by, progress=lambda *step: steps.append(step))
    assert {"reading", "the day", "items", "orders"} <= {what for done, total, what in steps if done == total}


@pytest.mark.parametrize(
    ("content", "day", "words"),
    [
        (b"", None, "no column InvoiceNo"),
        (b"a,b\n1,2\n", None, "no column InvoiceNo"),
        (b"\xff\xfe\x00", None, "cannot be read"),
        (",".join(COLUMNS).encode(), None, "no sales"),
        (f"{','.join(COLUMNS)}\n{DIRTY}".encode(), "2011-02-30", "no date"),
        (f"{','.join(COLUMNS)}\n{DIRTY}".encode(), "2011-02-03", "no sales on 2011-02-03"),
    ],
)
def test_a_file_that_is_something_else_is_refused(
    by: By, tmp_path: Path, content: bytes, day: str | None, words: str
) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(Refusal) as refusal:
        import_invoices(tmp_path, by=by, day=day)
    assert words in refusal.value.say
    assert db.session.scalars(select(Item)).all() == []


def test_a_folder_without_a_file_and_a_cut_off_file_are_refused(by: By, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"no \.csv"):
        import_invoices(tmp_path, by=by)
    written(tmp_path, name="x.csv.gz")
    whole = (tmp_path / "x.csv.gz").read_bytes()
    (tmp_path / "x.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refusal, match="cannot be read"):
        import_invoices(tmp_path, by=by)


# --- the real file -----------------------------------------------------------------------------------------------


@dataclass
class Real:
    """The real day, imported once for all tests that only read it."""

    by: By
    summary: Summary


@pytest.fixture(scope="module", params=ENGINES)
def imported(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Real]:
    """The last full day of the real file, on each engine."""
    if not SHARED.is_dir():
        pytest.skip("the real invoices are not beside the project (SCANDOCK_SHARED)")
    engine: str = request.param
    if engine == "postgresql":
        request.getfixturevalue("postgresql_server")
    url = databases.fresh(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(tmp_path_factory.mktemp("real")))
        patch.setenv("DATABASE_URL", url)
        app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    with app.app_context():
        transact(make_site)
        by = transact(people.system)
        yield Real(by, import_invoices(SHARED, by=by))
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def real(imported: Real) -> Iterator[Real]:
    """The real day; a test leaves nothing behind."""
    yield imported
    db.session.rollback()


def real_lines() -> Iterator[dict[str, str]]:
    """The file, read by other means than the product's."""
    (path,) = SHARED.glob("*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.slow
def test_all_real_lines_are_accounted_for(real: Real) -> None:
    assert real.summary.total == LINES
    assert real.summary.lines["cancellation"] == 6_652
    assert real.summary.lines["unreadable"] == 0
    assert 0.97 < real.summary.lines[SALE] / LINES < 0.98
    assert str(real.summary.day) == "2011-09-30"
    assert real.summary.is_ok


@pytest.mark.slow
def test_the_real_warehouse_has_its_size(real: Real) -> None:
    counts = {
        model: db.session.scalar(select(func.count()).select_from(model)) for model in (Item, Supplier, PurchaseOrder)
    }
    assert 3_500 < (counts[Item] or 0) < 3_800
    assert (counts[Supplier], counts[PurchaseOrder]) == (6, 12)
    places = select(func.count()).where(Location.kind.in_(("pick", "reserve")))
    assert db.session.scalar(places) == 5_400
    gtins = db.session.scalars(select(Barcode.code).where(Barcode.code.like("02%"))).all()
    assert len(gtins) == counts[Item]
    assert all(keys.has_check_digit(gtin) for gtin in gtins)


@pytest.mark.slow
def test_the_real_day_is_what_customers_wanted_less_what_they_took_back(real: Real) -> None:
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    of_customer: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for row in real_lines():
        sku, qty = row["StockCode"].upper(), int(row["Quantity"])
        if not row["InvoiceDate"].startswith("2011-09-30") or not (sku[:5].isdigit() or sku.startswith("DCGS")):
            continue
        if row["InvoiceNo"].startswith("C"):
            invoices_of = of_customer[row["CustomerID"], sku, -qty]
            if invoices_of:
                wanted[invoices_of.pop()][sku] += qty
        elif qty > 0 and (row["CustomerID"] or float(row["UnitPrice"]) > 0):
            wanted[row["InvoiceNo"]][sku] += qty
            of_customer[row["CustomerID"], sku, qty].append(row["InvoiceNo"])
    assert ordered() == {number: dict(+lines) for number, lines in wanted.items() if +lines}


@pytest.mark.slow
def test_every_order_of_the_real_day_finds_its_stock(real: Real) -> None:
    class Enough(Exception):
        pass

    def work() -> None:
        for order_id in db.session.scalars(select(Order.id).order_by(Order.id)).all():
            assert orders.allocate_order(real.by, orders.lock(order_id)).short == {}
        raise Enough

    with pytest.raises(Enough):
        transact(work)


@pytest.mark.slow
def test_the_real_ledger_is_true(real: Real) -> None:
    assert check_ledger.check(real.by.site_id) == []


@pytest.mark.slow
def test_the_line_of_74215_units_was_never_shipped() -> None:
    if not SHARED.is_dir():
        pytest.skip("the real invoices are not beside the project (SCANDOCK_SHARED)")
    (path,) = SHARED.glob("*.csv.gz")
    window = window_of(path, date(2011, 1, 18), lambda *_step: None)
    assert max(line.qty for line in window.day) < 74_215
    assert {"23166"} & {line.sku for line in window.day} == set()
