"""Two people at the same instant: whatever they do to one order, unit, parcel or place, one of them comes first."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from scanner import check_ledger, discrepancies, ledger, orders
from scanner.barcode import command
from scanner.db import db, transact
from scanner.models import Balance, Discrepancy, Location, Manifest, Order, Parcel, PurchaseLine, Unit
from tests.scanner.floor import Floor, pallet, place, tote
from tests.scanner.test_concurrency import at_once, mover, scan, start
from tests.world import World, new_scan_id

TOGETHER = 8


def test_a_repeat_is_answered_although_its_transaction_cannot_be_rolled_back(app: Flask, warehouse: World) -> None:
    """The server was killed after the scan was found on record: what was found must not need the connection again."""
    by, scan_id = warehouse.by("eve"), new_scan_id()
    first = scan(None, "MUG", by, scan_id)

    def gone(_connection: Any) -> None:
        raise OperationalError("ROLLBACK", None, Exception("server closed the connection unexpectedly"))

    event.listen(db.engine, "rollback", gone)
    try:
        assert scan(None, "MUG", by, scan_id) == {**first, "replayed": True}
    finally:
        event.remove(db.engine, "rollback", gone)


def test_a_scan_adds_no_listener_to_an_engine_at_work(app: Flask, warehouse: World) -> None:
    """One that is added while another thread connects ends that thread's connection with a fault."""
    before = list(db.engine.pool.dispatch.connect)
    warehouse.stock("MUG", "A-01-1", 5)
    Floor(warehouse).scans("eve", Floor(warehouse).start("eve", "move"), place("A-01-1"), "MUG", place("B-01-1"))
    assert list(db.engine.pool.dispatch.connect) == before


def test_what_is_too_many_is_asked_for_however_many_receive_at_once(app: Flask, warehouse: World) -> None:
    """Eight receivers have ten each of forty: four book them, four are asked first."""
    warehouse.purchase_order("PO-1", ("MUG", 40))
    people = [warehouse.by("eve", device=f"phone-{number}") for number in range(TOGETHER)]
    tasks = [_receipt(by) for by in people]
    for task, by in zip(tasks, people, strict=True):
        scan(task, "MUG", by)
        scan(task, command("Q", 10), by)
    acts = [_act(task, command("DONE"), by) for task, by in zip(tasks, people, strict=True)]
    codes = Counter(answer["code"] for answer in at_once(app, acts))
    assert codes == {"booked": 4, "twice": 4}
    assert db.session.scalars(select(PurchaseLine.received)).one() == 40
    assert check_ledger.check(warehouse.site.id) == []


def _receipt(by: Any) -> int:
    from scanner import tasks
    from scanner.models import PurchaseOrder

    def work() -> int:
        order = db.session.scalars(select(PurchaseOrder)).one()
        dock = db.session.scalars(select(Location).where(Location.kind == "dock")).one()
        state = {"number": order.number, "supplier": "Acme", "dock": dock.code}
        return tasks.open_task("receive", by, purchase_order_id=order.id, location_id=dock.id, state=state).id

    return transact(work)


def _act(task: int, raw: str, by: Any) -> Callable[[], Any]:
    return lambda: scan(task, raw, by)


@pytest.mark.parametrize("workflow", ["putaway", "move"])
def test_a_pallet_that_two_put_down_at_once_stands_where_its_goods_are(
    app: Flask, warehouse: World, workflow: str
) -> None:
    floor = Floor(warehouse)
    blind = floor.start("ana", "receive")
    floor.scans("ana", blind, "MUG", command("Q", 5), pallet(1))
    people = [warehouse.by(name) for name in ("ana", "eve")]
    tasks = [start(workflow, by) for by in people]
    acts = []
    for task, by, code in zip(tasks, people, ("A-03-2", "B-03-2"), strict=True):
        scan(task, pallet(1), by)
        if workflow == "putaway":
            scan(task, place(code), by)  # another place than the one offered, or at once the right one
        acts.append(_act(task, place(code), by))
    at_once(app, acts)
    unit = db.session.scalars(select(Unit).where(Unit.kind == "pallet")).one()
    rows = db.session.execute(
        select(Balance.location_id, Balance.qty).where(Balance.unit_id == unit.id, Balance.qty > 0)
    )
    assert rows.all() == [(unit.location_id, 5)]
    assert check_ledger.check(warehouse.site.id) == []


def test_the_last_room_of_a_place_is_given_once(app: Flask, warehouse: World) -> None:
    warehouse.stock("MUG", "A-01-1", 80)
    shelf = warehouse.locations["B-03-2"].id
    transact(lambda: setattr(db.session.get_one(Location, shelf), "capacity_units", 25))
    people = [mover(warehouse, number) for number in range(TOGETHER)]
    tasks = [_new_move(by) for by in people]
    for task, by in zip(tasks, people, strict=True):
        for raw in (place("A-01-1"), "MUG", command("Q", 10)):
            scan(task, raw, by)
    acts = [_act(task, place("B-03-2"), by) for task, by in zip(tasks, people, strict=True)]
    codes = Counter(answer["code"] for answer in at_once(app, acts))
    assert codes == {"booked": 2, "location_full": 6}


