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


FROZEN = "invoice"  # issued documents: all that they say stays as it was, and none of them vanishes
MAY_CHANGE = "original"  # its one column that is written later: which print was the original


def freeze(execute: Execute, dialect: str) -> None:
    """Make issued invoices refuse every change of what they say, and DELETE. Needs what `install` has made."""
    for statement in _FROZEN_SQLITE if dialect == "sqlite" else _FROZEN_POSTGRESQL:
        execute(statement.format(table=FROZEN, may_change=MAY_CHANGE))


def thaw(execute: Execute, dialect: str) -> None:
    """Take these triggers off again."""
    on = "" if dialect == "sqlite" else f" ON {FROZEN}"
    for name in ("frozen", "no_delete"):
        execute(f"DROP TRIGGER IF EXISTS {FROZEN}_{name}{on}")


_SAME = " OR ".join(
    f"NEW.{column} IS {{differs}} OLD.{column}"
    for column in ("id", "site_id", "order_id", "serial", "number", "issued_on", "issued_at", "issued_by")
)
_FROZEN_SQLITE = (
    f"""
    CREATE TRIGGER {{table}}_frozen BEFORE UPDATE ON {{table}}
    WHEN {_SAME.format(differs="NOT")} OR NEW.content IS NOT OLD.content
      OR (OLD.{{may_change}} <> '' AND NEW.{{may_change}} <> OLD.{{may_change}})
    BEGIN SELECT RAISE(ABORT, '{{table}} is issued and stays as it is'); END
    """,
    """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is issued and stays'); END
    """,
)
_FROZEN_POSTGRESQL = (
    f"""
    CREATE TRIGGER {{table}}_frozen BEFORE UPDATE ON {{table}} FOR EACH ROW
    WHEN ({_SAME.format(differs="DISTINCT FROM")} OR NEW.content::text IS DISTINCT FROM OLD.content::text
      OR (OLD.{{may_change}} <> '' AND NEW.{{may_change}} <> OLD.{{may_change}}))
    EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
)
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
