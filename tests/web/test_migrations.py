"""Every revision comes and goes on a full warehouse: no row is lost or changed, and the ledger stays true."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, MetaData, create_engine, select, text

from scanner import carrier_labels, check_ledger, printing, revisions
from scanner.accept import Incoming, accept_scan
from scanner.barcode import command
from scanner.db import Base, db, now, transact
from scanner.models import LedgerHead, Parcel
from scanner.workflows import WORKFLOWS
from tests.labels.desk import ask, printer
from tests.phones import phone
from tests.scanner.floor import Floor, pallet, place
from tests.scanner.walks import stock_up
from tests.world import World, new_scan_id
from web.config import MIGRATIONS

Table = dict[str, list[dict[str, Any]]]
OWN = "alembic_version"


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Floor:
    """Something in nearly every table."""
    floor, by = Floor(warehouse), warehouse.by("eve")
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 3))
    floor.pick("SO-1")
    floor.pack("SO-1")
    warehouse.purchase_order("PO-1", ("MUG", 24))
    floor.scans("ana", floor.start("ana", "receive", "PO-1"), "MUG", command("Q", 24), pallet(1))
    floor.start("dan", "count", "A-03-1")
    floor.start("cleo", "ship", "DPD")
    row = printer(by, "10.0.0.7:9100")
    ask(by, 3)
    transact(lambda: printing.bind(warehouse.locations["PACK-1"], by))
    transact(lambda: printing.set_printers(warehouse.locations["PACK-1"], row, None, by))
    parcel = db.session.scalars(select(Parcel.id)).one()
    transact(lambda: carrier_labels.keep(by, parcel, b"^XA^FDx^FS^XZ"))
    mine = phone(app, warehouse)
    mine.log_in("ben")
    mine.start("move")
    assert mine.send(mine.kept("ben", place("A-01-1"), f"/move/{mine.task}/scan")).status_code == 200
    return floor


def path() -> list[str]:
    """All revisions, the newest first."""
    found, follows = [revisions.newest() or ""], revisions.known()
    while before := follows[found[-1]]:
        found.append(before)
    return found


def rows(engine: Engine) -> Table:
    """Every row of every table, as the database has them."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            name: [dict(row._mapping) for row in connection.execute(select(table))]
            for name, table in tables.tables.items()
            if name != OWN
        }


def in_both(one: Table, other: Table) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What two states of the schema have in common: their rows in the columns that both have, in one order."""
    shown: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for name in set(one) & set(other):
        columns = [set().union(*each[name]) if each[name] else None for each in (one, other)]
        common = sorted(set.intersection(*[set(found) for found in columns if found is not None] or [set()]))
        for state, seen in zip((one, other), shown, strict=True):
            seen[name] = sorted(repr([_plain(row[column]) for column in common]) for row in state[name])
    return shown


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def test_every_revision_comes_and_goes_on_a_full_warehouse(app: Flask, floor: Floor, engine_url: str) -> None:
    from flask_migrate import Migrate, downgrade, upgrade

    Migrate(app, db, directory=str(MIGRATIONS))
    chain, steps = db.session.scalars(select(LedgerHead.hash)).one(), path()
    eve = floor.by("eve")
    db.session.remove()
    db.engine.dispose()
    engine = create_engine(engine_url)
    try:
        first, guards = rows(engine), triggers(engine)
        assert sum(bool(found) for found in first.values()) > 30
        moves = [downgrade] * (len(steps) - 1) + [upgrade] * (len(steps) - 1)
        for move, revision in zip(moves, [*steps[1:], *reversed(steps[:-1])], strict=True):
            before = rows(engine)
            move(revision=revision)
            old, new = in_both(before, rows(engine))
            assert old == new, f"{move.__name__} to {revision}"
        last = rows(engine)
        for name in ("move", "balance", "reservation", "serial", "orders", "order_line", "location", "parcel"):
            assert last[name] == first[name], name
        assert len(last["scan"]) == len(first["scan"])
        assert triggers(engine) == guards
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    finally:
        engine.dispose()
    assert db.session.scalars(select(LedgerHead.hash)).one() == chain
    task = transact(lambda: int(WORKFLOWS["move"].start(None, by=eve).id))  # and work goes on
    for raw in (place("A-02-1"), "MUG", place("A-03-1")):
        assert accept_scan(Incoming(new_scan_id(), raw, now(), "gun", task), eve)["outcome"] == "accepted"
    assert check_ledger.check(eve.site_id) == []


def triggers(engine: Engine) -> set[str]:
    """The triggers that a database has: they keep the ledger from being changed."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())
