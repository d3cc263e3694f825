"""Tally: what this process has done with scans since it started: how many of each outcome, and how long they took."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec

from scanner.refusals import Refusal
from scanner.turns import Busy

P = ParamSpec("P")

BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OUTCOMES: Final = ("accepted", "refused", "discrepancy", "replayed", "unrecorded", "busy", "failed")


@dataclass(frozen=True, slots=True)
class Reading:
    """The tally at one instant."""

    outcomes: dict[str, int]
    within: tuple[int, ...]  # scans that took at most each of BOUNDS_S
    count: int
    seconds: float  # of all of them together


class Tally:
    """Counts from many threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        self._buckets = [0] * (len(BOUNDS_S) + 1)
        self._seconds = 0.0

    def note(self, outcome: str, seconds: float) -> None:
        """Count one scan."""
        with self._guard:
            self._outcomes[outcome] += 1
            self._buckets[bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds += seconds

    def read(self) -> Reading:
        """What was counted so far."""
        with self._guard:
            buckets, seconds = list(self._buckets), self._seconds
            outcomes = {outcome: self._outcomes[outcome] for outcome in OUTCOMES}
        within = tuple(sum(buckets[: number + 1]) for number in range(len(BOUNDS_S)))
        return Reading(outcomes, within, sum(buckets), seconds)


SCANS: Final = Tally()


def counted(take: Callable[P, dict[str, Any]]) -> Callable[P, dict[str, Any]]:
    """Count what becomes of each scan that `take` is given, and how long it takes."""

    @wraps(take)
    def run(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        began, outcome = time.perf_counter(), "failed"
        try:
            answer = take(*args, **kwargs)
            outcome = "replayed" if answer.get("replayed") else answer["outcome"]
        except Busy:
            outcome = "busy"
            raise
        except Refusal:
            outcome = "unrecorded"
            raise
        finally:
            SCANS.note(outcome, time.perf_counter() - began)
        return answer

    return run
