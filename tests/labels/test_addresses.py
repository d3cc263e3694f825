"""Addresses as each country writes them: in its order, with everything that was given, the company first."""

from __future__ import annotations

import pytest
from babel import Locale

from labels.documents.address import bare_postcode, lines
from labels.documents.letters import clean
from labels.text import BOX, is_right_to_left

HERE = Locale("en", "GB")
TERRITORIES = sorted(code for code in map(str, HERE.territories) if len(code) == 2 and code.isalpha())
PARTY = {
    "name": "Acme Ltd", "contact": "Eva Lind", "street": "1 Rd\nFloor 2", "postcode": "12345", "city": "Town",
    "region": "Shire",
}  # fmt: skip


def written(code: str, **given: str) -> list[str]:
    """An address of this country, with just these fields, without the country's line."""
    return lines({**dict.fromkeys(PARTY, ""), **given, "country_code": code}, code, HERE)


@pytest.mark.parametrize("city", ["Town", "\u0413\u043e\u0440\u043e\u0434"])
@pytest.mark.parametrize("code", TERRITORIES)
def test_every_given_field_is_in_the_address_of_every_country(code: str, city: str) -> None:
    given = {**PARTY, "city": city}
    said = " ".join(written(code, **given)).casefold()
    for field, value in given.items():
        assert all(line.casefold() in said for line in value.splitlines()), field
    for field in ("postcode", "city", "region"):
        alone = " ".join(written(code, street="1 Rd", **{field: given[field]}))
        assert given[field].casefold() in alone.casefold(), field


@pytest.mark.parametrize("code", TERRITORIES)
def test_the_company_stands_before_the_person_everywhere(code: str) -> None:
    said = " ".join(written(code, **PARTY)).upper()
    assert said.index("ACME LTD") < said.index("EVA LIND")


@pytest.mark.parametrize("code", TERRITORIES)
def test_no_comma_or_prefix_stands_for_a_field_that_is_empty(code: str) -> None:
    for field in ("street", "city"):
        said = written(code, **{"street": "1 Rd", field: PARTY[field]})
        assert [line for line in said if line.strip(" ,-/\u3012") != line] == []
        assert all(len(line) > 3 for line in said), said


@pytest.mark.parametrize(
    ("code", "given", "place"),
    [
        ("AE", {"city": "Dubai"}, ["1 Rd", "Dubai"]),
        ("AE", {"city": "Al Ain", "region": "Abu Dhabi"}, ["1 Rd", "Al Ain, Abu Dhabi"]),
        ("JP", {"city": "Osaka", "postcode": "530-0001"}, ["1 Rd, Osaka", "530-0001"]),
        ("GI", {"city": "Gibraltar", "postcode": "GX11 1AA"}, ["1 Rd", "GIBRALTAR", "GX11 1AA"]),
        ("SG", {"city": "Singapore", "postcode": "600001"}, ["1 Rd", "SINGAPORE 600001"]),
        ("SG", {"city": "Jurong", "postcode": "600001"}, ["1 Rd", "Jurong", "SINGAPORE 600001"]),
        ("PR", {"city": "San Juan", "region": "PR", "postcode": "00901"}, ["1 Rd", "SAN JUAN PR 00901"]),
        ("DE", {"city": "Berlin", "region": "Berlin", "postcode": "10115"}, ["1 Rd", "10115 Berlin"]),
        ("QA", {"city": "Doha", "region": "Ad Dawhah", "postcode": "122"}, ["1 Rd", "Doha 122, Ad Dawhah"]),
        ("US", {"city": "Reno", "postcode": "89501"}, ["1 Rd", "RENO 89501"]),
    ],
)
def test_what_a_country_has_no_place_for_stands_with_the_city_or_the_region(
    code: str, given: dict[str, str], place: list[str]
) -> None:
    said = written(code, street="1 Rd", **given)
    assert [line.upper() for line in said] == [line.upper() for line in place]


def test_a_japanese_address_goes_from_the_region_down_to_the_person() -> None:
    given = {"street": "北区1-1", "postcode": "530-0001", "city": "大阪市", "region": "大阪府", "name": "株式会社"}
    assert written("JP", **given) == ["〒530-0001", "大阪府大阪市", "北区1-1", "株式会社"]


