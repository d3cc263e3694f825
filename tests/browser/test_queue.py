"""The queue of scans by itself, without a browser: what leaves it, in which order, and when it tries again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
QUEUE = HERE.parent.parent / "static" / "queue.js"


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What each rule of queue_rules.mjs has seen, from the node that Playwright brings."""
    node = compute_driver_executable()[0]
    program = [node, str(HERE / "queue_rules.mjs"), str(QUEUE)]
    run = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return dict(json.loads(line) for line in run.stdout.splitlines())


def test_scans_leave_in_their_order_by_twenties(seen: dict[str, Any]) -> None:
    assert seen["order"]["sent"] == [20, 20, 5]
    assert seen["order"]["settled"] == [f"id-{n}" for n in range(1, 46)]
    assert (seen["order"]["left"], seen["order"]["waiting"]) == (0, 0)


def test_only_an_answer_that_names_the_scan_with_a_final_status_lets_it_go(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == [*[[1, 1, 0, 1]] * 3, *[[1, 1, None, 1]] * 2]  # what names it is no lost connection


def test_what_an_answer_leaves_out_stays(seen: dict[str, Any]) -> None:
    assert seen["some"] == {"left": ["id-3"], "settled": ["id-1", "id-2"], "timers": 1}


def test_it_tries_again_by_itself_later_each_time_and_with_fewer_scans(seen: dict[str, Any]) -> None:
    assert seen["pauses"]["pauses"] == [500, 1000, 2000, 4000, 8000, *[15_000] * 5]
    assert seen["pauses"]["sizes"] == [20, 5, *[1] * 9]
    assert seen["pauses"]["timers"] == 1


def test_a_scan_that_comes_while_others_are_sent_is_sent_too(seen: dict[str, Any]) -> None:
    assert seen["meanwhile"] == {"sent": [["id-1"], ["id-2"]], "left": 0}
    assert seen["wake"] == {"left": 0, "sent": 2}


def test_a_scan_at_which_the_server_fails_for_ever_does_not_hold_up_those_behind_it(seen: dict[str, Any]) -> None:
    assert seen["fault"] == {"left": ["id-1"], "down": None, "timers": 1}


def test_a_scan_that_cannot_be_stored_is_not_counted(seen: dict[str, Any]) -> None:
    assert seen["full"] == {"said": "refused", "waiting": 0, "left": 0}


def test_it_says_since_when_nothing_comes_through(seen: dict[str, Any]) -> None:
    assert seen["back"] == {"down": 777, "still": 777, "after": None, "left": 0, "timers": 0}
