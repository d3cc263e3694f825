"""Fields: the types of imported cells, strict about meaning and lax about how a file writes it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from scanner.models.stock import MOST

MOST_INTEGER: Final = 2**31 - 1  # what a plain column of PostgreSQL holds
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.0{1,6})?")
COUNTRY_LETTERS: Final = 2
_YES: Final = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}
_LINE_SIGNS: Final = "\n\t"


def wrong(reason: str) -> PydanticCustomError:
    """The error that a validator raises; `reason` goes to the report as it is."""
    return PydanticCustomError("import", "{reason}", {"reason": reason})


def _text(value: Any) -> Any:
    """Text without control characters, in the one form in which equal texts are equal."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise wrong("text is wanted")
    text = unicodedata.normalize("NFC", str(value).replace("\r\n", "\n").replace("\r", "\n")).strip()
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") and char not in _LINE_SIGNS for char in text):
        raise wrong("there are control characters in it")
    return text


def _line(value: Any) -> Any:
    text = _text(value)
    if any(char in text for char in _LINE_SIGNS):
        raise wrong("there is a line break or a tab in it")
    return text


def _code(value: Any) -> Any:
    text = _line(value)
    if not text.isprintable() or not text:
        raise wrong("there are characters in it that cannot be printed")
    return text


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise wrong("a whole number is wanted")
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value.strip()):
            raise wrong("a whole number is wanted")
        return int(value.strip().partition(".")[0])
    if isinstance(value, float):
        if not abs(value) <= MOST or value != int(value):  # a NaN is not less than anything
            raise wrong("a whole number is wanted")
        return int(value)
    return value


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        raise wrong("a date without a time is wanted")
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and len(value.strip()) == len("2026-12-31"):
            return date.fromisoformat(value.strip())
    except ValueError:
        pass
    raise wrong("a date is wanted, written 2026-12-31")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    raise wrong("an instant is wanted, written 2026-12-31T14:30 or 2026-12-31T14:30+01:00")


def _truth(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    known = _YES.get(str(value).strip().lower())
    if known is None:
        raise wrong("yes or no is wanted")
    return known


def _upper(value: Any) -> Any:
    return _code(value).upper()


def _lower(value: Any) -> Any:
    return _line(value).lower()


def _country(value: Any) -> Any:
    """An ISO 3166 code; what a file calls a country is another column."""
    code = _code(value).upper()
    if len(code) != COUNTRY_LETTERS or not code.isalpha() or code not in Locale("en").territories:
        raise wrong("the two letters of a country are wanted, such as GB")
    return code


def _currency(value: Any) -> Any:
    code = _code(value).upper()
    if not is_currency(code):
        raise wrong("the three letters of a currency are wanted, such as EUR")
    return code


def _locale(value: Any) -> Any:
    try:
        return str(Locale.parse(_code(value).replace("-", "_")))
    except (ValueError, UnknownLocaleError) as error:
        raise wrong("a language and a country are wanted, such as de_AT") from error


def _class(value: Any) -> Any:
    """A location of the class "any" takes goods of every class."""
    word = _lower(value)
    return "" if word == "any" else word


Sku = Annotated[str, BeforeValidator(_code), StringConstraints(max_length=64)]
Code = Annotated[str, BeforeValidator(_code), StringConstraints(max_length=128)]
LotCode = Annotated[str, BeforeValidator(_code), StringConstraints(max_length=64)]
Number = Annotated[str, BeforeValidator(_code), StringConstraints(max_length=40)]
PartyCode = Annotated[str, BeforeValidator(_code), StringConstraints(max_length=32)]
Address = Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=32)]
Part = Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=8)]
CartonCode = Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=16)]
Name = Annotated[str, BeforeValidator(_line)]
Text = Annotated[str, BeforeValidator(_text)]
Word = Annotated[str, BeforeValidator(_lower), StringConstraints(max_length=16)]  # one of a short list, in any case
StorageClass = Annotated[str, BeforeValidator(_class), StringConstraints(max_length=16)]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Whole = Annotated[int, BeforeValidator(_whole)]
Figure = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MOST_INTEGER)]
Coordinate = Annotated[int, BeforeValidator(_whole), Field(ge=-MOST_INTEGER, le=MOST_INTEGER)]
Size = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_INTEGER)]
Pack = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_000_000)]
Country = Annotated[str, BeforeValidator(_country)]
Currency = Annotated[str, BeforeValidator(_currency)]
LocaleName = Annotated[str, BeforeValidator(_locale), StringConstraints(max_length=16)]
Cents = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MOST)]
BasisPoints = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=10_000)]
Quantity = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST)]
