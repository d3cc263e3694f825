"""Proof: a label's picture is read back by both engines before it may leave, and must say exactly what was asked.

Each symbol is cropped with its quiet zones out of the finished picture at the printer's own dots. zxing-cpp must name
its kind (AIM identifier) and say its content to the last character; so must zbar, as far as it can: it knows no Data
Matrix, drops the FNC1 that makes Code 128 a GS1-128, calls UPC-A an EAN-13 and garbles QR beyond ASCII. Without
Debian's libzbar0 the first engine decides alone, and the proof says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import zxingcpp
from PIL import Image, ImageChops

from labels import picture, symbols
from labels.limits import limit
from labels.parts import Code, Label
from scanner.barcode.symbology import GS
from scanner.refusals import Refusal

_ZBAR_KINDS: Final = {
    "code128": "CODE128",
    "gs1_128": "CODE128",
    "ean13": "EAN13",
    "upca": "EAN13",
    "ean8": "EAN8",
    "itf14": "I25",
    "qr": "QRCODE",
    "gs1_qr": "QRCODE",
}


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    """The print quality facts of one symbol, as the printer will make it."""

    name: str
    kind: str
    content: str
    modules: int  # across, without quiet zones
    module_dots: int
    x_mm: float  # the X-dimension
    least_x_mm: float
    most_x_mm: float
    height_mm: float
    least_height_mm: float
    quiet_x: tuple[int, int]  # modules kept free on the left and on the right
    width_mm: float  # quiet zones included
    source: str
    engines: tuple[str, ...]  # which have read it back


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of a label, and the picture that proved it."""

    label: Label
    symbols: tuple[SymbolFacts, ...]
    dots: Image.Image
    missing: tuple[str, ...]  # engines that are not installed


def prove(label: Label) -> Proof:
    """Read every symbol of the label back. Refusal `label_unreadable` if one says anything but what was asked.

    Refusal `label_too_small` if a symbol breaks its limit (`labels.limits`) or something leaves the label.
    """
    page = (0, 0, label.width, label.height)
    for part in label.parts:
        if part.box.x < 0 or part.box.y < 0 or part.box.right > page[2] or part.box.bottom > page[3]:
            size = f"{label.media.width_mm:g} by {label.media.height_mm:g} mm"
            raise Refusal("label_too_small", f"The {label.name}", why=f"it reaches beyond {size}")
    dots = picture.draw(label)
    facts = tuple(_prove(code, label, dots) for code in label.codes)
    return Proof(label, facts, dots, () if zbar() else ("zbar",))


def _prove(code: Code, label: Label, dots: Image.Image) -> SymbolFacts:
    cut = dots.crop(code.box.corners)
    if ImageChops.logical_xor(cut, picture.bars(code)).getbbox():
        raise _unreadable(code, "something else is drawn over it")
    grey = cut.convert("L")
    _read_zxing(code, grey)
    second = _read_zbar(code, grey)
    return _facts(code, label, ("zxing-cpp", *second))


def _read_zxing(code: Code, grey: Image.Image) -> None:
    found = zxingcpp.read_barcodes(
        grey,
        formats=zxingcpp.BarcodeFormats(symbols.FORMATS[code.symbol.kind]),
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    said = [(each.symbology_identifier, _as_asked(code, each.text)) for each in found]
    if len(said) != 1 or said[0][0] not in symbols.AIMS[code.symbol.kind] or said[0][1] != code.symbol.content:
        raise _unreadable(code, f"zxing-cpp reads {said or 'nothing'}")


def _as_asked(code: Code, text: str) -> str:
    """UPC-A is read as the EAN-13 that it is too: with a zero in front."""
    return text.removeprefix("0") if code.symbol.kind == "upca" and len(text) == 13 else text


def _read_zbar(code: Code, grey: Image.Image) -> tuple[str, ...]:
    """Whether the second engine has a say, and says the same."""
    decode, kind = zbar(), _ZBAR_KINDS.get(code.symbol.kind)
    if decode is None or kind is None or not code.symbol.content.isascii():
        return ()
    said = [_as_asked(code, each) for each in decode(grey, kind)]
    wanted = code.symbol.content
    if wanted not in said:
        raise _unreadable(code, f"zbar reads {said or 'nothing'}")
    return ("zbar",)


@cache
def zbar() -> Callable[[Image.Image, str], list[str]] | None:
    """Zbar's reader of one kind of symbol; None where libzbar0 is not installed."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return None

    def decode(grey: Image.Image, kind: str) -> list[str]:
        found: list[Any] = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol[kind]])
        return [each.data.decode("utf-8", "replace").removeprefix(GS) for each in found]

    return decode


def _unreadable(code: Code, why: str) -> Refusal:
    return Refusal("label_unreadable", symbols.shown(code.symbol), why=why)


def _facts(code: Code, label: Label, engines: tuple[str, ...]) -> SymbolFacts:
    rows = limit(code.use, code.symbol.kind)
    mm = label.media.mm
    quiet = symbols.QUIET[code.symbol.kind]
    is_linear = code.symbol.kind in symbols.LINEAR
    return SymbolFacts(
        name=code.name,
        kind=code.symbol.kind,
        content=code.symbol.content,
        modules=symbols.modules(code.symbol).columns,
        module_dots=code.module,
        x_mm=round(mm(code.module), 4),
        least_x_mm=rows.least_mm,
        most_x_mm=rows.most_mm,
        height_mm=round(mm(code.bar_height), 2),
        least_height_mm=round(rows.least_height_mm(mm(code.module)), 2) if is_linear else 0.0,
        quiet_x=(quiet[0], quiet[1]),
        width_mm=round(mm(code.box.width), 2),
        source=rows.source,
        engines=engines,
    )
