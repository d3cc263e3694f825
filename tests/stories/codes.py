"""What people in a story scan, in their words: `MUG`, `case of MUG`, `MILK lot L7 count 12`, `A-01-1`, `Q 12`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from sqlalchemy import select

from scanner.barcode import command, compact, element_string, encode
from scanner.barcode.own import COMMANDS
from scanner.db import db
from scanner.models import Order, Parcel, PrintJob, Unit
from tests.scanner.floor import Floor, case, pallet, place, tote
from tests.world import CASE, ITEMS

FIELDS = ("lot", "expiry", "best_before", "serial", "count")
_FIELD = re.compile(rf"({'|'.join(FIELDS)}) (in \d+ days|\d+ days ago|\S+)")


def raw_code(words: str, floor: Floor) -> str | None:
    """The code that a scanner would send for these words; None, ValueError or LookupError when they name nothing."""
    if words.startswith('"') and words.endswith('"') and len(words) > 1:
        return words[1:-1]  # typed as it stands
    if words in COMMANDS:
        return command(words)
    if words in floor.world.locations:
        return place(words)
    first, _, rest = words.partition(" ")
    if first in ITEMS:
        return _goods(first, rest, floor)
    make = _KINDS.get(first)
    return make(rest, floor) if make else None


def _goods(sku: str, rest: str, floor: Floor) -> str | None:
    """An item by its barcode, or by a GS1 label with all that it says."""
    if not rest:
        return sku
    fields = dict(_FIELD.findall(rest))
    if _FIELD.sub("", rest).strip() or not fields:
        return None
    return case(sku, **{name: _value(name, text, floor) for name, text in fields.items()})


def _value(name: str, text: str, floor: Floor) -> str:
    return day(text, floor).strftime("%y%m%d") if name in ("expiry", "best_before") else text


def day(text: str, floor: Floor) -> date:
    """A date, or `in 30 days`, or `3 days ago`. Raises ValueError."""
    if "days" not in text:
        return date.fromisoformat(text)
    number = int(re.sub(r"\D", "", text))
    return floor.by("eve").today + timedelta(days=-number if text.endswith("ago") else number)


def _parcel(rest: str, _floor: Floor) -> str:
    """The label of a carton: `parcel of SO-1`, `parcel 2 of SO-1`."""
    number, _, order = rest.rpartition("of ")
    query = select(Unit.code).join(Parcel, Parcel.unit_id == Unit.id).join(Order, Order.id == Parcel.order_id)
    codes = db.session.scalars(query.where(Order.number == order).order_by(Parcel.id)).all()
    return pallet(codes[int(number or 1) - 1])


def _lone(name: str) -> Callable[[str, Floor], str]:
    """A label that holds one fact alone."""
    identifiers: Mapping[str, str] = {"lot": "10", "expiry": "17", "best_before": "15", "serial": "21"}
    return lambda rest, floor: "]C1" + element_string({identifiers[name]: _value(name, rest, floor)})


def _printed(rest: str, _floor: Floor) -> str | None:
    """The pallet label that the printer was asked for last."""
    codes = select(Unit.code).join(PrintJob, PrintJob.subject_id == Unit.id).where(PrintJob.kind == "unit")
    code = db.session.scalars(codes.order_by(PrintJob.id.desc())).first()
    return pallet(code) if code and rest == "label" else None


_KINDS: dict[str, Callable[[str, Floor], str | None]] = {
    "case": lambda rest, _floor: CASE if rest == "of MUG" else None,
    "Q": lambda rest, _floor: command("Q", int(rest)),
    "tote": lambda rest, _floor: tote(int(rest)),
    "pallet": lambda rest, _floor: pallet(int(rest)),
    "parcel": _parcel,
    "printed": _printed,
    "order": lambda rest, _floor: encode("order", compact(rest)),
    "badge": lambda rest, floor: floor.world.badges[rest.removeprefix("of ")],
    "carton": lambda rest, _floor: encode("carton_type", rest),
    "digits": lambda rest, floor: floor.world.locations[rest.removeprefix("of ")].check_digits,
    "weight": lambda rest, _floor: "]C1" + element_string({"3303": f"{int(rest.removesuffix(' g')):06d}"}),
    **{name: _lone(name) for name in ("lot", "expiry", "best_before", "serial")},
}
