"""Votes: which of all readings are codes of the photo, and which of those are sure.

A wrong number that looks right is worse than no number. EAN's check digit passes one random number in ten, ITF, Code 39
and Codabar have none: such a reading counts for sure only when another engine, or the same one on a picture made
differently, says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from scanner.barcode import keys
from scanner.barcode.image.code import RETAIL, Point, ReadCode
from scanner.barcode.image.engines import CORRECTED, Reading
from scanner.barcode.image.view import Box

UNCHECKED: Final = frozenset(("ITF", "ITF14", "Code39", "Code39Std", "Code39Ext", "Codabar"))
SHORTEST: Final = {"ITF": 6, "Code39": 4, "Codabar": 4}  # characters; shorter ones are found in any row of text
STEADY: Final = 15  # zbar's quality: so many scan lines more read this than read something else
FAINT: Final = 6  # below it, about half of zbar's retail readings of real photos were wrong


@dataclass(slots=True)
class Candidate:
    """One code with all its readings."""

    readings: list[Reading]
    passes: set[str] = field(default_factory=set)  # engine and view

    @property
    def best(self) -> Reading:
        """The reading to show: zxing knows the identifier, then the steadiest."""
        return max(self.readings, key=lambda r: (r.engine == "zxing", r.quality or 0))

    @property
    def engines(self) -> list[str]:
        return sorted({reading.engine for reading in self.readings}, reverse=True)

    @property
    def quality(self) -> int:
        """The best that zbar said of it."""
        return max(reading.quality or 0 for reading in self.readings)

    @property
    def is_faint(self) -> bool:
        """Only zbar says so, and never with more than a few lines."""
        return self.engines == ["zbar"] and self.quality < FAINT

    @property
    def is_sure(self) -> bool:
        """Proven by error correction, by agreement, or by a check digit that many lines agree on."""
        symbology = self.best.symbology
        if symbology in CORRECTED or len(self.engines) > 1:
            return True
        if symbology in UNCHECKED:
            return len(self.passes) > 2  # the same engine may fail the same way twice
        if symbology in RETAIL:  # zbar repeats an error from view to view, so its own passes prove nothing
            is_steady = self.quality >= STEADY and symbology != "UPCE"
            return is_steady or (self.best.engine == "zxing" and len(self.passes) > 1)
        return self.engines[0] == "zxing" or len(self.passes) > 1 or self.quality >= STEADY

    @property
    def weight(self) -> tuple[bool, int, int, bool, int]:
        """Which of two codes at one place is to be believed. zbar does not know every function of Code 128."""
        is_zxing = self.best.engine == "zxing" and self.best.symbology not in RETAIL
        return self.is_sure, len(self.engines), len(self.passes), is_zxing, self.quality

    @property
    def is_plausible(self) -> bool:
        """Whether it may be shown at all, sure or not."""
        best = self.best
        if best.symbology == "ITF" and len(best.raw) % 2:
            return False
        if len(self.engines) > 1:
            return len(best.raw) >= 2
        if len(best.raw) < SHORTEST.get(best.symbology, 1):
            return False
        return not (self.is_faint and (best.symbology in UNCHECKED or best.symbology in RETAIL))


class Votes:
    """All readings so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Candidate] = {}

    def add(self, readings: Iterable[Reading], view: str) -> None:
        """Count what one engine read in one view."""
        for reading in readings:
            if reading.symbology in RETAIL and not keys.has_check_digit(reading.raw):
                continue
            candidate = self._found.setdefault(reading.key, Candidate([]))
            candidate.readings.append(reading)
            candidate.passes.add(f"{reading.engine} {view}")

    @property
    def doubtful(self) -> list[Candidate]:
        """Codes that need another look."""
        return [found for found in self._found.values() if not found.is_sure]

    @property
    def is_settled(self) -> bool:
        """Whether something is sure; what is doubtful beside it may be shown as such."""
        return any(found.is_sure for found in self._found.values())

    def codes(self) -> list[ReadCode]:
        """What the photo says, in the order of reading a page. Of two codes at one place the better proven is true."""
        kept: list[Candidate] = []
        for found in sorted(self._found.values(), key=lambda c: c.weight, reverse=True):
            if found.is_plausible and not any(_contradicts(found, other) for other in kept):
                kept.append(found)
        return sorted((_code(found) for found in kept), key=lambda code: min((y, x) for x, y in code.corners))


def _contradicts(weaker: Candidate, stronger: Candidate) -> bool:
    """The same ink cannot say two things; and a doubtful UPC-E is the left half of an EAN more often than not."""
    is_matrix = [found.best.symbology in CORRECTED for found in (weaker, stronger)]
    if weaker.is_sure and stronger.is_sure and any(is_matrix):
        return False
    if weaker.best.symbology == "UPCE" and not weaker.is_sure:
        return True
    return any(_overlap(box_of(a.corners), box_of(b.corners)) for a in weaker.readings for b in stronger.readings)


def box_of(corners: Iterable[Point]) -> Box:
    """The upright box around a code."""
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(one: Box, other: Box) -> bool:
    """Whether the middle of one lies in the other. zbar's boxes of linear codes may be one line thick."""
    return _holds(one, other) or _holds(other, one)


def _holds(box: Box, inner: Box) -> bool:
    slack = 4 + (max(box[2] - box[0], box[3] - box[1])) // 20
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return box[0] - slack <= x <= box[2] + slack and box[1] - slack <= y <= box[3] + slack


def _code(found: Candidate) -> ReadCode:
    best = found.best
    text = best.raw.zfill(14) if best.symbology in RETAIL else best.raw
    engine = "+".join(found.engines)
    return ReadCode(text, best.raw, best.symbology, best.aim, best.corners, engine, found.is_sure)
