"""Fixtures of the core's tests: the floor of the small warehouse."""

from __future__ import annotations

import pytest

from scanner.by import By
from tests.scanner.floor import Floor
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """The small warehouse with people who scan."""
    return Floor(warehouse)


@pytest.fixture
def by(warehouse: World) -> By:
    """Eve, who imports."""
    return warehouse.by("eve")
