"""Printers at the desk: what goes on file holds up no scan."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from scanner.db import db, transact
from scanner.models import Printer, Site
from tests.conftest import Browser
from tests.labels.desk import facts, printer
from tests.labels.test_places import vars_of
from tests.world import World

Log_in = Callable[[str], Browser]


@pytest.fixture
def slow_names(app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A name server that answers as soon as somebody else has written; whether they could, for each question."""
    could_write: list[bool] = []
    site_id = warehouse.site.id

    def write() -> None:
        with app.app_context():
            transact(lambda: setattr(db.session.get_one(Site, site_id), "name", "Written meanwhile"))

    def resolve(*_asked: Any, **_more: Any) -> list[Any]:
        other = threading.Thread(target=write, daemon=True)
        other.start()
        other.join(2)
        could_write.append(not other.is_alive())
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return could_write


def test_a_slow_name_server_holds_up_no_writer_while_a_printer_goes_on_file(
    warehouse: World, browser: Log_in, slow_names: list[bool]
) -> None:
    form = {name: str(value) for name, value in vars_of(facts(address="zebra.example")).items()}
    browser("eve").send("/printers", form)
    assert slow_names == [True]
    assert db.session.scalars(select(Printer.address)).all() == ["zebra.example"]


def test_a_slow_name_server_holds_up_no_writer_while_a_printer_is_changed(
    warehouse: World, browser: Log_in, slow_names: list[bool]
) -> None:
    row = printer(warehouse.by("eve"), "10.0.0.7")
    form = {name: str(value) for name, value in vars_of(facts(address="zebra.example")).items()}
    browser("eve").send(f"/printers/{row.id}/edit", form)
    assert slow_names == [True]
    assert db.session.scalars(select(Printer.address)).all() == ["zebra.example"]
