"""The schema of printing comes and goes on a warehouse that is full, on both engines."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, func, inspect, select, text

from scanner import printing
from scanner.db import db, transact
from scanner.models import Location
from tests.engines import Databases
from tests.labels.desk import ask, printer
from tests.world import World

TABLES = {"printer", "print_job", "print_step", "workplace", "device_place"}


def test_printing_comes_and_goes_on_a_full_warehouse(
    app: Flask, warehouse: World, engine_url: str, databases: Databases, tmp_path: Path
) -> None:
    from flask_migrate import Migrate, downgrade, upgrade

    from web.config import MIGRATIONS

    by = warehouse.by("eve")
    row = printer(by, "10.0.0.7:9100")
    ask(by, 3)
    transact(lambda: printing.bind(warehouse.locations["PACK-1"], by))
    transact(lambda: printing.set_printers(warehouse.locations["PACK-1"], row, None, by))
    places = db.session.scalar(select(func.count()).select_from(Location))
    Migrate(app, db, directory=str(MIGRATIONS))
    db.session.remove()
    downgrade(revision="0003")
    engine = create_engine(engine_url)
    assert TABLES & set(inspect(engine).get_table_names()) == set()
    upgrade(revision="0004")
    inspector = inspect(engine)
    inspector.clear_cache()
    assert set(inspector.get_table_names()) >= TABLES
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM location")) == places
        assert connection.scalar(text("SELECT count(*) FROM print_job")) == 0
    engine.dispose()


def test_the_labels_of_carriers_come_and_go(
    app: Flask, warehouse: World, engine_url: str, databases: Databases, tmp_path: Path
) -> None:
    from flask_migrate import Migrate, downgrade, upgrade

    from scanner import carrier_labels
    from scanner.models import Parcel
    from tests.scanner.floor import Floor
    from tests.scanner.walks import stock_up
    from web.config import MIGRATIONS

    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 1))
    floor.pick("SO-1")
    floor.pack("SO-1")
    parcel = db.session.scalars(select(Parcel.id)).one()
    transact(lambda: carrier_labels.keep(warehouse.by("eve"), parcel, b"^XA^FDx^FS^XZ"))
    Migrate(app, db, directory=str(MIGRATIONS))
    db.session.remove()
    downgrade(revision="0005")
    engine = create_engine(engine_url)
    assert not inspect(engine).has_table("carrier_label")
    upgrade(revision="0006")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM carrier_label")) == 0
        assert connection.scalar(text("SELECT count(*) FROM parcel")) == 1
    engine.dispose()
