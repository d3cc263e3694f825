"""Life: how long goods may be used. The one expiry law of allocation, scans and counts.

Goods may be used up to and including their last day, which is the earlier of expiry (GS1 AI 17) and best before
(AI 15). Goods without either date keep for ever. `today` is the date at the site, not at the server.
"""

from __future__ import annotations

from datetime import date


def last_day(expiry: date | None, best_before: date | None) -> date | None:
    """The last day on which the goods may be used; None if they keep for ever."""
    return min((day for day in (expiry, best_before) if day is not None), default=None)


def is_expired(expiry: date | None, best_before: date | None, today: date) -> bool:
    """True from the day after the last day on. On the last day itself the goods may still be used."""
    last = last_day(expiry, best_before)
    return last is not None and last < today


def days_left(expiry: date | None, best_before: date | None, today: date) -> int | None:
    """Days from today to the last day: 0 on that day, negative after it; None if the goods keep for ever."""
    last = last_day(expiry, best_before)
    return None if last is None else (last - today).days


def why_unfit(expiry: date | None, best_before: date | None, today: date, min_life_days: int = 0) -> str | None:
    """The refusal code of goods that are too old to be given out; None if they are fit.

    `min_life_days` is what the customer asks for: so many days must be left, counted as `days_left` does.
    """
    left = days_left(expiry, best_before, today)
    if left is None:
        return None
    if left < 0:
        return "expired"
    return "life_too_short" if left < min_life_days else None
