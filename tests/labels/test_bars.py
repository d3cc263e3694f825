"""Bars on paper: as wide and as high as their limits ask, with a text that stays inside the margins."""

from __future__ import annotations

import pypdfium2
import pytest
from reportlab.lib.units import mm

from labels.documents.bars import LEAST_MODULE_MM, bars
from labels.documents.sheet import MARGIN, Sheet
from labels.limits import SPARE_MM, limit
from scanner.barcode import encode
from tests.labels.reading import codes, letters

SSCC = "340000000000000014"
TOUCH = 1.0  # point, for what a reader of fonts rounds


def strips(made: bytes) -> list[tuple[float, float]]:
    """Width and height in mm of each bar of the first page."""
    page = pypdfium2.PdfDocument(made)[0]
    found = [part.get_bounds() for part in page.get_objects() if part.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
    sizes = [((right - left) / mm, (top - bottom) / mm) for left, bottom, right, top in found]
    return [(width, height) for width, height in sizes if height > 3]


def sheet_with(*codes: object) -> bytes:
    """A paper of these barcodes alone."""
    sheet = Sheet("packing_slip", "1", {})
    sheet.add(*codes)
    return sheet.pdf()


@pytest.mark.parametrize(
    ("content", "is_sscc", "use", "kind"),
    [(SSCC, True, "item", "gs1_128"), ("OSO1", False, "own", "code128"), ("O" + "A" * 16, False, "own", "code128")],
)
@pytest.mark.parametrize("room_mm", [64, 86, 180])
def test_barcodes_of_papers_keep_the_limits_of_labels(
    content: str, is_sscc: bool, use: str, kind: str, room_mm: float
) -> None:
    bar = strips(sheet_with(bars(content, room_mm * mm, sscc=is_sscc)))
    least, module = limit(use, kind), min(width for width, _ in bar)
    assert least.least_mm - SPARE_MM <= module <= least.most_mm
    assert min(height for _, height in bar) >= least.least_height_mm(module) - SPARE_MM
    assert least.least_mm <= LEAST_MODULE_MM


@pytest.mark.parametrize("letter", ["1", "A", "W", "I"])
@pytest.mark.parametrize("length", [1, 8, 20, 23, 24, 30, 40])
def test_what_the_barcode_of_a_head_says_stays_inside_the_margins(letter: str, length: int) -> None:
    code = encode("order", letter * length)
    sheet = Sheet("packing_slip", "1", {})
    sheet.head(code)
    made = sheet.pdf()
    assert code in "".join(codes(made))
    where = [seen for seen in letters(made) if seen.char == letter]
    assert len(where) >= min(length, 30)
    assert max(seen.right for seen in where) <= sheet.paper[0] - MARGIN + TOUCH
    assert min(seen.left for seen in where) >= sheet.paper[0] / 2 or length == 1
