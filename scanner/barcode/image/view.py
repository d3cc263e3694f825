"""View: a picture made from the photo, and the way back from its pixels to the photo's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from PIL import Image

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom

SAME: Final[Matrix] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PAPER: Final = 128  # what stands beyond a turned picture's edge: neither bar nor space


@dataclass(frozen=True, slots=True)
class View:
    """A gray picture. Its pixel (u, v) is the photo's (a*u + b*v + c, d*u + e*v + f)."""

    image: Image.Image
    matrix: Matrix = SAME

    @property
    def size_mp(self) -> float:
        """How many million pixels."""
        return self.image.width * self.image.height / 1e6

    def at(self, u: float, v: float) -> tuple[int, int]:
        """The photo's pixel behind one of the view's."""
        a, b, c, d, e, f = self.matrix
        return round(a * u + b * v + c), round(d * u + e * v + f)

    def filtered(self, change: Callable[[Image.Image], Image.Image]) -> View:
        """Each pixel at its place, with other values."""
        return replace(self, image=change(self.image))

    def cropped(self, box: Box) -> View:
        """The part within `box`."""
        a, b, c, d, e, f = self.matrix
        left, top = box[:2]
        return View(self.image.crop(box), (a, b, a * left + b * top + c, d, e, d * left + e * top + f))

    def resized(self, width: float, height: float, how: Image.Resampling = Image.Resampling.BICUBIC) -> View:
        """Another number of pixels for the same."""
        size = (max(1, round(width)), max(1, round(height)))
        x, y = self.image.width / size[0], self.image.height / size[1]
        a, b, c, d, e, f = self.matrix
        return View(self.image.resize(size, how), (a * x, b * y, c, d * x, e * y, f))

    def scaled(self, factor: float) -> View:
        """The same in `factor` times the pixels each way. Shrinking averages: leaving pixels out breaks thin bars."""
        how = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX
        return self.resized(self.image.width * factor, self.image.height * factor, how)

    def turned(self, degrees: float) -> View:
        """Turned counter-clockwise, nothing cut off."""
        image = self.image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        from_x, from_y = image.width / 2, image.height / 2
        c0 = self.image.width / 2 - cos * from_x + sin * from_y
        f0 = self.image.height / 2 - sin * from_x - cos * from_y
        a, b, c, d, e, f = self.matrix
        turn = (
            *(a * cos + b * sin, -a * sin + b * cos, a * c0 + b * f0 + c),
            *(d * cos + e * sin, -d * sin + e * cos, d * c0 + e * f0 + f),
        )
        return View(image, turn)
