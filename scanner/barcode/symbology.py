r"""Symbology: from what a scanner sent to clean text and the AIM identifier that tells where it stood.

A keyboard wedge adds line ends, spaces and STX/ETX, and cannot type the GS1 separator (0x1D): each device shows it in
its own disguise. The forms that can be told from data are turned back into `\x1d` here. What arrives as key strokes
(Ctrl+], F8, Alt+029 on the keypad) the page turns into `\x1d` before it sends.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from scanner.barcode.misread import Misread

GS: Final = "\x1d"
MAX_LENGTH: Final = 256

# Symbologies whose data is GS1 element strings by their very identifier (GenSpecs 5.1.2; ]z1 is Aztec with FNC1 first).
GS1_AIMS: Final = frozenset(("]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1", "]z1"))
EAN_LETTER: Final = "E"  # ]E0 EAN-13, UPC-A, UPC-E; ]E3 the same with add-on; ]E4 EAN-8
ITF_LETTER: Final = "I"
EAN_WITH_ADD_ON: Final = "]E3"

_NOISE: Final = " \t\r\n\x00\x02\x03\x04\x06\ufeff"  # around a code, never in it
_LONGEST_RAW: Final = 4 * MAX_LENGTH  # a separator may be typed as "<GS>"
_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_AIM_NAME: Final = re.compile(r"\]?([A-Za-z][0-9A-Za-z])")
# U+241D is the picture of GS; U+2194 is what Windows makes of Alt+29 on the keypad.
_DISGUISED_GS: Final = re.compile(r"\u241d|\u2194|<GS>|\{GS\}|<FNC1>|\{FNC1\}|<F8>|\{F8\}|\^\]")
# ø (0xF8) is a letter of its own in plain text; GS1 data has no such letter, so there it is a separator.
_LETTER_GS: Final = "\u00f8"

# Names that decoders give to symbologies which say by themselves what is inside. A bare "Code 128" or "QR" does not.
_NAMED: Final = {
    "ean13": "]E0",
    "upca": "]E0",
    "upce": "]E0",
    "ean8": "]E4",
    "itf": "]I0",
    "itf14": "]I1",
    "databar": "]e0",
    "databaromni": "]e0",
    "databarstacked": "]e0",
    "databarlimited": "]e0",
    "databarexpanded": "]e0",
    "databarexpandedstacked": "]e0",
    "gs1128": "]C1",
    "gs1datamatrix": "]d2",
    "gs1qr": "]Q3",
    "gs1qrcode": "]Q3",
}


def tidy(raw: str, symbology: str | None = None) -> tuple[str, str | None]:
    """The text without noise and the AIM identifier, if there is one. Raises Misread for what no label holds.

    `symbology` is what the reader says about the code: an AIM identifier or a name such as 'ean_13'. An identifier
    in the data itself wins.
    """
    if len(raw) > _LONGEST_RAW:
        raise Misread("too_long")
    text = raw.strip(_NOISE)
    if _AIM.match(text):
        aim: str | None = text[:3]
        text = text[3:].strip(_NOISE)
    else:
        aim = aim_of(symbology) if symbology else None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = show_separators(text, aim)
    _refuse_unusable(text, may_have_gs=aim is None or aim in GS1_AIMS)
    return text, aim


def show_separators(text: str, aim: str | None) -> str:
    r"""`text` with every disguise of the GS1 separator as `\x1d`; unchanged where the symbol cannot hold GS1 data."""
    if aim is not None and aim not in GS1_AIMS:
        return text
    text = _DISGUISED_GS.sub(GS, text)
    if _LETTER_GS in text and (aim is not None or text[:2] in {"00", "01", "02"}):
        text = text.replace(_LETTER_GS, GS)
    return text


def aim_of(symbology: str) -> str | None:
    """The AIM identifier of a symbology's name; None if the name alone does not tell what is inside."""
    named = _AIM_NAME.fullmatch(symbology)
    if named:
        return "]" + named[1]
    return _NAMED.get("".join(filter(str.isalnum, symbology)).lower())


def _refuse_unusable(text: str, *, may_have_gs: bool) -> None:
    if not text or not text.strip(GS):
        raise Misread("empty")
    if len(text) > MAX_LENGTH:
        raise Misread("too_long")
    visible = text.replace(GS, "") if may_have_gs else text
    if not visible.isprintable() or "\ufffd" in text:  # U+FFFD stands where bytes could not be decoded
        raise Misread("control_characters")
