"""Labels in the work: what prints by itself, what PRINT prints, and that nothing prints twice by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from scanner import printing, units
from scanner.accept import accept_scan
from scanner.barcode import command, keys
from scanner.db import db, now, transact
from scanner.models import Order, Parcel, Printer, PrintJob, ScanRecord, Site, Task, Unit
from scanner.printing.printers import Facts
from scanner.refusals import Refusal
from scanner.verify import label
from tests.scanner.floor import SCANS, Floor, case, difference, dump, pallet, place, tote
from tests.scanner.walks import stock_up

PRINT, UNDO, DONE = command("PRINT"), command("UNDO"), command("DONE")


def printer(floor: Floor, code: str = "ZEBRA-1", use: str = "label", kind: str = "raw") -> Printer:
    """The site's printer for a use."""
    address = "" if kind == "browser" else "10.0.0.9:9100"
    language = "pdf" if use == "paper" or kind == "browser" else "zpl"
    facts = Facts(code, code, kind, address, language, 203, 102, 152, use, is_default=True)
    return transact(lambda: printing.new_printer(facts, floor.by("eve")))


def jobs(*kinds: str) -> list[PrintJob]:
    """What was asked for, oldest first."""
    db.session.rollback()
    found = list(db.session.scalars(select(PrintJob).order_by(PrintJob.id)))
    return [job for job in found if not kinds or job.kind in kinds]


def sent(*which: PrintJob) -> None:
    """The worker has sent them."""

    def work() -> None:
        for job in which:
            db.session.get_one(PrintJob, job.id).state = "sent"

    transact(work)


def receipt(floor: Floor) -> int:
    floor.world.purchase_order("PO-1", ("MUG", 20), ("MILK", 24), ("LAMP", 2))
    return floor.start("ana", "receive", "PO-1")


def fresh(task: int) -> dict[str, Any]:
    db.session.rollback()
    found: dict[str, Any] = db.session.get_one(Task, task).state.get("fresh", {})
    return found


def serial(floor: Floor) -> int:
    db.session.rollback()
    return db.session.get_one(Site, floor.world.site.id).sscc_serial


# --- receive ---------------------------------------------------------------------------------------------------------


def test_the_unit_label_prints_by_itself_when_the_goods_are_complete_and_is_scanned_to_bind(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MILK", "L7")
    assert jobs() == []  # its date and its count are not known yet
    floor.scans("ana", task, "(17)330101")
    assert jobs() == []
    answer = floor.scans("ana", task, command("Q", 12))
    (job,) = jobs("unit")
    unit = db.session.get_one(Unit, job.subject_id)
    assert keys.is_sscc(unit.code)
    assert (unit.kind, unit.status, unit.location_id) == ("pallet", "open", floor.world.locations["DOCK-1"].id)
    assert job.details == {
        "item": floor.world.items["MILK"].id,
        "count": 12,
        "lot": job.details["lot"],
    }
    assert answer["say"] == "Label prints on ZEBRA-1. 12 in hand."
    assert answer["prompt"]["scan"] == "SCAN LABEL FROM ZEBRA-1"
    assert answer["prompt"]["expects"] == [f"00{unit.code}"]
    assert floor.scans("ana", task, pallet(unit.code))["code"] == "booked"
    assert fresh(task) == {}
    assert (floor.on_hand("MILK", "DOCK-1"), len(jobs())) == (12, 1)
    assert floor.is_good()


def test_a_case_that_tells_its_count_prints_at_once_and_a_single_piece_waits_for_its_count(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG", "MUG")
    assert jobs() == []
    floor.scans("ana", task, command("BACK"), case("MILK", lot="L8", expiry="330201", count="6"))
    assert [job.details["count"] for job in jobs("unit")] == [6]


def test_another_label_may_be_scanned_and_the_fresh_one_waits_for_the_next_goods(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5), pallet(1))
    waits, used = fresh(task), serial(floor)
    answer = floor.scans("ana", task, "MUG", command("Q", 5))  # the same again: what the label says is true
    assert answer["prompt"]["scan"] == "SCAN LABEL FROM ZEBRA-1"
    floor.scans("ana", task, DONE)
    answer = floor.scans("ana", task, case("MILK", lot="L8", expiry="330201", count="6"))
    assert answer["prompt"]["text"] == "Label is of other goods. PRINT a new one."
    assert (len(jobs()), serial(floor), fresh(task)) == (1, used, waits)
    sent(*jobs())
    floor.scans("ana", task, PRINT)
    first, copy = jobs("unit")
    assert (copy.subject_id, copy.copy_of, copy.details["count"]) == (first.subject_id, first.id, 6)
    floor.scans("ana", task, pallet(waits["code"]))
    assert serial(floor) == used
    assert floor.is_good()


def test_a_label_that_says_something_else_is_bound_only_when_it_is_scanned_twice(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5), command("Q", 6))
    code = fresh(task)["code"]
    asked = floor.scans("ana", task, pallet(code))
    assert (asked["code"], asked["moves"]) == ("confirm", [])
    assert asked["say"] == "Label says 5. Scan again, or PRINT."
    assert floor.scans("ana", task, pallet(code))["code"] == "booked"


