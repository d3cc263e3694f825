"""The database handle: engine settings for SQLite and PostgreSQL, and `transact`, the one way to write.

SQLite serialises writers; its busy handler polls and starves some of them, so they take turns before BEGIN IMMEDIATE
(scanner/turns.py). PostgreSQL locks rows; serialization failures and deadlocks are retried.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as LibrarySession
from sqlalchemy import Connection, DateTime, Engine, MetaData, Table, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session

from scanner.connections import engine_options, prepare_engine, wait_s
from scanner.outage import outage
from scanner.turns import Busy, Door, turn_of

__all__ = [
    "Base",
    "Busy",
    "Model",
    "UtcDateTime",
    "before_commit",
    "connection",
    "database_url",
    "db",
    "engine_options",
    "is_stored",
    "let_go",
    "now",
    "prepare_engine",
    "table_of",
    "transact",
    "upsert",
]

T = TypeVar("T")

TRIES = 6  # of one write; after that the caller is told to come back (503)
CONFLICTS = frozenset(("40001", "40P01"))  # the other one has won: tried again for as long as a write may wait
TWIN_TRIES = 2  # of a write whose row somebody else made at the same instant: the next try finds it


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


REHEARSAL = "rehearsal"  # in the session's info: nothing is written, and what need not be read twice is kept here


class _Session(LibrarySession):
    def flush(self, objects: Any = None) -> None:
        """Write what has changed. In a rehearsal what is new only gets an id to go on with, which no row has."""
        if REHEARSAL not in self.info:
            return super().flush(objects)
        for thing in self.new:
            if getattr(thing, "id", 0) is None:
                thing.id = self.info[REHEARSAL]["id"] = self.info[REHEARSAL].get("id", 0) - 1
        return None


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "class_": _Session})

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


_doors: WeakKeyDictionary[Engine, Door] = WeakKeyDictionary()
_doors_guard = threading.Lock()


@contextmanager
def _writer_turn(give_up_at: float) -> Iterator[None]:
    engine = db.engine
    if engine.dialect.name != "sqlite":
        yield
        return
    with _doors_guard:
        door = _doors.setdefault(engine, Door())
    with (
        door.turn(give_up_at - time.monotonic()),
        turn_of(Path(engine.url.database or ""), give_up_at),
    ):
        yield


def transact(work: Callable[[], T]) -> T:
    """Run `work()` in one write transaction and commit it; the whole is tried again on a passing conflict.

    Within another `transact` it is a part of that one: both are stored, or neither. Whatever `work` raises rolls
    everything back and is raised again. Raises Busy when the database stays locked, is out of reach, full or
    read-only: then nothing is stored.
    """
    if _writing.get() is not None:
        return _part(work)
    db.session.info.pop("is_stored", None)
    give_up_at = time.monotonic() + wait_s(db.engine)
    for attempt in count():
        try:
            with _writer_turn(give_up_at):
                return _once(work)
        except DBAPIError as error:
            if not (is_passing(error) or (isinstance(error, IntegrityError) and attempt < TWIN_TRIES)):
                code = outage(error)
                if code is not None:
                    raise Busy(str(error.orig), code) from error
                raise
            last = error
        pause_s = random.uniform(0.002, 0.02) * 2 ** min(attempt, TRIES - 1)  # noqa: S311  jitter, not a secret
        is_conflict = getattr(last.orig, "sqlstate", None) in CONFLICTS
        if time.monotonic() + pause_s > give_up_at or (attempt + 1 >= TRIES and not is_conflict):
            break
        time.sleep(pause_s)
    raise Busy(str(last.orig), outage(last) or "busy") from last


def _once(work: Callable[[], T]) -> T:
    session = db.session
    session.info.clear()
    let_go()  # of a read transaction that would turn BEGIN IMMEDIATE into an upgrade
    token = None
    try:
        token = _writing.set(session.connection(execution_options={"sqlite_begin": "IMMEDIATE"}))
        result = work()
        for act in _before_commit:
            act()
        session.commit()
        session.info["is_stored"] = True
        return result
    except BaseException:
        let_go()
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


def _part(work: Callable[[], T]) -> T:
    """One act of a longer transaction, complete in itself."""
    db.session.flush()  # what it reads anew has what went before
    result = work()
    for act in _before_commit:
        act()
    db.session.flush()
    db.session.info.pop("kept", None)
    return result


def let_go() -> None:
    """End what the session has begun. A connection that cannot even be rolled back is thrown away."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


def is_stored() -> bool:
    """Whether the last `transact` of this request was committed."""
    return bool(db.session.info.get("is_stored"))


def is_passing(error: DBAPIError) -> bool:
    """True for a conflict that may be gone at the next try: deadlock, serialization, time-out, lost connection."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in CONFLICTS | {"55P03", "57P01"}
    return "locked" in str(error.orig)


def database_url(data_dir: str) -> str:
    """DATABASE_URL, or an SQLite file in the data folder."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(data_dir).resolve() / 'scandock.db'}"
    return url.replace("postgres://", "postgresql+psycopg://", 1)
