"""Parts: what a label is made of, in whole printer dots from the top left corner.

A layout puts parts together once; every renderer draws the same ones. Nothing here knows a database, a printer or a
file format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

MM_PER_INCH: Final = 25.4
# A "203 dpi" head has 8 dots to the millimetre; the others are what they say.
_DOTS_PER_MM: Final = {203: 8.0}


@dataclass(frozen=True, slots=True)
class Media:
    """What lies in the printer: the label's width and height in mm, and the head's dots per inch."""

    width_mm: float
    height_mm: float
    dpi: int = 203

    @property
    def dots_per_mm(self) -> float:
        """8 for a head of 203 dpi, else dpi / 25.4."""
        return _DOTS_PER_MM.get(self.dpi, self.dpi / MM_PER_INCH)

    def dots(self, mm: float) -> int:
        """Millimetres in whole dots, the nearest."""
        return round(mm * self.dots_per_mm)

    def mm(self, dots: float) -> float:
        """Dots in millimetres."""
        return dots / self.dots_per_mm


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole dots."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is not in it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row that is not in it."""
        return self.y + self.height

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow crops."""
        return self.x, self.y, self.right, self.bottom

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a dot."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: Box) -> bool:
        """Whether the other lies in it entirely."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def inset(self, dots: int) -> Box:
        """The rectangle that is smaller by so many dots on each side."""
        return Box(self.x + dots, self.y + dots, self.width - 2 * dots, self.height - 2 * dots)


@dataclass(frozen=True, slots=True)
class Text:
    """Lines that were fitted already. `size` is the font's em, `baseline` the first line's below the box's top."""

    box: Box
    lines: tuple[str, ...]
    size: int
    baseline: int
    leading: int  # from one baseline to the next
    bold: bool = False
    align: str = "left"  # 'left', 'center' or 'right'
    name: str = ""


@dataclass(frozen=True, slots=True)
class Symbol:
    r"""A barcode's kind and content: what a reader must say, exactly. GS1 data has `\x1d` between its fields.

    Kinds: code128 gs1_128 ean13 ean8 upca itf14 datamatrix gs1_datamatrix qr gs1_qr.
    """

    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class Code:
    """A symbol in its place. The box includes the quiet zones; `use` names its row of `labels.limits`."""

    box: Box
    symbol: Symbol
    module: int  # dots
    bar_height: int  # dots
    use: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A black line, or any black rectangle without text."""

    box: Box
    name: str = "rule"


@dataclass(frozen=True, slots=True)
class Fill:
    """A bar with text in it: black with white text on one-bit printers, in its colour on paper and screens."""

    box: Box
    text: tuple[Text, ...] = ()
    colour: str = "#000000"
    ink: str = "#ffffff"
    name: str = "bar"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is passed through dot by dot, such as a carrier's own label: the bytes of a PNG."""

    box: Box
    png: bytes
    name: str = "picture"


Part = Text | Code | Rule | Fill | Picture


@dataclass(frozen=True, slots=True)
class Label:
    """A finished layout for one medium."""

    name: str
    media: Media
    parts: tuple[Part, ...] = ()
    reading_m: float | None = None  # how far off its large text can be read
    job: str = ""  # the print job's id, carried in the printed data where the language has comments

    @property
    def width(self) -> int:
        """Dots."""
        return self.media.dots(self.media.width_mm)

    @property
    def height(self) -> int:
        """Dots."""
        return self.media.dots(self.media.height_mm)

    @property
    def codes(self) -> tuple[Code, ...]:
        """Its symbols."""
        return tuple(part for part in self.parts if isinstance(part, Code))

    def of_job(self, job: str) -> Label:
        """The same label as part of a print job."""
        return replace(self, job=job)
