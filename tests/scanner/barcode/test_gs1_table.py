"""GS1 table: every AI is read by its rules, comes back as it was encoded, and its check digits count."""

from __future__ import annotations

import re
from datetime import date
from itertools import groupby

import pytest
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS as WITNESS
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.barcode import Misread, Scan, bracketed, check_digit, element_string, link, read
from scanner.barcode.gs1_checks import CHECKS
from scanner.barcode.gs1_table import FIELDS, Field, begins, family
from scanner.barcode.keys import CSET_82, check_pair
from scanner.barcode.symbology import GS
from tests.scanner.barcode.gs1_data import GTIN, data_of, digits, labels, whole


def _shape(field: Field) -> str:
    return " ".join(f"{part.kind}{part.least}-{part.most}{'?' * part.is_optional}{part.checks}" for part in field.parts)


# AIs whose data is alike are tried with the same data.
SHAPES = {
    shape: list(fields)
    for shape, fields in groupby(sorted(FIELDS.values(), key=lambda field: (_shape(field), field.ai)), key=_shape)
}
MOD10 = sorted(ai for ai, field in FIELDS.items() if any("mod10" in part.checks for part in field.parts))
PAIRED = sorted(ai for ai, field in FIELDS.items() if any("pair" in part.checks for part in field.parts))
KEYS = sorted(ai for ai, field in FIELDS.items() if field.qualifiers is not None)


COUPON = "106141416543213150110120"
OFFER = "006141416543210123456"
# A model number of digits alone, its check characters too.
ALL_DIGITS = next(f"{n}{check_pair(str(n))}" for n in range(1_000_000, 2_000_000) if check_pair(str(n)).isdigit())


def refusal(raw: str, *, sends_gs: bool | None = True) -> Misread:
    with pytest.raises(Misread) as misread:
        read(raw, sends_gs=sends_gs)
    assert misread.value.say.endswith(".")
    return misread.value


def _kept(raw: str) -> dict[str, str] | None:
    """The fields; None if the label was refused for what it weighs or counts, not for its form."""
    try:
        return dict(read(raw, sends_gs=True).ais)
    except Misread as misread:
        if "fractions of a gram" in misread.say or "holds nothing" in misread.say:
            return None
        raise


# -- every AI


@pytest.mark.parametrize("shape", SHAPES)
def test_right_data_of_every_ai_comes_back_as_it_was_encoded(shape: str) -> None:
    fields = SHAPES[shape]

    @settings(max_examples=20, deadline=None)
    @given(data_of(fields[0]))
    def holds(value: str) -> None:
        for field in fields:
            ais = whole(field.ai, value)
            assert _kept("]d2" + element_string(ais)) in (ais, None)
            if not set("()") & set(value):  # brackets would end a field of the bracketed form
                assert _kept("]d2" + bracketed(ais)) in (ais, None)

    holds()


@settings(max_examples=150, deadline=None)
@given(labels(most=5))
def test_any_fields_that_may_stand_together_come_back(ais: dict[str, str]) -> None:
    assert _kept("]d2" + element_string(ais)) in (ais, None)
    jumbled = "]d2" + "".join(f"{ai}{value}{GS}" for ai, value in reversed(ais.items()))
    assert _kept(jumbled) in (ais, None)


@pytest.mark.parametrize("key", KEYS)
def test_a_digital_link_of_every_key_with_its_qualifiers_comes_back(key: str) -> None:
    @settings(max_examples=20, deadline=None)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(FIELDS[key].qualifiers or ((),)))
        ais = {ai: data.draw(data_of(FIELDS[ai])) for ai in (key, *order) if ai == key or data.draw(st.booleans())}
        made = link(ais, "example.com/shop" if key not in {"401", "8004", "8010", "8013"} else "id.gs1.org")
        if len(made) <= 256:
            assert read(made).ais == ais

    holds()


