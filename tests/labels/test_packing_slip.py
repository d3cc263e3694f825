"""The packing slip as a customer and a packer have it: what is in the parcel, what is missing, and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update

from labels.documents import KINDS
from labels.make import Target, proof_of, trial
from labels.parts import Text
from scanner import ledger
from scanner.accept import accept_scan
from scanner.barcode import command, encode
from scanner.db import db, transact
from scanner.models import (
    Customer,
    Item,
    Move,
    Order,
    OrderLine,
    Parcel,
    PrintJob,
    Serial,
    Site,
    Unit,
)
from tests.labels.papers import change, id_of, packed, shipped_manifest, slip
from tests.labels.reading import pages, text
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A company with an address, and one order that is packed."""
    return packed(warehouse)


def test_the_slip_tells_content_lots_serials_carton_weight_and_tracking(floor: Floor) -> None:
    change(Parcel, weight_g=5250)
    shipped_manifest(floor)
    said = text(slip())
    for part in ("Packing slip", "SO-1", "Parcel 1 of 1", "5.25 kg", "TRACK-4711", "Mug, red", "Oat milk", "Lot L1"):
        assert part in said, part
    assert re.search(r"Serial number S-\d|Serial S-\d", said)
    assert "Expires" in said
    assert "Töpferei Nord GmbH" in said
    assert "Not in this delivery" not in said


def test_an_orders_day_is_that_of_the_site(floor: Floor) -> None:
    change(Site, locale="en_GB")
    change(Order, ordered_at=datetime(2026, 11, 24, 23, tzinfo=UTC))  # midnight in Berlin
    assert "25 Nov 2026" in text(slip())


def test_a_slip_that_goes_abroad_says_the_country_where_the_address_is_free_text(floor: Floor) -> None:
    change(Customer, address="12 Rue X\n75001 Paris", street="", city="", country="", country_code="FR")
    assert "75001 Paris FRANCE" in text(slip())


def test_what_was_taken_back_out_of_a_parcel_is_not_on_the_slip(warehouse: World) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 1))
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    tote = db.session.scalars(select(Unit).where(Unit.kind == "tote", Unit.order_id == id_of("SO-1"))).one()
    floor.scans("cleo", task, encode("tote", tote.code), "MUG", command("UNDO"))
    assert db.session.scalars(select(Move).where(Move.reverses_seq.is_not(None))).all()
    before = text(slip())
    assert "Nothing is in this parcel yet" in before or "Nothing is packed yet" in before
    floor.scan("cleo", task, "MUG")
    assert re.search(r"MUG Mug, red 1\b", text(slip()))


def test_what_is_missing_is_said_plainly(floor: Floor) -> None:
    line = floor.line("SO-1", 1)
    change(OrderLine, OrderLine.id == line.id, ordered=9)
    assert "Follows in a later delivery" in text(slip())
    change(OrderLine, OrderLine.id == line.id, is_closed_short=True)
    said = text(slip())
    assert "Not in this delivery" in said
    assert re.search(r"Mug, red 9 2 7 Not available", said)


def test_packing_instructions_are_for_the_packer(floor: Floor) -> None:
    assert "Gift wrap" not in text(slip())
    assert "Gift wrap" in text(KINDS["pick_list"](id_of("SO-1"), {}))
    change(Order, shows_instructions=True)
    assert "Gift wrap" in text(slip())


def test_a_slip_for_one_parcel_has_that_one_only(floor: Floor) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    other = transact(lambda: _second_parcel(parcel))
    assert ("Parcel 1 of 2" in text(slip()), "Parcel 2 of 2" in text(slip())) == (True, True)
    said = text(slip(parcel=other))
    assert ("Parcel 1 of 2" in said, "Parcel 2 of 2" in said, "Mug, red" in said) == (False, True, False)


def _second_parcel(parcel: Parcel) -> int:
    unit = Unit(site_id=parcel.site_id, code="340000000000000014", kind="carton", order_id=parcel.order_id)
    db.session.add(unit)
    db.session.flush()
    row = Parcel(site_id=parcel.site_id, order_id=parcel.order_id, unit_id=unit.id, status="packing")
    db.session.add(row)
    db.session.flush()
    return row.id


def test_an_order_that_is_not_packed_says_so(warehouse: World) -> None:
    order = warehouse.order("SO-7")
    assert "Nothing is packed yet" in text(KINDS["packing_slip"](order.id, {}))
    assert "No stock is promised" in text(KINDS["pick_list"](order.id, {}))


def test_no_paper_shows_goods_of_another_order(floor: Floor) -> None:
    def add() -> None:
        other = Customer(code="OTHER", name="Secret Customer")
        item = Item(sku="SECRET", name="Secret thing")
        db.session.add_all([other, item])
        db.session.flush()
        order = Order(site_id=floor.world.site.id, number="SO-X", scan_body="SOX", customer_id=other.id, status="open")
        db.session.add(order)
        db.session.flush()
        db.session.add(OrderLine(order_id=order.id, line=1, item_id=item.id, ordered=3))

    transact(add)
    for kind in ("packing_slip", "invoice", "pick_list"):
        assert "ecret" not in text(KINDS[kind](id_of("SO-1"), {}))


