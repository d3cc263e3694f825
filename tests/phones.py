"""A phone: a browser that people log in on, which keeps scans and sends them under the device's own credential."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from scanner.db import db, now
from scanner.models import Device
from tests.conftest import Browser
from tests.world import PIN, World, new_scan_id
from web.auth import DEVICE_COOKIE

Kept = dict[str, Any]


@dataclass
class Phone:
    """One device with a clock of its own, which may be wrong."""

    world: World
    browser: Browser
    name: str = "phone-1"
    clock: timedelta = field(default_factory=timedelta)  # how far ahead of ours
    task: int = 0

    def log_in(self, who: str) -> TestResponse:
        """Badge and PIN, as the page sends them."""
        return self.browser.send("/login", {"badge": self.world.badges[who], "pin": PIN, "device": self.name})

    def start(self, workflow: str, document: str = "") -> int:
        """Open a task as whoever is logged in; its id."""
        answer = self.browser.send(f"/{workflow}/start", {"document": document})
        assert answer.status_code == 303, answer.text
        self.task = int(answer.headers["Location"].split("/")[2])
        return self.task

    def at(self, ago: timedelta = timedelta(0)) -> str:
        """The phone's clock, some time ago."""
        return (now() + self.clock - ago).isoformat()

    def kept(self, who: str, raw: str, to: str, ago: timedelta = timedelta(0), **more: Any) -> Kept:
        """A scan as the phone has stored it."""
        person = self.world.people[who].id
        mine = {"scan_id": new_scan_id(), "raw": raw, "at": self.at(ago), "device": self.name}
        return {**mine, "person": person, "to": to, **more}

    def send(self, *scans: Any, **more: Any) -> TestResponse:
        """All of them in one request."""
        return self.browser.post("/device/scans", json={"sent_at": self.at(), "scans": list(scans), **more})

    def answers(self, *scans: Any) -> list[dict[str, Any]]:
        """The same; what became of each, all of them on record."""
        sent = self.send(*scans)
        assert sent.status_code == 200, sent.text
        results = sent.get_json()["results"]
        assert [(one["scan_id"], one["status"]) for one in results] == [(scan["scan_id"], 200) for scan in scans]
        return [one["answer"] for one in results]

    def beat(self, **more: Any) -> TestResponse:
        """A heartbeat."""
        told = {"sent_at": self.at(), "unsent": 0, "oldest_at": None, "battery": None, "version": "v1", "tasks": []}
        return self.browser.post("/device/heartbeat", json={**told, **more})

    @property
    def row(self) -> Device:
        """What the server knows of it."""
        return db.session.query(Device).filter_by(device=self.name).populate_existing().one()

    @property
    def cookie(self) -> str:
        """Its credential; "" if it has none."""
        found = self.browser.get_cookie(DEVICE_COOKIE)
        return found.value if found else ""


def phone(app: Flask, world: World, name: str = "phone-1", **more: Any) -> Phone:
    """A phone that nobody has logged in on."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return Phone(world, browser, name, **more)
