"""Wish: which labels somebody at the desk wants, of what and made for what, as the address of the page says it.

A kind, what it is for and where it goes: `/labels/location?aisle=A&on=p3`. The same fields come back with the forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from sqlalchemy import ColumnElement, func, select
from werkzeug.exceptions import NotFound

from labels import many
from labels.card import STANDARD_COMMANDS, STANDARD_QUANTITIES
from labels.make import Target, target_at, trial
from scanner import printing
from scanner.barcode.own import QUANTITY
from scanner.db import db
from scanner.models import Location, Printer, PrintJob
from scanner.models.location import STORAGE_KINDS
from web.auth import me
from web.page import ID_DIGITS, MOST_ID, printers_for

SIZES: Final = {  # mm, for a PDF from this page: the first of a kind is what it gets unless another is chosen
    "location": ("100x50", "100x35", "100x150", "210x99"),
    "station": ("100x50", "85x54", "105x148"),
    "item": ("57x32", "50x25", "25x25", "100x50"),
    "unit": ("102x152", "105x148", "148x210"),
    "tote": ("100x50", "70x35"),
    "shipment": ("102x152", "105x148"),
    "command": ("85x54", "63x38", "100x50"),
    "carton_type": ("100x50", "85x54"),
    "check_sheet": ("105x148", "210x297"),
}
TITLES: Final = {
    "location": "Location labels",
    "station": "Labels of benches and docks",
    "item": "Item labels",
    "unit": "Unit labels",
    "tote": "Tote labels",
    "shipment": "Shipment label",
    "command": "Command cards",
    "carton_type": "Carton types",
    "check_sheet": "Scanner check sheet",
}
PAGE_DPI: Final = 300
MOST_PAGE_MM: Final = 300  # larger ones only take time
MOST_JOBS: Final = 200  # labels at once through the queue; for more there is the PDF
OF_PLACE: Final = ("style", "arrow", "twin")
FIELDS: Final = ("aisle", "part", "word", "number", "lot", "serial", "qty", "symbol", *OF_PLACE)
_PART = re.compile(r"([1-9][0-9]{0,5})-([1-9][0-9]{0,5})")
_SIZE = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: jobs that are in no queue yet, what they are made for, and the printer if it is one."""

    kind: str
    jobs: Sequence[PrintJob]
    target: Target
    printer: Printer | None
    fields: Sequence[tuple[str, str]]  # that make the same wish again

    @property
    def widest(self) -> PrintJob:
        """The one whose code is the longest: what fits there fits on all."""
        if self.kind == "command":
            return max(self.jobs, key=lambda job: len(f"{job.details['word']}{job.details.get('number', '')}"))
        if self.kind != "location":
            return self.jobs[0]
        ids = [job.subject_id for job in self.jobs]
        longest = select(Location.id).where(Location.id.in_(ids)).order_by(func.length(Location.scan_body).desc())
        first = db.session.scalar(longest.limit(1))
        return next((job for job in self.jobs if job.subject_id == first), self.jobs[0])

    @property
    def is_plate(self) -> bool:
        """Whether there is but one such label: a second one is a copy."""
        return bool(self.jobs) and self.things[0].is_plate

    @property
    def things(self) -> list[printing.Thing]:
        """What the labels are of."""
        return [printing.Thing(self.kind, job.subject_id, details=job.details) for job in self.jobs]

    @property
    def at_once(self) -> int:
        """How many go to a printer, or into a file, at once."""
        return MOST_JOBS if self.printer else many.MOST

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"/labels/{self.kind}?{urlencode(self.fields)}"


# --- what is wanted --------------------------------------------------------------------------------------------------


def wish_of(kind: str) -> Wish:
    """The wish of this request. Raises NotFound."""
    if kind not in TITLES:
        raise NotFound
    on = request.values.get("on", "") or first_choice(kind)
    printer = printer_at(on)
    target = target_at(printer) if printer else _page(kind, on)
    jobs = [_job(kind, subject_id, details) for subject_id, details in _subjects(kind)]
    names = (*FIELDS, "id", "on")
    fields = [(name, value) for name in names for value in request.values.getlist(name) if value]
    return Wish(kind, jobs, target, printer, fields)