def left_over(floor: Floor) -> str:
    """The label of five mugs, which were booked loose at the dock."""
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5))
    code: str = fresh(task)["code"]
    floor.scans("ana", task, DONE, DONE, DONE)
    return code


def test_a_label_that_another_receipt_left_over_is_asked_about_when_it_says_something_else(floor: Floor) -> None:
    left = left_over(floor)
    blind = floor.start("ana", "receive")
    floor.scans("ana", blind, "MUG", command("Q", 5), pallet(1))
    asked = floor.scans("ana", blind, "MUG", command("Q", 6), pallet(left))
    assert (asked["code"], asked["say"]) == ("twice", "Label says 5. Scan again, or PRINT.")
    assert floor.scans("ana", blind, command("Q", 5), pallet(left))["code"] == "booked"
    again = floor.scans("ana", blind, "MUG", command("Q", 6), pallet(left))
    assert again["code"] == "booked"  # more is on it than its label says
    assert floor.is_good()


def test_a_left_over_label_is_not_asked_about_where_its_person_has_gone_on(floor: Floor) -> None:
    left = left_over(floor)
    blind = floor.start("ana", "receive")
    floor.scans("ana", blind, "MUG", command("Q", 6))
    assert floor.scan("ana", blind, pallet(left), seen="ok")["code"] == "booked"


@pytest.mark.parametrize("details", [{"qty": 5}, {"item": "x", "count": 5}, {"item": 1}])
def test_a_label_that_a_program_has_asked_for_says_what_it_says(floor: Floor, details: dict[str, Any]) -> None:
    printer(floor)
    by = floor.by("ana")
    dock = floor.world.locations["DOCK-1"].id
    unit = transact(lambda: units.new_unit(by, "pallet", dock))
    transact(lambda: printing.ask("unit", unit.id, by, details=details, key="api:1"))
    blind = floor.start("ana", "receive")
    assert floor.scans("ana", blind, "MUG", pallet(unit.code))["code"] == "booked"


def test_a_label_that_says_something_else_does_not_hide_that_too_many_came(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5), command("Q", 21))
    code = fresh(task)["code"]
    answers = [floor.scans("ana", task, pallet(code)) for _ in range(3)]
    assert [answer["code"] for answer in answers] == ["confirm", "twice", "booked"]
    assert "more than ordered" in answers[1]["say"]
    assert fresh(task) == {}


def test_undo_and_a_repeated_scan_print_nothing_twice_and_spend_no_number(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, "MUG")
    counted = floor.incoming("ana", task, command("Q", 5))
    first = accept_scan(counted, floor.by("ana"))
    before = dump(without=())
    assert accept_scan(counted, floor.by("ana")) == {**first, "replayed": True}
    assert difference(before, dump(without=())) == {}
    used, code = serial(floor), fresh(task)["code"]
    floor.scans("ana", task, UNDO, command("Q", 5))
    assert (len(jobs()), serial(floor), fresh(task)["code"]) == (1, used, code)
    floor.scans("ana", task, pallet(code), UNDO)
    assert floor.on_hand("MUG") == 0
    floor.scans("ana", task, pallet(code))
    assert (floor.on_hand("MUG", "DOCK-1"), len(jobs())) == (5, 1)
    assert floor.is_good()


def test_without_a_printer_nothing_prints_by_itself_and_print_makes_it_for_the_page(floor: Floor) -> None:
    task = receipt(floor)
    answer = floor.scans("ana", task, "MUG", command("Q", 5))
    assert jobs() == []
    assert ("PRINT LABEL", PRINT) in {(action["label"], action["code"]) for action in answer["prompt"]["more"]}
    answer = floor.scans("ana", task, PRINT)
    (job,) = jobs("unit")
    assert (job.printer_id, answer["found"]["page"], answer["code"]) == (None, f"/print/{job.public_id}", "printed")
    assert answer["prompt"]["scan"] == "PRINT THE LABEL AND SCAN IT"
    assert floor.scan("ana", task, PRINT)["code"] == "print_under_way"
    floor.scans("ana", task, UNDO)  # passes over PRINT: takes the quantity back
    assert floor.prompt(task).goods.qty == 1  # type: ignore[union-attr]
    floor.scans("ana", task, command("Q", 5), pallet(fresh(task)["code"]))
    assert floor.on_hand("MUG", "DOCK-1") == 5


