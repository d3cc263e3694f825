"""Allocate: which stock serves which order line, first expired first out.

Never expired or held stock, never less life than the customer asks for, only from places that goods are picked from.
Of the stock that expires on one day: pick faces before reserve, then the fewest stops, then the shortest way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from scanner.planning.life import last_day, why_unfit

SOURCE_KINDS = ("pick", "reserve")  # the first is used first; stock anywhere else is never allocated


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one order line still needs, in base units."""

    line_id: int
    item_id: int
    qty: int
    min_life_days: int = 0


@dataclass(frozen=True, slots=True)
class Free:
    """Stock of one item, lot and unit at one location: `qty` is on hand less reserved, in base units."""

    location_id: int
    item_id: int
    lot_id: int
    unit_id: int
    qty: int
    expiry: date | None = None
    best_before: date | None = None
    is_held: bool = False  # the lot, the location, the unit or the stock itself
    walk: int = 0  # the location's walking order
    kind: str = "pick"  # the location's


@dataclass(frozen=True, slots=True)
class Allocation:
    """Take `qty` for this line from there."""

    line_id: int
    item_id: int
    location_id: int
    lot_id: int
    unit_id: int
    qty: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What was found, and by line what was not."""

    allocations: list[Allocation]
    short: dict[int, int]


def allocate(wanted: Sequence[Wanted], stock: Sequence[Free], *, today: date) -> Plan:
    """Serve the lines in the order given; no row of `stock` is given out beyond its quantity."""
    left = {row: rest.qty for row, rest in enumerate(stock)}
    rows_by_item = _usable_rows_by_item(stock)
    plan = Plan([], {})
    for line in wanted:
        rest = line.qty
        for row in _in_order(line, stock, rows_by_item[line.item_id], left, today):
            taken = min(left[row], rest)
            left[row] -= taken
            rest -= taken
            plan.allocations.append(_allocation(line, stock[row], taken))
        if rest > 0:
            plan.short[line.line_id] = plan.short.get(line.line_id, 0) + rest
    return plan


def _usable_rows_by_item(stock: Sequence[Free]) -> defaultdict[int, list[int]]:
    """The numbers of the rows that may be given out at all, best first as far as that is known without a line."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for row, free in enumerate(stock):
        if free.qty > 0 and not free.is_held and free.kind in SOURCE_KINDS:
            rows[free.item_id].append(row)
    for of_item in rows.values():
        of_item.sort(key=lambda row: _rank(stock[row]))
    return rows


def _rank(free: Free) -> tuple[date, int]:
    last = last_day(free.expiry, free.best_before)
    return last or date.max, SOURCE_KINDS.index(free.kind)


def _in_order(
    line: Wanted, stock: Sequence[Free], rows: Sequence[int], left: dict[int, int], today: date
) -> Iterator[int]:
    """The rows that serve the line, in the order in which to empty them, until it is full."""
    rest = line.qty
    fit = (row for row in rows if left[row] and _is_fit(stock[row], line, today))
    for _, equals in groupby(fit, key=lambda row: _rank(stock[row])):
        for row in _fewest_stops(rest, equals, stock, left):
            if rest <= 0:
                return
            # Read before the row is yielded: the caller takes from it.
            rest -= left[row]
            yield row


def _is_fit(free: Free, line: Wanted, today: date) -> bool:
    return why_unfit(free.expiry, free.best_before, today, line.min_life_days) is None


def _fewest_stops(rest: int, rows: Iterable[int], stock: Sequence[Free], left: dict[int, int]) -> list[int]:
    """Equally good rows, by location: the fewest locations that cover the rest.

    The fullest locations first; the last one is, of those that cover what is then left, the one that is emptied by
    it, else the nearest.
    """
    at: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        at[stock[row].location_id].append(row)
    content = {location: sum(left[row] for row in here) for location, here in at.items()}
    walk = {location: (stock[here[0]].walk, location) for location, here in at.items()}
    ordered: list[int] = []
    while rest > 0 and content:
        covering = [location for location, qty in content.items() if qty >= rest]
        if covering:
            best = min(covering, key=lambda location: (content[location] != rest, walk[location]))
        else:
            best = min(content, key=lambda location: (-content[location], walk[location]))
        rest -= content.pop(best)
        # Within a location the smallest rows first: that empties lots and units.
        ordered += sorted(at[best], key=lambda row: (left[row], stock[row].lot_id, stock[row].unit_id))
    return ordered


def _allocation(line: Wanted, free: Free, qty: int) -> Allocation:
    return Allocation(line.line_id, free.item_id, free.location_id, free.lot_id, free.unit_id, qty)
