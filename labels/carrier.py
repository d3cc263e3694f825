"""Carrier: a carrier's own label on its way to a printer: untouched where the printer speaks its language.

A PNG also becomes a PDF page or a ZPL graphic, dot by dot; it is never scaled. Nothing else is converted.
"""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy import exists, select

from labels import pdf, zpl
from labels.parts import MM_PER_INCH, Label, Media
from labels.shipment import passed_through
from scanner.carrier_labels import label_of, language_of
from scanner.db import db
from scanner.models import CarrierLabel
from scanner.refusals import Refusal

_SPARE = 0.02  # printers of 8 dots to the millimetre are called 203 dpi
_SCREENS = (72, 96)  # dpi that say nothing of a printer
_PRINTERS = (203, 300, 600)
_EDGE_MM = 1.0  # as much as may be cut off, see labels/shipment.py
_NEAR_MM, _FAR_MM = 2.0, 15.0  # how much of the medium a whole label may leave on one side, and on the other


def has_one(parcel_id: int) -> bool:
    """Whether the parcel's carrier has sent a label."""
    return bool(db.session.scalar(select(exists().where(CarrierLabel.parcel_id == parcel_id))))


def made(parcel_id: int, language: str, width_mm: float, height_mm: float, dpi: int) -> bytes:
    """The label in a printer's language. Refuses label_gone, label_language, label_too_small, bad_carrier_label."""
    kept = label_of(parcel_id)
    if kept is None:
        raise Refusal("label_gone", "The carrier's label")
    language_of(kept.data)  # it may have been kept by a version that let more through, or have come with a back-up
    if kept.language == language:
        return kept.data
    if kept.language != "png":
        raise Refusal("label_language", f"carrier's label in {kept.language.upper()}", language.upper())
    own_dpi = _dpi_of(kept.data, width_mm, height_mm)
    if language == "pdf":  # vectors have no dots of their own: the picture keeps its size
        return pdf.pages([_label(kept.data, Media(width_mm, height_mm, own_dpi or dpi))])
    if own_dpi and abs(own_dpi - dpi) > dpi * _SPARE:
        raise Refusal("label_language", f"carrier's label of {own_dpi} dpi", f"of a printer of {dpi} dpi")
    return zpl.job(_label(kept.data, Media(width_mm, height_mm, dpi)))


def _label(png: bytes, media: Media) -> Label:
    return passed_through(png, media, name="The carrier's label")


def _dpi_of(png: bytes, width_mm: float, height_mm: float) -> int | None:
    """The resolution that a picture was made for: the one that it names, if it is not larger than the medium then.

    Programs that know no printer name a screen's, 72 or 96, or none: then the one at which it fills the medium, if any.
    """
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        named, (width, height) = picture.info.get("dpi"), picture.size
    dpi = round(named[0]) if named else 0
    if abs(dpi - 8 * MM_PER_INCH) < 1:
        dpi = 203
    if dpi in _SCREENS and max(width * MM_PER_INCH / dpi - width_mm, height * MM_PER_INCH / dpi - height_mm) > _EDGE_MM:
        dpi = 0
    if 72 <= dpi <= 1200:
        return dpi
    return next((known for known in _PRINTERS if _fills(width, height, Media(width_mm, height_mm, known))), None)


def _fills(width: int, height: int, media: Media) -> bool:
    spare = (media.width_mm - media.mm(width), media.height_mm - media.mm(height))
    return min(spare) >= -_EDGE_MM and min(map(abs, spare)) <= _NEAR_MM and max(spare) <= _FAR_MM