def test_a_printer_of_the_browser_prints_nothing_by_itself(floor: Floor) -> None:
    printer(floor, kind="browser")
    task = receipt(floor)
    floor.scans("ana", task, "MUG", command("Q", 5))
    assert jobs() == []


def test_a_printer_with_a_long_name_leaves_room_in_the_scan_band(floor: Floor) -> None:
    printer(floor, "ZEBRA-AT-THE-SECOND-DOCK")
    answer = floor.scans("ana", receipt(floor), "MUG", command("Q", 5))
    assert answer["prompt"]["scan"] == "SCAN THE NEW LABEL"


def test_what_is_damaged_or_past_its_date_gets_no_label(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)
    floor.scans("ana", task, case("MILK", lot="L0", expiry="200101", count="6"))
    assert jobs() == []
    assert floor.scan("ana", task, PRINT)["code"] == "nothing_to_print"


def test_the_last_sscc_of_a_prefix_is_given_out_and_then_none_any_more(floor: Floor) -> None:
    by, dock = floor.by("ana"), floor.world.locations["DOCK-1"].id
    for prefix, last in (("4000000", 10**9 - 1), ("4000000000", 10**6 - 1)):

        def near_the_end(prefix: str = prefix, last: int = last) -> None:
            site = db.session.get_one(Site, floor.world.site.id)
            site.gs1_prefix, site.sscc_serial = prefix, last - 1

        transact(near_the_end)
        assert keys.is_sscc(transact(lambda: units.new_unit(by, "pallet", dock)).code)
        for _ in range(2):
            with pytest.raises(Refusal) as refused:
                transact(lambda: units.new_unit(by, "pallet", dock))
            assert refused.value.code == "sscc_used_up"
        assert serial(floor) == last


def test_numbers_that_are_used_up_stop_no_receipt_by_hand(floor: Floor) -> None:
    task = receipt(floor)

    def use_up() -> None:
        db.session.get_one(Site, floor.world.site.id).sscc_serial = 10**9 - 1

    transact(use_up)
    floor.scans("ana", task, "MUG", command("Q", 5))
    assert floor.scan("ana", task, PRINT)["code"] == "sscc_used_up"
    assert floor.scans("ana", task, pallet(1))["code"] == "booked"


def test_with_a_printer_and_no_numbers_goods_come_in_all_the_same(floor: Floor) -> None:
    printer(floor)
    task = receipt(floor)

    def use_up() -> None:
        db.session.get_one(Site, floor.world.site.id).sscc_serial = 10**9 - 1

    transact(use_up)
    answer = floor.scans("ana", task, "MUG", command("Q", 5))
    assert (jobs(), answer["prompt"]["scan"]) == ([], "SCAN MORE, OR A PALLET LABEL")
    assert floor.scans("ana", task, pallet(1))["code"] == "booked"


# --- pack ------------------------------------------------------------------------------------------------------------


def picked(floor: Floor) -> int:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 2), ("MILK", 1))
    floor.pick("SO-1")
    return floor.start("cleo", "verify", "SO-1")


def test_label_and_slip_print_on_the_scan_that_closes(floor: Floor) -> None:
    printer(floor)
    printer(floor, "LASER-1", "paper")
    task = picked(floor)
    answer = floor.scans("cleo", task, tote(1), "MUG", command("FULL"))
    assert answer["say"] == "Take the next carton. Label prints at ZEBRA-1."
    answer = floor.scans("cleo", task, "MUG", "MILK")
    assert answer["say"] == "SO-1 is packed. Label prints at ZEBRA-1, slip prints at LASER-1."
    parcels = list(db.session.scalars(select(Parcel.id).order_by(Parcel.id)))
    order = db.session.scalars(select(Order.id).where(Order.number == "SO-1")).one()
    asked = [(job.kind, job.subject_id, job.used_for) for job in jobs()]
    assert asked == [
        *[("shipment", parcel, "label") for parcel in parcels],
        ("packing_slip", order, "paper"),
    ]
    assert [action["label"] for action in answer["prompt"]["actions"]] == ["PRINT A COPY"]


def test_one_printer_for_both_is_told_once(floor: Floor) -> None:
    printer(floor)
    laser = printer(floor, "LASER-1", "paper")
    task = picked(floor)
    floor.scans("cleo", task, tote(1), "MUG", "MUG", "MILK")
    shipment = next(job for job in jobs() if job.kind == "shipment")
    transact(lambda: printing.print_elsewhere(shipment, laser, floor.by("cleo")))
    assert label.where(db.session.get_one(Task, task)) == " Label and slip print at LASER-1."


