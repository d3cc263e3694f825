"""A real phone that is left alone locks by itself; a person's choice of hand and light holds on every page at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page

from scanner.db import transact
from scanner.models import Task
from scanner.workflows import WORKFLOWS
from tests.browser.screens import log_in, phone_at, served
from tests.browser.station import Station
from tests.engines import Databases
from tests.world import PIN, World, make_world

pytestmark = pytest.mark.browser

FACES = "(({ theme, hand }) => ({ theme, hand }))(document.documentElement.dataset)"

Bench = tuple[Station, World]


@pytest.fixture
def bench(
    chrome: Browser, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """Ben's phone on the real product."""
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path_factory.mktemp("alone")))
    monkeypatch.setenv("DATABASE_URL", "")
    with served(databases) as (_app, url):
        world, phone = make_world(), phone_at(chrome, url)
        log_in(phone, world.people["ben"])
        yield phone, world
        phone.context.close()
        assert phone.errors == []


def test_a_phone_left_alone_locks_and_the_same_badge_goes_on_where_it_was(bench: Bench) -> None:
    phone, world = bench
    world.stock("MUG", "A-01-1", 9)
    world.order("SO-1", ("MUG", 2))
    task: Task = transact(lambda: WORKFLOWS["pick"].start("SO-1", by=world.by("ben")))
    work = f"{phone.url}/pick/{task.id}/"
    phone.page.clock.install()
    phone.open(f"/pick/{task.id}/")
    phone.page.clock.fast_forward("04:30")
    phone.page.mouse.click(180, 300)  # somebody is there
    phone.page.clock.fast_forward("04:30")
    phone.page.wait_for_timeout(200)
    assert phone.page.url == work
    phone.page.clock.fast_forward("00:45")
    phone.wait(lambda: phone.page.url.endswith("/login"))
    assert "Ben, your work is kept" in phone.text(".login__locked")
    phone.page.goto(work)
    assert phone.page.url.endswith("/login")  # the server has locked it too
    give_badge(phone, world.badges["ben"])
    for digit in PIN:
        phone.tap(f"#by-badge [data-key='{digit}']")
    phone.tap("#by-badge [data-key=DONE]")
    phone.wait(lambda: phone.page.url == work)


def test_a_page_behind_another_does_not_lock_the_work_in_front(bench: Bench) -> None:
    phone, _world = bench
    phone.page.clock.install()
    behind = phone.open("/").page
    front = phone.context.new_page()
    front.goto(phone.url + "/me")
    front.clock.fast_forward("04:30")
    front.keyboard.press("Shift")  # somebody is there
    phone.wait(lambda: behind.evaluate("localStorage.getItem('scandock.touched')"))  # it comes by another process
    front.clock.fast_forward("04:30")
    front.wait_for_timeout(200)
    assert (behind.url, front.url) == (phone.url + "/", phone.url + "/me")
    front.clock.fast_forward(
        "00:45"
    )  # they look every ten seconds; the second of them finds the session locked already
    phone.wait(lambda: behind.url.endswith("/login") and front.url.endswith("/login"))


def give_badge(phone: Station, badge: str) -> None:
    """A machine too busy to type in time cuts the code in two, or types before the page listens: then once more."""
    for _ in range(5):
        phone.keys(badge)
        with contextlib.suppress(pytest.fail.Exception):
            phone.wait(lambda: phone.page.input_value("#badge-form [name=badge]") == badge, 3)
            return
    pytest.fail("the log-in does not hear the badge")


def shows(page: Page, name: str, value: str) -> bool:
    """Whether the page is dressed so."""
    return bool(page.evaluate(FACES).get(name) == value)


def test_hand_and_light_hold_at_once_on_station_and_desk(bench: Bench) -> None:
    phone, _world = bench
    page = phone.open("/").page
    phone.tap(".actions >> text=Me")
    phone.wait(lambda: phone.text(".me .thing") == "Ben")
    for choice, name, value in (("Left", "hand", "left"), ("Dark", "theme", "dark")):
        phone.tap(f".choice >> text={choice}")
        phone.wait(partial(shows, page, name, value))
        assert page.get_attribute(f".choice >> text={choice}", "aria-pressed") == "true"
    for path in ("/", "/stock"):
        page.goto(phone.url + path)
        assert page.evaluate(FACES) == {"theme": "dark", "hand": "left"}
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
