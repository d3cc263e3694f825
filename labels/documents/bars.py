"""Bars: the barcode of a paper with what it says, as large as its limits ask and never beyond the margin."""

from __future__ import annotations

from typing import Any, Final

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCode
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from labels.documents.letters import cut, put, width
from labels.limits import limit
from labels.symbols import QUIET

MODULE_MM: Final = 0.36  # a laser printer's 4.25 dots at 300 dpi, and inside the limits of all that stands on paper
LEAST_MODULE_MM: Final = 0.26
HEIGHT_MM: Final = 12.0
SQUARE_MM: Final = 20.0  # of a QR code: the longest number of an order has modules of 0.6 mm
TEXT: Final = 8.0  # points
LEAST_TEXT: Final = 5.5
BELOW: Final = 11  # points for the text


def bars(content: str, room: float, *, sscc: bool = False) -> Flowable:
    """A barcode no wider than `room`, with its text: Code 128 as wide as it goes, else a QR code. Width in points.

    An SSCC is a GS1-128 symbol with the application identifier 00. On a paper it is neither sold nor moved by itself,
    so it has the limits of GenSpecs table 4; those of a logistic label are for the label.
    """
    shown = f"(00) {content}" if sscc else content
    least = limit("item", "gs1_128") if sscc else limit("own", "code128")
    value, quiet = f"\xf100{content}" if sscc else content, QUIET["gs1_128" if sscc else "code128"][0]
    modules = _modules(value) + 2 * quiet
    module = min(MODULE_MM * mm, room / modules)
    if module < LEAST_MODULE_MM * mm:
        side = SQUARE_MM * mm
        code = QrCode(content, height=side, width=side, qrBorder=QUIET["qr"][0])
        return _Bars(code, (side, side), 0, shown, room)
    height = max(HEIGHT_MM, least.least_height_mm(module / mm)) * mm
    symbol = Code128(value, barHeight=height, barWidth=module, quiet=False)
    return _Bars(symbol, (modules * module, height), quiet * module, shown, room)


def _modules(value: str) -> int:
    """How many modules a symbol is wide."""
    symbol = Code128(value, barWidth=1, quiet=False)
    symbol.validate()
    symbol.encode()
    symbol.decompose()
    symbol.computeSize()
    return int(symbol._width)  # noqa: SLF001 - reportlab tells it nowhere else


class _Bars(Flowable):  # type: ignore[misc] # reportlab has no types
    """A symbol and what it says below it. It stands at the right margin, which is the quiet zone of that side."""

    def __init__(self, symbol: Any, size: tuple[float, float], quiet: float, text: str, room: float) -> None:
        super().__init__()
        self._symbol, self._quiet, self._text, self._room = symbol, quiet, text, room
        self.width, self.height = size[0] - quiet, size[1] + BELOW

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Platypus asks how much room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Platypus asks for the ink."""
        self._symbol.drawOn(self.canv, self._quiet, BELOW)
        if width(self._text, TEXT) <= self.width - self._quiet:
            put(self.canv, self._text, (self.width + self._quiet) / 2, 1.5, TEXT, align="center")
        else:
            self._draw_long_text()

    def _draw_long_text(self) -> None:
        """What is wider than its symbol ends at the margin: smaller where it must be, else cut."""
        size = max(LEAST_TEXT, min(TEXT, TEXT * self._room / width(self._text, TEXT)))
        put(self.canv, cut(self._text, self._room, size), self.width, 1.5, size, align="right")
