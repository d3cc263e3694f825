"""What an agent is given by the API, and what it may start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from scanner import people, printing
from scanner.db import db, now, transact
from scanner.models import Location, Printer, PrintJob
from scanner.printing import queue
from scanner.printing.ask import DIGITS
from tests.conftest import Browser
from tests.labels.desk import HERE, again, ask, facts, printer, states, work
from tests.labels.fake_printer import FakePrinter
from tests.serving import serve
from tests.world import World
from tools import print_agent
from tools.print_agent import Raw, Server

Call = Callable[..., tuple[int, dict[str, Any]]]
RUN = {"run": "12345678"}


@pytest.fixture
def bench(app: Flask, warehouse: World) -> Printer:
    """The printer that the agent serves."""
    return printer(warehouse.by("eve"), "bench-pc", "PC-1", kind="agent")


@pytest.fixture
def call(app: Flask, warehouse: World, client: Browser) -> Iterator[Call]:
    """A request of the agent: its status and its answer. A fault of ours is a 500, as on a real server."""
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def send(path: str, **body: object) -> tuple[int, dict[str, Any]]:
        head = {"Authorization": f"Bearer {token}"}
        found = client.post(f"/api/v1/print-jobs{path}", json=body, headers=head)
        return found.status_code, found.json or {}

    yield send
    app.config["PROPAGATE_EXCEPTIONS"] = None


def test_a_job_that_cannot_be_drawn_fails_alone_and_the_agent_gets_the_next(
    warehouse: World, bench: Printer, call: Call
) -> None:
    mug, by = warehouse.items["MUG"].id, warehouse.by("cleo")
    bad = transact(lambda: printing.ask("item", mug, by, details={"qty": 10**30}, key="bad"))
    (good,) = ask(by)
    status, found = call("/take", printer="PC-1", **RUN)
    assert (status, (found.get("job") or {}).get("id")) == (200, good.public_id)
    assert (again(bad).state, again(bad).error_code) == ("failed", "not_made")


@pytest.mark.parametrize(
    "details",
    [{"qty": 10**30}, {"qty": 0}, {"qty": None}, {"qty": True}, {"qty": "5"},
     {"lot": True}, {"count": 10**8}, {"lot": [1]}, {"lot": {"id": 1}}, {"lot": -1},
     {"lot": 1.5}, {"serial": "x" * 65}, {"x" * 65: 1}, {str(n): n for n in range(30)}],
)  # fmt: skip
def test_details_that_no_label_can_hold_are_refused_when_they_are_asked_for(
    warehouse: World, call: Call, details: dict[str, Any]
) -> None:
    body = {"kind": "item", "subject": warehouse.items["MUG"].id}
    assert call("", **body, details=details)[0] == 422
    assert call("", **body, details={"qty": 12, "serial": "S-1", "symbol": None})[0] == 201


@pytest.mark.parametrize("change", [{"language": "png"}, {"dpi": 300}, {"width_mm": 60}, {"height_mm": 40}])
def test_an_agent_starts_no_label_whose_printer_was_changed_after_it_was_taken(
    warehouse: World, bench: Printer, call: Call, change: dict[str, Any]
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    assert call("/take", printer="PC-1", **RUN)[0] == 200
    new = facts("PC-1", **{"address": "bench-pc", "kind": "agent", "is_default": True, **change})
    transact(lambda: printing.change_printer(db.session.get_one(Printer, bench.id), new, warehouse.by("eve")))
    status, found = call(f"/{job.public_id}/start", **RUN)
    assert (status, found["code"], again(job).state) == (422, "print_taken", "queued")
    assert call("/take", printer="PC-1", **RUN)[1]["job"]["id"] == job.public_id
    assert call(f"/{job.public_id}/start", **RUN)[0] == 200


def test_an_agent_starts_nothing_on_a_printer_that_is_paused(warehouse: World, bench: Printer, call: Call) -> None:
    (job,) = ask(warehouse.by("cleo"))
    assert call("/take", printer="PC-1", **RUN)[0] == 200
    transact(lambda: printing.pause(db.session.get_one(Printer, bench.id), warehouse.by("eve")))
    assert (call(f"/{job.public_id}/start", **RUN)[0], again(job).state) == (422, "queued")
    transact(lambda: printing.resume(db.session.get_one(Printer, bench.id), warehouse.by("eve")))
    assert call(f"/{job.public_id}/start", **RUN)[0] == 200


def test_a_change_of_the_printer_that_is_stored_while_a_job_is_drawn_draws_it_again(
    warehouse: World, bench: Printer
) -> None:
    holder = queue.Holder("me", 30)
    (job,) = ask(warehouse.by("cleo"))
    assert queue.hold(bench.id, holder)
    wanted = queue.asked_for(job)
    new = facts("PC-1", "bench-pc", kind="agent", dpi=300)
    transact(lambda: printing.change_printer(db.session.get_one(Printer, bench.id), new, warehouse.by("eve")))
    for mark in (queue.mark_drawn, queue.mark_sending):
        with pytest.raises(queue.Changed):
            mark(job.id, holder, "x" * 64, wanted)


# --- an agent that takes its time ------------------------------------------------------------------------------------


def test_a_job_that_an_agent_prints_for_longer_than_the_lease_is_no_question(
    app: Flask, warehouse: World, bench: Printer, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_agent, "CLOSE_S", 3.5)  # how long a printer that hangs keeps it
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    (job,) = ask(warehouse.by("cleo"))
    with serve(engine_url, tmp_path, SCANDOCK_PRINT_LEASE_S="1.5") as port, FakePrinter("hang") as fake:
        server = Server(f"http://127.0.0.1:{port}", token, "PC-1")
        pulls = (server, Raw(fake.address), threading.Event())
        agent = threading.Thread(target=print_agent.serve, args=pulls, kwargs={"once": True})
        agent.start()
        wait_for(job, "sending")
        time.sleep(2.2)
        work(app, HERE)
        assert again(job).state == "sending"
        agent.join()
    assert again(job).state == "sent"
    assert states(job) == ["queued", "sending", "sent"]


def wait_for(job: PrintJob, state: str) -> None:
    """Until the job is there."""
    for _ in range(200):
        if again(job).state == state:
            return
        time.sleep(0.05)
    pytest.fail(f"the job is {again(job).state}")


def believed_to_have_ended(app: Flask, call: Call, job: PrintJob) -> None:
    """The agent begins a job, and is out of reach for longer than its lease."""
    app.config["PRINT_LEASE_S"] = 0.1
    assert call("/take", printer="PC-1", **RUN)[1]["job"]["lease_s"] == 0.1
    assert call(f"/{job.public_id}/start", **RUN)[0] == 200
    time.sleep(0.2)
    work(app, HERE)
    assert (again(job).state, again(job).error_code) == ("unknown", "worker_ended")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("sent", ""), ("confirmed", ""), ("unknown", "agent_unsure"), ("failed", "agent_failed")],
)
def test_an_agent_that_was_only_out_of_reach_tells_what_came_of_its_job(
    app: Flask, warehouse: World, bench: Printer, call: Call, outcome: str, code: str
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    believed_to_have_ended(app, call, job)
    other = {"run": "another run"}
    assert call(f"/{job.public_id}/done", outcome=outcome, **other)[1]["code"] == "print_taken"
    assert call(f"/{job.public_id}/start", **RUN)[1]["code"] == "print_taken"
    status, found = call(f"/{job.public_id}/done", outcome=outcome, **RUN)
    assert (status, found["state"], found["error_code"]) == (200, outcome, code)
    assert call(f"/{job.public_id}/done", outcome=outcome, **RUN)[0] == 422  # once


@pytest.mark.parametrize("answer", ["came_out", "print_again", "cancel"])
def test_what_a_person_has_said_of_a_job_meanwhile_stays(
    app: Flask, warehouse: World, bench: Printer, call: Call, answer: str
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    believed_to_have_ended(app, call, job)
    transact(lambda: getattr(printing, answer)(job, warehouse.by("cleo")))
    said = again(job).state
    status, found = call(f"/{job.public_id}/done", outcome="sent", **RUN)
    assert (status, found["code"], again(job).state) == (422, "print_taken", said)


def test_an_outcome_that_is_told_late_gives_a_location_no_older_check_digits(
    app: Flask, warehouse: World, bench: Printer, call: Call
) -> None:
    place, by = warehouse.locations["A-01-1"].id, warehouse.by("cleo")
    old = transact(lambda: printing.ask("location", place, by, key="old"))
    believed_to_have_ended(app, call, old)
    new = transact(lambda: printing.ask("location", place, by, key="new"))
    app.config["PRINT_LEASE_S"] = 30
    other = {"run": "another run"}
    assert call("/take", printer="PC-1", **other)[1]["job"]["id"] == new.public_id
    assert call(f"/{new.public_id}/start", **other)[0] == 200
    assert call(f"/{new.public_id}/done", outcome="sent", **other)[0] == 200
    assert call(f"/{old.public_id}/done", outcome="sent", **RUN)[0] == 200
    assert again(new).details[DIGITS] == db.session.get_one(Location, place).check_digits


# --- how the printer of an agent is ----------------------------------------------------------------------------------


def how(row: Printer) -> tuple[str, str]:
    """What is on file of how it is."""
    db.session.rollback()
    found = db.session.get_one(Printer, row.id, populate_existing=True)
    return found.state, found.state_words


@pytest.mark.parametrize("outcome", ["unknown", "failed"])
def test_a_job_that_an_agent_has_not_printed_whole_does_not_make_its_printer_offline(
    warehouse: World, bench: Printer, call: Call, outcome: str
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    call("/take", printer="PC-1", **RUN)
    call(f"/{job.public_id}/start", **RUN)
    assert call(f"/{job.public_id}/done", outcome=outcome, words="It was cut.", **RUN)[0] == 200
    assert how(bench) == ("", "It was cut.")
    assert call("/take", printer="PC-1", **RUN) == (200, {"job": None})
    assert how(bench) == ("", "")


def test_a_printer_that_its_agent_does_not_reach_is_offline_until_the_next_job_begins(
    warehouse: World, bench: Printer, call: Call
) -> None:
    job, other = ask(warehouse.by("cleo"), 2)
    call("/take", printer="PC-1", **RUN)
    assert call(f"/{job.public_id}/done", outcome="not_reached", words="No way there.", **RUN)[0] == 200
    assert how(bench) == ("offline", "No way there.")
    assert call("/take", printer="PC-1", **RUN) == (200, {"job": None})  # it waits a little after a failure
    assert how(bench) == ("offline", "No way there.")
    transact(lambda: setattr(db.session.get_one(Printer, bench.id), "retry_at", None))
    assert call("/take", printer="PC-1", **RUN)[1]["job"]["id"] == job.public_id
    assert call(f"/{job.public_id}/start", **RUN)[0] == 200
    assert how(bench) == ("", "")
    assert call(f"/{job.public_id}/done", outcome="sent", words="All out.", **RUN)[0] == 200
    assert (how(bench), again(other).state) == (("ready", "All out."), "queued")


def test_a_printer_that_its_agent_did_not_reach_is_not_offline_once_nothing_waits_there(
    warehouse: World, bench: Printer, call: Call
) -> None:
    (job,) = ask(warehouse.by("cleo"))
    call("/take", printer="PC-1", **RUN)
    call(f"/{job.public_id}/done", outcome="not_reached", **RUN)
    assert how(bench)[0] == "offline"
    transact(lambda: printing.cancel(db.session.get_one(PrintJob, job.id), warehouse.by("cleo")))
    call("/take", printer="PC-1", **RUN)
    assert how(bench) == ("", "")


def test_an_agent_that_prints_for_minutes_is_not_one_that_is_gone(
    app: Flask, warehouse: World, bench: Printer, call: Call
) -> None:
    job, _waits = ask(warehouse.by("cleo"), 2)
    call("/take", printer="PC-1", **RUN)
    call(f"/{job.public_id}/start", **RUN)
    transact(lambda: setattr(db.session.get_one(Printer, bench.id), "state_at", now() - timedelta(minutes=5)))
    work(app, HERE)
    assert (how(bench), again(job).state) == (("", ""), "sending")
