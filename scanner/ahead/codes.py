"""Codes: what names a thing, in every form in which scanners and keyboards send it.

Whole codes where there are few of them; a regular expression where a label carries fields that change. The expressions
are for JavaScript and Python alike. They match no more than the reader takes: a label that fits none of them is for the
server to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import bindparam, select

from scanner.barcode import keys
from scanner.barcode.own import command, encode
from scanner.db import db
from scanner.models import Barcode, Location

GS = "\x1d"
_DAY = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])"
_DATE = rf"1[1235-7]{_DAY}"  # AI 11, 12, 13, 15, 16, 17
_TEXT = r"[!\"%-?A-Z_a-z]{1,20}"
_ENDS = r"(?:\x1d|$)"
_REST = rf"(?:{_DATE}|(?:21|24[01]){_TEXT}{_ENDS})"
_ANY = rf"(?:{_DATE}|(?:10|21|24[01]){_TEXT}{_ENDS})"


@dataclass(frozen=True, slots=True)
class Pack:
    """What one scan of an item may stand for: so many base units, under these codes."""

    qty: int
    texts: tuple[str, ...]  # whole codes that say nothing but the item
    gtins: tuple[str, ...]  # 14 digits


def place_codes(body: str, code: str, check_digits: str = "") -> tuple[str, ...]:
    """A location: its label, its address as people type it, and the digits on the label."""
    return (encode("location", body), code, *([check_digits] if check_digits else []))


def packs_of(item_ids: Collection[int]) -> dict[int, list[Pack]]:
    """By item, the packs that have barcodes, single units first."""
    rows = db.session.execute(_BARCODES, {"items": sorted(item_ids)}).all()
    found: dict[int, dict[int, list[str]]] = {item_id: {} for item_id in item_ids}
    for row in rows:
        found[row.item_id].setdefault(row.qty, []).append(row.code)
    return {item_id: [_pack(qty, codes) for qty, codes in sorted(by_qty.items())] for item_id, by_qty in found.items()}


_BARCODES = (
    select(Barcode.item_id, Barcode.qty, Barcode.code)
    .where(Barcode.item_id.in_(bindparam("items", expanding=True)))
    .order_by(Barcode.item_id, Barcode.qty, Barcode.code)
)


def _pack(qty: int, codes: Iterable[str]) -> Pack:
    texts: list[str] = []
    gtins = []
    for code in codes:
        if len(code) == 14 and keys.has_check_digit(code):
            gtins.append(code)
            texts += [*_shorter(code), f"01{code}"]
        else:
            texts.append(code)
    return Pack(qty, tuple(dict.fromkeys(texts)), tuple(gtins))


def _shorter(gtin: str) -> list[str]:
    """A GTIN as its symbols hold it: 14 digits, and without leading noughts EAN-13, UPC-A, UPC-E and EAN-8."""
    forms = [gtin[14 - length :] for length in (14, 13, 12, 8) if not gtin[: 14 - length].strip("0")]
    upc_e = _upc_e(gtin[2:]) if gtin.startswith("00") else None
    return [*forms, upc_e] if upc_e else forms


def _upc_e(upc_a: str) -> str | None:
    """The eight digits of a UPC-A whose noughts can be squeezed out (GenSpecs 5.2.2.4); None if it has none."""
    system, maker, item, check = upc_a[0], upc_a[1:6], upc_a[6:11], upc_a[11]
    squeezed = (
        maker[:2] + item[2:] + maker[2],
        maker[:3] + item[3:] + "3",
        maker[:4] + item[4:] + "4",
        maker + item[4:],
    )
    for six in squeezed:
        if keys.expand_upc_e(system + six + check) == upc_a:
            return system + six + check
    return None


def unit_codes(code: str, kind: str) -> tuple[str, ...]:
    """A pallet or carton by its SSCC, a tote by our own label; each by its code as people type it."""
    return (encode("tote", code), code) if kind == "tote" else (f"00{code}", code)


def tracking_codes(number: str) -> tuple[str, ...]:
    """A carrier's number as it is scanned; an SSCC that is on file without its AI 00 is scanned with it, too."""
    return (number, f"00{number}") if keys.is_sscc(number) else (number,) if number else ()


