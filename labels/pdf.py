"""PDF: labels on pages of their exact size, or many on sheets of paper; bars and plain text are vectors."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from labels import picture, symbols
from labels.parts import Box, Code, Fill, Label, Picture, Rule, Text
from labels.text import BOLD, REGULAR, is_plain, width

_POINT_MM: Final = 25.4 / 72
PAPERS: Final = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4), "A5": (148.0, 210.0), "A6": (105.0, 148.0)}
_FONTS: Final = {False: "Label", True: "LabelBold"}


def pages(labels: Iterable[Label]) -> bytes:
    """A PDF with one page for each label, as large as the label."""
    made = _Pages()
    for label in labels:
        made.page(label.media.width_mm, label.media.height_mm)
        made.draw(label, 0.0, 0.0)
    return made.done()


def sheets(
    labels: Sequence[Label],
    paper: str = "A4",
    *,
    margin_mm: float = 5.0,
    gap_mm: float = 0.0,
    has_cut_lines: bool = True,
) -> bytes:
    """A PDF with as many labels on each sheet as fit, row by row. All labels have one size. ValueError if none fits.

    A label as wide as the paper, such as the sign of 210 x 99 mm on A4, goes to its edges.
    """
    page_width, page_height = PAPERS[paper]
    made = _Pages()
    if not labels:
        return made.done()
    media = labels[0].media
    margin_mm = 0.0 if media.width_mm == page_width else margin_mm
    across = int((page_width - 2 * margin_mm + gap_mm + 0.01) // (media.width_mm + gap_mm))
    down = int((page_height - 2 * margin_mm + gap_mm + 0.01) // (media.height_mm + gap_mm))
    if across < 1 or down < 1:
        raise ValueError(f"a label of {media.width_mm} by {media.height_mm} mm does not fit on {paper}")
    left = (page_width - across * media.width_mm - (across - 1) * gap_mm) / 2
    for number, label in enumerate(labels):
        row, column = divmod(number % (across * down), across)
        if not row and not column:
            made.page(page_width, page_height)
        x, y = left + column * (media.width_mm + gap_mm), margin_mm + row * (media.height_mm + gap_mm)
        if has_cut_lines:
            made.cut_line(x, y, media.width_mm, media.height_mm)
        made.draw(label, x, y)
    return made.done()


@cache
def _register() -> None:
    pdfmetrics.registerFont(TTFont(_FONTS[False], str(REGULAR)))
    pdfmetrics.registerFont(TTFont(_FONTS[True], str(BOLD)))


class _Pages:
    """A PDF in the making. Millimetres from the upper left corner go in, points from the lower left come out."""

    def __init__(self) -> None:
        _register()
        self._out = io.BytesIO()
        self._canvas = Canvas(self._out, invariant=1, pageCompression=1)
        self._is_open = False
        self._height = 0.0

    def page(self, width_mm: float, height_mm: float) -> None:
        """Begin a page."""
        if self._is_open:
            self._canvas.showPage()
        self._is_open, self._height = True, height_mm / _POINT_MM
        self._canvas.setPageSize((width_mm / _POINT_MM, self._height))

    def done(self) -> bytes:
        """The PDF."""
        self._canvas.save()
        return self._out.getvalue()

    def cut_line(self, x: float, y: float, width: float, height: float) -> None:
        """A thin dashed frame to cut along."""
        pen = self._canvas
        pen.saveState()
        pen.setLineWidth(0.2)
        pen.setDash(2, 2)
        pen.setStrokeGray(0.6)
        upper = self._height - y / _POINT_MM
        pen.rect(x / _POINT_MM, upper - height / _POINT_MM, width / _POINT_MM, height / _POINT_MM)
        pen.restoreState()

    def draw(self, label: Label, x_mm: float, y_mm: float) -> None:
        """A label with its upper left corner there."""
        pen = self._canvas
        pen.saveState()
        pen.translate(x_mm / _POINT_MM, self._height - y_mm / _POINT_MM)
        scale = 1 / label.media.dots_per_mm / _POINT_MM
        pen.scale(scale, scale)
        for part in label.parts:
            self._part(part)
        pen.restoreState()

    def _part(self, part: Text | Code | Rule | Fill | Picture) -> None:
        match part:
            case Text():
                self._text(part, "#000000")
            case Code():
                self._bars(part)
            case Rule():
                self._black(part.box, "#000000")
            case Fill():
                self._black(part.box, part.colour)
                for said in part.text:
                    self._text(said, part.ink)
            case Picture():
                self._picture(part.box, picture.passed(part))

    def _black(self, box: Box, colour: str) -> None:
        self._canvas.setFillColor(HexColor(colour))
        self._canvas.rect(box.x, -box.bottom, box.width, box.height, stroke=0, fill=1)

    def _picture(self, box: Box, dots: Image.Image) -> None:
        self._canvas.drawImage(ImageReader(dots.convert("L")), box.x, -box.bottom, box.width, box.height)

    def _text(self, said: Text, ink: str) -> None:
        if not all(map(is_plain, said.lines)):
            self._canvas.drawImage(
                ImageReader(_inked(picture.text_picture(said), ink)),
                *(said.box.x, -said.box.bottom, said.box.width, said.box.height),
                mask="auto",
            )
            return
        self._canvas.setFillColor(HexColor(ink))
        for number, line in enumerate(said.lines):
            self._line(said, line, said.box.y + said.baseline + number * said.leading)

    def _line(self, said: Text, line: str, y: int) -> None:
        """One line, as wide as it was fitted: reportlab does not kern, so its own width is a little off."""
        face = _FONTS[said.bold]
        own = pdfmetrics.stringWidth(line, face, said.size)
        pen = self._canvas.beginText(picture.left(said, line), -y)
        pen.setFont(face, said.size)
        if own:
            pen.setHorizScale(100 * width(line, said.size, said.bold) / own)
        pen.textOut(line)
        self._canvas.drawText(pen)

    def _bars(self, code: Code) -> None:
        """Dark modules as one path, runs of them as one rectangle, so that no seam shows between."""
        left, _, above = symbols.QUIET[code.symbol.kind]
        x, y = code.box.x + left * code.module, code.box.y + above * code.module
        height = code.bar_height if code.symbol.kind in symbols.LINEAR else code.module
        path = self._canvas.beginPath()
        for number, row in enumerate(symbols.modules(code.symbol).rows):
            for start, length in _dark_runs(row):
                upper = -(y + number * height)
                path.rect(x + start * code.module, upper - height, length * code.module, height)
        self._canvas.setFillColor(HexColor("#000000"))
        self._canvas.drawPath(path, stroke=0, fill=1)


def _dark_runs(row: bytes) -> Iterable[tuple[int, int]]:
    start = row.find(1)
    while start >= 0:
        end = row.find(0, start)
        end = len(row) if end < 0 else end
        yield start, end - start
        start = row.find(1, end)


def _inked(dots: Image.Image, ink: str) -> Image.Image:
    """Black dots in a colour, the rest transparent."""
    coloured = Image.new("RGBA", dots.size, ink)
    coloured.putalpha(dots.convert("L").point(lambda value: 255 - value))
    return coloured
