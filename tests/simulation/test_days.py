"""Days of phones without a network and of a server that crashes: nothing is lost, booked twice or out of order.

Each seed is a day (tests/simulation/day.py); chance takes the first one. A seed that fails tells its story again with
`.venv/bin/python -m tools.simulate --seed N`. The long run is a part of `make soak`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engines import ENGINES, Databases
from tests.scanner.floor import Record, difference, dump
from tests.scanner.floor import place as label
from tests.simulation.phones import SPOILT, Phones, spoilt
from tests.simulation.station import BEGIN, Clock, Station, as_scan, results_of, station
from tools.simulate import live

DAYS = {"sqlite": 30, "postgresql": 6}
FAULTY_DAYS = range(40)
HOW_IT_IS = ("device", "person_session")  # noted of a device by the way, in transactions of their own
WALKS = [
    *(("sqlite", name) for name in ("move", "move, refused", "pick", "the end of a pick")),
    *(("postgresql", name) for name in ("move", "pick")),
]


@pytest.fixture(scope="module", params=ENGINES)
def place(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Station]:
    """A station whose server may be ended at any statement."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql_server")
    with station(request.param, databases) as made:
        yield made


def test_every_day_is_survived(place: Station) -> None:
    first, days = random.SystemRandom().randrange(10**9), DAYS[place.engine]
    with Phones() as phones:
        count = live(range(first, first + days), place, phones)
    assert count.breaches == [], f"on {place.engine}"
    assert count.days == days
    assert count.slowest_drain_s < 60
    assert min(count.happened[what] for what in ("scans settled", "server: died", "answers that were repeats")) > 0
    assert count.crashed


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", SPOILT)
def test_a_fault_in_the_queue_is_found(place: Station, fault: str, tmp_path: Path) -> None:
    """The controls: a queue that was spoilt on purpose does not survive forty days."""
    with Phones(spoilt(tmp_path, fault)) as phones:
        count = live(FAULTY_DAYS, place, phones, stop_at_first=True)
    assert count.breaches != [], f"{fault}: {count}"


# --- beside every statement of a scan -----------------------------------------------------------------------------


def walk(station: Station, name: str) -> list[tuple[str, str]]:
    """Scans of the first phone; the last one is looked at."""
    handset = station.handsets[0]
    if name.startswith("move"):
        last = label("B-01-1") if name == "move" else "NO-SUCH-THING"
        return [(handset.move, raw) for raw in (label("A-01-1"), "MUG", last)]
    codes = handset.pick_codes if name == "the end of a pick" else handset.pick_codes[:4]
    return [(handset.pick, raw) for raw in codes]


@pytest.mark.parametrize(("place", "name"), WALKS, indirect=["place"])
def test_a_server_that_ends_beside_any_statement_has_booked_all_or_nothing(place: Station, name: str) -> None:
    """And the same scan ends as it would have without that: each boundary of it, one after the other."""
    scans = walk(place, name)
    before, last = _begin(place, scans)
    answer = _ask(place, last)
    assert answer is not None
    after = dump(HOW_IT_IS)
    assert before != after

    assert _begin(place, scans)[0] == before
    crashes, is_booked = 0, False
    while True:
        place.crasher.plan(crashes + 1)
        got = _ask(place, last)
        if got is not None:
            break
        crashes += 1
        place.crasher.restart()
        now = dump(HOW_IT_IS)
        is_booked = is_booked or now != before
        expected = after if is_booked else before
        assert now == expected, f"after crash {crashes}: {difference(expected, now)}"
    place.crasher.plan(0)
    assert crashes > 15
    assert is_booked  # a crash after COMMIT: it is the repeat that answers
    assert {**got, "replayed": None} == {**answer, "replayed": None}
    assert dump(HOW_IT_IS) == after


def _begin(station: Station, scans: list[tuple[str, str]]) -> tuple[Record, dict[str, Any]]:
    """All scans but the last; the record then, and the last one."""
    station.begin()
    Clock.at = BEGIN + timedelta(minutes=1)
    made = [
        as_scan(station.handsets[0], to, raw, f"00000000-0000-4000-8000-{number:012d}", 0, "phone-1")
        for number, (to, raw) in enumerate(scans)
    ]
    for scan in made[:-1]:
        answer = _ask(station, scan)
        assert answer is not None
        assert answer["outcome"] == "accepted", answer
    return dump(HOW_IT_IS), made[-1]


def _ask(station: Station, scan: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a scan; None when the server has ended over it."""
    at = Clock.at.isoformat()
    got = station.ask(0, json.dumps({"sent_at": at, "scans": [{**scan, "at": at}]}))
    if got is None:
        return None
    (one,) = results_of(got[1])
    assert (got[0], one["status"]) == (200, 200), got
    answer: dict[str, Any] = one["answer"]
    return answer
