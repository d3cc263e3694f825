"""Misread: what came in is no code that can be trusted, and what the worker should do about it."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "empty": "There was no code in that scan. Scan again.",
    "too_long": "That code is longer than 256 characters. Scan one label at a time.",
    "control_characters": "That code has characters that no label here has. Scan again.",
    "misread": "Misread: the check digit is wrong. Scan again.",
    "ambiguous_gs1": "This scanner hides the separator between the fields. Scan the set-up sheet, then the label.",
    "bad_gs1": "The fields of that GS1 label do not fit together. Use another label.",
}
HALF: Final = "Half a code. Scan again."


class Misread(Exception):
    """A scan that must not be used. `code` is stable, `say` is one or two plain sentences with the remedy."""

    def __init__(self, code: str, say: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.say = say or SENTENCES[code]

    def __str__(self) -> str:
        return f"{self.code}: {self.say}"
