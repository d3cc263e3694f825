"""Limits: how small and how large a symbol may be, by what it is used for. One table, each row with its source.

GenSpecs are the GS1 General Specifications; their symbol specification tables stand in section 5.12.3 (5.9.3 in older
releases). `on demand` is the footnote of table 1 that lets thermal and laser printers go down to 0.249 mm. Where GS1
has nothing to say (our own codes, a carrier's), the figures are ours, and measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """What a symbol must keep, in mm; `height_x` are modules, for symbols whose height grows with them."""

    least_mm: float
    target_mm: float
    most_mm: float
    source: str
    height_mm: float = 0.0
    height_x: float = 0.0
    width_mm: float = 0.0  # the longest symbol, quiet zones included
    characters: int = 0  # the most data characters

    def least_height_mm(self, module_mm: float) -> float:
        """How high the bars must be at this module width."""
        return max(self.height_mm, self.height_x * module_mm)


_TABLE_1: Final = "GenSpecs table 1 (retail), on demand"
_TABLE_1_2D: Final = "GenSpecs table 1, addendum for 2D at the point of sale"
_TABLE_4: Final = "GenSpecs table 4 (neither retail nor general distribution)"
_TABLE_5: Final = "GenSpecs table 5 (logistic units)"
_OURS: Final = "measured: docs/labels.md"
_LONGEST_MM: Final = 165.1  # of GS1-128, and
_MOST_CHARACTERS: Final = 48  # GenSpecs 5.4.4.3

_EAN_13: Final = Limit(0.249, 0.330, 0.660, _TABLE_1, height_x=22.85 / 0.330)
_EAN_8: Final = Limit(0.249, 0.330, 0.660, _TABLE_1, height_x=18.23 / 0.330)
_ITEM_2D: Final = Limit(0.375, 0.625, 0.990, _TABLE_1_2D)
_UNIT_2D: Final = Limit(0.743, 0.743, 1.500, _TABLE_5)
_OWN: Final = Limit(0.25, 0.38, 1.016, _OURS, height_mm=5.0)
_OWN_2D: Final = Limit(0.25, 0.60, 4.0, _OURS)
_NEAR: Final = Limit(0.5, 0.5, 2.0, _OURS, height_mm=12.7)
_FAR: Final = Limit(1.0, 1.0, 4.0, _OURS, height_mm=25.0)

# use -> kind of symbol -> its limit
LIMITS: Final[dict[str, dict[str, Limit]]] = {
    "item": {
        "ean13": _EAN_13,
        "upca": _EAN_13,
        "ean8": _EAN_8,
        "itf14": Limit(0.250, 0.495, 0.495, _TABLE_4, height_mm=12.7),
        "gs1_128": Limit(
            0.250, 0.495, 0.495, _TABLE_4, height_mm=12.7, width_mm=_LONGEST_MM, characters=_MOST_CHARACTERS
        ),
        "gs1_datamatrix": _ITEM_2D,
        "gs1_qr": _ITEM_2D,
    },
    "unit": {
        "gs1_128": Limit(
            0.495, 0.495, 1.016, _TABLE_5, height_mm=31.75, width_mm=_LONGEST_MM, characters=_MOST_CHARACTERS
        ),
        "itf14": Limit(0.495, 0.495, 1.016, _TABLE_5, height_mm=31.75),
        "gs1_datamatrix": _UNIT_2D,
        "gs1_qr": _UNIT_2D,
    },
    "own": {"code128": _OWN, "datamatrix": _OWN_2D, "qr": _OWN_2D},
    "location": {"code128": _NEAR, "datamatrix": _OWN_2D, "qr": _OWN_2D},
    "far": {"code128": _FAR, "datamatrix": _OWN_2D, "qr": _OWN_2D},
    "tracking": {
        "code128": Limit(0.25, 0.50, 1.016, _OURS, height_mm=19.0),
        "gs1_128": Limit(0.25, 0.50, 1.016, _OURS, height_mm=19.0),
        "itf14": Limit(0.25, 0.50, 1.016, _OURS, height_mm=19.0),
        "datamatrix": _OWN_2D,
        "qr": _OWN_2D,
    },
}
# Module widths are compared with a tenth of a dot of 600 dpi to spare: 0.2493 mm is 0.249 mm.
SPARE_MM: Final = 0.004


def limit(use: str, kind: str) -> Limit:
    """The limit of a symbol of this kind in this use. KeyError where a use has no such symbol."""
    return LIMITS[use][kind]
