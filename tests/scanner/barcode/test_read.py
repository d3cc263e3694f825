"""Read: one way in for every code; what a text is, and that nothing but Misread ever comes out."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.barcode import Misread, Scan, badge_token, command, encode, read
from scanner.barcode.misread import SENTENCES
from scanner.barcode.symbology import GS
from scanner.refusals import REASONS

GTIN = "09506000134352"


def test_the_scan_keeps_exactly_what_came() -> None:
    raw = "\x02]E09506000134352\r\n"
    scan = read(raw)
    assert (scan.raw, scan.text, scan.aim) == (raw, "9506000134352", "]E0")


@pytest.mark.parametrize(
    "text", ["85123A", "SKU-1", "POST", "DCGS0076B-2", "C2", "Größe 42", "A B", "x", "lager-7", "m³", "1234567890"]
)
def test_anything_else_is_plain(text: str) -> None:
    scan = read(text)
    assert (scan.kind, scan.text, scan.bad_check) == ("plain", text, False)


# -- bare GTINs


@pytest.mark.parametrize(
    ("raw", "gtin"),
    [
        ("9506000134352", GTIN),
        ("]E09506000134352", GTIN),
        ("]E0012345678905", "00012345678905"),
        ("]E00012345678905", "00012345678905"),
        ("]E495012346", "00000095012346"),
        ("95012346", "00000095012346"),
        ("]E004252614", "00042100005264"),
        ("]E395060001343521234567"[:18], GTIN),
        ("]I119501101531007", "19501101531007"),
        ("19501101531007", "19501101531007"),
        ("]C09506000134352", GTIN),
    ],
)
def test_every_bare_gtin_is_normalised(raw: str, gtin: str) -> None:
    scan = read(raw)
    assert (scan.kind, scan.gtin, scan.bad_check) == ("gtin", gtin, False)


def test_the_readers_word_counts_like_an_identifier() -> None:
    assert read("04252614", "upc_e").gtin == "00042100005264"
    assert read("9506000134352", "EAN-13").gtin == GTIN
    assert read("9506000134352", "no such symbology").gtin == GTIN


@pytest.mark.parametrize(
    "raw", ["]E09506000134353", "]E495012347", "]I119501101531008", "]E0950600013435", "]E0SKU", "]E212345"]
)
def test_a_retail_symbol_with_a_wrong_check_digit_is_a_misread(raw: str) -> None:
    with pytest.raises(Misread) as misread:
        read(raw)
    assert misread.value.code == "misread"


@pytest.mark.parametrize("raw", ["9506000134353", "95012347", "012345678906", "19501101531008", "]C09506000134353"])
def test_without_such_a_symbol_it_may_be_a_sku(raw: str) -> None:
    scan = read(raw)
    assert (scan.kind, scan.gtin, scan.bad_check) == ("plain", None, True)


def test_eight_digits_that_are_right_both_ways_show_both() -> None:
    both = next(scan for n in range(10**6) if (scan := read(f"0{n:06d}{0}"[:8].ljust(8, "0"))).gtin_too is not None)
    assert both.gtin == both.text.zfill(14)
    assert read("]E0" + both.text).gtin == both.gtin_too
    assert read("]E4" + both.text).gtin == both.gtin


# -- own codes


def test_an_own_code_keeps_its_plain_reading() -> None:
    code = encode("location", "A0302")
    scan = read(code)
    assert (scan.kind, scan.own, scan.text) == ("own", ("location", "A0302"), code)


@pytest.mark.parametrize("aim", ["]C0", "]d1", "]Q1", "]A0"])
def test_own_codes_come_in_plain_symbols(aim: str) -> None:
    assert read(aim + encode("tote", "00071")).own == ("tote", "00071")


def test_a_badge_is_read() -> None:
    token = badge_token(random.Random(1))  # noqa: S311 - tests must repeat
    assert read(encode("badge", token)).own == ("badge", token)


def test_an_own_code_with_a_wrong_check_may_be_a_sku() -> None:
    code = encode("location", "A0302")
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    scan = read(wrong)
    assert (scan.kind, scan.own, scan.text, scan.bad_check) == ("plain", None, wrong, True)


def test_a_command_tells_its_word_and_number() -> None:
    scan = read(command("SHORT"))
    assert scan.is_command("SHORT")
    assert not scan.is_command("SKIP")
    assert (scan.command, scan.number, scan.quantity) == ("SHORT", None, None)


@pytest.mark.parametrize("number", [0, 1, 24, 999_999])
def test_a_quantity_command_tells_how_many(number: int) -> None:
    scan = read(command("Q", number))
    assert (scan.is_command("Q"), scan.quantity) == (True, number)


def test_what_is_no_command_has_neither_word_nor_quantity() -> None:
    for raw in (encode("location", "Q12"), "9506000134352", "UNDO"):
        scan = read(raw)
        assert (scan.command, scan.number, scan.quantity) == (None, None, None)


# -- refusals


def test_every_misread_is_a_known_refusal_with_a_remedy() -> None:
    assert SENTENCES.keys() <= REASONS.keys()
    assert all(sentence.count(".") >= 2 for sentence in SENTENCES.values())


ODD = st.sampled_from(
    ["]C1", "]d2", "]e0", "]E0", "]I1", GS, "<GS>", "^]", "01", "00", "(01)", "10", "21", "37", "3103", "7256", "%41"]
)
PIECES = st.lists(
    st.one_of(
        ODD, st.just(GTIN), st.text("0123456789", max_size=20), st.text(max_size=8), st.just("https://id.gs1.org/01/")
    ),
    max_size=12,
).map("".join)


def _read(raw: str, symbology: str | None, sends_gs: bool | None) -> Scan | None:
    try:
        return read(raw, symbology, sends_gs=sends_gs)
    except Misread:  # it cannot be made with an unknown code
        return None


@settings(deadline=None)
@given(
    st.one_of(st.text(), PIECES), st.one_of(st.none(), st.text(max_size=12), ODD), st.sampled_from([None, True, False])
)
@example("https://[::1/01/09506000134352", None, None)
@example("]C1" + "0" * 18, None, None)
@example("01" + "0" * 14, None, None)
@example("X" * 3000, None, None)
@example("".join(map(chr, range(32))), None, None)
@example("\udcff\udcfe", None, None)
@example("]", None, None)
@example("]C", "]", None)
def test_no_text_whatsoever_brings_anything_but_a_scan_or_a_misread(
    raw: str,
    symbology: str | None,
    sends_gs: bool | None,
) -> None:
    scan = _read(raw, symbology, sends_gs)
    if scan is not None:
        assert scan.raw == raw
        assert scan.kind in {"gs1", "gtin", "sscc", "own", "plain"}
        assert scan.gtin is None or len(scan.gtin) == 14
        assert scan.sscc is None or len(scan.sscc) == 18
        assert 0 < len(scan.text) <= 256
        assert scan.text.encode()
        assert scan.count != 0


@settings(deadline=None)
@given(st.text("0123456789" + GS, min_size=3, max_size=60).map("]C1".__add__))
def test_digits_in_a_gs1_symbol_never_break_the_reader(raw: str) -> None:
    _read(raw, None, None)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_any_encoding_are_read_or_refused(data: bytes) -> None:
    for raw in (data.decode(errors="replace"), data.decode(errors="surrogateescape"), data.decode("latin-1")):
        _read(raw, None, None)


def test_a_scan_is_plain_data_that_cannot_be_changed() -> None:
    scan = read(f"]C101{GTIN}10AB")
    assert asdict(scan)["ais"] == {"01": GTIN, "10": "AB"}
    with pytest.raises(AttributeError):
        scan.lot = "X"  # type: ignore[misc]


def test_many_threads_read_as_one_does() -> None:
    codes = [f"]C101{GTIN}10LOT{n}{GS}21S{n}" for n in range(200)] + [
        encode("location", f"A{n:04d}") for n in range(200)
    ]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, codes)) == [read(code) for code in codes]
