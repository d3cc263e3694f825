"""In which order to walk, checked against trying every order."""

from __future__ import annotations

import random
import time
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.planning import improve
from scanner.planning.frontier import Point, shortest
from scanner.planning.route import Layout, Stop, Tour, distance_m, layout_of, tour, walk_mm

AISLE_MM = 4_000
ONE_BLOCK = Layout((0, 48_000))
TWO_BLOCKS = Layout((0, 24_000, 48_000))
DESK = (0, 0)


def stops_at(*points: Point) -> list[Stop]:
    return [Stop(number, *point) for number, point in enumerate(points)]


def random_stops(count: int, *, aisles: int, depth_mm: int, seed: int) -> list[Stop]:
    draw = random.Random(seed)  # noqa: S311 - the same stops in every run
    return stops_at(*((draw.randrange(aisles) * AISLE_MM, draw.randrange(500, depth_mm)) for _ in range(count)))


def length(points: list[Point], layout: Layout) -> int:
    return sum(walk_mm(a, b, layout) for a, b in pairwise(points))


def shortest_of_all(points: list[Point], layout: Layout, start: Point, end: Point) -> int:
    return min(length([start, *order, end], layout) for order in permutations(set(points)))


floors = st.lists(st.integers(0, 40), min_size=1, max_size=4, unique=True).map(lambda ys: Layout(tuple(sorted(ys))))
points_on_it = st.tuples(st.sampled_from([0, 3, 7, 9, 15]), st.integers(-3, 43))


@settings(max_examples=200, deadline=None)
@given(floors, st.lists(points_on_it, min_size=1, max_size=6), points_on_it, points_on_it)
def test_no_order_is_shorter(floor: Layout, points: list[Point], start: Point, elsewhere: Point) -> None:
    for end in (start, elsewhere):
        found = tour(stops_at(*points), floor, start, end)
        assert found.how == "exact"
        assert sorted(found.keys) == list(range(len(points)))
        assert found.distance_m == shortest_of_all(points, floor, start, end) / 1000


def test_eight_stops_in_two_blocks_are_walked_the_shortest_way() -> None:
    for seed in range(3):
        stops = random_stops(8, aisles=6, depth_mm=48_000, seed=seed)
        points = [(stop.x_mm or 0, stop.y_mm or 0) for stop in stops]
        best = shortest_of_all(points[:7], TWO_BLOCKS, DESK, DESK)
        assert tour(stops[:7], TWO_BLOCKS, DESK).distance_m == best / 1000
        assert tour(stops, TWO_BLOCKS, DESK).distance_m == _held_karp(points, TWO_BLOCKS) / 1000


def _held_karp(points: list[Point], layout: Layout) -> int:
    """The shortest round trip from the desk, over all subsets of stops."""
    best = {(1 << i, i): walk_mm(DESK, p, layout) for i, p in enumerate(points)}
    for visited in range(1, 1 << len(points)):
        for last, here in enumerate(points):
            if (visited, last) not in best:
                continue
            for i, there in enumerate(points):
                key, way = (visited | 1 << i, i), best[visited, last] + walk_mm(here, there, layout)
                if not visited >> i & 1 and way < best.get(key, way + 1):
                    best[key] = way
    everything = (1 << len(points)) - 1
    return min(best[everything, i] + walk_mm(p, DESK, layout) for i, p in enumerate(points))


@pytest.mark.parametrize("layout", [ONE_BLOCK, TWO_BLOCKS])
def test_forty_stops_are_ordered_within_20_ms(layout: Layout) -> None:
    stops = random_stops(40, aisles=20, depth_mm=48_000, seed=1)
    took = []
    for _ in range(5):
        started = time.process_time()
        tour(stops, layout, DESK)
        took.append(time.process_time() - started)
    assert min(took) < 0.020


def test_the_tour_is_at_least_15_percent_shorter_than_a_sort_by_location() -> None:
    routed = by_location = 0.0
    for seed in range(20):
        stops = random_stops(20, aisles=10, depth_mm=45_000, seed=seed)
        routed += tour(stops, ONE_BLOCK, DESK).distance_m or 0
        in_order = sorted(stops, key=lambda stop: (stop.x_mm, stop.y_mm))
        by_location += distance_m(in_order, ONE_BLOCK, DESK)
    assert routed <= 0.85 * by_location


def test_the_distance_told_is_that_of_the_order_told() -> None:
    stops = random_stops(30, aisles=10, depth_mm=48_000, seed=3)
    found = tour(stops, TWO_BLOCKS, DESK, (9 * AISLE_MM, 48_000))
    in_order = [stops[key] for key in found.keys]
    assert distance_m(in_order, TWO_BLOCKS, DESK, (9 * AISLE_MM, 48_000)) == found.distance_m


