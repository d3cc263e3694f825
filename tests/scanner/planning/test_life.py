"""The one expiry law."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scanner.planning.life import days_left, is_expired, last_day, why_unfit

TODAY = date(2026, 3, 1)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


def test_goods_may_be_used_on_their_last_day() -> None:
    assert not is_expired(TODAY, None, TODAY)
    assert not is_expired(None, TODAY, TODAY)


def test_goods_are_expired_the_day_after() -> None:
    assert is_expired(YESTERDAY, None, TODAY)
    assert is_expired(None, YESTERDAY, TODAY)


@pytest.mark.parametrize(("expiry", "best_before"), [(TODAY, TOMORROW), (TOMORROW, TODAY)])
def test_the_earlier_of_two_dates_counts(expiry: date, best_before: date) -> None:
    assert last_day(expiry, best_before) == TODAY
    assert days_left(expiry, best_before, TODAY) == 0
    assert is_expired(expiry, best_before, TOMORROW)


def test_goods_without_a_date_keep_for_ever() -> None:
    assert not is_expired(None, None, date.max)
    assert days_left(None, None, TODAY) is None
    assert why_unfit(None, None, TODAY, min_life_days=10_000) is None


def test_days_left_count_to_the_last_day_and_below_zero() -> None:
    assert days_left(TODAY + timedelta(days=30), None, TODAY) == 30
    assert days_left(YESTERDAY, None, TODAY) == -1


def test_a_lot_with_just_the_life_that_is_asked_for_is_fit() -> None:
    lot = TODAY + timedelta(days=30)
    assert why_unfit(lot, None, TODAY, min_life_days=30) is None
    assert why_unfit(lot, None, TODAY, min_life_days=31) == "life_too_short"


def test_expired_goods_are_called_expired_whatever_life_is_asked_for() -> None:
    assert why_unfit(YESTERDAY, None, TODAY) == "expired"
    assert why_unfit(YESTERDAY, None, TODAY, min_life_days=30) == "expired"
