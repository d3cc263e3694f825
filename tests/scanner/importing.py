"""What tests of imports share: a file, what its report tells, and what is on file afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from scanner import find
from scanner.barcode import check_digit, read
from scanner.by import By
from scanner.db import db
from scanner.imports.report import Report

SSCC = (body := "34000000000000001") + check_digit(body)
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


def order_row(**more: Any) -> dict[str, Any]:
    """A line of an order."""
    return {"number": "SO-1", "customer": "ROSA", "promised_on": "2030-01-31", "sku": "MUG", "qty": 3, **more}
