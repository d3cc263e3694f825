"""Both database engines for every test: a fresh, migrated database for one file copy or one clone.

A test that asks for `engine_url` runs twice, on SQLite and on PostgreSQL, each time on a database
of its own. `databases` makes more of them inside one test.

PostgreSQL is the server named by SCANDOCK_TEST_PG (a URL whose user may create databases), or one
that is started here and stopped at the end. Without any, tests on it are skipped and say why; with
CI=true they fail, so that a green run has seen both engines.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import LiteralString, NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tools.postgres import Cluster, Missing, cluster, throwaway

ENGINES = ("sqlite", "postgresql")
PG_ENV = "SCANDOCK_TEST_PG"
ISOLATION = "SCANDOCK_TEST_ISOLATION"  # PostgreSQL's level for all tests, else its default
FILE_COPY_SINCE = 15_00_00  # PostgreSQL 15
ROOT = Path(__file__).resolve().parent.parent

_server = ExitStack()  # what this process started and must stop


def pytest_configure(config: pytest.Config) -> None:
    """With several workers, start their one server before they start."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        try:
            _server_url()
        except Missing:
            return  # said by each test that needs it


def pytest_unconfigure() -> None:
    """Stop the server, if it is ours."""
    _server.close()


def _server_url() -> URL:
    """The PostgreSQL server under test, started if need be. Raises Missing."""
    if PG_ENV not in os.environ:
        url = _server.enter_context(throwaway(fsync=False))
        os.environ[PG_ENV] = url  # workers inherit it
        _server.callback(os.environ.pop, PG_ENV, None)
    return make_url(os.environ[PG_ENV])


def migrate(url: str, folder: Path) -> None:
    """Bring a database to the newest schema with the product's own command."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "web", "db", "upgrade"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the migration failed on {url}:\n{done.stderr}")


class Databases:
    """Makes databases, and removes them at the end of the run."""

    def __init__(self, folder: Path, worker: str) -> None:
        """Keep files in `folder`; name databases after `worker`, so that workers never meet."""
        self.folder = folder
        self.worker = worker
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._made: list[str] = []

    def empty(self, engine: str) -> str:
        """The URL of a database with nothing in it."""
        name = f"scandock_{self.worker}_{next(self._numbers)}"
        if engine == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        return self._create(name, "template0")

    def fresh(self, engine: str, name: str = "") -> str:
        """The URL of a database with the newest schema and no rows. One of that name must be dropped first."""
        template = make_url(self._template(engine))
        name = f"scandock_{self.worker}_{name or next(self._numbers)}"
        if engine == "sqlite":
            target = self.folder / f"{name}.db"
            shutil.copyfile(str(template.database), target)
            return f"sqlite:///{target}"
        return self._create(name, str(template.database))

    def copy(self, url: str, name: str) -> str:
        """The URL of a database of that name with what `url` holds. Nobody may be connected to either."""
        source = make_url(url)
        if url.startswith("sqlite"):
            target = Path(str(source.database)).with_name(f"{name}.db")
            shutil.copyfile(str(source.database), target)
            return f"sqlite:///{target}"
        return self._create(name, str(source.database))

    def isolate(self, url: str, level: str) -> None:
        """Give every transaction of a PostgreSQL database an isolation level, e.g. "serializable"."""
        self._isolate(str(make_url(url).database), level)

    def _isolate(self, name: str, level: str) -> None:
        self._run("ALTER DATABASE {} SET default_transaction_isolation TO {}", name, level)

    def drop(self, url: str) -> None:
        """Remove one database now, connections or not."""
        database = str(make_url(url).database)
        if not url.startswith("postgresql"):
            for suffix in ("", "-wal", "-shm"):
                Path(database + suffix).unlink(missing_ok=True)
        elif database in self._made:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
            self._made.remove(database)

    def left_open(self, url: str, patience_s: float = 5.0) -> int:
        """How many connections a test has left open to its own PostgreSQL database; they take a moment to end."""
        if not url.startswith("postgresql"):
            return 0
        server, database = _server_url().set(drivername="postgresql"), make_url(url).database
        give_up_at = time.monotonic() + patience_s
        with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
            while True:
                row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database])
                (count,) = row.fetchone() or (0,)
                if not count or time.monotonic() > give_up_at:
                    return int(count)
                time.sleep(0.02)

    def close(self) -> None:
        """Remove every PostgreSQL database made here; pytest removes the files."""
        for database in list(self._made):
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        self._made.clear()

    def _template(self, engine: str) -> str:
        """The migrated database that `fresh` copies; made on first use."""
        if engine not in self._templates:
            url = self.empty(engine)
            migrate(url, self.folder)
            if engine == "sqlite":
                # one file holds it all: fold the write-ahead log in before it is copied
                with closing(sqlite3.connect(str(make_url(url).database))) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._templates[engine] = url
        return self._templates[engine]

    def _create(self, name: str, template: str) -> str:
        """Create one PostgreSQL database from a template."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template, copy_files=True)
        self._made.append(name)
        if ISOLATION in os.environ:
            self._isolate(name, os.environ[ISOLATION])
        return _server_url().set(database=name).render_as_string(hide_password=False)

    def _run(self, command: LiteralString, *names: str, copy_files: bool = False) -> None:
        """Run one command on the server, outside any transaction."""
        server = _server_url().set(drivername="postgresql")
        with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
            # ten times as fast as the default of 15 and later; before 15 the only way, and unnamed
            if copy_files and connection.info.server_version >= FILE_COPY_SINCE:
                command += " STRATEGY FILE_COPY"
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """A maker of databases: `databases.fresh("postgresql")`."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    made = Databases(tmp_path_factory.mktemp("databases"), f"{worker}_{os.getpid()}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The URL of the PostgreSQL server; a skip, or a failure under CI, when there is none."""
    try:
        return _server_url().render_as_string(hide_password=False)
    except Missing as missing:
        _go_without(missing)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that a test may stop and kill; a skip, or a failure under CI, when there is none."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(cluster(fsync=False))
        except Missing as missing:
            _go_without(missing)
        yield server


def _go_without(missing: Missing) -> NoReturn:
    """A green run of CI has seen both engines; elsewhere the test is skipped and says why."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must test PostgreSQL, but {missing}")
    pytest.skip(str(missing))


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a fresh, migrated database, on each engine in turn.

    It is the same URL for each test of a process, so that one app with its compiled statements serves them all.
    """
    engine: str = request.param
    if engine == "postgresql":
        request.getfixturevalue("postgresql_server")
    url = databases.fresh(engine, "again")
    yield url
    left = databases.left_open(url)
    databases.drop(url)
    # What is left open now would be closed by the garbage collector, with a warning in the middle of another test.
    assert left == 0, f"{left} connections to PostgreSQL are still open: dispose of every engine that you make"
