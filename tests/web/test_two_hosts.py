"""Two web hosts on one database behind a balancer are restarted in turn, and one is killed: no scan fails."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tools import two_hosts
from tools.postgres import Missing, binaries


@pytest.mark.slow
def test_hosts_that_are_restarted_in_turn_fail_no_scan(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may make networks of its own")
    try:
        binaries()
    except Missing as missing:
        pytest.skip(str(missing))
    told = tmp_path / "count.json"
    code = two_hosts.apart("--turns", "1", "--quick", "--json", str(told))
    if code == two_hosts.NOT_ALLOWED:
        pytest.skip("this machine does not let us make networks")
    assert told.exists(), "it ended early: see above"
    count = json.loads(told.read_text(encoding="utf-8"))
    assert (count["is_good"], count["failed_scans"]) == (True, 0), count
    assert count["done"] == {"restart": 2, "kill": 1}
    assert min(count["scans"], count["repeats"], count["labels"]) > 0
