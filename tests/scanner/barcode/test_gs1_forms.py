"""GS1 in its other forms: the bracketed line under the bars, Digital Link URIs, and what is encoded for printing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.barcode import Misread, bracketed, element_string, link, read
from scanner.barcode.symbology import GS

GTIN = "09506000134352"
SSCC = "106141412345678908"
GLN = "9501101020016"
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
# Brackets would end a field of the bracketed form; three long ones make a link longer than any label.
LOT = st.text([char for char in CSET_82 if char not in "()"], min_size=1, max_size=15)


def refusal(raw: str, symbology: str | None = None, *, sends_gs: bool | None = None) -> str:
    """The code of the Misread for `raw`."""
    with pytest.raises(Misread) as misread:
        read(raw, symbology, sends_gs=sends_gs)
    assert misread.value.say.endswith(".")
    return misread.value.code


# -- brackets


@pytest.mark.parametrize(
    "text", [f"(01){GTIN}(17)251231(10)AB-1", f"(01) {GTIN} (17) 251231 (10) AB-1", f" (01){GTIN}(17)251231(10)AB-1\r"]
)
def test_the_line_under_the_bars_may_be_typed(text: str) -> None:
    scan = read(text)
    assert (scan.gtin, scan.expiry, scan.lot) == (GTIN, date(2025, 12, 31), "AB-1")


def test_brackets_leave_no_doubt_about_separators() -> None:
    assert read(f"(01){GTIN}(10)aB7-x21Q1w9").lot == "aB7-x21Q1w9"
    assert read("]C1" + f"(01){GTIN}(10)LOT").lot == "LOT"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"(01){GTIN[:-1]}9(10)A", "misread"),
        (f"(01){GTIN}(17)251399", "bad_gs1"),
        (f"(01){GTIN}(05)1", "bad_gs1"),
        (f"(01){GTIN}99(10)A", "bad_gs1"),
        (f"(02){GTIN}(10)A", "bad_gs1"),
    ],
)
def test_wrong_brackets_around_a_key_are_refused(text: str, code: str) -> None:
    assert refusal(text) == code


@pytest.mark.parametrize("text", ["(12) blue", "(A)", "(01)", "(", "(01)1(", "(10)A(X)B"])
def test_brackets_that_are_none_stay_plain(text: str) -> None:
    assert read(text).kind == "plain"


# -- links


@pytest.mark.parametrize(
    ("uri", "ais"),
    [
        (
            f"https://id.gs1.org/01/{GTIN}/10/ABC1/21/12345?17=251231",
            {"01": GTIN, "10": "ABC1", "21": "12345", "17": "251231"},
        ),
        ("https://example.com/p/01/9506000134352?3103=000195", {"01": GTIN, "3103": "000195"}),
        ("http://EXAMPLE.COM/01/95012346", {"01": "00000095012346"}),
        (
            f"https://id.gs1.org/00/{SSCC}?02={GTIN}&37=25&10=ABC123",
            {"00": SSCC, "02": GTIN, "37": "25", "10": "ABC123"},
        ),
        (f"https://example.com/414/{GLN}/254/32a%2Fb", {"414": GLN, "254": "32a/b"}),
        (f"https://example.com/253/{GLN}DOC7", {"253": f"{GLN}DOC7"}),
        ("https://id.gs1.org/8004/9506000ASSET1", {"8004": "9506000ASSET1"}),
        (f"https://example.com/01/{GTIN}?utm_source=x&linkType=all", {"01": GTIN}),
    ],
)
@pytest.mark.parametrize("aim", ["", "]Q1", "]d1"])
def test_a_digital_link_gives_its_fields(aim: str, uri: str, ais: dict[str, str]) -> None:
    scan = read(aim + uri)
    assert scan.kind in {"gs1", "sscc"}
    assert scan.ais == ais


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com",
        "https://example.com/01/15",
        "https://example.com/2024/01/15/news",
        "https://example.com/01/abc",
        "https://example.com/01/123456789",
        "https://example.com/401/denied",
        "http://[/01/09506000134352",
        "ftp://example.com/01/09506000134352",
        "https://example.com/?x=/01/09506000134352",
    ],
)
def test_other_links_are_plain(uri: str) -> None:
    scan = read(uri)
    assert (scan.kind, scan.text, scan.gtin) == ("plain", uri, None)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        (f"https://id.gs1.org/01/{GTIN[:-1]}9", "misread"),
        (f"https://id.gs1.org/01/{GTIN}?17=251399", "bad_gs1"),
        (f"https://id.gs1.org/01/{GTIN}/21/A/10/B", "bad_gs1"),
        (f"https://id.gs1.org/01/{GTIN}/10", "bad_gs1"),
        (f"https://id.gs1.org/01/{GTIN}/10/A?10=B", "bad_gs1"),
        (f"https://id.gs1.org/01/{GTIN}?37=٣", "bad_gs1"),
    ],
)
def test_a_digital_link_with_wrong_fields_is_refused(uri: str, code: str) -> None:
    assert refusal(uri) == code


def test_a_crafted_link_or_field_cannot_hold_the_reader_up() -> None:
    """How much it looks at is counted in `test_gs1_fuzz`."""
    percent = "%2541%2541" * 17
    assert refusal(f"https://id.gs1.org/00/{SSCC}?4300={percent}^") == "bad_gs1"
    assert refusal(f"]d200{SSCC}4302" + "%41%41" * 37 + "^") in {"ambiguous_gs1", "bad_gs1"}
    assert refusal(f"(00){SSCC}(7256)" + "%41%41" * 15 + "^") == "bad_gs1"
    for sends_gs in (None, False):
        with pytest.raises(Misread):
            read(f"]d201{GTIN}91" + "21" * 45, sends_gs=sends_gs)


@pytest.mark.parametrize(
    "uri",
    [
        "https://id.gs1.org/ARFKk4XB0CDKWcnpq",
        "HTTPS://ID.GS1.ORG/ARFKk4XB0CDKWcnpq?x=1",
        f"https://id.gs1.org/01/{GTIN}/DKWcnpq",
        f"https://example.com/01/{GTIN}/HKaB2-_",
    ],
)
def test_a_compressed_digital_link_is_refused_with_the_reason(uri: str) -> None:
    with pytest.raises(Misread, match="compressed") as misread:
        read(uri)
    assert misread.value.code == "bad_gs1"


@pytest.mark.parametrize(
    "uri", ["https://id.gs1.org/standards", "https://id.gs1.org/a", "https://example.com/ARFKk4XB0CDKWcnpq"]
)
def test_a_short_address_is_no_compressed_link(uri: str) -> None:
    assert read(uri).kind == "plain"


def test_folders_in_front_of_a_digital_link_are_not_read() -> None:
    assert read(f"https://example.com/shop/01/2024/01/{GTIN}/10/00/").ais == {"01": GTIN, "10": "00"}
    assert read(f"https://example.com/de/8006/{GTIN}0102/21/A?17=251200").ais == {
        "8006": f"{GTIN}0102",
        "21": "A",
        "17": "251200",
    }


# -- back again


FIELDS = st.fixed_dictionaries(
    {"01": st.just(GTIN)},
    optional={
        "10": LOT,
        "21": LOT,
        "17": st.dates(date(2000, 1, 1), date(2049, 12, 31)).map("{:%y%m%d}".format),
        "15": st.dates(date(2000, 1, 1), date(2049, 12, 31)).map("{:%y%m%d}".format),
        "3103": st.integers(0, 999_999).map("{:06d}".format),
        "30": st.integers(1, 99_999_999).map(str),
        "240": LOT,
    },
)


@settings(deadline=None)
@given(FIELDS)
def test_what_is_encoded_is_read_back_in_all_three_forms(ais: dict[str, str]) -> None:
    for made in ("]d2" + element_string(ais), bracketed(ais), link(ais, domain="example.com")):
        assert read(made, sends_gs=True).ais == ais


def test_an_encoded_label_keeps_its_one_variable_field_last() -> None:
    data = element_string({"10": "AB", "01": GTIN, "17": "251231"})
    assert data == f"01{GTIN}1725123110AB"
    assert GS not in data


@pytest.mark.parametrize(
    "ais",
    [
        {"01": GTIN[:-1] + "9"},
        {"01": GTIN, "17": "251399"},
        {"02": GTIN},
        {"05": "1"},
        {"10": ""},
        {"10": "A" * 21},
        {"01": GTIN, "10": f"A{GS}21B"},
        {"01": GTIN, "10": "Ä"},
        {"1": "0" + GTIN},
    ],
)
def test_fields_that_do_not_fit_cannot_be_encoded(ais: dict[str, str]) -> None:
    for make in (element_string, bracketed, link):
        with pytest.raises(ValueError, match=r"\.$"):
            make(ais)


def test_a_link_needs_one_key() -> None:
    with pytest.raises(ValueError, match="primary"):
        link({"10": "AB"})


def test_a_lot_that_ends_with_a_separator_is_whole_however_it_could_be_divided() -> None:
    assert refusal("]C110ABC21XYZ1") == "ambiguous_gs1"
    assert read(f"]C110ABC21XYZ1{GS}").ais == {"10": "ABC21XYZ1"}
