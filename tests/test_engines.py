"""The harness itself: databases that nobody shares, and servers that never outlive their test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.engines import ENGINES, ROOT, Databases
from tools.postgres import Missing, binaries


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine's name in turn, where it can be had."""
    name: str = request.param
    if name == "postgresql":
        request.getfixturevalue("postgresql_server")
    return name


def tables(url: str) -> list[str]:
    """The names of the tables in a database."""
    made = create_engine(url)
    try:
        return inspect(made).get_table_names()
    finally:
        made.dispose()


def write_a_table(url: str) -> None:
    """Put something into a database."""
    made = create_engine(url)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE mug (id INTEGER PRIMARY KEY)"))
    made.dispose()


def test_two_databases_share_nothing(databases: Databases, engine: str) -> None:
    first, second = databases.empty(engine), databases.empty(engine)
    write_a_table(first)
    assert tables(first) == ["mug"]
    assert tables(second) == []
    databases.drop(first)
    databases.drop(second)


def test_a_fresh_database_has_the_schema(engine_url: str) -> None:
    assert {"move", "balance", "scan"} <= set(tables(engine_url))


def test_a_database_is_fresh_whatever_was_done_to_the_last(databases: Databases, engine: str) -> None:
    spoiled = databases.fresh(engine)
    write_a_table(spoiled)
    clean = databases.fresh(engine)
    assert "mug" not in tables(clean)
    databases.drop(spoiled)
    databases.drop(clean)


def test_a_killed_run_leaves_no_server_behind() -> None:
    try:
        binaries()
    except Missing as missing:
        pytest.skip(str(missing))
    script = (
        "import time; from tools.postgres import throwaway\n"
        "with throwaway(fsync=False) as url: print(url, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().decode().strip().rpartition("host=")[2])
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        run.send_signal(signal.SIGKILL)
    assert ends_within(server, seconds=10)
    shutil.rmtree(folder)


def ends_within(pid: int, *, seconds: float) -> bool:
    """Whether the process is gone before the time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
