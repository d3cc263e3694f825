"""Which code an item's label has: the one that fits, holds what there is to say, and leaves the words their room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from labels.item import ItemFacts, item
from labels.parts import Label, Media, Text
from labels.proof import prove
from labels.unit import UnitFacts, unit
from scanner.refusals import Refusal

MUG = ItemFacts("MUG-0042", "Mug with a lantern on it", gtin="4006381333931")


def said(label: Label) -> tuple[str, str]:
    """Kind and content of the label's code."""
    (code,) = label.codes
    return code.symbol.kind, code.symbol.content


def words(label: Label) -> set[str]:
    """What stands there in words."""
    return {part.name for part in label.parts}


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("gtin", ["4006381333931", "036000291452", "96385074", "14006381333938", ""])
@pytest.mark.parametrize("size", [(25, 25), (32, 25), (38, 25), (50, 25), (57, 32), (100, 50)])
def test_every_item_has_a_label_of_every_size_with_its_sku_and_name(size: tuple[int, int], gtin: str, dpi: int) -> None:
    label = item(ItemFacts("MUG-00420042", "Mug with a lantern on it", gtin=gtin), Media(*size, dpi))
    prove(label)
    assert {"sku", "description"} <= words(label)


def test_an_ean_that_leaves_no_room_for_words_becomes_a_data_matrix_and_one_that_does_stays() -> None:
    assert said(item(MUG, Media(57, 32))) == ("ean13", "4006381333931")
    assert said(item(MUG, Media(50, 25)))[0] == "gs1_datamatrix"


def test_an_ean_that_is_asked_for_is_an_ean_without_words_too() -> None:
    label = item(MUG, Media(50, 25), symbol="ean")
    assert said(label) == ("ean13", "4006381333931")


@pytest.mark.parametrize("symbol", ["code128", "datamatrix"])
def test_a_code_of_our_own_that_is_asked_for_holds_the_sku(symbol: str) -> None:
    assert said(item(MUG, Media(100, 50), symbol=symbol)) == (symbol, "MUG-0042")


@pytest.mark.parametrize("symbol", ["gs1_datamatrix", "gs1_128", "ean"])
def test_gs1_data_that_is_asked_for_without_a_gtin_is_refused(symbol: str) -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        item(ItemFacts("MUG", "Mug"), Media(100, 50), symbol=symbol)


def test_an_ean_of_fourteen_digits_is_refused() -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        item(ItemFacts("MUG", gtin="14006381333938"), Media(100, 50), symbol="ean")


@pytest.mark.parametrize("sku", ["TÜR-1", "茶-1"])
def test_a_sku_beyond_ascii_is_a_data_matrix(sku: str) -> None:
    label = item(ItemFacts(sku, "Door"), Media(57, 32))
    prove(label)
    assert said(label) == ("datamatrix", sku)


@pytest.mark.parametrize("lot", ["L 42", "Ü1", "#7", "L" * 21])
def test_a_lot_that_gs1_data_cannot_hold_stands_in_words_and_the_code_says_the_rest(lot: str) -> None:
    facts = ItemFacts("MILK", "Milk", gtin="4006381333931", lot=lot, expires_on=date(2027, 3, 1))
    label = item(facts, Media(100, 50))
    assert said(label) == ("gs1_datamatrix", "010400638133393117270301")
    assert any(lot[:2] in line for part in label.parts for line in getattr(part, "lines", ()))
    with pytest.raises(Refusal, match="label_bad_content"):
        item(facts, Media(100, 50), symbol="gs1_datamatrix")


def test_a_lot_that_cannot_be_held_does_not_take_the_serial_with_it() -> None:
    facts = ItemFacts("LAMP", "Lamp", gtin="4006381333931", lot="L 42", serial="S-1")
    assert said(item(facts, Media(100, 50))) == ("gs1_datamatrix", "010400638133393121S-1")


@pytest.mark.parametrize("day", [date(2099, 12, 31), date(1960, 1, 2)])
def test_a_day_that_two_digits_of_a_year_would_turn_into_another_stands_in_words_only(day: date) -> None:
    for facts in (replace(MUG, lot="L1", expires_on=day), replace(MUG, lot="L1", best_before=day)):
        label = item(facts, Media(57, 32))
        prove(label)
        assert said(label) == ("gs1_datamatrix", "0104006381333931" + "10L1")
        assert day.isoformat() in all_words(label)
        with pytest.raises(Refusal, match="label_bad_content"):
            item(facts, Media(57, 32), symbol="gs1_datamatrix")


@pytest.mark.parametrize("facts", [replace(MUG, lot="L(3)"), replace(MUG, serial="S)4"), replace(MUG, lot="(10)")])
def test_a_lot_or_serial_with_brackets_is_coded_in_bars_where_they_fit_and_else_stands_in_words(
    facts: ItemFacts,
) -> None:
    wide, small = item(facts, Media(100, 50)), item(facts, Media(25, 25))
    for label in (wide, small):
        prove(label)
        assert (facts.lot or facts.serial) in all_words(label)
    assert said(wide) == ("gs1_128", "0104006381333931" + (f"10{facts.lot}" if facts.lot else f"21{facts.serial}"))
    assert said(small) == ("gs1_datamatrix", "0104006381333931")


def test_a_gtin_of_variable_measure_is_never_coded_without_its_measure() -> None:
    cheese = ItemFacts("CHEESE", "Cheese by weight", gtin="94000000000016")
    label = item(cheese, Media(57, 32))
    assert said(label)[1] == "CHEESE"
    for symbol in ("gs1_datamatrix", "gs1_128"):
        with pytest.raises(Refusal, match="label_bad_content"):
            item(cheese, Media(100, 50), symbol=symbol)
    pallet = unit(UnitFacts("340000000000000014", gtin=cheese.gtin, count=12), Media(102, 152))
    assert [code.symbol.content for code in pallet.codes if code.name == "content"] == []


def all_words(label: Label) -> str:
    """All that stands there to be read."""
    return " ".join(line for part in label.parts if isinstance(part, Text) for line in part.lines)
