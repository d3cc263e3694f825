"""Items by API: list, read with figures, create or change."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import or_, select

from scanner import stock
from scanner.db import db
from scanner.models import Barcode, Item
from scanner.refusals import Refusal
from web.api.common import Page, answer, blueprint, listed
from web.api.imports import Rows, take
from web.auth import EVERYONE, allow, me

bp = blueprint("items")


class ItemQuery(Page):
    """Which items: those whose SKU or name holds `q`."""

    q: str = Field("", max_length=100)


class ItemPath(BaseModel):
    """An item's SKU, or one of its barcodes."""

    sku: str


FIELDS = (
    *("id", "sku", "name", "uom", "tracking", "has_expiry", "storage_class", "weight_g", "length_mm", "width_mm"),
    *("height_mm", "value_cents", "over_tolerance_pct", "is_active"),
)


def _shown(item: Item) -> dict[str, Any]:
    return {field: getattr(item, field) for field in FIELDS}


@bp.get("/items")
@allow(*EVERYONE)
def list_items(query: ItemQuery) -> Response:
    """Items in the order of their ids."""
    wanted = select(Item)
    if query.q:
        wanted = wanted.where(
            or_(Item.sku.icontains(query.q, autoescape=True), Item.name.icontains(query.q, autoescape=True))
        )
    return answer({"items": [_shown(item) for item in listed(wanted, Item.id, query)]})


@bp.get("/items/<path:sku>")
@allow(*EVERYONE)
def get_item(path: ItemPath) -> Response:
    """One item with its barcodes and its figures."""
    item = item_of(path.sku)
    levels = stock.levels(me(), [item.id])[item.id]
    codes = db.session.scalars(select(Barcode).where(Barcode.item_id == item.id).order_by(Barcode.id))
    return answer(
        {
            **_shown(item),
            "barcodes": [{"code": code.code, "qty": code.qty} for code in codes],
            "on_hand": levels.on_hand,
            "reserved": levels.reserved,
            "held": levels.held,
            "available": levels.available,
            "on_order": levels.on_order,
        }
    )


@bp.post("/items")
@allow()
def post_items(body: Rows) -> Response:
    """Create or change items: the rows of the import, all of them or none."""
    return take("items", body)


def item_of(code: str) -> Item:
    """The item with this SKU or barcode. Refuses unknown_document."""
    found = db.session.scalars(select(Item).where(Item.sku == code)).first()
    if found is None:
        found = db.session.scalars(select(Item).join(Barcode).where(Barcode.code.in_((code, code.zfill(14))))).first()
    if found is None:
        raise Refusal("unknown_document", code[:40], "item")
    return found
