"""Imports by API: the rows of any kind as JSON, all of them or none."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from scanner.imports import import_rows
from web.api.common import Strict, answer, blueprint
from web.auth import allow, me, takes

bp = blueprint("imports")

LIMIT_BYTES = 20 * 1024 * 1024


class Rows(Strict):
    """Rows with the columns of docs/imports.md."""

    rows: list[dict[str, Any]] = Field(max_length=200_000)


class KindPath(BaseModel):
    """items, barcodes, locations, suppliers, purchase_orders, customers, orders, cartons or opening_stock."""

    kind: str


def take(kind: str, body: Rows) -> Response:
    """Import the rows; 422 with every error when nothing was taken."""
    report = import_rows(kind, body.rows, by=me())
    if report.is_ok:
        return answer(asdict(report))
    return answer({"code": "bad_rows", "say": report.summary, **asdict(report)}, 422)


@bp.post("/imports/<kind>")
@takes(LIMIT_BYTES)
@allow()
def post_import(path: KindPath, body: Rows) -> Response:
    """Import rows of any kind."""
    return take(path.kind, body)
