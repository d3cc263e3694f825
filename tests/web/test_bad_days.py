"""Bad days of the database, on the product's own server: locked, full, read-only, gone, restarted, cut off.

On each of them a scan is answered with 503, a clear sentence, a stable code and the advice to come back; nothing is
stored; and when the day is over the same scan is booked once, without a restart of the station.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, func, select

from scanner import check_ledger
from scanner.accept import Incoming, accept_scan
from scanner.db import Busy, db, engine_options, now
from scanner.models import Balance, ScanRecord
from scanner.turns import SUFFIX, fault_note, has_reset_fault, turn_of
from tests.engines import ROOT, Databases, migrate, own_cluster
from tests.scanner.floor import place
from tests.serving import Answer, Client, serve, token_of
from tests.world import World, make_world, new_scan_id
from tools.postgres import Cluster
from web import create_app

WAIT_S = 1.0
SLOWEST_S = 12.0  # of an answer, on a machine with much else to do


@dataclass
class Station:
    """A served warehouse that sees bad days. `file` is its SQLite file, `cluster` its PostgreSQL server."""

    warehouse: World
    device: Client
    file: Path | None = None
    cluster: Cluster | None = None

    def load(self) -> int:
        """A task with one mug in hand."""
        task: int = self.device.start("move").json["id"]
        for raw in (place("A-01-1"), "MUG"):
            answer = self.device.scan(task, raw)
            assert answer.json["outcome"] == "accepted", answer.text
        return task

    def put(self, task: int, scan_id: str) -> Answer:
        """The scan that books the mug."""
        began = time.monotonic()
        answer = self.device.scan(task, place("B-01-1"), scan_id)
        assert time.monotonic() - began < SLOWEST_S
        return answer

    def stored(self) -> tuple[int, int]:
        """How many mugs were put, and how many scans are on record, as the database has it now."""
        db.session.remove()
        spot = self.warehouse.spot("B-01-1").location_id
        mugs = db.session.scalar(select(func.coalesce(func.sum(Balance.qty), 0)).where(Balance.location_id == spot))
        scans = db.session.scalar(select(func.count()).select_from(ScanRecord))
        db.session.remove()
        return mugs or 0, scans or 0

    def outlives(self, day: Callable[[], Any], code: str, *, can_read: bool = True) -> None:
        """Have a bad day (a context manager), and work on after it."""
        task, scan_id = self.load(), new_scan_id()
        mugs, scans = self.stored()
        with day():
            assert is_outage(self.put(task, scan_id), code)
            if can_read:
                assert self.device.get("/api/v1/items").status == 200
            else:
                assert is_outage(self.device.get("/api/v1/items"), code)
                self._tells_pages(code)
        again = self.put(task, scan_id)
        assert (again.status, again.json["outcome"], again.json.get("replayed")) == (200, "accepted", None)
        assert self.put(task, scan_id).json["replayed"]
        assert self.stored() == (mugs + 1, scans + 1)
        assert self.device.get("/healthz").status == 200
        assert check_ledger.check(self.warehouse.site.id) == []
        db.session.remove()

    def _tells_pages(self, code: str) -> None:
        """A page and a part of a page say it too, and the health page."""
        cookie = {"Cookie": "scandock=anything", "Accept": "text/html"}
        page = self.device.get("/", **cookie)
        part = self.device.get("/", **cookie, **{"Hx-Request": "true", "Hx-Request-Type": "partial"})
        health = self.device.get("/healthz")
        for answer in (page, part):
            assert (answer.status, "Retry-After" in answer.headers) == (503, True)
            assert f'data-code="{code}"' in answer.text
            assert "Nothing was booked." in answer.text
        assert ("<html" in page.text, "<html" in part.text) == (True, False)
        assert health.status == 503
        assert health.json["status"] in ("no database", "not ok")


def is_outage(answer: Answer, code: str) -> bool:
    """Whether an answer says in the documented way that the database cannot take it."""
    assert answer.status == 503, answer.text
    assert answer.json["code"] == code
    assert answer.json["say"].endswith("Nothing was booked. Try again.")
    return int(answer.headers["Retry-After"]) > 0


@contextmanager
def _stand(url: str, folder: Path, **more: Any) -> Iterator[Station]:
    """A small warehouse on a database, and its server."""
    serving = {key: more.pop(key) for key in ("wrapper",) if key in more}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(folder))
        patch.setenv("DATABASE_URL", url)
        app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    with app.app_context():
        warehouse = make_world()
        warehouse.stock("MUG", "A-01-1", 100)
        token = token_of(warehouse, "gun", "supervisor")
        db.session.remove()
        with serve(url, folder, SCANDOCK_WAIT_S=str(WAIT_S), **serving) as port:
            device = Client(port, token=token)
            yield Station(warehouse, device, **more)
            device.close()
        db.session.remove()
        db.engine.dispose()
    assert "Traceback" not in (folder / "server.log").read_text()


# --- SQLite --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk of its own where this user may mount one, else a folder."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "scandock-test", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield folder
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def on_sqlite(databases: Databases, disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A station on a file. Its server may not write what is read-only, root or not."""
    file = disk / "scandock.db"
    shutil.copyfile(databases.fresh("sqlite").removeprefix("sqlite:///"), file)
    wrapper = ["setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override", "--"] if os.geteuid() == 0 else []
    with _stand(f"sqlite:///{file}", tmp_path_factory.mktemp("data"), wrapper=wrapper, file=file) as station:
        yield station


