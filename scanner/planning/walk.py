"""Walk: a walking order from addresses alone, for locations that came without one and without coordinates."""

from __future__ import annotations

import re

# Aisle, bay, level and position share one number below 2**31, which every database takes as an integer.
MOST_AISLES, MOST_BAYS, MOST_LEVELS, MOST_POSITIONS = 2_600, 1_000, 80, 10


def serpentine(aisle: str, bay: str, level: str, position: str = "") -> int:
    """The walking order of one location: up the odd aisles, down the even ones, at each bay from the floor up.

    Aisles are numbers (07), letters (A, AB) or both (A12). What cannot be read counts as 0; what is beyond the limits
    counts as the limit, so that such locations are told apart by their code.
    """
    row = _within(_aisle_number(aisle), MOST_AISLES)
    column = _within(_number(bay), MOST_BAYS)
    if row % 2 == 0:
        column = MOST_BAYS - 1 - column
    height, across = _within(_number(level), MOST_LEVELS), _within(_number(position), MOST_POSITIONS)
    return ((row * MOST_BAYS + column) * MOST_LEVELS + height) * MOST_POSITIONS + across


def code_key(code: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts codes as people read them: A-2-1 before A-10-1."""
    parts = re.findall(r"[0-9]+|[^0-9]+", code)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _aisle_number(label: str) -> int:
    letters, digits = _letters_and_digits(label)
    if letters and digits:
        return (_letters_number(letters) - 1) * 100 + int(digits)
    return _letters_number(letters) if letters else int(digits or 0)


def _number(label: str) -> int:
    letters, digits = _letters_and_digits(label)
    return int(digits) if digits else _letters_number(letters)


def _letters_and_digits(label: str) -> tuple[str, str]:
    found = re.fullmatch(r"([A-Z]{0,3})([0-9]{0,9})", label.strip().upper())
    return (found[1], found[2]) if found else ("", "")


def _letters_number(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _within(number: int, limit: int) -> int:
    return min(number, limit - 1)
