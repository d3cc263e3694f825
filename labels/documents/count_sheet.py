"""Count sheet: a place to be counted, for a counter without a device. What the book has is never on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from labels.documents.facts import company, lot_facts, one
from labels.documents.letters import words
from labels.documents.sheet import Column, Sheet
from scanner.barcode import encode
from scanner.db import db
from scanner.find import unit_name
from scanner.models import Balance, Item, Location, Lot, Site, Task, Unit
from scanner.refusals import Refusal

BLANK_ROWS = 6  # for what the book does not have here


def count_sheet(task_id: int, details: Mapping[str, Any] | None = None) -> bytes:
    """The sheet of one count as PDF: what may lie there, without a figure. `details`: `names` False, without names too.

    Why the count was asked for is left out: such notes say what somebody has found. Refuses unknown_document.
    """
    task = one(Task, task_id, "count")
    if task.workflow != "count" or task.location_id is None:
        raise Refusal("unknown_document", task_id, "count")
    site, place = db.session.get_one(Site, task.site_id), db.session.get_one(Location, task.location_id)
    sheet = Sheet("count_sheet", place.code, company(site))
    sheet.head(encode("task", str(task.id)))
    sheet.facts(
        (sheet.say("location"), place.code), (sheet.say("digits"), "_____"),
        (sheet.say("count_task"), str(task.id)),
    )  # fmt: skip
    sheet.note(sheet.say("count_how"))
    columns = [
        Column(sheet.say("sku"), 36),
        Column(sheet.say("item")),
        Column(sheet.say("lot"), 30),
        Column(sheet.say("unit"), 26),
        Column(sheet.say("counted"), 26),
    ]
    listed = _listed(sheet, task) if (details or {}).get("names", True) else []
    sheet.rows(columns, [*listed, *([""] * len(columns) for _ in range(BLANK_ROWS))], boxed_mm=10)
    sheet.signatures(sheet.say("counted_by"), sheet.say("date"))
    return sheet.pdf()


def _listed(sheet: Sheet, task: Task) -> list[list[Any]]:
    """Items, lots and units that may be here. Quantities are not even read."""
    rows = db.session.execute(
        select(Item.sku, Item.name, Lot.code, Lot.expiry, Lot.best_before, Unit.id, Unit.kind, Unit.code)
        .join(Balance, Balance.item_id == Item.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .where(Balance.site_id == task.site_id, Balance.location_id == task.location_id, Balance.qty > 0)
        .order_by(Item.sku, Lot.code, Unit.code)
    )
    return [
        [
            words(sku),
            words(name),
            words(lot_facts(lot, expiry, best_before, sheet.words, sheet.locale), 8),
            words(unit_name(kind, code) if unit_id else "", 8),
            "",
        ]
        for sku, name, lot, expiry, best_before, unit_id, kind, code in rows
    ]
