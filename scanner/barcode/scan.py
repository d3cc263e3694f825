"""Scan: what one beep said, in fields. It knows what a code says, not what it means here; that is `find`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from scanner.barcode import own as own_codes


@dataclass(frozen=True, slots=True)
class Scan:
    """One code, read. Readings stand side by side: `text` is always there, even if `own` or `gtin` is set."""

    raw: str  # exactly as received
    text: str  # AIM identifier and noise stripped, separators as \x1d
    aim: str | None = None  # "]C1": as sent, or as the reader named the symbology
    kind: str = "plain"  # 'gs1' | 'gtin' | 'sscc' | 'own' | 'plain'
    own: tuple[str, str] | None = None  # ('location', 'A0302'); the kinds are those of own.KINDS
    gtin: str | None = None  # 14 digits: AI 01 or 02, or a bare GTIN-8, -12, -13, -14 or UPC-E
    gtin_too: str | None = None  # the second reading of 8 digits that are right as UPC-E and as GTIN-8
    sscc: str | None = None  # 18 digits
    lot: str | None = None  # AI 10
    serial: str | None = None  # AI 21
    expiry: date | None = None  # AI 17, else the day of AI 7003
    best_before: date | None = None  # AI 15
    count: int | None = None  # AI 30 or 37, never 0
    weight_g: int | None = None  # AI 310n (net), else 330n (gross), whole grams
    ais: Mapping[str, str] = field(default_factory=dict)  # every GS1 field by its AI, as encoded
    bad_check: bool = False  # looks like a GTIN or an own code, but the check fails: a misread, unless it is a SKU

    @property
    def command(self) -> str | None:
        """The word of a command code: 'SHORT', or 'Q' for a quantity."""
        return own_codes.split_command(self.own[1])[0] if self.own and self.own[0] == "command" else None

    @property
    def number(self) -> int | None:
        """The number after a command's word: 12 of 'Q12'."""
        return own_codes.split_command(self.own[1])[1] if self.own and self.own[0] == "command" else None

    @property
    def quantity(self) -> int | None:
        """The quantity of a Q command. It may be 0: whether that makes sense is the step's business."""
        return self.number if self.command == "Q" else None

    def is_command(self, word: str) -> bool:
        """True for the command `word`, whatever number follows it."""
        return self.command == word
