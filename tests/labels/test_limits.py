"""Limits: a symbol that GS1 does not allow is refused, and the refusal says which limit and by how much."""

from __future__ import annotations

import pypdfium2
import pytest

from labels import pdf
from labels.card import standard_cards
from labels.item import ItemFacts, item
from labels.limits import LIMITS
from labels.location import LocationFacts, location
from labels.parts import Box, Label, Media, Symbol, Text
from labels.sketch import Sketch
from labels.symbols import QUIET
from labels.unit import UnitFacts, unit
from scanner.barcode import keys, own
from scanner.refusals import Refusal

SSCC = keys.sscc("9506000", 3, 12345)


def placed(symbol: Symbol, width: int, height: int, use: str, dpi: int = 203) -> Label:
    """A label with this symbol alone."""
    sketch = Sketch("one", Media(300, 200, dpi))
    sketch.code(symbol, Box(0, 0, width, height), use, name="code")
    return sketch.done()


def test_an_sscc_has_four_dots_at_203_dpi_and_six_at_300() -> None:
    symbol = Symbol("gs1_128", f"00{SSCC}")
    assert placed(symbol, 704, 256, "unit").codes[0].module == 4
    assert placed(symbol, 1056, 380, "unit", 300).codes[0].module == 6


def test_an_sscc_that_is_too_narrow_names_the_limit_and_what_it_has() -> None:
    with pytest.raises(Refusal, match=r"0\.375 mm and must be 0\.495 mm at least; it needs 88\.0 mm and has 87\.9"):
        placed(Symbol("gs1_128", f"00{SSCC}"), 703, 256, "unit")


def test_a_refusal_never_names_more_room_than_the_label_has() -> None:
    with pytest.raises(Refusal, match=r"has 44\.0 by 19\.0 mm"):
        unit(UnitFacts(SSCC), Media(50, 25))


def test_an_sscc_that_is_too_low_names_the_height() -> None:
    with pytest.raises(Refusal, match=r"31\.5 mm high and must be 31\.75 mm"):
        placed(Symbol("gs1_128", f"00{SSCC}"), 800, 252, "unit")


def test_gs1_128_is_no_longer_than_165_mm_and_48_characters() -> None:
    long = Symbol("gs1_128", "0109506000134352" + "10" + "1" * 20)
    assert placed(long, 9999, 800, "unit", 600).codes[0].box.width <= 165.1 * 600 / 25.4
    with pytest.raises(Refusal, match="may have 48"):
        placed(Symbol("gs1_128", "0109506000134352" + "10" + "A" * 20 + "\x1d21" + "B" * 20), 9999, 400, "unit", 600)


def test_an_ean_is_as_high_as_its_modules_ask() -> None:
    code = placed(Symbol("ean13", "9506000134352"), 800, 300, "item").codes[0]
    assert code.bar_height / code.module >= 22.85 / 0.33 - 1


def test_a_label_without_room_is_refused_not_squeezed() -> None:
    with pytest.raises(Refusal, match="label_too_small"):
        item(ItemFacts("X" * 60), Media(25, 25), symbol="code128")
    with pytest.raises(Refusal, match="label_too_small"):
        unit(UnitFacts(SSCC), Media(76, 51))
    with pytest.raises(Refusal, match="label_too_small"):
        location(LocationFacts("A-03-02", "LA0302A"), Media(60, 30), style="beam")


@pytest.mark.parametrize(
    "facts", [ItemFacts("A", gtin="9506000134353"), ItemFacts("A", gtin="123"), ItemFacts("A\x07")]
)
def test_an_item_with_a_wrong_gtin_or_sku_is_refused(facts: ItemFacts) -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        item(facts, Media(57, 32))


def test_a_wrong_sscc_is_refused() -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        unit(UnitFacts(SSCC[:-1] + str((int(SSCC[-1]) + 1) % 10)), Media(105, 148))


def test_every_limit_has_a_source_and_every_symbol_its_quiet_zone() -> None:
    for use in LIMITS.values():
        for kind, rows in use.items():
            assert rows.source
            assert rows.least_mm <= rows.target_mm <= rows.most_mm
            assert QUIET[kind]


def test_a_name_without_letters_is_read_from_nowhere() -> None:
    """Nothing to read but the code, which is printed all the same."""
    label = location(LocationFacts(" ", "LA0302A"), Media(100, 50))
    assert label.reading_m == 0
    assert {code.symbol.content for code in label.codes} == {"LA0302A"}


def test_letters_are_sized_by_the_distance_they_are_read_from() -> None:
    label = location(LocationFacts("A-03-02", "LA0302A"), Media(100, 50))
    name = next(part for part in label.parts if part.name == "name")
    assert label.reading_m == pytest.approx(0.729 * name.size / 8 * 200 / 1000, abs=0.06)  # type: ignore[union-attr]


def test_the_cards_of_a_station_have_the_grades_of_returns_by_letter_and_word() -> None:
    said = {label.codes[0].symbol.content: words_of(label) for label in standard_cards(Media(63, 38))}
    grades = {words["title"]: code for code, words in said.items() if words["kind"] == "RETURN GRADE"}
    assert grades == {
        "A RESELL": own.command("RESELL"),
        "B REPACK": own.command("REPACK"),
        "C QUARANTINE": own.command("QUARANTINE"),
        "D SCRAP": own.command("SCRAP"),
    }


def words_of(label: Label) -> dict[str, str]:
    """The text of each part by its name."""
    return {part.name: " ".join(part.lines) for part in label.parts if isinstance(part, Text)}


def test_cards_come_on_sheets_of_any_paper() -> None:
    cards = standard_cards(Media(63, 38, 600))
    for paper, on_a_sheet in (("A4", 21), ("Letter", 21), ("A6", 3)):
        document = pypdfium2.PdfDocument(pdf.sheets(cards, paper))
        assert len(document) == -(-len(cards) // on_a_sheet)
        width, height = document[0].get_size()
        assert (width * 25.4 / 72, height * 25.4 / 72) == pytest.approx(pdf.PAPERS[paper], abs=0.1)
    assert len(pypdfium2.PdfDocument(pdf.sheets(standard_cards(Media(210, 99))[:3], "A4"))) == 1  # three, edge to edge
    with pytest.raises(ValueError, match="does not fit"):
        pdf.sheets([unit(UnitFacts(SSCC), Media(148, 210))], "A6")
