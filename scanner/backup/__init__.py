"""Back-up: what both engines share: whose a file is, whether its schema is known, and a name only for what is whole.

SQLite is in scanner/backup/sqlite.py, PostgreSQL in scanner/backup/postgresql.py, the commands in web/backup.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scanner import revisions

MARKS = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}  # the first bytes of a file
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class BackupFault(Exception):
    """Why a back-up was not made or not put back, as a sentence. Nothing was changed."""


def check_engine(file: Path, engine: str) -> None:
    """Raises BackupFault for a file that is no back-up, or that is one of the other engine."""
    try:
        with file.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise BackupFault(f"{file} cannot be read: {error.strerror}.") from error
    found = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
    if found is None:
        raise BackupFault(f"{file} is no back-up of Scandock.")
    if found != engine:
        raise BackupFault(f"{file} is a back-up of {NAMES[found]}; this database is {NAMES[engine]}.")


def check_revision(found: str | None) -> bool:
    """Whether a schema is the newest. Raises BackupFault for one that this program does not know."""
    if found not in revisions.known():
        what = f"has the schema {found}, which this program does not know: use a newer one" if found else "is none"
        raise BackupFault(f"That is a file of the right kind, but as a back-up of Scandock it {what}.")
    return found == revisions.newest()


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """A file beside `target` that only its owner may read. It gets the name when all has gone well, else it goes.

    Raises BackupFault when there is a `target` already, or when the file cannot be written.
    """
    if target.exists():
        raise BackupFault(f"{target} is there already. A back-up is never overwritten: give it another name.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield draft
        to_disk(draft)
        draft.rename(target)
        to_disk(target.parent)
    except OSError as error:
        raise BackupFault(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal", "-turn"):
            with suppress(OSError):
                Path(f"{draft}{suffix}").unlink(missing_ok=True)


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
