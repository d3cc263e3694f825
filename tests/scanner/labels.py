"""What tests of labels in the work share: a printer, what was asked for, a receipt and a pick to begin with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from scanner import printing
from scanner.barcode import command
from scanner.db import db, transact
from scanner.models import Printer, PrintJob, Site, Task
from scanner.printing.printers import Facts
from tests.scanner.floor import Floor
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


def picked(floor: Floor) -> int:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 2), ("MILK", 1))
    floor.pick("SO-1")
    return floor.start("cleo", "verify", "SO-1")
