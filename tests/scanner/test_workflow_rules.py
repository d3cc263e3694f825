"""Rules of single workflows that no walk passes by: what UNDO takes back, and what is refused at the edge of a step."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from scanner import discrepancies
from scanner.barcode import command, encode
from scanner.db import db, transact
from scanner.models import Carton, Discrepancy, Location, Parcel, PurchaseOrder, Site, Task
from scanner.refusals import Refusal
from tests.scanner.floor import Floor, case, pallet, place, tote
from tools.statements import counted

# --- receive ---------------------------------------------------------------------------------------------------------


def _second_dock(floor: Floor) -> Location:
    dock = Location(
        site_id=floor.world.site.id, code="DOCK-2", scan_body="DOCK2", kind="dock", is_virtual=False, walk_order=99
    )
    transact(lambda: db.session.add(dock))
    floor.world.locations["DOCK-2"] = dock
    return dock


def test_goods_come_in_at_the_first_dock_again_when_the_scan_of_another_is_taken_back(floor: Floor) -> None:
    _second_dock(floor)
    task = floor.start("ana", "receive")
    floor.scans("ana", task, place("DOCK-2"), command("UNDO"), "MUG", command("DONE"))
    assert (floor.on_hand("MUG", "DOCK-1"), floor.on_hand("MUG", "DOCK-2")) == (1, 0)


def test_an_order_that_two_receive_is_closed_by_the_last_of_them(floor: Floor) -> None:
    floor.world.purchase_order("PO-1", ("MUG", 20))
    ana, eve = (floor.start(name, "receive", "PO-1") for name in ("ana", "eve"))
    floor.scans("ana", ana, "MUG", command("DONE"))
    answer = floor.scans("ana", ana, command("DONE"), command("DONE"))
    assert (answer["prompt"]["is_done"], floor.cases("under_receipt")) == (True, [])
    assert db.session.scalars(select(PurchaseOrder.status)).one() == "open"
    floor.scans("eve", eve, "MUG", command("Q", 4), command("DONE"), command("DONE"), command("DONE"))
    assert db.session.scalars(select(PurchaseOrder.status)).one() == "received"
    assert [(row.qty, row.floor) for row in floor.cases("under_receipt")] == [(-15, "5 came")]


# --- put away and move -----------------------------------------------------------------------------------------------


def test_half_known_goods_are_not_forgotten_when_what_is_in_hand_is_put_down(floor: Floor) -> None:
    floor.world.stock("MUG", "B-01-1", 5)
    floor.world.stock("LAMP", "B-01-1", serial="S-1")
    task = floor.start("ben", "move")
    floor.scans("ben", task, place("B-01-1"), "MUG", "LAMP")
    answer = floor.scan("ben", task, place("A-02-1"))
    assert (answer["code"], answer["wanted"]) == ("finish_first", "the serial")
    floor.scans("ben", task, command("BACK"))
    assert floor.scan("ben", task, "NO-SUCH-THING")["outcome"] == "refused"
    assert floor.on_hand("MUG", "B-01-1") == 5


def _mixed_pallet(floor: Floor) -> None:
    """60 mugs and 60 l of milk on one pallet at the dock."""
    task = floor.start("ana", "receive")
    floor.scans("ana", task, "MUG", command("Q", 60), pallet(1))
    floor.scans("ana", task, case("MILK", lot="L1", expiry="330101"), command("Q", 60), pallet(1), command("PAUSE"))


@pytest.mark.parametrize("workflow", ["putaway", "move"])
@pytest.mark.parametrize(
    ("limit", "code"), [({"capacity_units": 100}, "location_full"), ({"mix": "one_item"}, "no_mixing_items")]
)
def test_a_pallet_goes_only_where_all_that_is_on_it_may_stand_together(
    floor: Floor, workflow: str, limit: dict[str, Any], code: str
) -> None:
    _mixed_pallet(floor)
    shelf = floor.world.locations["A-03-2"].id

    def set_limit() -> None:
        for name, value in limit.items():
            setattr(db.session.get_one(Location, shelf), name, value)

    transact(set_limit)
    task = floor.start("ana", workflow)
    floor.scans("ana", task, pallet(1))
    assert floor.scan("ana", task, place("A-03-2"))["code"] == code
    assert floor.on_hand("MUG", "A-03-2") == 0


# --- verify ----------------------------------------------------------------------------------------------------------


def test_the_weight_card_has_a_carton_weighed_though_the_site_does_not_weigh(floor: Floor) -> None:
    floor.world.stock("MUG", "A-01-1", 5)
    floor.world.order("SO-1", ("MUG", 2))
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    assert floor.scan("cleo", task, command("WEIGHT"))["code"] == "wrong_command"
    answer = floor.scans("cleo", task, tote(1), command("WEIGHT"), "MUG", "MUG")
    assert (answer["prompt"]["step"], answer["prompt"]["pad"]["kind"]) == ("weight", "weight")
    assert floor.status("SO-1") == "picked"
    assert floor.scans("cleo", task, command("WEIGHT"))["say"] == "Type the weight."


def _picked(floor: Floor, *lines: tuple[str, int]) -> int:
    """An order that is picked; its packing with the tote scanned."""
    floor.world.order("SO-1", *lines)
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    floor.scans("cleo", task, tote(1))
    return task


def _weighs(floor: Floor) -> None:
    transact(lambda: setattr(db.session.get_one(Site, floor.world.site.id), "must_weigh", True))


def test_the_carton_is_the_one_before_again_when_the_choice_of_another_is_taken_back(floor: Floor) -> None:
    small = Carton(code="S", name="Small", length_mm=200, width_mm=150, height_mm=150, tare_g=90, max_g=5_000)
    transact(lambda: db.session.add(small))
    floor.world.stock("MUG", "A-01-1", 9)
    task = _picked(floor, ("MUG", 2))
    before = db.session.scalars(select(Parcel.carton_id)).one()
    other = next(code for code in "SM" if db.session.get_one(Carton, before).code != code)
    floor.scans("cleo", task, encode("carton_type", other), command("UNDO"))
    assert db.session.scalars(select(Parcel.carton_id)).one() == before


def test_a_carton_is_full_only_with_something_in_it_and_something_left(floor: Floor) -> None:
    _weighs(floor)
    floor.world.stock("MUG", "A-01-1", 9)
    task = _picked(floor, ("MUG", 1))
    assert floor.scan("cleo", task, command("FULL"))["code"] == "nothing_to_do"
    assert floor.scans("cleo", task, "MUG")["prompt"]["step"] == "weight"
    assert floor.scan("cleo", task, command("FULL"))["code"] == "nothing_to_do"
    assert floor.prompt(task).step == "weight"


def test_no_parcel_is_packed_when_all_of_an_order_was_damaged(floor: Floor) -> None:
    _weighs(floor)
    floor.world.stock("MUG", "A-01-1", 9)
    task = _picked(floor, ("MUG", 1))
    answer = floor.scans("cleo", task, command("DAMAGED"), command("BROKEN"), "MUG")
    assert (answer["prompt"]["is_done"], floor.status("SO-1")) == (True, "picking")
    assert db.session.scalars(select(Parcel)).all() == []
    assert floor.is_good()


def test_a_parcel_is_weighed_too_when_its_last_unit_was_damaged(floor: Floor) -> None:
    _weighs(floor)
    floor.world.stock("MUG", "A-01-1", 9)
    task = _picked(floor, ("MUG", 2))
    answer = floor.scans("cleo", task, "MUG", command("DAMAGED"), command("BROKEN"), "MUG")
    assert answer["prompt"]["step"] == "weight"
    assert floor.scans("cleo", task, "(3103)000650")["prompt"]["is_done"]


def test_a_serial_number_is_packed_from_whichever_tote_it_is_in(floor: Floor) -> None:
    for serial in ("S-1", "S-2"):
        floor.world.stock("LAMP", "B-02-1", serial=serial)
    floor.world.order("SO-1", ("LAMP", 2))
    pick = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", pick, tote(1), place("B-02-1"), case("LAMP", serial="S-1"), command("FULL"), tote(2))
    floor.scans("ben", pick, case("LAMP", serial="S-2"), place("PACK-1"))
    task = floor.start("cleo", "verify", "SO-1")
    floor.scans("cleo", task, tote(1), case("LAMP", serial="S-2"), case("LAMP", serial="S-1"))
    assert floor.status("SO-1") == "packed"


# --- count -----------------------------------------------------------------------------------------------------------


def test_what_was_counted_is_shown_by_as_many_statements_for_many_items_as_for_few(floor: Floor) -> None:
    floor.world.stock("MUG", "A-01-1", 9)
    floor.world.stock("LAMP", "B-01-1", serial="S-1")
    transact(lambda: floor.world.lot("MILK", "L1"))
    task = floor.start("dan", "count", "A-01-1")
    floor.scans("dan", task, place("A-01-1"), "MUG", case("MILK", lot="L1"), "MUG")
    with counted() as few:
        floor.prompt(task)
    floor.scans("dan", task, case("LAMP", serial="S-1"), "MUG")
    with counted() as many:
        floor.prompt(task)
    assert len(many) == len(few)


def test_a_waiting_count_that_somebody_took_is_not_given_out_again(floor: Floor) -> None:
    shelf = floor.world.locations["A-01-1"].id
    transact(lambda: discrepancies.ask_for_count(floor.by("eve"), shelf, "test"))
    task = floor.start("dan", "count")
    with pytest.raises(Refusal, match="nothing_to_do"):
        floor.start("eve", "count")
    assert floor.start("dan", "count") == task
    assert db.session.get_one(Task, task).person_id == floor.world.people["dan"].id
    assert db.session.scalars(select(Discrepancy)).all() == []
