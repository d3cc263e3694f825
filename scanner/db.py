"""The database handle: engine settings for SQLite and PostgreSQL, and `transact`, the one way to write.

SQLite serialises writers; its busy handler polls and starves some of them, so a first-come-first-served lock in this
process stands in front of BEGIN IMMEDIATE. PostgreSQL locks rows; serialization failures and deadlocks are retried.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Engine, MetaData, Table, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

T = TypeVar("T")

TRIES = 6  # of one write; after that the caller is told to come back (503)
TWIN_TRIES = 2  # of a write whose row somebody else made at the same instant: the next try finds it
IDLE_S = 5.0  # a connection to PostgreSQL that rested longer is asked whether it still lives
DOOR_TIMEOUT_S = 10.0  # how long a writer waits for its turn on SQLite
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged scan survives a power cut
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "journal_size_limit": 67_108_864,
}
POSTGRES_SETTINGS = "-c lock_timeout=3s -c statement_timeout=20s -c idle_in_transaction_session_timeout=15s"


_before_commit: list[Callable[[], None]] = []


def before_commit(act: Callable[[], None]) -> Callable[[], None]:
    """Have `act` run at the end of every write transaction, before its commit."""
    _before_commit.append(act)
    return act


def _keep(session: Any, thing: Any) -> None:
    """Hold on to what an act has read: the session alone would forget it and read it again."""
    session.info.setdefault("kept", []).append(thing)


event.listen(Session, "loaded_as_persistent", _keep)
event.listen(Session, "after_rollback", lambda session: session.info.pop("kept", None))
event.listen(Session, "after_commit", lambda session: session.info.pop("kept", None))


class Busy(Exception):
    """The database could not take the write now. Nothing was stored; the same scan may be sent again."""


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can find it on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def table_of(model: type[Model]) -> Table:
    """The table behind a model, for statements that every scan runs and that need no mapping to objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def upsert(table: Table, dialect: str = "") -> Any:
    """An INSERT of the engine's own kind, which has `on_conflict_do_nothing()` and `on_conflict_do_update()`."""
    insert = sqlite.insert if (dialect or db.engine.dialect.name) == "sqlite" else postgresql.insert
    return insert(table)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored in UTC on both engines, always aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The server's clock, UTC."""
    return datetime.now(UTC)


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine` that fit the engine behind `url`."""
    if url.startswith("sqlite"):
        return {"pool_size": 32, "max_overflow": 0, "pool_timeout": 10, "connect_args": {"check_same_thread": False}}
    return {
        "pool_size": 16,
        "max_overflow": 4,
        "pool_timeout": 5,
        "connect_args": {"options": POSTGRES_SETTINGS},
    }


def prepare_engine(engine: Engine) -> None:
    """Attach the settings of section 'Database' in docs/reliability.md to every new connection of `engine`."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ping_if_idle)


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    for name, value in SQLITE_PRAGMAS.items():
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
    except sqlite3.OperationalError as error:
        raise OperationalError(f"BEGIN {how}", None, error) from error


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that has been idle whether it still lives; SQLAlchemy then takes another one.

    Its own pool_pre_ping asks each time, which costs a busy station two round trips a scan. A connection that dies
    between two scans is noticed by `transact`, which tries again.
    """
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < IDLE_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


class Door:
    """A first-come-first-served lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._queue: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """Wait for our turn, hold the door, pass it on. Raises Busy after `timeout_s` seconds."""
        self._enter(timeout_s)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, timeout_s: float) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            ticket = threading.Event()
            self._queue.append(ticket)
        if ticket.wait(timeout_s):
            return
        with self._guard:
            if ticket in self._queue:
                self._queue.remove(ticket)
                raise Busy("too many scans at once")
        # The turn came between the time-out and the guard: it is ours.

    def _leave(self) -> None:
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._is_taken = False


_doors: WeakKeyDictionary[Engine, Door] = WeakKeyDictionary()
_doors_guard = threading.Lock()


@contextmanager
def _writer_turn() -> Iterator[None]:
    engine = db.engine
    if engine.dialect.name != "sqlite":
        yield
        return
    with _doors_guard:
        door = _doors.setdefault(engine, Door())
    with door.turn(DOOR_TIMEOUT_S):
        yield


def transact(work: Callable[[], T]) -> T:
    """Run `work()` in one write transaction and commit it; the whole is tried again on a passing conflict.

    Whatever `work` raises rolls everything back and is raised again. Raises Busy when the database stays locked,
    is out of reach, full or read-only: then nothing is stored.
    """
    for attempt in range(TRIES):
        try:
            with _writer_turn():
                return _once(work)
        except DBAPIError as error:
            if not (is_passing(error) or (isinstance(error, IntegrityError) and attempt < TWIN_TRIES)):
                if isinstance(error, OperationalError):
                    raise Busy(str(error.orig)) from error
                raise
            time.sleep(random.uniform(0.002, 0.02) * 2**attempt)  # noqa: S311  jitter, not a secret
    raise Busy("the database stayed busy")


def _once(work: Callable[[], T]) -> T:
    session = db.session
    session.info.clear()
    session.rollback()  # ends a read transaction that would turn BEGIN IMMEDIATE into an upgrade
    token = None
    try:
        token = _writing.set(session.connection(execution_options={"sqlite_begin": "IMMEDIATE"}))
        result = work()
        for act in _before_commit:
            act()
        session.commit()
        return result
    except BaseException:
        session.rollback()
        raise
    finally:
        if token is not None:
            _writing.reset(token)


_writing: ContextVar[Connection | None] = ContextVar("writing", default=None)


def connection() -> Connection:
    """The connection of the write transaction that runs, for statements that need no mapping to objects.

    The session gives the same one, after a look at who is asking that costs half as much as the statement. What the
    session has not flushed is not seen by it.
    """
    return _writing.get() or db.session.connection()


def is_passing(error: DBAPIError) -> bool:
    """True for a conflict that may be gone at the next try: deadlock, serialization, time-out, lost connection."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in {"40001", "40P01", "55P03", "57P01"}
    if error.connection_invalidated:
        return True
    return "locked" in str(error.orig)


def database_url(data_dir: str) -> str:
    """DATABASE_URL, or an SQLite file in the data folder."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(data_dir).resolve() / 'scandock.db'}"
    return url.replace("postgres://", "postgresql+psycopg://", 1)