def _new_move(by: Any) -> int:
    from scanner import tasks

    return transact(lambda: tasks.open_task("move", by).id)


def test_a_count_that_waits_is_taken_by_one(app: Flask, warehouse: World) -> None:
    for code in ("A-01-1", "A-02-1"):
        shelf = warehouse.locations[code].id
        transact(lambda shelf=shelf: discrepancies.ask_for_count(warehouse.by("eve"), shelf, "test"))  # type: ignore[misc]
    people = [warehouse.by(name) for name in ("dan", "eve")]
    taken = at_once(app, [lambda by=by: start("count", by) for by in people])  # type: ignore[misc]
    assert len(set(taken)) == 2


def _packed(floor: Floor, *numbers: str) -> None:
    floor.world.stock("MUG", "A-01-1", 50)
    for tote_number, number in enumerate(numbers, 1):
        floor.world.order(number, ("MUG", 1), carrier="")
        floor.pick(number, tote_number)
        floor.pack(number, tote_number)


def test_a_parcel_that_two_load_at_once_is_on_one_manifest(app: Flask, warehouse: World) -> None:
    floor = Floor(warehouse)
    _packed(floor, "SO-1")
    second = Location(site_id=warehouse.site.id, code="DOOR-2", scan_body="DOOR2", kind="door", is_virtual=False)
    transact(lambda: db.session.add(second))
    label = floor.parcels("SO-1")[0]
    transact(lambda: setattr(db.session.scalars(select(Parcel)).one(), "tracking", "T-1000"))
    people = [warehouse.by(name) for name in ("cleo", "eve")]
    tasks = [start("ship", by, carrier) for by, carrier in zip(people, ("DPD@DOOR-1", "UPS@DOOR-2"), strict=True)]
    answers = at_once(app, [_act(task, label, by) for task, by in zip(tasks, people, strict=True)])
    assert Counter(answer["code"] for answer in answers) == {"booked": 1, "already_loaded": 1}
    parcel = db.session.scalars(select(Parcel)).one()
    door = db.session.get_one(Manifest, parcel.manifest_id).location_id
    assert db.session.get_one(Unit, parcel.unit_id).location_id == door
    assert check_ledger.check(warehouse.site.id) == []


def test_a_parcel_is_loaded_before_its_manifest_closes_or_not_at_all(app: Flask, warehouse: World) -> None:
    floor = Floor(warehouse)
    _packed(floor, "SO-1", "SO-2")
    people = [warehouse.by(name) for name in ("cleo", "eve")]
    cleo, eve = (start("ship", by, "DPD") for by in people)
    floor.scans("cleo", cleo, floor.parcels("SO-1")[0], "T-1001", floor.parcels("SO-2")[0])
    floor.scans("eve", eve, command("CLOSE"))
    at_once(app, [_act(cleo, "T-1002", people[0]), _act(eve, command("CLOSE"), people[1])])
    stranded = select(Parcel).join(Manifest, Manifest.id == Parcel.manifest_id)
    rows = db.session.scalars(stranded.where(Manifest.status == "closed", Parcel.status == "loaded")).all()
    assert rows == []


def test_an_order_is_packed_before_it_is_cancelled_or_not_at_all(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the desk hears of a cancelled order is all that was picked for it: nothing is packed meanwhile."""
    floor = Floor(warehouse)
    warehouse.stock("MUG", "A-01-1", 9)
    order_id = floor.world.order("SO-1", ("MUG", 3)).id
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    floor.scans("cleo", task, tote(1))
    act, by = ledger.move, warehouse.by("eve")

    def slow_move(*args: Any, **more: Any) -> None:
        time.sleep(1)  # between the look at the order and the posting
        act(*args, **more)

    def cancel() -> None:
        time.sleep(0.4)
        transact(lambda: orders.cancel(by, orders.lock(order_id), "test"))

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "move", slow_move)
        at_once(app, [cancel, _act(task, "MUG", warehouse.by("cleo"))])
    db.session.rollback()
    noted = db.session.execute(
        select(Discrepancy.unit_id, Discrepancy.qty).where(Discrepancy.kind == "cancelled_goods")
    ).all()
    there = db.session.execute(select(Balance.unit_id, Balance.qty).where(Balance.unit_id > 0, Balance.qty > 0)).all()
    assert sorted(noted) == sorted(there)
    assert db.session.get_one(Order, order_id).status == "cancelled"