@settings(max_examples=200, deadline=None)
@given(labels(sorted(ai for ai, field in FIELDS.items() if field.is_attribute and field.qualifiers is None), most=3))
def test_attributes_travel_in_the_query_of_a_digital_link(ais: dict[str, str]) -> None:
    made = link({"00": "106141412345678908", **ais})
    if len(made) <= 256:
        assert _kept(made) in ({"00": "106141412345678908", **ais}, None)


@pytest.mark.parametrize("ai", ["03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020", "8040"])
def test_what_belongs_in_the_path_of_a_digital_link_is_refused_in_its_query(ai: str) -> None:
    assert not FIELDS[ai].is_attribute
    assert refusal(f"https://id.gs1.org/00/106141412345678908?{ai}=123456789012345").code == "bad_gs1"


# -- a second opinion


def test_the_table_has_the_ais_that_an_independent_one_has() -> None:
    assert FIELDS.keys() == WITNESS.keys()
    assert {ai for ai, field in FIELDS.items() if field.needs_separator} == {
        ai for ai, entry in WITNESS.items() if entry.separator_required
    }


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_right_data_fits_the_pattern_of_an_independent_table(data: st.DataObject) -> None:
    ai = data.draw(st.sampled_from(sorted(FIELDS)))
    value = data.draw(data_of(FIELDS[ai]))
    if ai != "8010" and "%" not in value:  # it wants five characters of a part's number, and its % takes minutes
        assert re.fullmatch(WITNESS[ai].pattern, ai + value, re.ASCII)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_data_that_fits_an_independent_table_is_refused_for_a_check_of_its_own_only(data: st.DataObject) -> None:
    ai = data.draw(st.sampled_from(sorted(ai for ai, field in FIELDS.items() if not field.tests)))
    pattern = re.compile(WITNESS[ai].pattern.removeprefix(f"^{ai}").removesuffix("$"), re.ASCII)
    value = data.draw(st.from_regex(pattern, fullmatch=True))
    if "%" not in value:  # it counts %20 as one character of a name, the General Specifications as three
        assert FIELDS[ai].fault(value) is None or not value  # it lets 30 and 37 be empty


def test_no_ai_is_the_beginning_of_another() -> None:
    """Cutting by AI needs no guess."""
    assert not [(ai, other) for ai in FIELDS for other in FIELDS if other != ai and other.startswith(ai)]
    assert all(begins(ai + "x") is field for ai, field in FIELDS.items())


def test_fields_of_known_length_are_the_predefined_ones() -> None:
    """GenSpecs table 7.8.5-2: these starts, and no others, need no separator."""
    starts = {ai[:2] for ai, field in FIELDS.items() if not field.needs_separator}
    assert " ".join(sorted(starts)) == "00 01 02 03 11 12 13 15 16 17 20 31 32 33 34 35 36 41"
    assert not any(field.varies for field in FIELDS.values() if not field.needs_separator)


def test_every_check_is_used_and_every_exclusion_names_an_ai() -> None:
    parts = [part for field in FIELDS.values() for part in field.parts]
    assert {check for part in parts for check in part.checks} == CHECKS.keys()
    families = {ai[:3] + "n" for ai in FIELDS} | FIELDS.keys()
    assert all(field.excludes <= families for field in FIELDS.values())
    assert all(ai in FIELDS for key in KEYS for order in FIELDS[key].qualifiers or () for ai in order)


def test_only_the_last_part_of_a_field_varies_so_that_its_pattern_never_tries_twice() -> None:
    for field in FIELDS.values():
        must = [part for part in field.parts if not part.is_optional]
        assert all(part.least == part.most for part in must[:-1])
        assert len(must) == len(field.parts) or must[-1].least == must[-1].most


# -- check digits and check characters


def test_these_keys_have_a_check_digit() -> None:
    assert " ".join(MOD10) == ("00 01 02 03 253 255 402 410 411 412 413 414 415 416 417 8003 8006 8017 8018 8026")
    assert PAIRED == ["8013", "8014"]


