"""`backup` and `restore`: nothing that was acknowledged before is missing, and what is no back-up changes nothing."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from scanner import ledger
from scanner.db import db
from scanner.models import ScanRecord
from tests.engines import ROOT, Databases, migrate
from tests.scanner.floor import place
from tests.serving import Client, serve, token_of
from tests.world import World, new_scan_id
from web import create_app

HEAD = re.compile(r"MAIN: ([\d,]+) moves, chain ([\w-]+)\.")
pytestmark = pytest.mark.skipif(shutil.which("pg_dump") is None, reason="there is no pg_dump")
on_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    said: str


def flask(url: str, folder: Path, *words: str) -> Ran:
    """A command on another database."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder), "FLASK_RUN_FROM_CLI": "true"}.items():
            patch.setenv(name, value)
        app = create_app()
        with app.app_context():
            result = app.test_cli_runner().invoke(args=list(words))
            db.session.remove()
            db.engine.dispose()
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Ran(result.exit_code, result.output)


def typed(url: str, folder: Path, *words: str, file_bytes: int = 0, **env: str) -> Ran:
    """A command in a process of its own, as a person types it. `file_bytes` is the most that a file may grow to."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "web", *words],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit if file_bytes else None,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout + done.stderr)


def engine_of(url: str) -> str:
    """The engine behind a URL, as `databases` calls it."""
    return "sqlite" if url.startswith("sqlite") else "postgresql"


@pytest.fixture
def elsewhere(databases: Databases, engine_url: str) -> Iterator[str]:
    """An empty database of the same engine: a new machine."""
    url = databases.empty(engine_of(engine_url))
    yield url
    databases.drop(url)


def scans_in(url: str) -> set[str]:
    """The scans on record in another database."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = set(connection.execute(text("SELECT id FROM scan")).scalars())
    engine.dispose()
    return found


def kept(url: str, folder: Path, target: Path) -> tuple[int, str]:
    """Make a back-up; its moves and the head of its chain."""
    made = flask(url, folder, "backup", str(target))
    assert made.code == 0, made.said
    head = HEAD.search(made.said)
    assert head is not None
    return int(head[1].replace(",", "")), head[2]


class Crew:
    """Devices that put mugs away and note what was acknowledged."""

    def __init__(self, port: int, token: str, size: int) -> None:
        self.acknowledged = dict[str, str]()  # scan id to outcome: four that share a task get in each other's way
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(port, token, n)) for n in range(size)]

    @contextmanager
    def working(self) -> Iterator[Crew]:
        """While the block runs."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(30)

    def wait_for(self, count: int) -> None:
        """Until so many scans were acknowledged."""
        gate = threading.Event()
        while len(self.acknowledged) < count:
            assert any(thread.is_alive() for thread in self._threads)
            gate.wait(0.02)

    def _work(self, port: int, token: str, number: int) -> None:
        device = Client(port, token=token)
        task = device.start("move").json["id"]
        while not self._stop.is_set():
            for raw in (place("A-01-1"), "MUG", place("B-01-1")):
                scan_id = new_scan_id()
                answer = device.scan(task, raw, scan_id, f"gun-{number}")
                if answer.status == 200:
                    self.acknowledged[scan_id] = answer.json["outcome"]
        device.close()


def test_a_back_up_under_work_has_all_that_was_acknowledged_before_it(
    warehouse: World, engine_url: str, elsewhere: str, databases: Databases, tmp_path: Path
) -> None:
    """Three back-ups, one after the other, while four devices scan through the product's own server."""
    warehouse.stock("MUG", "A-01-1", 100_000)
    token = token_of(warehouse, "gun", "supervisor")
    db.session.remove()
    target, before = tmp_path / "at-work.backup", set[str]()
    with serve(engine_url, tmp_path) as port, Crew(port, token, 4).working() as crew:
        for number in range(3):
            crew.wait_for(20 * (number + 1))
            target = tmp_path / f"{number}.backup"
            before = set(crew.acknowledged)
            seq, chain = kept(engine_url, tmp_path, target)
    assert len(crew.acknowledged) > len(before) >= 60
    assert target.stat().st_mode & 0o777 == 0o600
    put = typed(elsewhere, tmp_path, "restore", str(target))
    assert put.code == 0, put.said
    assert f"MAIN: {seq:,} moves, chain {chain}." in put.said
    assert "The ledger is good" in put.said
    found = scans_in(elsewhere)
    assert before <= found
    assert found < scans_in(engine_url)
    with serve(elsewhere, tmp_path) as port:
        device = Client(port, token=token)
        again = min(before)
        assert device.get(f"/api/v1/scans/{again}").json["outcome"] == crew.acknowledged[again]
        assert device.scan(None, "MUG").json["outcome"] == "accepted"
        assert device.get("/healthz").status == 200
        device.close()


