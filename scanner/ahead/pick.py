"""The coming steps of a pick: tote, then over and over location and item, then the bench. Played to the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.barcode.own import encode
from scanner.by import By
from scanner.db import db
from scanner.models import Serial, Task, Unit
from scanner.pick import plan
from scanner.pick.exceptions import REASONS
from scanner.pick.plan import Line
from scanner.prompt import Prompt

NEW_TOTE = encode("tote", "AHEAD")  # a label that nobody has: which tote comes is not known beforehand
YOUR_TOTE = "YOUR TOTE"
FAR = 8  # what is wrong on the floor is played for the stops that come soon
FARTHER = 16  # and a walk in another order for those that come first
NEEDS_LABEL = "A new label needs the network."


class Pick(Script):
    """Every unit is a step of its own, from the tote to the bench."""

    def begin(self, task: Task, _by: By) -> None:
        """Read all that is left of the order, with the barcodes of its items."""
        plan.rehearse(task)
        task.memo["facts"]["packs"] = codes.packs_of({line.item_id for line in task.memo["book"]})

    def ways(self, task: Task, by: By) -> Iterator[Way]:
        """What a picker can scan or tap now."""
        return _WAYS[plan.step_of(task)](task, by)

    def other(self, task: Task) -> str:
        """A lot that is not on file here, or goods that are found after all, the server judges."""
        return "keep" if plan.step_of(task) in ("lot", "serial", "short", "unpick") else "stop"

    def same(self, task: Task) -> Any:
        """What is left, in which order, and what is being asked. Which tote is in hand makes no difference."""
        state, open_lines = task.state, [line for line in task.memo["book"] if line.posted < line.qty]
        left = {line.location_id for line in open_lines}
        here = {(line.spot, line.item_id) for line in open_lines if line.tracking == "lot"}
        book = [line for line in task.memo["book"] if line.posted < line.qty or (line.spot, line.item_id) in here]
        current, stops = plan.next_line(task), state.get("stops", [])
        ahead = stops[stops.index(current.location_id) :] if current and current.location_id in stops else []
        asked = [state.get(name) for name in ("short", "pending", "confirm", "unpick")]
        skipped = [stop for stop in state.get("skipped", []) if stop in left]
        at = state.get("at") if state.get("at") in left else None
        return book, ahead, asked, skipped, at, bool(state.get("tote"))

    def steady(self, prompt: Prompt) -> Prompt:
        """The prompt without the name of the tote."""
        return replace(prompt, put_in="") if prompt.put_in else prompt

    def drawn(self, _task: Task, prompt: Prompt) -> Prompt:
        """Which tote will be in hand then nobody knows: the present one may be full before."""
        return replace(prompt, put_in=YOUR_TOTE) if prompt.put_in else prompt

    def is_bare(self, _prompt: Prompt, _drawn: Prompt) -> bool:
        """Never: the device writes the tote in whose name it has seen last."""
        return False


# --- step by step ----------------------------------------------------------------------------------------------------


def _tote(task: Task, by: By) -> Iterator[Way]:
    """Any tote's label but those of other orders."""
    facts = task.memo["facts"]
    if "taken" not in facts:
        bound = (Unit.order_id.is_not(None), Unit.order_id != task.order_id)
        query = select(Unit.code).where(Unit.site_id == by.site_id, Unit.kind == "tote", *bound).limit(400)
        facts["taken"] = sorted(db.session.scalars(query))
    yield Way(likes=(codes.like_tote(facts["taken"]),), played=NEW_TOTE)
    yield Way(likes=(codes.LIKE_TYPED,))


def _location(task: Task, _by: By) -> Iterator[Way]:
    line = plan.next_line(task)
    assert line is not None
    found = codes.place_codes(line.scan_body, line.code, line.check_digits)
    yield Way(found, played=found[0])
    yield from _exceptions(FARTHER)


def _item(task: Task, by: By) -> Iterator[Way]:
    current = plan.next_line(task)
    assert current is not None
    here = {line.item_id: line for line in reversed(plan.lines_here(task))}
    for item_id, line in here.items():
        yield from _goods(task, line, 0 if item_id == current.item_id else FAR)
    for place in dict.fromkeys(codes.place_codes(line.scan_body, line.code) for line in here.values()):
        yield Way(place, played=place[0], detour=FAR)  # once more: it is right
    if current.posted:
        yield Way(codes.cards("ALL"), played=codes.cards("ALL")[0])
        yield Way(likes=(codes.LIKE_QUANTITY,))
    yield Way(codes.cards("NOBARCODE"), needs=NEEDS_LABEL)
    yield from _exceptions(FAR)