def test_a_packing_instruction_is_whole_on_the_slip_and_on_the_pick_list(floor: Floor) -> None:
    told = " ".join(f"Step {n:03d}: wrap it well." for n in range(38))
    assert 900 < len(told) <= 1000  # that many are taken
    change(Order, instructions=told, shows_instructions=True)
    assert told in text(slip())
    assert told in text(KINDS["pick_list"](id_of("SO-1"), {}))


def test_a_slip_has_all_serial_numbers_of_a_parcel_whole(floor: Floor) -> None:
    codes_of = [f"SN-{n:09d}" for n in range(900)]
    transact(lambda: _pack_serials(floor, codes_of))
    read = pages(slip())
    assert len(read) > 2
    found = re.findall(r"SN-\d+,?", " ".join(read))
    assert found[:-1] == [f"{code}," for code in codes_of[:-1]]
    assert found[-1].startswith(codes_of[-1])
    assert "…" not in " ".join(read)


def _pack_serials(floor: Floor, serials: list[str]) -> None:
    by, unit = floor.by("eve"), db.session.get_one(Unit, db.session.scalars(select(Parcel.unit_id)).one())
    line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == id_of("SO-1"), OrderLine.line == 3)).one()
    line.ordered = line.allocated = len(serials) + 1
    opening, bench = ledger.virtual(floor.world.site.id, "opening"), ledger.Spot(floor.world.locations["PACK-1"].id)
    rows = [{"item_id": line.item_id, "code": code, "location_id": opening.location_id} for code in serials]
    db.session.execute(insert(Serial), rows)
    target = ledger.Spot(unit.location_id or 0, unit.id)
    for serial_id in db.session.scalars(select(Serial.id).where(Serial.code.in_(serials))).all():
        ledger.move(by, line.item_id, 1, opening, bench, ledger.Why("opening"), serial_id=serial_id)
        ledger.move(by, line.item_id, 1, bench, target, ledger.Why("verify", "SO-1", line.id), serial_id=serial_id)


def test_a_second_delivery_has_a_slip_and_labels_of_its_own_and_the_first_keeps_its_own(warehouse: World) -> None:
    floor = Floor(warehouse)
    warehouse.stock("MUG", "A-01-1", 3)
    warehouse.order("SO-9", ("MUG", 5))
    _pack_and_ship(floor, 501)
    warehouse.stock("MUG", "A-01-1", 2)
    floor.pick("SO-9", 502)
    _pack_and_print(floor, 502)
    first, second = db.session.scalars(select(Parcel).order_by(Parcel.id)).all()
    assert (first.delivery, second.delivery) == (1, 2)
    latest = text(slip("SO-9"))
    assert "Delivery" in latest
    assert "Parcel 1 of 1" in latest
    assert "TRACK-501" not in latest
    assert "Not in this delivery" not in latest
    for details in ({"delivery": 1}, {"parcel": first.id}):
        earlier = text(slip("SO-9", **details))
        assert "TRACK-501" in earlier
        assert "Parcel 1 of 1" in earlier
        assert re.search(r"Not in this delivery.*\b5\b\s+3\s+2\b", earlier, re.DOTALL)
    assert [_parcel_on_label(floor, parcel) for parcel in (first, second)] == [("1/1",), ("1/1",)]
    slips = db.session.scalars(select(PrintJob).where(PrintJob.kind == "packing_slip").order_by(PrintJob.id)).all()
    assert [(job.details.get("delivery"), job.copy_of) for job in slips] == [(None, None), (2, None)]


def test_parcels_that_leave_one_after_the_other_are_of_one_delivery(warehouse: World) -> None:
    floor = Floor(warehouse)
    warehouse.stock("MUG", "A-01-1", 3)
    warehouse.order("SO-9", ("MUG", 3))
    floor.pick("SO-9")
    floor.pack("SO-9")
    parcel = db.session.scalars(select(Parcel)).one()
    _second_parcel(parcel)
    parcel.status = "shipped"
    db.session.commit()
    assert [_parcel_on_label(floor, each) for each in db.session.scalars(select(Parcel).order_by(Parcel.id))] == [
        ("1/2",),
        ("2/2",),
    ]


def _pack_and_ship(floor: Floor, tote: int) -> None:
    floor.pick("SO-9", tote)
    _pack_and_print(floor, tote)
    task = floor.start("cleo", "ship", "DPD")
    floor.scans("cleo", task, floor.parcels("SO-9")[0], f"TRACK-{tote}", command("CLOSE"), command("CLOSE"))


def _pack_and_print(floor: Floor, tote: int) -> None:
    task = floor.pack("SO-9", tote)
    accept_scan(floor.incoming("cleo", None, command("PRINT"), shown=("task", task)), floor.by("cleo"))
    db.session.execute(update(PrintJob).values(state="sent"))
    db.session.commit()


def _parcel_on_label(floor: Floor, parcel: Parcel) -> tuple[str, ...]:
    label = proof_of(trial("shipment", parcel.id, floor.by("eve")), Target("zpl", 203, 102, 152)).label
    return next(part.lines for part in label.parts if isinstance(part, Text) and part.name == "parcel")
