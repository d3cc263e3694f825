"""A device that comes out of a drawer floods nobody: each old scan is answered for good, and nothing moves by them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.engines import ENGINES, Databases
from tools.stale import flood


@pytest.mark.parametrize("engine", ENGINES)
def test_scans_of_last_month_change_nothing_and_are_one_case(engine: str, databases: Databases, tmp_path: Path) -> None:
    found = flood(databases.fresh(engine), tmp_path, 400, random.SystemRandom().randrange(10**6))
    assert found.breaches == []
    assert (found.scans, found.cases) == (400, 1)
    assert found.during_ms
