"""Keys: check digits, GTIN forms, UPC-E, SSCC and GLN, and the check character of our own codes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.barcode import keys

DIGITS = st.text("0123456789", min_size=1, max_size=30)
BODY = st.text(keys.ALPHABET, min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("payload", "digit"),
    [("950110153100", "0"), ("9501234", "6"), ("10614141234567890", "8"), ("01234567890", "5"), ("629104150021", "3")],
)
def test_the_published_check_digits_come_out(payload: str, digit: str) -> None:
    assert keys.check_digit(payload) == digit


@pytest.mark.parametrize("payload", ["", "12A", "١٢٣", "1 2", "²"])
def test_only_ascii_digits_have_a_check_digit(payload: str) -> None:
    with pytest.raises(ValueError, match="digits expected"):
        keys.check_digit(payload)


@settings(deadline=None)
@given(DIGITS, st.integers(0, 29), st.integers(1, 9))
def test_any_single_wrong_digit_is_caught(payload: str, position: int, shift: int) -> None:
    code = payload + keys.check_digit(payload)
    at = position % len(code)
    wrong = code[:at] + str((int(code[at]) + shift) % 10) + code[at + 1 :]
    assert keys.has_check_digit(code)
    assert not keys.has_check_digit(wrong)


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("95012346", "00000095012346"),
        ("012345678905", "00012345678905"),
        ("9501101531000", "09501101531000"),
        ("19501101531007", "19501101531007"),
        ("9501101531001", None),
        ("950110153100", None),
        ("1234567890", None),
        ("", None),
        ("９５０１２３４６", None),
    ],
)
def test_every_gtin_form_becomes_fourteen_digits(text: str, gtin: str | None) -> None:
    assert keys.gtin(text) == gtin


@pytest.mark.parametrize(
    ("upc_e", "upc_a"),
    [
        ("04252614", "042100005264"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234565", "012345000065"),
        ("01234505", "012000003455"),
        ("01234515", "012100003454"),
    ],
)
def test_upc_e_expands_by_its_sixth_digit(upc_e: str, upc_a: str) -> None:
    want = upc_a[:11] + keys.check_digit(upc_a[:11])
    assert keys.expand_upc_e(upc_e[:7] + want[-1]) == want


@pytest.mark.parametrize("text", ["24252614", "04252615", "0425261", "A4252614", ""])
def test_what_is_no_upc_e_stays_unexpanded(text: str) -> None:
    assert keys.expand_upc_e(text) is None


def test_an_sscc_is_made_of_extension_prefix_and_serial() -> None:
    assert keys.sscc("0614141", 1, 234567890) == "106141412345678908"
    assert keys.sscc("952123456789", 0, 7) == "095212345678900078"[:17] + keys.check_digit("09521234567890007")


@settings(deadline=None)
@given(st.integers(4, 12), st.integers(0, 9), st.data())
def test_every_made_sscc_is_one(length: int, extension: int, data: st.DataObject) -> None:
    prefix = data.draw(st.text("0123456789", min_size=length, max_size=length))
    serial = data.draw(st.integers(0, 10 ** (16 - length) - 1))
    made = keys.sscc(prefix, extension, serial)
    assert keys.is_sscc(made)
    assert made[1 : 1 + length] == prefix


@pytest.mark.parametrize(
    ("prefix", "extension", "serial"),
    [
        ("123", 0, 0),
        ("1234567890123", 0, 0),
        ("12X4567", 0, 0),
        ("1234567", 10, 0),
        ("1234567", 0, 10**9),
        ("1234567", 0, -1),
    ],
)
def test_parts_that_do_not_fit_make_no_sscc(prefix: str, extension: int, serial: int) -> None:
    with pytest.raises(ValueError, match="digit"):
        keys.sscc(prefix, extension, serial)


def test_a_gln_has_thirteen_digits_and_its_check_digit() -> None:
    assert keys.is_gln("9501101020016")
    assert not keys.is_gln("9501101020017")
    assert not keys.is_gln("106141412345678908")


def test_the_published_mod_37_36_example_comes_out() -> None:
    assert keys.check_character("A12425GABC1234002") == "M"  # the GRid standard's own example


@settings(deadline=None)
@given(BODY, st.integers(0, 40), st.sampled_from(keys.ALPHABET))
def test_any_single_wrong_character_breaks_an_own_check(body: str, position: int, other: str) -> None:
    code = body + keys.check_character(body)
    at = position % len(code)
    wrong = code[:at] + other + code[at + 1 :]
    assert keys.has_check_character(wrong) is (wrong == code)


def test_swapped_neighbours_break_an_own_check_in_all_but_a_few_pairs() -> None:
    missed = 0
    for first in keys.ALPHABET:
        for second in keys.ALPHABET:
            swapped = f"L{second}{first}" + keys.check_character(f"L{first}{second}")
            missed += first != second and keys.has_check_character(swapped)
    assert missed <= 2
