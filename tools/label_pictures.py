"""Label pictures: one of each label as docs/pictures/labels shows it. `python -m tools.label_pictures` draws them anew.

`tests/labels/test_pictures.py` draws them again and compares, so a layout that changed is looked at by a person.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

from PIL import Image

from labels import picture
from labels.card import BadgeFacts, CardFacts, badge, card, command_card
from labels.check_sheet import check_sheet
from labels.item import ItemFacts, item
from labels.location import LocationFacts, location
from labels.parts import Label, Media
from labels.shipment import ShipmentFacts, shipment
from labels.unit import ToteFacts, UnitFacts, tote, unit
from scanner.barcode import keys, own

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "labels"

_SSCC = keys.sscc("9506000", 3, 12345)
_FROM = ("Scandock Demo", "Dock Street 4", "20457 Hamburg", "GERMANY")
_TO = ("Anna Müller", "Teehaus Nord GmbH", "Lange Reihe 22", "20099 Hamburg", "GERMANY")
_TEA = ItemFacts(
    sku="TEA-GREEN-500",
    description="Green tea, loose leaf, organic, first flush 500 g",
    gtin="9506000134352",
    lot="AB12",
    serial="S-00017",
    expires_on=date(2027, 12, 31),
    quantity=12,
    unit="bags",
)
_BOLT = ItemFacts("BOLT-M8x40", "Hexagon bolt M8 x 40, zinc plated, 8.8")
_UNIT = UnitFacts(
    sscc=_SSCC,
    ship_from=_FROM,
    ship_to=_TO[1:],
    description=_TEA.description,
    sku=_TEA.sku,
    gtin=_TEA.gtin,
    count=48,
    lot=_TEA.lot,
    expires_on=_TEA.expires_on,
    order="SO-10023",
    weight_g=184_500,
)
_PARCEL = ShipmentFacts(
    ship_from=_FROM,
    ship_to=_TO,
    carrier="PARCELCO",
    service="Express 12:00",
    tracking="00340434161094012345",
    order="SO-10023",
    reference="PO 7781",
    parcel=1,
    parcels=3,
    weight_g=4_250,
    shipped_on="2026-11-25",
    routing="HAM 20099-4",
    sscc=_SSCC,
)


def _place(name: str, level: int, arrow: str | None, check_digits: str, zone: str = "") -> LocationFacts:
    return LocationFacts(name, own.encode("location", own.compact(name)), level, arrow, check_digits, zone)


LABELS: dict[str, Callable[[], Label]] = {
    "location-beam": lambda: location(_place("A-03-02", 2, "up", "583"), Media(100, 50)),
    "location-beam-long": lambda: location(_place("B-12-04-07", 4, "down", "071"), Media(100, 50)),
    "location-floor": lambda: location(
        _place("A-03-00", 0, None, "264", "Bulk"), Media(100, 150), style="floor", twin="qr"
    ),
    "location-far": lambda: location(_place("A-03-06", 6, "up", "907"), Media(210, 99), style="far"),
    "item-25": lambda: item(_TEA, Media(25, 25)),
    "item-50": lambda: item(_TEA, Media(50, 25)),
    "item-100": lambda: item(_TEA, Media(100, 50), is_copy=True),
    "item-gs1-128": lambda: item(_TEA, Media(100, 50), symbol="gs1_128"),
    "item-ean": lambda: item(ItemFacts(_TEA.sku, _TEA.description, _TEA.gtin), Media(50, 40)),
    "item-sku": lambda: item(_BOLT, Media(57, 32)),
    "unit-4x6": lambda: unit(_UNIT, Media(101.6, 152.4)),
    "unit-a6-copy": lambda: unit(_UNIT, Media(105, 148), is_copy=True),
    "tote": lambda: tote(ToteFacts("000123", own.encode("tote", "000123"), "Pick tote, zone A"), Media(100, 50)),
    "shipment-4x6": lambda: shipment(_PARCEL, Media(101.6, 152.4)),
    "shipment-a6": lambda: shipment(_PARCEL, Media(105, 148)),
    "command": lambda: card(command_card("SHORT"), Media(85, 54)),
    "quantity": lambda: card(command_card(own.QUANTITY, 12), Media(63, 38)),
    "grade": lambda: card(command_card("QUARANTINE"), Media(85, 54)),
    "carton": lambda: card(
        CardFacts("M 40 x 30 x 20", own.encode("carton_type", "M403020"), "400 x 300 x 200 mm, 15 kg", "CARTON"),
        Media(100, 50),
    ),
    "bench": lambda: card(
        CardFacts("Packing bench 3", own.encode("device", "BENCH3"), "Scan to pack here", "STATION"), Media(100, 50)
    ),
    "badge": lambda: badge(
        BadgeFacts("Eva Lindqvist", own.encode("badge", "0123456789BCDEFGHIJKLNOPRS"), "Picker", "Hamburg"),
        Media(86, 54),
    ),
    "check-sheet": lambda: check_sheet(Media(105, 148)),
}


def drawn(name: str) -> Image.Image:
    """A label's picture, at its printer's dots."""
    return picture.preview(LABELS[name]())


def main() -> None:
    """Draw them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in LABELS:
        out = io.BytesIO()
        drawn(name).quantize(16).save(out, "PNG", optimize=True)
        (FOLDER / f"{name}.png").write_bytes(out.getvalue())
        print(f"{name}.png {len(out.getvalue())}")


if __name__ == "__main__":
    main()
