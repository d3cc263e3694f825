"""Labels in the work: what PRINT prints anywhere, and a new label for a barcode that cannot be read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from scanner.accept import accept_scan
from scanner.barcode import command
from scanner.db import db
from scanner.models import Order, Parcel, ScanRecord, Task, Unit
from tests.scanner.floor import Floor, case, difference, dump, pallet, place, tote
from tests.scanner.labels import DONE, PRINT, UNDO, jobs, picked, printer, receipt, sent
from tests.scanner.walks import stock_up


def look(floor: Floor, kind: str, thing_id: int, raw: str = PRINT) -> dict[str, Any]:
    """A scan while a thing is shown."""
    return accept_scan(floor.incoming("ben", None, raw, shown=(kind, thing_id)), floor.by("ben"))


def test_print_at_home_and_in_a_task_repeats_the_last_label_as_a_copy(floor: Floor) -> None:
    printer(floor)
    stock_up(floor)
    item = floor.world.items["MUG"].id
    assert floor.scan("ben", None, PRINT)["code"] == "nothing_to_print"
    look(floor, "item", item)
    assert floor.scan("ben", None, PRINT)["code"] == "print_under_way"
    sent(*jobs())
    answer = floor.scans("ben", None, PRINT)
    assert answer["say"] == "A copy of the label prints on ZEBRA-1."
    sent(*jobs())
    floor.world.order("SO-1", ("MUG", 2))
    task = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", task, tote(1))
    before = dump(without=("scan", "print_job", "print_step", "audit"))
    again = floor.incoming("ben", task, PRINT)
    accept_scan(again, floor.by("ben"))
    accept_scan(again, floor.by("ben"))
    assert difference(before, dump(without=("scan", "print_job", "print_step", "audit"))) == {}
    first, *copies = jobs()
    assert [(job.kind, job.copy_of is not None) for job in copies] == [("item", True)] * 2
    assert floor.scan("ben", task, UNDO)["code"] == "undone"  # the tote: PRINT is passed over
    assert first.copy_of is None


def test_what_is_looked_up_has_its_label_or_its_paper(floor: Floor) -> None:
    task = receipt(floor)
    floor.scans(
        "ana", task, "MUG", command("Q", 5), pallet(1), case("MILK", lot="L8", expiry="330201", count="6"), DONE
    )
    packing = picked(floor)
    floor.scans("cleo", packing, tote(1), "MUG", "MUG", "MILK")
    floor.world.order("SO-2", ("MUG", 1))
    rows = {row.kind: row for row in db.session.scalars(select(Unit).where(Unit.id > 0))}
    parcel = db.session.scalars(select(Parcel)).one()
    orders = {row.number: row.id for row in db.session.scalars(select(Order))}
    place_id = floor.world.locations["A-01-1"].id
    expected = {
        ("item", floor.world.items["MUG"].id): ("item", "label"),
        ("location", place_id): ("location", "label"),
        ("unit", rows["pallet"].id): ("unit", "label"),
        ("unit", rows["tote"].id): ("tote", "label"),
        ("unit", rows["carton"].id): ("shipment", "label"),
        ("order", orders["SO-1"]): ("packing_slip", "paper"),
        ("order", orders["SO-2"]): ("pick_list", "paper"),
        ("purchase_order", db.session.get_one(Task, task).purchase_order_id or 0): ("receiving_sheet", "paper"),
    }
    for shown, wanted in expected.items():
        count = len(jobs())
        answer = look(floor, *shown)
        assert answer["code"] == "printed", (shown, answer)
        (job,) = jobs()[count:]
        assert (job.kind, job.used_for) == wanted
    assert look(floor, "parcel", parcel.id)["code"] == "print_under_way"  # the carton's, above
    assert look(floor, "parcel", 10**6)["code"] == "unknown_document"
    assert look(floor, "item", floor.world.items["MUG"].id)["code"] == "printed"  # items may have many


def test_the_label_of_a_license_plate_comes_a_second_time_only_as_a_copy(floor: Floor) -> None:
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5), pallet(1))
    unit = db.session.scalars(select(Unit.id).where(Unit.kind == "pallet")).one()
    look(floor, "unit", unit)
    sent(*jobs())
    look(floor, "unit", unit)
    first, copy = jobs()
    assert (first.copy_of, copy.copy_of) == (None, first.id)


def test_a_count_has_its_sheet(floor: Floor) -> None:
    stock_up(floor)
    task = floor.start("dan", "count", "B-01-1")
    floor.scans("dan", task, place("B-01-1"), PRINT)
    assert [(job.kind, job.subject_id, job.used_for) for job in jobs()] == [("count_sheet", task, "paper")]


NO_BARCODE = command("NOBARCODE")


def picking(floor: Floor, *lines: tuple[str, int]) -> int:
    stock_up(floor)
    floor.world.order("SO-1", *lines)
    task = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", task, tote(1))
    floor.scans("ben", task, floor.prompt(task).expects[0])
    return task


def test_a_unit_without_a_barcode_is_taken_when_it_is_said_twice_and_a_new_label_is_asked_for(floor: Floor) -> None:
    task = picking(floor, ("MUG", 3))
    asked = floor.scans("ben", task, NO_BARCODE)
    assert (asked["code"], asked["moves"], jobs()) == ("confirm", [], [])
    taken = floor.scans("ben", task, NO_BARCODE)
    assert (taken["code"], taken["say"]) == ("booked", "Mug, red: 2 more.")
    assert [(job.kind, job.subject_id) for job in jobs()] == [("item", floor.world.items["MUG"].id)]
    assert db.session.get_one(ScanRecord, taken["scan_id"]).raw == NO_BARCODE
    assert floor.scans("ben", task, NO_BARCODE)["code"] == "confirm"  # each one is asked for
    assert floor.is_good()


def test_another_scan_between_forgets_the_question(floor: Floor) -> None:
    task = picking(floor, ("MUG", 3))
    floor.scans("ben", task, NO_BARCODE, "MUG")
    assert floor.scans("ben", task, NO_BARCODE)["code"] == "confirm"


def test_a_serial_number_and_one_of_several_lots_must_be_read(floor: Floor) -> None:
    task = picking(floor, ("MILK", 2))
    assert floor.scan("ben", task, NO_BARCODE)["code"] == "need_lot"
    floor.world.order("SO-2", ("LAMP", 1))
    task = floor.start("ben", "pick", "SO-2")
    floor.scans("ben", task, tote(2))
    floor.scans("ben", task, floor.prompt(task).expects[0])
    assert floor.scan("ben", task, NO_BARCODE)["code"] == "need_serial"
    assert jobs() == []
