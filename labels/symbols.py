r"""Symbols: barcodes as dark and light modules, drawn by the library that draws each of them right.

Who draws what, and why (each was measured, and `tests/labels/test_symbols.py` holds it):

- python-barcode draws Code 128, EAN-13, EAN-8, UPC-A, and GS1-128 whose data holds brackets. Not: Code 128 that starts
  with "99" (0.16.1 loses these digits without a word), GS1-128 in general (it spends a symbol character more than
  needed, and an SSCC must fit), EAN-14 (unreadable), Code 39 (adds a check character that nobody asked for), and
  control characters (its writer crashes).
- zxing-cpp draws the rest, and all that is two-dimensional. For GS1 it wants brackets around the AIs and checks them.

Both quietly correct or refuse wrong check digits in their own way, so those are refused here first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import barcode
import zxingcpp

from labels.parts import Symbol
from scanner.barcode import gs1, keys
from scanner.barcode.misread import Misread
from scanner.barcode.symbology import GS
from scanner.refusals import Refusal

LINEAR: Final = frozenset(("code128", "gs1_128", "ean13", "ean8", "upca", "itf14"))
GS1_KINDS: Final = frozenset(("gs1_128", "gs1_datamatrix", "gs1_qr"))
FORMATS: Final = {
    "code128": zxingcpp.BarcodeFormat.Code128,
    "gs1_128": zxingcpp.BarcodeFormat.Code128,
    "ean13": zxingcpp.BarcodeFormat.EAN13,
    "ean8": zxingcpp.BarcodeFormat.EAN8,
    "upca": zxingcpp.BarcodeFormat.UPCA,
    "itf14": zxingcpp.BarcodeFormat.ITF,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1_datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "gs1_qr": zxingcpp.BarcodeFormat.QRCode,
}
# Quiet zones in modules: left, right, above and below. GenSpecs 5.2.3.4 (EAN/UPC), 5.4.4.2 (GS1-128), 5.3 (ITF-14);
# ISO/IEC 18004 for QR. Data Matrix wants 1 (GenSpecs 5.6) and gets 2, for dirt and for phones.
QUIET: Final = {
    "code128": (10, 10, 0),
    "gs1_128": (10, 10, 0),
    "itf14": (10, 10, 0),
    "ean13": (11, 7, 0),
    "ean8": (7, 7, 0),
    "upca": (9, 9, 0),
    "datamatrix": (2, 2, 2),
    "gs1_datamatrix": (2, 2, 2),
    "qr": (4, 4, 4),
    "gs1_qr": (4, 4, 4),
}
# The identifier by which a reader must name each kind (ISO/IEC 15424).
AIMS: Final = {
    "code128": ("]C0",),
    "gs1_128": ("]C1",),
    "ean13": ("]E0",),
    "ean8": ("]E4",),
    "upca": ("]E0",),
    "itf14": ("]I0", "]I1"),
    "datamatrix": ("]d1",),
    "gs1_datamatrix": ("]d2",),
    "qr": ("]Q1",),
    "gs1_qr": ("]Q3",),
}
_DIGITS: Final = {"ean13": 13, "ean8": 8, "upca": 12, "itf14": 14}
_PYTHON_BARCODE: Final = {"ean13": "ean13", "ean8": "ean8", "upca": "upca"}
_SHOWN: Final = 40
_LONGEST: Final = 256  # scanner.barcode reads no more
_MATRIX_VERSIONS: Final = range(1, 25)  # zxing-cpp numbers Data Matrix' 24 squares first, then the rectangles
LOST_BY_PYTHON_BARCODE: Final = "99"


@dataclass(frozen=True, slots=True)
class Modules:
    """A symbol's modules without quiet zones: rows of 0 (light) and 1 (dark); a linear symbol has one row."""

    rows: tuple[bytes, ...]

    @property
    def columns(self) -> int:
        """How many modules it is wide."""
        return len(self.rows[0])


@lru_cache(maxsize=2048)
def modules(symbol: Symbol) -> Modules:
    """The modules of a symbol. Refusal `label_bad_content` for what it cannot hold."""
    check(symbol)
    try:
        return _drawn(symbol)
    except ValueError as error:
        raise bad_content(symbol, f"a symbol of this kind cannot hold it ({_reason(error)})") from error


