r"""GS1: element strings and Digital Link URIs to fields, and back.

`gs1_table` knows every AI; this module cuts. A field of known length is cut by its length, any other ends at its
separator or at the end of the symbol. Where a separator may be missing, nothing is guessed (`gs1_lost`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from scanner.barcode import gs1_link
from scanner.barcode.gs1_checks import day
from scanner.barcode.gs1_lost import hides_more
from scanner.barcode.gs1_rules import check_pairs
from scanner.barcode.gs1_table import FIELDS, Field, begins
from scanner.barcode.misread import HALF, Misread
from scanner.barcode.symbology import GS

# GenSpecs 7.11: the 82 characters of GS1 fields, and the # of component identifiers (AI 8010).
_CHARACTERS: Final = re.compile(r"[!\"#%-?A-Z_a-z\x1d]*")
_BRACKETED: Final = re.compile(r"(?:\([0-9]{2,4}\)[^()]+)+")
_BRACKETED_FIELD: Final = re.compile(r"\(([0-9]{2,4})\)([^()]+)")


def read_elements(text: str, *, sends_gs: bool | None = None) -> dict[str, str]:
    r"""AI -> data of an element string with `\x1d` as separator, or of its bracketed form "(01)...(10)...".

    `sends_gs` tells whether this device is known to send (True) or to drop (False) separators; None if unknown.
    Raises Misread: 'misread' (check digit, cut short), 'ambiguous_gs1' (lost separator), 'bad_gs1'.
    """
    if text.startswith("("):
        return _checked(_bracketed(text))
    if not _CHARACTERS.fullmatch(text):
        raise Misread("bad_gs1")
    has_gs = GS in text
    ais = _merged(_split(text.strip(GS), lost="bad_gs1" if has_gs else "ambiguous_gs1"))
    if not has_gs and not sends_gs and _hides_more(text, ais, is_lossy=sends_gs is False):
        raise Misread("ambiguous_gs1")
    check_pairs(ais)
    return ais


def is_bracketed(text: str) -> bool:
    """True for the shape of "(01)09506000134352(10)AB12"."""
    return _BRACKETED.fullmatch(text) is not None


def read_link(text: str) -> dict[str, str] | None:
    """AI -> data of a GS1 Digital Link URI; None if the text is none. Raises Misread like `read_elements`."""
    fields = gs1_link.link_fields(text)
    return None if fields is None else _checked(_whole(ai, value) for ai, value in fields)


def fields(ais: Mapping[str, str]) -> dict[str, Any]:
    """What a `Scan` says of these fields, by its own names. Misread for what cannot be counted or weighed."""
    return {
        "ais": ais,
        "gtin": ais.get("01") or ais.get("02"),
        "sscc": ais.get("00"),
        "lot": ais.get("10"),
        "serial": ais.get("21"),
        "expiry": day(ais["17"]) if "17" in ais else day(ais["7003"][:6]) if "7003" in ais else None,
        "best_before": day(ais["15"]) if "15" in ais else None,
        "count": _count(ais.get("30") or ais.get("37")),
        "weight_g": _grams(ais),
    }


def element_string(ais: Mapping[str, str]) -> str:
    r"""The data to encode for these fields: known lengths first, `\x1d` only where it is needed.

    ValueError if a field is not what its AI demands or the fields do not go together.
    """
    made = sorted(_made(ais).items(), key=lambda field: FIELDS[field[0]].needs_separator)
    data = (ai + value + (GS if FIELDS[ai].needs_separator else "") for ai, value in made)
    return "".join(data).removesuffix(GS)


def bracketed(ais: Mapping[str, str]) -> str:
    """The line for human eyes under a symbol: "(01)09506000134352(10)AB12". ValueError as `element_string`."""
    made = sorted(_made(ais).items(), key=lambda field: FIELDS[field[0]].needs_separator)
    return "".join(f"({ai}){value}" for ai, value in made)


def link(ais: Mapping[str, str], domain: str = "id.gs1.org") -> str:
    """A GS1 Digital Link URI of these fields. ValueError as `element_string`, and if there is not exactly one key."""
    return gs1_link.make_link(_made(ais), domain)


def _made(ais: Mapping[str, str]) -> dict[str, str]:
    try:
        return _checked(_whole(ai, value) for ai, value in ais.items())
    except Misread as misread:
        raise ValueError(f"{dict(ais)}: {misread.say}") from misread


def _checked(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    ais = _merged(found)
    check_pairs(ais)
    return ais


def _merged(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """AI -> data. The same field twice is fine if it says the same; else Misread."""
    ais: dict[str, str] = {}
    for ai, value in found:
        if ais.setdefault(ai, value) != value:
            raise Misread("bad_gs1", "That label says two different things. Use another label.")
    return ais


def _bracketed(text: str) -> Iterator[tuple[str, str]]:
    text = text.replace(" ", "")  # no GS1 field has one; people and printers put them between fields
    if not is_bracketed(text):
        raise Misread("bad_gs1")
    return (_whole(ai, value) for ai, value in _BRACKETED_FIELD.findall(text))


def _whole(ai: str, value: str) -> tuple[str, str]:
    """One field of which both parts are known."""
    if ai not in FIELDS:
        raise Misread("bad_gs1")
    fault = FIELDS[ai].fault(value)
    if fault:
        raise _misread(fault, ai)
    return ai, value


def _split(text: str, *, lost: str) -> Iterator[tuple[str, str]]:
    """Cut an element string into its fields. `lost` is the Misread when a field runs over its end."""
    at = 0
    while at < len(text):
        field = begins(text, at)
        if field is None:
            raise Misread("bad_gs1")
        start = at + len(field.ai)
        separator = text.find(GS, start)
        at = len(text) if separator < 0 else separator
        if not field.varies:
            at = min(at, start + field.most)
        _check_data(field, text, start, at, lost=lost)
        yield field.ai, text[start:at]
        while text.startswith(GS, at):
            at += 1


def _check_data(field: Field, text: str, start: int, end: int, *, lost: str) -> None:
    fault = field.fault(text, start, end)
    if fault is None:
        return
    if end - start < field.least and not field.needs_separator and end == len(text):
        raise Misread("misread", HALF)
    if fault == "bad_gs1" and field.varies and _runs_over(field, text, start, end):
        raise Misread(lost)
    raise _misread(fault, field.ai)


def _runs_over(field: Field, text: str, start: int, end: int) -> bool:
    """True if right data of this field begins there, but something else follows it."""
    stops = range(start + field.least, min(end, start + field.most + 1))
    return any(field.fault(text, start, stop) is None for stop in stops)


def _misread(code: str, ai: str) -> Misread:
    return Misread(code, f"Field ({ai}) of that GS1 label is wrong. Use another label." if code == "bad_gs1" else None)


def _hides_more(text: str, ais: Mapping[str, str], *, is_lossy: bool) -> bool:
    last = list(ais)[-1]
    if not text.endswith(last + ais[last]):  # the last field said again what an earlier one had said
        return is_lossy
    before = [ai for ai in ais if ai != last]
    # The GTIN of an item of variable measure starts with 9 (GenSpecs 3.6.1).
    is_variable_item = ais.get("01", "").startswith("9")
    return hides_more(FIELDS[last], ais[last], before, is_lossy=is_lossy, is_variable_item=is_variable_item)


def _count(digits: str | None) -> int | None:
    if digits is None:
        return None
    if int(digits) == 0:
        raise Misread("bad_gs1", "That label says it holds nothing. Use another label.")
    return int(digits)


def _grams(ais: Mapping[str, str]) -> int | None:
    """Kilograms of AI 310n (net), else 330n (gross), as whole grams; n is how many of the digits are decimals."""
    found = min((ai for ai in ais if len(ai) == 4 and ai.startswith(("310", "330"))), default=None)
    if found is None:
        return None
    grams, rest = divmod(int(ais[found]) * 1000, int(10 ** int(found[3])))
    if rest:
        raise Misread("bad_gs1", "That weight has fractions of a gram. Type the weight.")
    return grams
