"""Back-up of PostgreSQL through its own programs, pg_dump and pg_restore: no shell, no password in a command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, inspect

from scanner.backup import BackupFault

ONE_REVISION = re.compile(r"^COPY [^\n]*alembic_version[^\n]*\n(\w+)\n\\\.$", re.MULTILINE)


def dump(engine: Engine, draft: Path, snapshot: str) -> None:
    """Write the state of an exported snapshot into a file of the custom format. Raises BackupFault."""
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={draft}"]
    _run("pg_dump", engine, *words, f"--dbname={_where(engine)}")
    _run("pg_restore", engine, f"--file={os.devnull}", str(draft))


def examine(engine: Engine, file: Path) -> str | None:
    """The revision of the schema in a file that is whole from end to end. Raises BackupFault for one that is not."""
    try:
        _run("pg_restore", engine, f"--file={os.devnull}", str(file))
    except BackupFault as fault:
        raise BackupFault(f"{file.name} is damaged: {fault}") from fault
    told = _run("pg_restore", engine, "--data-only", "--table=alembic_version", "--file=-", str(file))
    found = ONE_REVISION.search(told)
    return found[1] if found else None


def restore(engine: Engine, file: Path) -> None:
    """Fill an empty database: all of it or nothing. Raises BackupFault."""
    if tables := inspect(engine).get_table_names():
        raise BackupFault(
            f"The database is not empty ({len(tables)} tables). Make a new one, and name it in DATABASE_URL."
        )
    engine.dispose()
    words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    _run("pg_restore", engine, *words, f"--dbname={_where(engine)}", str(file))


def _where(engine: Engine) -> str:
    """Where the database is, in libpq's words and without the password."""
    _args, facts = engine.dialect.create_connect_args(engine.url)
    return make_conninfo(**{name: value for name, value in facts.items() if name not in ("password", "context")})


def _run(program: str, engine: Engine, *words: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise BackupFault(
            f"There is no {program} on this machine. Install PostgreSQL's client programs, not older than the server "
            "(Debian: postgresql-client)."
        )
    env = dict(os.environ)
    if engine.url.password is not None:
        env["PGPASSWORD"] = str(engine.url.password)
    done = subprocess.run([path, *words], env=env, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BackupFault(f"{said[0]}.")
    return done.stdout
