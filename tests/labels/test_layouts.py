"""Layouts on media of any shape: what a label is known by is there and can be read, or the label is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labels.card import card, command_card
from labels.location import LocationFacts, location
from labels.parts import Label, Media, Text
from labels.shipment import ShipmentFacts, shipment
from labels.unit import ToteFacts, UnitFacts, tote, unit
from scanner.barcode import encode, sscc
from scanner.refusals import Refusal

PLACE = LocationFacts("A-03-2", "LA0302X", 2, "up", "358", "Cold")
DRAWN: dict[str, tuple[Callable[[Media], Label], str, float]] = {
    "card": (lambda media: card(command_card("QUARANTINE"), media), "title", 2.4),
    "tote": (lambda media: tote(ToteFacts("12", encode("tote", "12"), "Cold goods"), media), "name", 3),
    "beam": (lambda media: location(PLACE, media), "name", 4),
    "floor": (lambda media: location(PLACE, media, style="floor"), "name", 6),
    "far": (lambda media: location(PLACE, media, style="far"), "name", 4),
}


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("width", [40, 63, 100, 210, 300])
@pytest.mark.parametrize("height", [10, 15, 20, 25, 38, 50, 150, 300])
def test_the_name_of_a_label_is_as_high_as_it_must_be_or_the_label_is_refused(
    kind: str, width: int, height: int
) -> None:
    draw, name, least_mm = DRAWN[kind]
    try:
        label = draw(Media(width, height))
    except Refusal as refusal:
        if refusal.code != "label_too_small":
            raise
        return
    (said,) = [part for part in label.parts if isinstance(part, Text) and part.name == name]
    assert said.box.height >= label.media.dots(least_mm)
    _apart(label)


def _apart(label: Label) -> None:
    boxes = [part.box for part in label.parts]
    for number, box in enumerate(boxes):
        assert 0 <= box.x < box.right <= label.width
        assert 0 <= box.y < box.bottom <= label.height
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


@pytest.mark.parametrize("media", [Media(102, 152), Media(105, 148, 300)])
def test_a_long_line_of_an_address_goes_on_in_the_next_row_and_loses_no_letter(media: Media) -> None:
    long = "Gesellschaft für Warenhandel und Lagerhaltung an der Unterelbe mit beschränkter Haftung"
    to = (long, "Hinterhaus, dritter Aufgang, zweite Tür rechts hinter dem großen Tor zum Hof", "20457 Hamburg")
    label = shipment(ShipmentFacts(("Us", "Here 1"), to, "DHL", tracking="1Z999", order="S-1"), media)
    rows = [part.lines for part in label.parts if isinstance(part, Text) and part.name.startswith("ship to ")]
    said = " ".join(line for lines in rows for line in lines if line != "SHIP TO")
    assert said == " ".join(to)
    _apart(label)


@pytest.mark.parametrize(
    ("grams", "said"),
    [
        (1, "0.001 kg"),
        (5250, "5.25 kg"),
        (70_000, "70 kg"),
        (1_234_567, "1234.567 kg"),
        (10_000_050, "10000.05 kg"),
        (1_234_567_000, "1234567 kg"),
    ],
)
def test_a_weight_keeps_all_of_its_figures(grams: int, said: str) -> None:
    pallet = unit(UnitFacts(sscc("4000000", 1, 5), weight_g=grams), Media(102, 152))
    parcel = shipment(ShipmentFacts(("Us",), ("You",), "DHL", weight_g=grams), Media(102, 152))
    for label, name in ((pallet, "gross weight"), (parcel, "weight")):
        (weight,) = [part for part in label.parts if isinstance(part, Text) and part.name == name]
        assert weight.lines == (said,)