@pytest.mark.parametrize("state", ["ready", "offline"])
def test_a_label_that_waits_for_somebody_else_refuses_no_scan_of_the_packer(floor: Floor, state: str) -> None:
    zebra = printer(floor)
    task = picked(floor)
    floor.scans("cleo", task, tote(1), "MUG", "MUG")
    parcel = db.session.scalars(select(Parcel.id)).one()
    transact(lambda: printing.once("shipment", parcel, floor.by("eve")))
    found(zebra, state=state)
    answer = floor.scan("cleo", task, "MILK")
    assert (answer["outcome"], answer["prompt"]["is_done"]) == ("accepted", True)
    assert ("Label waits: ZEBRA-1 is offline" if state == "offline" else "Label prints at ZEBRA-1") in answer["say"]
    assert answer["tone"] == ("warn" if state == "offline" else "done")
    assert [job.kind for job in jobs("shipment")] == ["shipment"]


def found(row: Printer, **facts: Any) -> None:
    """What a worker has found out of a printer."""

    def work() -> None:
        for name, value in {**facts, "state_at": now()}.items():
            setattr(db.session.get_one(Printer, row.id), name, value)

    transact(work)


@pytest.mark.parametrize(("state", "words"), [("failed", "did not come out"), ("unknown", "may not have come out")])
def test_a_label_that_did_not_come_out_is_told_where_it_was_asked_for(floor: Floor, state: str, words: str) -> None:
    printer(floor)
    task = picked(floor)
    answer = floor.scans("cleo", task, tote(1), "MUG", "MUG", "MILK")
    assert "Label prints at ZEBRA-1" in answer["say"]
    receipt_ = receipt(floor)
    floor.scans("ana", receipt_, "MUG", command("Q", 5))
    assert floor.prompt(receipt_).scan == "SCAN LABEL FROM ZEBRA-1"
    for job in jobs():
        db.session.get_one(PrintJob, job.id).state = state
    db.session.commit()
    prompt = floor.prompt(receipt_)
    assert words in prompt.text
    assert (prompt.scan == "SCAN LABEL FROM ZEBRA-1") == (state == "unknown")  # it may lie there all the same
    assert f"Label {words}" in floor.prompt(task).text


def after(floor: Floor, name: str, task: int, raw: str) -> dict[str, Any]:
    """A scan on the screen of a task that has ended."""
    sent_ = floor.incoming(name, None, raw, shown=("task", task))
    return accept_scan(sent_, floor.by(name))


def test_without_a_printer_the_done_screen_prints_into_the_page_once_and_then_copies(floor: Floor) -> None:
    task = picked(floor)
    answer = floor.scans("cleo", task, tote(1), "MUG", "MUG", "MILK")
    assert jobs() == []
    assert answer["prompt"]["actions"] == [{"label": "PRINT LABEL AND SLIP", "code": PRINT}]
    answer = after(floor, "cleo", task, PRINT)
    assert answer["code"] == "printed"
    assert [(job.kind, job.printer_id, job.copy_of) for job in jobs()] == [
        ("shipment", None, None),
        ("packing_slip", None, None),
    ]
    sent(*jobs())
    assert after(floor, "cleo", task, PRINT)["code"] == "printed"
    assert [(job.kind, job.copy_of) for job in jobs()[2:]] == [("shipment", jobs()[0].id)]


def test_a_program_that_names_the_finished_task_prints_as_its_screen_does(floor: Floor) -> None:
    task = picked(floor)
    floor.scans("cleo", task, tote(1), "MUG", "MUG", "MILK")
    before = dump(without=(*SCANS, "print_job", "print_step", "task"))
    assert floor.scan("cleo", task, "MUG")["code"] == "task_done"
    assert floor.scan("ana", task, PRINT)["code"] == "not_allowed"
    answer = floor.scan("cleo", task, "]C0" + PRINT)
    assert (answer["code"], answer["task"], answer["prompt"]["is_done"]) == ("printed", task, True)
    assert [job.kind for job in jobs()] == ["shipment", "packing_slip"]
    assert difference(before, dump(without=(*SCANS, "print_job", "print_step", "task"))) == {}
    assert floor.scan("cleo", task, command("UNDO"))["code"] == "task_done"


def test_who_may_not_pack_gets_no_label_of_a_packing(floor: Floor) -> None:
    task = picked(floor)
    floor.scans("cleo", task, tote(1), "MUG", "MUG", "MILK")
    assert after(floor, "ana", task, PRINT)["code"] == "nothing_to_print"
    assert jobs() == []


def test_an_order_that_waits_for_a_replacement_has_its_label_and_no_slip(floor: Floor) -> None:
    printer(floor)
    printer(floor, "LASER-1", "paper")
    task = picked(floor)
    floor.scans("cleo", task, tote(1), "MUG", "MUG", command("DAMAGED"), command("BROKEN"), "MILK")
    assert [job.kind for job in jobs()] == ["shipment"]


# --- PRINT, everywhere -----------------------------------------------------------------------------------------------


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


# --- pick: a damaged barcode -----------------------------------------------------------------------------------------

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
