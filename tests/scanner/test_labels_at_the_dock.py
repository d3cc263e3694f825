"""The label of a new pallet: it comes out when all is known that it says, and its scan binds the goods."""

from __future__ import annotations

from typing import Any

import pytest

from scanner import printing, units
from scanner.accept import accept_scan
from scanner.barcode import command, keys
from scanner.db import db, transact
from scanner.models import Site, Unit
from scanner.refusals import Refusal
from tests.scanner.floor import Floor, case, difference, dump, pallet
from tests.scanner.labels import DONE, PRINT, UNDO, fresh, jobs, printer, receipt, sent, serial


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
