"""Imports of bad rows: each is told with its line, column and reason, and nothing is half imported."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scanner import imports
from scanner.barcode import encode, twins
from scanner.by import By
from scanner.db import db
from scanner.imports.report import MOST_ERRORS
from scanner.models import (
    Customer,
    Lot,
    Supplier,
)
from scanner.refusals import Refusal
from tests.scanner.importing import count, csv, figures, order_row, row_of, told
from tests.world import World

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
