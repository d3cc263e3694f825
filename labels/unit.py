"""Unit: the GS1 logistic label of a pallet or a carton with its SSCC, and the label of a tote that is used again.

Blocks as GS1 asks for: who sends and who gets it above, what it is in the middle, barcodes at the foot, the SSCC
lowest, bars upright. People find the unit by its last four digits, phones by the Data Matrix that says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from labels.frame import address, barcode, copy_mark, grid, kilograms, line_across
from labels.limits import limit
from labels.parts import Box, Label, Media, Symbol
from labels.sketch import Sketch
from scanner.barcode import gs1, keys
from scanner.refusals import Refusal

_BARS_MM = 32.0
_HRI_MM = 3.0  # all text of a logistic label, at least
_LAST_MM = 12.0  # the last four digits
_TWIN_MODULE_MM = 0.9
_TALL_MM = 140.0  # from this height on there is room for a barcode of the content


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a unit's label says. `gtin` and `count` are of the goods inside; addresses are lines."""

    sscc: str
    ship_from: tuple[str, ...] = ()
    ship_to: tuple[str, ...] = ()
    description: str = ""
    sku: str = ""
    gtin: str = ""
    count: int | None = None
    lot: str = ""
    expires_on: date | None = None
    best_before: date | None = None  # the other of the two dates
    order: str = ""
    weight_g: int | None = None


def unit(facts: UnitFacts, media: Media, *, is_copy: bool = False) -> Label:
    """The GS1 logistic label; A6 is the smallest that GS1 recommends.

    Refusals: `label_bad_content` for 18 digits that are no SSCC, `label_too_small` where its barcode does not fit.
    """
    if not keys.is_sscc(facts.sscc):
        raise Refusal("label_bad_content", facts.sscc, why="it is no SSCC: 18 digits with the right check digit")
    sketch = Sketch(f"unit {facts.sscc}", media, margin_mm=3.0)
    content = _content_symbol(sketch, facts)
    foot_mm = _BARS_MM + _HRI_MM * 1.65 + 0.5
    room_mm = media.mm(sketch.room.height)
    from_to_mm = min(26.0, room_mm * 0.17) if facts.ship_from or facts.ship_to else 0.01
    heights = [from_to_mm, 0.0, *([foot_mm] if content else []), foot_mm]
    upper, middle, *codes = sketch.rows(sketch.room, *heights, gap_mm=1.6)
    if from_to_mm > 1:
        _from_to(sketch, facts, upper)
        line_across(sketch, upper.bottom + sketch.dots(0.6))
    _middle(sketch, facts, middle, is_copy=is_copy)
    line_across(sketch, middle.bottom + sketch.dots(0.6))
    if content:
        barcode(sketch, content, codes[0], "unit", name="content", hri_mm=_HRI_MM)
    barcode(sketch, Symbol("gs1_128", f"00{facts.sscc}"), codes[-1], "unit", name="sscc", hri_mm=_HRI_MM)
    return sketch.done()


def _content_symbol(sketch: Sketch, facts: UnitFacts) -> Symbol | None:
    """(02)(37): what is inside and how many, if it is known, others may read it, and there is room for its bars."""
    if not facts.gtin or not facts.count or sketch.media.height_mm < _TALL_MM:
        return None
    if keys.gtin(facts.gtin) is None:
        raise Refusal("label_bad_content", facts.gtin, why="it is no GTIN: its check digit or its length is wrong")
    if keys.is_restricted(facts.gtin.zfill(14)) or keys.is_variable(facts.gtin):
        return None
    digits = str(facts.count)
    even = digits.zfill(len(digits) + len(digits) % 2)  # an even number of digits takes fewer bars
    symbol = Symbol("gs1_128", gs1.element_string({"02": facts.gtin.zfill(14), "37": even}))
    return symbol if sketch.least_width(symbol, "unit") <= sketch.room.width else None


def _from_to(sketch: Sketch, facts: UnitFacts, box: Box) -> None:
    left, right = sketch.columns(box, 1, 1.35, gap_mm=3)
    address(sketch, left, "From", facts.ship_from, mm=2.4)
    address(sketch, right, "To", facts.ship_to, mm=3.0)