def _reason(error: ValueError) -> str:
    return str(error).partition(" (retval")[0]


def check(symbol: Symbol) -> None:
    """Refusal `label_bad_content` for control characters, wrong check digits, wrong lengths and fields."""
    content = symbol.content
    visible = content.replace(GS, "") if symbol.kind in GS1_KINDS else content
    if not content or not visible.isprintable():
        raise bad_content(symbol, "it is empty or has control characters")
    if len(content) > _LONGEST:
        raise bad_content(symbol, f"it has {len(content)} characters, and no scan may have more than {_LONGEST}")
    if symbol.kind in _DIGITS:
        _check_digits(symbol)
    elif symbol.kind in GS1_KINDS:
        fields(symbol)
    elif symbol.kind == "code128" and not content.isascii():
        raise bad_content(symbol, "Code 128 holds no characters beyond ASCII that every scanner sends right")


def _check_digits(symbol: Symbol) -> None:
    wanted = _DIGITS[symbol.kind]
    if len(symbol.content) != wanted or not keys.has_check_digit(symbol.content):
        raise bad_content(symbol, f"it is not {wanted} digits with the right check digit")


def fields(symbol: Symbol) -> dict[str, str]:
    """AI -> data of a GS1 symbol. Refusal `label_bad_content` if they are none."""
    try:
        return gs1.read_elements(symbol.content, sends_gs=True)
    except Misread as misread:
        raise bad_content(symbol, f"it is no GS1 data: {misread.say}") from misread


def bad_content(symbol: Symbol, why: str) -> Refusal:
    """The refusal of a content."""
    return Refusal("label_bad_content", shown(symbol), why=why)


def shown(symbol: Symbol) -> str:
    """The content as a refusal shows it: short, and without what cannot be seen."""
    seen = "".join(char if char.isprintable() else " " for char in symbol.content)
    return seen if len(seen) <= _SHOWN else f"{seen[: _SHOWN - 1]}…"


def _drawn(symbol: Symbol) -> Modules:
    content = symbol.content
    if symbol.kind in _PYTHON_BARCODE:
        return _bars(barcode.get(_PYTHON_BARCODE[symbol.kind], content).build()[0])
    if symbol.kind == "code128" and not content.startswith(LOST_BY_PYTHON_BARCODE):
        return _bars(barcode.get("code128", content).build()[0])
    if symbol.kind not in GS1_KINDS:
        return _zxing(symbol, content)
    if symbol.kind == "gs1_128" and ("(" in content or ")" in content):
        return _bars(barcode.get("gs1_128", content.replace(GS, _FNC1)).build()[0])
    return _zxing(symbol, "".join(f"({ai}){value}" for ai, value in fields(symbol).items()), gs1=True)


_FNC1: Final = "\xf1"  # python-barcode's own sign for it


def _bars(drawn: str) -> Modules:
    return Modules((bytes(map(int, drawn)),))


def _zxing(symbol: Symbol, content: str, **options: Any) -> Modules:
    found = _of_zxing(symbol.kind, content, **options)
    if len(found.rows) in (1, found.columns):
        return found
    # zxing-cpp takes a rectangle where it is smaller; phones and old imagers read squares better
    for version in _MATRIX_VERSIONS:
        try:
            return _of_zxing(symbol.kind, content, version=version, **options)
        except ValueError:  # too small for the content
            continue
    return found


def _of_zxing(kind: str, content: str, **options: Any) -> Modules:
    made = zxingcpp.create_barcode(content, FORMATS[kind], **options)
    made_picture: Any = zxingcpp.write_barcode_to_image(made, scale=1, add_hrt=False, add_quiet_zones=False)
    picture: Any = memoryview(made_picture)
    height, width = picture.shape[:2]
    rows = [bytes(int(picture[y, x] == 0) for x in range(width)) for y in range(height)]
    return Modules((rows[height // 2],) if kind in LINEAR else tuple(rows))


def hri(symbol: Symbol) -> str:
    """The line for human eyes that belongs under a symbol: GS1's fields with their AIs in brackets."""
    if symbol.kind in GS1_KINDS:
        return "".join(f"({ai}){value}" for ai, value in fields(symbol).items())
    return symbol.content
