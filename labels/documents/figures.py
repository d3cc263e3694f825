"""Figures: money, numbers, weights and dates as a country writes them, by babel. Money is whole, never a float."""

from __future__ import annotations

import unicodedata
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, format_currency, format_decimal, format_percent, get_currency_precision

from labels.documents import words as vocabulary
from labels.text import BOX, visible

BP = Decimal(10_000)
G_PER_KG = 3  # decimal places
# Prices are whole numbers of ISO 4217's minor unit. Babel has the decimals of Unicode's CLDR, those that people still
# write: none for these. Source: ISO 4217, list one, column "minor unit", beside CLDR's currencyData/fractions.
HUNDREDTHS: Final = frozenset("AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER".split())  # noqa: SIM905
THOUSANDTHS: Final = frozenset(("IQD",))


@lru_cache(maxsize=64)
def locale_of(*names: str) -> Locale:
    """The first of the names that is a locale; English as in Great Britain when none is."""
    for name in names:
        try:
            if name:
                return Locale.parse(name)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en", "GB")


def money(cents: int, currency: str, locale: Locale) -> str:
    """An amount with its currency: £1,234.50, 1.234,50 €; 1,234.50 BDT where no font has the currency's sign."""
    pattern = _pattern(currency, locale)
    said = format_currency(_amount(cents, currency), currency, pattern, locale, currency_digits=False)
    return f"{amount(cents, currency, locale)}\u00a0{currency}" if BOX in visible(said) else said


def amount(cents: int, currency: str, locale: Locale) -> str:
    """The same without the currency, for a column: 1,234.50; in India 12,34,567.50."""
    pattern = _pattern(currency, locale)
    pattern.prefix, pattern.suffix = ("", "-"), ("", "")
    return format_decimal(_amount(cents, currency), pattern, locale)


def _pattern(currency: str, locale: Locale) -> NumberPattern:
    """How the locale groups money and where it puts the sign, with the currency's own decimals."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    places = _places(currency)
    pattern.frac_prec = (places, places)
    return pattern


def _amount(cents: int, currency: str) -> Decimal:
    return Decimal(cents).scaleb(-_places(currency))


def _places(currency: str) -> int:
    """Decimal places of a currency's minor unit."""
    if currency in HUNDREDTHS:
        return 2
    return 3 if currency in THOUSANDTHS else get_currency_precision(currency)


def percent(basis_points: int, locale: Locale) -> str:
    """A rate: 20%, 5.5%; in German 5,5 %."""
    return format_percent(Decimal(basis_points) / BP, locale=locale, decimal_quantization=False)


def number(value: int, locale: Locale) -> str:
    """A quantity with its thousands."""
    return format_decimal(value, locale=locale)


def weight(grams: int, locale: Locale) -> str:
    """Kilograms."""
    return format_decimal(Decimal(grams).scaleb(-G_PER_KG), format="#,##0.00#", locale=locale) + "\u00a0kg"


def day(value: date | None, locale: Locale) -> str:
    """A date: 25 Nov 2026; 2026-11-25 where the paper cannot say it in the locale's words."""
    if value is None:
        return ""
    said = format_date(value, "medium", locale=locale)
    return said if is_sayable(said, locale) else f"{value:%Y-%m-%d}"


def instant(value: datetime | None, timezone: str, locale: Locale) -> str:
    """An instant by the site's clock, with a blank that every printer has."""
    if value is None:
        return ""
    clock = ZoneInfo(timezone)
    said = format_datetime(value, "short", tzinfo=clock, locale=locale)
    return said if is_sayable(said, locale) else format_datetime(value, "yyyy-MM-dd HH:mm", tzinfo=clock, locale="en")


def is_sayable(said: str, locale: Locale) -> bool:
    """Whether a paper for this locale can say it: fonts have its letters, and they go the way of the paper's own words.

    A date that runs the other way is scrambled in a sentence (Expires 16 2027 and the month).
    """
    shown = visible(said)
    is_leftward = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in shown)
    return BOX not in shown and (not is_leftward or vocabulary.runs_from_right_to_left(locale.language))
