"""Figures on paper: money, dates and sums that every reader can read, each beside its word."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from babel.localedata import locale_identifiers

from labels.documents.figures import amount, day, instant, locale_of, money
from labels.documents.letters import clean
from labels.documents.sheet import Column, Sheet
from labels.text import BOX, FALLBACK
from tests.labels.reading import letters, pages


@pytest.mark.parametrize(
    ("locale", "currency", "said"),
    [
        ("id_ID", "IDR", "Rp1.234,56"),
        ("bn_BD", "BDT", "1,234.56 BDT"),
        ("ka_GE", "GEL", "1 234,56 GEL"),
        ("az_AZ", "AZN", "1.234,56 AZN"),
        ("km_KH", "KHR", "1,234.56 KHR"),
    ],
)
def test_a_currency_whose_sign_no_font_has_is_named_by_its_code(locale: str, currency: str, said: str) -> None:
    assert clean(money(123_456, currency, locale_of(locale))).replace("\u00a0", " ") == said


# ISO 4217, list one: the currencies whose minor unit is no hundredth, and some where CLDR has no hundredths
WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
HUNDREDTHS = "AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER HUF COP IDR EUR GBP INR"


@pytest.mark.parametrize(
    ("currencies", "said"), [(WHOLE, "123,456"), (THOUSANDTHS, "123.456"), (HUNDREDTHS, "1,234.56"), ("CLF", "12.3456")]
)
def test_a_currency_has_the_decimals_of_its_minor_unit(currencies: str, said: str) -> None:
    at = locale_of("en_GB")
    for currency in currencies.split():
        assert amount(123_456, currency, at) == said, currency
        assert said in money(123_456, currency, at), currency


def test_lines_are_grouped_as_their_sum_is_in_every_locale() -> None:
    for name in locale_identifiers():
        at = locale_of(name)
        for currency in ("INR", "RSD", "JPY", "KWD"):
            assert amount(1_234_567_890, currency, at) in money(1_234_567_890, currency, at), name
    for name in ("en_IN", "hi_IN", "bn_BD", "ne_NP"):
        assert amount(123_456_750, "INR", locale_of(name)) == "12,34,567.50"


@pytest.mark.parametrize("locale", ["he", "fa", "ur", "hi", "th", "bn", "my", "ne", "mr", "ta", "km", "am", "si"])
def test_a_date_that_the_paper_cannot_say_is_written_in_figures(locale: str) -> None:
    at = locale_of(locale)
    when = datetime(2026, 11, 5, 13, 7, tzinfo=UTC)
    for said in (day(when.date(), at), instant(when, "Asia/Tokyo", at)):
        assert BOX not in clean(said)
        assert not any(unicodedata.bidirectional(char) in {"R", "AL"} for char in clean(said))
        assert "26" in said
    assert day(when.date(), at) == "2026-11-05"


def test_a_date_is_in_words_where_the_paper_can_say_them() -> None:
    when = date(2026, 11, 5)
    said = {locale: clean(day(when, locale_of(locale))) for locale in ("en_GB", "de_DE", "it_IT", "el", "ar_EG")}
    assert said == {
        "en_GB": "5 Nov 2026", "de_DE": "05.11.2026", "it_IT": "5 nov 2026", "el": "5 Νοε 2026", "ar_EG": "05/11/2026",
    }  # fmt: skip


@pytest.mark.skipif(not FALLBACK.exists(), reason="needs fonts-droid-fallback")
def test_a_sign_that_the_first_font_lacks_is_set_in_the_second_in_sums_and_in_tables() -> None:
    sheet = Sheet("invoice", "1", {}, locale=locale_of("ja_JP"))
    sheet.rows([Column("Item"), Column("Price", 22, right=True)], [("Mug", "\uffe51")])
    sheet.sums([("Net", "\uffe52")], last=("Total", "\uffe53"))
    fonts = [font for char, font, *_ in letters(sheet.pdf()) if char == "\uffe5"]
    assert len(fonts) == 3
    assert all("Droid" in font for font in fonts)


@pytest.mark.skipif(not FALLBACK.exists(), reason="needs fonts-droid-fallback")
def test_head_and_foot_of_every_page_are_in_any_script() -> None:
    sheet = Sheet("packing_slip", "注文-1", {"name": "青い倉庫"}, locale=locale_of("ja_JP"))
    sheet.rows([Column("SKU")], [(f"L-{n}",) for n in range(100)])
    read = pages(sheet.pdf())
    assert len(read) > 1
    assert all("青い倉庫" in page for page in read)
    assert all("注文-1" in page for page in read[1:])
    assert not any(BOX in page for page in read)


def test_a_head_that_reads_from_right_to_left_stands_on_its_line_as_a_picture() -> None:
    sheet = Sheet("packing_slip", "طلب", {"name": "مستودع"}, locale=locale_of("en_US"))
    sheet.rows([Column("SKU")], [(f"L-{n}",) for n in range(100)])
    document = pypdfium2.PdfDocument(sheet.pdf())
    for page in document:
        pictures = [part for part in page.get_objects() if part.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        places = [part.get_bounds() for part in pictures]
        assert any(bottom < 40 for _, bottom, _, _ in places), places  # the foot
        assert all(0 <= left < right <= page.get_width() for left, _, right, _ in places), places


@pytest.mark.parametrize("cents", [123_456, 123_456_789_000, 2**62])
def test_a_figure_of_any_length_stands_beside_its_word_and_inside_its_column(cents: int) -> None:
    at = locale_of("id_ID")
    sheet = Sheet("invoice", "1", {}, locale=at)
    figure = amount(cents, "IDR", at)
    columns = [Column("Item"), Column("Left", 22, right=True), Column("Price", 22, right=True)]
    sheet.rows(columns, [("Mug", "L", figure)])
    sheet.sums([("Net", figure)], last=("Total", money(cents, "IDR", at)))
    read = letters(sheet.pdf())
    said = "".join(char for char, *_ in read)
    for word, number in (("L", figure), ("Net", figure), ("Total", "Rp")):
        before, after = said.rindex(f"{word}{number}") + len(word) - 1, said.rindex(f"{word}{number}") + len(word)
        assert read[after][2] > read[before][3], word
