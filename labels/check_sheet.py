"""Check sheet: the symbols of the scanner check, drawn for a screen and for paper."""

from __future__ import annotations

from functools import cache

import zxingcpp

from labels.parts import Box, Label, Media, Symbol
from labels.sketch import Sketch
from labels.symbols import hri
from scanner.barcode.check_scanner import SYMBOLS, KnownSymbol

FORMATS = {
    "code128": zxingcpp.BarcodeFormat.Code128,
    "gs1": zxingcpp.BarcodeFormat.Code128,
    "ean13": zxingcpp.BarcodeFormat.EAN13,
    "matrix": zxingcpp.BarcodeFormat.DataMatrix,
}
_KINDS = {"code128": ("code128", "datamatrix"), "gs1": ("gs1_128", "gs1_datamatrix"), "ean13": ("ean13", "datamatrix")}


@cache
def drawn(name: str, *, is_matrix: bool = False) -> str:
    """A symbol as SVG, one unit a module, with quiet zones; bars, or a Data Matrix. KeyError for an unknown name."""
    symbol = {each.name: each for each in SYMBOLS}[name]
    kind = "matrix" if is_matrix else symbol.kind
    made = zxingcpp.create_barcode(symbol.content, FORMATS[kind], **({"gs1": True} if symbol.kind == "gs1" else {}))
    return zxingcpp.write_barcode_to_svg(made)


def check_sheet(media: Media) -> Label:
    """All symbols on one page, A6 or larger: bars on the left, the Data Matrix that says the same on the right."""
    sketch = Sketch("check sheet", media, margin_mm=6.0)
    head, *rows = sketch.rows(
        sketch.room, 9.0, *[(media.mm(sketch.room.height) - 9.0) / len(SYMBOLS) - 3.0] * 4, gap_mm=3.0
    )
    sketch.text("Scanner check: scan one symbol of each row", head, 4.0, bold=True, name="title")
    for row, symbol in zip(rows, SYMBOLS, strict=True):
        _row(sketch, row, symbol)
    return sketch.done()


def _row(sketch: Sketch, row: Box, known: KnownSymbol) -> None:
    linear, square = (Symbol(kind, known.data) for kind in _KINDS[known.kind])
    title, body = sketch.rows(row, 4.0, 0, gap_mm=0.5)
    side = min(body.height, sketch.dots(26), body.width // 4)
    right = Box(body.right - side, body.y, side, body.height)
    left = Box(body.x, body.y, body.width - side - sketch.dots(2), min(body.height, sketch.dots(29)))
    use = "item" if known.kind != "code128" else "own"
    sketch.text(known.title, title, 2.6, bold=True, name=f"{known.name} title")
    # bars are wanted as wide as hand scanners like them, not as wide as the page
    bars, words = sketch.rows(left, 0, 4.0, gap_mm=0.5)
    placed = sketch.code(linear, bars, use, name=known.name, align="left", most_mm=0.38)
    under = Box(placed.box.x, words.y, placed.box.width, words.height)
    sketch.text(hri(linear), under, 2.2, align="center", name=f"{known.name} hri")
    matrix_use = "item" if square.kind.startswith("gs1") else "own"
    sketch.code(square, right, matrix_use, name=f"{known.name} matrix", align="right", most_mm=0.8)
