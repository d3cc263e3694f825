"""Label and slip of a packing: they print on the scan that closes, once, and hold up no packer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from scanner import printing
from scanner.accept import accept_scan
from scanner.barcode import command
from scanner.db import db, now, transact
from scanner.models import Order, Parcel, Printer, PrintJob, Task
from scanner.verify import label
from tests.scanner.floor import SCANS, Floor, difference, dump, tote
from tests.scanner.labels import PRINT, jobs, picked, printer, receipt, sent


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