def test_the_way_between_two_aisles_goes_round_by_the_better_cross_aisle() -> None:
    assert walk_mm((0, 20_000), (4_000, 21_000), ONE_BLOCK) == 4_000 + 41_000
    assert walk_mm((0, 20_000), (4_000, 21_000), TWO_BLOCKS) == 4_000 + 7_000
    assert walk_mm((0, 20_000), (0, 26_000), ONE_BLOCK) == 6_000


def test_a_picker_who_stands_in_an_aisle_starts_from_there() -> None:
    found = tour(stops_at((0, 5_000), (0, 40_000)), ONE_BLOCK, (0, 38_000), (0, 0))
    assert found == Tour([1, 0], 42.0, "exact")


def test_without_a_start_the_tour_begins_at_the_front_of_the_first_aisle_with_a_stop() -> None:
    assert tour(stops_at((4_000, 3_000)), ONE_BLOCK).distance_m == 6.0


def test_stops_at_one_point_are_visited_in_their_walking_order() -> None:
    upper, lower = Stop(1, 0, 500, walk=2), Stop(2, 0, 500, walk=1)
    assert tour([upper, lower], ONE_BLOCK, DESK).keys == [2, 1]


def test_a_round_trip_begins_where_the_walking_order_begins() -> None:
    for first, last in ((0, 8_000), (8_000, 0)):
        stops = [Stop(1, first, 10_000, walk=1), Stop(2, last, 10_000, walk=9)]
        assert tour(stops, ONE_BLOCK, (4_000, 0)).keys == [1, 2]


def test_no_stops_no_tour() -> None:
    assert tour([], ONE_BLOCK, DESK) == Tour([], 0.0, "exact")


@pytest.mark.parametrize("layout", [ONE_BLOCK, None, Layout(())])
def test_without_coordinates_the_walking_order_and_then_the_code_lead(
    layout: Layout | None,
) -> None:
    stops = [
        Stop(1, None, None, walk=5, code="A-10-1"),
        Stop(2, None, None, walk=5, code="A-9-1"),
        Stop(3, 0, 0, walk=1, code="Z-1-1"),
    ]
    assert tour(stops, layout, DESK) == Tour([3, 2, 1], None, "walk_order")


def test_a_layout_is_read_from_where_the_locations_are() -> None:
    bays = [*range(500, 10_000, 1_000), *range(13_500, 23_000, 1_000)]
    points = [(x, y) for x in (0, 4_000) for y in bays]
    assert layout_of(points) == Layout((0, 11_500, 23_000))


def test_a_missing_bay_is_no_cross_aisle() -> None:
    assert layout_of([(0, y) for y in (500, 1_500, 3_500, 4_500)]) == Layout((0, 5_000))


def test_no_locations_no_layout_and_one_location_is_enough_for_one() -> None:
    assert layout_of([]) is None
    assert layout_of([(0, 700)]) == Layout((700,))


def test_with_many_cross_aisles_the_tour_is_improved_and_visits_every_stop() -> None:
    five_blocks = Layout(tuple(range(0, 60_001, 12_000)))
    stops = random_stops(40, aisles=12, depth_mm=60_000, seed=5)
    found = tour(stops, five_blocks, DESK)
    assert found.how == "improved"
    assert sorted(found.keys) == list(range(40))


def test_an_improved_tour_is_hardly_longer_than_the_shortest() -> None:
    improved = best = 0
    for seed in range(10):
        stops = random_stops(20, aisles=10, depth_mm=48_000, seed=seed)
        points = sorted({(stop.x_mm or 0, stop.y_mm or 0) for stop in stops})
        order = improve.short_tour(points, _way, DESK, DESK)
        assert sorted(order) == points
        improved += length([DESK, *order, DESK], TWO_BLOCKS)
        best += length([*shortest(points, TWO_BLOCKS.cross_mm, DESK, DESK), DESK], TWO_BLOCKS)
    assert best <= improved <= best * 1.02


@pytest.mark.parametrize("seed", range(6))
def test_no_exchange_makes_an_improved_tour_shorter(seed: int) -> None:
    points = sorted({(s.x_mm or 0, s.y_mm or 0) for s in random_stops(30, aisles=10, depth_mm=48_000, seed=seed)})
    nodes = [DESK, *improve.short_tour(points, _way, DESK, DESK), DESK]
    matrix = [[_way(a, b) for b in nodes] for a in nodes]
    in_order = list(range(len(nodes)))
    improve._turn_parts(in_order, matrix)
    improve._move_parts(in_order, matrix)
    assert in_order == list(range(len(nodes)))


def _way(a: Point, b: Point) -> int:
    return walk_mm(a, b, TWO_BLOCKS)
