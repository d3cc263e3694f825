"""Region: where in a picture the bars are, and how they are turned.

Bars are the densest change from dark to light that a label has. Where it is densest, a code is likely; the direction in
which the picture changes there (the structure tensor of its gradients) is across the bars, whatever their angle. Both
engines read along rows only, so a code at 45 degrees that no row crosses whole is read after turning.
"""

from __future__ import annotations

import math
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageStat

from scanner.barcode.image.view import Box

CELL: Final = 16  # pixels: a cell holds several bars of the finest code that can be read
MARGIN: Final = 2  # cells: the quiet zone belongs to the code
DENSE: Final = 0.5  # of the densest cell's change; text beside a code stays below
SMALLEST: Final = 3  # cells each way; a smaller picture is its own region
STRAIGHT: Final = 0.3  # how much of the change has one direction: linear codes 0.5 to 0.9, matrix codes under 0.1


def dense_boxes(image: Image.Image, most: int) -> list[Box]:
    """Up to `most` parts of a gray picture in which a code is likely, the likeliest first."""
    base = _shifted(image, 0, 0)
    change = ImageChops.add(
        ImageChops.difference(_shifted(image, 1, 0), base), ImageChops.difference(_shifted(image, 0, 1), base)
    ).reduce(CELL)
    if min(change.size) < SMALLEST:
        return [(0, 0, *image.size)]
    change = change.filter(ImageFilter.BoxBlur(1))
    cells, width = bytearray(change.tobytes()), change.width
    floor = max(cells) * DENSE
    boxes: list[Box] = []
    while len(boxes) < most and max(cells) > floor:
        boxes.append(_box(_island(cells, width), width, image))
    return boxes


def _island(cells: bytearray, width: int) -> set[int]:
    """The cells around the densest one that are about as dense; they are taken out of `cells`."""
    start = cells.index(max(cells))
    floor = cells[start] * DENSE
    found, todo = {start}, [start]
    while todo:
        cell = todo.pop()
        beside = [cell - width, cell + width]
        beside += [cell - 1] if cell % width else []
        beside += [cell + 1] if (cell + 1) % width else []
        new = [at for at in beside if 0 <= at < len(cells) and at not in found and cells[at] >= max(1, floor)]
        found.update(new)
        todo += new
    for cell in found:
        cells[cell] = 0
    return found


def _box(island: set[int], width: int, image: Image.Image) -> Box:
    columns, rows = {cell % width for cell in island}, {cell // width for cell in island}
    return padded(
        (min(columns) * CELL, min(rows) * CELL, (max(columns) + 1) * CELL, (max(rows) + 1) * CELL), image, MARGIN * CELL
    )


def padded(box: Box, image: Image.Image, margin: int) -> Box:
    """The box with a margin around it, within the picture."""
    left, top, right, bottom = box
    return (
        max(0, left - margin),
        max(0, top - margin),
        min(image.width, right + margin),
        min(image.height, bottom + margin),
    )


def tilt(image: Image.Image) -> float:
    """By how many degrees to turn a picture (counter-clockwise) so that its bars stand upright; 0 if it has none.

    The tensor's three sums come from the histograms of four differences: (x+y)^2 - (x-y)^2 = 4xy.
    """
    if min(image.size) < SMALLEST:
        return 0.0
    calm = image.filter(ImageFilter.GaussianBlur(1))
    here, right = _shifted(calm, 0, 0), _shifted(calm, 1, 0)
    below, across = _shifted(calm, 0, 1), _shifted(calm, 1, 1)
    xx, yy = _energy(right, here), _energy(below, here)
    xy = (_energy(across, here) - _energy(right, below)) / 4
    if math.hypot(xx - yy, 2 * xy) < STRAIGHT * (xx + yy) or xx + yy == 0:
        return 0.0
    return math.degrees(math.atan2(2 * xy, xx - yy)) / 2


def _energy(one: Image.Image, other: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(one, other)).sum2[0]


def _shifted(image: Image.Image, x: int, y: int) -> Image.Image:
    return image.crop((x, y, image.width - 1 + x, image.height - 1 + y))
