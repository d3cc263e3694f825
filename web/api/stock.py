"""Stock by API: what is where, by item, location or lot."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field
from sqlalchemy import select

from scanner import stock
from scanner.db import db
from scanner.models import Item, Location, Lot, Move
from web.api.common import Page, answer, blueprint
from web.auth import EVERYONE, allow, me

bp = blueprint("stock")


class StockQuery(Page):
    """Which stock; all that is given must fit."""

    item: str = Field("", description="SKU")
    location: str = ""
    lot: str = ""


class MoveQuery(Page):
    """Which moves: those after this seq."""

    item: str = ""


def rows_of(*where: Any, limit: int = 500) -> list[dict[str, Any]]:
    """Balance rows as the API shows them."""
    return [
        {
            "item": row.item.sku,
            "location": row.location.code,
            "lot": row.lot.code or None,
            "expiry": row.lot.expiry.isoformat() if row.lot.expiry else None,
            "best_before": row.lot.best_before.isoformat() if row.lot.best_before else None,
            "unit": row.unit.code or None,
            "on_hand": row.qty,
            "reserved": row.reserved,
            "is_held": row.lot.is_held or row.location.is_held or row.unit.is_held,
        }
        for row in stock.rows(me(), *where, limit=limit)
    ]


@bp.get("/stock")
@allow(*EVERYONE)
def list_stock(query: StockQuery) -> Response:
    """What is where, in walking order."""
    where: list[Any] = []
    if query.item:
        where.append(Item.sku == query.item)
    if query.location:
        where.append(Location.code == query.location)
    if query.lot:
        where.append(Lot.code == query.lot)
    return answer({"stock": rows_of(*where, limit=query.limit)})


@bp.get("/moves")
@allow()
def list_moves(query: MoveQuery) -> Response:
    """The ledger itself, in its order."""
    places = select(Location.id, Location.code).where(Location.site_id == me().site_id)
    codes = {row.id: row.code for row in db.session.execute(places)}
    wanted = (
        select(Move, Item.sku, Lot.code)
        .join(Item, Item.id == Move.item_id)
        .join(Lot, Lot.id == Move.lot_id)
        .where(Move.site_id == me().site_id, Move.seq > query.after, *([Item.sku == query.item] if query.item else []))
        .order_by(Move.seq)
        .limit(query.limit)
    )
    fields = (
        "seq",
        "qty",
        "reason",
        "document",
        "scan_id",
        "device",
        "occurred_at",
        "recorded_at",
        "reverses_seq",
        "hash",
    )
    rows = [
        {
            **{field: getattr(move, field) for field in fields},
            "item": sku,
            "lot": lot or None,
            "source": codes[move.source_id],
            "target": codes[move.target_id],
            "person": move.person_id,
        }
        for move, sku, lot in db.session.execute(wanted)
    ]
    return answer({"moves": rows})
