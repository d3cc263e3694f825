"""What a photo says: one code of it, with how it was found and whether it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from scanner.barcode import keys

Point: TypeAlias = tuple[int, int]

RETAIL: Final = frozenset(("EAN13", "EAN8", "UPCA", "UPCE"))


@dataclass(frozen=True, slots=True)
class ReadCode:
    """One code of a photo. `scanner.barcode.read(code.raw, code.aim)` says what it means, as for any other scanner."""

    text: str  # what it says; EAN and UPC as GTIN-14
    raw: str  # what a scanner would send: EAN and UPC as printed, UPC-E expanded; separators as \x1d
    symbology: str  # zxing-cpp's name: 'EAN13', 'Code128', 'QRCode', 'DataBarExpStk' ...
    aim: str | None  # ']C1'; None where the engine cannot tell GS1 data from plain
    corners: tuple[Point, ...]  # in pixels of the upright photo, as it was sent: top left, then clockwise
    engine: str  # 'zxing', 'zbar' or 'zxing+zbar'
    is_sure: bool  # two engines or two passes agree, or the symbol's own error detection is strong

    @property
    def gtin(self) -> str | None:
        """The 14 digits of a retail code; None for any other."""
        return self.text if self.symbology in RETAIL else None

    def as_json(self) -> dict[str, Any]:
        """The fields by name, and `gtin`."""
        return {
            "text": self.text,
            "raw": self.raw,
            "symbology": self.symbology,
            "aim": self.aim,
            "gtin": self.gtin,
            "corners": [list(corner) for corner in self.corners],
            "engine": self.engine,
            "is_sure": self.is_sure,
        }


def from_json(fields: dict[str, Any]) -> ReadCode:
    """The code that `as_json` wrote."""
    corners = tuple((x, y) for x, y in fields["corners"])
    known = {name: fields[name] for name in ("text", "raw", "symbology", "aim", "engine", "is_sure")}
    return ReadCode(corners=corners, **known)


def as_printed(symbology: str, digits: str) -> tuple[str, str]:
    """Symbology and digits of a retail code as a scanner sends it: an EAN-13 that starts with 0 is a UPC-A."""
    if symbology == "EAN13" and digits.startswith("0"):
        return "UPCA", digits[1:]
    if symbology == "UPCE":
        return "UPCE", digits[1:] if len(digits) == 13 else keys.expand_upc_e(digits) or digits
    return symbology, digits
