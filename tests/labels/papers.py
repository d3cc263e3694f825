"""What papers are about in tests: a company, a packed order, a manifest that has left, a count that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from labels.documents import KINDS
from scanner import discrepancies
from scanner.barcode import command
from scanner.db import db, transact
from scanner.models import (
    Manifest,
    Order,
    OrderLine,
    Site,
    Task,
)
from tests.conftest import Browser
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]


def change(model: Any, *where: Any, **values: Any) -> None:
    """Set columns as an import or the desk would."""
    transact(lambda: db.session.execute(update(model).where(*where).values(**values)))
    db.session.expire_all()


def packed(warehouse: World) -> Floor:
    """A warehouse of a company with an address, and one order that is packed."""
    change(
        Site,
        Site.id == warehouse.site.id,
        legal_name="Töpferei Nord GmbH",
        street="Hafenstraße 1",
        postcode="20457",
        city="Hamburg",
        country_code="DE",
        tax_id="DE123456789",
    )
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 3), ("LAMP", 1), instructions="Gift wrap, please.")
    change(OrderLine, price_cents=1250, tax_bp=1900)
    floor.pick("SO-1")
    floor.pack("SO-1")
    return floor


def id_of(number: str) -> int:
    """An order's id."""
    return db.session.scalars(select(Order.id).where(Order.number == number)).one()


def shipped_manifest(floor: Floor) -> Manifest:
    """The packed order on its manifest, gone."""
    task = floor.start("cleo", "ship", "DPD")
    floor.scans("cleo", task, floor.parcels("SO-1")[0], "TRACK-4711", command("CLOSE"), command("CLOSE"))
    return db.session.scalars(select(Manifest)).one()


def a_count(floor: Floor, place: str) -> Task:
    """A count that waits."""
    by, place_id = floor.by("eve"), floor.world.locations[place].id
    transact(lambda: discrepancies.ask_for_count(by, place_id, "7391 were seen"))
    return db.session.scalars(select(Task).where(Task.workflow == "count")).one()


def slip(number: str = "SO-1", **details: Any) -> bytes:
    """An order's packing slip."""
    return KINDS["packing_slip"](id_of(number), details)
