"""Reader: decides what a scanned text is: GS1 fields, a bare GTIN or SSCC, one of our own codes, or plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scanner.barcode import gs1, keys, own
from scanner.barcode.misread import Misread
from scanner.barcode.scan import Scan
from scanner.barcode.symbology import EAN_LETTER, EAN_WITH_ADD_ON, GS, GS1_AIMS, ITF_LETTER, tidy

_ITF_14: Final = 14
_KEY_LENGTHS: Final = {"00": keys.SSCC_LENGTH, "01": 14, "02": 14}


def read(raw: str, symbology: str | None = None, *, sends_gs: bool | None = None) -> Scan:
    """What `raw`, one scan as it came in, says. Raises Misread for anything that must not be used.

    `symbology` is what the reader knows: an AIM identifier or a name like 'ean_13'. `sends_gs` is what the device's
    profile knows: True if separators arrive, False if they are lost, None if nobody checked.
    """
    text, aim = tidy(raw, symbology)
    if aim in GS1_AIMS or GS in text:
        return _gs1(raw, text, aim, sends_gs)
    letter = aim[1] if aim else ""
    if letter == EAN_LETTER:
        return _retail(raw, text, aim)
    if keys.is_digits(text):
        return _digits(raw, text, aim, sends_gs)
    return _own(raw, text, aim) or _looks_gs1(raw, text, aim, sends_gs) or Scan(raw, text, aim)


def _gs1(raw: str, text: str, aim: str | None, sends_gs: bool | None) -> Scan:
    """Fields, because the symbol says so. Some printers forget the 00 before the 18 digits of an SSCC."""
    if aim == "]C1" and keys.is_sscc(text):
        return Scan(raw, text, aim, "sscc", sscc=text, ais={"00": text})
    return _of_fields(raw, text, aim, gs1.read_elements(text, sends_gs=sends_gs))


def _of_fields(raw: str, text: str, aim: str | None, ais: Mapping[str, str]) -> Scan:
    return Scan(raw, text, aim, "sscc" if ais.keys() == {"00"} else "gs1", **gs1.fields(ais))


def _retail(raw: str, text: str, aim: str | None) -> Scan:
    """EAN, UPC-A and UPC-E. Under ]E0 a UPC-E comes as 13 digits, or as 8 from scanners that do not expand it."""
    digits = text[:13] if aim == EAN_WITH_ADD_ON else text
    upc_e = keys.expand_upc_e(digits) if aim == "]E0" else None
    gtin = keys.gtin(upc_e or digits)
    if gtin is None:
        raise Misread("misread")
    return Scan(raw, text, aim, "gtin", gtin=gtin)


def _digits(raw: str, text: str, aim: str | None, sends_gs: bool | None) -> Scan:
    """Digits of which only length, start and check digit tell what they are."""
    gtin = keys.gtin(text)
    upc_e = keys.gtin(keys.expand_upc_e(text) or "") if aim is None else None
    if gtin or upc_e:
        return Scan(raw, text, aim, "gtin", gtin=gtin or upc_e, gtin_too=upc_e if gtin else None)
    if len(text) in keys.GTIN_LENGTHS:
        if len(text) == _ITF_14 and aim and aim[1] == ITF_LETTER:
            raise Misread("misread")
        return Scan(raw, text, aim, bad_check=True)
    return _looks_gs1(raw, text, aim, sends_gs) or Scan(raw, text, aim)


def _own(raw: str, text: str, aim: str | None) -> Scan | None:
    if not own.looks_own(text):
        return None
    found = own.decode(text)
    return Scan(raw, text, aim, "own" if found else "plain", own=found, bad_check=found is None)


def _looks_gs1(raw: str, text: str, aim: str | None, sends_gs: bool | None) -> Scan | None:
    """GS1 fields that no symbol vouches for: a link, brackets, or a key with the right check digit in front.

    A symbol whose identifier rules GS1 out is believed; but a link is one in any symbol.
    """
    if text[:4].lower() == "http":
        ais = gs1.read_link(text)
        return _of_fields(raw, text, aim, ais) if ais else None
    if aim is not None:
        return None
    if text.startswith("("):
        return _brackets(raw, text)
    key = text[2 : 2 + _KEY_LENGTHS.get(text[:2], 0)]
    if not key or len(key) < _KEY_LENGTHS[text[:2]] or not keys.is_digits(key):
        return None
    if not keys.has_check_digit(key):
        return Scan(raw, text, bad_check=True)
    try:
        return _of_fields(raw, text, aim, gs1.read_elements(text, sends_gs=sends_gs))
    except Misread as misread:
        if misread.code == "ambiguous_gs1":
            raise
        return Scan(raw, text, bad_check=True)  # one parcel number in ten looks like this: it must stay findable


def _brackets(raw: str, text: str) -> Scan | None:
    if not gs1.is_bracketed(text):
        return None
    try:
        return _of_fields(raw, text, None, gs1.read_elements(text))
    except Misread:
        if text[1:3] in _KEY_LENGTHS:
            raise
        return None  # "(12) blue" may be a SKU
