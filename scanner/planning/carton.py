"""Carton: which carton a packed order fits into, found by really packing it.

Blocks of equal boxes are placed one after another into the empty spaces that are left, each where it fits best; this
is tried in several orders (empty maximal spaces, best fit). A fit that is found is a fit; that none is found is no
proof that there is none. Whether there is something under a box is not looked at: cartons are filled up with paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import ceil
from typing import NamedTuple

FULLEST = 0.9  # of a carton's volume: above it, boxes of many kinds do not fit
FEW_KINDS = 3  # so few kinds may fill a carton to the last corner
MOST_TRIED = 120  # blocks placed before every further carton gets one try only; it bounds the time


@dataclass(frozen=True, slots=True)
class Box:
    """`qty` equal things to pack: size and weight of one. A side of 0 means unknown."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int = 0
    qty: int = 1
    is_upright: bool = False  # this side up

    @property
    def volume_mm3(self) -> int:
        """Of one."""
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Carton:
    """A kind of carton: its inner size, its own weight, and the most it may weigh packed (None: no limit)."""

    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int = 0
    max_g: int | None = None

    @property
    def volume_mm3(self) -> int:
        """The inner volume."""
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Choice:
    """The carton to take. `count` above 1 says that one is not enough, and about how many are."""

    code: str
    fill_share: float  # of the inner volume of all of them
    weight_g: int  # of all of them, packed
    count: int = 1


class Space(NamedTuple):
    """A cuboid in a carton, by two opposite corners, in mm."""

    x: int
    y: int
    z: int
    x_end: int
    y_end: int
    z_end: int


class Placed(NamedTuple):
    """`qty` equal boxes in a block, and how each one lies: its sides along x, y and z."""

    number: int  # of the box in the order's list
    space: Space
    qty: int
    sides: tuple[int, int, int]


class Packing(NamedTuple):
    """What went into one carton, and how many of each box did not."""

    placed: list[Placed]
    left: list[int]


_Sides = tuple[int, int, int]
_Score = Callable[[Space, _Sides], tuple[int, ...]]


def choose(items: Sequence[Box], cartons: Sequence[Carton]) -> Choice | None:
    """The smallest carton that takes all items; else the largest one, with about how many of it are needed.

    None if nothing is to be packed, if a size is not known, or if a box is larger than every carton.
    """
    boxes = [box for box in items if box.qty > 0]
    if not boxes or not all(box.volume_mm3 for box in boxes):
        return None
    usable = [carton for carton in cartons if all(_goes_in(box, carton) for box in boxes)]
    usable.sort(key=lambda carton: (carton.volume_mm3, carton.tare_g, carton.code))
    budget = MOST_TRIED
    for carton in usable:
        if not _may_take_all(boxes, carton):
            continue
        for order, score in _tries(boxes):
            packing = pack(boxes, carton, order, score, must_take_all=True)
            budget -= len(packing.placed) + 1
            if not any(packing.left):
                return _choice(boxes, carton, 1)
            if budget <= 0:
                break
    return _several(boxes, usable[-1]) if usable else None


def pack(
    boxes: Sequence[Box], carton: Carton, order: Sequence[int], score: _Score, *, must_take_all: bool = False
) -> Packing:
    """Fill one carton with the boxes in the order given, each block where the score is lowest.

    With `must_take_all` it ends at the first box that finds no place.
    """
    spaces = [Space(0, 0, 0, carton.length_mm, carton.width_mm, carton.height_mm)]
    packing = Packing([], [box.qty for box in boxes])
    thinnest = min(min(box.length_mm, box.width_mm, box.height_mm) for box in boxes)
    free_g = None if carton.max_g is None else carton.max_g - carton.tare_g
    for number in order:
        box = boxes[number]
        while qty := _liftable(packing.left[number], box, free_g):
            block = _best_block(number, box, qty, spaces, score)
            if block is None:
                break
            packing.placed.append(block)
            packing.left[number] -= block.qty
            free_g = None if free_g is None else free_g - block.qty * box.weight_g
            spaces = _without(spaces, block.space, thinnest)
        if must_take_all and packing.left[number]:
            break
    return packing


