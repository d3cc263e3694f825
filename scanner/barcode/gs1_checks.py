"""Checks: what the digits or characters of one part of a GS1 field must fulfil.

They are those of the GS1 General Specifications, section 3 and 7.9 to 7.12; each takes the part and says whether it
is right. `CHECKSUMS` names those whose failure means that the bars were read wrong, not that the label is wrong.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from scanner.barcode import gs1_codes as codes
from scanner.barcode.gs1_coupon import is_coupon, is_offer
from scanner.barcode.keys import ALPHABET, has_check_digit, has_check_pair

_HALF_A_CENTURY: Final = 50
_LAST_HOUR, _LAST_MINUTE = 23, 59
_HALF_TURN, _FULL_TURN = 180_0000000, 360_0000000  # degrees with seven decimals
_BROKEN_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BASE64: Final = re.compile(r"[0-9A-Z_a-z-]+={0,2}")
_IMPORTERS: Final = frozenset("-_" + ALPHABET + ALPHABET.lower())


def day(yymmdd: str) -> date | None:
    """The date of six digits; None if there never was such a day.

    Day 00 is the last of the month (GenSpecs 3.4), the century is the one that is nearest to today (7.12).
    """
    year, month, last = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    this_year = datetime.now(UTC).year
    year += this_year - this_year % 100
    if year - this_year > _HALF_A_CENTURY:
        year -= 100
    elif year - this_year <= -_HALF_A_CENTURY:
        year += 100
    try:
        return date(year, month, last or monthrange(year, month)[1])
    except ValueError:
        return None


def _is_day(yymmdd: str) -> bool:
    return day(yymmdd) is not None


def _is_date(yymmdd: str) -> bool:
    return yymmdd[4:] != "00" and day(yymmdd) is not None


def _is_birthday(yyyymmdd: str) -> bool:
    try:
        date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return False
    return True


def _is_minute(hhmm: str) -> bool:
    return int(hhmm[:2]) <= _LAST_HOUR and int(hhmm[2:]) <= _LAST_MINUTE


def _is_iban(text: str) -> bool:
    """ISO 13616: the country and its check digits behind the rest, letters as 10 to 35, leave 1 when divided by 97."""
    if len(text) < len("DE68x") or text[:2] not in codes.COUNTRY_LETTERS or not set(text) <= set(ALPHABET):
        return False
    return int("".join(str(ALPHABET.index(char)) for char in text[4:] + text[:4])) % 97 == 1


def _is_piece(digits: str) -> bool:
    """Piece 02 of 03, as 0203."""
    return 0 < int(digits[:2]) <= int(digits[2:])


def _is_of(text: str) -> bool:
    """A child's place among those born together: 2/3."""
    return re.fullmatch(r"[1-9]/[1-9]", text) is not None and text[0] <= text[2]


CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "mod10": has_check_digit,
    "pair": has_check_pair,
    "iban": _is_iban,
    "day": _is_day,
    "date": _is_date,
    "birthday": _is_birthday,
    "minute": _is_minute,
    "hour": lambda digits: int(digits) <= _LAST_HOUR,
    "sixty": lambda digits: int(digits) <= _LAST_MINUTE,
    "country": codes.COUNTRIES.__contains__,
    "countries": (codes.COUNTRIES | {codes.SEVERAL_COUNTRIES}).__contains__,
    "land": codes.COUNTRY_LETTERS.__contains__,
    "currency": codes.CURRENCIES.__contains__,
    "package": codes.PACKAGES.__contains__,
    "medium": codes.MEDIA.__contains__,
    "prefix": lambda text: len(text) > 1 and text[0] in "0123456789" and text[1] in "0123456789",  # a company prefix
    "letter": lambda text: not text.isdigit(),
    "percent": lambda text: _BROKEN_PERCENT.search(text) is None,
    "base64": lambda text: _BASE64.fullmatch(text) is not None,
    "importer": _IMPORTERS.__contains__,
    "latitude": lambda digits: int(digits) <= _HALF_TURN,
    "longitude": lambda digits: int(digits) <= _FULL_TURN,
    "flag": frozenset("01").__contains__,
    "winding": frozenset("019").__contains__,
    "sex": frozenset("0129").__contains__,  # ISO 5218
    "minus": frozenset("-").__contains__,
    "zero": frozenset("0").__contains__,
    "some": lambda digits: int(digits) > 0,
    "unpadded": lambda digits: digits == "0" or not digits.startswith("0"),
    "piece": _is_piece,
    "of": _is_of,
    "coupon": is_coupon,
    "offer": is_offer,
}
CHECKSUMS: Final = frozenset(("mod10", "pair", "iban"))
