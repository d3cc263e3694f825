"""Check sheet: the symbols of the scanner check, drawn for a screen and for paper."""

from __future__ import annotations

from functools import cache

import zxingcpp

from scanner.barcode.check_scanner import SYMBOLS

FORMATS = {
    "code128": zxingcpp.BarcodeFormat.Code128,
    "gs1": zxingcpp.BarcodeFormat.Code128,
    "ean13": zxingcpp.BarcodeFormat.EAN13,
    "matrix": zxingcpp.BarcodeFormat.DataMatrix,
}


@cache
def drawn(name: str, *, is_matrix: bool = False) -> str:
    """A symbol as SVG, one unit a module, with quiet zones; bars, or a Data Matrix. KeyError for an unknown name."""
    symbol = {each.name: each for each in SYMBOLS}[name]
    kind = "matrix" if is_matrix else symbol.kind
    made = zxingcpp.create_barcode(symbol.content, FORMATS[kind], **({"gs1": True} if symbol.kind == "gs1" else {}))
    return zxingcpp.write_barcode_to_svg(made)
