"""Back-up of SQLite: a copy of the live file by SQLite's own means, and a file put in the place of the database.

The database is never copied as a file: half of it stands in its log (https://sqlite.org/howtocorrupt.html, 1.2).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from scanner.backup import BackupFault, to_disk
from scanner.turns import turn_of

LOCKS_AT, LOCKS = 0x40000000, 512  # the bytes that SQLite locks (https://sqlite.org/src/file/src/os.h: PENDING_BYTE)
PATIENCE_S = 2.0


def copy(engine: Engine, draft: Path) -> None:
    """Copy the live database into an empty file. One read transaction: writers go on, and the copy has one state.

    Raises BackupFault when there is no room or the source cannot be read.
    """
    try:
        with closing(sqlite3.connect(draft)) as target, closing(engine.raw_connection()) as source:
            target.execute("PRAGMA synchronous=OFF")  # the draft goes to the disk before it gets its name
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.backup(target)
    except sqlite3.Error as error:
        raise BackupFault(f"The copy could not be written: {error}.") from error


def examine(file: Path) -> str | None:
    """The revision of the schema in a file that is whole. Raises BackupFault for one that is not."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                raise BackupFault(f"{file.name} is damaged: {found[0]}.")
            if row := connection.execute("PRAGMA foreign_key_check").fetchone():
                raise BackupFault(f"{file.name} is damaged: a row of {row[0]} names one of {row[2]} that is not there.")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
    except sqlite3.Error as error:
        raise BackupFault(f"{file.name} is damaged: {error}.") from error


def to_one_file(file: Path) -> None:
    """Fold the log into the file, so that the file alone is all of it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def take_in(file: Path, draft: Path) -> None:
    """Copy a back-up beside the database, where it is examined. Raises BackupFault for a database in use."""
    if Path(f"{file}-wal").exists():
        raise BackupFault(f"{file} has a log beside it: it is a database in use. Make a back-up of it first.")
    shutil.copyfile(file, draft)


def make_room(database: Path) -> Path | None:
    """Put the old database aside, with its log; its new name. Call it within `alone`."""
    if not database.exists():
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)  # of a file that is gone: it would be read as ours
        return None
    aside = database.with_name(f"{database.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    if aside.exists():
        raise BackupFault(f"{aside} is there already. Try again in a second.")
    Path(f"{database}-shm").unlink(missing_ok=True)
    if (log := Path(f"{database}-wal")).exists():
        log.rename(f"{aside}-wal")  # scans that a crash left there belong to the old file, not to the new one
    database.rename(aside)
    to_disk(database.parent)
    return aside


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Keep every other program out. Raises BackupFault when one has the database open.

    This is the lock that SQLite takes itself for the same end: every open connection in WAL mode holds a part of it.
    No connection of our own process may be open, since closing the handle would drop its locks.
    """
    if not database.exists():
        yield
        return
    with turn_of(database, time.monotonic() + PATIENCE_S):
        handle = os.open(database, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCKS, LOCKS_AT)
        except OSError as error:
            os.close(handle)
            raise BackupFault(f"A program has {database} open. Stop the server first.") from error
        try:
            yield
        finally:
            os.close(handle)
