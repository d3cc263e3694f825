"""Coupon: the digits of a North American coupon (AI 8110) and of a positive offer file coupon (AI 8112).

From the GS1 US application guideline for coupon codes in GS1 DataBar. Its numbers say their own length: one digit
tells how many follow.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from scanner.barcode.keys import is_digits

_PREFIX: Final = 6  # a company prefix has this many digits and as many more as its first digit says; so has a serial
_OFFER: Final = 6
_FAMILY: Final = 3
_NO_PREFIX: Final = "9"


class _Wrong(Exception):
    """The digits end too early, or one is none of those that may stand there."""


class _Digits:
    """What is left of a coupon's digits."""

    def __init__(self, digits: str) -> None:
        self.left = digits

    def take(self, length: int = 1, *, of: str = "0123456789") -> str:
        taken, self.left = self.left[:length], self.left[length:]
        if len(taken) < length or not set(taken) <= set(of):
            raise _Wrong
        return taken

    def take_counted(self, lengths: str, more: int = 0) -> None:
        self.take(more + int(self.take(of=lengths)))


def is_coupon(text: str) -> bool:
    """True for the data of AI 8110: offer, saving, what must be bought, and up to seven more fields in order."""
    digits = _Digits(text)
    try:
        digits.take_counted("0123456", _PREFIX)
        digits.take(_OFFER)
        digits.take_counted("12345")
        _purchase(digits)
        _more_purchases(digits)
        _validity(digits)
        _handling(digits)
    except _Wrong:
        return False
    return is_digits(text) and not digits.left


def is_offer(text: str) -> bool:
    """True for the data of AI 8112: form, funder, offer and serial number."""
    digits = _Digits(text)
    try:
        digits.take(of="01")
        digits.take_counted("0123456", _PREFIX)
        digits.take(_OFFER)
        digits.take_counted("0123456789", _PREFIX)
    except _Wrong:
        return False
    return is_digits(text) and not digits.left


def _follows(digits: _Digits, field: str) -> bool:
    """True, and the field's own digit is taken, if that field comes next."""
    if not digits.left.startswith(field):
        return False
    digits.take()
    return True


def _purchase(digits: _Digits) -> None:
    digits.take_counted("12345")
    digits.take(of="012349")
    digits.take(_FAMILY)


def _more_purchases(digits: _Digits) -> None:
    for field in "12":
        if _follows(digits, field):
            if field == "1":
                digits.take(of="0123")  # how the purchases go together
            _purchase(digits)
            if not _follows(digits, _NO_PREFIX):
                digits.take_counted("0123456", _PREFIX)


def _validity(digits: _Digits) -> None:
    days = [_day(digits.take(6)) for field in "34" if _follows(digits, field)]
    if len(days) > 1 and days[0] < days[1]:  # the end comes first
        raise _Wrong


def _day(yymmdd: str) -> date:
    try:
        return date(2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError as error:
        raise _Wrong from error


def _handling(digits: _Digits) -> None:
    if _follows(digits, "5"):
        digits.take_counted("0123456789", _PREFIX)  # serial number
    if _follows(digits, "6"):
        digits.take_counted("1234567", _PREFIX)  # the shop
    if _follows(digits, "9"):
        digits.take(of="01256")
        digits.take(of="012")
        digits.take()
        digits.take(of="01")
