"""Letters: text as documents draw it: embedded fonts, other scripts too, and nothing that writes over the page.

The fonts are those of labels (`labels.text`). Scripts that join their letters or run from right to left are set by
Pillow's raqm and stand on the page as a picture, since a PDF needs their shaped glyphs. A character that no font has
becomes a box.
"""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from html import escape
from typing import Any, Final

from PIL import Image, ImageDraw
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph

from labels import text as fonts_of_labels
from labels.text import ELLIPSIS, FALLBACK, is_own, is_right_to_left, visible

PLAIN: Final = "Document"
BOLD: Final = "Document-Bold"
OTHER: Final = "Document-Other"
MOST: Final = 200  # characters of a name; the rest is cut with a mark
_FILES: Final = {PLAIN: fonts_of_labels.REGULAR, BOLD: fonts_of_labels.BOLD, OTHER: FALLBACK}
_BLANK: Final = "\u00a0"  # keeps a figure together; at a narrow one, U+202F, reportlab breaks a line
INK: Final = HexColor("#16181d")
GREY: Final = HexColor("#4d525c")  # 7.8 : 1 on white
_DOTS_PER_POINT: Final = 300 / 72
_SHAPED: Final = ("HEBREW", "ARABIC", "SYRIAC", "THAANA", "NKO", "DEVANAGARI", "BENGALI", "THAI", "TAMIL", "KHMER")


@cache
def fonts() -> None:
    """Register the fonts once; that for Chinese and Japanese where it is installed."""
    for name, path in _FILES.items():
        if name != OTHER or path.exists():
            pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(PLAIN, PLAIN, BOLD, PLAIN, BOLD)


def clean(text: str, most: int = MOST) -> str:
    """One line of what can be drawn, at most so long: no control characters and no marks that turn the writing."""
    return visible(text.replace("\u202f", _BLANK), _BLANK, most)


def _needs_shaping(text: str) -> bool:
    return not text.isascii() and any(
        ord(char) > 0x0590 and unicodedata.name(char, "").startswith(_SHAPED) and unicodedata.category(char) != "Sc"
        for char in text
    )


def width(text: str, size: float = 9, *, bold: bool = False) -> float:
    """How wide a text is on one line, in points."""
    return fonts_of_labels.width(clean(text), round(size * 10), bold) / 10


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """As much of a text as has room on one line, in points, with a mark where that is not all."""
    line = kept = clean(text)
    while kept and width(kept if kept == line else kept + ELLIPSIS, size, bold=bold) > room:
        kept = kept[:-1]
    return line if kept == line else kept.rstrip() + ELLIPSIS


def markup(text: str, most: int = MOST) -> str:
    """The text for a paragraph: escaped, with a change of font where the first one lacks a character."""
    line = clean(text, most)
    if line.isascii():
        return escape(line, quote=False)
    return "".join(
        f'<font name="{OTHER}">{escape(s)}</font>' if other else escape(s, quote=False) for other, s in _runs(line)
    )


def _runs(line: str) -> list[tuple[bool, str]]:
    """The parts of a line, and of each whether it needs the other font."""
    parts: list[tuple[bool, str]] = []
    for char in line:
        is_other = not is_own(char)
        if parts and parts[-1][0] == is_other:
            parts[-1] = (is_other, parts[-1][1] + char)
        else:
            parts.append((is_other, char))
    return parts


@cache
def style(size: float = 9, *, bold: bool = False, right: bool = False, grey: bool = False, breaks: bool = False) -> Any:
    """A paragraph's style; `size` in points."""
    fonts()
    return ParagraphStyle(
        f"{size}{bold}{right}{grey}{breaks}",
        fontName=BOLD if bold else PLAIN,
        fontSize=size,
        leading=size * 1.25,
        textColor=GREY if grey else INK,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=1,
        wordWrap="CJK" if breaks else None,
    )