@pytest.mark.parametrize("language", ["he", "ar", "fa", "hi", "th", "bn", "my", "ta", "km", "am", "si", "ka", "fr"])
@pytest.mark.parametrize("party", [{"city": "X", "country_code": "JP"}, {"address": "X", "country": "jp"}])
def test_a_country_is_named_in_letters_that_a_reader_sees_and_in_the_direction_of_the_paper(
    language: str, party: dict[str, str]
) -> None:
    country = lines(party, "GB", Locale(language))[-1]
    assert BOX not in clean(country)
    assert not is_right_to_left(country)
    assert country == ("JAPON" if language == "fr" else "JAPAN")


@pytest.mark.parametrize(
    ("code", "given", "official"),
    [
        ("SE", "SE-111 22", "SE-111 22 TOWN"),
        ("SE", "se 111 22", "SE-111 22 TOWN"),
        ("LT", "LT-01100", "LT-01100 TOWN"),
        ("CH", "CH-8000", "CH-8000 TOWN"),
        ("FI", "FI\u201300100", "FI-00100 TOWN"),
        ("LU", "L-1234", "L-1234 TOWN"),
        ("LU", "LU-1234", "L-1234 TOWN"),
        ("LI", "LI 9490", "FL-9490 TOWN"),
        ("SI", "SI-1000", "SI-1000 TOWN"),
        ("HR", "HR-10000", "HR-10000 TOWN"),
        ("MD", "MD2001", "MD-2001 TOWN"),
        ("AX", "AX-22100", "AX-22100 TOWN"),
        ("AZ", "AZ 1000", "AZ 1000 TOWN"),
        ("FO", "FO-100", "FO100 TOWN"),
        ("PR", "PR 00901", "TOWN PR 00901"),
        ("SG", "Singapore 600001", "SINGAPORE 600001"),
        ("LV", "LV-1010", "TOWN, LV-1010"),
        ("AD", "AD500", "AD500 TOWN"),
        ("KY", "KY1-1100", "TOWN KY1-1100"),
    ],
)
def test_a_country_stands_before_a_postcode_once(code: str, given: str, official: str) -> None:
    assert official in [line.upper() for line in written(code, street="1 Rd", city="Town", postcode=given)]


@pytest.mark.parametrize("code", TERRITORIES)
def test_a_postcode_without_its_country_is_the_same_everywhere(code: str) -> None:
    assert {bare_postcode(given, code) for given in ("12345", f"{code}-12345", f" {code.lower()} - 12345")} == {"12345"}
    assert bare_postcode("W1A 1AA", code) == "W1A 1AA"
    assert bare_postcode("-", code) == "-"


def test_aland_is_named_once() -> None:
    place = {"street": "1 Rd", "city": "Mariehamn", "postcode": "22100"}
    assert written("AX", **place) == ["1 Rd", "AX-22100 MARIEHAMN", "\u00c5LAND"]
    abroad = lines({**place, "country_code": "AX"}, "GB", HERE)
    assert abroad == ["1 Rd", "AX-22100 MARIEHAMN", "\u00c5LAND ISLANDS"]


@pytest.mark.parametrize(
    ("code", "address", "last"),
    [
        ("FR", "12 Rue X\n75001 Paris", "FRANKREICH"),
        ("FR", "12 Avenue de France\n75001 Paris", "FRANKREICH"),
        ("LU", "1 Rue X\n1234 Luxembourg", "LUXEMBURG"),
        ("FR", "", "FRANKREICH"),
        ("DE", "Hafen 1\n20457 Hamburg", "20457 Hamburg"),
        ("FR", "12 Rue X\n75001 Paris\nFrance", "France"),
        ("FR", "12 Rue X\n75001 Paris\nFRANKREICH", "FRANKREICH"),
        ("FR", "12 Rue X\n75001 Paris, France", "75001 Paris, France"),
        ("CH", "Rue X 1\n1200 Gen\u00e8ve (GE)\nSuisse", "Suisse"),
        ("NL", "Dam 1\nAmsterdam\nThe Netherlands", "The Netherlands"),
        ("US", "1 Rd\nReno, NV 89501\nU.S.A.", "U.S.A."),
    ],
)
def test_free_text_ends_with_the_country_of_its_code_unless_it_names_it(code: str, address: str, last: str) -> None:
    party = {"name": "Rosa", "address": address, "country": "", "country_code": code}
    assert lines(party, "DE", Locale("de")) == ["Rosa", *address.splitlines()[:-1], *_end(address, last)]


def _end(address: str, last: str) -> list[str]:
    """The last line of an address, and the country where that is another one."""
    return [line for line in (*address.splitlines()[-1:], last) if line != last] + [last]