def _middle(sketch: Sketch, facts: UnitFacts, box: Box, *, is_copy: bool) -> None:
    """Data Matrix, what is inside, and the last four digits; below them the fields."""
    twin_mm = _twin_mm(sketch, facts)
    words_mm = 5.0 if facts.description else 0.01
    head, words, fields = sketch.rows(box, max(twin_mm, _LAST_MM + 2), words_mm, 0, gap_mm=1.0)
    twin = Box(head.x, head.y, sketch.dots(twin_mm), head.height)
    sketch.code(
        Symbol("gs1_datamatrix", f"00{facts.sscc}"), twin, "unit", name="twin", align="left", most_mm=_TWIN_MODULE_MM
    )
    last = Box(head.right - sketch.dots(44), head.y, sketch.dots(44), head.height)
    sketch.text(facts.sscc[-4:], last, 14.0, least_mm=_LAST_MM, bold=True, align="right", name="last four")
    between = Box(twin.right + sketch.dots(2), head.y, last.x - twin.right - sketch.dots(3), head.height)
    if is_copy:
        mark, between = sketch.rows(between, 4.5, 0, gap_mm=0.5)
        copy_mark(sketch, mark, mm=3.0, align="left")
    sketch.text(facts.sku, between, 4.0, least_mm=1.8, bold=True, name="sku")
    sketch.text(facts.description, words, 3.2, least_mm=2.0, name="description")
    grid(sketch, fields, _fields(facts), columns=3, mm=4.0, title_mm=1.7, least_mm=1.6)


def _twin_mm(sketch: Sketch, facts: UnitFacts) -> float:
    """The side of the Data Matrix at its smallest module that is allowed."""
    symbol = Symbol("gs1_datamatrix", f"00{facts.sscc}")
    return max(16.0, sketch.media.mm(sketch.least_width(symbol, "unit")) + 0.2)


def _fields(facts: UnitFacts) -> list[tuple[str, str]]:
    weight = kilograms(facts.weight_g) if facts.weight_g else ""
    day = facts.expires_on or facts.best_before
    count = str(facts.count) if facts.count is not None else ""
    found = [
        ("Content", facts.gtin),
        ("Count", count),
        ("Batch/Lot", facts.lot),
        ("Expiry" if facts.expires_on else "Best before", day.isoformat() if day else ""),
        ("Order", facts.order),
        ("Gross weight", weight),
    ]
    return [(title, value) for title, value in found if value]


# --- totes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToteFacts:
    """What a tote's label says: its name and our code for it ('U000123X')."""

    name: str
    code: str
    note: str = ""


def tote(facts: ToteFacts, media: Media, *, is_copy: bool = False) -> Label:
    """The label of a tote: its name from afar, bars, and a Data Matrix for phones.

    Refusal `label_too_small` if the bars do not fit.
    """
    sketch = Sketch(f"tote {facts.name}", media)
    room = sketch.room
    bars_mm = max(9.0, media.mm(room.height) * 0.42)
    head, foot = sketch.rows(room, 0, bars_mm + 4.5, gap_mm=1.0)
    symbol = Symbol("code128", facts.code)
    side = min(foot.height, room.width - sketch.least_width(symbol, "own") - sketch.dots(1), sketch.dots(20))
    if side >= sketch.dots(8):
        sketch.code(
            Symbol("datamatrix", facts.code),
            Box(foot.right - side, foot.y, side, foot.height),
            "own",
            name="twin",
            align="right",
        )
        foot = Box(foot.x, foot.y, foot.width - side - sketch.dots(1), foot.height)
    if is_copy:
        head, mark = sketch.columns(head, 5, 1)
        copy_mark(sketch, mark)
    if facts.note:
        head, note = sketch.rows(head, 0, 4.5, gap_mm=0.5)
        sketch.text(facts.note, note, 2.6, name="note")
    sketch.headline(facts.name, head, 18, least_mm=3, name="name")
    most = min(limit("own", "code128").most_mm, 0.6)
    barcode(sketch, symbol, foot, "own", name="code", hri_mm=2.2, align="left", most_mm=most)
    return sketch.done()
