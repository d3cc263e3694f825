"""Frontier: the shortest tour through parallel aisles that cross aisles join, exactly.

A tour is a set of walked edges in which every point has an even number of them (the two ends of an open tour an odd
one) and which hangs together. Such sets are built aisle by aisle, from left to right. All that the rest of the tour
needs to know of what was built is, for each cross aisle, whether it was touched, whether its number of edges is odd,
and which of the touched ones hang together: the state. Of all sets with one state only the shortest is kept, as in
Ratliff and Rosenthal (1983) for one block and Roodbergen and de Koster (2001) for two. The number of states grows
with the number of cross aisles, not with that of aisles or stops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

Point = tuple[int, int]  # x (across the aisles) and y (along them), mm
Edge = tuple[Point, Point]
State = tuple[int, ...]  # by cross aisle: 0 = untouched, else 2 * number of the component + 1 if odd


_Act = tuple[str, int, int]  # what is done, at which slot, with which other slot


class _Choice(NamedTuple):
    """One way to go on: what it does to the state, what it costs in mm, which edges it walks."""

    act: str
    slot: int
    other: int = -1
    cost: int = 0
    edges: tuple[Edge, ...] = ()


class _Trail(NamedTuple):
    """The choices behind a state, last first."""

    before: _Trail | None
    choice: _Choice


_Table = dict[State, tuple[int, _Trail | None]]


def shortest(points: Iterable[Point], cross: Sequence[int], start: Point, end: Point) -> list[Point]:
    """All `points` in the order of a shortest tour from start to end, both included.

    `cross` are the cross aisles' y, ascending. Every point stands in the aisle that runs along its x.
    """
    columns: defaultdict[int, list[int]] = defaultdict(list)
    for x, y in {*points, start, end}:
        columns[x].append(y)
    table: _Table = {(0,) * len(cross): (0, None)}
    last_x: int | None = None
    for x in sorted(columns):
        if last_x is not None:
            for choices in _across(last_x, x, cross):
                table = _advance(table, choices)
        for choices in _along(x, sorted(columns[x]), cross, start, end):
            table = _advance(table, choices)
        last_x = x
    _, trail = min(found for state, found in table.items() if _is_whole(state))
    return _walk(_edges(trail), start)


def _advance(table: _Table, choices: Sequence[_Choice]) -> _Table:
    """The shortest way into every state that one of the choices leads to."""
    after: _Table = {}
    ways = _ways(tuple((choice.act, choice.slot, choice.other) for choice in choices))
    for state, (cost, trail) in table.items():
        for number, reached in ways[state]:
            choice = choices[number]
            total = cost + choice.cost
            known = after.get(reached)
            if known is None or total < known[0]:
                after[reached] = (total, _Trail(trail, choice))
    return after


class _Ways(dict[State, list[tuple[int, State]]]):
    """By state, which of the given acts can be done and what state they lead to. Worked out once, then kept."""

    def __init__(self, acts: Sequence[_Act]) -> None:
        super().__init__()
        self._acts = acts

    def __missing__(self, state: State) -> list[tuple[int, State]]:
        results = [(number, _apply(state, *act)) for number, act in enumerate(self._acts)]
        self[state] = [(number, reached) for number, reached in results if reached is not None]
        return self[state]


@lru_cache(maxsize=1024)
def _ways(acts: tuple[_Act, ...]) -> _Ways:
    return _Ways(acts)


def _across(last_x: int, x: int, cross: Sequence[int]) -> Iterator[list[_Choice]]:
    """From one aisle to the next, along each cross aisle."""
    for slot, y in enumerate(cross):
        edge = ((last_x, y), (x, y))
        yield [
            _Choice("leave", slot),
            _Choice("cross once", slot, cost=x - last_x, edges=(edge,)),
            _Choice("cross twice", slot, cost=2 * (x - last_x), edges=(edge, edge)),
        ]


def _along(x: int, ys: Sequence[int], cross: Sequence[int], start: Point, end: Point) -> Iterator[list[_Choice]]:
    """Within one aisle: the tour's ends that stand in it, then each stretch between two fixed points."""
    fixed = {y: slot for slot, y in enumerate(cross)}
    for point in dict.fromkeys((start, end)):
        if point[0] == x:
            if point[1] not in fixed:
                fixed[point[1]] = len(fixed)
                yield [_Choice("enter", fixed[point[1]])]
            yield [_Choice("touch" if start == end else "begin", fixed[point[1]])]
    yield from ([_Choice("touch", fixed[y])] for y in ys if y in fixed)
    heights = sorted(fixed)
    yield from _dead_end(x, heights[0], fixed, [y for y in ys if y < heights[0]][::-1])
    for low, high in pairwise(heights):
        stops = [y for y in ys if low < y < high]
        yield _stretch(x, [low, *stops, high], fixed[low], fixed[high])
    yield from _dead_end(x, heights[-1], fixed, [y for y in ys if y > heights[-1]])
    for _ in range(len(fixed) - len(cross)):
        yield [_Choice("drop", len(cross))]