def _several(boxes: Sequence[Box], carton: Carton) -> Choice | None:
    """How many of the carton, judged by how much of the order one of them took."""
    order, score = next(_tries(boxes))
    placed = pack(boxes, carton, order, score).placed
    volume = sum(block.qty * boxes[block.number].volume_mm3 for block in placed)
    weight = sum(block.qty * boxes[block.number].weight_g for block in placed)
    if not placed:
        return None
    by_volume = ceil(_volume(boxes) / volume)
    by_weight = ceil(_weight(boxes) / weight) if weight and carton.max_g is not None else 1
    return _choice(boxes, carton, max(2, by_volume, by_weight))


def _choice(boxes: Sequence[Box], carton: Carton, count: int) -> Choice:
    fill_share = _volume(boxes) / (count * carton.volume_mm3)
    return Choice(carton.code, fill_share, _weight(boxes) + count * carton.tare_g, count)


def _volume(boxes: Sequence[Box]) -> int:
    return sum(box.qty * box.volume_mm3 for box in boxes)


def _weight(boxes: Sequence[Box]) -> int:
    return sum(box.qty * box.weight_g for box in boxes)


def _may_take_all(boxes: Sequence[Box], carton: Carton) -> bool:
    weight = _weight(boxes) + carton.tare_g
    fullest = 1 if len(boxes) <= FEW_KINDS else FULLEST
    return _volume(boxes) <= fullest * carton.volume_mm3 and (carton.max_g is None or weight <= carton.max_g)


def _goes_in(box: Box, carton: Carton) -> bool:
    """True if one such box goes into the empty carton, some way round."""
    if carton.max_g is not None and box.weight_g + carton.tare_g > carton.max_g:
        return False
    base, inner_base = sorted((box.length_mm, box.width_mm)), sorted((carton.length_mm, carton.width_mm))
    if box.is_upright:
        return box.height_mm <= carton.height_mm and base[0] <= inner_base[0] and base[1] <= inner_base[1]
    sides, inner = sorted((*base, box.height_mm)), sorted((*inner_base, carton.height_mm))
    return sides[0] <= inner[0] and sides[1] <= inner[1] and sides[2] <= inner[2]


def _ways_round(box: Box) -> set[_Sides]:
    length, width, height = box.length_mm, box.width_mm, box.height_mm
    if box.is_upright:
        return {(length, width, height), (width, length, height)}
    return set(permutations((length, width, height), 3))


