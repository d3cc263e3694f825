"""Where a device works and where its labels come out; what people say of them; what pages and agents do."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from scanner import lookup, people, printing
from scanner.barcode import encode
from scanner.by import By
from scanner.db import db, now, transact
from scanner.find import Found
from scanner.models import DevicePlace, Printer, PrintJob, Task
from scanner.printing import queue
from scanner.refusals import Refusal
from tests.conftest import Browser
from tests.labels.desk import HERE, ROOT, again, ask, facts, printer, states, work
from tests.labels.fake_printer import FakePrinter
from tests.serving import Client, serve
from tests.world import World

Log_in = Callable[[str], Browser]
BENCH = encode("location", "PACK1")


def beep(browser: Browser, url: str, raw: str, device: str = "gun-7", scan_id: str = "") -> str:
    """Scan a code; where it leads."""
    form = {"scan_id": scan_id or str(uuid.uuid4()), "raw": raw, "at": now().isoformat(), "device": device}
    return browser.send(url, form).headers.get("HX-Location", "")


def two_benches(world: World) -> tuple[Printer, Printer]:
    """A default printer, and one at PACK-1."""
    by = world.by("eve")
    default = printer(by, "10.0.0.1:9100", "DEFAULT")
    bench = printer(by, "10.0.0.2:9100", "BENCH", is_default=False)
    transact(lambda: printing.set_printers(world.locations["PACK-1"], bench, None, by))
    return default, bench


def test_scanning_a_bench_twice_binds_the_device_to_it_and_its_printer(
    app: Flask, warehouse: World, browser: Log_in
) -> None:
    default, bench = two_benches(warehouse)
    cleo, place = browser("cleo"), warehouse.locations["PACK-1"]
    by = warehouse.by("cleo", device="gun-7")
    assert transact(lambda: printing.ask("test", 1, by)).printer_id == default.id
    page = beep(cleo, "/scan", BENCH)
    assert page == f"/lookup/location/{place.id}"
    assert "Work here" in cleo.get(page).text
    assert beep(cleo, f"{page}/scan", BENCH) == "/"
    assert transact(lambda: printing.ask("test", 2, by)).printer_id == bench.id
    assert transact(lambda: printing.ask("test", 3, warehouse.by("ben", device="gun-8"))).printer_id == default.id


def test_the_button_binds_the_device_of_the_session_and_home_tells_the_place(
    app: Flask, warehouse: World, browser: Log_in
) -> None:
    two_benches(warehouse)
    cleo = browser("cleo")
    assert cleo.send("/print/place", {"location": warehouse.locations["PACK-1"].id}).headers["Location"] == "/"
    assert "at PACK-1, labels on BENCH" in cleo.get("/").text
    assert "PACK-1" in cleo.get("/print").text
    cleo.send("/print/place", {"location": ""})
    assert db.session.scalar(select(func.count()).select_from(DevicePlace)) == 0


def test_a_bench_prints_on_no_printer_that_is_for_something_else_now(app: Flask, warehouse: World) -> None:
    by, bench = warehouse.by("cleo", device="gun-7"), warehouse.locations["PACK-1"]
    zebra = printer(by, "10.0.0.7:9100")
    own = printer(by, "10.0.0.8:9100", "OWN", is_default=False)
    transact(lambda: printing.set_printers(bench, db.session.get_one(Printer, own.id), None, by))
    transact(lambda: printing.bind(bench, by))
    assert ask(by)[0].printer_id == own.id
    sheet = facts("OWN", "10.0.0.8:9100", language="pdf", width_mm=210, height_mm=297, used_for="paper")
    transact(lambda: printing.change_printer(db.session.get_one(Printer, own.id), sheet, by))
    assert ask(by)[0].printer_id == zebra.id
    assert printing.place_of(by).label == zebra
    assert ask(by, use="paper")[0].printer_id is None  # it was never made this bench's for papers


def test_nobody_works_in_a_shelf(app: Flask, warehouse: World, browser: Log_in) -> None:
    ben, shelf = browser("ben"), warehouse.locations["A-01-1"]
    assert ben.send("/print/place", {"location": shelf.id}).status_code == 422
    url = f"/lookup/location/{shelf.id}"
    assert beep(ben, f"{url}/scan", encode("location", "A011")) == url
    assert "Work here" not in ben.get(url).text


def test_without_any_printer_the_page_of_the_device_prints_and_asks(
    app: Flask, warehouse: World, browser: Log_in
) -> None:
    cleo = browser("cleo")
    job = transact(lambda: printing.ask("test", None, warehouse.by("cleo", device="device-of-cleo")))
    assert "1 label to look after" in cleo.get("/").text
    opened = cleo.send(f"/print/{job.public_id}/open")
    pdf = cleo.get(opened.headers["Location"])
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert again(job).state == "sent"
    assert cleo.get(opened.headers["Location"]).data == pdf.data
    cleo.send(f"/print/{job.public_id}/answer", {"answer": "came_out"})
    assert again(job).state == "confirmed"
    assert cleo.get(opened.headers["Location"]).status_code == 422
    assert cleo.send(f"/print/{job.public_id}/open").status_code == 422
    cleo.send(f"/print/{job.public_id}/answer", {"answer": "again"})
    copy = db.session.scalars(select(PrintJob).where(PrintJob.copy_of == job.id)).one()
    assert copy.state == "queued"
    assert browser("ben").get(f"/print/{job.public_id}").status_code == 404


def test_the_replay_of_a_scan_makes_no_second_job(
    app: Flask, warehouse: World, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = lookup.step

    def step_that_prints(task: Task | None, found: Found, *, by: By) -> str:
        said = step(task, found, by=by)
        printing.ask("test", None, by)
        return said

    monkeypatch.setattr(lookup, "step", step_that_prints)
    cleo, scan_id = browser("cleo"), str(uuid.uuid4())
    form = {"scan_id": scan_id, "raw": BENCH, "at": now().isoformat(), "device": "gun-7"}
    answers = [cleo.send("/scan", form).headers["HX-Location"] for _ in range(3)]
    assert len(set(answers)) == 1
    assert [job.device for job in db.session.scalars(select(PrintJob))] == ["gun-7"]


def test_the_same_key_never_makes_a_second_job(app: Flask, warehouse: World) -> None:
    by = warehouse.by("cleo")
    first = transact(lambda: printing.ask("test", 1, by, key="parcel-7"))
    second = transact(lambda: printing.ask("test", 1, warehouse.by("ben"), key="parcel-7"))
    assert first.id == second.id
    twin = PrintJob(
        **{c.key: getattr(first, c.key) for c in PrintJob.__table__.columns if c.key not in ("id", "public_id")}
    )
    twin.public_id = str(uuid.uuid4())
    with pytest.raises(IntegrityError):
        transact(lambda: db.session.add(twin))


def test_an_act_that_fails_prints_nothing(app: Flask, warehouse: World) -> None:
    def act() -> None:
        printing.ask("test", None, warehouse.by("cleo"))
        raise Refusal("wrong_item")

    with pytest.raises(Refusal):
        transact(act)
    assert db.session.scalar(select(func.count()).select_from(PrintJob)) == 0


def test_the_print_card_repeats_the_last_label_as_a_copy(app: Flask, warehouse: World) -> None:
    by = warehouse.by("cleo", device="gun-7")
    with pytest.raises(Refusal, match="nothing_to_print"):
        transact(lambda: printing.repeat_last(by))
    with FakePrinter("answers") as fake:
        printer(by, fake.address)
        (job,) = ask(by)
        with pytest.raises(Refusal, match="print_under_way"):
            transact(lambda: printing.repeat_last(by))
        work(app)
        copy = transact(lambda: printing.repeat_last(warehouse.by("cleo", device="gun-7")))
        work(app)
        assert copy.copy_of == job.id
        assert [b"COPY" in label for label in fake.labels] == [False, True]


def test_print_elsewhere_moves_what_did_not_come_out_and_copies_what_may_have(app: Flask, warehouse: World) -> None:
    by = warehouse.by("eve")
    with FakePrinter("refuse") as dead, FakePrinter("cut") as cut, FakePrinter("good") as good:
        other = printer(by, good.address, "GOOD")
        first = ask(by, printer=printer(by, dead.address, "DEAD"))[0]
        second = ask(by, printer=printer(by, cut.address, "CUT"))[0]
        work(app)
        moved = transact(lambda: printing.print_elsewhere(first, other, by))
        copied = transact(lambda: printing.print_elsewhere(second, other, by))
        work(app)
        assert (moved.id, copied.copy_of) == (first.id, second.id)
        assert good.jobs == [first.public_id, copied.public_id]
    assert (again(first).state, again(second).state) == ("sent", "cancelled")


def test_what_waits_for_a_printer_that_is_retired_fails_and_is_printed_by_another(app: Flask, warehouse: World) -> None:
    by = warehouse.by("cleo", device="gun-7")
    old = printer(by, "127.0.0.1:9", "OLD", width_mm=105)
    waits, was_out = ask(by, 2)
    transact(lambda: setattr(db.session.get_one(PrintJob, was_out.id), "state", "confirmed"))
    retired = facts("OLD", "127.0.0.1:9", is_active=False)
    transact(lambda: printing.change_printer(db.session.get_one(Printer, old.id), retired, by))
    assert (again(waits).state, again(waits).error_code, states(waits)) == (
        "failed",
        "printer_retired",
        ["queued", "failed"],
    )
    assert [job.id for job in printing.questions(by)] == [waits.id]
    with pytest.raises(Refusal, match="unknown_printer"):
        ask(by, printer=db.session.get_one(Printer, old.id))
    assert transact(lambda: printing.print_again(waits, by)).printer_id is None  # its page: nothing else serves it
    new = printer(by, "127.0.0.1:9", "NEW")
    assert transact(lambda: printing.print_again(was_out, by)).printer_id == new.id


def test_what_is_out_cannot_be_cancelled_and_what_waits_can(app: Flask, warehouse: World) -> None:
    by = warehouse.by("cleo")
    with FakePrinter("answers") as fake:
        printer(by, fake.address)
        out = ask(by)[0]
        work(app)
        waits = ask(by)[0]
        with pytest.raises(Refusal, match="print_finished"):
            transact(lambda: printing.cancel(out, by))
        transact(lambda: printing.cancel(waits, by))
        work(app)
        assert fake.jobs == [out.public_id]
    assert states(waits) == ["queued", "cancelled"]


def test_a_job_that_a_person_cancels_at_the_last_instant_is_not_sent(app: Flask, warehouse: World) -> None:
    by, holder = warehouse.by("cleo"), queue.Holder("me", 30)
    row = printer(by, "127.0.0.1:9")
    (job,) = ask(by)
    assert queue.hold(row.id, holder)
    transact(lambda: printing.cancel(job, by))
    with pytest.raises(queue.Lost):
        queue.mark_sending(job.id, holder, "", queue.asked_for(job))


def test_only_the_holder_may_send_and_a_holder_that_died_leaves_a_question(app: Flask, warehouse: World) -> None:
    by, dead, live = warehouse.by("cleo"), queue.Holder("dead", 0.05), queue.Holder("live", 30)
    row = printer(by, "127.0.0.1:9")
    first, second = ask(by, 2)
    assert queue.hold(row.id, dead)
    queue.mark_sending(first.id, dead, "", queue.asked_for(first))
    time.sleep(0.1)
    assert queue.hold(row.id, live)
    assert not queue.hold(row.id, dead)
    assert (again(first).state, again(second).state) == ("unknown", "queued")
    with pytest.raises(queue.Lost):
        queue.mark_sending(second.id, dead, "", queue.asked_for(second))
    with pytest.raises(queue.Lost):
        queue.mark_sent(first.id, live, is_confirmed=True)  # it has not sent it
    queue.mark_sent(first.id, dead, is_confirmed=False)  # it was only slow, and knows better than the clock
    assert again(first).state == "sent"


@pytest.mark.parametrize("change", [{"is_active": False}, {"kind": "browser", "language": "pdf", "address": ""}])
def test_what_a_dead_worker_left_at_a_printer_that_no_worker_serves_any_more_is_a_question(
    app: Flask, warehouse: World, change: dict[str, Any]
) -> None:
    by, dead = warehouse.by("cleo"), queue.Holder("dead", 0.05)
    row = printer(by, "127.0.0.1:9")
    (job,) = ask(by)
    assert queue.hold(row.id, dead)
    queue.mark_sending(job.id, dead, "", queue.asked_for(job))
    new = facts("ZEBRA", **{"address": "127.0.0.1:9", **change})
    transact(lambda: printing.change_printer(db.session.get_one(Printer, row.id), new, by))
    queue.expire()  # its lease may not be over
    time.sleep(0.1)
    work(app)
    assert again(job).state == "unknown"
    assert [asked.id for asked in printing.questions(by)] == [job.id]


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254:9100", "127.0.0.1:9100", "10.0.0.1:5432", "10.0.0.1:22", "8.8.8.8:9100",
     "[::ffff:127.0.0.1]:9100",
     "[fe80::1]:9100", "10.0.0.1:9100/x", "user@10.0.0.1:9100", "0.0.0.0:9100", "224.0.0.1:9100", "2130706433:9100"],
)  # fmt: skip
def test_no_printer_is_put_on_file_at_an_address_that_is_closed(
    app: Flask, warehouse: World, browser: Log_in, address: str
) -> None:
    form = {name: str(value) for name, value in vars_of(facts(address=address)).items()}
    answer = browser("eve").send("/printers", form, follow_redirects=True)
    assert "no address that a printer may have" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Printer)) == 0


def vars_of(found: object) -> dict[str, object]:
    """The form's fields of a printer's facts; what is false is no field."""
    fields = {name: getattr(found, name) for name in type(found).__dataclass_fields__}  # type: ignore[attr-defined]
    return {name: value for name, value in fields.items() if value is not False}


def test_the_desk_adds_changes_pauses_and_tests_a_printer(app: Flask, warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    form = {name: str(value) for name, value in vars_of(facts(address="10.0.0.7")).items()}
    eve.send("/printers", form)
    (row,) = db.session.scalars(select(Printer))
    assert "ZEBRA" in eve.get("/printers").text
    for _ in range(4):
        eve.send(f"/printers/{row.id}/test")
    assert 1 <= (db.session.scalar(select(func.count()).select_from(PrintJob)) or 0) <= 2
    eve.send(f"/printers/{row.id}/edit", {**form, "name": "Zebra at the dock"})
    eve.send(f"/printers/{row.id}/pause")
    eve.send(f"/printers/{row.id}/status")
    db.session.rollback()
    db.session.refresh(row)
    assert (row.name, row.is_paused, row.is_asked) == ("Zebra at the dock", True, True)
    assert "already" in eve.send("/printers", form, follow_redirects=True).text
    (job, *_more) = db.session.scalars(select(PrintJob)).all()
    eve.send(f"/print-jobs/{job.id}/answer", {"answer": "cancel"})
    assert again(job).state == "cancelled"
    assert "cancelled" in eve.get("/print-jobs?state=cancelled").text
    assert job.public_id in eve.get(f"/print-jobs/{job.id}").text
    eve.send(f"/workplaces/{warehouse.locations['DOCK-1'].id}", {"label": row.id, "paper": ""})
    assert "DOCK-1" in eve.get("/workplaces").text


def agent(port: int, token: str, address: str) -> subprocess.CompletedProcess[bytes]:
    """The agent as a PC at the bench runs it, until nothing waits."""
    program = [
        sys.executable,
        "tools/print_agent.py",
        "--url",
        f"http://127.0.0.1:{port}",
        "--printer",
        "PC-1",
        "--once",
    ]
    env = {"SCANDOCK_TOKEN": token, "PATH": "/usr/bin:/bin"}
    return subprocess.run([*program, "--raw", address], cwd=ROOT, env=env, timeout=60, check=True, capture_output=True)


def test_an_agent_at_the_bench_prints_each_job_once(
    app: Flask, warehouse: World, engine_url: str, tmp_path: Path
) -> None:
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    other = transact(lambda: people.new_api_token(warehouse.by("finn"), "other-pc", "packer"))
    printer(warehouse.by("eve"), "bench-pc", "PC-1", kind="agent")
    jobs = ask(warehouse.by("cleo"), 5)
    with serve(engine_url, tmp_path) as port, FakePrinter("good") as fake:
        agent(port, token, fake.address)
        agent(port, token, fake.address)
        assert fake.jobs == [job.public_id for job in jobs]
        stranger = Client(port, token=other)
        take = stranger.ask("POST", "/api/v1/print-jobs/take", {"printer": "PC-1", "run": "12345678"})
        stranger.close()
        assert (take.status, take.json["code"]) == (422, "unknown_printer")
    assert {again(job).state for job in jobs} == {"sent"}
    assert states(jobs[0]) == ["queued", "sending", "sent"]


def test_an_agent_that_dies_in_the_middle_leaves_a_question(app: Flask, warehouse: World, client: Browser) -> None:
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    app.config["PRINT_LEASE_S"] = 0.1
    printer(warehouse.by("eve"), "bench-pc", "PC-1", kind="agent")
    (job,) = ask(warehouse.by("cleo"))
    head, run = {"Authorization": f"Bearer {token}"}, {"run": "12345678"}

    def call(path: str, **facts: str) -> int:
        return client.post(f"/api/v1/print-jobs/{path}", json={**run, **facts}, headers=head).status_code

    assert call("take", printer="PC-1") == 200
    assert call(f"{job.public_id}/start") == 200
    assert call(f"{job.public_id}/start") == 200  # the answer was lost, the same is asked again
    time.sleep(0.2)
    work(app, HERE)
    assert (again(job).state, again(job).error_code) == ("unknown", "worker_ended")
    run["run"] = "another run"
    assert call(f"{job.public_id}/done", outcome="sent") == 422


def test_a_program_asks_for_a_label_once_and_learns_what_became_of_it(
    app: Flask, warehouse: World, client: Browser
) -> None:
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "erp", "packer"))
    head = {"Authorization": f"Bearer {token}"}
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    body = {"kind": "test", "printer": "ZEBRA", "key": "erp-1"}
    first, second = (client.post("/api/v1/print-jobs", json=body, headers=head) for _ in range(2))
    assert first.json is not None
    assert second.json is not None
    assert (first.status_code, first.json["id"]) == (201, second.json["id"])
    unknown = client.post("/api/v1/print-jobs", json={"kind": "horoscope"}, headers=head)
    assert unknown.json is not None
    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown_label")
    url = f"/api/v1/print-jobs/{first.json['id']}"
    cancelled = client.post(f"{url}/answer", json={"answer": "cancel"}, headers=head)
    found = client.get(url, headers=head)
    assert found.json is not None
    assert (cancelled.status_code, found.json["state"]) == (200, "cancelled")
    listed = client.get("/api/v1/print-jobs?state=cancelled", headers=head).json
    assert listed is not None
    assert [each["id"] for each in listed["jobs"]] == [first.json["id"]]
