"""How many statements a scan may cost: each is a round trip on PostgreSQL. Counted through the API, log-in included.

An ordinary accepted scan takes twelve at the most. What does more than one thing has a figure of its own, with its
reason: a serial number is read and moved by itself, a unit moves with all that is in it, the end of a document closes
what belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from scanner import ledger, printing
from scanner.barcode import command, encode
from scanner.db import db, now, transact
from scanner.ledger.spots import kind_of
from scanner.models import ApiToken, Task, Unit
from scanner.printing.printers import Facts
from scanner.secrets import hash_token, new_token
from tests.scanner.floor import Floor, case, pallet, place, tote
from tests.scanner.walks import stock_up
from tests.world import World, new_scan_id
from tools.statements import counted

MOST = 12
Scan = Callable[[int, str], list[str]]


@dataclass(frozen=True)
class Step:
    """One scan of a piece of work: what it is called, what is scanned, and how many statements it may take."""

    name: str
    raw: str | Callable[[Floor], str]
    most: int = MOST


@dataclass(frozen=True)
class Work:
    """A piece of work: made ready, opened, and done step by step."""

    workflow: str
    document: str | None
    prepare: Callable[[Floor], object]
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return self.workflow


def _purchase_order(floor: Floor) -> None:
    floor.world.purchase_order("PO-1", ("MUG", 20), ("MILK", 24), ("LAMP", 2))


def _dock(floor: Floor) -> None:
    stock_up(floor)
    _purchase_order(floor)
    task = floor.start("ana", "receive", "PO-1")
    floor.scans("ana", task, "MUG", command("Q", 10), command("DONE"))
    floor.scans("ana", task, case("MILK", lot="D1", expiry="330101", count="6"), pallet(1))


def _order(floor: Floor) -> None:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 4), ("MILK", 2))


def _picked(floor: Floor) -> None:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 4), ("MILK", 2), ("LAMP", 1), instructions="Gift wrap, please.")
    floor.pick("SO-1")


def _packed(floor: Floor) -> None:
    stock_up(floor)
    for number, order in enumerate(("SO-1", "SO-2"), 1):
        floor.world.order(order, ("MUG", 2), ("MILK", 1))
        floor.pick(order, number)
        floor.pack(order, number)


def _printer(floor: Floor, code: str, use: str, language: str) -> None:
    facts = Facts(code, code, "raw", "10.0.0.9:9100", language, 203, 102, 152, use, is_default=True)
    transact(lambda: printing.new_printer(facts, floor.by("eve")))


def _dock_printer(floor: Floor) -> None:
    _purchase_order(floor)
    _printer(floor, "ZEBRA-1", "label", "zpl")


def _bench_printers(floor: Floor) -> None:
    _picked(floor)
    _printer(floor, "ZEBRA-1", "label", "zpl")
    _printer(floor, "LASER-1", "paper", "pdf")


def _printed(_floor: Floor) -> str:
    """The unit label that was asked for."""
    return pallet(db.session.scalars(select(Unit.code).where(Unit.kind == "pallet")).one())


def _other(floor: Floor) -> str:
    """A shelf that is not offered: taken at its second scan."""
    return place("B-03-1")


def _next(floor: Floor) -> str:
    """What the picker is asked for."""
    task = db.session.scalars(select(Task.id).where(Task.workflow == "pick")).one()
    return floor.pick_code(floor.prompt(task))


WORKS = (
    Work(
        "receive",
        "PO-1",
        _purchase_order,
        (
            Step("item", "MUG"),
            Step("quantity", command("Q", 12)),
            Step("done: booked at the dock", command("DONE")),
            Step("item by lot", "MILK"),
            Step("its lot", "L7"),
            Step("its date", "(17)330101"),
            Step("pallet: booked on it", pallet(1)),
            Step("case with a new lot", case("MILK", lot="L8", expiry="330201", count="6")),
            Step("pallet: booked on another", pallet(2)),
            Step("item", "MUG"),
            Step("damaged", command("DAMAGED")),
            Step("why: to quarantine", command("BROKEN"), 13),  # and a discrepancy
            Step("done: asked", command("DONE")),
            Step("done: closed with two lines missing", command("DONE"), 12),
        ),
    ),
    Work(
        "receive",
        "PO-1",
        _dock_printer,
        (
            Step("item", "MUG"),
            # an SSCC of the site's, a unit, and a job with its log for the printer of this device
            Step("quantity: the label prints", command("Q", 12), 17),
            Step("printed label: booked on it", _printed, 13),
        ),
    ),
    Work(
        "putaway",
        None,
        _dock,
        (
            Step("pallet", pallet(1)),
            Step("place: asked", _other),
            Step("place: pallet moved", _other, 19),  # a unit
            Step("item", "MUG"),
            Step("all", command("ALL")),
            Step("place: asked", place("B-03-2")),
            Step("place: booked", place("B-03-2")),
        ),
    ),
    Work(
        "pick",
        "SO-1",
        _order,
        (
            Step("tote", tote(1)),
            Step("place", _next),
            Step("item", "MUG"),
            Step("all", command("ALL")),
            Step("next place", _next),
            Step("item by lot", _next),
            Step("all", command("ALL")),
            Step("bench: the tote moves, the order is picked", place("PACK-1"), 23),  # a unit
        ),
    ),
    Work(
        "verify",
        "SO-1",
        _picked,
        (
            Step("tote", tote(1)),
            Step("instructions read", command("OK")),
            Step("carton type", encode("carton_type", "M")),
            Step("item", "MUG"),
            Step("all", command("ALL")),
            Step("item by lot", "MILK"),
            Step("carton full", command("FULL"), 13),  # who prints its label
            Step("item in a new carton", "MILK", 15),  # the site's next SSCC, a unit, a parcel
            # its serial number, and who prints label and slip
            Step("last item: the order closes", case("LAMP", serial="S-1"), 21),
        ),
    ),
    Work(
        "verify",
        "SO-1",
        _bench_printers,
        (
            Step("tote", tote(1)),
            Step("instructions read", command("OK")),
            Step("item", "MUG"),
            # a job for the label, with its log
            Step("carton full", command("FULL"), 17),
            Step("all", command("ALL"), 15),
            Step("item by lot", "MILK"),
            Step("all", command("ALL")),
            # a job for the label and one for the slip, and whether a program prints them
            Step("last item: the order closes", case("LAMP", serial="S-1"), 30),
        ),
    ),
    Work(
        "ship",
        "DPD",
        _packed,
        (
            Step("parcel", lambda floor: floor.parcels("SO-1")[0]),
            Step("tracking number: parcel to the door", "1Z999AA10123456784", 19),  # a unit
            Step("parcel", lambda floor: floor.parcels("SO-2")[0]),
            Step("tracking number: parcel to the door", "1Z999AA10123456785", 19),
            Step("close: asked", command("CLOSE")),
            Step("close: all leave the house", command("CLOSE"), 23),
        ),
    ),
    Work(
        "count",
        "B-01-1",
        stock_up,
        (
            Step("place", place("B-01-1")),
            Step("item by lot", "MILK"),
            Step("its lot", "L1"),
            Step("quantity", command("Q", 12)),
            Step("case", case("MILK", lot="L2")),
            Step("quantity", command("Q", 11)),
            Step("done: once more", command("DONE")),
            Step("place", place("B-01-1")),
            Step("case", case("MILK", lot="L1")),
            Step("quantity", command("Q", 12)),
            Step("case", case("MILK", lot="L2")),
            Step("quantity", command("Q", 11)),
            Step("place: closed, the difference is posted", place("B-01-1"), 20),
        ),
    ),
    Work(
        "move",
        None,
        _dock,
        (
            Step("place", place("A-02-1")),
            Step("item", "MUG"),
            Step("quantity", command("Q", 3)),
            Step("to a place", place("A-03-1")),
            Step("pallet", pallet(1)),
            Step("to a place: pallet moved", place("A-03-2"), 17),  # a unit
            Step("place", place("A-02-1")),
            Step("item", "MUG"),
            Step("onto a pallet", pallet(1), 13),  # read and locked
            Step("done", command("DONE")),
        ),
    ),
)


@pytest.fixture
def scan(app: Flask, warehouse: World) -> Scan:
    """One scan through the API by a supervisor; the statements it took."""
    token, eve = new_token(), warehouse.people["eve"]
    row = ApiToken(name="test", token_hash=hash_token(token), person_id=eve.id, created_at=now())
    transact(lambda: db.session.add(row))
    client = app.test_client()

    def send(task: int, raw: str) -> list[str]:
        body = {"scan_id": new_scan_id(), "task": task, "raw": raw, "at": now().isoformat(), "device": "d"}
        with counted() as seen:
            answer = client.post("/api/v1/scans", json=body, headers={"Authorization": f"Bearer {token}"}).get_json()
        assert answer["outcome"] != "refused", (raw, answer)
        return seen

    return send


@pytest.mark.parametrize("work", WORKS, ids=str)
def test_a_scan_costs_few_statements(scan: Scan, warehouse: World, work: Work) -> None:
    floor = Floor(warehouse)
    work.prepare(floor)
    _know_the_places(warehouse)
    task = floor.start("eve", work.workflow, work.document)
    found = []
    for step in work.steps:
        raw = step.raw if isinstance(step.raw, str) else step.raw(floor)
        db.session.rollback()
        found.append((step.name, len(scan(task, raw)), step.most))
    assert [one for one in found if one[1] > one[2]] == []


def _know_the_places(warehouse: World) -> None:
    """What a process reads once in its life has been read."""
    ledger.virtual_locations(warehouse.site.id)
    for location in warehouse.locations.values():
        kind_of(location.id)
