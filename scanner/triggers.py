"""Triggers: the database itself refuses to change or delete what is append-only, on both engines.

Revisions that rebuild one of these tables on SQLite lose its triggers and must call `install` again.
"""

from __future__ import annotations

from collections.abc import Callable

APPEND_ONLY = ("move", "scan", "audit")

Execute = Callable[[str], object]


FIXED = (("location", "kind"), ("location", "site_id"))  # columns that a row keeps for life


def install(execute: Execute, dialect: str) -> None:
    """Make every append-only table refuse UPDATE and DELETE (and TRUNCATE, where there is one)."""
    for table in APPEND_ONLY:
        for statement in _SQLITE if dialect == "sqlite" else _POSTGRESQL:
            execute(statement.format(table=table))
    for table, column in FIXED:
        for statement in _FIXED_SQLITE if dialect == "sqlite" else _FIXED_POSTGRESQL:
            execute(statement.format(table=table, column=column))


def remove(execute: Execute, dialect: str) -> None:
    """Take the triggers off, before their tables are dropped."""
    for table, column in FIXED:
        on = "" if dialect == "sqlite" else f" ON {table}"
        execute(f"DROP TRIGGER IF EXISTS {table}_{column}_fixed{on}")
    for table in APPEND_ONLY:
        if dialect == "sqlite":
            execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
        else:
            execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
            execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
    if dialect != "sqlite":
        execute("DROP FUNCTION IF EXISTS refuse_change()")


_FIXED_SQLITE = (
    """
    CREATE TRIGGER {table}_{column}_fixed BEFORE UPDATE OF {column} ON {table} WHEN NEW.{column} IS NOT OLD.{column}
    BEGIN SELECT RAISE(ABORT, '{table}.{column} never changes'); END
    """,
)
_FIXED_POSTGRESQL = (
    """
    CREATE TRIGGER {table}_{column}_fixed BEFORE UPDATE OF {column} ON {table} FOR EACH ROW
    WHEN (NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION refuse_change()
    """,
)
_SQLITE = (
    """
    CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
    """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
    """,
    """
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)
