"""One Chromium for the browser tests of a process; a server and a phone of its own for each test of the shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.harness import Harness, serving
from tests.browser.station import Station, chromium


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as started:
        yield started


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
