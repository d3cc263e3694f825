"""Shared by tests of what devices send: a floor with ten mugs, and a phone on which Ben works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.phones import Phone, phone
from tests.scanner.floor import Floor
from tests.world import World


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Iterator[Floor]:
    """Ten mugs at A-01-1; the record is proved at the end."""
    warehouse.stock("MUG", "A-01-1", 10)
    made = Floor(warehouse)
    yield made
    assert made.is_good()


@pytest.fixture
def bens(app: Flask, floor: Floor) -> Phone:
    """A phone on which Ben is logged in and moves something."""
    made = phone(app, floor.world)
    made.log_in("ben")
    made.start("move")
    return made
