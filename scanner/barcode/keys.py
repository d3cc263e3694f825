"""GS1 keys and check characters: GTIN, SSCC, GLN, UPC-E, and ISO 7064 MOD 37,36 for our own codes."""

from __future__ import annotations

from typing import Final

GTIN_LENGTHS: Final = frozenset((8, 12, 13, 14))
SSCC_LENGTH: Final = 18
GLN_LENGTH: Final = 13
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# GenSpecs 7.11 and 7.9.5: the 82 characters by their values, the 32 of check character pairs, the weights.
CSET_82: Final = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET_32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)

_VALUES: Final = {char: value for value, char in enumerate(ALPHABET)}
_PREFIX_LENGTHS: Final = range(4, 13)  # GS1 company prefixes, GenSpecs 1.4


def is_digits(text: str) -> bool:
    """True for ASCII digits only: `str.isdigit` alone lets '٣' and '²' through."""
    return text.isascii() and text.isdigit()


def check_digit(payload: str) -> str:
    """The GS1 mod 10 check digit that belongs after `payload` (GenSpecs 7.9.1). ValueError unless it is digits."""
    if not is_digits(payload):
        raise ValueError(f"digits expected, got {payload!r}")
    return str(-_weighted(payload + "0") % 10)


def has_check_digit(digits: str) -> bool:
    """True if `digits` are digits and the last one is their GS1 check digit."""
    return is_digits(digits) and _weighted(digits) % 10 == 0


def _weighted(digits: str) -> int:
    """The digits' sum with weights 1, 3, 1, 3 ... from the right."""
    return sum(map(int, digits[::-2])) + 3 * sum(map(int, digits[-2::-2]))


def check_pair(payload: str) -> str:
    """The two check characters that belong after `payload` in AI 8013 and 8014 (GenSpecs 7.9.5).

    ValueError for none or more than 23 characters, or one that is none of the 82.
    """
    if not 0 < len(payload) <= len(_PRIMES):
        raise ValueError(f"1 to 23 characters expected, got {payload!r}")
    total = sum(weight * CSET_82.index(char) for weight, char in zip(_PRIMES, reversed(payload), strict=False)) % 1021
    return _CSET_32[total // 32] + _CSET_32[total % 32]


def has_check_pair(text: str) -> bool:
    """True if the last two characters are the check characters of those before them."""
    payload = text[:-2]
    return 0 < len(payload) <= len(_PRIMES) and set(payload) <= set(CSET_82) and check_pair(payload) == text[-2:]


def gtin(text: str) -> str | None:
    """A GTIN-8, -12, -13 or -14 as 14 digits; None if it is none or its check digit is wrong."""
    return text.zfill(14) if len(text) in GTIN_LENGTHS and has_check_digit(text) else None


def is_restricted(gtin14: str) -> bool:
    """True for a number that is given out for use within a company or a region (GenSpecs 1.4: prefixes 02, 04, 2).

    AI 01 and 02 may not carry it to others. A GTIN-8 is of this kind when it begins with 0 or 2.
    """
    if gtin14.startswith("000000"):
        return gtin14[6] in "02"
    return gtin14[1:3] in ("02", "04") or gtin14[1] == "2"


def is_variable(gtin: str) -> bool:
    """True for a trade item of variable measure: a GTIN-14 with the indicator 9 (GenSpecs 2.1.8).

    AI 01 and 02 need an element string with the measure beside it (GenSpecs 4.13).
    """
    return len(gtin) == 14 and gtin[0] == "9"


def is_sscc(text: str) -> bool:
    """True for 18 digits with the right check digit."""
    return len(text) == SSCC_LENGTH and has_check_digit(text)


def is_gln(text: str) -> bool:
    """True for 13 digits with the right check digit."""
    return len(text) == GLN_LENGTH and has_check_digit(text)


def expand_upc_e(text: str) -> str | None:
    """The UPC-A (12 digits) behind a UPC-E of number system, six digits and check digit; None if it is none.

    GenSpecs 5.2.2.4: zeros were squeezed out; the sixth digit says where. The check digit is that of the UPC-A.
    """
    if len(text) != 8 or not is_digits(text) or text[0] not in "01":
        return None
    system, six, check = text[0], text[1:7], text[7]
    last = six[5]
    if last in "012":
        body = six[:2] + last + "0000" + six[2:5]
    elif last == "3":
        body = six[:3] + "00000" + six[3:5]
    elif last == "4":
        body = six[:4] + "00000" + six[4]
    else:
        body = six[:5] + "0000" + last
    upc_a = system + body + check
    return upc_a if has_check_digit(upc_a) else None


def sscc(prefix: str, extension: int, serial: int) -> str:
    """Make the 18 digits of a new SSCC: extension digit, GS1 company prefix, serial reference, check digit.

    ValueError if a part is out of range: the prefix has 4 to 12 digits, the serial fills the rest of 17.
    """
    width = SSCC_LENGTH - 2 - len(prefix)
    if not is_digits(prefix) or len(prefix) not in _PREFIX_LENGTHS:
        raise ValueError(f"a GS1 company prefix has 4 to 12 digits, got {prefix!r}")
    if not 0 <= extension <= 9:
        raise ValueError(f"the extension digit is 0 to 9, got {extension}")
    if not 0 <= serial < 10**width:
        raise ValueError(f"the serial reference has {width} digits beside this prefix, got {serial}")
    payload = f"{extension}{prefix}{serial:0{width}d}"
    return payload + check_digit(payload)


def check_character(text: str) -> str:
    """The ISO 7064 MOD 37,36 check character after `text` of [0-9A-Z]. KeyError on any other character.

    It catches every single wrong character and nearly every pair that swapped places.
    """
    return ALPHABET[(1 - _mod_37_36(text)) % 36]


def has_check_character(text: str) -> bool:
    """True if the last character of `text` is the check character of what stands before it."""
    return len(text) > 1 and (_mod_37_36(text[:-1]) + _VALUES.get(text[-1], -1)) % 36 == 1


def _mod_37_36(text: str) -> int:
    product = 36
    for char in text:
        product = ((product + _VALUES[char]) % 36 or 36) * 2 % 37
    return product
