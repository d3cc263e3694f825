"""GS1: fields from element strings, brackets and links; what is doubtful is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.barcode import Misread, check_digit, element_string, read
from scanner.barcode.gs1_table import family
from scanner.barcode.symbology import GS

GTIN = "09506000134352"
SSCC = "106141412345678908"
GLN = "9501101020016"
GSRN = "95201234567891235" + check_digit("95201234567891235")
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def refusal(raw: str, symbology: str | None = None, *, sends_gs: bool | None = None) -> str:
    """The code of the Misread for `raw`."""
    with pytest.raises(Misread) as misread:
        read(raw, symbology, sends_gs=sends_gs)
    assert misread.value.say.endswith(".")
    return misread.value.code


def test_one_scan_gives_item_lot_and_date() -> None:
    scan = read(f"]C101{GTIN}1725123110AB-123")
    assert scan.kind == "gs1"
    assert (scan.gtin, scan.lot, scan.expiry) == (GTIN, "AB-123", date(2025, 12, 31))
    assert scan.ais == {"01": GTIN, "17": "251231", "10": "AB-123"}
    assert scan.text == f"01{GTIN}1725123110AB-123"


@pytest.mark.parametrize("aim", ["]C1", "]d2", "]Q3", "]e0", "]J1", ""])
def test_lot_and_serial_are_parted_by_the_separator(aim: str) -> None:
    scan = read(f"{aim}01{GTIN}10aB7-x{GS}21Q1w9")
    assert (scan.gtin, scan.lot, scan.serial) == (GTIN, "aB7-x", "Q1w9")


def test_a_leading_separator_is_fnc1_and_proves_gs1() -> None:
    assert read(f"{GS}10AB12").lot == "AB12"
    assert read("10AB12").kind == "plain"


def test_separators_after_any_field_are_harmless() -> None:
    assert read(f"]C1{GS}01{GTIN}{GS}17251231{GS}{GS}10A{GS}").lot == "A"


def test_the_general_specifications_logistic_label_is_read() -> None:
    pallet = read(f"]C100{SSCC}")
    assert (pallet.kind, pallet.sscc) == ("sscc", SSCC)
    content = read(f"]C102{GTIN}1525033137240{GS}104512XA")
    assert (content.gtin, content.count, content.lot) == (GTIN, 240, "4512XA")
    assert content.best_before == date(2025, 3, 31)
    both = read(f"]C100{SSCC}02{GTIN}3724")
    assert (both.kind, both.sscc, both.gtin, both.count) == ("gs1", SSCC, GTIN, 24)


def test_an_sscc_without_its_ai_in_gs1_128_is_one() -> None:
    assert read(f"]C1{SSCC}").sscc == SSCC
    assert read(SSCC).kind == "plain"


@pytest.mark.parametrize("ai", ["410", "411", "412", "413", "414", "415", "416", "417"])
def test_locations_keep_their_ai_and_their_check_digit_counts(ai: str) -> None:
    assert read(f"]C1{ai}{GLN}").ais == {ai: GLN}
    assert refusal(f"]C1{ai}{GLN[:-1]}7") == "misread"


# -- dates


@pytest.mark.parametrize(
    ("digits", "day"), [("240200", date(2024, 2, 29)), ("230200", date(2023, 2, 28)), ("251200", date(2025, 12, 31))]
)
def test_day_00_is_the_end_of_the_month(digits: str, day: date) -> None:
    assert read(f"]C101{GTIN}17{digits}").expiry == day
    assert read(f"]C101{GTIN}15{digits}").best_before == day


@pytest.mark.parametrize(("away", "century"), [(50, 0), (51, -100), (-49, 0), (-50, 100), (0, 0)])
def test_the_century_is_the_nearest(away: int, century: int) -> None:
    year = datetime.now(UTC).year + away
    assert read(f"]C101{GTIN}17{year % 100:02d}0115").expiry == date(year + century, 1, 15)


@pytest.mark.parametrize("digits", ["251331", "250230", "250431", "000000", "250132", "230229", "2512A1"])
def test_a_day_that_never_was_is_refused(digits: str) -> None:
    assert refusal(f"]C101{GTIN}17{digits}") == "bad_gs1"


def test_expiry_and_best_before_are_two_dates() -> None:
    scan = read(f"]C101{GTIN}1525010117250131")
    assert (scan.best_before, scan.expiry) == (date(2025, 1, 1), date(2025, 1, 31))


def test_an_expiry_to_the_hour_counts_as_its_day() -> None:
    assert read(f"]C101{GTIN}70032505311200").expiry == date(2025, 5, 31)


# -- measures and counts


@pytest.mark.parametrize(
    ("field", "grams"),
    [("3103001250", 1250), ("3100000012", 12_000), ("3102000195", 1950), ("3105123400", 1234), ("3303012500", 12_500)],
)
def test_kilograms_become_whole_grams(field: str, grams: int) -> None:
    assert read(f"]C101{GTIN}{field}").weight_g == grams


def test_net_weight_goes_before_gross() -> None:
    assert read(f"]C101{GTIN}33030020003103001000").weight_g == 1000


def test_fractions_of_a_gram_and_pounds_are_no_grams() -> None:
    assert refusal(f"]C101{GTIN}3105123456") == "bad_gs1"
    pounds = read(f"]C101{GTIN}3201000100")
    assert (pounds.weight_g, pounds.ais["3201"]) == (None, "000100")


def test_counts_are_numbers_and_never_zero() -> None:
    assert read(f"]C101{GTIN}3012").count == 12
    assert refusal(f"]C102{GTIN}370") == "bad_gs1"
    assert refusal(f"]C101{GTIN}30{GS}10A") == "bad_gs1"


# -- what must not be believed


@pytest.mark.parametrize("aim", ["]C0", "]I1", "]I0", "]d1", "]Q1", "]Q0", "]A0", "]L0"])
@pytest.mark.parametrize("text", [f"01{GTIN}", f"00{SSCC}", f"(01){GTIN}(10)AB", f"01{GTIN}10AB"])
def test_plain_symbols_that_look_like_gs1_are_not_gs1(aim: str, text: str) -> None:
    scan = read(aim + text)
    assert (scan.kind, scan.gtin, scan.sscc, scan.text) == ("plain", None, None, text)


def test_without_an_identifier_a_right_key_in_front_is_gs1() -> None:
    assert read(f"01{GTIN}17251231").kind == "gs1"
    assert read(f"00{SSCC}").sscc == SSCC


@pytest.mark.parametrize(
    "text", ["01" + GTIN[:-1] + "9", "00" + SSCC[:-1] + "1", f"01{GTIN}9999XXNONSENSE\u20ac", "01" + GTIN + "17259999"]
)
def test_without_an_identifier_a_wrong_one_may_be_anything(text: str) -> None:
    scan = read(text)
    assert (scan.kind, scan.text, scan.bad_check) == ("plain", text, True)


@pytest.mark.parametrize("text", ["10AB12", "2112345678", "1725123", "3712", "0112", "02SKU", "00", "0101010101"])
def test_a_sku_that_starts_like_an_ai_is_plain(text: str) -> None:
    assert read(text).kind == "plain"


def test_a_cut_off_field_is_half_a_code() -> None:
    with pytest.raises(Misread, match="Half a code") as misread:
        read("]C101095060001343")
    assert misread.value.code == "misread"


@pytest.mark.parametrize(
    "data",
    [
        "05123",
        "ABC",
        f"01{GTIN}10",
        f"01{GTIN}10{GS}21X",
        f"01{GTIN}10A B",
        f"01{GTIN}10Grösse",
        f"01{GTIN}37٣",
        "01" + "٠" * 14,
        f"01{GTIN}10A{GS}10B",
        f"01{GTIN}10{'A' * 21}{GS}21X",
    ],
)
def test_fields_against_the_rules_are_refused(data: str) -> None:
    assert refusal("]C1" + data) in {"bad_gs1", "misread"}


def test_the_same_field_twice_is_fine_if_it_says_the_same() -> None:
    assert read(f"]C101{GTIN}10A{GS}01{GTIN}").lot == "A"


# -- the lost separator


LOST = [
    f"01{GTIN}10aB7-x21Q1w9",
    f"01{GTIN}10LOT12317251231",
    f"01{GTIN}10L17251231",
    f"01{GTIN}21SN00410LOT9",
    f"01{GTIN}10LOT1233103001250",
    f"02{GTIN}10LOT9993724",
    f"01{GTIN}21SER400PO4711",
    f"01{GTIN}10{'A' * 25}",
    f"01{GTIN}301210AB",
    f"01{GTIN}10AB400{SSCC}",
]


@pytest.mark.parametrize("text", LOST)
@pytest.mark.parametrize("aim", ["", "]C1", "]d2"])
def test_a_lost_separator_is_refused_not_guessed(aim: str, text: str) -> None:
    assert refusal(aim + text) == "ambiguous_gs1"


@pytest.mark.parametrize(
    "text", [f"01{GTIN}1725123110B7741", f"01{GTIN}21S0001", f"01{GTIN}10L2106", f"01{GTIN}1024-1130"]
)
def test_a_variable_field_at_the_end_needs_no_separator(text: str) -> None:
    assert read(text).kind == "gs1"


def test_a_separator_anywhere_proves_that_the_device_sends_them() -> None:
    scan = read(f"01{GTIN}10ABC{GS}21SER17251231")
    assert scan.serial == "SER17251231"


def test_a_device_that_is_known_to_send_separators_is_believed() -> None:
    text = f"01{GTIN}10aB7-x21Q1w9"
    assert read(text, sends_gs=True).lot == "aB7-x21Q1w9"
    assert refusal(f"01{GTIN}10{'A' * 25}", sends_gs=True) == "ambiguous_gs1"


def test_a_device_that_is_known_to_lose_them_gets_no_benefit_of_the_doubt() -> None:
    for text in (f"01{GTIN}10L2106", f"01{GTIN}10AB91X", f"01{GTIN}10AB240X"):
        assert refusal(text, sends_gs=False) == "ambiguous_gs1"
    assert read(f"01{GTIN}17251231", sends_gs=False).expiry
    assert read(f"01{GTIN}10ABCD", sends_gs=False).lot == "ABCD"


LOT = st.text(CSET_82, min_size=1, max_size=20)


@settings(deadline=None)
@given(LOT, LOT)
def test_dropping_the_separator_never_yields_other_fields(lot: str, serial: str) -> None:
    """With a known device: either the same reading, or a refusal."""
    whole = element_string({"01": GTIN, "10": lot, "21": serial})
    scan = read("]d2" + whole)
    assert (scan.lot, scan.serial) == (lot, serial)
    with pytest.raises(Misread):
        read("]d2" + whole.replace(GS, ""), sends_gs=False)


@settings(deadline=None)
@given(st.text("ABCDEFGHJK0123456789", min_size=3, max_size=8), st.text("ABCDEFGHJK0123456789", min_size=3, max_size=8))
def test_usual_lots_and_serials_without_separator_are_refused_even_from_unknown_devices(lot: str, serial: str) -> None:
    with pytest.raises(Misread):
        read(f"]d201{GTIN}10{lot}21{serial}")


# -- pairs


@pytest.mark.parametrize(
    "data",
    [
        f"01{GTIN}02{GTIN}375",
        f"01{GTIN}375",
        f"02{GTIN}",
        f"02{GTIN}10AB",
        f"01{GTIN}21A{GS}235B",
        f"01{GTIN}31030010003102000100",
        f"01{GTIN}3922100{GS}3932978100",
        f"42012345{GS}42127612345",
        f"01{GTIN}422276{GS}426276",
        f"00{SSCC}4330001234{GS}4331001234",
        f"8017{GSRN}8018{GSRN}",
    ],
)
def test_pairs_that_must_not_stand_together_are_refused(data: str) -> None:
    assert refusal("]C1" + data, sends_gs=True) == "bad_gs1"


def test_a_measure_and_its_family() -> None:
    assert family("3103") == "310n"
    assert family("10") == "10"
    assert read(f"]C101{GTIN}31030010003303001200").weight_g == 1000


@pytest.mark.parametrize("value", ["250101", "250101250105"])
def test_harvest_dates_may_be_one_or_two(value: str) -> None:
    assert read(f"]C101{GTIN}7007{value}").ais["7007"] == value
