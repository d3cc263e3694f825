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
from scanner.carrier_labels import label_of
from scanner.db import db
from scanner.models import CarrierLabel
from scanner.refusals import Refusal

_SPARE = 0.02  # printers of 8 dots to the millimetre are called 203 dpi


def has_one(parcel_id: int) -> bool:
    """Whether the parcel's carrier has sent a label."""
    return bool(db.session.scalar(select(exists().where(CarrierLabel.parcel_id == parcel_id))))


def made(parcel_id: int, language: str, width_mm: float, height_mm: float, dpi: int) -> bytes:
    """The label in a printer's language. Refuses label_gone, label_language, label_too_small."""
    kept = label_of(parcel_id)
    if kept is None:
        raise Refusal("label_gone", "The carrier's label")
    if kept.language == language:
        return kept.data
    if kept.language != "png":
        raise Refusal("label_language", f"carrier's label in {kept.language.upper()}", language.upper())
    own_dpi = _dpi_of(kept.data)
    if language == "pdf":  # vectors have no dots of their own: the picture keeps its size
        return pdf.pages([_label(kept.data, Media(width_mm, height_mm, own_dpi or dpi))])
    if own_dpi and abs(own_dpi - dpi) > dpi * _SPARE:
        raise Refusal("label_language", f"carrier's label of {own_dpi} dpi", f"of a printer of {dpi} dpi")
    return zpl.job(_label(kept.data, Media(width_mm, height_mm, dpi)))


def _label(png: bytes, media: Media) -> Label:
    return passed_through(png, media, name="The carrier's label")


def _dpi_of(png: bytes) -> int | None:
    """The resolution that the picture itself names."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        named = picture.info.get("dpi")
    dpi = round(named[0]) if named else 0
    if abs(dpi - 8 * MM_PER_INCH) < 1:
        return 203
    return dpi if 72 <= dpi <= 1200 else None
