"""Carrier labels: the label that a carrier has sent for a parcel, kept as it came and printed instead of ours.

What it is, is told from its bytes: PDF, PNG or ZPL. A ZPL label may draw and nothing else: whatever sets a printer up,
stores something in it, sends it elsewhere or changes what a command looks like is refused.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Final

from PIL import Image, UnidentifiedImageError
from sqlalchemy import delete, select

from scanner.audit import audit
from scanner.by import By
from scanner.db import db, now
from scanner.models import CarrierLabel, Order, Parcel
from scanner.refusals import Refusal

LABEL_BYTES: Final = 2_000_000
_PIXELS: Final = 30_000_000  # A6 at 600 dpi has 9 million
_TRACKING: Final = range(4, 65)
_COMMAND: Final = re.compile(rb"[\^~]")
# RS and DLE stand for ^ and ~ in a printer (Zebra's ZPL II guide). No carrier's label needs a sign of control: pictures
# come as hex or base64, and those within a MaxiCode as hex under ^FH. So binary pictures (^GFB, ^GFC) are refused too.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Zebra's ZPL II guide: fonts and fields, bars, boxes, pictures, how the page lies, how many. What carriers set of
# speed, darkness and paper besides is let through; what would scale, shift or smear later labels is not: ^MU ^LT ^MCN.
_DRAWS: Final = re.compile(
    rb"\^(?:A[0-9A-Z@]|B[0-9A-FIJKLMOPQRSTUXYZ]|C[FI]|F[BCDHMNOPRSTVWX]|G[BCDEFS]|L[HLRS]|MC(?=Y)|M[DMT]|MN(?=[WYMA])"
    rb"|P[AMORW]|PQ(?=0{0,7}[0-9]?[^0-9])|S[NF]|TB|X[AZ])"
)


def keep(by: By, parcel_id: int, data: bytes, tracking: str = "") -> CarrierLabel:
    """Take a carrier's label for a parcel, in place of one that was there. Belongs in `transact`.

    `tracking` becomes the parcel's, as if it had been scanned at the door; "" leaves the parcel's as it is.
    Refuses bad_carrier_label, label_gone, unit_shipped, tracking_in_use, unknown_code.
    """
    language = language_of(data)
    parcel = _open_parcel(by, parcel_id)
    if tracking:
        _set_tracking(parcel, tracking)
    row = label_of(parcel_id)
    if row is None:
        row = CarrierLabel(parcel_id=parcel_id, site_id=by.site_id)
        db.session.add(row)
    row.language, row.data, row.tracking = language, data, tracking
    row.added_by, row.at = by.person_id, now()
    db.session.flush()
    audit(by, "parcel.label", str(parcel_id), f"{language}, {len(data)} bytes {tracking}".strip())
    return row


def drop(by: By, parcel_id: int) -> None:
    """Our own label is printed again. Belongs in `transact`. Refuses label_gone, unit_shipped."""
    _open_parcel(by, parcel_id)
    db.session.execute(delete(CarrierLabel).where(CarrierLabel.parcel_id == parcel_id))
    audit(by, "parcel.label", str(parcel_id), "taken off")


def label_of(parcel_id: int) -> CarrierLabel | None:
    """The carrier's label of a parcel, if it has one."""
    return db.session.scalars(select(CarrierLabel).where(CarrierLabel.parcel_id == parcel_id)).first()


def _open_parcel(by: By, parcel_id: int) -> Parcel:
    parcel = db.session.get(Parcel, parcel_id, with_for_update=True, populate_existing=True)
    if parcel is None or parcel.site_id != by.site_id:
        raise Refusal("label_gone", "The parcel of this label")
    if parcel.status == "shipped":
        raise Refusal("unit_shipped", "The parcel")
    return parcel


def _set_tracking(parcel: Parcel, number: str) -> None:
    if len(number) not in _TRACKING or not number.isprintable():
        raise Refusal("unknown_code", number[:40], "the tracking number")
    same = (Parcel.site_id == parcel.site_id, Parcel.tracking == number, Parcel.id != parcel.id)
    other = db.session.scalars(select(Order.number).join(Parcel, Parcel.order_id == Order.id).where(*same)).first()
    if other is not None:
        raise Refusal("tracking_in_use", number, other=other)
    parcel.tracking = number


# --- what it is ------------------------------------------------------------------------------------------------------


def language_of(data: bytes) -> str:
    """'pdf', 'png' or 'zpl'. Refuses bad_carrier_label, with what is wrong."""
    if not data:
        raise _bad("it is empty")
    if len(data) > LABEL_BYTES:
        raise _bad(f"it is larger than {LABEL_BYTES // 1_000_000} MB")
    if data.startswith(b"%PDF-"):
        if not data.rstrip(b"\0\t\n\r ").endswith(b"%%EOF"):
            raise _bad("the PDF is not complete, or something comes behind it")
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png(data)
        return "png"
    if data.lstrip().startswith(b"^XA"):
        _check_zpl(data)
        return "zpl"
    raise _bad("it is neither PDF nor PNG nor ZPL that starts with ^XA")


def _check_png(data: bytes) -> None:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if picture.width * picture.height > _PIXELS:
                raise _bad(f"the picture has more than {_PIXELS // 1_000_000} million dots")
            picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bad("the PNG cannot be read") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _bad("the PNG cannot be read") from error


def _check_zpl(data: bytes) -> None:
    if not data.rstrip().endswith(b"^XZ"):
        raise _bad("the ZPL does not end with ^XZ")
    if found := _CONTROL.search(data):
        raise _bad(f"it holds the sign of control {found[0].hex().upper()}, which may stand for a command")
    for found in _COMMAND.finditer(data):
        if not _DRAWS.match(data, found.start()):
            shown = data[found.start() : found.start() + 3].decode("ascii", "replace")
            raise _bad(f"its command {shown if shown.isprintable() else 'of unprintable signs'} does more than draw")


def _bad(why: str) -> Refusal:
    return Refusal("bad_carrier_label", why=why)
