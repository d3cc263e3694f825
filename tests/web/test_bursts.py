"""Eight devices at the same instant, over HTTP, on the product's own server: nothing oversold, lost, mixed or doubled.

On PostgreSQL the server has several processes, as in production. Every burst is repeated, each time on places, goods
and orders of its own, and ends with a proof of the whole ledger.
"""

from __future__ import annotations

import http.client
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from scanner import check_ledger, imports
from scanner.barcode import command
from scanner.db import db, engine_options, now
from scanner.models import Balance, Item, Location, Move, Order, OrderLine, Parcel, Reservation, ScanRecord, Task
from tests.engines import ENGINES, Databases
from tests.scanner.floor import Floor, place, tote
from tests.serving import Answer, Client, serve, together, token_of
from tests.world import World, make_world
from web import create_app

EIGHT = 8
ROUNDS = 2
GOODS = [f"THING-{number}" for number in range(EIGHT)]


@dataclass
class House:
    """A served warehouse and eight devices, each of a person of its own."""

    port: int
    tokens: list[str]
    warehouse: World
    devices: list[Client]

    @property
    def floor(self) -> Floor:
        """The same warehouse from inside, to make things ready."""
        return Floor(self.warehouse)

    def new_location(self, code: str, kind: str = "pick") -> str:
        """A fresh place; its label."""
        report = imports.import_rows("locations", [{"code": code, "kind": kind}], by=self.warehouse.by("finn"))
        assert report.is_ok, report.errors
        self.warehouse.locations[code] = db.session.scalars(select(Location).where(Location.code == code)).one()
        return place(code)

    def held(self, code: str, sku: str = "MUG") -> int:
        """How many of an item the book has at a place."""
        db.session.rollback()
        query = select(func.coalesce(func.sum(Balance.qty), 0)).join(Item, Item.id == Balance.item_id)
        spot = self.warehouse.spot(code).location_id
        return db.session.scalar(query.where(Balance.location_id == spot, Item.sku == sku)) or 0

    def tasks(self, workflow: str, document: str | None = None) -> list[int]:
        """A task for each device."""
        answers = [device.start(workflow, document) for device in self.devices]
        assert {answer.status for answer in answers} == {201}
        return [answer.json["id"] for answer in answers]

    def at_once(self, act: Callable[[Client, int], Answer]) -> list[Answer]:
        """What all eight devices are answered; not one of them with a fault."""
        answers = together([lambda n=n: act(self.devices[n], n) for n in range(EIGHT)])  # type: ignore[misc]
        assert {answer.status for answer in answers} <= {200, 201, 422}, [answer.text for answer in answers]
        return answers

    def all_say(self, tasks: list[int], *raws: str) -> None:
        """Every device scans these codes, and all are accepted."""
        for raw in raws:
            answers = self.at_once(lambda device, n, raw=raw: device.scan(tasks[n], raw))  # type: ignore[misc]
            assert outcomes(answers) == {"accepted": EIGHT}, [answer.text for answer in answers]

    def is_true(self) -> bool:
        """Whether the whole record holds."""
        db.session.rollback()
        assert check_ledger.check(self.warehouse.site.id) == []
        return True


def outcomes(answers: list[Answer]) -> dict[str, int]:
    return dict(Counter(answer.json.get("outcome", answer.json.get("code", "")) for answer in answers))