def _checked_key(ai: str, payload: str) -> tuple[str, int, int]:
    """The data of a key with a check digit, and where the key starts and ends in it."""
    before = "0" if ai == "8003" else ""
    length = next(part.most for part in FIELDS[ai].parts if "mod10" in part.checks)
    key = payload[: length - 1] + check_digit(payload[: length - 1])
    return before + key + ("0102" if ai in {"8006", "8026"} else ""), len(before), len(before) + length


def _raw(ai: str, value: str) -> str:
    return "]d2" + "".join(f"{name}{data}{GS}" for name, data in whole(ai, value).items())


@pytest.mark.parametrize("ai", MOD10)
def test_a_single_wrong_digit_in_any_key_is_a_misread(ai: str) -> None:
    @settings(max_examples=5, deadline=None)
    @given(digits(17))
    def holds(payload: str) -> None:
        value, start, end = _checked_key(ai, payload)
        assert read(_raw(ai, value)).ais[ai] == value
        for at in range(start, end):
            for digit in set("0123456789") - {value[at]}:
                assert refusal(_raw(ai, value[:at] + digit + value[at + 1 :])).code == "misread"

    holds()


@pytest.mark.parametrize("ai", MOD10)
def test_neighbours_that_changed_places_are_a_misread_unless_they_differ_by_five(ai: str) -> None:
    @settings(max_examples=20, deadline=None)
    @given(digits(17))
    def holds(payload: str) -> None:
        value, start, end = _checked_key(ai, payload)
        for at in range(start, end - 1):
            swapped = value[:at] + value[at + 1] + value[at] + value[at + 2 :]
            if abs(int(value[at]) - int(value[at + 1])) in {0, 5}:
                assert read(_raw(ai, swapped)).ais[ai] == swapped
            else:
                assert refusal(_raw(ai, swapped)).code == "misread"

    holds()


def test_the_published_model_number_has_its_check_characters() -> None:
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"
    assert read("]C180131987654Ad4X4bL5ttr2310c2K").ais == {"8013": "1987654Ad4X4bL5ttr2310c2K"}


@settings(max_examples=100, deadline=None)
@given(digits(4), st.text(CSET_82, min_size=1, max_size=19), st.integers(0, 24), st.sampled_from(CSET_82))
def test_a_single_wrong_character_of_a_model_number_is_a_misread(prefix: str, rest: str, at: int, wrong: str) -> None:
    value = prefix + rest + check_pair(prefix + rest)
    at %= len(value)
    if value[at] != wrong:
        assert refusal("]d28013" + value[:at] + wrong + value[at + 1 :]).code == "misread"


@pytest.mark.parametrize("payload", ["", "Ä", "A" * 24])
def test_check_characters_are_refused_for_what_is_no_model_number(payload: str) -> None:
    with pytest.raises(ValueError, match=r"characters expected|not found"):
        check_pair(payload)


# -- what each check refuses


