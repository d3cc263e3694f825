"""Route: in which order to walk to the stops, and how far that is.

The floor is a set of parallel aisles (one x each) joined by cross aisles (one y each), in millimetres from the site's
origin. Stops without coordinates are walked in their walking order, and the tour says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scanner.planning.frontier import Point, shortest
from scanner.planning.improve import short_tour
from scanner.planning.walk import code_key

MOST_CROSS_AISLES = 4  # three blocks: the exact tour of 40 stops takes some 20 ms; with one more, some 200 ms
WIDE_GAP = 2  # bays' pitches without any bay: there the aisles are crossed


@dataclass(frozen=True, slots=True)
class Stop:
    """One location to walk to. `x_mm` is that of its aisle: the same for both sides."""

    key: int
    x_mm: int | None
    y_mm: int | None
    walk: int = 0  # the location's walking order
    code: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The y of the cross aisles, in mm, ascending; at least one."""

    cross_mm: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """The stops' keys in walking order, the distance from start to end, and how the order was found."""

    keys: list[int]
    distance_m: float | None  # None where coordinates are missing
    how: str  # 'exact' | 'improved' | 'walk_order'


def tour(
    stops: Sequence[Stop],
    layout: Layout | None,
    start: Point | None = None,
    end: Point | None = None,
) -> Tour:
    """The shortest order in which to visit all stops, from `start` to `end`.

    Without a start the tour begins where the first cross aisle meets the first aisle with a stop; without an end it
    goes back to the start. Stops at one point are visited in their walking order.
    """
    in_order = sorted(stops, key=lambda stop: (stop.walk, code_key(stop.code), stop.key))
    keys_at = _keys_by_point(in_order)
    if layout is None or not layout.cross_mm or keys_at is None:
        return Tour([stop.key for stop in in_order], None, "walk_order")
    if not keys_at:
        return Tour([], 0.0, "exact")
    start = start or (min(keys_at)[0], layout.cross_mm[0])
    is_exact = len(layout.cross_mm) <= MOST_CROSS_AISLES
    points = _ordered(list(keys_at), layout, start, end or start, is_exact=is_exact)
    length = _length([start, *points, end or start], layout)
    keys = [key for point in points for key in keys_at[point]]
    return Tour(keys, length / 1000, "exact" if is_exact else "improved")


def distance_m(
    stops: Sequence[Stop],
    layout: Layout,
    start: Point | None = None,
    end: Point | None = None,
) -> float:
    """How far it is to walk to the stops in the order given; those without coordinates are left out."""
    points = [(s.x_mm, s.y_mm) for s in stops if s.x_mm is not None and s.y_mm is not None]
    ends = (start, end or start)
    return _length([p for p in (ends[0], *points, ends[1]) if p is not None], layout) / 1000


def walk_mm(a: Point, b: Point, layout: Layout) -> int:
    """The shortest way between two points: along the aisle, or round through the cross aisle that suits best."""
    if a[0] == b[0]:
        return abs(a[1] - b[1])
    return abs(a[0] - b[0]) + min(abs(a[1] - y) + abs(b[1] - y) for y in layout.cross_mm)


def layout_of(points: Iterable[Point]) -> Layout | None:
    """The layout that the locations' coordinates suggest; None if there are none.

    Cross aisles run half a bay before the first bay, half a bay behind the last one, and through the middle of every
    gap that no aisle has a bay in.
    """
    ys = sorted({y for _, y in points})
    if not ys:
        return None
    gaps = [(low, high) for low, high in pairwise(ys)]
    counts = Counter(high - low for low, high in gaps)
    pitch = min(counts, key=lambda width: (-counts[width], width), default=0)
    middles = [(low + high) // 2 for low, high in gaps if high - low > WIDE_GAP * pitch]
    return Layout(tuple(sorted({ys[0] - pitch // 2, *middles, ys[-1] + (pitch + 1) // 2})))


def _keys_by_point(stops: Sequence[Stop]) -> dict[Point, list[int]] | None:
    """The stops by where they are, both in the order given; None if that is not known of every one."""
    at: defaultdict[Point, list[int]] = defaultdict(list)
    for stop in stops:
        if stop.x_mm is None or stop.y_mm is None:
            return None
        at[stop.x_mm, stop.y_mm].append(stop.key)
    return dict(at)


def _ordered(points: list[Point], layout: Layout, start: Point, end: Point, *, is_exact: bool) -> list[Point]:
    if is_exact:
        wanted = set(points)
        ordered = [p for p in shortest(points, layout.cross_mm, start, end) if p in wanted]
    else:
        ordered = short_tour(points, lambda a, b: walk_mm(a, b, layout), start, end)
    if start == end and points.index(ordered[-1]) < points.index(ordered[0]):
        ordered.reverse()  # as long either way round; begin where the walking order begins
    return ordered


def _length(points: Sequence[Point], layout: Layout) -> int:
    return sum(walk_mm(a, b, layout) for a, b in pairwise(points))