@pytest.fixture(scope="module", params=ENGINES)
def house(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One server for all bursts of an engine."""
    engine: str = request.param
    if engine == "postgresql":
        request.getfixturevalue("postgresql_server")
    url, folder = databases.fresh(engine), tmp_path_factory.mktemp("bursts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(folder))
        patch.setenv("DATABASE_URL", url)
        app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    with app.app_context():
        warehouse = make_world()
        tokens = [token_of(warehouse, f"gun {number}", "supervisor") for number in range(EIGHT)]
        rows = [{"sku": sku, "name": sku.lower()} for sku in GOODS]
        assert imports.import_rows("items", rows, by=warehouse.by("finn")).is_ok
        with serve(url, folder, WEB_CONCURRENCY="3") as port:
            devices = [Client(port, token=token) for token in tokens]
            yield House(port, tokens, warehouse, devices)
            for device in devices:
                device.close()
        assert no_trace(folder)
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def no_trace(folder: Path) -> bool:
    """Whether the server's log is free of faults."""
    log = (folder / "server.log").read_text()
    assert "Traceback" not in log, log
    return True


# --- transfer ------------------------------------------------------------------------------------------------------


def test_eight_transfers_at_once_neither_make_nor_lose_stock(house: House) -> None:
    """All eight have three of the same twenty in hand: six can put them down."""
    for number in range(ROUNDS):
        source, target = house.new_location(f"T-{number}-1"), house.new_location(f"T-{number}-2")
        house.warehouse.stock("MUG", f"T-{number}-1", 20)
        tasks = house.tasks("move")
        house.all_say(tasks, source, "MUG", command("Q", 3))
        answers = house.at_once(lambda device, n, to=target, tasks=tasks: device.scan(tasks[n], to))  # type: ignore[misc]
        assert outcomes(answers) == {"accepted": 6, "refused": 2}
        assert {answer.json["code"] for answer in answers} == {"booked", "not_enough"}
        assert (house.held(f"T-{number}-1"), house.held(f"T-{number}-2")) == (2, 18)
        house.at_once(lambda device, n, tasks=tasks: device.scan(tasks[n], command("BACK")))  # type: ignore[misc]
    assert house.is_true()


# --- removal -------------------------------------------------------------------------------------------------------


def test_eight_pickers_at_one_shelf_take_what_each_of_them_scanned(house: House) -> None:
    for number in range(ROUNDS):
        shelf = house.new_location(f"R-{number}-1")
        _stock(house, GOODS[0], f"R-{number}-1", 24)
        for n in range(EIGHT):
            _order(house, f"R{number}-{n}", GOODS[0], 3)
        answers = house.at_once(lambda device, n, r=number: device.start("pick", f"R{r}-{n}"))  # type: ignore[misc]
        assert {answer.status for answer in answers} == {201}
        tasks = [answer.json["id"] for answer in answers]
        totes = house.at_once(
            lambda device, n, tasks=tasks, r=number: device.scan(tasks[n], tote(100 * (r + 1) + n))  # type: ignore[misc]
        )
        assert outcomes(totes) == {"accepted": EIGHT}
        house.all_say(tasks, shelf, GOODS[0], GOODS[0])
        assert house.held(f"R-{number}-1", GOODS[0]) == 24 - 2 * EIGHT
        house.all_say(tasks, GOODS[0], place("PACK-1"))
        assert house.held(f"R-{number}-1", GOODS[0]) == 0
    assert house.held("PACK-1", GOODS[0]) == ROUNDS * 24
    assert house.is_true()


def test_a_removal_whose_answer_was_lost_is_done_once_however_often_it_is_sent(house: House) -> None:
    source, target = house.new_location("L-1"), house.new_location("L-2")
    house.warehouse.stock("MUG", "L-1", 10)
    device = house.devices[0]
    task = device.start("move").json["id"]
    for raw in (source, "MUG", command("Q", 2)):
        assert device.scan(task, raw).json["outcome"] == "accepted"
    scan_id = str(uuid.uuid4())
    _send_and_hang_up(house, task, target, scan_id)
    again = [device.scan(task, target, scan_id)]
    again += house.at_once(lambda other, _n: other.scan(task, target, scan_id))
    assert outcomes(again) == {"accepted": EIGHT + 1}
    assert all(answer.json["replayed"] for answer in again[1:])
    assert len({tuple(answer.json["moves"]) for answer in again}) == 1
    assert (house.held("L-1"), house.held("L-2")) == (8, 2)
    assert house.is_true()


def test_a_manifest_that_eight_close_at_once_leaves_the_house_once(house: House) -> None:
    floor, world = house.floor, house.warehouse
    world.stock("MUG", "A-01-1", 20)
    world.order("SHIP-1", ("MUG", 4), carrier="Swift")
    floor.pick("SHIP-1", 901)
    floor.pack("SHIP-1", 901)
    tasks = house.tasks("ship", "Swift")
    assert house.devices[0].scan(tasks[0], floor.parcels("SHIP-1")[0]).json["outcome"] == "accepted"
    assert house.devices[0].scan(tasks[0], "1Z999AA10123456784").json["outcome"] == "accepted"
    before = house.held("DOOR-1")
    answers: list[Answer] = []
    for _ in range(2):  # CLOSE asks, CLOSE again does it
        answers += house.at_once(lambda device, n: device.scan(tasks[n], command("CLOSE")))
    moves = [seq for answer in answers for seq in answer.json["moves"]]
    assert len(moves) == len(set(moves)) == 1
    assert (before, house.held("DOOR-1")) == (4, 0)
    assert db.session.scalars(select(Parcel.status)).all() == ["shipped"]
    assert floor.status("SHIP-1") == "shipped"
    assert house.is_true()


def test_a_place_that_eight_count_at_once_is_set_right_once(house: House) -> None:
    """The adjustment: the book has 7, the floor has 5. Eight try to count it; one may."""
    label = house.new_location("C-1")
    house.warehouse.stock("MUG", "C-1", 7)
    answers = house.at_once(lambda device, _n: device.start("count", "C-1"))
    task = next(answer.json["id"] for answer in answers if answer.status == 201)
    assert db.session.scalar(select(func.count()).select_from(Task).where(Task.workflow == "count")) == 1
    device = house.devices[0]
    device.start("count", "C-1")  # a supervisor takes it over
    for raw in (label, "MUG", command("Q", 5), label, label, "MUG", command("Q", 5)):
        assert device.scan(task, raw).json["outcome"] != "refused", raw
    scan_id = str(uuid.uuid4())
    answers = house.at_once(lambda device, _n: device.scan(task, label, scan_id))
    assert house.held("C-1") == 5
    assert len({tuple(answer.json["moves"]) for answer in answers}) == 1
    assert house.is_true()


# --- allocation ----------------------------------------------------------------------------------------------------


def test_eight_picks_that_begin_at_once_are_promised_no_more_than_is_there(house: House) -> None:
    for number in range(ROUNDS):
        sku = GOODS[1 + number]
        house.new_location(f"P-{number}-1")
        _stock(house, sku, f"P-{number}-1", 12)
        for n in range(EIGHT):
            _order(house, f"P{number}-{n}", sku, 5)
        answers = house.at_once(lambda device, n, r=number: device.start("pick", f"P{r}-{n}"))  # type: ignore[misc]
        db.session.rollback()
        promised = select(OrderLine.allocated).join(Order).where(Order.number.like(f"P{number}-%"))
        got = sorted(db.session.scalars(promised))
        assert sum(got) == 12
        assert got[-2:] == [5, 5]
        assert sum(answer.status == 201 for answer in answers) == sum(qty > 0 for qty in got)
        item = db.session.scalars(select(Item.id).where(Item.sku == sku)).one()
        assert sum(db.session.scalars(select(Reservation.qty).where(Reservation.item_id == item))) == 12
    assert house.is_true()


def test_an_order_that_eight_begin_at_once_is_promised_once(house: House) -> None:
    for number in range(ROUNDS):
        sku = GOODS[4]
        house.new_location(f"O-{number}-1")
        _stock(house, sku, f"O-{number}-1", 6)
        _order(house, f"O{number}", sku, 6)
        answers = house.at_once(lambda device, _n, r=number: device.start("pick", f"O{r}"))  # type: ignore[misc]
        assert len({answer.json["id"] for answer in answers if answer.status == 201}) == 1
        db.session.rollback()
        line = select(OrderLine.allocated).join(Order).where(Order.number == f"O{number}")
        assert db.session.scalars(line).all() == [6]
    assert house.is_true()


# --- receive by barcode --------------------------------------------------------------------------------------------


def test_eight_receivers_of_one_barcode_book_all_that_they_scanned(house: House) -> None:
    before = house.held("DOCK-1", GOODS[5])
    tasks = house.tasks("receive")
    for _ in range(ROUNDS):
        house.all_say(tasks, GOODS[5], command("Q", 10), command("DONE"))
    assert house.held("DOCK-1", GOODS[5]) - before == ROUNDS * EIGHT * 10
    assert house.is_true()


def test_eight_receivers_of_different_barcodes_book_each_his_own(house: House) -> None:
    """What one device scans is never in another's answer or booking."""
    before = [house.held("DOCK-1", sku) for sku in GOODS]
    tasks = house.tasks("receive")
    for _ in range(ROUNDS):
        seen = house.at_once(lambda device, n: device.scan(tasks[n], GOODS[n]))
        assert [answer.json["prompt"]["goods"]["sku"] for answer in seen] == GOODS
        told = house.at_once(lambda device, n: device.scan(tasks[n], command("Q", n + 2)))
        assert outcomes(told) == {"accepted": EIGHT}
        booked = house.at_once(lambda device, n: device.scan(tasks[n], command("DONE")))
        moves = [answer.json["moves"] for answer in booked]
        db.session.rollback()
        rows = [
            db.session.execute(
                select(Item.sku, Move.qty).join(Item, Item.id == Move.item_id).where(Move.seq == seq)
            ).one()
            for (seq,) in moves
        ]
        assert [(row.sku, row.qty) for row in rows] == [(sku, n + 2) for n, sku in enumerate(GOODS)]
    after = [house.held("DOCK-1", sku) for sku in GOODS]
    assert [new - old for old, new in zip(before, after, strict=True)] == [ROUNDS * (n + 2) for n in range(EIGHT)]
    assert house.is_true()


# --- the same scan -------------------------------------------------------------------------------------------------


def test_one_scan_sent_eight_times_at_once_is_booked_once_and_answered_alike(house: House) -> None:
    source, target = house.new_location("S-1"), house.new_location("S-2")
    house.warehouse.stock("MUG", "S-1", 50)
    device = house.devices[0]
    task = device.start("move").json["id"]
    for number in range(ROUNDS):
        for raw in (source, "MUG"):
            assert device.scan(task, raw).json["outcome"] == "accepted"
        scan_id = str(uuid.uuid4())
        answers = house.at_once(lambda other, _n, scan_id=scan_id: other.scan(task, target, scan_id))  # type: ignore[misc]
        assert outcomes(answers) == {"accepted": EIGHT}
        assert sum(answer.json.get("replayed", False) for answer in answers) == EIGHT - 1
        assert len({json.dumps({**answer.json, "replayed": True}) for answer in answers}) == 1
        assert house.held("S-2") == number + 1
    assert house.is_true()


def test_a_scan_of_no_task_sent_eight_times_at_once_is_on_record_once(house: House) -> None:
    scan_id = str(uuid.uuid4())
    answers = house.at_once(lambda device, _n: device.scan(None, "MUG", scan_id))
    assert outcomes(answers) == {"accepted": EIGHT}
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(ScanRecord).where(ScanRecord.id == scan_id)) == 1


# --- the acts ------------------------------------------------------------------------------------------------------


def _stock(house: House, sku: str, code: str, qty: int) -> None:
    world = house.warehouse
    world.items.setdefault(sku, db.session.scalars(select(Item).where(Item.sku == sku)).one())
    world.stock(sku, code, qty)


def _order(house: House, number: str, sku: str, qty: int) -> None:
    world = house.warehouse
    world.items.setdefault(sku, db.session.scalars(select(Item).where(Item.sku == sku)).one())
    world.order(number, (sku, qty))


def _send_and_hang_up(house: House, task: int, raw: str, scan_id: str) -> None:
    """A scan whose device loses the network before the answer."""
    body = {"scan_id": scan_id, "task": task, "raw": raw, "at": now().isoformat(), "device": "gun"}
    headers = {"Authorization": f"Bearer {house.tokens[0]}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    connection.request("POST", "/api/v1/scans", json.dumps(body), headers)
    connection.close()