def _liftable(qty: int, box: Box, free_g: int | None) -> int:
    """How many of the boxes the carton's weight limit still allows."""
    if free_g is None or not box.weight_g:
        return qty
    return min(qty, free_g // box.weight_g)


def _tries(boxes: Sequence[Box]) -> Iterator[tuple[list[int], _Score]]:
    """In which order to place the boxes, and what makes a place a good one."""
    orders: list[Callable[[Box], int]] = [
        lambda box: box.volume_mm3,
        lambda box: max(box.length_mm, box.width_mm, box.height_mm),
        lambda box: min(box.length_mm, box.width_mm, box.height_mm),
        lambda box: box.qty * box.volume_mm3,
    ]
    for size, score in product(orders, (_lowest, _closest, _widest)):
        yield sorted(range(len(boxes)), key=lambda number: -size(boxes[number])), score


def _lowest(space: Space, sides: _Sides) -> tuple[int, ...]:
    return (space.z, *_gaps(space, sides))


def _closest(space: Space, sides: _Sides) -> tuple[int, ...]:
    return (*_gaps(space, sides), space.z)


def _widest(space: Space, sides: _Sides) -> tuple[int, ...]:
    """Lay flat: on the ground that it covers best."""
    return (space.z, -sides[0] * sides[1], *_gaps(space, sides))


def _gaps(space: Space, sides: _Sides) -> tuple[int, ...]:
    """What is left of the space along each side, the tightest first."""
    x, y, z, x_end, y_end, z_end = space
    return tuple(sorted((x_end - x - sides[0], y_end - y - sides[1], z_end - z - sides[2])))


def _best_block(number: int, box: Box, qty: int, spaces: Sequence[Space], score: _Score) -> Placed | None:
    """The block of at most `qty` boxes that fits best, standing in the corner of its space."""
    best: tuple[tuple[int, ...], Placed] | None = None
    ways = _ways_round(box)
    for space in spaces:
        x, y, z, x_end, y_end, z_end = space
        room_x, room_y, room_z = x_end - x, y_end - y, z_end - z
        for sides in ways:
            if sides[0] > room_x or sides[1] > room_y or sides[2] > room_z:
                continue
            block = _block(number, sides, qty, space)
            size = (block.space.x_end - x, block.space.y_end - y, block.space.z_end - z)
            # More boxes at once first: that leaves fewer, larger spaces. The end tells equals apart: one answer always.
            rank = (-block.qty, *score(space, size), *space, *sides)
            if best is None or rank < best[0]:
                best = (rank, block)
    return best[1] if best else None


def _block(number: int, sides: _Sides, qty: int, space: Space) -> Placed:
    """As many boxes as the space takes in rows along x, y and z, in that order; one of them goes in."""
    x, y, z, x_end, y_end, z_end = space
    across = min((x_end - x) // sides[0], qty)
    along = min((y_end - y) // sides[1], qty // across)
    up = min((z_end - z) // sides[2], qty // (across * along))
    taken = Space(x, y, z, x + across * sides[0], y + along * sides[1], z + up * sides[2])
    return Placed(number, taken, across * along * up, sides)


def _without(spaces: Sequence[Space], taken: Space, thinnest: int) -> list[Space]:
    """The largest empty spaces that are left when one part is taken, without those thinner than every box."""
    kept = [space for space in spaces if not _meet(space, taken)]
    cut = {part for space in spaces if _meet(space, taken) for part in _parts(space, taken, thinnest)}
    # Only cut spaces can lie within others, and only within larger ones.
    for part in sorted(cut, key=_space_volume, reverse=True):
        if not any(_lies_within(part, other) for other in kept):
            kept.append(part)
    return kept


def _meet(a: Space, b: Space) -> bool:
    ax, ay, az, ax_end, ay_end, az_end = a
    bx, by, bz, bx_end, by_end, bz_end = b
    return ax < bx_end and bx < ax_end and ay < by_end and by < ay_end and az < bz_end and bz < az_end


def _parts(space: Space, taken: Space, thinnest: int) -> Iterator[Space]:
    """What is left of the space on each of the six sides of the part that is taken; the parts overlap."""
    x, y, z, x_end, y_end, z_end = space
    if taken.x - x >= thinnest:
        yield Space(x, y, z, taken.x, y_end, z_end)
    if x_end - taken.x_end >= thinnest:
        yield Space(taken.x_end, y, z, x_end, y_end, z_end)
    if taken.y - y >= thinnest:
        yield Space(x, y, z, x_end, taken.y, z_end)
    if y_end - taken.y_end >= thinnest:
        yield Space(x, taken.y_end, z, x_end, y_end, z_end)
    if taken.z - z >= thinnest:
        yield Space(x, y, z, x_end, y_end, taken.z)
    if z_end - taken.z_end >= thinnest:
        yield Space(x, y, taken.z_end, x_end, y_end, z_end)


def _space_volume(space: Space) -> int:
    return (space.x_end - space.x) * (space.y_end - space.y) * (space.z_end - space.z)


def _lies_within(a: Space, b: Space) -> bool:
    ax, ay, az, ax_end, ay_end, az_end = a
    bx, by, bz, bx_end, by_end, bz_end = b
    return ax >= bx and ay >= by and az >= bz and ax_end <= bx_end and ay_end <= by_end and az_end <= bz_end
