"""Prompts: what the picker is told in each step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scanner import shown, tasks, walk
from scanner.db import db
from scanner.models import Item, Location, Move, Task
from scanner.pick.plan import (
    Line,
    next_line,
    plan_of,
)
from scanner.prompt import Check, Pad, Prompt
from scanner.prompt import Goods as ShownGoods


def _progress(task: Task) -> tuple[int, int]:
    """Stops done, of all stops."""
    stops, current = task.state["stops"], next_line(task)
    total = max(task.state.get("total", 0), len(stops))
    left = (
        0 if current is None else len(stops) - (stops.index(current.location_id) if current.location_id in stops else 0)
    )
    return total - left, total


_MORE = ("UNPICK", "FULL", "SKIP", "SHORT")


def _base(task: Task, title: str, step_name: str, verb: str, scan: str) -> Prompt:
    more = tuple(tasks.action(word) for word in _MORE)
    return Prompt(
        workflow="pick", step=step_name, title=title, verb=verb, scan=scan, progress=_progress(task), more=more
    )


def _tote_prompt(task: Task, title: str) -> Prompt:
    stops = len(task.state["stops"])
    return replace(
        _base(task, title, "tote", "TAKE", "SCAN A TOTE"),
        text=f"An empty tote for {stops} stop{'s' if stops != 1 else ''}.",
        actions=(tasks.action("UNDO"),),
        more=(),
    )


def _location_prompt(task: Task, title: str) -> Prompt:
    line = next_line(task)
    assert line is not None
    return replace(
        _base(task, title, "location", "GO TO", f"SCAN LOCATION {line.code}"),
        place=shown.place(line, walk.hint(task.state.get("xy"), task.state.get("cross"), line)),
        checks=(Check("location", "now"), Check("item"), Check("tote")),
        expects=(shown.location_code(line.scan_body), line.code),
        next=_next(task, line),
        actions=(tasks.action("SKIP"), tasks.action("UNDO")),
    )


def _item_prompt(task: Task, title: str) -> Prompt:
    line = next_line(task)
    assert line is not None
    may_all = line.posted > 0 and line.left > 1 and line.tracking != "serial"
    return replace(
        _base(task, title, "item", "TAKE", f"SCAN ITEM  {line.posted} of {line.qty}"),
        place=shown.place(line),
        goods=ShownGoods(line.name, line.sku, qty=line.qty, done=line.posted, uom=line.uom, facts=line.facts),
        put_in=str(task.state.get("tote_name", "")).upper(),
        checks=(Check("location", "done"), Check("item", "now", f"{line.posted} of {line.qty}")),
        expects=(line.sku,),
        more=(tasks.action("NOBARCODE", "NO BARCODE"), *(tasks.action(word) for word in _MORE)),
        next=_next(task, line),
        actions=(
            tasks.action("SHORT"),
            *([tasks.action("ALL", f"ALL {line.left}")] if may_all else []),
            tasks.action("UNDO"),
        ),
    )


def asked_beside(task: Task) -> dict[str, Any]:
    """The bands beside the question for a lot or a serial number: how far the line is."""
    line = next_line(task)
    assert line is not None
    actions = (tasks.action("BACK"), tasks.action("UNDO"))
    checks = (Check("location", "done"), Check("item", "now", f"{line.posted} of {line.qty}"))
    return {"progress": _progress(task), "checks": checks, "actions": actions}


def _short_prompt(task: Task, title: str) -> Prompt:
    line = next_line(task)
    assert line is not None
    labels = {"EMPTY": "LOCATION EMPTY", "TOOFEW": "TOO FEW", "DAMAGED": "DAMAGED", "WRONGITEM": "OTHER ITEM"}
    return replace(
        _base(task, title, "short", "WHAT IS WRONG?", "SCAN OR TAP A REASON"),
        goods=ShownGoods(line.name, line.sku, qty=line.left, uom=line.uom),
        pad=Pad("choice", "REASON", "reason", choices=tasks.choices(labels)),
        actions=(tasks.action("BACK"),),
        more=(),
    )


def _next(task: Task, line: Line) -> str:
    following = next((row for row in plan_of(task) if row.reservation_id != line.reservation_id), None)
    if following is None:
        return "then to the packing bench"
    if following.location_id == line.location_id:
        return f"then {following.name}, same place"
    return f"then {following.code}"


def _drop_prompt(task: Task, title: str) -> Prompt:
    return replace(
        _base(task, title, "drop", "BRING TO", "SCAN THE PACKING BENCH"),
        text="All lines are done. Bring the tote to a packing bench.",
        actions=(tasks.action("UNDO"),),
        more=(tasks.action("UNPICK"),),
    )


def _nothing_prompt(task: Task, title: str) -> Prompt:
    return replace(
        _base(task, title, "nothing", "NOTHING LEFT", "TAP DONE"),
        text="No stock is left for this order. It waits for goods.",
        actions=(tasks.action("DONE"), tasks.action("UNDO")),
        more=(),
    )


def _unpick_prompt(task: Task, title: str) -> Prompt:
    seq = task.state["unpick"]["seq"]
    base = _base(task, title, "unpick", "TAKE OUT", "SCAN WHAT YOU TAKE OUT")
    if not seq:
        return replace(base, text="The unit that goes back to its shelf.", actions=(tasks.action("BACK"),), more=())
    move = db.session.get_one(Move, (task.site_id, seq))
    location = db.session.get_one(Location, move.source_id)
    item = db.session.get_one(Item, move.item_id)
    return replace(
        base,
        verb="BRING BACK TO",
        scan=f"SCAN LOCATION {location.code}",
        place=shown.place(location),
        goods=ShownGoods(item.name, item.sku, qty=move.qty, uom=item.uom),
        expects=(shown.location_code(location.scan_body), location.code),
        actions=(tasks.action("BACK"),),
        more=(),
    )


PROMPTS = {
    "tote": _tote_prompt,
    "location": _location_prompt,
    "item": _item_prompt,
    "short": _short_prompt,
    "drop": _drop_prompt,
    "nothing": _nothing_prompt,
    "unpick": _unpick_prompt,
}