def words(text: str, size: float = 9, *, most: int = MOST, **look: bool) -> Flowable:
    """A text that may hold anything, as a flowable that wraps within its cell."""
    if _needs_shaping(text):
        return Shaped(clean(text, most), size, **look)
    line = markup(text, most)
    return Paragraph(line, style(size, breaks=OTHER in line, **look))


def put(canvas: Any, text: str, x: float, y: float, size: float, *, align: str = "left", **look: bool) -> None:
    """Write one line that may hold anything, its baseline at `y`: from `x`, up to it (right), or around it (center)."""
    name, line = BOLD if look.get("bold") else PLAIN, clean(text)
    shaped = Shaped(line, size, **look) if _needs_shaping(line) else None
    runs = [] if shaped else [(OTHER if is_other else name, part) for is_other, part in _runs(line)]
    taken = shaped.one_line() if shaped else sum(pdfmetrics.stringWidth(part, font, size) for font, part in runs)
    x -= {"left": 0, "center": taken / 2, "right": taken}[align]
    if shaped:
        shaped.drawOn(canvas, x, y - shaped.below)
    canvas.setFillColor(GREY if look.get("grey") else INK)
    for font, part in runs:
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, font, size)


class Shaped(Flowable):  # type: ignore[misc] # reportlab has no types
    """A text in a script that has to be shaped, wrapped like any other, as a picture of 300 dots to the inch."""

    def __init__(self, text: str, size: float, *, bold: bool = False, right: bool = False, grey: bool = False) -> None:
        super().__init__()
        self._text, self._size, self._bold, self._ink = text, size, bold, GREY if grey else INK
        self._dots = round(size * _DOTS_PER_POINT)
        self._is_right = right or is_right_to_left(text)
        self._lines: list[str] = []

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """Platypus asks how much room it takes."""
        self.width = width
        self._lines = fonts_of_labels.wrapped(self._text, int(width * _DOTS_PER_POINT), self._dots, self._bold)
        self.height = len(self._lines) * self._size * 1.25
        return width, self.height

    def one_line(self) -> float:
        """Take as much room as the whole text needs on one line: how wide that is, in points."""
        room = self._long(self._text) / _DOTS_PER_POINT
        self.wrap(room + 1, 0)
        return room

    @property
    def below(self) -> float:
        """How far its lower edge is below the baseline of its only line, in points."""
        return self.height - self._ascent / _DOTS_PER_POINT

    @property
    def _ascent(self) -> int:
        return fonts_of_labels.font(_FILES[PLAIN], self._dots).getmetrics()[0]

    def _long(self, line: str) -> int:
        return fonts_of_labels.width(line, self._dots, self._bold)

    def draw(self) -> None:
        """Platypus asks for the ink. What lies below shows between the letters: a band stays grey."""
        leading = self._size * 1.25
        size = max(1, round(self.width * _DOTS_PER_POINT)), max(1, round(self.height * _DOTS_PER_POINT))
        cover = Image.new("L", size, 0)
        pen = ImageDraw.Draw(cover)
        for number, line in enumerate(self._lines):
            x = max(0, size[0] - self._long(line)) if self._is_right else 0
            y = round(number * leading * _DOTS_PER_POINT) + self._ascent
            for path, part in fonts_of_labels.runs(line, self._bold):
                font = fonts_of_labels.font(path, self._dots)
                pen.text((x, y), part, font=font, fill=255, anchor="ls")
                x += round(font.getlength(part))
        self.canv.drawImage(_inked(cover, self._ink), 0, 0, self.width, self.height, mask="auto")


def _inked(cover: Image.Image, ink: Any) -> ImageReader:
    """A picture all of one colour, to be seen where `cover` is."""
    picture = Image.new("RGB", cover.size, ink.bitmap_rgb())
    picture.putalpha(cover)
    data = io.BytesIO()
    picture.save(data, "PNG")
    data.seek(0)
    return ImageReader(data)
