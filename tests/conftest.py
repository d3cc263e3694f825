"""Shared fixtures: an app on each database engine, a small warehouse in it, and browsers that are logged in.

A test asks for `warehouse` and `browser`, fills the one with `warehouse.stock("MUG", "A-01-1", 12)` and looks at it
with the other: `browser("eve").get("/stock")`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from scanner.db import db, engine_options, now, transact
from scanner.models import PersonSession
from scanner.secrets import hash_token, new_token
from tests.world import World, make_world
from web import create_app
from web.auth import COOKIE, DESK

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser(FlaskClient):
    """A client that sends the form token as pages do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """One request, in a context of its own: nothing that the test holds leaks into it, as on a real server."""
        answer: TestResponse = Context().run(lambda: super(Browser, self).open(*args, **kwargs))
        if has_app_context():
            db.session.rollback()  # what the test reads next is what the request has left
        return answer

    def token(self) -> str:
        """The form token of this browser."""
        found = TOKEN.search(self.get("/login").text)
        assert found is not None
        return found[1]

    def send(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Post a form with its token."""
        return self.post(url, data={"csrf_token": self.token(), **(data or {})}, **more)


@pytest.fixture(scope="session")
def apps() -> dict[str, Flask]:
    """The apps of this process, by the URL of their database. To make one takes as long as most tests."""
    return {}


@pytest.fixture
def app(apps: dict[str, Flask], engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The product on one of the engines, migrated and empty. What a test changes in its settings ends with the test."""
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", engine_url)
    if engine_url not in apps:
        apps[engine_url] = new_app(engine_url)
    app = apps[engine_url]
    settings, extensions = dict(app.config), dict(app.extensions)
    app.config["DATA"] = tmp_path
    yield from in_use(app)
    app.config.clear()
    app.config.update(settings)
    app.extensions.clear()
    app.extensions.update(extensions)


@pytest.fixture
def own_app(engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An app that the test may add routes to."""
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", engine_url)
    yield from in_use(new_app(engine_url))


def new_app(url: str) -> Flask:
    """The product as tests want it, on the database of the environment."""
    app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache()  # to compile a page takes longer than to show it
    return app


def in_use(app: Flask) -> Iterator[Flask]:
    """The app within its context; after it no connection is left open, since the database goes."""
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def another_app(app: Flask) -> Iterator[Callable[[], Flask]]:
    """Makes the product a second time, from the environment as it is then; its connections end with the test.

    An engine that nobody disposes of keeps its connections until the garbage collector comes, in the middle of
    another test.
    """
    made: list[Flask] = []

    def make() -> Flask:
        made.append(create_app({"TESTING": True}))
        return made[-1]

    yield make
    for each in made:
        with each.app_context():
            db.engine.dispose()


@pytest.fixture
def warehouse(app: Flask) -> World:
    """The small warehouse of tests/world.py. The test runs inside the app's context."""
    return make_world()


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser of nobody."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


@pytest.fixture
def browser(app: Flask, warehouse: World) -> Callable[[str], Browser]:
    """Browsers in which one of the cast is logged in: `browser("eve")`."""

    def log_in(name: str) -> Browser:
        token = new_token()
        row = PersonSession(
            token_hash=hash_token(token),
            person_id=warehouse.people[name].id,
            device=f"device-of-{name}",
            has_password=bool(DESK & set(warehouse.people[name].roles)),  # people with a desk typed it
            created_at=now(),
            expires_at=now() + timedelta(hours=1),
        )
        transact(lambda: db.session.add(row))
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.set_cookie(COOKIE, token)
        return browser

    return log_in
