"""Cascade: one look after the other, the cheapest that helps first, until something is sure or the time is over.

    whole photo      zxing, then zbar: nine photos in ten end here
    beside it        where bars are as dense, but nothing was read: labels carry more than one code
    a closer look    where bars are densest, or around a doubtful code: turned upright, from the photo's own pixels
    whole photo      calmed, larger, smaller, with the light evened out, inverted

A running decoder cannot be stopped, so a look that would end after the deadline is left out: its cost is known per
million pixels, corrected by how fast this machine was at the looks before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageOps

from scanner.barcode.image import engines
from scanner.barcode.image.code import ReadCode
from scanner.barcode.image.engines import Reading
from scanner.barcode.image.region import dense_boxes, padded, tilt
from scanner.barcode.image.view import Box, View
from scanner.barcode.image.votes import Candidate, Votes, box_of

BASE_SIDE: Final = 1280  # pixels on the long side: the thorough looks at more than 1.2 MP cost more than the deadline
CLOSE_SIDE: Final = 900  # of a closer look
ENLARGED_MP: Final = 0.8  # a doubled picture may have so much: all its looks have to fit
BESIDE: Final = 5  # parts that may hold a code beside the one that was read
REGIONS: Final = 2  # the densest part may be a picture or a grille; the third has never helped

# Milliseconds a million pixels on one core of 2.5 GHz, the upper quartile over real photos (tools/bench_reading.py)
FAST, THOROUGH, ZBAR = 15.0, 45.0, 65.0
RESERVE_MS: Final = 20.0  # a look may take longer than expected, and the answer has to travel
PREPARE: Final = 8.0  # a filter or a change of size
FIXED_MS: Final = 0.3

Read = Callable[[View], list[Reading]]


@dataclass(frozen=True, slots=True)
class Look:
    """One engine at one view. `make` is called only when there is time for the look."""

    name: str  # of the view
    make: Callable[[], View]
    size_mp: float
    read: Read
    cost: float  # ms a million pixels
    is_first: bool = False

    @property
    def cost_ms(self) -> float:
        """What it takes on the machine that the costs were measured on."""
        return FIXED_MS + self.size_mp * (self.cost + PREPARE)


class Clock:
    """The time that is left, and how fast this machine is beside the one that costs were measured on.

    A machine that is busy with other work must not make the reader blind, so time in which it was not running counts
    half: alone on a core the deadline holds by the clock on the wall, on a crowded one at twice of it.
    """

    def __init__(self, budget_ms: float) -> None:
        self._budget_ms = budget_ms - RESERVE_MS
        self._wall_s, self._cpu_s = time.monotonic(), time.thread_time()
        self._slowness = 1.0

    @property
    def left_ms(self) -> float:
        """Until the deadline; negative after it."""
        spent_s = max(time.thread_time() - self._cpu_s, (time.monotonic() - self._wall_s) / 2)
        return self._budget_ms - spent_s * 1000

    def has_room(self, look: Look) -> bool:
        """Whether the look would end in time, at this machine's pace; the first looks are worth waiting for."""
        slowness = 1.0 if look.is_first else self._slowness
        return look.cost_ms * slowness <= self.left_ms

    def run(self, look: Look) -> list[Reading]:
        """Take the look and learn from how long it took."""
        start = time.thread_time()
        readings = look.read(look.make())
        took_ms = (time.thread_time() - start) * 1000
        self._slowness = max(0.5, (self._slowness + took_ms / look.cost_ms) / 2, self._slowness * 0.8)
        return readings


def read_view(photo: View, clock: Clock) -> list[ReadCode]:
    """Every code of a gray photo that can be read within the time."""
    votes = Votes()
    base = base_of(photo)
    _take(_first_looks(base, clock), votes, clock, until_settled=False)
    if votes.is_settled:
        _take(_looks_beside(photo, base, votes), votes, clock, until_settled=False)
    else:
        _take(_second_looks(photo, base, votes), votes, clock, until_settled=True)
    return votes.codes()


def _take(looks: Iterator[Look], votes: Votes, clock: Clock, *, until_settled: bool) -> None:
    for look in looks:
        if clock.left_ms <= 0 or (until_settled and votes.is_settled):
            return
        if clock.has_room(look):
            votes.add(clock.run(look), look.name)


def base_of(photo: View) -> View:
    """The photo small enough for thorough looks at the whole of it."""
    longest = max(photo.image.size)
    return photo if longest <= BASE_SIDE else photo.scaled(BASE_SIDE / longest)


# --- the whole photo -------------------------------------------------------------------------------------------------


def _look(name: str, view: View, read: Read, cost: float, *, is_first: bool = False) -> Look:
    return Look(name, lambda: view, view.size_mp, read, cost, is_first)


zxing_fast: Final = partial(engines.zxing, thorough=False)
zxing_thorough: Final = partial(engines.zxing, thorough=True)


def _first_looks(base: View, clock: Clock) -> Iterator[Look]:
    """Both engines. Where there is no time for the thorough look, the fast one is taken whatever it costs."""
    thorough = _look("whole", base, zxing_thorough, THOROUGH, is_first=True)
    if clock.has_room(thorough):
        yield thorough
    else:
        yield Look("whole", lambda: base, 0, zxing_fast, FAST)
    yield _look("whole", base, engines.zbar, ZBAR, is_first=True)


def _second_looks(photo: View, base: View, votes: Votes) -> Iterator[Look]:
    """For photos in which nothing is sure yet."""
    for number, box in enumerate(_boxes(photo, base, votes)):
        yield from _closer(photo, box, f"part {number}", is_first=number == 0)
    yield from _whole_again(base)


