"""The profile of a device: stored by what arrived, never by what a page says it found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from scanner.accept import Incoming, accept_scan
from scanner.barcode.check_scanner import SYMBOLS
from scanner.barcode.symbology import GS
from scanner.db import db, now
from scanner.models import AuditEntry, DeviceProfile
from tests.conftest import Browser
from tests.phones import phone
from tests.world import GTINS, World

Log_in = Callable[[str], Browser]


def bursts(gs: str = GS, end: str = "Enter") -> str:
    """Four scans as a page records them."""
    return json.dumps(
        [
            {
                "asked": symbol.name,
                "tokens": [*symbol.data.replace(GS, gs), end],
                "gaps": [4] * 5,
                "source": "keys",
                "has_caps": False,
                "keyboard": "none",
            }
            for symbol in SYMBOLS
        ]
    )


def test_a_profile_is_stored_for_the_device_and_given_to_it_again(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    assert ben.get("/scanner/profile?device=zt-07").status_code == 204
    stored = ben.send("/scanner/profile", {"device": "zt-07", "bursts": bursts()})
    assert stored.status_code == 200
    again = ben.get("/scanner/profile?device=zt-07").json
    assert again == stored.json
    assert again is not None
    assert (again["end"], again["sends_gs"], again["gap_ms"]) == ("Enter", True, 4)
    ben.send("/scanner/profile", {"device": "zt-07", "bursts": bursts(gs="")})
    (row,) = db.session.scalars(select(DeviceProfile)).all()
    assert (row.sends_gs, row.checked_by) == (False, warehouse.people["ben"].id)
    assert [
        entry.detail for entry in db.session.scalars(select(AuditEntry).where(AuditEntry.action == "device.check"))
    ] == [
        "sends separators",
        "loses separators",
    ]


def test_a_scanner_that_misleads_is_not_stored(warehouse: World, browser: Log_in) -> None:
    answer = browser("ben").send("/scanner/profile", {"device": "zt-07", "bursts": bursts(end="x")})
    assert answer.status_code == 422
    assert db.session.scalars(select(DeviceProfile)).all() == []


def test_a_profile_of_another_site_is_not_there(warehouse: World, browser: Log_in) -> None:
    browser("ben").send("/scanner/profile", {"device": "zt-07", "bursts": bursts()})
    warehouse.at_another_site()
    assert browser("zoe").get("/scanner/profile?device=zt-07").status_code == 204


@pytest.mark.parametrize(
    "damaged",
    ["", "null", "[[]]", "{}", "[1", '[{"asked": "text"}]', bursts().replace('"keys"', '"magic"'), "\x00", "[" * 5000],
)
def test_damaged_recordings_are_turned_away(warehouse: World, client: Browser, damaged: str) -> None:
    assert client.send("/scanner/check", {"bursts": damaged}).status_code == 400


def test_the_check_is_open_to_people_who_are_not_logged_in(client: Browser) -> None:
    assert "SCAN SYMBOL 1 OF 4" in client.get("/scanner").text
    found = client.send("/scanner/check", {"bursts": bursts()})
    assert "SCANNER FITS" in found.text
    assert client.get("/scanner/symbol/gs1.svg").mimetype == "image/svg+xml"
    assert client.get("/scanner/symbol/nothing.svg").status_code == 404
    assert client.send("/scanner/profile", {"device": "x", "bursts": bursts()}).status_code == 401


@pytest.mark.parametrize(("sends_gs", "code"), [("false", "ambiguous_gs1"), ("true", None)])
def test_a_lost_separator_is_refused_by_what_the_device_knows(
    warehouse: World, browser: Log_in, sends_gs: str, code: str | None
) -> None:
    raw = f"]C101{GTINS['MILK'].zfill(14)}10B774121S9"  # without a separator: is 21S9 a serial, or the lot's end?
    form = {"scan_id": str(uuid.uuid4()), "raw": raw, "at": now().isoformat(), "device": "zt-07", "sends_gs": sends_gs}
    answer = browser("ben").send("/scan", form, headers={"HX-Request-Type": "partial"})
    assert (f'data-code="{code}"' in answer.text) == (code is not None)


def test_the_variable_field_at_the_end_needs_no_separator(warehouse: World) -> None:
    raw = f"]C101{GTINS['MILK'].zfill(14)}17270331" + "10B7"
    scan = Incoming(str(uuid.uuid4()), raw, now(), "zt-07", sends_gs=False)
    assert accept_scan(scan, warehouse.by("ben"))["outcome"] == "accepted"


def test_the_desk_sees_what_is_known_of_each_scanner_and_drops_it(
    app: Flask, warehouse: World, browser: Log_in
) -> None:
    bens, eve = phone(app, warehouse, "zt-07"), browser("eve")
    bens.log_in("ben")
    assert "not checked" in eve.get("/devices").text
    bens.browser.send("/scanner/profile", {"device": "zt-07", "bursts": bursts(gs="")})
    assert "loses the separator, names no symbologies" in eve.get("/devices").text
    page = eve.get(f"/devices/{bens.row.id}").text
    page = page[page.index("Its scanner") :]
    for words in ("Ben", "wedge", "Enter", "lost", ">no<", ">4<", "loses the separator, names no symbologies"):
        assert words in page, words
    eve.send(f"/devices/{bens.row.id}/drop-profile")
    assert bens.browser.get("/scanner/profile?device=zt-07").status_code == 204
    assert "device.drop" in db.session.scalars(select(AuditEntry.action)).all()
