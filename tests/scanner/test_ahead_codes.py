"""Codes of the coming steps: each label that we print for a thing is taken for it in every form, and no other is."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from labels.item import ItemFacts, symbol_of
from scanner.ahead import codes
from scanner.ahead.codes import Pack
from scanner.barcode import Misread, check_digit, read
from scanner.barcode.keys import CSET_82, expand_upc_e

OF_GS1 = ("gs1_datamatrix", "gs1_128", "ean")
stems = st.sampled_from(("0400000000001", "0009506000134", "0000000950600", "0001234500000", "1400000000001"))
gtins = stems.map(lambda stem: stem + check_digit(stem))
texts = st.text(CSET_82, min_size=1, max_size=20)
days = st.integers(0, 20_000).map(lambda n: date(2001, 1, 1) + timedelta(n))


def fits(likes: tuple[str, ...], code: str) -> bool:
    """Whether a device takes the code for one of these."""
    return any(re.search(like, code) for like in likes)


def pack_of(gtin: str) -> Pack:
    """A pack with one barcode."""
    return codes._pack(1, [gtin])


def forms(content: str) -> list[str]:
    """A symbol's content as scanners send it: with and without a mark of the symbology, which devices strip."""
    return [content, re.sub(r"^\][A-Za-z][0-9]", "", f"]C1{content}")]


@settings(max_examples=150, deadline=None)
@given(gtins, texts, days, st.sampled_from(OF_GS1))
def test_every_label_that_we_print_for_a_lot_is_taken_for_it(gtin: str, lot: str, day: date, symbol: str) -> None:
    assume(symbol != "ean" or gtin.startswith("0"))
    facts = ItemFacts("SKU", gtin=gtin, lot=lot, expires_on=day)
    printed = symbol_of(facts, symbol)
    content = printed.content
    if printed.kind.startswith("gs1"):
        for likes in (codes.like_lot([gtin], lot), codes.like_lot([gtin], lot, codes.dates_of(day, None))):
            assert all(fits(likes, form) for form in forms(content))
        assert not fits(codes.like_lot([gtin], lot + "X"), content)
        assert not fits(codes.like_lot([gtin], lot, codes.dates_of(day + timedelta(1), None)), content)
    else:
        assert content in pack_of(gtin).texts


@settings(max_examples=100, deadline=None)
@given(gtins, texts, st.one_of(st.none(), texts), days)
def test_every_label_that_we_print_for_a_single_thing_is_taken_for_it(
    gtin: str, serial: str, lot: str | None, day: date
) -> None:
    facts = ItemFacts("SKU", gtin=gtin, lot=lot or "", serial=serial, best_before=day)
    content = symbol_of(facts, "gs1_datamatrix").content
    assert fits(codes.like_serial([gtin], serial), content)
    assert not fits(codes.like_serial([gtin], f"{serial}X"), content)
    assert fits(codes.like_item([gtin]), content), "an item that is not kept by either ignores them"


@settings(max_examples=100, deadline=None)
@given(gtins, st.sampled_from(OF_GS1))
def test_every_label_that_names_the_item_only_is_taken_whole(gtin: str, symbol: str) -> None:
    assume(symbol != "ean" or gtin.startswith("0"))  # no bars of EAN hold fourteen digits
    assert symbol_of(ItemFacts("SKU", gtin=gtin), symbol).content in pack_of(gtin).texts


@settings(max_examples=100, deadline=None)
@given(gtins)
def test_every_whole_code_of_an_item_reads_as_its_gtin(gtin: str) -> None:
    for text in pack_of(gtin).texts:
        scan = read(text)
        assert gtin in (scan.gtin, scan.gtin_too)


def test_a_upc_whose_noughts_can_be_squeezed_out_is_known_by_its_short_form() -> None:
    upc_a = "01234500005" + check_digit("01234500005")
    (short,) = [text for text in pack_of(f"00{upc_a}").texts if len(text) == 8]
    assert expand_upc_e(short) == upc_a


field = st.one_of(
    days.map(lambda day: f"17{day:%y%m%d}"),
    days.map(lambda day: f"15{day:%y%m%d}"),
    days.map(lambda day: f"11{day:%y%m%d}"),
    st.sampled_from(("10AB12", "10AB", "21AB12", "3712", "240X", "3103001000")),
    texts.map(lambda text: f"10{text}"),
)


@settings(max_examples=300, deadline=None)
@given(gtins, st.lists(st.tuples(field, st.booleans()), min_size=1, max_size=4))
def test_what_is_taken_for_a_lot_or_an_item_reads_as_one(gtin: str, fields: list[tuple[str, bool]]) -> None:
    label = f"01{gtin}" + "".join(text + ("\x1d" if ends else "") for text, ends in fields)
    try:
        scan = read(f"]C1{label}")
    except Misread:
        return
    if fits(codes.like_lot([gtin], "AB12"), label):
        assert (scan.gtin, scan.lot, scan.count) == (gtin, "AB12", None)
    if fits(codes.like_serial([gtin], "AB12"), label):
        assert (scan.gtin, scan.serial) == (gtin, "AB12")
    if fits(codes.like_item([gtin]), label):
        assert (scan.gtin, scan.count) == (gtin, None)
    assert fits(codes.like_other([gtin]), label), "any label of the item is at least for the server to judge"


@pytest.mark.parametrize(
    "wrong",
    ["0109506000134352", "04000000000014", "4000000000014", "LA0302A", "010400000000001", "01040000000000133712"],
)
def test_other_codes_are_not_taken_for_an_item(wrong: str) -> None:
    gtin = "04000000000013"
    assert wrong not in pack_of(gtin).texts
    assert not fits((*codes.like_item([gtin]), *codes.like_lot([gtin], "L1")), wrong)


def test_a_totes_label_is_taken_unless_it_is_another_orders() -> None:
    like = (codes.like_tote(["0007", "A"]),)
    for code, is_free in (("U0007X", False), ("UAX", False), ("U0008X", True), ("U00071X", True), ("UABX", True)):
        assert fits(like, code) == is_free
    assert not fits(like, "LA0302A")
    assert not fits((codes.LIKE_PLACE,), "U0008X")


def test_the_expressions_are_such_as_javascript_has() -> None:
    likes = [
        *codes.like_item(["04000000000013"]),
        *codes.like_lot(["04000000000013"], "A-B/C.D+E (F)"),
        *codes.like_serial(["04000000000013"], "%&'"),
        *codes.like_other(["04000000000013"]),
        *codes.like_unit(["0007"]),
        codes.LIKE_PLACE,
    ]
    for like in likes:
        assert like.isascii()
        assert not re.search(r"\(\?P|\(\?<|\(\?[a-z]|\\[AZzdwsGU]", like), like
