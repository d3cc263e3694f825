"""Every route, asked by everybody: nobody, and each role; by cookie, and what is for programs by token only."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from scanner import people
from scanner.db import transact
from tests.conftest import Browser
from tests.world import CAST, PIN, World
from web import auth

Log_in = Callable[[str], Browser]

LETTERS = {"receiver": "r", "picker": "p", "packer": "k", "counter": "c", "supervisor": "s", "admin": "a"}
ABSENT = "999999999"  # of every id: whoever may ask gets 404 and changes nothing


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    may: str

    @property
    def is_public(self) -> bool:
        return self.may == "public"

    @property
    def is_for_devices(self) -> bool:
        return self.may == "device"

    @property
    def is_api(self) -> bool:
        return self.path.startswith(auth.API) or self.path == "/metrics"

    @property
    def url(self) -> str:
        """The path with something in its blanks."""
        return re.sub(r"<(int:)?[^>]*>", lambda blank: ABSENT if blank[1] else "x", self.path)


def table() -> list[Row]:
    """The expectations."""
    lines = (Path(__file__).parent / "authorization.txt").read_text().splitlines()
    return [Row(*line.split()) for line in lines if line and not line.startswith("#")]


TABLE = table()


def is_let_in(answer: TestResponse) -> bool:
    """Whether the gate let it through; what the view says then (404, 422, ...) is its own business."""
    to_log_in = answer.status_code == 303 and answer.headers.get("Location") == "/login"
    return answer.status_code not in (401, 403) and not to_log_in


def is_for(letter: str, row: Row) -> bool:
    """Whether a role may, by itself."""
    return letter in row.may and not row.is_for_devices


def test_the_table_has_every_route_and_no_other(app: Flask) -> None:
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    routes = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) & methods}
    assert routes == {(row.method, row.path) for row in TABLE}


def test_nobody_gets_only_what_is_public(warehouse: World, client: Browser) -> None:
    token = client.token()
    rows = [row for row in TABLE if row.path not in ("/login", "/logout")]  # those two lead to the log-in page
    answers = {row: client.open(row.url, method=row.method, headers={"X-CSRFToken": token}) for row in rows}
    assert {row for row in rows if is_let_in(answers[row])} == {row for row in rows if row.is_public}


@pytest.mark.parametrize("name", CAST)
def test_each_role_gets_by_cookie_what_the_table_says(warehouse: World, browser: Log_in, name: str) -> None:
    mine = browser(name)
    headers = {"X-CSRFToken": mine.token()}
    letter = LETTERS[CAST[name][0]]
    rows = [row for row in TABLE if row.path not in ("/login", "/logout", "/lock")]  # they end what the others need
    got = {row for row in rows if is_let_in(mine.open(row.url, method=row.method, headers=headers))}
    wanted = {row for row in rows if row.is_public or (is_for(letter, row) and not row.is_api)}
    assert got == wanted


@pytest.mark.parametrize("role", LETTERS)
def test_each_role_gets_by_token_what_the_table_says(warehouse: World, client: Browser, role: str) -> None:
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), f"a {role}'s program", role))
    headers = {"Authorization": f"Bearer {token}"}
    rows = [row for row in TABLE if row.path not in ("/login", "/logout")]
    got = {row for row in rows if is_let_in(client.open(row.url, method=row.method, headers=headers))}
    wanted = {row for row in rows if row.is_public or (is_for(LETTERS[role], row) and row.is_api)}
    assert got == wanted


def test_a_device_gets_by_its_own_cookie_what_the_table_says(warehouse: World, client: Browser) -> None:
    client.send("/login", {"badge": warehouse.badges["finn"], "pin": PIN, "device": "phone-1"})
    client.delete_cookie(auth.COOKIE)
    headers = {"X-CSRFToken": client.token()}
    rows = [row for row in TABLE if row.path not in ("/login", "/logout")]
    got = {row for row in rows if is_let_in(client.open(row.url, method=row.method, headers=headers))}
    assert got == {row for row in rows if row.is_public or row.is_for_devices}


def test_a_route_that_names_nobody_stops_the_start(own_app: Flask) -> None:
    own_app.add_url_rule("/secret", view_func=lambda: "secret")
    with pytest.raises(LookupError, match="/secret"):
        auth.check_declared(own_app)


def test_a_role_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(ValueError, match="boss"):
        auth.allow("boss")


def test_what_belongs_to_another_site_is_not_there(warehouse: World, browser: Log_in) -> None:
    order = warehouse.order("SO-1", ("MUG", 1))
    warehouse.at_another_site()
    stranger = browser("zoe")
    place, ben = warehouse.locations["A-01-1"].id, warehouse.people["ben"].id
    for path in (f"/orders/{order.id}", f"/locations/{place}", f"/people/{ben}", f"/moves?order={order.id}"):
        assert stranger.get(path).status_code == 404
    assert stranger.send(f"/orders/{order.id}/cancel", {"reason": "x"}).status_code == 404
    assert "SO-1" not in stranger.get("/orders").text
    assert order.status == "open"
