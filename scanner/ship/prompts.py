"""Prompts: what the loader is told in each step."""

from __future__ import annotations

from scanner import tasks
from scanner.db import db
from scanner.find import unit_words
from scanner.models import Manifest, Order, Parcel, Task, Unit
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods
from scanner.ship.door import door_of

SHOWN = 6  # missing parcels listed


def parcel_prompt(task: Task, manifest: Manifest, title: str) -> Prompt:
    """A parcel is to be scanned."""
    door = door_of(task)
    checks = tuple(Check(number, "todo", f"at {place}") for number, place in door.waiting[:SHOWN])
    missing = len(door.waiting)
    return Prompt(
        workflow="ship",
        step="parcel",
        title=title,
        verb="LOAD",
        scan="SCAN A PARCEL LABEL",
        progress=(door.loaded, door.loaded + missing),
        text=f"{manifest.number} at {door.code}",
        checks=checks,
        next=f"{missing} missing" if missing else "all parcels are loaded",
        actions=(tasks.action("CLOSE", "CLOSE MANIFEST"), tasks.action("UNDO")),
        more=(tasks.action("PAUSE"),),
    )


def tracking_prompt(task: Task, title: str) -> Prompt:
    """The parcel's tracking number is to be scanned or typed."""
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    order = db.session.get_one(Order, parcel.order_id)
    return Prompt(
        workflow="ship",
        step="tracking",
        title=title,
        verb="SCAN",
        scan="SCAN THE TRACKING NUMBER",
        goods=ShownGoods(
            f"Parcel of {order.number}",
            unit_words(db.session.get_one(Unit, parcel.unit_id)),
            facts=(("service", parcel.service),) if parcel.service else (),
        ),
        pad=Pad("text", "TRACKING NUMBER", "tracking"),
        actions=(tasks.action("BACK"), tasks.action("UNDO")),
    )
