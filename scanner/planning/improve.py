"""Improve: a short tour by exchange, for layouts with more cross aisles than the exact method can take in time.

Nearest neighbour first, then 2-opt (turn a part round) and Or-opt (put up to three stops elsewhere) until neither
helps. About 1 % longer than the shortest tour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

Point = tuple[int, int]
Matrix = Sequence[Sequence[int]]
LONGEST_MOVED = 3  # stops that Or-opt moves together
MOST_ROUNDS = 40  # a limit on everything; tours of 40 stops need fewer than ten


def short_tour(
    points: Sequence[Point], distance: Callable[[Point, Point], int], start: Point, end: Point
) -> list[Point]:
    """All `points` in the order of a short tour from start to end, neither included."""
    nodes = [start, *points, end]
    matrix = [[distance(a, b) for b in nodes] for a in nodes]
    by_aisle = [0, *sorted(range(1, len(points) + 1), key=_serpentine(nodes)), len(points) + 1]
    tours = [_exchanged(first, matrix) for first in (_nearest_neighbour(matrix), by_aisle)]
    best = min(tours, key=lambda tour: sum(matrix[a][b] for a, b in pairwise(tour)))
    return [nodes[number] for number in best[1:-1]]


def _exchanged(tour: list[int], matrix: Matrix) -> list[int]:
    for _ in range(MOST_ROUNDS):
        # Not `or`: both are tried in every round.
        if not any([_turn_parts(tour, matrix), _move_parts(tour, matrix)]):
            break
    return tour


def _serpentine(nodes: Sequence[Point]) -> Callable[[int], tuple[int, int]]:
    """Up the first aisle, down the next."""
    rank = {x: at for at, x in enumerate(sorted({x for x, _ in nodes}))}
    return lambda i: (nodes[i][0], nodes[i][1] if rank[nodes[i][0]] % 2 == 0 else -nodes[i][1])


def _nearest_neighbour(matrix: Matrix) -> list[int]:
    tour, left = [0], set(range(1, len(matrix) - 1))
    while left:
        row = matrix[tour[-1]]
        tour.append(min(left, key=lambda number: (row[number], number)))
        left.remove(tour[-1])
    return [*tour, len(matrix) - 1]


def _turn_parts(tour: list[int], matrix: Matrix) -> bool:
    """2-opt: walk tour[i:j] the other way round where that is shorter. True if anything changed."""
    is_better = False
    for i in range(1, len(tour) - 2):
        before = matrix[tour[i - 1]]
        first = matrix[tour[i]]
        for j in range(i + 2, len(tour)):
            last, after = tour[j - 1], tour[j]
            if before[last] + first[after] < before[tour[i]] + matrix[last][after]:
                tour[i:j] = tour[i:j][::-1]
                first = matrix[last]
                is_better = True
    return is_better


def _move_parts(tour: list[int], matrix: Matrix) -> bool:
    """Or-opt: put up to three stops in a row where they cost least. True if anything changed."""
    is_better = False
    for length in range(1, LONGEST_MOVED + 1):
        for i in range(1, len(tour) - length):
            part, rest = tour[i : i + length], tour[:i] + tour[i + length :]
            to_first, from_last = matrix[part[0]], matrix[part[-1]]
            costs = [to_first[a] + from_last[b] - matrix[a][b] for a, b in pairwise(rest)]
            best = min(range(len(costs)), key=costs.__getitem__)
            if costs[best] < costs[i - 1]:
                tour[:] = rest[: best + 1] + part + rest[best + 1 :]
                is_better = True
    return is_better