def _dead_end(x: int, y: int, fixed: dict[int, int], stops: list[int]) -> Iterator[list[_Choice]]:
    """Stops past the last fixed point: there and back."""
    if stops:
        yield [_there_and_back("touch", x, [y, *stops], fixed[y])]


def _stretch(x: int, ys: Sequence[int], slot: int, other: int) -> list[_Choice]:
    """The ways through one stretch: ys[0] and ys[-1] are its ends, the others are stops."""
    once = _chain(x, ys)
    length = ys[-1] - ys[0]
    through = [
        _Choice("join once", slot, other, length, once),
        _Choice("join twice", slot, other, 2 * length, once * 2),
    ]
    if len(ys) == 2:
        return [_Choice("pass", slot), *through]
    from_low = _there_and_back("touch", x, ys[:-1], slot)
    from_high = _there_and_back("touch", x, ys[:0:-1], other)
    if len(ys) == 3:
        return [*through, from_low, from_high]
    gap = max(range(1, len(ys) - 2), key=lambda i: ys[i + 1] - ys[i])
    low, high = _chain(x, ys[: gap + 1]) * 2, _chain(x, ys[gap + 1 :]) * 2
    cost = 2 * (length - (ys[gap + 1] - ys[gap]))
    return [*through, from_low, from_high, _Choice("touch both", slot, other, cost, low + high)]


def _there_and_back(act: str, x: int, ys: Sequence[int], slot: int) -> _Choice:
    return _Choice(act, slot, cost=2 * abs(ys[-1] - ys[0]), edges=_chain(x, ys) * 2)


def _chain(x: int, ys: Sequence[int]) -> tuple[Edge, ...]:
    return tuple(((x, a), (x, b)) for a, b in pairwise(ys) if a != b)


def _apply(state: State, act: str, slot: int, other: int) -> State | None:
    """The state after a choice; None if the choice cannot lead to a tour, or only to a longer one."""
    if act == "pass":
        return state
    if act == "enter":
        return (*state, 0)
    if act == "drop":
        return None if _is_lost(state, slot) else _named(state[:slot] + state[slot + 1 :])
    if act in ("leave", "cross once", "cross twice"):
        return _crossed(state, act, slot)
    after = list(state)
    _touch(after, slot)
    if act == "begin":
        after[slot] ^= 1
    if act == "touch both":
        _touch(after, other)
    if act in ("join once", "join twice"):
        _touch(after, other)
        is_joined = after[slot] >> 1 == after[other] >> 1
        if act == "join twice" and is_joined:
            return None  # the stops can be had for less
        _join(after, slot, other)
        if act == "join once":
            after[slot] ^= 1
            after[other] ^= 1
    return _named(after)


def _crossed(state: State, act: str, slot: int) -> State | None:
    """The cross aisle's next point takes the place of its last one, which must be left even and connected."""
    if state[slot] & 1:
        return state if act == "cross once" else None
    if act == "cross twice":
        return state if state[slot] else None
    if act == "cross once" or _is_lost(state, slot):
        return None
    return _named((*state[:slot], 0, *state[slot + 1 :]))


def _is_lost(state: State, slot: int) -> bool:
    """True if nothing more can join what hangs on this point, or make its edges even, once it is left behind."""
    component = state[slot] >> 1
    if not component:
        return False
    return bool(state[slot] & 1) or [code >> 1 for code in state].count(component) == 1


def _touch(state: list[int], slot: int) -> None:
    if not state[slot]:
        state[slot] = max(state) // 2 * 2 + 2


def _join(state: list[int], slot: int, other: int) -> None:
    kept, gone = state[slot] >> 1, state[other] >> 1
    for i, code in enumerate(state):
        if code >> 1 == gone:
            state[i] = kept * 2 + (code & 1)


def _named(state: Sequence[int]) -> State:
    """The same state with its components numbered from 1 in the order in which they appear."""
    numbers = {0: 0}
    return tuple(numbers.setdefault(code >> 1, len(numbers)) * 2 + (code & 1) for code in state)


def _is_whole(state: State) -> bool:
    return {*state} - {0} == {2}


def _edges(trail: _Trail | None) -> Iterator[Edge]:
    while trail:
        yield from trail.choice.edges
        trail = trail.before


def _walk(edges: Iterable[Edge], start: Point) -> list[Point]:
    """The points in the order in which one walk over all edges first comes to them (Hierholzer)."""
    at: defaultdict[Point, list[Point]] = defaultdict(list)
    for a, b in edges:
        at[a].append(b)
        at[b].append(a)
    stack, walked = [start], []
    while stack:
        here = stack[-1]
        if at[here]:
            there = at[here].pop()
            at[there].remove(here)
            stack.append(there)
        else:
            walked.append(stack.pop())
    return list(dict.fromkeys(reversed(walked)))
