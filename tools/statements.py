"""Statements: counts what is asked of the database, for the benchmark and for the tests that hold its ceiling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from scanner.db import db

NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside the block, without BEGIN and COMMIT. Use it inside an app context."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if not sql.startswith(NOT_COUNTED):
            seen.append(sql)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
