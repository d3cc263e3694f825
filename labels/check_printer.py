"""Check printer: the label that shows whether a printer is set right: its edges, its name, a code to scan."""

from __future__ import annotations

from dataclasses import dataclass

from labels.frame import copy_mark
from labels.parts import Box, Label, Media, Symbol
from labels.sketch import Sketch
from labels.symbols import LINEAR, hri

_FRAME_MM = 0.5


@dataclass(frozen=True, slots=True)
class PrinterFacts:
    """What a printer's test says: its code and name, and by whom and when it was asked for."""

    code: str
    name: str
    asked: str = ""


def check_printer(facts: PrinterFacts, media: Media, *, is_copy: bool = False) -> Label:
    """The label, from 20 x 15 mm: a frame along all edges, words, and the printer's code as bars or Data Matrix.

    Refusal `label_too_small` where no symbol fits.
    """
    sketch = Sketch(f"printer test {facts.code}", media, margin_mm=2.0)
    _frame(sketch)
    room_mm = media.mm(sketch.room.height)
    words, below = sketch.rows(sketch.room, 0, min(14.0, room_mm * 0.5), gap_mm=0.8)
    about = f"{media.width_mm:g} x {media.height_mm:g} mm, {media.dpi} dpi"
    lines = [("PRINTER TEST", True), (facts.name, True), (about, False), (facts.asked, False)]
    kept = [(line, bold) for line, bold in lines if line][: max(1, int(media.mm(words.height) // 2.4))]
    rows = sketch.rows(words, *[media.mm(words.height) / len(kept) - 0.2] * len(kept), gap_mm=0.1)
    for number, ((line, bold), row) in enumerate(zip(kept, rows, strict=True)):
        if is_copy and not number:
            left, mark = sketch.columns(row, 2, 1)
            copy_mark(sketch, mark)
            sketch.text(line, left, 4.0, least_mm=1.2, bold=bold, name="line 1")
        else:
            sketch.text(line, row, 4.0, least_mm=1.2, bold=bold, name=f"line {number + 1}")
    _code(sketch, facts, below)
    return sketch.done()


def _frame(sketch: Sketch) -> None:
    """A black line along each edge: what is missing of it is off the label."""
    page, thin = sketch.page, sketch.dots(_FRAME_MM)
    for side in (
        Box(0, 0, page.width, thin),
        Box(0, page.height - thin, page.width, thin),
        Box(0, thin, thin, page.height - 2 * thin),
        Box(page.width - thin, thin, thin, page.height - 2 * thin),
    ):
        sketch.rule(side, "edge")


def _code(sketch: Sketch, facts: PrinterFacts, box: Box) -> None:
    bars = Symbol("code128", facts.code)
    has_bars = sketch.least_width(bars, "own") <= box.width and box.height >= sketch.dots(9.0)
    symbol = bars if has_bars else Symbol("datamatrix", facts.code)
    upper, line = sketch.rows(box, 0, 3.2, gap_mm=0.4) if symbol.kind in LINEAR else (box, box)
    sketch.code(symbol, upper, "own", name="code", align="left", most_mm=0.6)
    if symbol.kind in LINEAR:
        sketch.text(hri(symbol), line, 2.2, least_mm=1.2, name="hri")