LIKE_PLACE = "^L[0-9A-Z]{2,33}$"
LIKE_TYPED = "^[0-9]{1,12}$"  # a tote's number by hand
LIKE_QUANTITY = "^CQ[0-9]{1,6}[0-9A-Z]$"


def like_tote(taken: Collection[str] = ()) -> str:
    """Any tote's label but those of the totes that are taken."""
    but = f"(?!(?:{'|'.join(sorted(taken))}).$)" if taken else ""
    return f"^U{but}[0-9A-Z]{{2,33}}$"


def like_unit(taken: Collection[str]) -> tuple[str, ...]:
    """Any tote's or pallet's label but those of the units that are taken."""
    but = f"(?!(?:00)?(?:{'|'.join(sorted(taken))})$)" if taken else ""
    return (like_tote(taken), f"^{but}(?:00)?[0-9]{{18}}$")


# --- GS1 fields ------------------------------------------------------------------------------------------------------


def like_item(gtins: Iterable[str]) -> tuple[str, ...]:
    """Labels of an item that is not kept by lot or serial: whatever lot, serial and dates they carry."""
    return tuple(f"^01{gtin}{_ANY}+$" for gtin in gtins)


def like_lot(gtins: Iterable[str], lot: str, dates: str = _DATE) -> tuple[str, ...]:
    """Labels of an item with one lot on them. `dates` are the fields before it."""
    return tuple(rf"^01{gtin}(?:{dates})*10{re.escape(lot)}(?:\x1d{_REST}*)?$" for gtin in gtins)


def dates_of(expiry: date | None, best_before: date | None) -> str:
    """The date fields of a lot's label: its own dates, and such as the book does not keep."""
    own = [f"{ai}{day:%y%m%d}" for ai, day in (("17", expiry), ("15", best_before)) if day]
    return "|".join([rf"1[1236]{_DAY}", *own])


def like_serial(gtins: Iterable[str], serial: str) -> tuple[str, ...]:
    """Labels of an item with one serial number on them, with or without a lot before it."""
    before = rf"(?:{_DATE}|10{_TEXT}\x1d)*"
    return tuple(rf"^01{gtin}{before}21{re.escape(serial)}(?:\x1d{_ANY}*)?$" for gtin in gtins)


def like_other(gtins: Iterable[str]) -> tuple[str, ...]:
    """Any other label of these items, and what only the reader takes apart: for the server to judge."""
    keys_ = "|".join(dict.fromkeys(gtins))
    return (*([f"^0[12](?:{keys_})"] if keys_ else []), r"^(?:\(0[12]\)|[hH][tT][tT][pP][sS]?:)")


def labelled(gtin: str, ai: str, text: str) -> str:
    """A label of an item with one more field, to be played."""
    return f"]C101{gtin}{ai}{text}"


def field_codes(ai: str, text: str) -> tuple[str, ...]:
    """A lot (AI 10) or serial number (AI 21) by itself: as the pad sends it, as a label holds it, as it reads."""
    return (f"]C1{ai}{text}{GS}", f"]C1{ai}{text}", text)


# --- places and cards ------------------------------------------------------------------------------------------------


MOST_PLACES = 40


def places_of_kind(site_id: int, kind: str, most: int = MOST_PLACES) -> list[tuple[str, ...]]:
    """The codes of a site's places of one kind that are not on hold, in walking order."""
    rows = db.session.execute(
        select(Location.scan_body, Location.code)
        .where(Location.site_id == site_id, Location.kind == kind, ~Location.is_held)
        .order_by(Location.walk_order, Location.code)
        .limit(most)
    )
    return [place_codes(row.scan_body, row.code) for row in rows]


@cache
def cards(*words: str) -> tuple[str, ...]:
    """The codes of command cards."""
    return tuple(command(word) for word in words)
