"""What people and programs answer about prints: each answer counts once, and only for those whose print it is."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update

from scanner import printing
from scanner.db import db, now, transact
from scanner.models import PrintJob
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer
from tests.world import World

Log_in = Callable[[str], Browser]


def jobs() -> list[PrintJob]:
    """All jobs, as they stand."""
    db.session.expire_all()
    return list(db.session.scalars(select(PrintJob).order_by(PrintJob.id)))


def out(job: PrintJob, state: str = "sent") -> PrintJob:
    """A job that has left."""
    values = {"state": state, "sent_at": now()}
    transact(lambda: db.session.execute(update(PrintJob).where(PrintJob.id == job.id).values(values)))
    return again(job)


# --- again -----------------------------------------------------------------------------------------------------------


def test_what_was_cancelled_before_it_left_is_printed_as_itself(warehouse: World, browser: Log_in) -> None:
    cleo = browser("cleo")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    (job,) = ask(warehouse.by("cleo", device="device-of-cleo"))
    url = f"/print/{job.public_id}"
    cleo.send(f"{url}/answer", {"answer": "cancel"})
    assert "Print again" in cleo.get(url).text
    cleo.send(f"{url}/answer", {"answer": "again"})
    assert [(row.id, row.state) for row in jobs()] == [(job.id, "queued")]


def test_what_was_cancelled_after_it_may_have_come_out_is_printed_as_a_copy(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    job = out(ask(warehouse.by("eve"))[0], "unknown")
    eve.send(f"/print-jobs/{job.id}/answer", {"answer": "cancel"})
    assert "Print a copy" in eve.get(f"/print-jobs/{job.id}").text
    eve.send(f"/print-jobs/{job.id}/answer", {"answer": "again"})
    assert [(row.state, row.copy_of) for row in jobs()] == [("cancelled", None), ("queued", job.id)]


def test_a_pallets_label_that_was_cancelled_before_it_left_is_no_copy(warehouse: World) -> None:
    by = warehouse.by("ana")
    printer(by, "10.0.0.7:9100")
    job = transact(lambda: printing.once("unit", 1, by))
    transact(lambda: printing.cancel(job, by))
    assert transact(lambda: printing.once("unit", 1, by)).id == job.id
