"""The words on papers: language, address, paper size and letters of every script."""

from __future__ import annotations

import re

import pytest

from labels.documents import KINDS
from labels.documents.figures import locale_of, money, percent
from labels.documents.letters import MOST, Shaped, clean, words
from labels.documents.words import WORDS
from scanner.models import (
    Customer,
    Item,
    Site,
)
from tests.labels.papers import change, id_of, packed, slip
from tests.labels.reading import pages, size_mm, text
from tests.scanner.floor import Floor
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A company with an address, and one order that is packed."""
    return packed(warehouse)


NAME_OF_500 = "Long name " * 50


def test_the_country_of_the_company_decides_the_paper(floor: Floor) -> None:
    assert size_mm(slip()) == (210, 297)
    change(Site, country_code="US")
    assert size_mm(slip()) == (216, 279)


def test_every_language_has_every_word_with_the_same_blanks() -> None:
    for table in WORDS.values():
        assert table.keys() == WORDS["en"].keys()
        for key, said in table.items():
            assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", WORDS["en"][key])), key


def test_customers_read_their_own_language(floor: Floor) -> None:
    change(Customer, locale="de_AT")
    said = text(slip())
    assert ("Lieferschein" in said, "Paket 1 von 1" in said, "Seite 1 von 1" in said) == (True, True, True)
    assert "1.250,50 €" in money(125_050, "EUR", locale_of("de_DE")).replace("\u00a0", " ")
    assert money(125_050, "JPY", locale_of("en_GB")) == "JP¥125,050"
    assert (percent(550, locale_of("en_GB")), percent(2000, locale_of("en_GB"))) == ("5.5%", "20%")


def test_an_address_is_written_by_its_country_and_a_foreign_one_is_named(floor: Floor) -> None:
    change(Customer, name="Rosa", street="4 Quay Street", postcode="BS1 4ZZ", city="Bristol", country_code="GB")
    assert "Rosa 4 Quay Street BRISTOL BS1 4ZZ UNITED KINGDOM" in text(slip())
    change(Customer, street="Mengstr. 4", postcode="23552", city="Lübeck", country_code="DE")
    said = text(slip())
    assert "Rosa Mengstr. 4 23552 Lübeck".lower() in said.lower()
    assert "GERMANY" not in said
    change(Customer, street="", city="", country_code="", address="5 rue X\nLyon", country="France")
    assert "Rosa 5 rue X Lyon FRANCE" in text(slip())


def test_names_of_500_characters_wrap_and_are_cut_with_a_mark(floor: Floor) -> None:
    change(Item, name=NAME_OF_500[:500])
    change(Customer, name="W" * 200)
    for kind in ("packing_slip", "invoice", "pick_list"):
        assert "…" in text(KINDS[kind](id_of("SO-1"), {})) or kind == "pick_list"
    assert len(clean(NAME_OF_500)) <= MOST


@pytest.mark.parametrize(
    "name", ["مصباح مكتبي أزرق", "מנורת שולחן", "台灯 蓝色", "Emoji 🎁 lamp", "A\x01\u202eB<b>&", "^XA^FD"]
)
def test_any_script_can_be_drawn(floor: Floor, name: str) -> None:
    change(Item, name=name)
    made = slip()
    assert len(pages(made)) == 1
    assert "\u202e" not in text(made)


def test_scripts_from_right_to_left_are_pictures_of_shaped_letters() -> None:
    assert isinstance(words("مصباح"), Shaped)
    assert not isinstance(words("Lampe für Ödön"), Shaped)
