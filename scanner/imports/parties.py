"""Parties and boxes: suppliers, customers and the carton types on the bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from scanner.db import Base, db
from scanner.imports.job import Entry, Job, Write, check_labels, one_of_each, table
from scanner.imports.rows import CartonRow, CustomerRow, SupplierRow
from scanner.models import Carton, Customer, Supplier


def plan_suppliers(entries: Sequence[Entry[SupplierRow]], job: Job) -> Write:
    """Insert or change suppliers."""
    return table(job, Supplier, list(one_of_each(job, entries, lambda row: row.code, "code")), by_code(Supplier))


def plan_customers(entries: Sequence[Entry[CustomerRow]], job: Job) -> Write:
    """Insert or change customers."""
    return table(job, Customer, list(one_of_each(job, entries, lambda row: row.code, "code")), by_code(Customer))


def plan_cartons(entries: Sequence[Entry[CartonRow]], job: Job) -> Write:
    """Insert or change carton types; the code is on their label."""
    old = by_code(Carton)
    rows = list(one_of_each(job, entries, lambda row: row.code, "code"))
    fresh = [(entry, entry.row.code) for entry in rows if entry.row.code not in old]
    check_labels(job, "carton_type", fresh, {code: code for code in old}, "code")
    return table(job, Carton, rows, old)


def by_code(model: Any) -> dict[str, Any]:
    """Every row of a plain table by its code."""
    base: type[Base] = model
    return {row.code: row for row in db.session.execute(select(*base.__table__.columns))}