def _goods(task: Task, line: Line, detour: int) -> Iterator[Way]:
    """An item that is wanted here, in each pack that is not too large."""
    left = sum(row.left for row in plan.lines_here(task) if row.item_id == line.item_id)
    packs = task.memo["facts"]["packs"][line.item_id]
    for pack in packs:
        if pack.qty <= left:
            yield Way(pack.texts, played=pack.texts[0], detour=detour, likes=_plain_likes(line, pack))
            yield from _marked(task, line, pack, detour)
    yield Way(likes=codes.like_other(gtin for pack in packs for gtin in pack.gtins))


def _plain_likes(line: Line, pack: codes.Pack) -> tuple[str, ...]:
    return codes.like_item(pack.gtins) if line.tracking == "none" else ()


def _marked(task: Task, line: Line, pack: codes.Pack, detour: int) -> Iterator[Way]:
    """Labels that name the lot or the serial number as well."""
    if not pack.gtins:
        return
    gtin = pack.gtins[0]
    if line.tracking == "lot":
        for row in plan.lines_here(task):
            if row.item_id == line.item_id:
                likes = codes.like_lot(pack.gtins, row.lot_code)
                yield Way(likes=likes, played=codes.labelled(gtin, "10", row.lot_code), detour=detour)
    elif line.tracking == "serial" and (serials := _serials(task, line)):
        likes = tuple(like for serial in serials for like in codes.like_serial(pack.gtins, serial))
        yield Way(likes=likes, played=codes.labelled(gtin, "21", serials[0]), detour=detour)


def _lot(task: Task, _by: By) -> Iterator[Way]:
    """The lot that the label did not say: those that are wanted here."""
    item_id = task.state["pending"]["item"]
    lots = dict.fromkeys(line.lot_code for line in plan.lines_here(task) if line.item_id == item_id)
    for lot in lots:
        yield Way(codes.field_codes("10", lot), played=f"]C110{lot}")
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0], detour=FAR)


def _serial(task: Task, _by: By) -> Iterator[Way]:
    """The serial number that the label did not say: any that the book has here."""
    item_id = task.state["pending"]["item"]
    line = next(line for line in plan.lines_here(task) if line.item_id == item_id)
    serials = _serials(task, line)
    if serials:
        found = tuple(code for serial in serials for code in codes.field_codes("21", serial))
        yield Way(found, played=f"]C121{serials[0]}")
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0], detour=FAR)


def _serials(task: Task, line: Line) -> list[str]:
    known = task.memo["facts"].setdefault("serials", {})
    key = (line.item_id, line.location_id, line.unit_id)
    if key not in known:
        query = select(Serial.code).where(
            Serial.item_id == line.item_id, Serial.location_id == line.location_id, Serial.unit_id == line.unit_id
        )
        known[key] = list(db.session.scalars(query.order_by(Serial.code).limit(100)))
    found: list[str] = known[key]
    return found


def _short(_task: Task, _by: By) -> Iterator[Way]:
    reasons = codes.cards(*REASONS)
    yield Way(reasons, played=reasons[0])
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _drop(task: Task, by: By) -> Iterator[Way]:
    facts = task.memo["facts"]
    if "benches" not in facts:
        facts["benches"] = codes.places_of_kind(by.site_id, "pack")
    for bench in facts["benches"]:
        yield Way(bench, played=bench[0])
    if len(facts["benches"]) == codes.MOST_PLACES:
        yield Way(likes=(codes.LIKE_PLACE,))
    yield Way(codes.cards("UNPICK"))


def _nothing(_task: Task, _by: By) -> Iterator[Way]:
    yield Way(codes.cards("DONE"), played=codes.cards("DONE")[0])


def _unpick(_task: Task, _by: By) -> Iterator[Way]:
    """What was picked last is in the record, and only there."""
    yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])


def _exceptions(far: int) -> Iterator[Way]:
    """What may be wrong. Before the place is proven it looks the same on the screen as after, and is rarer."""
    yield Way(codes.cards("SHORT"), played=codes.cards("SHORT")[0], detour=far)
    yield Way(codes.cards("FULL"), played=codes.cards("FULL")[0], detour=far)
    yield Way(codes.cards("SKIP"), played=codes.cards("SKIP")[0], detour=FARTHER)
    yield Way(codes.cards("UNPICK"))


_WAYS = {
    "tote": _tote,
    "location": _location,
    "item": _item,
    "lot": _lot,
    "serial": _serial,
    "short": _short,
    "drop": _drop,
    "nothing": _nothing,
    "unpick": _unpick,
}
