"""Text: what people read on a label, fitted into its box: shrunk, wrapped, or cut with an ellipsis, never outside it.

Rules for what comes in: line breaks and tabs become spaces; other control characters, private ones, and marks that turn
the direction of writing are left out, and so are marks beyond two on one letter; a character that no font here has
becomes a box. (Codes are stricter: they refuse control characters, see `labels.symbols`.)

Letters come from DejaVu Sans Condensed, which the project carries, so that a label looks alike everywhere; Chinese and
Japanese from Debian's fonts-droid-fallback where it is installed (it has no Korean). Right-to-left and joining scripts
are set by Pillow's raqm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont, features

from labels.parts import Box, Text

FONTS: Final = Path(__file__).parent / "fonts"
_VERSION: Final = "2.37.3"
REGULAR: Final = FONTS / f"DejaVuSansCondensed-{_VERSION}.ttf"
BOLD: Final = FONTS / f"DejaVuSansCondensed-Bold-{_VERSION}.ttf"
FALLBACK: Final = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
BOX: Final = "\u25a1"
ELLIPSIS: Final = "…"
CAP: Final = 0.729  # DejaVu's capitals and digits above the baseline, in ems
_ROUND: Final = 0.02  # how far an O or a 9 goes beyond both lines, in DejaVu and in font 0 of printers
_ASCENT: Final = 0.93
_DESCENT: Final = 0.24
_LEADING: Final = 1.18
_MEASURED: Final = 200  # dots to the em where ink is measured
_MARKS: Final = 2  # on one letter, beside the accent it has itself; more are no writing and pile up beyond any line
_LONGEST: Final = 600  # characters; no label has room for more
_STEP: Final = 0.94  # from one size to try to the next
_CAPITALS: Final = frozenset("ABCDEFGHIKLMNOPRSTUVWXYZ0123456789 -.:")  # no J, Q, /: they go below the baseline
_LAYOUT: Final = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
_RIGHT_TO_LEFT: Final = frozenset(("R", "AL"))
_LEFT_TO_RIGHT: Final = frozenset(("L",))


def fit(
    text: str,
    box: Box,
    *,
    largest: int,
    smallest: int,
    bold: bool = False,
    align: str = "left",
    lines: int = 1,
    middle: bool = True,
    name: str = "",
) -> Text:
    """`text` in `box`, as large as it goes between two sizes (ems, in dots) and in at most so many lines.

    What is still too long at the smallest size ends in an ellipsis. Always fits: where not even that has room, the size
    goes below the smallest.
    """
    shown = visible(text)
    is_caps = middle and lines == 1 and set(shown) <= _CAPITALS  # what stands in a row keeps one baseline
    reach = (CAP + _ROUND, _ROUND) if is_caps else _reach(shown, bold)
    size = max(1, min(largest, int(box.height / sum(reach))))
    floor = min(size, smallest)
    while True:
        set_lines = wrapped(shown, box.width, size, bold)
        fits = min(lines, _lines_in(box.height, size, reach))
        if len(set_lines) <= fits:
            break
        if size <= floor:
            set_lines = _cut(set_lines, fits, box.width, size, bold)
            break
        size = max(floor, int(size * _STEP))
    while size > 1 and any(width(line, size, bold) > box.width for line in set_lines):
        size -= 1  # not even the mark has room
    return _placed(tuple(set_lines), box, size, bold, align, middle=middle, reach=reach, name=name)


@lru_cache(maxsize=4096)
def _reach(text: str, bold: bool) -> tuple[float, float]:
    """How far ink goes above and below the baseline, in ems: at least as in most letters, farther with two accents."""
    if text.isascii():
        return _ASCENT, _DESCENT
    inked = [font(path, _MEASURED).getbbox(part, anchor="ls") for path, part in runs(text, bold)]
    ascent, descent = -min(box[1] for box in inked) / _MEASURED, max(box[3] for box in inked) / _MEASURED
    return max(_ASCENT, ascent), max(_DESCENT, descent)


def _placed(
    lines: tuple[str, ...],
    box: Box,
    size: int,
    bold: bool,
    align: str,
    *,
    middle: bool,
    reach: tuple[float, float],
    name: str,
) -> Text:
    leading = _leading(size, reach)
    height = round(size * sum(reach)) + leading * (len(lines) - 1)
    above = max(0, (box.height - height) // 2) if middle else 0
    return Text(box, lines, size, above + round(size * reach[0]), leading, bold, align, name)


def _leading(size: int, reach: tuple[float, float]) -> int:
    return round(size * max(_LEADING, sum(reach)))


def _lines_in(height: int, size: int, reach: tuple[float, float]) -> int:
    return 1 + max(0, int((height - size * sum(reach)) // _leading(size, reach)))


@lru_cache(maxsize=4096)
def visible(text: str, blanks: str = "", most: int = _LONGEST) -> str:
    """The text as it can be drawn, on one line (see the rules above), cut with a mark beyond so many characters.

    `blanks` stay, all others become plain ones.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char in "\t\n\r\x0b\x0c" or category.startswith("Z"):
            if char in blanks or (kept and kept[-1] != " "):
                kept.append(char if char in blanks else " ")
        elif category in {"Cc", "Cf", "Co", "Cs"} or "\ufe00" <= char <= "\ufe0f":
            continue
        else:
            marks = marks + 1 if category in {"Mn", "Me"} else 0
            if marks <= _MARKS:
                kept.append(char if char.isascii() or has_glyph(char) else BOX)
        if len(kept) > most + 1:  # one more may be a blank at the end
            break
    line = "".join(kept).rstrip(" ")
    return line if len(line) <= most else line[: most - 1].rstrip() + ELLIPSIS


