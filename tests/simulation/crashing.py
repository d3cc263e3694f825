"""Crashing: end the server at the n-th boundary between two statements, or before or after a COMMIT.

The connection is closed under the code that uses it, and whatever that code still tries is refused: so nothing is
tidied up that a process which was killed could not have tidied up. What comes then is a server that has just started.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any, Literal

from psycopg.errors import DiskFull
from sqlalchemy import Connection, Engine, event

from scanner.db import db

How = Literal["crash", "disk_full"]


class Crash(BaseException):
    """The process has ended. No code of the product may catch it."""


class Crasher:
    """Counts boundaries on an engine, and lets the planned thing happen at one of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._at = 0
        self._how: How = "crash"
        self._beside = ""
        self._is_dead = False
        self.passed = 0  # boundaries since the last plan
        self.where: Counter[str] = Counter()  # beside what crashes have happened
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        self._commit = engine.dialect.do_commit
        engine.dialect.do_commit = self._do_commit  # type: ignore[method-assign]

    def close(self) -> None:
        """Leave the engine as it was."""
        event.remove(self._engine, "before_cursor_execute", self._before)
        event.remove(self._engine, "after_cursor_execute", self._after)
        self._engine.dialect.do_commit = self._commit  # type: ignore[method-assign]

    def plan(self, at: int, how: How = "crash", beside: str = "") -> None:
        """Something is to happen at the `at`-th boundary from here; 0 for nothing.

        `beside` counts those before and after one kind of statement only: COMMIT, INSERT, UPDATE, SELECT.
        """
        self._at, self._how, self._beside, self.passed = at, how, beside, 0

    def restart(self) -> None:
        """A new process: no connection is left, and none is refused."""
        db.session.remove()
        self._engine.dispose()
        self._is_dead = False
        self.plan(0)

    def _before(self, connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        self._boundary(connection.connection.dbapi_connection, f"before {statement.split(maxsplit=1)[0]}")

    def _after(self, connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        self._boundary(connection.connection.dbapi_connection, f"after {statement.split(maxsplit=1)[0]}")

    def _do_commit(self, dbapi_connection: Any) -> None:
        raw = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        self._boundary(raw, "before COMMIT")
        self._commit(dbapi_connection)
        self._boundary(raw, "after COMMIT")

    def _boundary(self, raw: Any, where: str) -> None:
        if self._is_dead:
            raise Crash
        self.passed += where.endswith(self._beside)
        if self.passed != self._at or not where.endswith(self._beside):
            return
        self.where[f"{self._how} {where}"] += 1
        if self._how == "disk_full":
            raise full(self._engine.dialect.name)
        self._is_dead = True
        if self._engine.dialect.name == "sqlite":
            raw.rollback()  # a connection with an open cursor is closed only when Python forgets the cursor
        raw.close()
        raise Crash


def full(engine: str) -> Exception:
    """What the driver raises when there is no room left."""
    if engine == "postgresql":
        return DiskFull("could not extend file: No space left on device")
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname, error.sqlite_errorcode = "SQLITE_FULL", sqlite3.SQLITE_FULL
    return error
