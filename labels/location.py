"""Location: the label on a beam, a floor or a sign overhead, found by eye from afar and confirmed by a scan.

Aisle, bay, level and position are read from the distance that the label is for: letters are as high as 1/200 of it
(docs/labels.md). The level stands in a bar of its own, in the level's colour where there is colour, with its digit
always; an arrow says whether the place is above or below the label. The check digits are drawn by lot, so they tell
nothing of the code: who types them has stood there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labels.parts import Box, Code, Label, Media, Symbol, Text
from labels.sketch import COPY, Sketch
from labels.text import CAP

# One colour a level, apart for eyes that confuse red and green too (Okabe and Ito's set); ink is what stands out on it.
LEVEL_COLOURS: Final = (
    ("#000000", "#ffffff"),  # 0: the floor
    ("#0072b2", "#ffffff"),
    ("#f0e442", "#000000"),
    ("#d55e00", "#000000"),
    ("#009e73", "#000000"),
    ("#cc79a7", "#000000"),
    ("#56b4e9", "#000000"),
    ("#e69f00", "#000000"),
)
ARROWS: Final = {"up": "▲", "down": "▼"}
_TWIN_MM: Final = 10.0  # phones do not read smaller ones
_PER_DISTANCE: Final = 200  # letter heights to the distance that they are read from
STYLES: Final = ("beam", "floor", "far")


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """What a location's label says. `code` is ours ('LA0302A'), `level` counts from 0 at the floor."""

    name: str
    code: str
    level: int | None = None
    arrow: str | None = None  # 'up' or 'down'
    check_digits: str = ""
    zone: str = ""


def location(
    facts: LocationFacts,
    media: Media,
    *,
    style: str = "beam",
    twin: str | None = "datamatrix",
    is_copy: bool = False,
) -> Label:
    """The label. `style` is one of STYLES; `twin` a second symbol for phones: 'datamatrix', 'qr' or None.

    Refusal `label_too_small` if the code cannot be large enough for its style.
    """
    sketch = Sketch(f"location {facts.name}", media)
    if style == "floor":
        body = _level_bar_above(sketch, facts)
        reading = _stacked(sketch, facts, body, twin, is_copy=is_copy)
    else:
        body = _level_bar_beside(sketch, facts)
        reading = _wide(sketch, facts, body, "far" if style == "far" else "location", twin, is_copy=is_copy)
    return sketch.done(reading_m=reading)


