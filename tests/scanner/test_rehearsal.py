"""A rehearsal writes nothing, waits for nobody and keeps nobody waiting."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DBAPIError

from scanner import ahead, orders
from scanner.db import Base, db, transact
from scanner.models import Item, Order, Task, Unit
from scanner.rehearsal import Unplayable, rehearsal
from tests.scanner.floor import Floor
from tests.world import World

RENAME = update(Item).where(Item.sku == "MUG").values(name="Cup")


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Floor:
    """Some mugs, and an order for them that ben picks."""
    warehouse.stock("MUG", "A-01-1", 3)
    warehouse.stock("MUG", "A-02-1", 4)
    warehouse.order("SO-1", ("MUG", 7))
    return Floor(warehouse)


def state_of_all() -> dict[str, Any]:
    """Every row of every table, and where the counters of ids stand. Of SQLite the very bytes."""
    db.session.rollback()
    rows: dict[str, Any] = {
        table.name: sorted(map(repr, db.session.execute(table.select()))) for table in Base.metadata.sorted_tables
    }
    if db.engine.dialect.name == "sqlite":
        for suffix in ("", "-wal"):
            file = Path(f"{db.engine.url.database}{suffix}")
            rows[f"file{suffix}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    else:
        rows["sequences"] = db.session.execute(
            text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        ).all()
    db.session.rollback()
    return rows


def name_of_the_mug() -> str:
    """As it is in the database."""
    db.session.rollback()
    return str(db.session.scalar(Item.__table__.select().with_only_columns(Item.name).where(Item.sku == "MUG")))


def test_nothing_is_written_by_playing_a_task(floor: Floor) -> None:
    task = floor.start("ben", "pick", "SO-1")
    before = state_of_all()
    assert len(ahead.play(task, floor.by("ben"))) > 5
    assert state_of_all() == before


def test_a_statement_that_writes_ends_the_step_and_not_the_rehearsal(floor: Floor) -> None:
    with rehearsal():
        for _ in range(2):
            with pytest.raises(Unplayable):
                db.session.execute(RENAME)
        assert db.session.scalars(Item.__table__.select()).all()
    assert name_of_the_mug() == "Mug, red"


def test_what_is_changed_in_the_session_is_never_written(floor: Floor) -> None:
    with rehearsal():
        item = db.session.get_one(Item, floor.world.items["MUG"].id)
        item.name = "Cup"
        unit = Unit(site_id=floor.world.site.id, code="NEW", kind="tote", status="open", is_held=False)
        db.session.add(unit)
        db.session.flush()
        assert unit.id < 0, "it can be gone on with, and is none of the record's"
        db.session.execute(Unit.__table__.select())
    transact(lambda: None)
    assert name_of_the_mug() == "Mug, red"
    assert item.name == "Mug, red"


def test_the_database_itself_refuses_what_gets_past_the_session(floor: Floor) -> None:
    with rehearsal():
        driver: Any = db.session.connection().connection.driver_connection
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            driver.execute("UPDATE item SET name = 'Cup'")
    assert name_of_the_mug() == "Mug, red"


def test_the_same_connection_writes_again_after_a_rehearsal(floor: Floor) -> None:
    for _ in range(3):
        with rehearsal():
            pass
        transact(lambda: db.session.execute(RENAME))
    assert name_of_the_mug() == "Cup"


def test_a_fault_in_a_rehearsal_leaves_no_connection_that_cannot_write(floor: Floor) -> None:
    with pytest.raises(ZeroDivisionError), rehearsal():
        raise ZeroDivisionError
    transact(lambda: db.session.execute(RENAME))
    assert name_of_the_mug() == "Cup"


@pytest.fixture
def another_writer(app: Flask) -> Iterator[Connection]:
    """A second connection within a write transaction."""
    engine = db.engine.execution_options(sqlite_begin="IMMEDIATE")
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET lock_timeout = '200ms'"))
        yield connection


def test_a_rehearsal_waits_for_no_writer(floor: Floor, another_writer: Connection) -> None:
    task, by = floor.start("ben", "pick", "SO-1"), floor.by("ben")
    db.session.rollback()
    for table in (Task, Order, Item):
        another_writer.execute(update(table).values(id=table.id))
    began = time.monotonic()
    assert len(ahead.play(task, by)) > 5
    assert time.monotonic() - began < 5, "SQLite's writer waits ten seconds for another one, PostgreSQL's row three"


def test_no_writer_waits_for_a_rehearsal(floor: Floor, another_writer: Connection) -> None:
    db.session.rollback()
    with rehearsal():
        orders.lock(1)  # a step asks for the row, and reads it without the lock
        another_writer.execute(update(Order).values(status="picking"))
        another_writer.execute(RENAME)
        another_writer.commit()
        assert db.session.scalars(Item.__table__.select().with_only_columns(Item.name)).first() == "Mug, red"
    assert name_of_the_mug() == "Cup"


def test_a_rehearsal_that_the_database_breaks_off_leaves_nothing_behind(floor: Floor) -> None:
    with pytest.raises(DBAPIError), rehearsal():
        db.session.execute(text("SELECT * FROM nowhere"))
    transact(lambda: db.session.execute(RENAME))
    assert name_of_the_mug() == "Cup"