@pytest.mark.parametrize(
    ("ai", "right", "wrong"),
    [
        ("17", ["251231", "251200"], ["251301", "250230", "2512", "25123A"]),
        ("4324", ["2512312359", "2512000000"], ["2512312400", "2512312360", "251231"]),
        ("4326", ["251231"], ["251200"]),
        ("7003", ["2512312359"], ["2512002359", "251231"]),
        ("7007", ["251201", "251201251203"], ["251200", "251201251300", "2512012512"]),
        ("7011", ["251231", "2512311200"], ["25123112", "2512312460"]),
        ("8008", ["25123123", "2512312359", "251231235959"], ["25123124", "2512312360", "251231235960", "251231"]),
        ("7250", ["19000228", "20000229"], ["19000229", "20001301"]),
        ("7251", ["200002292359"], ["200002292400"]),
        ("422", ["276", "004"], ["999", "000", "27"]),
        ("423", ["276", "276250", "276250756008012"], ["276999", "27625", "276250756008012012"]),
        ("421", ["27612345"], ["27", "99912345", "276"]),
        ("7030", ["276ABC", "999ABC"], ["998ABC", "276"]),
        ("4307", ["DE"], ["XX", "de", "D"]),
        ("3912", ["978100", "7561"], ["000100", "978"]),
        ("3932", ["97812345"], ["00012345"]),
        ("4309", ["18000000003600000000", "00000000000000000000"], ["18000000010000000000", "00000000003600000001"]),
        ("4321", ["0", "1"], ["2", "01"]),
        ("4331", ["002000", "002000-"], ["002000+", "2000"]),
        ("4302", ["Main%20St", "50%25"], ["50%", "Main%2", "A%zz"]),
        ("7040", ["1ABC", "0A-_"], ["1AB", "AABC", "1AB!"]),
        ("7041", ["8A", "APE"], ["8X", "AAAA", "AAAAA"]),
        ("7241", ["10", "99"], ["00", "11", "1"]),
        ("7252", ["0", "1", "2", "9"], ["3", "8"]),
        ("7258", ["1/3", "3/3"], ["3/1", "0/3", "1-3", "1/0"]),
        ("8001", ["123412345123990"[:14], "00010000100100"], ["00000000100100", "00010000100130"]),
        ("8003", ["09506000134352", "09506000134352AB"], ["19506000134352"]),
        ("8006", ["095060001343520102"], ["095060001343520201", "095060001343520001", "095060001343520100"]),
        ("8007", ["DE89370400440532013000", "NO9386011117947"], ["DE88370400440532013000", "XX89370400440532013000"]),
        ("8010", ["95060001-AB/7#"], ["9506a", "X9506"]),
        ("8011", ["0", "12", "123456789012"], ["012", "00", "1234567890123"]),
        ("8014", ["1987654Ad4X4bL5ttr2310c2K"], [ALL_DIGITS, "1987654"]),
        ("401", ["9506000ABC"], ["A506000", "9"]),
        ("8030", ["AZaz09-_", "QUI=", "QQ=="], ["A+B", "A===", "A=B"]),
        ("8043", ["1" * 18, "1" * 20], ["1" * 17, "1" * 21]),
        ("8110", [COUPON], ["7" + COUPON[1:], COUPON[:-1], COUPON + "7"]),
        ("8112", [OFFER, "1161414156543210123456"], ["2" + OFFER[1:], OFFER[:-1], OFFER + "7"]),
    ],
)  # fmt: skip
def test_each_field_keeps_its_own_rule(ai: str, right: list[str], wrong: list[str]) -> None:
    for value in right:
        assert FIELDS[ai].fault(value) is None, value
    for value in wrong:
        assert FIELDS[ai].fault(value) is not None, value


def test_a_refused_field_is_named() -> None:
    assert "(422)" in refusal(f"]d201{GTIN}422999").say
    assert refusal("]d28007DE88370400440532013000").code == "misread"


def test_a_date_with_a_time_still_gives_the_day() -> None:
    assert read(f"]d201{GTIN}70032512312359").expiry == date(2025, 12, 31)


# -- together


EXCLUDED = sorted({(family(ai), other) for ai, field in FIELDS.items() for other in field.excludes})


def _one_of(family_name: str) -> str:
    return next(ai for ai in FIELDS if family(ai) == family_name)


@pytest.mark.parametrize(("one", "other"), EXCLUDED)
def test_what_must_not_stand_together_is_refused_in_either_order(one: str, other: str) -> None:
    @settings(max_examples=3, deadline=None)
    @given(data_of(FIELDS[_one_of(one)]), data_of(FIELDS[_one_of(other)]))
    def holds(value: str, its_value: str) -> None:
        pair = {_one_of(one): value, _one_of(other): its_value}
        counted = {} if {"02", "8026"}.isdisjoint(pair) else {"37": "2"}
        for ais in (pair | counted, dict(reversed(pair.items())) | counted):
            assert refusal("]d2" + "".join(f"{ai}{data}{GS}" for ai, data in ais.items())).code == "bad_gs1"

    holds()


def test_a_count_needs_to_say_of_what() -> None:
    assert refusal("]C13724").code == "bad_gs1"
    assert refusal(f"]C102{GTIN}").code == "bad_gs1"
    scan: Scan = read(f"]C102{GTIN}3724")
    assert scan.count == 24
