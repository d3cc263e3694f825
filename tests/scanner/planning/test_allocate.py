"""Which stock serves which line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.planning.allocate import Allocation, Free, Plan, Wanted, allocate
from scanner.planning.life import last_day

TODAY = date(2026, 3, 1)
MUG = 1


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def free(location_id: int, qty: int, *, lot_id: int = 0, expiry: date | None = None) -> Free:
    return Free(location_id, MUG, lot_id, 0, qty, expiry=expiry, walk=location_id)


def takes(plan: Plan) -> list[tuple[int, int]]:
    """(location, qty) in the order planned."""
    return [(row.location_id, row.qty) for row in plan.allocations]


def plan_for(qty: int, *stock: Free, min_life_days: int = 0) -> Plan:
    return allocate([Wanted(7, MUG, qty, min_life_days)], stock, today=TODAY)


def test_the_lot_that_expires_first_goes_first() -> None:
    plan = plan_for(5, free(1, 9, expiry=in_days(60)), free(2, 3, expiry=in_days(30)))
    assert takes(plan) == [(2, 3), (1, 2)]


def test_the_earlier_of_expiry_and_best_before_counts() -> None:
    by_best_before = replace(free(1, 9, expiry=in_days(90)), best_before=in_days(10))
    assert takes(plan_for(1, free(2, 9, expiry=in_days(30)), by_best_before)) == [(1, 1)]


def test_goods_without_a_date_go_after_those_with_one() -> None:
    assert takes(plan_for(1, free(1, 9), free(2, 9, expiry=in_days(900)))) == [(2, 1)]


def test_stock_may_go_out_on_its_last_day_and_not_after_it() -> None:
    assert takes(plan_for(1, free(1, 1, expiry=TODAY))) == [(1, 1)]
    assert plan_for(1, free(1, 1, expiry=in_days(-1))) == Plan([], {7: 1})


def test_held_stock_is_never_given_out() -> None:
    assert plan_for(4, replace(free(1, 9), is_held=True)) == Plan([], {7: 4})


@pytest.mark.parametrize("kind", ["dock", "cart", "pack", "door", "quarantine", "returns"])
def test_stock_outside_the_shelves_is_never_given_out(kind: str) -> None:
    assert plan_for(4, replace(free(1, 9), kind=kind)) == Plan([], {7: 4})


def test_a_lot_with_less_life_than_the_customer_asks_for_is_passed_over() -> None:
    stock = free(1, 9, expiry=in_days(29)), free(2, 9, expiry=in_days(30))
    assert takes(plan_for(1, *stock, min_life_days=30)) == [(2, 1)]


def test_pick_faces_go_before_the_reserve() -> None:
    assert takes(plan_for(12, replace(free(1, 20), kind="reserve"), free(2, 9))) == [(2, 9), (1, 3)]


def test_an_older_lot_in_the_reserve_goes_before_a_younger_one_in_the_pick_face() -> None:
    older = replace(free(1, 9, expiry=in_days(5)), kind="reserve")
    assert takes(plan_for(1, free(2, 9, expiry=in_days(6)), older)) == [(1, 1)]


def test_one_location_that_covers_the_rest_beats_two_nearer_ones() -> None:
    assert takes(plan_for(6, free(1, 3), free(2, 3), free(3, 8))) == [(3, 6)]


def test_the_location_that_is_emptied_beats_a_nearer_one() -> None:
    assert takes(plan_for(6, free(1, 8), free(2, 6))) == [(2, 6)]


def test_the_nearer_of_two_equal_locations_goes_first() -> None:
    assert takes(plan_for(6, free(2, 8), free(1, 8))) == [(1, 6)]


def test_no_location_covering_the_rest_the_fullest_go_first() -> None:
    plan = plan_for(10, free(1, 2), free(2, 3), free(3, 7), free(4, 3))
    assert takes(plan) == [(3, 7), (2, 3)]


def test_the_units_of_one_location_are_one_stop() -> None:
    pallets = replace(free(1, 4), unit_id=11), replace(free(1, 4), unit_id=12)
    assert takes(plan_for(8, free(2, 7), free(3, 7), *pallets)) == [(1, 4), (1, 4)]


def test_a_unit_that_is_not_needed_is_not_in_the_plan() -> None:
    assert takes(plan_for(3, replace(free(1, 4), unit_id=11), replace(free(1, 4), unit_id=12))) == [(1, 3)]


def test_two_lines_of_one_item_share_its_stock() -> None:
    plan = allocate([Wanted(1, MUG, 6), Wanted(2, MUG, 6)], [free(1, 10)], today=TODAY)
    assert plan.allocations == [Allocation(1, MUG, 1, 0, 0, 6), Allocation(2, MUG, 1, 0, 0, 4)]
    assert plan.short == {2: 2}


def test_nothing_wanted_nothing_planned() -> None:
    assert plan_for(0, free(1, 5)) == Plan([], {})


dates = st.none() | st.integers(-3, 12).map(in_days)
stocks = st.lists(
    st.builds(
        Free,
        location_id=st.integers(1, 5),
        item_id=st.integers(1, 2),
        lot_id=st.integers(0, 3),
        unit_id=st.integers(0, 2),
        qty=st.integers(0, 9),
        expiry=dates,
        best_before=dates,
        is_held=st.sampled_from([False, False, False, True]),
        walk=st.integers(0, 3),
        kind=st.sampled_from(["pick", "pick", "reserve", "quarantine"]),
    ),
    max_size=10,
    unique_by=lambda row: (row.location_id, row.item_id, row.lot_id, row.unit_id),
)
wishes = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 25), st.integers(0, 10)), max_size=5).map(
    lambda rows: [Wanted(number, *row) for number, row in enumerate(rows)]
)


def usable(row: Free, line: Wanted) -> bool:
    """The rule, written another way than in the code under test."""
    last = last_day(row.expiry, row.best_before)
    lives = last is None or last - TODAY >= timedelta(days=line.min_life_days)
    on_shelf = row.kind in {"pick", "reserve"} and not row.is_held
    return row.item_id == line.item_id and on_shelf and lives


def key(row: Free | Allocation) -> tuple[int, int, int, int]:
    return row.location_id, row.item_id, row.lot_id, row.unit_id


@given(wishes, stocks)
def test_no_row_is_given_out_beyond_its_quantity_and_every_row_given_is_fit(
    wanted: list[Wanted], stock: list[Free]
) -> None:
    rows = {key(row): row for row in stock}
    given_out: Counter[tuple[int, int, int, int]] = Counter()
    for row in allocate(wanted, stock, today=TODAY).allocations:
        assert row.qty > 0
        assert usable(rows[key(row)], wanted[row.line_id])
        given_out[key(row)] += row.qty
    assert all(qty <= rows[place].qty for place, qty in given_out.items())


@given(wishes, stocks)
def test_allocated_and_short_add_up_to_what_is_wanted(wanted: list[Wanted], stock: list[Free]) -> None:
    plan = allocate(wanted, stock, today=TODAY)
    got = Counter(plan.short)
    for row in plan.allocations:
        got[row.line_id] += row.qty
    assert got == Counter({line.line_id: line.qty for line in wanted if line.qty})


@given(wishes, stocks)
def test_no_line_is_short_while_fit_stock_is_left(wanted: list[Wanted], stock: list[Free]) -> None:
    plan = allocate(wanted, stock, today=TODAY)
    left = {key(row): row.qty for row in stock}
    for taken in plan.allocations:
        left[key(taken)] -= taken.qty
    for line in wanted:
        if plan.short.get(line.line_id):
            assert not any(left[key(row)] for row in stock if usable(row, line))


@given(wishes, stocks)
def test_no_line_order_finds_more_in_all(wanted: list[Wanted], stock: list[Free]) -> None:
    forwards = allocate(wanted, stock, today=TODAY)
    backwards = allocate(wanted[::-1], stock, today=TODAY)
    assert sum(forwards.short.values()) == sum(backwards.short.values())


@given(st.integers(1, 30), stocks)
def test_stock_that_expires_earlier_is_used_up_before_a_later_one_is_touched(qty: int, stock: list[Free]) -> None:
    line = Wanted(0, MUG, qty)
    rows = {key(row): row for row in stock}
    plan = allocate([line], stock, today=TODAY)
    taken = {key(row): row.qty for row in plan.allocations}
    latest = max((_last(rows[place]) for place in taken), default=date.min)
    for row in stock:
        if usable(row, line) and _last(row) < latest:
            assert taken.get(key(row), 0) == row.qty


def _last(row: Free) -> date:
    return last_day(row.expiry, row.best_before) or date.max
