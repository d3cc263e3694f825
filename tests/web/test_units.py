"""Units at the desk: what they hold, and what is on hold with them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from scanner import ledger, orders
from scanner.barcode import sscc
from scanner.db import db, transact
from scanner.ledger import Spot, Why
from scanner.models import AuditEntry, Hold, OrderLine, Unit
from tests.conftest import Browser
from tests.world import World

Log_in = Callable[[str], Browser]


def a_pallet(world: World, qty: int = 6) -> int:
    """A pallet of mugs at A-01-1; its id."""

    def work() -> int:
        by = world.by("eve")
        at = world.locations["A-01-1"].id
        unit = Unit(site_id=world.site.id, code=sscc("4000000", 1, 7), kind="pallet", location_id=at)
        db.session.add(unit)
        db.session.flush()
        opening = ledger.virtual(world.site.id, "opening")
        ledger.move(by, world.items["MUG"].id, qty, opening, Spot(at, unit.id), Why("opening"))
        return unit.id

    return transact(work)


def test_units_are_listed_and_shown_with_what_they_hold(warehouse: World, browser: Log_in) -> None:
    unit_id, ben = a_pallet(warehouse), browser("ben")
    listed = ben.get("/stock/units").text
    assert f'href="/units/{unit_id}"' in listed
    page = ben.get(f"/units/{unit_id}").text
    assert "Mug, red" in page
    assert "A-01-1" in page
    assert "Hold</button>" not in page  # a picker decides nothing
    assert ben.get("/stock/units?only=held").text.count("/units/") == 0


def test_a_unit_on_hold_lends_nothing_and_what_it_promised_is_sought_elsewhere(
    warehouse: World, browser: Log_in
) -> None:
    unit_id, eve = a_pallet(warehouse), browser("eve")
    order = warehouse.order("SO-1", ("MUG", 4), allocate=True)
    line = select(OrderLine.allocated).where(OrderLine.order_id == order.id)
    assert db.session.scalar(line) == 4
    warehouse.stock("MUG", "B-01-1", 3)
    answer = eve.send(f"/units/{unit_id}/hold", {"reason": "Film is torn"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/units/{unit_id}")
    assert db.session.scalar(line) == 3
    assert "Film is torn" in eve.get(f"/units/{unit_id}").text
    assert "Film is torn" in eve.get("/stock/units?only=held").text
    assert eve.send(f"/units/{unit_id}/release").status_code == 303
    transact(lambda: orders.allocate_order(warehouse.by("eve"), orders.lock(order.id)))
    assert db.session.scalar(line) == 4
    assert db.session.scalars(select(Hold.released_at)).one() is not None
    acts = [(row.action, row.detail) for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert ("unit.hold", "Film is torn") in acts
    assert ("unit.release", "") in acts
