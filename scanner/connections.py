"""Connections: the settings of each new one, what is asked of one that is taken from the pool, which are thrown away.

PostgreSQL ends connections when it restarts; SQLite keeps writing to a file that somebody has removed or put another in
the place of. Both are noticed before the first statement, so that no page fails and no scan goes into a lost file.
"""

from __future__ import annotations

import select
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError

from scanner.outage import sqlite_outage

WAIT_S = 10.0  # the longest that a write waits for others, all its tries together
IDLE_S = 5.0  # a connection to PostgreSQL that rested longer is asked whether it still lives
SQLITE_LOG_BYTES = 67_108_864  # a log that a long reader has made longer is cut back to this
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged scan survives a power cut
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "journal_size_limit": SQLITE_LOG_BYTES,
}
LOCK_S = 3.0  # for one row of PostgreSQL
POSTGRES_SETTINGS = "-c statement_timeout=20s -c idle_in_transaction_session_timeout=15s"
# A server that has vanished without a word is noticed while we wait for it, too; libpq would wait for hours.
POSTGRES_NET = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def engine_options(url: str, wait_s: float = WAIT_S) -> dict[str, Any]:
    """Options for `create_engine` that fit the engine behind `url`. Writes wait for others for `wait_s` at the most."""
    common = {"pool_timeout": min(wait_s, 5), "execution_options": {"wait_s": wait_s}}
    if url.startswith("sqlite"):
        return {**common, "pool_size": 32, "max_overflow": 0, "connect_args": {"check_same_thread": False}}
    settings = f"{POSTGRES_SETTINGS} -c lock_timeout={round(min(wait_s, LOCK_S) * 1000)}"
    net = {name: value for name, value in POSTGRES_NET.items() if f"{name}=" not in url}
    return {**common, "pool_size": 16, "max_overflow": 4, "connect_args": {"options": settings, **net}}


def wait_s(engine: Engine) -> float:
    """How long a write waits for others, in seconds."""
    found: float = engine.get_execution_options().get("wait_s", WAIT_S)
    return found


def prepare_engine(engine: Engine, *, may_create: bool = False) -> None:
    """Look after every connection of `engine`. Without `may_create` a missing SQLite file is not made anew."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ask_if_doubtful)
        return
    event.listen(engine, "connect", lambda connection, _record: _set_pragmas(connection, wait_s(engine)))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _throw_away)
    file = engine.url.database or ""
    if file and file != ":memory:" and not file.startswith("file:"):
        _look_after_file(engine, Path(file), may_create=may_create)


# --- SQLite --------------------------------------------------------------------------------------------------------


def _set_pragmas(connection: Any, wait_s: float) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    for name, value in {"busy_timeout": round(wait_s * 1000), **SQLITE_PRAGMAS}.items():
        cursor.execute(f"PRAGMA {name}={value}")
        got = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        if got != value:
            raise OperationalError(f"PRAGMA {name} is {got}, wanted {value}", None, Exception("SQLite settings"))
    cursor.close()


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    if how == "NONE":  # one statement by itself needs no transaction
        return
    driver: Any = connection.connection.driver_connection  # SQLAlchemy's own way costs as much as a whole look-up
    try:
        driver.execute(f"BEGIN {how}")
    except sqlite3.Error as error:
        if sqlite_outage(error) == "busy":
            raise OperationalError(f"BEGIN {how}", None, error) from error
        connection.exec_driver_sql(f"BEGIN {how}")  # its own way once more: a bad connection is thrown away


def _throw_away(context: Any) -> None:
    """A connection that met a file it could not use may have met it on a bad day: the next one opens it anew."""
    if sqlite_outage(context.original_exception) in ("read_only", "no_database"):
        context.is_disconnect = True


def _look_after_file(engine: Engine, file: Path, *, may_create: bool) -> None:
    """Connections that hold another file than the one that stands there now are replaced."""

    def refuse_to_create(*_connect: Any) -> None:
        if not may_create and not file.exists():
            raise sqlite3.OperationalError(f"there is no file {file.name}")

    def note(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(file)

    def compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if _identity(file) != record.info["file"]:
            raise DisconnectionError(f"{file.name} was removed or replaced")

    event.listen(engine, "do_connect", refuse_to_create)
    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", compare)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ask_if_doubtful(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection whether it still lives if there is a reason to doubt; SQLAlchemy then takes another one.

    A server that ends a connection says so in it: a resting connection with something to read is in doubt, and looking
    costs no round trip. A server that has vanished says nothing, so one that rested for long is asked as well.
    SQLAlchemy's own pool_pre_ping asks each time, which costs a busy station two round trips a scan.
    """
    rested_s = time.monotonic() - record.info.get("used_at", time.monotonic())
    if rested_s < IDLE_S and not _has_news(connection):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


def _has_news(connection: Any) -> bool:
    """Whether something came while nobody asked. A connection that is closed on our side has news as well."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