def test_a_file_that_another_program_writes_to_for_long(on_sqlite: Station) -> None:
    @contextmanager
    def locked() -> Iterator[None]:
        with closing(sqlite3.connect(str(on_sqlite.file), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    on_sqlite.outlives(locked, "busy")


def test_a_command_of_our_own_that_writes_for_long(on_sqlite: Station) -> None:
    @contextmanager
    def taken() -> Iterator[None]:
        assert on_sqlite.file is not None
        with turn_of(on_sqlite.file, time.monotonic() + 5):
            yield

    on_sqlite.outlives(taken, "busy")


def test_an_import_by_command_while_people_scan(on_sqlite: Station, tmp_path: Path) -> None:
    """Two processes write to one file: both get their turn, no scan is lost and the file stays whole."""
    rows = tmp_path / "items.csv"
    rows.write_text("sku,name\n" + "".join(f"BULK-{number},bulk\n" for number in range(1_000)))
    program = [sys.executable, "-m", "flask", "--app", "web", "import", "items", str(rows)]
    env = os.environ | {"DATABASE_URL": f"sqlite:///{on_sqlite.file}", "SCANDOCK_DATA": str(tmp_path)}
    _mugs, scans = on_sqlite.stored()
    sent: dict[str, int] = {}
    with subprocess.Popen(program, cwd=ROOT, env=env, stdout=subprocess.PIPE) as command:
        while command.poll() is None:
            scan_id = new_scan_id()
            sent[scan_id] = on_sqlite.device.scan(None, "MUG", scan_id).status
        assert command.stdout is not None
        assert b"1,000" in command.stdout.read().replace(b"1000", b"1,000")
    assert command.returncode == 0
    assert set(sent.values()) <= {200, 503}
    assert on_sqlite.stored() == (_mugs, scans + list(sent.values()).count(200))
    assert all(on_sqlite.device.scan(None, "MUG", scan_id).status == 200 for scan_id in sent)
    assert on_sqlite.stored() == (_mugs, scans + len(sent))
    with closing(sqlite3.connect(str(on_sqlite.file))) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_disk_that_is_full(on_sqlite: Station, disk: Path) -> None:
    if not disk.is_mount():
        pytest.skip("this user may not mount a small disk; the same is tested below with a full file")

    @contextmanager
    def full() -> Iterator[None]:
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            _fill(file)
        yield
        ballast.unlink()

    # The log has room for some pages of an earlier scan: a long code needs more of them.
    with closing(sqlite3.connect(str(on_sqlite.file))) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    on_sqlite.outlives(full, "disk_full")


def _fill(file: Any) -> None:
    while True:
        file.write(bytes(4096))


def test_a_file_that_was_moved_away_is_missed_and_not_made_anew(on_sqlite: Station) -> None:
    @contextmanager
    def moved() -> Iterator[None]:
        assert on_sqlite.file is not None
        db.session.remove()
        db.engine.dispose()
        names = [path for path in on_sqlite.file.parent.glob("scandock.db*") if not path.name.endswith(SUFFIX)]
        away = on_sqlite.file.parent / "away"
        away.mkdir()
        for path in names:
            path.rename(away / path.name)
        yield
        assert not on_sqlite.file.exists()
        for path in names:
            (away / path.name).rename(path)
        away.rmdir()

    on_sqlite.outlives(moved, "no_database", can_read=False)


def test_a_read_only_copy_put_in_the_place_of_the_file(on_sqlite: Station) -> None:
    @contextmanager
    def read_only() -> Iterator[None]:
        file = on_sqlite.file
        assert file is not None
        db.session.remove()
        db.engine.dispose()
        with closing(sqlite3.connect(str(file))) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy = file.with_name("copy.db")
        shutil.copyfile(file, copy)
        copy.chmod(0o444)
        copy.replace(file)
        yield
        file.chmod(0o644)

    on_sqlite.outlives(read_only, "read_only")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_file_that_may_not_grow_takes_no_scan_and_loses_none(app: Flask, warehouse: World) -> None:
    def stop_growing(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={most}")

    db.session.remove()
    with db.engine.connect() as connection:
        most = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    by = warehouse.by("eve")
    event.listen(db.engine, "checkout", stop_growing)
    taken, scan_id = list[str](), new_scan_id()
    with pytest.raises(Busy) as busy:  # noqa: PT012 - how many scans the last page has room for is not known
        for _ in range(200):
            accept_scan(Incoming(scan_id, "MUG", now(), "gun"), by)
            taken.append(scan_id)
            scan_id = new_scan_id()
    assert busy.value.code == "disk_full"
    event.remove(db.engine, "checkout", stop_growing)
    db.session.remove()
    db.engine.dispose()
    assert set(db.session.scalars(select(ScanRecord.id))) == set(taken)
    assert accept_scan(Incoming(scan_id, "MUG", now(), "gun"), by)["outcome"] == "accepted"


def test_which_versions_of_sqlite_have_the_reset_fault() -> None:
    sound = [(3, 51, 3), (3, 52, 0), (3, 53, 4), (3, 50, 7), (3, 44, 6)]
    faulty = [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2)]
    assert [version for version in sound if has_reset_fault(version)] == []
    assert [version for version in faulty if not has_reset_fault(version)] == []
    assert "3.40.1" in fault_note("3.40.1")
    assert fault_note("3.51.3") == ""


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A station on a PostgreSQL server of its own."""
    folder = tmp_path_factory.mktemp("postgresql")
    with ExitStack() as stack:
        server = stack.enter_context(own_cluster())
        migrate(server.url, folder)
        yield stack.enter_context(_stand(server.url, folder, cluster=server))


@pytest.fixture
def admin(on_postgresql: Station) -> Callable[[str], list[Any]]:
    """Runs one statement as the server's superuser, past every setting."""
    assert on_postgresql.cluster is not None
    url = on_postgresql.cluster.url.replace("+psycopg", "")

    def run(statement: str) -> list[Any]:
        options = "-c default_transaction_read_only=off"
        with psycopg.connect(url, autocommit=True, options=options) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return run


CUT_OFF = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def test_a_server_that_is_stopped(on_postgresql: Station) -> None:
    @contextmanager
    def stopped() -> Iterator[None]:
        assert on_postgresql.cluster is not None
        on_postgresql.cluster.stop()
        yield
        on_postgresql.cluster.start()

    on_postgresql.outlives(stopped, "no_database", can_read=False)


def test_a_server_that_was_restarted_between_two_requests_is_not_noticed(on_postgresql: Station) -> None:
    """Neither by a scan nor by a read, whatever comes first."""
    assert on_postgresql.cluster is not None
    for path in ("/api/v1/items", "/healthz", "/api/v1/tasks"):
        on_postgresql.cluster.stop()
        on_postgresql.cluster.start()
        assert [on_postgresql.device.get(path).status for _ in range(4)] == [200] * 4
    task = on_postgresql.load()
    on_postgresql.cluster.stop()
    on_postgresql.cluster.start()
    assert on_postgresql.put(task, new_scan_id()).json["outcome"] == "accepted"


def test_a_connection_that_is_cut_off_between_two_requests_is_not_noticed(
    on_postgresql: Station, admin: Callable[[str], list[Any]]
) -> None:
    for _ in range(3):
        task = on_postgresql.load()
        admin(CUT_OFF)
        assert on_postgresql.put(task, new_scan_id()).json["outcome"] == "accepted"
        admin(CUT_OFF)
        assert on_postgresql.device.get("/api/v1/items").status == 200


def test_a_scan_whose_connection_is_cut_off_in_the_middle_is_booked_once(
    on_postgresql: Station, admin: Callable[[str], list[Any]]
) -> None:
    task, scan_id, answers = on_postgresql.load(), new_scan_id(), list[Answer]()
    mugs, scans = on_postgresql.stored()
    assert on_postgresql.cluster is not None
    url = on_postgresql.cluster.url.replace("+psycopg", "")
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM task WHERE id = %s FOR UPDATE", [task])
        sending = threading.Thread(target=lambda: answers.append(on_postgresql.put(task, scan_id)))
        sending.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        pids = _until(lambda: admin(waiting))
        admin(f"SELECT pg_terminate_backend({pids[0][0]}, 5000)")
        other.rollback()
        sending.join(30)
    assert [(answer.status, answer.json["outcome"]) for answer in answers] == [(200, "accepted")]
    assert on_postgresql.stored() == (mugs + 1, scans + 1)


def _until(look: Callable[[], list[Any]]) -> list[Any]:
    gate = threading.Event()
    for _ in range(200):
        found = look()
        if found:
            return found
        gate.wait(0.02)
    pytest.fail("it did not come to that")


def test_connections_that_are_cut_off_all_the_time_lose_no_scan_and_double_none(
    on_postgresql: Station, admin: Callable[[str], list[Any]]
) -> None:
    task, statuses, gate = on_postgresql.load(), list[int](), threading.Event()
    _mugs, scans = on_postgresql.stored()
    ids = [new_scan_id() for _ in range(12)]

    def beep() -> None:
        for scan_id in ids:
            statuses.append(on_postgresql.device.scan(task, place("A-01-1"), scan_id).status)
            statuses.append(on_postgresql.device.get("/api/v1/tasks").status)
        gate.set()

    sending = threading.Thread(target=beep)
    sending.start()
    while not gate.wait(0.02):
        admin(CUT_OFF)
    sending.join(30)
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > 0
    for scan_id in ids:
        assert on_postgresql.device.scan(task, place("A-01-1"), scan_id).status == 200
    assert on_postgresql.stored()[1] == scans + len(ids)
    assert on_postgresql.put(task, new_scan_id()).json["outcome"] == "accepted"


def test_a_server_that_may_only_be_read(on_postgresql: Station, admin: Callable[[str], list[Any]]) -> None:
    @contextmanager
    def read_only() -> Iterator[None]:
        admin("ALTER DATABASE postgres SET default_transaction_read_only = on")
        admin(CUT_OFF)
        yield
        admin("ALTER DATABASE postgres RESET default_transaction_read_only")
        admin(CUT_OFF)

    on_postgresql.outlives(read_only, "read_only")


def test_a_server_whose_disk_is_full(on_postgresql: Station, admin: Callable[[str], list[Any]]) -> None:
    """The server's own refusal, with its own number, given by a trigger: no disk is filled for it."""

    @contextmanager
    def full() -> Iterator[None]:
        body = "BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END"
        admin(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        admin("CREATE TRIGGER full_disk BEFORE INSERT ON scan FOR EACH ROW EXECUTE FUNCTION full_disk()")
        yield
        admin("DROP TRIGGER full_disk ON scan")
        admin("DROP FUNCTION full_disk()")

    on_postgresql.outlives(full, "disk_full")


def test_a_server_without_our_tables(on_postgresql: Station, admin: Callable[[str], list[Any]]) -> None:
    @contextmanager
    def emptied() -> Iterator[None]:
        admin("ALTER SCHEMA public RENAME TO elsewhere")
        admin("CREATE SCHEMA public")
        yield
        admin("DROP SCHEMA public")
        admin("ALTER SCHEMA elsewhere RENAME TO public")

    on_postgresql.outlives(emptied, "no_database", can_read=False)