def has_glyph(char: str) -> bool:
    """Whether any font here draws this character."""
    return is_own(char) or (FALLBACK.exists() and ord(char) in _characters(FALLBACK))


def is_own(char: str) -> bool:
    """Whether the font that we carry draws it."""
    return ord(char) in _characters(REGULAR)


@cache
def _characters(font: Path) -> frozenset[int]:
    """The characters that a font has. Read by reportlab; imported late because only few labels need it."""
    from reportlab.pdfbase.ttfonts import TTFontFile

    return frozenset(TTFontFile(str(font)).charToGlyph)


@lru_cache(maxsize=256)
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font at an em of `size` dots."""
    return ImageFont.truetype(path, size, layout_engine=_LAYOUT)


@lru_cache(maxsize=8192)
def runs(line: str, bold: bool) -> tuple[tuple[Path, str], ...]:
    """A line in the order in which it is drawn from the left, cut where another font is needed."""
    own = BOLD if bold else REGULAR
    if line.isascii():
        return ((own, line),)
    cut: list[tuple[Path, str]] = []
    for char in line:
        needed = own if ord(char) in _characters(own) or not FALLBACK.exists() else FALLBACK
        if cut and (cut[-1][0] == needed or char == " "):
            cut[-1] = (cut[-1][0], cut[-1][1] + char)
        else:
            cut.append((needed, char))
    return tuple(reversed(cut)) if is_right_to_left(line) else tuple(cut)


def is_right_to_left(line: str) -> bool:
    """Whether the first letter that has a direction goes to the left."""
    for char in line:
        direction = unicodedata.bidirectional(char)
        if direction in _RIGHT_TO_LEFT | _LEFT_TO_RIGHT:
            return direction in _RIGHT_TO_LEFT
    return False


def is_plain(line: str) -> bool:
    """Whether the line needs neither a second font nor shaping: a PDF may hold it as text."""
    if line.isascii():
        return True
    return all(ord(char) in _characters(BOLD) and not _needs_shaping(char) for char in line)


def _needs_shaping(char: str) -> bool:
    return unicodedata.bidirectional(char) not in {"L", "EN", "ES", "ET", "CS", "ON", "WS"} or (
        ord(char) > 0x0590 and not 0x1E00 <= ord(char) <= 0x2BFF
    )


@lru_cache(maxsize=16384)
def width(line: str, size: int, bold: bool) -> int:
    """How wide a line is, in dots, rounded up."""
    return -int(-sum(font(path, size).getlength(part) for path, part in runs(line, bold)) // 1)


def wrapped(text: str, room: int, size: int, bold: bool) -> list[str]:
    """Lines no wider than `room`, broken between words, or within a word that is wider than a line."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width(longer, size, bold) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, room, size, bold)
        lines += full
    return [*lines, line]


def _pieces(word: str, room: int, size: int, bold: bool) -> Iterator[str]:
    while width(word, size, bold) > room and len(word) > 1:
        fits = _longest_start(word, room, size, bold)
        yield word[:fits]
        word = word[fits:]
    yield word


def _longest_start(word: str, room: int, size: int, bold: bool) -> int:
    """How many characters of a word fit, at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if width(word[:middle], size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    while low > 1 and unicodedata.category(word[low]).startswith("M"):
        low -= 1  # a letter keeps its marks
    return low


def _cut(lines: list[str], count: int, room: int, size: int, bold: bool) -> list[str]:
    kept = lines[:count]
    if len(lines) > count or width(kept[-1], size, bold) > room:
        last = kept[-1]
        while last and width(last + ELLIPSIS, size, bold) > room:
            last = last[:-1]
        kept[-1] = last.rstrip() + ELLIPSIS
    return kept
