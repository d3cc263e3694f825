"""Back-up and restore: `flask --app web backup FILE` and `restore FILE`, on both engines (docs/backup.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select, text

from scanner import check_ledger
from scanner.backup import BackupFault, check_engine, check_revision, draft_of, postgresql, sqlite, to_disk
from scanner.db import db
from scanner.models import LedgerHead, Site
from web.cli import act
from web.health import schema

UPGRADE = "Its schema is older than this program's. Run `flask --app web db upgrade`, then `check-ledger`."


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(backup)
    app.cli.add_command(restore)


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Tell what went wrong as a sentence."""

    def run(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except BackupFault as fault:
            raise click.ClickException(str(fault)) from fault

    return update_wrapper(run, command)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@act
@told
def backup(file: Path) -> None:
    """Write the whole warehouse into FILE, while people scan. The copy is checked before it gets its name."""
    if is_sqlite() and not _database().is_file():
        raise BackupFault(f"There is no database {_database()}.")
    with draft_of(file.absolute()) as draft:
        heads, breaches = _copy_sqlite(draft) if is_sqlite() else _dump_postgresql(draft)
    size = file.stat().st_size
    click.echo(f"{file}: {size:,} bytes, checked. {heads}")
    if breaches:
        for line in breaches:
            click.echo(line, err=True)
        raise click.ClickException("The copy is whole, but the ledger in it is not true: see check-ledger.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put a database aside that is there already (SQLite).")
@act
@told
def restore(file: Path, replace: bool) -> None:
    """Put the warehouse of FILE in the place of the database, and prove its ledger."""
    check_engine(file, db.engine.dialect.name)
    is_good = _restore_sqlite(file, replace=replace) if is_sqlite() else _restore_postgresql(file)
    if not is_good:
        raise SystemExit(1)


# --- SQLite --------------------------------------------------------------------------------------------------------


def is_sqlite() -> bool:
    """Whether the database is a file."""
    return db.engine.dialect.name == "sqlite"


def _database() -> Path:
    return Path(db.engine.url.database or "").absolute()


def _copy_sqlite(draft: Path) -> tuple[str, list[str]]:
    sqlite.copy(db.engine, draft)
    is_current = check_revision(sqlite.examine(draft))
    with opened(draft):
        said = heads(), quick_breaches() if is_current else []
    sqlite.to_one_file(draft)
    return said


def _restore_sqlite(file: Path, *, replace: bool) -> bool:
    database = _database()
    if database.exists() and database.stat().st_size and not replace:
        raise BackupFault(f"There is a database {database}. With --replace it is put aside and kept.")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.session.remove()
    db.engine.dispose()
    with sqlite.alone(database):  # known before the long work; and until the end, so that no scan goes into the old one
        aside = database.with_name(f"{database.name}.restored")
        aside.unlink(missing_ok=True)
        with draft_of(aside) as draft:
            sqlite.take_in(file, draft)
            is_current = check_revision(sqlite.examine(draft))
            with opened(draft):
                is_good = _is_proved(is_current=is_current)
            sqlite.to_one_file(draft)
        old = sqlite.make_room(database)
        aside.rename(database)
        to_disk(database.parent)
    if old is not None:
        click.echo(f"The old database is kept as {old}.")
    return is_good


@contextmanager
def opened(file: Path) -> Iterator[None]:
    """Another file in the place of the database, within the block."""
    from web import create_app

    other = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"})
    with other.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def _dump_postgresql(draft: Path) -> tuple[str, list[str]]:
    """The check and the dump see one state: the dump takes the snapshot of the transaction that checks."""
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    db.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    facts = schema()
    is_current = check_revision(facts["revision"])
    snapshot = db.session.scalar(text("SELECT pg_export_snapshot()"))
    said = heads(), quick_breaches() if is_current else []
    postgresql.dump(db.engine, draft, str(snapshot))
    db.session.rollback()
    return said


def _restore_postgresql(file: Path) -> bool:
    is_current = check_revision(postgresql.examine(db.engine, file))
    postgresql.restore(db.engine, file)
    return _is_proved(is_current=is_current)


# --- what is in it -------------------------------------------------------------------------------------------------


def heads() -> str:
    """Each site's position in its chain of moves, to compare with what stands elsewhere."""
    query = select(Site.code, LedgerHead.seq, LedgerHead.hash).join(LedgerHead).order_by(Site.id)
    found = [f"{code}: {seq:,} moves, chain {hash_[:16] or '-'}." for code, seq, hash_ in db.session.execute(query)]
    return " ".join(found) or "There is no warehouse in it yet."


def quick_breaches() -> list[str]:
    """Where the balances and promises do not hold."""
    return [f"{code}: {breach}" for id_, code in _sites() for breach in check_ledger.quick(id_)]


def _is_proved(*, is_current: bool) -> bool:
    """Say what was put back, and prove it where the program knows its form."""
    click.echo(heads())
    if not is_current:
        click.echo(UPGRADE)
        return True
    return all([check_ledger.report(id_, click.echo) for id_, _code in _sites()])  # noqa: C419 - every site is told


def _sites() -> list[tuple[int, str]]:
    return [(row.id, row.code) for row in db.session.execute(select(Site.id, Site.code).order_by(Site.id))]
