"""The pictures in the documentation are what is printed today."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from labels import proof
from tests.labels.test_every_label import outside, overlaps
from tools.label_pictures import FOLDER, LABELS, drawn

# Another FreeType may set single dots of a letter otherwise; a part that moved changes far more.
_TOLERANCE = 0.004


@pytest.mark.parametrize("name", LABELS)
def test_a_label_looks_as_its_picture_in_the_docs(name: str) -> None:
    with Image.open(FOLDER / f"{name}.png") as kept:
        expected = kept.convert("RGB")
    now = drawn(name)
    assert now.size == expected.size
    changed = ImageChops.difference(now, expected).convert("L").point(lambda value: 255 * (value > 40)).histogram()[255]
    assert changed <= _TOLERANCE * now.width * now.height, "look at it, then: python -m tools.label_pictures"


@pytest.mark.parametrize("name", LABELS)
def test_a_label_of_the_docs_is_proven(name: str) -> None:
    label = LABELS[name]()
    assert (overlaps(label), outside(label)) == ([], [])
    for facts in proof.prove(label).symbols:
        assert facts.least_x_mm - 0.004 <= facts.x_mm <= facts.most_x_mm + 0.004
        assert facts.height_mm + 0.13 >= facts.least_height_mm
        assert (facts.x_mm * label.media.dots_per_mm) % 1 == pytest.approx(0, abs=0.01) or label.media.dpi != 203


def test_no_picture_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(LABELS)
