"""Shipment: the label on a parcel, 4 x 6 inches or A6: from, to, carrier, tracking, order, which parcel of how many.

The carrier's bar is read from the conveyor, the address by the driver, the routing block by the sorter; the SSCC stands
lowest as on every logistic label. A carrier that sends its own label is not redrawn: `passed_through` prints that one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from labels.frame import address, barcode, copy_mark, grid, kilograms, line_across
from labels.limits import limit
from labels.parts import Box, Label, Media, Picture, Symbol
from labels.picture import WHITE, black_and_white
from labels.sketch import Sketch
from scanner.barcode import keys
from scanner.refusals import Refusal

_HRI_MM = 2.6
_EDGE_MM = 1.0  # of a carrier's label that may be cut off where it is white


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """What a parcel's label says. Addresses are lines; `routing` is what is sorted by: a carrier's code, or a postcode.

    `parcels` is None while nobody knows how many there will be: then the label says which it is, and no more.
    """

    ship_from: tuple[str, ...]
    ship_to: tuple[str, ...]
    carrier: str
    service: str = ""
    tracking: str = ""
    order: str = ""
    reference: str = ""
    parcel: int = 1
    parcels: int | None = 1
    weight_g: int | None = None
    shipped_on: str = ""
    routing: str = ""
    sscc: str = ""


def shipment(facts: ShipmentFacts, media: Media, *, is_copy: bool = False) -> Label:
    """The label. Refusals: `label_bad_content` for an SSCC or tracking number that no symbol holds,
    `label_too_small` where a barcode does not fit.
    """  # noqa: D205
    if facts.sscc and not keys.is_sscc(facts.sscc):
        raise Refusal("label_bad_content", facts.sscc, why="it is no SSCC: 18 digits with the right check digit")
    sketch = Sketch(f"shipment {facts.tracking or facts.sscc}", media, margin_mm=3.0)
    heights = [20.0, 0.0]
    if facts.routing:
        heights.append(13.0)
    heights.append(8.0)
    if facts.tracking:
        heights.append(27.0 if facts.sscc else 36.0)
    if facts.sscc:
        heights.append(32.0 + _HRI_MM * 1.65 + 0.5)
    rows = sketch.rows(sketch.room, *heights, gap_mm=1.6)
    for row in rows[:-1]:
        line_across(sketch, row.bottom + sketch.dots(0.6))
    left = iter(rows)
    _head(sketch, facts, next(left))
    _ship_to(sketch, facts, next(left), is_copy=is_copy)
    if facts.routing:
        sketch.text(facts.routing, next(left), 10.0, least_mm=3.0, bold=True, align="center", name="routing")
    grid(sketch, next(left), _fields(facts), columns=4, mm=3.4, title_mm=1.5, least_mm=1.4)
    if facts.tracking:
        _tracking(sketch, facts.tracking, next(left))
    if facts.sscc:
        barcode(sketch, Symbol("gs1_128", f"00{facts.sscc}"), next(left), "unit", name="sscc", hri_mm=_HRI_MM)
    return sketch.done()


def _head(sketch: Sketch, facts: ShipmentFacts, box: Box) -> None:
    sender, carrier = sketch.columns(box, 1.1, 1, gap_mm=3)
    address(sketch, sender, "From", facts.ship_from, mm=2.2)
    name, service = sketch.rows(carrier, 11.0, 0, gap_mm=0.6)
    sketch.fill(name, facts.carrier, 7.0, name="carrier")
    sketch.text(facts.service, service, 5.0, least_mm=2.0, bold=True, align="center", name="service")


def _ship_to(sketch: Sketch, facts: ShipmentFacts, box: Box, *, is_copy: bool) -> None:
    """The address, large, and which parcel of how many."""
    where, parcel = sketch.columns(box, 3.2, 1, gap_mm=2)
    address(sketch, where, "Ship to", facts.ship_to, mm=4.4, least_mm=2.0)
    title, number, rest = sketch.rows(parcel, 2.6, 9.0, 0, gap_mm=0.6)
    sketch.text("PARCEL", title, 1.5, least_mm=1.2, align="right", name="parcel title")
    of_all = f"/{facts.parcels}" if facts.parcels else ""
    sketch.text(f"{facts.parcel}{of_all}", number, 8.0, bold=True, align="right", name="parcel")
    if is_copy:
        mark, _ = sketch.rows(rest, 5.0, 0, gap_mm=0.4)
        copy_mark(sketch, mark, mm=3.2)


def _fields(facts: ShipmentFacts) -> list[tuple[str, str]]:
    weight = kilograms(facts.weight_g) if facts.weight_g else ""
    found = [("Order", facts.order), ("Reference", facts.reference), ("Weight", weight), ("Shipped", facts.shipped_on)]
    return [(title, value) for title, value in found if value]


def _tracking(sketch: Sketch, tracking: str, box: Box) -> None:
    """The carrier's number, as wide as it goes up to its target."""
    title, bars = sketch.rows(box, 2.6, 0, gap_mm=0.2)
    sketch.text("TRACKING", title, 1.5, least_mm=1.2, align="center", name="tracking title")
    symbol = Symbol("code128", tracking)
    most = limit("tracking", "code128").target_mm
    barcode(sketch, symbol, bars, "tracking", name="tracking", hri_mm=_HRI_MM, most_mm=most, words=_spaced(tracking))


def _spaced(tracking: str) -> str:
    """In groups of four, as people read long numbers aloud."""
    return " ".join(tracking[at : at + 4] for at in range(0, len(tracking), 4)) if tracking.isdigit() else tracking


def passed_through(png: bytes, media: Media, *, name: str = "carrier label") -> Label:
    """A carrier's own label, dot by dot, never scaled. Refusal `label_too_small` if it is larger than the medium by
    more than a white edge: 4 x 6 in are 101.6 x 152.4 mm, and lie in the printer as 102 x 152.
    """  # noqa: D205
    sketch = Sketch(name, media)
    dots = black_and_white(png)
    kept = _middle(dots, sketch.page, most=sketch.dots(_EDGE_MM))
    if kept is None:
        why = f"it has {dots.width} by {dots.height} dots and the label {sketch.page.width} by {sketch.page.height}"
        raise Refusal("label_too_small", name, why=why)
    if kept.size != dots.size:
        out = io.BytesIO()
        kept.save(out, "PNG")
        png = out.getvalue()
    sketch.parts.append(Picture(Box(0, 0, *kept.size), png))
    return sketch.done()


def _middle(dots: Image.Image, page: Box, *, most: int) -> Image.Image | None:
    """What the page holds of a picture whose edges are cut evenly; None where more than `most` dots, or ink, is cut."""
    width, height = min(dots.width, page.width), min(dots.height, page.height)
    left, above = (dots.width - width) // 2, (dots.height - height) // 2
    inner = (left, above, left + width, above + height)
    edges = dots.copy()
    edges.paste(WHITE, inner)
    is_ink_kept = edges.convert("L").getextrema() == (255, 255)
    return dots.crop(inner) if is_ink_kept and max(dots.width - width, dots.height - height) <= most else None
