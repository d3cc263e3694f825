"""One Chromium for the browser tests of a process; a server and a phone of its own for each test of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Playwright, sync_playwright

from scanner import devices
from scanner.db import db, now, transact
from scanner.models import PersonSession
from scanner.secrets import hash_token, new_token
from tests.browser.harness import Harness, serving
from tests.browser.station import Station, launch
from tests.serving import serve
from tests.world import World
from web.auth import COOKIE, DEVICE_COOKIE


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright takes one session in a process; all browsers of the tests are started by it."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium."""
    started = launch(playwright)
    yield started
    started.close()


@pytest.fixture
def server() -> Iterator[Harness]:
    """The stand-in server with the plain prompt."""
    with serving(Harness()) as state:
        yield state


@pytest.fixture
def station(chrome: Browser, server: Harness) -> Iterator[Station]:
    """A phone on the task's page. No page may throw or break the content policy."""
    phone = Station(chrome, server.url)
    yield phone
    phone.context.close()
    assert phone.errors == []


# --- the product itself ---------------------------------------------------------------------------------------------


@pytest.fixture
def served(app: Flask, engine_url: str, tmp_path: Path) -> Iterator[str]:
    """The product under its own server, on the test's database."""
    with serve(engine_url, tmp_path) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def phone(chrome: Browser, served: str, warehouse: World) -> Iterator[Station]:
    """Eve's phone, enrolled and logged in."""
    token = new_token()
    row = PersonSession(
        token_hash=hash_token(token),
        person_id=warehouse.people["eve"].id,
        device="phone",
        created_at=now(),
        expires_at=now() + timedelta(hours=1),
    )
    transact(lambda: db.session.add(row))
    device_token = transact(lambda: devices.enrol(warehouse.people["eve"].id, "phone", "", "a test"))
    station = Station(chrome, served)
    cookies = [(COOKIE, token), (DEVICE_COOKIE, device_token)]
    station.context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookies])
    yield station
    station.context.close()
    assert station.errors == []
