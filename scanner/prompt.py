"""Prompt: what a worker is told next, as plain data that a page, the API and a test read alike.

One prompt is one instruction for one scan. It fills the five bands of the station's screen: status, target, goods,
scan band, actions. It never holds what the worker must not know (the expected figure of a blind count).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the action bar. Pressing it sends `code`, the same code that a printed command card holds."""

    label: str  # "SHORT"
    code: str  # "CSHORT7"


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the check list: what has been proven, what is being asked now, what comes."""

    label: str
    state: str = "todo"  # 'done' | 'now' | 'todo'
    note: str = ""  # "1 of 2"


@dataclass(frozen=True, slots=True)
class Place:
    """A location as it stands on its label."""

    code: str  # "A-03-2"
    parts: Sequence[str] = ()  # ("A", "03", "2")
    captions: Sequence[str] = ()  # ("aisle", "bay", "level")
    level: int | None = None
    hint: str = ""  # "32 m from the last stop"


@dataclass(frozen=True, slots=True)
class Goods:
    """What to take, put or check."""

    name: str
    sku: str
    gtin: str = ""
    qty: int | None = None  # how many are wanted in this step, base units
    done: int | None = None  # how many of them are booked
    uom: str = "EACH"
    facts: Sequence[tuple[str, str]] = ()  # (("lot", "B7741"), ("expiry", "2027-03-31"))


@dataclass(frozen=True, slots=True)
class Pad:
    """Our own keypad. What is typed travels as a code: `before` + typed text + `after`."""

    kind: str  # 'quantity' | 'digits' | 'text' | 'date' | 'weight' | 'choice'
    label: str
    name: str  # 'quantity', 'lot', 'expiry', 'serial', 'tracking', 'weight', 'reason', 'check_digits'
    value: str = ""  # pre-filled text; always empty in a blind count
    choices: Sequence[Action] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """The next instruction of a task. `step` is its stable name; `expects` are codes that the page may call right."""

    workflow: str
    step: str
    title: str  # "PICK SO-20518"
    verb: str  # "GO TO"
    scan: str  # the scan band: "SCAN LOCATION LABEL A-03-2"
    progress: tuple[int, int] | None = None  # (9, 31)
    place: Place | None = None
    goods: Goods | None = None
    put_in: str = ""  # "TOTE 2"
    text: str = ""  # packing instructions, why this location, ...
    checks: Sequence[Check] = ()
    expects: Sequence[str] = ()
    next: str = ""  # one line about the stop after this one
    actions: Sequence[Action] = ()  # at most three in the bar
    more: Sequence[Action] = ()  # the rest, on the MORE sheet
    pad: Pad | None = None
    is_done: bool = False  # the task is finished; nothing more is asked

    def as_json(self) -> dict[str, Any]:
        """The prompt as JSON-ready data, for the API and for the stored answer."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    """Dataclasses as dicts and tuples as lists: what comes back when it has been through JSON."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def prompt_from_json(data: Mapping[str, Any]) -> Prompt:
    """The Prompt that `as_json` wrote, for a replayed answer."""
    values = dict(data)
    place, goods, pad = values.get("place"), values.get("goods"), values.get("pad")
    values["place"] = Place(**place) if place else None
    values["goods"] = Goods(**goods) if goods else None
    values["checks"] = tuple(Check(**row) for row in values.get("checks", ()))
    values["actions"] = tuple(Action(**row) for row in values.get("actions", ()))
    values["more"] = tuple(Action(**row) for row in values.get("more", ()))
    if pad:
        values["pad"] = Pad(**{**pad, "choices": tuple(Action(**row) for row in pad.get("choices", ()))})
    if values.get("progress"):
        values["progress"] = tuple(values["progress"])
    return Prompt(**values)
