"""The coming steps of a task as its page gets them: the station's own screens, for who may do the task."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, current_app

from scanner.ahead import playing
from tests.conftest import Browser
from tests.scanner.floor import Floor
from tests.world import World

Log_in = Callable[[str], Browser]


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Iterator[Floor]:
    """The small warehouse; the record is proved at the end."""
    made = Floor(warehouse)
    yield made
    assert made.is_good()


def order(world: World) -> None:
    """Seven mugs from two places."""
    world.stock("MUG", "A-01-1", 3)
    world.stock("MUG", "A-02-1", 4)
    world.order("SO-1", ("MUG", 7))


def test_the_coming_steps_are_a_pages_own_screens_without_a_form_token(floor: Floor, browser: Log_in) -> None:
    order(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    page = browser("ben").get(f"/pick/{task}/")
    answer = browser("ben").get(f"/pick/{task}/ahead")
    said = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert (said["task"], said["to"]) == (task, f"/pick/{task}/scan")
    assert f'data-at="{said["at"]}"' in page.text
    html = said["steps"][said["at"]]["html"]
    assert f'data-at="{said["at"]}"' in html
    assert 'data-csrf=""' in html
    token = re.search(r'data-csrf="([^"]+)"', page.text)
    assert token is not None
    assert without_blanks(html) in without_blanks(page.text.replace(token[1], ""))


def without_blanks(text: str) -> str:
    """A page as a browser compares it."""
    return " ".join(text.split())


@pytest.mark.parametrize(("name", "status"), [("ben", 200), ("eve", 200), ("ana", 403), ("zoe", 404)])
def test_only_who_may_do_the_task_is_told_its_steps(floor: Floor, browser: Log_in, name: str, status: int) -> None:
    order(floor.world)
    floor.world.at_another_site()
    task = floor.start("ben", "pick", "SO-1")
    assert browser(name).get(f"/pick/{task}/ahead").status_code == status


def test_the_steps_of_another_persons_task_are_refused_as_its_scans_are(floor: Floor, browser: Log_in) -> None:
    order(floor.world)
    task = floor.start("eve", "pick", "SO-1")
    answer = browser("ben").get(f"/pick/{task}/ahead", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_your_task")


def test_when_too_many_ask_at_once_the_rest_are_told_to_come_back(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    monkeypatch.setattr(playing, "WAIT_S", 0.01)
    ben = browser("ben")
    with playing._stage:
        answer = ben.get(f"/pick/{task}/ahead")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert ben.get(f"/pick/{task}/ahead").status_code == 200


def test_a_screen_that_was_drawn_before_is_the_same_as_one_drawn_now(floor: Floor, browser: Log_in) -> None:
    order(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    ben = browser("ben")
    first, second = (ben.get(f"/pick/{task}/ahead").get_json() for _ in range(2))
    current_app.extensions["drawn"] = type(current_app.extensions["drawn"])()
    assert first == second == ben.get(f"/pick/{task}/ahead").get_json()


def test_a_task_of_another_workflow_is_not_found(floor: Floor, browser: Log_in) -> None:
    order(floor.world)
    task = floor.start("eve", "pick", "SO-1")
    assert browser("eve").get(f"/count/{task}/ahead").status_code == 404
