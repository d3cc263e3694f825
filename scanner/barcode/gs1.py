r"""GS1: element strings and Digital Link URIs to fields, and back.

`biip` knows every AI with its format; it cuts one field at a time. What it would guess is refused here: it lets a
field of variable length end where it is full, and it takes the rest of the data for the lot when the separator is
lost. biip's own loop and its `parse` are not used on scanned element strings: the patterns of the percent-encoded AIs
(43nn, 725n) can keep `parse` busy for minutes on a crafted code; `extract` they cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote

from biip import EncodeError, ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message

from scanner.barcode.gs1_rules import check_keys, check_pairs
from scanner.barcode.misread import HALF, Misread
from scanner.barcode.symbology import GS

# GenSpecs 7.11: the 82 characters of GS1 fields, and the # of component identifiers (AI 8010).
_CHARACTERS: Final = re.compile(r"[!\"#%-?A-Z_a-z\x1d]*")
_BRACKETED: Final = re.compile(r"(?:\([0-9]{2,4}\)[^()]+)+")
_BRACKETED_FIELD: Final = re.compile(r"\(([0-9]{2,4})\)([^()]+)")

# A link is taken for a Digital Link by a key in its path with the key's length. The keys without a fixed length look
# like any path, so they count on GS1's own host only.
_LINK: Final = re.compile(
    r"https?://[^?#]+/(?:00/\d{18}|01/(?:\d{8}|\d{12,14})|41[457]/\d{13}|402/\d{17}|8006/\d{18}|801[78]/\d{18}"
    r"|25[35]/\d{13}[^/?#]*|8003/\d{14}[^/?#]*)(?:[/?#]|$)"
    r"|https?://id\.gs1\.org/(?:401|8004|8010|8013)/",
    re.ASCII | re.IGNORECASE,
)
_ANY_DATE: Final = ParseConfig(gs1_element_strings_verify_date=False)
_MOST_PERCENT_SIGNS: Final = 8  # left after decoding; see the module's text about `parse`

# What trade labels put behind a lot, a serial number or an order number. Where it is not known whether a scanner
# sends separators, only these count as signs of a lost one: of the AIs 90 to 99, any two digits could be one.
_COMPANIONS: Final = (
    *("00", "01", "02", "10", "11", "12", "13", "15", "16", "17", "21", "30", "37"),
    *("240", "241", "31", "32", "33", "400", "41"),
)
_SHORTEST_LIKELY: Final = 3  # characters of a text field on either side of a suspected lost separator


def read_elements(text: str, *, sends_gs: bool | None = None) -> list[GS1ElementString]:
    r"""The fields of an element string with `\x1d` as separator, or of its bracketed form "(01)...(10)...".

    `sends_gs` tells whether this device is known to send (True) or to drop (False) separators; None if unknown.
    Raises Misread: 'misread' (check digit, cut short), 'ambiguous_gs1' (lost separator), 'bad_gs1'.
    """
    if text.startswith("("):
        elements = _bracketed(text)
    elif not _CHARACTERS.fullmatch(text):
        raise Misread("bad_gs1")
    else:
        has_gs = GS in text
        elements = _split(text.strip(GS), lost="bad_gs1" if has_gs else "ambiguous_gs1")
        if not has_gs and not sends_gs and _hides_more(elements, is_lossy=sends_gs is False):
            raise Misread("ambiguous_gs1")
    _check(elements)
    return elements


def is_bracketed(text: str) -> bool:
    """True for the shape of "(01)09506000134352(10)AB12"."""
    return _BRACKETED.fullmatch(text) is not None


def read_link(text: str) -> list[GS1ElementString] | None:
    """The fields of a GS1 Digital Link URI; None if the text is none. Raises Misread like `read_elements`."""
    if not _LINK.match(text):
        return None
    if unquote(text).count("%") > _MOST_PERCENT_SIGNS:
        raise Misread("bad_gs1")
    try:
        elements = list(GS1DigitalLinkURI.parse(text).element_strings)
    except ParseError as error:
        raise Misread("bad_gs1") from error
    except ValueError:  # no URI at all, such as "http://[/01/..."
        return None
    _check(elements)
    return elements


def fields(elements: Sequence[GS1ElementString]) -> dict[str, Any]:
    """What a `Scan` says of these elements, by its field names. Misread for what cannot be counted or weighed."""
    ais = as_mapping(elements)
    return {
        "ais": ais,
        "gtin": ais.get("01") or ais.get("02"),
        "sscc": ais.get("00"),
        "lot": ais.get("10"),
        "serial": ais.get("21"),
        "expiry": _date(elements, "17") or _date(elements, "7003"),
        "best_before": _date(elements, "15"),
        "count": _count(ais.get("30") or ais.get("37")),
        "weight_g": _grams(elements, "310") if _measure(elements, "310") else _grams(elements, "330"),
    }


def as_mapping(elements: Iterable[GS1ElementString]) -> dict[str, str]:
    """AI -> data. The same field twice is fine if it says the same; else Misread."""
    ais: dict[str, str] = {}
    for element in elements:
        if ais.setdefault(element.ai.ai, element.value) != element.value:
            raise Misread("bad_gs1", "That label says two different things. Use another label.")
    return ais


def element_string(ais: Mapping[str, str]) -> str:
    r"""The data to encode for these fields: known lengths first, `\x1d` only where it is needed.

    ValueError if a field is not what its AI demands or the fields do not go together.
    """
    return GS1Message.from_element_strings(_made(ais)).value


def bracketed(ais: Mapping[str, str]) -> str:
    """The line for human eyes under a symbol: "(01)09506000134352(10)AB12". ValueError as `element_string`."""
    return "".join(element.as_hri() for element in _made(ais))


def link(ais: Mapping[str, str], domain: str = "id.gs1.org") -> str:
    """A GS1 Digital Link URI of these fields. ValueError as `element_string`, and if there is not exactly one key."""
    try:
        return GS1DigitalLinkURI.from_element_strings(_made(ais)).as_uri(domain=domain)
    except EncodeError as error:
        raise ValueError(str(error)) from error


def _made(ais: Mapping[str, str]) -> GS1ElementStrings:
    try:
        elements = [_whole(ai, value) for ai, value in ais.items()]
        _check(elements)
    except Misread as misread:
        raise ValueError(f"{dict(ais)}: {misread.say}") from misread
    return GS1ElementStrings(sorted(elements, key=lambda element: element.ai.separator_required))


def _check(elements: Sequence[GS1ElementString]) -> None:
    ais = as_mapping(elements)
    if not all(value.isascii() for value in ais.values()):  # \d of biip's patterns takes the digits of any script
        raise Misread("bad_gs1")
    check_keys(ais)
    check_pairs(ais)


def _bracketed(text: str) -> list[GS1ElementString]:
    text = text.replace(" ", "")  # no GS1 field has one; people and printers put them between fields
    if not is_bracketed(text):
        raise Misread("bad_gs1")
    return [_whole(ai, value) for ai, value in _BRACKETED_FIELD.findall(text)]


def _whole(ai: str, value: str) -> GS1ElementString:
    """One field of which both parts are known."""
    element = _next(ai + value)
    if element.ai.ai != ai or element.value != value:
        raise Misread("bad_gs1")
    return element


def _split(text: str, *, lost: str) -> list[GS1ElementString]:
    """Cut an element string into its fields. `lost` is the Misread when a field runs over its full length."""
    elements = []
    while text:
        element = _next(text)
        elements.append(element)
        text = text[len(element) :]
        if text and not text.startswith(GS) and _is_variable(element):
            raise Misread(lost)
        text = text.lstrip(GS)
    return elements


def _next(text: str) -> GS1ElementString:
    # A span of harvest dates (7007) is no single date: biip would take its end for a time of day.
    config = _ANY_DATE if text.startswith("7007") else None
    try:
        element = GS1ElementString.extract(text, config=config)
    except ParseError as error:
        raise _why_not(text) from error
    if not element.value:
        raise Misread("bad_gs1")
    return element


def _why_not(text: str) -> Misread:
    """Told apart: data that ends too early, and data that is wrong."""
    try:
        ai = GS1ApplicationIdentifier.extract(text)
    except ParseError:
        return Misread("bad_gs1")
    if not ai.separator_required and len(text) < len(ai) + int(ai.format.rpartition("N")[2]):
        return Misread("misread", HALF)
    return Misread("bad_gs1")


def _is_variable(element: GS1ElementString) -> bool:
    """True if data may end early, so that only a separator shows where it does ("X..20", "N6[+N4]")."""
    return ".." in element.ai.format or "[" in element.ai.format


def _hides_more(elements: Sequence[GS1ElementString], *, is_lossy: bool) -> bool:
    """True if the last field may be two: no separator came, and its end reads as a field of its own.

    (10)ABC(21)XYZ1 without its separator looks like lot ABC21XYZ1. A device that is known to lose separators
    (`is_lossy`) gets no benefit of the doubt; else the split must be a likely one.
    """
    if not elements or not _is_variable(elements[-1]):
        return False
    last, value, before = elements[-1].ai.ai, elements[-1].value, as_mapping(elements)
    for cut in range(1, len(value) - 2):
        tail = value[cut:]
        if not is_lossy and not tail.startswith(_COMPANIONS):
            continue
        try:
            _whole(last, value[:cut])
            more = _split(tail, lost="bad_gs1")
            ais = as_mapping(more)
            check_keys(ais)
            check_pairs({*before, *ais})
        except Misread:
            continue
        if before.keys().isdisjoint(ais) and (is_lossy or _is_likely(cut, more, before)):
            return True
    return False


def _is_likely(head: int, more: Sequence[GS1ElementString], before: Mapping[str, str]) -> bool:
    """Whether real labels look like that: `more` found behind `head` characters of the last field."""
    if any(element.ai.ai == "30" for element in more) and not before.get("01", "").startswith("9"):
        return False  # 30 counts the pieces of a variable measure item, whose GTIN starts with 9 (GenSpecs 3.6.1)
    lengths = [len(element.value) for element in more if "X" in element.ai.format]
    return not lengths or min(head, *lengths) >= _SHORTEST_LIKELY


def _date(elements: Iterable[GS1ElementString], ai: str) -> date | None:
    """The date of a field: day 00 is the month's last, the century is the one that is nearest (GenSpecs 7.12)."""
    return next((element.date for element in elements if element.ai.ai == ai), None)


def _count(digits: str | None) -> int | None:
    if digits is None:
        return None
    if int(digits) == 0:
        raise Misread("bad_gs1", "That label says it holds nothing. Use another label.")
    return int(digits)


def _measure(elements: Iterable[GS1ElementString], family: str) -> Decimal | None:
    return next((element.decimal for element in elements if element.ai.ai[:3] == family), None)


def _grams(elements: Iterable[GS1ElementString], family: str) -> int | None:
    """Kilograms of AI 310n or 330n as whole grams."""
    kilograms = _measure(elements, family)
    if kilograms is None:
        return None
    grams = kilograms * 1000
    if grams != int(grams):
        raise Misread("bad_gs1", "That weight has fractions of a gram. Type the weight.")
    return int(grams)
