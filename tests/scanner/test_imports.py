"""Imports: every bad row is told, nothing is half imported, and the same file again changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from scanner import find, imports, ledger, orders
from scanner.barcode import check_digit, encode, read, twins
from scanner.by import By
from scanner.db import db, transact
from scanner.imports import files
from scanner.imports.report import MOST_ERRORS, Report
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
from scanner.refusals import Refusal
from tests.world import World

DOCS = Path(__file__).parents[2] / "docs" / "imports.md"
SSCC = (body := "34000000000000001") + check_digit(body)


@pytest.fixture
def by(warehouse: World) -> By:
    """Eve, who imports."""
    return warehouse.by("eve")


def csv(*lines: str) -> bytes:
    """The bytes of a CSV file."""
    return "\n".join(lines).encode()


def told(report: Report) -> list[tuple[int, str, str]]:
    """Where and why, without the file's name."""
    return [(error.line, error.column, error.reason) for error in report.errors]


def figures(report: Report) -> tuple[int, int, int]:
    """Added, changed, unchanged; there are no errors."""
    assert report.errors == []
    return report.added, report.changed, report.unchanged


def count(model: Any) -> int:
    """How many rows a table has."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def row_of(query: Any) -> Any:
    """One row as it is on file."""
    db.session.expire_all()
    return db.session.scalars(query).one()


def what(code: str, by: By) -> tuple[str, Any, int]:
    """What a scan names."""
    found = find.find(read(code), by)
    return found.kind, getattr(found.thing, "sku", None) or getattr(found.thing, "code", None), found.qty


# --- one example of every kind -----------------------------------------------------------------------------------

SAMPLES: dict[str, tuple[str, ...]] = {
    "items": ("sku,name,tracking,gtin,case_gtin,case_qty", "CUP,Cup,none,4006381333931,14006381333938,12"),
    "barcodes": ("sku,code,qty", "MUG,96385074,4", "mug,MUG-OLD,1"),
    "locations": ("code,kind,x_mm,y_mm", "C-01-1,pick,1000,2000", "C-02-1,reserve,,"),
    "suppliers": ("code,name,lead_days", "NORTH,North Ltd,9"),
    "customers": ("code,name,address,min_life_days", 'TIM,Tim,"1 High Street\nLeeds",30'),
    "cartons": ("code,name,length_mm,width_mm,height_mm", "XL,Extra large,600,400,400"),
    "purchase_orders": ("number,supplier,due_on,sku,qty", "PO-1,POTTER,2030-01-31,MUG,24", "PO-1,POTTER,,LAMP,2"),
    "orders": ("number,customer,promised_on,carrier,sku,qty", "SO-1,ROSA,2030-01-31,DPD,MUG,3"),
    "opening_stock": (
        "location,sku,lot,expiry,serial,unit,qty",
        "A-01-1,MUG,,,,,12",
        "A-01-2,MILK,L7,2031-05-01,,,40",
        "A-02-1,LAMP,,,SN1,,1",
        f"B-01-2,MUG,,,,{SSCC},48",
        "B-01-2,MUG,,,,12,6",
    ),
}


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


def order_row(**more: Any) -> dict[str, Any]:
    """A line of an order."""
    return {"number": "SO-1", "customer": "ROSA", "promised_on": "2030-01-31", "sku": "MUG", "qty": 3, **more}


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


# --- bad rows ----------------------------------------------------------------------------------------------------

BAD: list[tuple[str, tuple[str, ...], list[tuple[int, str, str]]]] = [
    ("items", ("sku,name", ",Cup"), [(2, "sku", "this is needed")]),
    ("items", ("sku", "CUP"), [(2, "name", "this is needed for a new row")]),
    ("items", ("sku,name,weight_g", "CUP,Cup,1.5"), [(2, "weight_g", "a whole number is wanted")]),
    ("items", ("sku,name,weight_g", "CUP,Cup,-1"), [(2, "weight_g", "0 or more is wanted")]),
    ("items", ("sku,name,weight_g", "CUP,Cup,1e3"), [(2, "weight_g", "a whole number is wanted")]),
    ("items", ("sku,name,weight_g", "CUP,Cup,٣"), [(2, "weight_g", "a whole number is wanted")]),
    ("items", ("sku,name,weight_g", "CUP,Cup,99999999999"), [(2, "weight_g", "2147483647 or less is wanted")]),
    ("items", ("sku,name,is_active", "CUP,Cup,perhaps"), [(2, "is_active", "yes or no is wanted")]),
    ("items", ("sku,name", f"{'C' * 65},Cup"), [(2, "sku", "this is longer than 64 characters")]),
    ("items", ("sku,name", "CUP,Cu\x07p"), [(2, "name", "there are control characters in it")]),
    ("items", ("sku,name", "CU\u200bP,Cup"), [(2, "sku", "there are characters in it that cannot be printed")]),
    (
        "items",
        ("sku,name,tracking", "CUP,Cup,batch"),
        [(2, "tracking", "one of these is wanted: 'none', 'lot' or 'serial'")],
    ),
    ("items", ("sku,name", "CUP,Cup", "cup,Cup"), [(3, "sku", "this is in line 2 already")]),
    (
        "items",
        ("sku,name,gtin", "CUP,Cup,4006381333932"),
        [(2, "gtin", "this is no GTIN of 8, 12, 13 or 14 digits with a right check digit")],
    ),
    ("items", ("sku,name,case_qty", "CUP,Cup,6"), [(2, "case_qty", "a case has a GTIN and a quantity, or neither")]),
    (
        "items",
        ("sku,name,has_expiry", "CUP,Cup,yes"),
        [(2, "has_expiry", "dates are kept by lot: tracking must be lot")],
    ),
    ("items", ("sku,name", "CSHORT" + encode("command", "SHORT")[-1] + ",Cup"), [
        (2, "sku", "this reads as a command label of our own")]),
    ("items", ("sku,name", encode("tote", "12") + ",Cup"), [(2, "sku", "this reads as a tote label of our own")]),
    ("items", ("sku,name", encode("location", "A011") + ",Cup"), [(2, "sku", "this is the label of a location")]),
    ("items", ("sku,name,gtin", "CUP,Cup,400000000002"), [
        (2, "gtin", "this is no GTIN of 8, 12, 13 or 14 digits with a right check digit")]),
    ("barcodes", ("sku,code", "NONE,X1"), [(2, "sku", "there is no such item")]),
    ("barcodes", ("sku,code", "MUG,4006381333932"), [(2, "code", "the check digit of this GTIN is wrong")]),
    ("barcodes", ("sku,code", "MUG,LAMP"), [(2, "code", "this is on item LAMP already")]),
    ("barcodes", ("sku,code,qty", "MUG,MUG,6"), [(2, "qty", "the SKU stands for one base unit")]),
    ("barcodes", ("sku,code,qty", "MUG,X1,0"), [(2, "qty", "1 or more is wanted")]),
    ("barcodes", ("sku,code", "MUG,]Q0ABC"), [(2, "code", "a scan of this would read differently")]),
    ("locations", ("code,kind", "C-1,attic"), [
        (2, "kind",
         "one of these is wanted: 'pick', 'reserve', 'dock', 'cart', 'pack', 'door', 'quarantine' or 'returns'")]),
    ("locations", ("code", "A-0-11"), [(2, "code", "its label would be the same as that of A-01-1")]),
    ("locations", ("code", "C-01-1", "C-0-11"), [(3, "code", "its label would be the same as that of C-01-1")]),
    ("locations", ("code", "SUPPLIER"), [(2, "code", "this is the name of a place in the books only")]),
    ("locations", ("code", "---"), [(2, "code", "a label needs letters A to Z or digits, and not too many of them")]),
    ("suppliers", ("code,name", "N,North", "N,North"), [(3, "code", "this is in line 2 already")]),
    ("cartons", ("code,name,length_mm,width_mm,height_mm", "B,Box,0,1,1"), [(2, "length_mm", "1 or more is wanted")]),
    ("orders", ("number,customer,sku,qty", "S1,NOBODY,MUG,1"), [(2, "customer", "there is no such customer")]),
    ("orders", ("number,customer,sku,qty", "S1,ROSA,NONE,1"), [(2, "sku", "there is no such item")]),
    ("orders", ("number,customer,sku,qty", "S1,ROSA,MUG,0"), [(2, "qty", "1 or more is wanted")]),
    ("orders", ("number,customer,line,sku,qty", "S1,ROSA,1,MUG,1", "S1,ROSA,1,MUG,1"), [
        (3, "line", "this document has line 1 already")]),
    ("orders", ("number,customer,sku,qty,carrier", "S1,ROSA,MUG,1,DPD", "S1,ROSA,MUG,1,UPS"), [
        (3, "carrier", "line 2 says something else for the same document")]),
    ("orders", ("number,customer,promised_on,sku,qty", "S1,ROSA,31.01.2030,MUG,1"), [
        (2, "promised_on", "a date is wanted, written 2026-12-31")]),
    ("orders", ("number,customer,sku,qty", "S-1,ROSA,MUG,1", "S.1,ROSA,MUG,1"), [
        (3, "number", "its label would be the same as that of S-1")]),
    ("opening_stock", ("location,sku,qty", "Z-9,MUG,1"), [(2, "location", "there is no such location")]),
    ("opening_stock", ("location,sku,qty", "SUPPLIER,MUG,1"), [(2, "location", "there is no such location")]),
    ("opening_stock", ("location,sku,qty", "A-01-1,MILK,1"), [(2, "lot", "the item is kept by lot")]),
    ("opening_stock", ("location,sku,lot,qty", "A-01-1,MUG,L1,1"), [(2, "lot", "the item is not kept by lot")]),
    ("opening_stock", ("location,sku,lot,qty", "A-01-1,MILK,L1,1"), [(2, "expiry", "the item is kept with its date")]),
    ("opening_stock", ("location,sku,serial,qty", "A-01-1,LAMP,S1,2"), [
        (2, "qty", "goods with serial numbers go one by one")]),
    ("opening_stock", ("location,sku,serial,qty", "A-01-1,LAMP,S1,1", "A-02-1,LAMP,S1,1"), [
        (3, "location", "this is in line 2 already")]),
    ("opening_stock", ("location,sku,qty,unit", "A-01-1,MUG,1,T 7"), [
        (2, "unit", "a unit is an SSCC of 18 digits with a right check digit, or a tote's letters and digits")]),
    ("opening_stock", ("location,sku,qty,unit", "A-01-1,MUG,1,7", "A-02-1,MILK,1,7"), [
        (3, "lot", "the item is kept by lot")]),
    ("opening_stock", ("location,sku,qty,unit", "A-01-1,MUG,1,7", "A-02-1,MUG,1,7"), [
        (3, "unit", "this unit stands in another place")]),
    ("opening_stock", ("location,sku,lot,expiry,qty", "A-01-1,MILK,L1,2031-01-01,1", "A-02-1,MILK,L1,2031-02-01,1"), [
        (3, "expiry", "lot L1 is on file with 2031-01-01")]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "lines", "wanted"), BAD, ids=lambda v: v[0] if isinstance(v, list) else None)
def test_a_bad_row_is_told_with_line_column_and_reason(
    by: By, kind: str, lines: tuple[str, ...], wanted: list[tuple[int, str, str]]
) -> None:
    report = imports.import_file(kind, csv(*lines), "bad.csv", by=by)
    assert told(report) == wanted
    assert {error.file for error in report.errors} == {"bad.csv"}


def test_an_error_has_the_value_that_is_wrong(by: By) -> None:
    report = imports.import_file("items", csv("sku,name,weight_g", "CUP,Cup,heavy"), "bad.csv", by=by)
    assert str(report.errors[0]) == "bad.csv, line 2, weight_g: a whole number is wanted ('heavy')"


def test_expired_goods_do_not_open_on_a_picking_shelf(by: By) -> None:
    row = {"sku": "MILK", "lot": "OLD", "expiry": "2020-01-01", "qty": 1}
    report = imports.import_rows("opening_stock", [{**row, "location": "A-01-1"}], by=by)
    assert "expired on 2020-01-01" in report.errors[0].reason
    assert count(Lot) == 1  # the row that stands for "no lot"
    assert figures(imports.import_rows("opening_stock", [{**row, "location": "QUAR-1"}], by=by)) == (1, 0, 0)


def test_a_place_whose_label_a_wrong_keyboard_turns_into_another_is_refused(by: By) -> None:
    codes = (f"{a}{b}{c}{d}" for a in "AQWZMY" for b in "AQWZMY" for c in "AQWZMY" for d in "AQWZMY")
    first, second = next((code, min(twins(code))) for code in codes if twins(code))
    report = imports.import_rows("locations", [{"code": first}, {"code": second}], by=by)
    assert told(report) == [(2, "code", f"on a wrong keyboard layout its label would read as {first}")]


def test_a_place_whose_label_is_an_items_barcode_is_refused(by: By) -> None:
    label = encode("location", "C011")
    imports.import_rows("barcodes", [{"sku": "MUG", "code": label}], by=by)
    report = imports.import_rows("locations", [{"code": "C-01-1"}], by=by)
    assert told(report) == [(1, "code", f"its label {label} is the barcode of an item")]


def test_tracking_stays_while_there_are_moves(by: By, warehouse: World) -> None:
    assert figures(imports.import_rows("items", [{"sku": "LAMP", "tracking": "none"}], by=by)) == (0, 1, 0)
    warehouse.stock("MUG", "A-01-1", 3)
    report = imports.import_rows("items", [{"sku": "MUG", "tracking": "serial"}], by=by)
    assert told(report) == [(1, "tracking", "the item has moves, so its tracking stays as it is")]


def test_the_kind_of_a_place_stays(by: By) -> None:
    report = imports.import_rows("locations", [{"code": "A-01-1", "kind": "quarantine"}], by=by)
    assert told(report) == [(1, "kind", "this place is of kind pick for good: give the new one another code")]


def test_a_known_serial_number_does_not_come_in_again(by: By, warehouse: World) -> None:
    warehouse.stock("LAMP", "A-01-1", serial="S1")
    report = imports.import_rows(
        "opening_stock", [{"location": "A-02-1", "sku": "LAMP", "serial": "S1", "qty": 1}], by=by
    )
    assert told(report) == [(1, "serial", "this serial number is in the book already")]


def test_one_bad_row_keeps_all_good_rows_out(by: By) -> None:
    report = imports.import_file("suppliers", csv("code,name,lead_days", "N,North,5", "S,South,soon"), "s.csv", by=by)
    assert told(report) == [(3, "lead_days", "a whole number is wanted")]
    assert "1 error, nothing was imported" in report.summary
    assert db.session.scalars(select(Supplier.code)).all() == ["POTTER"]


def test_all_errors_are_told_and_those_beyond_a_thousand_are_counted(by: By) -> None:
    rows = [{"code": f"S{n}", "name": "x", "lead_days": "soon"} for n in range(MOST_ERRORS + 234)]
    report = imports.import_rows("suppliers", rows, by=by)
    assert (len(report.errors), report.more_errors) == (MOST_ERRORS, 234)
    assert "1234 errors" in report.summary


def test_errors_of_form_and_of_meaning_are_told_together(by: By) -> None:
    report = imports.import_file("barcodes", csv("sku,code,qty", "MUG,X1,many", "NONE,X2,1"), "b.csv", by=by)
    assert told(report) == [(2, "qty", "a whole number is wanted"), (3, "sku", "there is no such item")]


def test_a_nested_line_is_told_with_its_place(by: By) -> None:
    document = {"number": "S1", "customer": "NOBODY", "lines": [{"sku": "MUG", "qty": 1}, {"sku": "NONE", "qty": "x"}]}
    report = imports.import_rows("orders", [document], by=by)
    assert told(report) == [
        (1, "lines[2].qty", "a whole number is wanted"),
        (1, "customer", "there is no such customer"),
    ]
    for lines in ([], "MUG", [1]):
        assert told(imports.import_rows("orders", [{**document, "lines": lines}], by=by))[0][1] == "lines"


def test_true_is_no_quantity_and_a_float_only_if_whole(by: By) -> None:
    for qty, is_good in ((True, False), (1.5, False), (float("inf"), False), (10**30, False), (2.0, True)):
        report = imports.import_rows("orders", [order_row(number=f"Q{qty}", qty=qty)], by=by)
        assert report.is_ok is is_good


def test_what_looks_like_a_formula_is_text(by: By) -> None:
    formula = '=HYPERLINK("http://x")'
    imports.import_rows("customers", [{"code": "F", "name": formula}], by=by)
    assert row_of(select(Customer).where(Customer.code == "F")).name == formula
    content = csv("code,name", '''F,"'=HYPERLINK(""http://x"")"''')
    assert figures(imports.import_file("customers", content, "c.csv", by=by)) == (0, 0, 1)


def test_an_unknown_kind_is_refused(by: By) -> None:
    with pytest.raises(Refusal) as refusal:
        imports.import_rows("people", [], by=by)
    assert refusal.value.code == "bad_request"


# --- files -------------------------------------------------------------------------------------------------------

COLUMNS = ("code", "name", "lead_days")
READABLE = {
    "comma": b"code,name\nN,North",
    "semicolon": b"code;name\r\nN;North\r\n",
    "tab": b"code\tname\nN\tNorth\n",
    "byte order mark": b"\xef\xbb\xbfcode,name\nN,North\n",
    "quoted header": b'"Code";"Name"\n"N";"North"\n',
    "header in words": b"CODE , name ,Lead days\nN,North,\n",
    "blank lines": b"\n\ncode,name\n\nN,North\n\n,\n",
    "commas at the end": b"code,name,,\nN,North,,\n",
}


@pytest.mark.parametrize("name", READABLE)
def test_csv_is_read_as_spreadsheets_write_it(name: str) -> None:
    (row,) = files.read_rows(READABLE[name], "s.csv", COLUMNS)
    assert {key: cell for key, cell in row.cells.items() if cell} == {"code": "N", "name": "North"}


def test_a_row_is_told_by_the_line_where_it_starts() -> None:
    rows = list(files.read_rows(b'code,name\nA,"two\nlines"\n\nB,one\n', "s.csv", COLUMNS))
    assert [row.line for row in rows] == [2, 5]


UNREADABLE: dict[str, tuple[str, bytes, str, int]] = {
    "latin-1": ("s.csv", "code,name\nN,Café au lait\n".encode("latin-1"), "not UTF-8; it may be Latin-1", 2),
    "utf-16": ("s.csv", "code,name\nN,North\n".encode("utf-16"), "UTF-16", 0),
    "excel": ("s.csv", b"PK\x03\x04....", "an Excel or ZIP file", 0),
    "gzip": ("s.csv", b"\x1f\x8b\x08....", "a compressed file", 0),
    "binary": ("s.csv", b"code,name\nN,\x00\x01", "no text file", 2),
    "empty": ("s.csv", b"", "empty", 0),
    "header only": ("s.csv", b"code,name\n", "no rows", 0),
    "unknown column": ("s.csv", b"code,name,leed_days\nN,North,7\n", "no such column", 1),
    "column twice": ("s.csv", b"code,name,Code\nN,North,7\n", "twice", 1),
    "too many cells": ("s.csv", b"code,name\nN,North,Pole\n", "more cells", 2),
    "open quote": ("s.csv", b'code,name\nN,"North\n', "rules of CSV", 2),
    "stray quote": ("s.csv", b'code,name\nN,"No"rth\n', "rules of CSV", 2),
    "long cell": ("s.csv", b"code,name\nN," + b"x" * 3000, "longer than 2,000", 2),
    "huge cell": ("s.csv", b"code,name\nN," + b"x" * 200_000, "rules of CSV", 2),
    "too large": ("s.csv", b"x" * (files.MOST_BYTES + 1), "larger than 20 MB", 0),
    "other type": ("s.xlsx", b"code,name\nN,North\n", "Only .csv and .json", 0),
    "no type": ("s", b"code,name\nN,North\n", "Only .csv and .json", 0),
    "not json": ("s.json", b'[{\n"code": }]', "not JSON", 2),
    "json object": ("s.json", b'{"code": "N"}', "a list of objects", 0),
    "json numbers": ("s.json", b'[{"code": "N"}, 7]', "no object", 2),
    "json nan": ("s.json", b'[{"lead_days": NaN}]', "not JSON", 0),
    "json bomb": ("s.json", b"[" * 100_000, "not JSON", 0),
    "json digits": ("s.json", b"[" + b"9" * 10_000 + b"]", "not JSON", 0),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(name: str) -> None:
    filename, content, reason, line = UNREADABLE[name]
    with pytest.raises(files.BadFile) as bad:
        list(files.read_rows(content, filename, COLUMNS))
    assert reason in bad.value.reason
    assert bad.value.line == line


def test_latin_1_is_shown_as_it_would_read() -> None:
    with pytest.raises(files.BadFile) as bad:
        list(files.read_rows(UNREADABLE["latin-1"][1], "s.csv", COLUMNS))
    assert "Café" in bad.value.value


def test_more_rows_than_allowed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    assert len(list(files.read_rows(b"code\n1\n2\n3\n", "s.csv", COLUMNS))) == 3
    with pytest.raises(files.BadFile, match="more than 3 rows"):
        list(files.read_rows(b"code\n1\n2\n3\n4\n", "s.csv", COLUMNS))


def test_a_bad_file_is_an_error_in_the_report(by: By, tmp_path: Path) -> None:
    report = imports.import_file("suppliers", b"code\xff", "s.csv", by=by)
    assert [error.line for error in report.errors] == [1]
    missing = imports.import_file("suppliers", tmp_path / "none.csv", by=by)
    assert "No such file" in missing.errors[0].reason
    path = tmp_path / "suppliers.csv"
    path.write_bytes(csv(*SAMPLES["suppliers"]))
    assert figures(imports.import_file("suppliers", path, by=by)) == (1, 0, 0)


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
