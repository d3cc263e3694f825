"""GS1 rules between and inside fields that the parsing library leaves open: check digits, and what may stand together.

From the GS1 General Specifications, 4.13 (associations) and the AI definitions of 3. Mandatory associations ("10 needs
01") are judged over all symbols on a thing, and one scan is one symbol; so they are not demanded here, with one
exception: 02 without 37 says what is inside but not how many.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from scanner.barcode import keys
from scanner.barcode.misread import Misread

# AI -> how many leading digits of its data carry a check digit at their end.
CHECKED: Final = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "253": 13,
    "255": 13,
    "402": 17,
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), 13),
    "8003": 14,
    "8006": 14,
    "8017": 18,
    "8018": 18,
    "8026": 14,
}

# AI, or the first three digits of a measure and an n -> what must not stand beside it.
_EXCLUDES: Final = {
    "01": {"02", "37", "255"},
    "21": {"235"},
    "255": {"02", "415", "8006", "8020", "8026"},
    "390n": {"391n", "394n", "8111"},
    "392n": {"393n"},
    "394n": {"8111"},
    "395n": {"392n", "393n", "8005"},
    "420": {"421"},
    "421": {"4307"},
    "426": {"422", "423", "424", "425"},
    "4330": {"4331"},
    "4332": {"4333"},
    "8006": {"01", "37"},
    "8017": {"8018"},
    "8026": {"02", "8006"},
}
_MEASURES: Final = ("31", "32", "33", "34", "35", "36", "39")


def check_keys(ais: Mapping[str, str]) -> None:
    """Raise Misread('misread') if a key's check digit is wrong: the bars were read wrong, or printed wrong."""
    for ai, value in ais.items():
        length = CHECKED.get(ai)
        if length and not keys.has_check_digit(value[:length]):
            raise Misread("misread")


def check_pairs(ais: Collection[str]) -> None:
    """Raise Misread('bad_gs1') if AIs stand together that must not, or 02 stands without its count."""
    families = {family(ai) for ai in ais}
    if len(families) < len(ais):
        raise Misread("bad_gs1", "That label gives the same measure twice. Use another label.")
    if any(_EXCLUDES[ai] & families for ai in families & _EXCLUDES.keys()):
        raise Misread("bad_gs1")
    if "02" in families and "37" not in families:
        raise Misread("bad_gs1", "That label does not say how many are inside. Use another label.")


def family(ai: str) -> str:
    """The AI without its decimal point: '3103' -> '310n', '10' -> '10'."""
    return ai[:3] + "n" if len(ai) == 4 and ai.startswith(_MEASURES) else ai
