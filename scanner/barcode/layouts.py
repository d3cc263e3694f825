"""Layouts: what a code turns into when a scanner types for one keyboard and the computer listens for another.

A keyboard wedge presses keys, not characters. The Y of a US scanner is a Z on a German computer; on a French one the
digit keys give `&é"'(-è_çà`, A and Q, W and Z change places and M is a question mark. Scanners that press the number
pad for digits get those through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

_DIGITS: Final = "1234567890"
# The same 47 keys in the same order: digit row, then the three letter rows with the key right of L and right of M, then
# the keys that hold signs on all three. First what they give alone, then with shift. ´ ` ^ ¨ wait for the next key.
LAYOUTS: Final = {
    "US": (
        "1234567890qwertyuiopasdfghjkl;zxcvbnm,-=[]'./\\`",
        '!@#$%^&*()QWERTYUIOPASDFGHJKL:ZXCVBNM<_+{}">?|~',
    ),
    "DE": (
        "1234567890qwertzuiopasdfghjklöyxcvbnm,ß´ü+ä.-#^",
        "!\"§$%&/()=QWERTZUIOPASDFGHJKLÖYXCVBNM;?`Ü*Ä:_'°",
    ),
    "FR": (
        "&é\"'(-è_çàazertyuiopqsdfghjklmwxcvbn,;)=^$ù:!*²",
        "1234567890AZERTYUIOPQSDFGHJKLMWXCVBN?.°+¨£%/§µ~",
    ),
}


def _table(scanner: str, host: str, *, keypad: bool) -> dict[int, int]:
    table: dict[int, int] = {}
    for sent, shown in zip(LAYOUTS[scanner], LAYOUTS[host], strict=True):
        table |= str.maketrans(sent, shown)
    if keypad:
        table |= str.maketrans(_DIGITS, _DIGITS)
    return table


_TABLES: Final = {
    (scanner, host, keypad): _table(scanner, host, keypad=keypad)
    for scanner, host in permutations(LAYOUTS, 2)
    for keypad in (False, True)
}
MISMATCHES: Final = tuple(_TABLES)  # (the scanner's layout, the computer's, digits come from the number pad)


def typed(text: str, mismatch: tuple[str, str, bool]) -> str:
    """What arrives when `text` is scanned under `mismatch`."""
    return text.translate(_TABLES[mismatch])


def mistyped(text: str) -> Iterator[str]:
    """What arrives under each mismatch that changes `text`."""
    for mismatch in MISMATCHES:
        shown = typed(text, mismatch)
        if shown != text:
            yield shown