def _job(kind: str, subject_id: int | None, details: dict[str, Any]) -> PrintJob:
    """The next print of a label. What has but one is a copy once that is out."""
    is_copy, details = printing.Thing(kind, subject_id, details=details).next_print(me())
    job = trial(kind, subject_id, me(), details)
    job.copy_of = 0 if is_copy else None
    return job


def _subjects(kind: str) -> list[tuple[int | None, dict[str, Any]]]:
    if kind == "check_sheet":
        return [(None, {})]
    if kind == "command":
        return [(None, details) for details in _commands()]
    aisle = request.values.get("aisle", "")[:8]
    if kind == "location" and aisle:
        first, last = _part()
        query = select(Location.id).where(*_of_aisle(aisle)).order_by(Location.walk_order, Location.code)
        ids = list(db.session.scalars(query.offset(first).limit(min(last - first, many.MOST + 1))))
    else:
        texts = dict.fromkeys(request.values.getlist("id")[: many.MOST])
        ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS]
        ids = [one for one in ids if one <= min(MOST_ID, 2**31 - 1)]
    return [(subject_id, _details(kind)) for subject_id in ids]


def _of_aisle(aisle: str) -> tuple[ColumnElement[bool], ...]:
    return Location.site_id == me().site_id, Location.aisle == aisle, Location.kind.in_(STORAGE_KINDS)


def _part() -> tuple[int, int]:
    """Which of an aisle's locations, in walking order: `part=201-400`; all of them without."""
    found = _PART.fullmatch(request.values.get("part", ""))
    return (int(found[1]) - 1, max(int(found[1]) - 1, int(found[2]))) if found else (0, 10**6)


def parts_of(wish: Wish) -> list[str]:
    """The parts of an aisle that go to a printer, or into a file, at once; none where all of it goes."""
    aisle = request.values.get("aisle", "")[:8]
    if wish.kind != "location" or not aisle:
        return []
    count = db.session.scalar(select(func.count()).where(*_of_aisle(aisle))) or 0
    starts = range(1, count + 1, wish.at_once) if count > wish.at_once else ()
    return [f"{start}-{min(start + wish.at_once - 1, count)}" for start in starts]


def _details(kind: str) -> dict[str, Any]:
    """What else the label says."""
    details: dict[str, Any] = {}
    if kind == "item":
        details = {"qty": number("qty")}
        details |= {name: request.values.get(name, "")[:64] for name in ("lot", "serial", "symbol")}
    elif kind == "location":
        details = {name: request.values.get(name, "")[:8] for name in OF_PLACE}
    return {name: value for name, value in details.items() if value}


def _commands() -> list[dict[str, Any]]:
    word = request.values.get("word", "").strip().upper()[:12]
    if word:
        count = number("number")
        return [{"word": word, **({"number": count} if count is not None else {})}]
    return [{"word": word} for word in STANDARD_COMMANDS] + [
        {"word": QUANTITY, "number": count} for count in STANDARD_QUANTITIES
    ]


def number(name: str) -> int | None:
    """A field that is a figure of at most nine digits; None for anything else."""
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


# --- where it goes ---------------------------------------------------------------------------------------------------


def first_choice(kind: str) -> str:
    """Where labels of a kind go if nobody says: to the first printer, else into a PDF."""
    printers = printers_for("label")
    return f"p{printers[0].id}" if printers else SIZES[kind][0]


def printer_at(on: str) -> Printer | None:
    """The printer that is chosen; None for a PDF in this page."""
    if not (on.startswith("p") and on[1:].isascii() and on[1:].isdigit() and len(on) < 12):
        return None
    found = db.session.get(Printer, int(on[1:])) if int(on[1:]) < 2**31 else None
    return found if found and found.site_id == me().site_id and found.is_active else None


def _page(kind: str, on: str) -> Target:
    """A page of the size that is asked for; of the kind's first where that is none, or larger than any label."""
    size = _SIZE.fullmatch(on)
    if size is None or max(int(size[1]), int(size[2])) > MOST_PAGE_MM:
        size = _SIZE.fullmatch(SIZES[kind][0])
    assert size is not None
    return Target("pdf", PAGE_DPI, int(size[1]), int(size[2]))
