"""The resolution of a carrier's picture, which must come out as large as the carrier made it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from labels.carrier import _dpi_of

FOUR_BY_SIX = (101.6, 152.4)


def png(width: int, height: int, dpi: int | None) -> bytes:
    """A white picture."""
    out, how = io.BytesIO(), dict[str, Any]()
    if dpi:
        how["dpi"] = (dpi, dpi)
    Image.new("1", (width, height), 1).save(out, "PNG", **how)
    return out.getvalue()


@pytest.mark.parametrize("named", [None, 72, 96])
@pytest.mark.parametrize(
    ("size", "dpi"), [((812, 1218), 203), ((800, 1200), 203), ((1200, 1800), 300), ((2400, 3600), 600)]
)
def test_a_picture_that_names_no_printer_is_of_the_resolution_at_which_it_fills_the_label(
    size: tuple[int, int], dpi: int, named: int | None
) -> None:
    assert _dpi_of(png(*size, named), 102, 152) == dpi


@pytest.mark.parametrize("named", [203, 300, 600])
def test_a_picture_that_names_a_printer_is_of_that(named: int) -> None:
    assert _dpi_of(png(812, 1218, named), 102, 152) == named


def test_a_picture_of_a_screens_resolution_that_fits_so_is_of_that() -> None:
    assert _dpi_of(png(288, 432, 72), 102, 152) == 72


def test_a_picture_that_fills_no_label_says_nothing() -> None:
    assert _dpi_of(png(500, 300, None), 102, 152) is None
