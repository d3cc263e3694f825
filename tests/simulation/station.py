"""The station of the simulation: the product in this process, on a warehouse that begins the same for every seed.

The warehouse is made once: people, stock, orders, and phones on which they have logged in and opened tasks. Each seed
works on a copy. The server's clock is the simulation's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.engine import make_url

import scanner.db
from scanner.db import db, engine_options
from scanner.models import Location, Order, OrderLine, Reservation
from tests.conftest import Browser
from tests.engines import Databases
from tests.phones import phone
from tests.scanner.floor import place, tote
from tests.simulation.crashing import Crash, Crasher
from tests.world import make_world
from web import create_app
from web.auth import DEVICE_COOKIE

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # the simulation's zero
CREWS = (("ben", "eve"), ("eve", "ben"), ("finn", "ben"))  # who has logged in on each phone; the first works on it


class Clock(datetime):
    """The server's clock while a simulation runs."""

    at = BEGIN

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """The simulation's time."""
        at = cls.at.astimezone(tz)
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tz)


@dataclass
class Handset:
    """What a phone of the warehouse can do: its credential, its people, and good walks through its tasks."""

    cookie: str
    people: tuple[int, ...]
    move: str  # where scans of its move task go
    pick: str
    pick_codes: list[str]  # all of a pick, in its order


@dataclass
class Station:
    """The server. `ask` is a request that reaches it."""

    engine: str
    app: Flask
    crasher: Crasher
    handsets: list[Handset]
    site_id: int
    renew: Callable[[], None]  # gives the database its first state
    clients: list[FlaskClient] = field(default_factory=list)

    def begin(self) -> None:
        """The first state again, and a server that has just started."""
        self.crasher.restart()
        self.renew()
        Clock.at = BEGIN
        self.clients = []
        for handset in self.handsets:
            client = self.app.test_client()
            client.set_cookie(DEVICE_COOKIE, handset.cookie)
            self.clients.append(client)

    def ask(self, phone: int, body: str) -> tuple[int, str] | None:
        """Status and text of the answer; None when the server has died over it and has to be restarted."""
        try:
            answer = self.clients[phone].post("/device/scans", data=body, content_type="application/json")
        except Crash:
            return None
        return answer.status_code, answer.get_data(as_text=True)


@contextmanager
def station(engine: str, databases: Databases) -> Iterator[Station]:
    """A station on one engine, with a warehouse that was just made."""
    url = databases.fresh(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner.db, "datetime", Clock)
        patch.setenv("DATABASE_URL", url)
        patch.setenv("SCANDOCK_DATA", str(databases.folder))
        Clock.at = BEGIN
        app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
        app.test_client_class = Browser
        patch.setattr(app.logger, "disabled", True)  # crashes are meant; the logger is every app's of this process
        with app.app_context():
            site_id, handsets = _furnish(app)
            crasher = Crasher(db.engine)
            try:
                yield Station(engine, app, crasher, handsets, site_id, _keep(url, databases))
            finally:
                crasher.close()
                db.session.remove()
                db.engine.dispose()
    databases.drop(url)


def _keep(url: str, databases: Databases) -> Callable[[], None]:
    """Keeps the state of now; what brings it back."""
    db.session.remove()
    if url.startswith("sqlite"):
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()
    name = Path(str(make_url(url).database)).stem
    first = databases.copy(url, f"{name}_first")

    def renew() -> None:
        databases.drop(url)
        databases.copy(first, name)

    return renew


def _furnish(app: Flask) -> tuple[int, list[Handset]]:
    """Some mugs, and three phones with a move and a pick in hand."""
    world = make_world()
    for code, qty in (("A-01-1", 14), ("A-02-1", 6), ("B-01-1", 4), ("A-03-1", 3)):
        world.stock("MUG", code, qty)
    handsets = []
    for number, people in enumerate(CREWS, 1):
        world.order(f"SO-{number}", ("MUG", 3))
        mine = phone(app, world, f"phone-{number}")
        for who in reversed(people):
            assert mine.log_in(who).status_code == 303
        move, pick = mine.start("move"), mine.start("pick", f"SO-{number}")
        ids = tuple(world.people[who].id for who in people)
        codes = [tote(number), *_codes_of(f"SO-{number}"), place("PACK-1")]
        handsets.append(Handset(mine.cookie, ids, f"/move/{move}/scan", f"/pick/{pick}/scan", codes))
    return world.site.id, handsets


def _codes_of(order: str) -> Iterator[str]:
    """The scans that take what is promised to an order."""
    promised = (
        select(Location.code, Reservation.qty)
        .join(Location, Location.id == Reservation.location_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.number == order)
        .order_by(Location.walk_order)
    )
    for code, qty in db.session.execute(promised):
        yield place(code)
        yield from ["MUG"] * qty


def as_scan(handset: Handset, to: str, raw: str, scan_id: str, person: int, name: str) -> dict[str, Any]:
    """A scan as a page keeps it; the phone adds its time."""
    return {"scan_id": scan_id, "raw": raw, "device": name, "person": handset.people[person], "to": to}


def results_of(text: str) -> list[dict[str, Any]]:
    """The results in an answer of the server's."""
    found: list[dict[str, Any]] = json.loads(text).get("results", [])
    return found
