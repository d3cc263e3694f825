"""Letters of any script on paper: none is lost, none stands in its neighbour's place, and paper shows between them."""

from __future__ import annotations

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from labels.documents.figures import locale_of
from labels.documents.sheet import Column, Sheet
from tests.labels.reading import letters

SCALE = 2
LONG = {
    "arabic": "مستودعالبضائعوالموادالغذائيةوالمشروباتالغازيةوالعصائروالألبان",
    "hebrew": "מחסןסחורותומזוןומשקאותמוגזיםומיציםומוצריחלבוגבינותומאפים",
}


def sheet_of(locale: str = "en_GB") -> Sheet:
    """An empty paper."""
    return Sheet("packing_slip", "1", {}, locale=locale_of(locale))


def drawn(sheet: Sheet, page: int = 0) -> Image.Image:
    """A page as a picture."""
    picture: Image.Image = pypdfium2.PdfDocument(sheet.pdf())[page].render(scale=SCALE).to_pil()
    return picture.convert("RGB")


def pictures(sheet: Sheet) -> list[tuple[float, float, float, float]]:
    """Where the pictures of the first page are: left, bottom, right, top, in points."""
    page = pypdfium2.PdfDocument(sheet.pdf())[0]
    return [part.get_bounds() for part in page.get_objects() if part.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]


def ink(picture: Image.Image) -> float:
    """How much of it is dark."""
    return ImageStat.Stat(ImageChops.invert(picture.convert("L"))).sum[0]


@pytest.mark.parametrize("name", LONG)
def test_a_word_wider_than_its_cell_is_broken_in_any_script_and_no_letter_is_lost(name: str) -> None:
    empty, narrow, wide = sheet_of(), sheet_of(), sheet_of()
    for sheet, said, width_mm in ((empty, "", 30), (narrow, LONG[name], 30), (wide, LONG[name], 150)):
        sheet.rows([Column("Name", width_mm), Column("SKU")], [(said, "")])
    paper = ink(drawn(empty))
    assert ink(drawn(narrow)) - paper == pytest.approx(ink(drawn(wide)) - paper, rel=0.08)


def test_addresses_beside_each_other_keep_a_gap_wherever_their_writing_begins() -> None:
    sheet = sheet_of()
    sheet.blocks(("To", ["שלום", "x"]), ("From", ["Warehouse"]))
    (_, _, right, _) = pictures(sheet)[0]
    assert sheet.paper[0] / 2 - right > 10


def test_writing_that_is_a_picture_has_its_ink_and_lets_the_band_below_it_through() -> None:
    plain, shaped = sheet_of(), sheet_of()
    plain.facts(("To", " "))
    shaped.facts(("To", "שלום"))
    left, bottom, right, top = pictures(shaped)[0]
    middle = ((left + right) / 2 * SCALE, (shaped.paper[1] - (bottom + top) / 2) * SCALE)
    seen = drawn(shaped).crop((int(left * SCALE) + 2, int(middle[1]) - 8, int(right * SCALE) - 2, int(middle[1]) + 8))
    shades = [channel.getextrema() for channel in seen.split()]
    assert [light for _, light in shades] == [0xEE, 0xF0, 0xF3]
    assert [dark for dark, _ in shades] == pytest.approx([0x16, 0x18, 0x1D], abs=3)


@pytest.mark.parametrize(
    "name", ["W" * 200, "INTERNATIONALE MASCHINENBAU- UND HANDELSGESELLSCHAFT MBH & CO. KG " * 3, "i" * 99]
)
def test_a_wide_name_in_head_or_foot_is_cut_with_a_mark_before_what_stands_at_the_right(name: str) -> None:
    sheet = Sheet("packing_slip", name, {"legal_name": name, "tax_label": "VAT", "tax_id": "DE123456789"})
    sheet.rows([Column("SKU")], [(f"L-{n}",) for n in range(60)])
    made = sheet.pdf()
    for page, right in ((0, "Page1of2"), (1, "Page2of2"), (1, "continued")):
        read = letters(made, page)
        said = "".join(seen.char for seen in read)
        first = read[said.index(right)]
        before = [seen for seen in read if abs(seen.bottom - first.bottom) < 3 and seen.left < first.left]
        assert max(seen.right for seen in before) < first.left - 10
        assert ("…" in [seen.char for seen in before]) == (name[0] != "i")
    assert "DE123456789" in said