def _level_bar_beside(sketch: Sketch, facts: LocationFacts) -> Box:
    """The level in its colour, down the left edge, its arrow below it. Answers what room is left."""
    room = sketch.room
    if facts.level is None:
        return room
    width = min(room.height * 2 // 5, room.width // 8)
    colour, ink = LEVEL_COLOURS[facts.level % len(LEVEL_COLOURS)]
    mm = sketch.media.mm(width)
    bar = Box(room.x, room.y, width, room.height)
    arrow = ARROWS.get(facts.arrow or "")
    if arrow:
        bar, lower = sketch.rows(bar, 0, mm * 1.1, gap_mm=0)
        sketch.fill(lower, arrow, mm * 0.6, colour=colour, ink=ink, name="arrow")
    sketch.fill(bar, str(facts.level), mm, colour=colour, ink=ink, name="level")
    gap = sketch.dots(2)
    return Box(room.x + width + gap, room.y, room.width - width - gap, room.height)


def _level_bar_above(sketch: Sketch, facts: LocationFacts) -> Box:
    """The level in its colour, along the upper edge. Answers what room is left."""
    room = sketch.room
    if facts.level is None:
        return room
    bar, body = sketch.rows(room, sketch.media.mm(room.height) * 0.18, 0, gap_mm=2.5)
    colour, ink = LEVEL_COLOURS[facts.level % len(LEVEL_COLOURS)]
    words = f"{ARROWS.get(facts.arrow or '', '')} {facts.level}".strip()
    sketch.fill(bar, words, 99, colour=colour, ink=ink, name="level")
    return body


def _wide(sketch: Sketch, facts: LocationFacts, body: Box, use: str, twin: str | None, *, is_copy: bool) -> float:
    """Name and check digits above; below the code, and its twin beside it where there is room for one."""
    bars = max(25.0 if use == "far" else 12.7, sketch.media.mm(body.height) * 0.38)
    head, foot, line = sketch.rows(body, 0, bars, 3.2, gap_mm=1.0)
    symbol = Symbol("code128", facts.code)
    beside = foot.width - sketch.least_width(symbol, use) - sketch.dots(1)
    side = min(foot.height, foot.width // 4, beside)
    if twin and side >= sketch.dots(_TWIN_MM):
        square = Box(foot.right - side, foot.y, side, foot.height)
        foot = Box(foot.x, foot.y, foot.width - side - sketch.dots(1), foot.height)
        sketch.code(Symbol(twin, facts.code), square, "own", name="twin", align="right")
    reading = _head(sketch, facts, head)
    placed = sketch.code(symbol, foot, use, name="code", align="left")
    _small_print(sketch, facts, placed, line, is_copy=is_copy)
    return reading


def _head(sketch: Sketch, facts: LocationFacts, head: Box) -> float:
    """The name as large as it goes, and the check digits in a frame of their own. Answers the reading distance in m."""
    room = head
    if facts.check_digits:
        width = max(sketch.dots(17), head.width // 6)
        room, digits = sketch.columns(head, head.width - width, width, gap_mm=3)
        _check_digits(sketch, facts.check_digits, digits)
    sketch.headline(facts.name, room, 200, least_mm=4, name="name")
    return reading_distance_m(sketch)


def _check_digits(sketch: Sketch, digits: str, box: Box) -> None:
    thin = sketch.dots(0.4)
    height = min(box.height, sketch.dots(16))
    frame = Box(box.x, box.y, box.width, height)
    for side in (
        Box(frame.x, frame.y, frame.width, thin),
        Box(frame.x, frame.bottom - thin, frame.width, thin),
        Box(frame.x, frame.y + thin, thin, frame.height - 2 * thin),
        Box(frame.right - thin, frame.y + thin, thin, frame.height - 2 * thin),
    ):
        sketch.rule(side, "frame")
    inner = frame.inset(thin + sketch.dots(0.6))
    title, value = sketch.rows(inner, min(2.6, sketch.media.mm(inner.height) / 3), 0, gap_mm=0.6)
    sketch.text("CHECK", title, 1.8, least_mm=1.4, align="center", name="check title")
    sketch.text(digits, value, 14, bold=True, align="center", name="check digits")


def _stacked(sketch: Sketch, facts: LocationFacts, body: Box, twin: str | None, *, is_copy: bool) -> float:
    """For floors and totems: name over the whole width, check digits, then a high code."""
    height = sketch.media.mm(body.height)
    head, middle, foot, line = sketch.rows(body, height * 0.24, height * 0.22, 0, 3.2, gap_mm=2.0)
    sketch.headline(facts.name, head, 200, least_mm=6, name="name")
    reading = reading_distance_m(sketch)
    side = middle.height
    if facts.check_digits:
        _check_digits(sketch, facts.check_digits, Box(middle.x, middle.y, sketch.dots(26), middle.height))
    if twin:
        square = Box(middle.right - side, middle.y, side, side)
        sketch.code(Symbol(twin, facts.code), square, "own", name="twin", align="right")
    if facts.zone:
        left = middle.x + sketch.dots(29)
        zone = Box(left, middle.y, middle.right - side - left - sketch.dots(2), middle.height)
        sketch.text(facts.zone, zone, 5, lines=2, align="center", name="zone")
    placed = sketch.code(Symbol("code128", facts.code), foot, "location", name="code")
    _small_print(sketch, facts, placed, line, is_copy=is_copy)
    return reading


def _small_print(sketch: Sketch, facts: LocationFacts, code: Code, line: Box, *, is_copy: bool) -> None:
    """The code in letters, under its bars, and the mark of a copy."""
    quiet = 10 * code.module
    below = Box(code.box.x + quiet, line.y, code.box.width - 2 * quiet, line.height)
    hri, mark = sketch.columns(below, 3, 1, gap_mm=1)
    sketch.text(facts.code, hri, 2.2, name="hri")
    if is_copy:
        sketch.text(COPY, mark, 2.2, bold=True, align="right", name="copy")


def reading_distance_m(sketch: Sketch) -> float:
    """How far off the name can be read: 200 times the height of its capitals; 0 for a name without letters."""
    size = next((part.size for part in sketch.parts if isinstance(part, Text) and part.name == "name"), 0)
    return round(sketch.media.mm(size * CAP) * _PER_DISTANCE / 1000, 1)
