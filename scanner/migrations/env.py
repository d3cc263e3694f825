"""Migrations: run by `flask --app web db upgrade`, each revision in one transaction, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import scanner.models  # noqa: F401  fills the metadata
from scanner.db import Base, db


def _target() -> Any:
    return db.metadatas.get(None, Base.metadata)


def run() -> None:
    """Upgrade or downgrade the app's database.

    On SQLite a changed table is copied and the old one dropped. With foreign keys on, that drop would delete or
    refuse the rows that point to it, so they are off while a revision runs and everything is checked before commit.
    """
    with current_app.extensions["migrate"].db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        try:
            _run_in(connection.execution_options(sqlite_begin="IMMEDIATE"), is_sqlite=is_sqlite)
        finally:
            if is_sqlite:
                connection.rollback()
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def _run_in(connection: Connection, *, is_sqlite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=_target(),
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
        user_module_prefix="scanner.db.",
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration would leave rows that point nowhere: {broken[:5]}")


run()