def test_the_head_of_the_chain_is_told_when_the_back_up_is_made(
    warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    seq = ledger.position(warehouse.site.id)
    db.session.remove()
    assert kept(engine_url, tmp_path, tmp_path / "a.backup")[0] == seq
    assert not list(tmp_path.glob(".a.backup*"))


def test_a_back_up_is_never_overwritten(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    target = tmp_path / "a.backup"
    target.write_text("mine")
    made = flask(engine_url, tmp_path, "backup", str(target))
    assert (made.code, "is there already" in made.said) == (1, True)
    assert target.read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    made = flask(engine_url, tmp_path, "backup", str(tmp_path / "nowhere" / "a.backup"))
    assert (made.code, "cannot be written: No such file" in made.said) == (1, True)


def test_a_disk_without_room_leaves_no_half_of_a_file(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    db.session.remove()
    target = tmp_path / "copies" / "a.backup"
    target.parent.mkdir()
    made = typed(engine_url, tmp_path, "backup", str(target), file_bytes=32 * 1024, PYTHONDONTWRITEBYTECODE="1")
    assert made.code == 1, made.said
    assert list(target.parent.iterdir()) == []
    assert kept(engine_url, tmp_path, target)[0] == 0  # and when there is room again, all is well


def test_a_ledger_that_is_not_true_is_copied_and_told(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    db.session.execute(text("UPDATE balance SET reserved = 5"))
    db.session.commit()
    db.session.remove()
    made = flask(engine_url, tmp_path, "backup", str(tmp_path / "a.backup"))
    assert (made.code, "is not true" in made.said, "reserved" in made.said) == (1, True, True)
    assert (tmp_path / "a.backup").exists()


@pytest.mark.parametrize("kind", ["empty", "cut", "text", "foreign", "absent"])
def test_what_is_no_whole_back_up_changes_nothing(
    warehouse: World, engine_url: str, elsewhere: str, tmp_path: Path, kind: str
) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    db.session.remove()
    file = tmp_path / "a.backup"
    if kind == "cut":
        kept(engine_url, tmp_path, file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    elif kind == "foreign":
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE song (name)")
    elif kind != "absent":
        file.write_bytes({"empty": b"", "text": b"sku,name\nMUG,mug\n"}[kind])
    put = flask(elsewhere, tmp_path, "restore", str(file))
    assert put.code == 1
    assert any(
        words in put.said for words in ("is no back-up", "is damaged", "it is none", "is a back-up of", "be read")
    )
    if elsewhere.startswith("sqlite"):
        assert not Path(elsewhere.removeprefix("sqlite:///")).exists()
    else:
        engine = create_engine(elsewhere)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
        engine.dispose()


def test_a_back_up_of_the_other_engine_is_refused_with_its_name(
    warehouse: World, engine_url: str, databases: Databases, tmp_path: Path
) -> None:
    db.session.remove()
    file = tmp_path / "a.backup"
    kept(engine_url, tmp_path, file)
    other, name = ("postgresql", "SQLite") if engine_url.startswith("sqlite") else ("sqlite", "PostgreSQL")
    target = databases.empty(other)
    put = flask(target, tmp_path, "restore", str(file))
    assert (put.code, f"is a back-up of {name}" in put.said) == (1, True)
    databases.drop(target)


def test_a_newer_schema_is_refused_and_an_older_one_is_brought_up_by_the_written_steps(
    databases: Databases, engine_url: str, elsewhere: str, tmp_path: Path
) -> None:
    old = databases.empty(engine_of(engine_url))
    assert typed(old, tmp_path, "db", "upgrade", "0004").code == 0
    made = flask(old, tmp_path, "backup", str(tmp_path / "old.backup"))
    assert made.code == 0, made.said
    put = flask(elsewhere, tmp_path, "restore", str(tmp_path / "old.backup"))
    assert (put.code, "db upgrade" in put.said) == (0, True)
    migrate(elsewhere, tmp_path)
    assert flask(elsewhere, tmp_path, "begin").code == 0
    assert flask(elsewhere, tmp_path, "check-ledger").code == 0
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    made = flask(old, tmp_path, "backup", str(tmp_path / "new.backup"))
    assert (made.code, "9999, which this program does not know" in made.said) == (1, True)
    databases.drop(old)


# --- SQLite --------------------------------------------------------------------------------------------------------


@on_sqlite
def test_a_database_that_a_server_has_open_is_not_replaced(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    token = token_of(warehouse, "gun", "supervisor")
    db.session.remove()
    db.engine.dispose()
    kept(engine_url, tmp_path, tmp_path / "a.backup")
    with serve(engine_url, tmp_path) as port:
        device = Client(port, token=token)
        assert device.scan(None, "MUG").status == 200
        put = flask(engine_url, tmp_path, "restore", str(tmp_path / "a.backup"), "--replace")
        assert (put.code, "Stop the server first" in put.said) == (1, True)
        assert device.scan(None, "MUG").status == 200
        device.close()
    assert len(scans_in(engine_url)) == 2


@on_sqlite
def test_a_database_that_is_there_is_put_aside_whole_with_the_log_of_a_crash(
    app: Flask, warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    """A log that a crash has left belongs to the old file: beside the new one it would be read into it."""
    warehouse.stock("MUG", "A-01-1", 7)
    token = token_of(warehouse, "gun", "supervisor")
    db.session.remove()
    db.engine.dispose()
    kept(engine_url, tmp_path, tmp_path / "a.backup")
    with serve(engine_url, tmp_path) as port:
        device = Client(port, token=token)
        task = device.start("move").json["id"]
        for raw in (place("A-01-1"), "MUG", place("B-01-1")):
            assert device.scan(task, raw).json["outcome"] == "accepted"
        device.close()
        file = Path(engine_url.removeprefix("sqlite:///"))
        crashed = tmp_path / "crashed"
        crashed.mkdir()
        for path in file.parent.glob(f"{file.name}*"):
            shutil.copyfile(path, crashed / path.name)  # no scan runs: what a power cut would have left
    url = f"sqlite:///{crashed / file.name}"
    assert (crashed / f"{file.name}-wal").stat().st_size
    refused = flask(url, tmp_path, "restore", str(tmp_path / "a.backup"))
    assert (refused.code, "--replace" in refused.said) == (1, True)
    put = flask(url, tmp_path, "restore", str(tmp_path / "a.backup"), "--replace")
    assert put.code == 0, put.said
    assert scans_in(url) == set()
    (aside,) = [path for path in crashed.glob("*.replaced-*") if path.suffix != "" and not path.name.endswith("-wal")]
    assert len(scans_in(f"sqlite:///{aside}")) == 3
    assert (crashed / file.name).stat().st_mode & 0o777 == 0o600


@on_sqlite
def test_a_live_database_is_not_taken_for_a_back_up(
    warehouse: World, engine_url: str, elsewhere: str, tmp_path: Path
) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    put = flask(elsewhere, tmp_path, "restore", engine_url.removeprefix("sqlite:///"))
    assert (put.code, "a database in use" in put.said) == (1, True)


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


@on_postgresql
def test_a_database_with_tables_is_not_filled(warehouse: World, engine_url: str, tmp_path: Path) -> None:
    warehouse.stock("MUG", "A-01-1", 7)
    scans = db.session.scalar(select(func.count()).select_from(ScanRecord))
    db.session.remove()
    kept(engine_url, tmp_path, tmp_path / "a.backup")
    put = flask(engine_url, tmp_path, "restore", str(tmp_path / "a.backup"))
    assert (put.code, "is not empty" in put.said) == (1, True)
    assert len(scans_in(engine_url)) == scans


@on_postgresql
def test_a_machine_without_postgresqls_programs_is_told_what_to_install(
    warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    db.session.remove()
    made = typed(engine_url, tmp_path, "backup", str(tmp_path / "a.backup"), PATH="/nowhere")
    assert (made.code, "There is no pg_dump on this machine" in made.said) == (1, True)
    assert not (tmp_path / "a.backup").exists()
