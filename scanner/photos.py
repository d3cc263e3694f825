"""Photos: what the codes in a picture mean here. Nothing is booked: a code counts when it is scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scanner.barcode.image import ReadCode, read_photo
from scanner.by import By
from scanner.find import find, read_code
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Seen:
    """One code of a photo and what it names."""

    code: ReadCode
    words: str  # 'OAT MILK 1L, lot B7741', 'location A-03-02'; empty when it names nothing here
    names: tuple[str, ...]  # what a step may expect it as: the code itself, the SKU, the location

    def as_json(self) -> dict[str, Any]:
        """The code's fields with `words` and `names`."""
        return {**self.code.as_json(), "words": self.words, "names": list(self.names)}


def codes_in(data: bytes, *, by: By) -> list[Seen]:
    """Every code of a photo, from top to bottom. Raises Refusal for what is no photo and for one without a code."""
    codes = read_photo(data)
    if not codes:
        raise Refusal("no_code_in_photo")
    return [_seen(code, by) for code in codes]


def _seen(code: ReadCode, by: By) -> Seen:
    names = tuple(dict.fromkeys((code.raw, code.text)))
    try:
        found = find(read_code(code.raw, code.aim or code.symbology), by)
    except Refusal:
        return Seen(code, "", names)  # it is in the picture, but no scan that could be taken
    if found.kind == "unknown":
        return Seen(code, "", names)
    name = getattr(found.thing, "sku", None) or getattr(found.thing, "code", None)
    return Seen(code, found.words, (*names, name) if isinstance(name, str) else names)
