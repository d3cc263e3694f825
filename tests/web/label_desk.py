"""The desk that labels are printed at: a packed order, its printers, and what tests of labels ask of the database."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from scanner import people
from scanner.db import db, transact
from scanner.models import Location, Printer, PrintJob
from tests.conftest import Browser
from tests.labels.desk import printer
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]


def packed(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2))
    floor.pick("SO-1")
    floor.pack("SO-1")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    printer(
        warehouse.by("eve"), "", "OFFICE", kind="browser", language="pdf", used_for="paper", width_mm=210, height_mm=297
    )
    return floor


def printer_id(code: str = "ZEBRA") -> int:
    """A printer's id."""
    return db.session.scalars(select(Printer.id).where(Printer.code == code)).one()


def place(code: str = "A-02-1") -> Location:
    """A location as it is now."""
    return db.session.scalars(
        select(Location).where(Location.code == code).execution_options(populate_existing=True)
    ).one()


def digits() -> dict[str, str]:
    """Every location's check digits."""
    return {row.code: row.check_digits for row in db.session.execute(select(Location.code, Location.check_digits))}


def jobs() -> list[PrintJob]:
    """The queue."""
    return list(db.session.scalars(select(PrintJob).order_by(PrintJob.id)))


def token_of(page: str) -> str:
    """What tells one asking from the next."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def api(world: World, role: str) -> dict[str, str]:
    """The headers of a program."""
    return {"Authorization": f"Bearer {transact(lambda: people.new_api_token(world.by('finn'), role, role))}"}


def out(job: PrintJob) -> None:
    """It has come out."""
    transact(lambda: setattr(db.session.get_one(PrintJob, job.id), "state", "confirmed"))