def _whole_again(base: View) -> Iterator[Look]:
    size = base.size_mp
    yield Look("halved", lambda: base.scaled(0.5), size / 4, zxing_thorough, THOROUGH)
    yield Look("calmed", lambda: base.filtered(calmed), size, zxing_fast, FAST)
    if size * 4 <= 2 * ENLARGED_MP:
        yield Look("doubled", lambda: base.scaled(2), size * 4, zxing_fast, FAST)
    yield Look("evened", lambda: base.filtered(evened), size, zxing_fast, FAST)
    yield Look("turned", lambda: base.turned(45), size * 2, zxing_thorough, THOROUGH)
    yield Look("black and white", lambda: base.filtered(black_and_white), size, engines.zbar, ZBAR)


# --- a closer look ---------------------------------------------------------------------------------------------------


def _looks_beside(photo: View, base: View, votes: Votes) -> Iterator[Look]:
    """For photos with a code: the other dense parts, each as it is and enlarged. Text is dense too: two looks."""
    scale = photo.image.width / base.image.width
    middles = [_middle(_times(box_of(code.corners), 1 / photo.matrix[0])) for code in votes.codes()]
    for number, box in enumerate(_times(box, scale) for box in dense_boxes(base.image, BESIDE)):
        if any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in middles):
            continue
        part = _part(photo, box)
        yield _look(f"beside {number}", part, zxing_thorough, THOROUGH)
        if (enlarged := _enlarged(part.size_mp)) > 1:
            yield Look(
                f"beside {number} enlarged",
                partial(part.scaled, enlarged),
                part.size_mp * enlarged**2,
                zxing_fast,
                FAST,
            )


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _boxes(photo: View, base: View, votes: Votes) -> list[Box]:
    """Where to look closer, in the photo's own pixels: around what is doubtful, else where bars are densest."""
    doubtful = [_box_around(candidate, photo) for candidate in votes.doubtful]
    scale = photo.image.width / base.image.width
    dense = [_times(box, scale) for box in dense_boxes(base.image, REGIONS)]
    return [*doubtful[:REGIONS], *dense]


def _box_around(candidate: Candidate, photo: View) -> Box:
    """The code with room for its quiet zones; what one scan line found may be higher than it looks."""
    box = _times(box_of(candidate.best.corners), 1 / photo.matrix[0])
    return padded(box, photo.image, 16 + max(box[2] - box[0], box[3] - box[1]) // 4)


def _times(box: Box, factor: float) -> Box:
    left, top, right, bottom = (round(edge * factor) for edge in box)
    return left, top, right, bottom


def _closer(photo: View, box: Box, name: str, *, is_first: bool) -> Iterator[Look]:
    """One part of the photo, its bars upright: as it is, doubled, and averaged along the bars."""
    part = _part(photo, box)
    yield _look(name, part, zxing_thorough, THOROUGH)
    yield _look(name, part, engines.zbar, ZBAR)
    size = part.size_mp
    yield from _both(f"{name} calmed", lambda: part.filtered(calmed), size)
    yield from _both(f"{name} averaged", lambda: averaged(part), size / 2)
    if (enlarged := _enlarged(size)) > 1:
        yield from _both(f"{name} enlarged", lambda: part.scaled(enlarged), size * enlarged**2)
        yield Look(f"{name} sharpened", lambda: part.scaled(enlarged).filtered(sharpened), size * 4, zxing_fast, FAST)
    if is_first:
        yield from _both(f"{name} evened", lambda: part.filtered(evened), size)
        yield Look(f"{name} inverted", lambda: part.filtered(ImageOps.invert), size, engines.zbar, ZBAR)


def _part(photo: View, box: Box) -> View:
    part = photo.cropped(box)
    longest = max(part.image.size)
    part = part.scaled(CLOSE_SIDE / longest) if longest > CLOSE_SIDE else part
    degrees = tilt(part.image)
    return part.turned(degrees) if abs(degrees) > 1 else part


def _enlarged(size_mp: float) -> int:
    """How many times larger a part can be looked at."""
    return next((factor for factor in (3, 2) if size_mp * factor**2 <= ENLARGED_MP), 1)


def _both(name: str, make: Callable[[], View], size_mp: float) -> Iterator[Look]:
    made: list[View] = []

    def view() -> View:
        made[:] = made or [make()]
        return made[0]

    yield Look(name, view, size_mp, zxing_fast, FAST)
    yield Look(name, view, size_mp, engines.zbar, ZBAR)


# --- how views are made ----------------------------------------------------------------------------------------------


def averaged(view: View) -> View:
    """Four rows as one, twice as wide: along upright bars noise and scratches cancel out, and edges fall finer."""
    width, height = view.image.size
    flat = view.resized(width, height / 4, Image.Resampling.BOX)
    return flat.resized(width * 2, height / 4)


def evened(image: Image.Image) -> Image.Image:
    """Shade and glare taken out, what is left made stronger: each pixel beside the mean of its neighbourhood."""
    return ImageChops.subtract(image, _mean_around(image), scale=1 / 3, offset=128)


def black_and_white(image: Image.Image) -> Image.Image:
    """Black where a pixel is darker than its neighbourhood."""
    darker = ImageChops.subtract(image, _mean_around(image), offset=128)
    return darker.point(lambda value: 255 if value >= 124 else 0)


def _mean_around(image: Image.Image) -> Image.Image:
    """A sixteenth of the picture each way: wider than any module, narrower than shade."""
    return image.filter(ImageFilter.BoxBlur(max(8, max(image.size) // 16)))


def sharpened(image: Image.Image) -> Image.Image:
    """Edges that blur has washed out, brought back."""
    return image.filter(ImageFilter.UnsharpMask(radius=3, percent=200, threshold=0))


def calmed(image: Image.Image) -> Image.Image:
    """Noise and print raster smoothed away."""
    return image.filter(ImageFilter.GaussianBlur(1))
