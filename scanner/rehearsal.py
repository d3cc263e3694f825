"""Rehearsal: a read transaction in which workflows may take their steps and nothing can be written.

Three locks, one behind the other. The session does not flush. A statement that would write never reaches the database:
it raises Unplayable, and who plays the step ends it there. And the database itself refuses every write: SQLite by
`query_only`, PostgreSQL by READ ONLY. A rehearsal sees one state of the record, waits for no writer and keeps none
waiting: where a step asks for a lock, the row is read without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm.attributes import set_committed_value

from scanner.db import REHEARSAL, db, let_go

_READS: Final = ("SELECT", "WITH")
_LOCK: Final = re.compile(
    r"\s+FOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF [\w\", ]+?)?(?: SKIP LOCKED| NOWAIT)?$"
)


class Unplayable(Exception):
    """The step would write something that does not go through the ledger: it cannot be rehearsed."""


@contextmanager
def rehearsal() -> Iterator[None]:
    """Everything in here is read from one state of the database, and nothing of it stays."""
    let_go()
    session = db.session()
    connection = session.connection(execution_options=_one_state())
    driver: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    event.listen(connection, "before_cursor_execute", _only_reads, retval=True)
    try:
        session.info[REHEARSAL] = {}
        if is_sqlite:
            driver.execute("PRAGMA query_only=1")
        yield
    finally:
        try:
            if is_sqlite and not connection.invalidated:  # such a one is closed already
                driver.execute("PRAGMA query_only=0")
        except Exception:
            session.invalidate()  # a connection that refuses to write must not go to a writer
            raise
        finally:
            let_go()
            session.info.pop(REHEARSAL, None)


def _one_state() -> dict[str, Any]:
    if db.engine.dialect.name == "sqlite":
        return {}  # of its own accord a read transaction sees one state
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _only_reads(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    if statement.lstrip()[:6].upper().split(None, 1)[0] not in _READS:
        raise Unplayable(statement[:80])
    return _LOCK.sub("", statement), parameters


def take_back() -> None:
    """Undo what a step has changed in the things that were read, and forget those that it has made."""
    session = db.session()
    for thing in list(session.new):
        session.expunge(thing)
    for thing in session.dirty:
        for name, value in list(inspect(thing).committed_state.items()):
            set_committed_value(thing, name, value)
