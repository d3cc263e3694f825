"""Frame: what trade labels share: a title over a value, an address, a weight, a line across, the mark of a copy."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from labels.parts import Box, Code, Symbol
from labels.sketch import COPY, Sketch
from labels.symbols import LINEAR, QUIET, hri
from labels.text import CAP, fit, visible, wrapped


def titled(
    sketch: Sketch,
    box: Box,
    title: str,
    value: str,
    *,
    mm: float = 3.0,
    lines: int = 1,
    bold: bool = True,
    align: str = "left",
    title_mm: float = 1.5,
    least_mm: float = 1.6,
) -> None:
    """A small title with its value below it, as large as the box allows up to `mm`."""
    if not value or box.height < sketch.dots(title_mm * 1.7 + least_mm):
        return
    head, body = sketch.rows(box, title_mm * 1.7, 0, gap_mm=0.1)
    sketch.text(title.upper(), head, title_mm, least_mm=min(1.2, title_mm), align=align, name=f"{title} title")
    sketch.text(
        value, body, mm, least_mm=least_mm, bold=bold, align=align, lines=lines, middle=False, name=title.lower()
    )


def grid(
    sketch: Sketch,
    box: Box,
    fields: Sequence[tuple[str, str]],
    *,
    columns: int,
    mm: float,
    title_mm: float = 1.4,
    bold: bool = True,
    least_mm: float = 1.2,
) -> None:
    """Titled values in columns, row by row, all values in one size."""
    fits = box.height // sketch.dots(title_mm * 1.7 + least_mm * 1.6 + 0.4)
    fields = fields[: fits * columns]  # the most looked-for come first
    if not fields:
        return
    rows = -(-len(fields) // columns)
    tall = box.height // rows
    cells = [
        Box(cell.x, cell.y + row * tall, cell.width, tall - sketch.dots(0.3))
        for row in range(rows)
        for cell in sketch.columns(box, *[1] * columns, gap_mm=2.5)
    ]
    pairs = list(zip(cells, fields, strict=False))
    room = tall - sketch.dots(0.3) - sketch.dots(title_mm * 1.7 + 0.1)
    sizes = [
        fit(value, Box(0, 0, cell.width, room), largest=sketch.em(mm), smallest=sketch.em(least_mm), bold=bold).size
        for cell, (_, value) in pairs
        if visible(value)
    ]
    common = min(sizes, default=1) * CAP / sketch.media.dots_per_mm
    for cell, (title, value) in pairs:
        titled(sketch, cell, title, value, mm=common, title_mm=title_mm, bold=bold, least_mm=min(least_mm, common))


def address(sketch: Sketch, box: Box, title: str, lines: Sequence[str], *, mm: float, least_mm: float = 1.7) -> None:
    """An address, a line each, the first in bold. A line too long for its row goes on in the next, if there is room.

    Lines beyond the box's height are joined to the last.
    """
    kept = [(line, number == 0) for number, line in enumerate(filter(visible, lines))]
    if not kept:
        return
    head, body = sketch.rows(box, 2.6, 0, gap_mm=0.2)
    sketch.text(title.upper(), head, 1.5, least_mm=1.2, name=f"{title} title")
    most = max(1, body.height // sketch.dots(least_mm * 1.65))
    least = sketch.em(least_mm)
    broken = [(row, bold) for line, bold in kept for row in wrapped(visible(line), body.width, least, bold)]
    if len(broken) <= most:
        kept = broken
    if len(kept) > most:
        kept = [*kept[: most - 1], (", ".join(line for line, _ in kept[most - 1 :]), kept[most - 1][1])]
    height = min(sketch.dots(mm * 1.75), body.height // len(kept))
    for number, (line, bold) in enumerate(kept):
        row = Box(body.x, body.y + number * height, body.width, height)
        sketch.text(line, row, mm, least_mm=least_mm, bold=bold, middle=False, name=f"{title.lower()} {number + 1}")


def kilograms(grams: int) -> str:
    """A weight with all of its figures and no nought that says nothing: 1234.567 kg, 5.25 kg, 10000 kg."""
    return f"{Decimal(grams).scaleb(-3).normalize():f} kg"


def line_across(sketch: Sketch, y: int, *, mm: float = 0.4, box: Box | None = None) -> None:
    """A black line over the whole width of a box, or of the label's room."""
    room = box or sketch.room
    sketch.rule(Box(room.x, y, room.width, sketch.dots(mm)))


def barcode(
    sketch: Sketch,
    symbol: Symbol,
    box: Box,
    use: str,
    *,
    name: str,
    hri_mm: float = 2.2,
    align: str = "center",
    most_mm: float = 99.0,
    words: str | None = None,
) -> Code:
    """A linear symbol with its human-readable line below it."""
    bars, below = sketch.rows(box, 0, hri_mm * 1.65, gap_mm=0.5)
    placed = sketch.code(symbol, bars, use, name=name, align=align, most_mm=most_mm)
    quiet = min(QUIET[symbol.kind][:2]) * placed.module if symbol.kind in LINEAR else 0
    under = Box(placed.box.x + quiet, below.y, placed.box.width - 2 * quiet, below.height)
    if words is None:
        words = hri(symbol)
    sketch.text(words, under, hri_mm, least_mm=1.2, align="center", name=f"{name} hri")
    return placed


def copy_mark(sketch: Sketch, box: Box, *, mm: float = 2.4, align: str = "right") -> None:
    """The word that tells a second print from the first."""
    sketch.text(COPY, box, mm, least_mm=0.8, bold=True, align=align, name="copy")
