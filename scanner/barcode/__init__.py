r"""Barcode: from ink to meaning. Pure: no database, no web, no state between scans.

    read(raw, symbology) -> Scan      the only way in; raises Misread
    own.encode, own.command, ...      the codes that Scandock prints
    gs1.element_string, gs1.link      GS1 data to print
    keys.sscc, keys.check_digit       GS1 keys to make

What a code means here (which item, which location) is the business of `scanner.find`.
"""

from __future__ import annotations

from scanner.barcode.gs1 import bracketed, element_string, link
from scanner.barcode.keys import check_digit, gtin, is_gln, is_sscc, sscc
from scanner.barcode.misread import Misread
from scanner.barcode.own import badge_token, command, compact, encode, twins
from scanner.barcode.reader import read
from scanner.barcode.scan import Scan

__all__ = [
    "Misread",
    "Scan",
    "badge_token",
    "bracketed",
    "check_digit",
    "command",
    "compact",
    "element_string",
    "encode",
    "gtin",
    "is_gln",
    "is_sscc",
    "link",
    "read",
    "sscc",
    "twins",
]
