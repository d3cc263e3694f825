"""Engines: zxing-cpp and zbar read one view each in their own way; what they say comes out in one form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import zxingcpp
from PIL import Image

from scanner.barcode.image.code import RETAIL, Point, as_printed
from scanner.barcode.image.view import View

try:  # without Debian's libzbar0 this import fails: one engine less, no more
    from pyzbar import pyzbar
except ImportError:
    pyzbar = None

F = zxingcpp.BarcodeFormat
_WANTED: Final = (
    *(F.EANUPC, F.Code39, F.Code93, F.Code128, F.ITF, F.Codabar, F.DataBar),
    *(F.QRCode, F.DataMatrix, F.PDF417, F.Aztec),
)
_FORMATS: Final = zxingcpp.barcode_formats_from_str(",".join(f.name for f in _WANTED))
# Error correction proves the text: Reed-Solomon codes are never read by chance from a picture's noise.
CORRECTED: Final = frozenset(("QRCode", "QRCodeModel1", "QRCodeModel2", "MicroQRCode", "RMQRCode", "DataMatrix",
                              "PDF417", "CompactPDF417", "MicroPDF417", "Aztec", "AztecCode", "AztecRune"))  # fmt: skip

_ZBAR_NAMES: Final = {
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "I25": "ITF",
    "CODE39": "Code39",
    "CODE93": "Code93",
    "CODE128": "Code128",
    "CODABAR": "Codabar",
    "DATABAR": "DataBarOmni",
    "DATABAR_EXP": "DataBarExp",
    "QRCODE": "QRCode",
}
# Symbols whose identifier does not hang on a first FNC1, which zbar swallows.
_ZBAR_AIMS: Final = {"EAN13": "]E0", "UPCA": "]E0", "UPCE": "]E0", "EAN8": "]E4", "ITF": "]I0", "Code39": "]A0",
                     "Code93": "]G0", "Codabar": "]F0", "DataBarOmni": "]e0", "DataBarExp": "]e0"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """One code as one engine read it in one view."""

    symbology: str
    raw: str
    aim: str | None
    corners: tuple[Point, ...]
    engine: str
    quality: int | None = None  # zbar's: how many scan lines agreed; None from zxing

    @property
    def key(self) -> tuple[str, str]:
        """What two readings of the same code share, whichever engine they come from."""
        if self.symbology in RETAIL:
            return "retail", self.raw.zfill(14)
        if self.symbology.startswith("DataBar"):
            return "DataBar", self.raw
        return self.symbology, self.raw


def has_zbar() -> bool:
    """True if the second engine is there."""
    return pyzbar is not None


def zxing(view: View, *, thorough: bool) -> list[Reading]:
    """What zxing-cpp reads. Thorough: upside down, on its side, smaller and inverted too, at three times the cost."""
    found = zxingcpp.read_barcodes(
        view.image,
        formats=_FORMATS,
        try_rotate=thorough,
        try_downscale=thorough,
        try_invert=thorough,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [_of_zxing(code, view) for code in found if code.valid and code.text]


def _of_zxing(code: Any, view: View) -> Reading:
    place = code.position
    ends = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    symbology, raw = as_printed(code.format.name, code.text)
    return Reading(
        symbology, raw, code.symbology_identifier or None, tuple(view.at(end.x, end.y) for end in ends), "zxing"
    )


def zbar(view: View) -> list[Reading]:
    """What zbar reads; nothing where it is missing."""
    if pyzbar is None:
        return []
    found = pyzbar.decode((view.image.tobytes(), *view.image.size))
    return [reading for symbol in found for reading in _of_zbar(symbol, view)]


def _of_zbar(symbol: Any, view: View) -> Iterator[Reading]:
    """ASCII only: zbar guesses at every other character and guesses wrong ('Größe' comes out in katakana)."""
    name = _ZBAR_NAMES.get(symbol.type)
    if name is None or not symbol.data or not symbol.data.isascii():
        return
    symbology, raw = as_printed(name, symbol.data.decode("ascii"))
    left, top, width, height = symbol.rect
    box = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    yield Reading(
        symbology, raw, _ZBAR_AIMS.get(symbology), tuple(view.at(*end) for end in box), "zbar", symbol.quality
    )


def gray(image: Image.Image) -> Image.Image:
    """One channel of 8 bits, transparent parts on white paper: both engines read the same pixels."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off at 255
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return image if image.mode == "L" else image.convert("L")
