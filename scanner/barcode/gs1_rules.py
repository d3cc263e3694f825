"""GS1 rules between fields: what may stand together on one symbol.

From the GS1 General Specifications, 4.13 (associations). Mandatory associations ("10 needs 01") are judged over all
symbols on a thing, and one scan is one symbol; so they are not demanded here, with one exception: what is inside (02,
8026) and how many (37) say nothing without each other.
"""

from __future__ import annotations

from collections.abc import Collection

from scanner.barcode.gs1_table import FIELDS, family
from scanner.barcode.misread import Misread

_CONTENTS = {"02", "8026"}
_COUNT = "37"


def check_pairs(ais: Collection[str]) -> None:
    """Raise Misread('bad_gs1') if AIs stand together that must not, or contents without their count."""
    families = {family(ai) for ai in ais}
    if len(families) < len(ais):
        raise Misread("bad_gs1", "That label gives the same measure twice. Use another label.")
    if any(FIELDS[ai].excludes & families for ai in ais):
        raise Misread("bad_gs1")
    if _CONTENTS & families and _COUNT not in families:
        raise Misread("bad_gs1", "That label does not say how many are inside. Use another label.")
    if _COUNT in families and not _CONTENTS & families:
        raise Misread("bad_gs1", "That label says how many but not of what. Use another label.")


def may_join(ai: str, others: Collection[str]) -> bool:
    """True if `ai` may stand beside every one of `others`, and is none of them."""
    families = {family(other) for other in others}
    own = family(ai)
    return own not in families and not (
        FIELDS[ai].excludes & families or any(own in FIELDS[other].excludes for other in others)
    )
