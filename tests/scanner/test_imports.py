"""Imports: the same file again changes nothing, and what was imported is on file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from scanner import imports, ledger, orders
from scanner.barcode import check_digit, encode
from scanner.by import By
from scanner.db import db, transact
from scanner.imports.rows import ROWS
from scanner.ledger import Spot
from scanner.models import (
    AuditEntry,
    Balance,
    Barcode,
    Carton,
    Customer,
    Item,
    Location,
    Lot,
    Move,
    Order,
    OrderLine,
    PurchaseLine,
    PurchaseOrder,
    Serial,
    Supplier,
    Unit,
)
from tests.scanner.importing import SAMPLES, SSCC, count, csv, figures, order_row, row_of, told, what

DOCS = Path(__file__).parents[2] / "docs" / "imports.md"


# --- one example of every kind -----------------------------------------------------------------------------------


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(imports.KINDS) == set(ROWS)


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_file_twice_changes_nothing(by: By, kind: str) -> None:
    content = csv(*SAMPLES[kind])
    first = imports.import_file(kind, content, f"{kind}.csv", by=by)
    added, changed, unchanged = figures(first)
    assert added > 0
    assert changed == unchanged == 0
    marks = [(model, count(model)) for model in (Barcode, Move, Lot, OrderLine, PurchaseLine, AuditEntry)]
    assert figures(imports.import_file(kind, content, f"{kind}.csv", by=by)) == (0, 0, added)
    assert marks == [(model, count(model)) for model, _ in marks]


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_dry_run_tells_the_same_and_leaves_nothing(by: By, kind: str) -> None:
    tables = (Item, Barcode, Location, Supplier, Customer, Carton, Order, PurchaseOrder, Move, Balance, Lot, Unit)
    before = [count(model) for model in tables]
    report = imports.import_file(kind, csv(*SAMPLES[kind]), "x.csv", by=by, dry_run=True)
    assert figures(report)[0] > 0
    assert "nothing was imported" in report.summary
    assert [count(model) for model in tables] == before


def test_an_import_is_audited_with_its_file_and_figures(by: By) -> None:
    imports.import_file("suppliers", csv(*SAMPLES["suppliers"]), "/tmp/a/suppliers.csv", by=by)  # noqa: S108
    entry = row_of(select(AuditEntry).where(AuditEntry.action == "import"))
    assert (entry.person_id, entry.object) == (by.person_id, "suppliers suppliers.csv")
    assert "1 added" in entry.detail


# --- what is on file afterwards ----------------------------------------------------------------------------------


def test_an_item_is_found_by_sku_in_any_case_and_by_its_gtins(by: By) -> None:
    content = csv("sku,name,gtin,case_gtin,case_qty", "Cup-1a,Cup,4006381333931,14006381333938,12")
    assert figures(imports.import_file("items", content, "i.csv", by=by)) == (1, 0, 0)
    assert what("Cup-1a", by) == ("item", "Cup-1a", 1)
    assert what("CUP-1A", by) == ("item", "Cup-1a", 1)
    assert what("4006381333931", by) == ("item", "Cup-1a", 1)
    assert what("14006381333938", by) == ("item", "Cup-1a", 12)


def test_an_empty_cell_and_a_missing_column_leave_what_is_on_file(by: By) -> None:
    report = imports.import_file("items", csv("sku,name,popularity", "mug,,40"), "i.csv", by=by)
    assert figures(report) == (0, 1, 0)
    item = row_of(select(Item).where(Item.sku == "MUG"))
    assert (item.name, item.popularity, item.weight_g) == ("Mug, red", 40, 350)


def test_one_more_gtin_is_a_change_and_the_old_one_stays(by: By) -> None:
    old = row_of(select(Barcode.code).join(Item).where(Item.sku == "MUG", Barcode.code.like("0400%")))
    assert figures(imports.import_file("items", csv("sku,gtin", "MUG,4006381333931"), "i.csv", by=by)) == (0, 1, 0)
    assert what("4006381333931", by) == what(old, by) == ("item", "MUG", 1)


def test_a_pack_of_six_adds_six(by: By) -> None:
    assert figures(imports.import_file("barcodes", csv("sku,code,qty", "MUG,96385074,6"), "b.csv", by=by)) == (1, 0, 0)
    assert what("96385074", by) == ("item", "MUG", 6)
    assert figures(imports.import_file("barcodes", csv("sku,code,qty", "MUG,96385074,8"), "b.csv", by=by)) == (0, 1, 0)
    assert what("96385074", by) == ("item", "MUG", 8)


def test_a_location_gets_its_address_label_walk_and_random_digits(by: By) -> None:
    rows = [{"code": f"c-{bay:02d}-1", "x_mm": 1000 * bay} for bay in range(1, 41)]
    assert figures(imports.import_rows("locations", rows, by=by)) == (40, 0, 0)
    first = row_of(select(Location).where(Location.code == "C-03-1"))
    assert (first.aisle, first.bay, first.level, first.kind, first.x_mm) == ("C", "03", "1", "pick", 3000)
    assert what(encode("location", "C031"), by)[:2] == ("location", "C-03-1")
    places = db.session.scalars(select(Location).where(Location.aisle == "C").order_by(Location.walk_order)).all()
    assert [place.bay for place in places] == [f"{bay:02d}" for bay in range(1, 41)]
    digits = [place.check_digits for place in places]
    assert all(len(d) == 3 and d.isdigit() for d in digits)
    assert len(set(digits)) > 20


def test_check_digits_stay_when_a_location_comes_again(by: By) -> None:
    imports.import_rows("locations", [{"code": "C-01-1"}], by=by)
    before = row_of(select(Location.check_digits).where(Location.code == "C-01-1"))
    report = imports.import_rows("locations", [{"code": "C-01-1", "capacity_units": 10}], by=by)
    assert figures(report) == (0, 1, 0)
    assert row_of(select(Location.check_digits).where(Location.code == "C-01-1")) == before


def test_opening_stock_is_moves_from_opening(by: By) -> None:
    report = imports.import_file("opening_stock", csv(*SAMPLES["opening_stock"]), "o.csv", by=by)
    assert figures(report) == (5, 0, 0)
    opening = ledger.virtual(by.site_id, "opening").location_id
    moves = db.session.scalars(select(Move).where(Move.source_id == opening).order_by(Move.seq)).all()
    assert [(m.qty, m.reason, m.document) for m in moves] == [(q, "opening", "o.csv") for q in (12, 40, 1, 48, 6)]
    assert row_of(select(Lot).where(Lot.code == "L7")).expiry.isoformat() == "2031-05-01"
    pallet, tote = row_of(select(Unit).where(Unit.code == SSCC)), row_of(select(Unit).where(Unit.code == "12"))
    assert (pallet.kind, tote.kind) == ("pallet", "tote")
    assert pallet.location_id == tote.location_id
    lamp = row_of(select(Serial).where(Serial.code == "SN1"))
    assert lamp.location_id == row_of(select(Location.id).where(Location.code == "A-02-1"))


def test_opening_stock_with_another_figure_is_an_error(by: By) -> None:
    imports.import_rows("opening_stock", [{"location": "A-01-1", "sku": "MUG", "qty": 12}], by=by)
    report = imports.import_rows("opening_stock", [{"location": "A-01-1", "sku": "MUG", "qty": 13}], by=by)
    assert told(report) == [(1, "qty", "this was opened with 12 already; count the place to correct it")]
    assert report.errors[0].value == "13"


def test_opening_stock_that_was_taken_back_may_come_again(by: By) -> None:
    row = {"location": "A-01-1", "sku": "MUG", "qty": 12}
    imports.import_rows("opening_stock", [row], by=by)
    seq = ledger.position(by.site_id)
    transact(lambda: ledger.undo(by, seq))
    assert figures(imports.import_rows("opening_stock", [row], by=by)) == (1, 0, 0)


def test_opening_stock_of_many_rows_is_one_act(by: By) -> None:
    spots = [{"code": f"D-{bay:03d}-1"} for bay in range(1, 601)]
    imports.import_rows("locations", spots, by=by)
    rows = [{"location": spot["code"], "sku": "MUG", "qty": 1} for spot in spots]
    report = imports.import_rows("opening_stock", [*rows, {"location": "D-001-1", "sku": "NONE", "qty": 1}], by=by)
    assert told(report) == [(601, "sku", "there is no such item")]
    assert count(Move) == 0
    assert figures(imports.import_rows("opening_stock", rows, by=by)) == (600, 0, 0)
    assert len(set(db.session.scalars(select(Move.scan_id)))) == 1


# --- documents ---------------------------------------------------------------------------------------------------


def test_nested_and_flat_orders_are_the_same(by: By) -> None:
    flat = csv("number,customer,carrier,line,sku,qty", "SO-1,ROSA,DPD,1,MUG,3", "SO-1,ROSA,DPD,2,LAMP,1")
    lines = [{"sku": "MUG", "qty": 3}, {"sku": "LAMP", "qty": 1}]
    nested = json.dumps([{"number": "SO-1", "customer": "ROSA", "carrier": "DPD", "lines": lines}])
    assert figures(imports.import_file("orders", flat, "o.csv", by=by)) == (1, 0, 0)
    assert figures(imports.import_file("orders", nested.encode(), "o.json", by=by)) == (0, 0, 1)
    assert what(encode("order", "SO1"), by)[0] == "order"


def test_an_order_that_nobody_has_touched_takes_the_files_lines(by: By) -> None:
    imports.import_rows("orders", [order_row(), order_row(sku="LAMP", qty=1), order_row(sku="MILK", qty=2)], by=by)
    report = imports.import_rows("orders", [order_row(qty=5, carrier="UPS"), order_row(sku="MILK", qty=2)], by=by)
    assert told(report) == [(2, "carrier", "line 1 says something else for the same document")] or figures(report)
    lines = db.session.execute(select(OrderLine.line, Item.sku, OrderLine.ordered).join(Item).order_by(OrderLine.line))
    assert [tuple(line) for line in lines] == [(1, "MUG", 5), (2, "MILK", 2)]
    assert row_of(select(Order)).carrier == "UPS"


def test_an_order_brings_its_prices_and_a_file_without_them_leaves_them(by: By) -> None:
    lines = [
        {"sku": "MUG", "qty": 3, "price_cents": 1250, "tax_bp": 2000, "discount_bp": 500},
        {"sku": "LAMP", "qty": 1},
    ]
    order = {"number": "SO-1", "customer": "ROSA", "currency": "gbp", "shows_instructions": "yes", "lines": lines}
    assert figures(imports.import_rows("orders", [order], by=by)) == (1, 0, 0)
    read = select(OrderLine.price_cents, OrderLine.tax_bp, OrderLine.discount_bp).order_by(OrderLine.line)
    assert [tuple(row) for row in db.session.execute(read)] == [(1250, 2000, 500), (None, 0, 0)]
    assert (row_of(select(Order)).currency, row_of(select(Order)).shows_instructions) == ("GBP", True)
    bare_lines: list[dict[str, Any]] = [{"sku": "MUG", "qty": 3}, {"sku": "LAMP", "qty": 1}]
    bare = {"number": "SO-1", "customer": "ROSA", "lines": bare_lines}
    assert figures(imports.import_rows("orders", [bare], by=by)) == (0, 0, 1)
    bare_lines[1]["price_cents"] = 700
    assert figures(imports.import_rows("orders", [bare], by=by)) == (0, 1, 0)
    assert [tuple(row) for row in db.session.execute(read)] == [(1250, 2000, 500), (700, 0, 0)]


@pytest.mark.parametrize(
    ("kind", "cells", "column"),
    [
        ("orders", {"price_cents": "12.5"}, "price_cents"),
        ("orders", {"price_cents": -1}, "price_cents"),
        ("orders", {"tax_bp": 10_001}, "tax_bp"),
        ("orders", {"currency": "EURO"}, "currency"),
        ("customers", {"country_code": "Germany"}, "country_code"),
        ("customers", {"country_code": "QX"}, "country_code"),
        ("customers", {"locale": "klingon"}, "locale"),
    ],
)
def test_a_price_or_a_country_that_is_none_is_told(by: By, kind: str, cells: dict[str, Any], column: str) -> None:
    row = order_row() if kind == "orders" else {"code": "TIM", "name": "Tim"}
    report = imports.import_rows(kind, [row | cells], by=by)
    assert [(line, where) for line, where, _why in told(report)] == [(1, column)]


def test_an_order_with_stock_promised_stays_as_it_is(by: By) -> None:
    imports.import_rows("opening_stock", [{"location": "A-01-1", "sku": "MUG", "qty": 12}], by=by)
    imports.import_rows("orders", [order_row()], by=by)
    order_id = row_of(select(Order.id))
    transact(lambda: orders.allocate_order(by, orders.lock(order_id)))
    assert figures(imports.import_rows("orders", [order_row()], by=by)) == (0, 0, 1)
    report = imports.import_rows("orders", [order_row(qty=4)], by=by)
    assert told(report) == [(1, "number", "it is open and was worked on, so it stays as it is")]
    assert row_of(select(OrderLine)).ordered == 3


def test_a_line_that_was_once_promised_does_not_vanish(by: By) -> None:
    imports.import_rows("opening_stock", [{"location": "A-01-1", "sku": "MUG", "qty": 12}], by=by)
    imports.import_rows("orders", [order_row(), order_row(sku="LAMP", qty=1)], by=by)
    order_id = row_of(select(Order.id))

    def promise_and_release() -> None:
        orders.allocate_order(by, orders.lock(order_id))
        for reservation in orders.open_reservations(order_id):
            ledger.release(by, reservation.id)

    transact(promise_and_release)
    report = imports.import_rows("orders", [order_row(line=2, sku="LAMP", qty=1)], by=by)
    assert told(report) == [(1, "line", "a line of it was worked on, so it stays")]
    assert figures(imports.import_rows("orders", [order_row(qty=9)], by=by)) == (0, 1, 0)


def test_a_purchase_order_that_was_received_in_part_stays_as_it_is(by: By) -> None:
    row = {"number": "PO-1", "supplier": "POTTER", "due_on": "2030-01-31", "sku": "MUG", "qty": 24}
    imports.import_rows("purchase_orders", [row], by=by)
    line = row_of(select(PurchaseLine))
    dock = Spot(row_of(select(Location.id).where(Location.code == "DOCK-1")))
    why = ledger.Why("receive", "PO-1", purchase_line_id=line.id)
    transact(lambda: ledger.move(by, line.item_id, 6, ledger.virtual(by.site_id, "supplier"), dock, why))
    assert figures(imports.import_rows("purchase_orders", [row], by=by)) == (0, 0, 1)
    report = imports.import_rows("purchase_orders", [{**row, "qty": 30}], by=by)
    assert [error.column for error in report.errors] == ["number"]


def test_an_instant_without_a_zone_is_by_the_sites_clock(by: By) -> None:
    assert by.timezone == "Europe/Berlin"
    imports.import_rows("orders", [order_row(ordered_at="2030-01-31T08:26:00")], by=by)
    assert row_of(select(Order)).ordered_at.isoformat() == "2030-01-31T07:26:00+00:00"
    assert figures(imports.import_rows("orders", [order_row(ordered_at="2030-01-31T07:26Z")], by=by)) == (0, 0, 1)


# --- docs and speed ----------------------------------------------------------------------------------------------


def sections() -> dict[str, str]:
    """The parts of docs/imports.md by their heading."""
    parts = DOCS.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0].strip(): part for part in parts}


@pytest.mark.parametrize("kind", ROWS)
def test_every_column_is_in_the_docs_and_nothing_else(kind: str) -> None:
    rows = [line.split("|")[1].strip() for line in sections()[kind].splitlines() if line.startswith("| `")]
    assert [row.strip("`") for row in rows] == list(imports.columns(kind))


@pytest.mark.parametrize("kind", ROWS)
def test_the_example_in_the_docs_can_be_imported(by: By, kind: str) -> None:
    for need in ("items", "suppliers", "customers", "locations", kind):
        example = sections()[need].split("```csv\n")[1].split("```")[0]
        report = imports.import_file(need, example.encode(), "example.csv", by=by)
        assert report.errors == []


def test_a_large_import_takes_seconds(by: By) -> None:
    items = [{"sku": f"I{n:05d}", "name": f"Thing {n}", "gtin": _gtin(n)} for n in range(3_800)]
    places = [
        {"code": f"{aisle:02d}-{bay:02d}-{level}", "x_mm": aisle * 4000, "y_mm": bay * 1000}
        for aisle in range(1, 21)
        for bay in range(1, 91)
        for level in (1, 2, 3)
    ]
    lines = [order_row(number=f"N{n // 25}", sku=f"I{n:05d}", qty=n % 7 + 1) for n in range(1_500)]
    work: list[tuple[str, list[dict[str, Any]], int]] = [
        ("items", items, 3_800),
        ("locations", places, 5_400),
        ("orders", lines, 60),
    ]
    for kind, rows, added in work:
        started = time.perf_counter()
        assert figures(imports.import_rows(kind, rows, by=by)) == (added, 0, 0)
        assert figures(imports.import_rows(kind, rows, by=by)) == (0, 0, added)
        assert time.perf_counter() - started < 15


def _gtin(number: int) -> str:
    stem = f"20{number:010d}"
    return stem + check_digit(stem)


def test_two_imports_of_one_file_at_once_add_it_once(by: By, in_threads: Callable[..., list[Any]]) -> None:
    content = csv("sku,name", *(f"P{n},Thing {n}" for n in range(200)))
    reports = in_threads(4, lambda: imports.import_file("items", content, "i.csv", by=by))
    assert sorted(report.added for report in reports) == [0, 0, 0, 200]
    assert all(report.is_ok for report in reports)


@pytest.fixture
def in_threads(app: Any) -> Callable[..., list[Any]]:
    """Runs the same work several times at once, each in an app context of its own."""
    from concurrent.futures import ThreadPoolExecutor

    def run(times: int, work: Callable[[], Any]) -> list[Any]:
        def one(_number: int) -> Any:
            with app.app_context():
                return work()

        db.session.rollback()
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return run
