"""What people and programs answer about prints: each answer counts once, and only for those whose print it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select, update

from scanner import people, printing
from scanner.db import db, now, transact
from scanner.models import AuditEntry, Order, PrintJob
from scanner.printing import queue
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer
from tests.world import World

Log_in = Callable[[str], Browser]


def jobs() -> list[PrintJob]:
    """All jobs, as they stand."""
    db.session.rollback()
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


# --- a button that is pressed twice ----------------------------------------------------------------------------------

TOKEN = re.compile(r'name="token" value="([^"]+)"')


def press_twice(browser: Browser, page: str, **answer: object) -> None:
    """Post the same form of a page twice."""
    found = TOKEN.search(browser.get(page).text)
    assert found is not None
    for _ in range(2):
        browser.send(f"{page}/answer", {"token": found[1], **answer})


def test_print_a_copy_pressed_twice_at_the_station_prints_one(warehouse: World, browser: Log_in) -> None:
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    job = out(ask(warehouse.by("cleo", device="device-of-cleo"))[0], "unknown")
    press_twice(browser("cleo"), f"/print/{job.public_id}", answer="again")
    assert [row.copy_of for row in jobs()] == [None, job.id]


def test_print_a_copy_and_print_it_there_pressed_twice_at_the_desk_print_one_each(
    warehouse: World, browser: Log_in
) -> None:
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    other = printer(warehouse.by("eve"), "10.0.0.8:9100", "OTHER", is_default=False)
    job = out(ask(warehouse.by("cleo"))[0])
    page, eve = f"/print-jobs/{job.id}", browser("eve")
    press_twice(eve, page, answer="again")
    assert [row.copy_of for row in jobs()] == [None, job.id]
    press_twice(eve, page, answer="elsewhere", printer=other.id)
    assert [row.printer_id for row in jobs()[2:]] == [other.id]
    press_twice(eve, page, answer="again")  # another page's form is another asking
    assert len(jobs()) == 4


def test_print_again_pressed_twice_is_no_fault_and_prints_what_failed_once(warehouse: World, browser: Log_in) -> None:
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    job = out(ask(warehouse.by("cleo"))[0], "failed")
    press_twice(browser("cleo"), f"/print/{job.public_id}", answer="again")
    assert [(row.id, row.state) for row in jobs()] == [(job.id, "queued")]


def test_a_program_that_answers_again_with_the_same_key_prints_once(warehouse: World, client: Browser) -> None:
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "erp", "packer"))
    head = {"Authorization": f"Bearer {token}"}
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    asked = client.post("/api/v1/print-jobs", json={"kind": "test"}, headers=head).get_json()
    out(jobs()[0])

    def answer(key: str) -> str:
        body, url = {"answer": "again", "key": key}, f"/api/v1/print-jobs/{asked['id']}/answer"
        return str(client.post(url, json=body, headers=head).get_json()["id"])

    first = answer("k1")
    assert answer("k1") == first != asked["id"]
    assert answer("k2") not in (first, asked["id"])
    assert [row.copy_of for row in jobs()] == [None, jobs()[0].id, jobs()[0].id]


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_a_token_answers_for_its_own_prints_only_and_a_supervisors_for_all(warehouse: World, client: Browser) -> None:
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    (job,) = ask(warehouse.by("eve", device="desk"))

    def answer(role: str, **body: str) -> str:
        token = transact(lambda: people.new_api_token(warehouse.by("finn"), f"erp-{len(body)}-{role}", role))
        url, head = f"/api/v1/print-jobs/{job.public_id}/answer", {"Authorization": f"Bearer {token}"}
        said = client.post(url, json=body, headers=head).get_json()
        return str(said.get("code") or said["state"])

    assert answer("picker", answer="cancel") == "not_allowed"
    assert answer("picker", answer="elsewhere", printer="ZEBRA") == "not_allowed"
    assert [row.state for row in jobs()] == ["queued"]
    assert answer("supervisor", answer="cancel") == "cancelled"


def test_a_picker_prints_no_invoice_of_the_desk_again_from_a_device_that_they_share(
    warehouse: World, browser: Log_in
) -> None:
    warehouse.order("SO-1", ("MUG", 1))
    order = db.session.scalars(select(Order.id)).one()
    by = warehouse.by("eve", device="device-of-ben")
    job = out(transact(lambda: printing.ask("invoice", order, by, use="paper")))
    assert browser("ben").send(f"/print/{job.public_id}/answer", {"answer": "again"}).status_code == 404
    assert browser("eve").send(f"/print/{job.public_id}/answer", {"answer": "again"}).status_code == 303
    assert [row.copy_of for row in jobs()] == [None, job.id]


def test_nobody_opens_an_invoice_of_the_desk_that_waits_at_a_device_that_they_share(
    warehouse: World, browser: Log_in
) -> None:
    warehouse.order("SO-1", ("MUG", 1))
    order = db.session.scalars(select(Order.id)).one()
    by = warehouse.by("eve", device="device-of-ben")
    job = transact(lambda: printing.ask("invoice", order, by, use="paper"))
    transact(lambda: db.session.execute(update(PrintJob).values(printer_id=None)))
    assert browser("ben").get(f"/print/{job.public_id}").status_code == 404
    assert browser("ben").send(f"/print/{job.public_id}/open", {}).status_code == 404
    assert browser("eve").get(f"/print/{job.public_id}").status_code == 200


def test_what_a_printer_did_not_take_is_no_copy_when_it_was_forgotten(warehouse: World) -> None:
    by, holder = warehouse.by("eve"), queue.Holder("me", 30)
    row = printer(by, "10.0.0.7:9100")
    (job,) = ask(by)
    assert queue.hold(row.id, holder)
    queue.mark_sending(job.id, holder, "", queue.asked_for(job))
    queue.mark_failed(job.id, holder, "printer_declines", "It does not take the language.")
    transact(lambda: printing.cancel(job, by))
    assert not printing.may_be_out(again(job))


def test_everybody_prints_the_paper_of_what_they_look_up(warehouse: World, browser: Log_in) -> None:
    warehouse.order("SO-1", ("MUG", 1))
    url = f"/lookup/order/{db.session.scalars(select(Order.id)).one()}"
    for name in ("ben", "eve"):
        assert "PRINT PICK LIST" in browser(name).get(url).text


# --- what failed -----------------------------------------------------------------------------------------------------


def set_of(jobs: list[PrintJob], **values: object) -> None:
    """Jobs as they have become."""
    ids = [job.id for job in jobs]
    transact(lambda: db.session.execute(update(PrintJob).where(PrintJob.id.in_(ids)).values(values)))


def test_a_new_question_comes_before_all_that_failed_and_what_is_a_week_old_is_asked_no_more(warehouse: World) -> None:
    by, long_ago = warehouse.by("cleo", device="gun-7"), now() - timedelta(days=8)
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    failed, old, lost, waits = ask(by, 25), ask(by, 3), ask(by), ask(by)
    set_of([*failed, *old], state="failed", done_at=now())
    set_of(old, asked_at=long_ago, available_at=long_ago)
    set_of(lost, state="unknown")
    set_of(waits, printer_id=None)
    found = [job.id for job in printing.questions(by)]
    assert found[:2] == [waits[0].id, lost[0].id]
    assert not set(found) & {job.id for job in old}
    again_now = transact(lambda: printing.print_again(db.session.get_one(PrintJob, old[0].id), by))
    set_of([again_now], state="failed")
    assert old[0].id in [job.id for job in printing.questions(by)]  # it was asked for today


def test_all_that_failed_at_a_device_is_forgotten_with_one_button_and_each_is_written_down(
    warehouse: World, browser: Log_in
) -> None:
    by = warehouse.by("cleo", device="device-of-cleo")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    failed, lost, others = ask(by, 120), ask(by), ask(warehouse.by("ben", device="gun-9"))
    cleo = browser("cleo")
    assert "Forget all that failed" not in cleo.get("/print").text
    set_of([*failed, *others], state="failed")
    set_of(lost, state="unknown")
    assert "Forget all that failed" in cleo.get("/print").text
    assert cleo.send("/print/forget").headers["Location"] == "/print"
    states = {job.id: job.state for job in jobs()}
    assert {states[job.id] for job in failed} == {"cancelled"}
    assert (states[lost[0].id], states[others[0].id]) == ("unknown", "failed")
    notes = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "print.cancelled")
    assert db.session.scalar(notes) == len(failed)
    assert "Forget all that failed" not in cleo.get("/print").text


def test_nobody_forgets_an_invoice_of_the_desk_that_failed_at_a_device_that_they_share(
    warehouse: World, browser: Log_in
) -> None:
    warehouse.order("SO-1", ("MUG", 1))
    order = db.session.scalars(select(Order.id)).one()
    by = warehouse.by("eve", device="device-of-ben")
    set_of([transact(lambda: printing.ask("invoice", order, by, use="paper"))], state="failed")
    browser("ben").send("/print/forget")
    assert [job.state for job in jobs()] == ["failed"]


def test_the_desk_cancels_all_that_failed_of_a_device_of_a_printer_or_of_all(warehouse: World, browser: Log_in) -> None:
    zebra = printer(warehouse.by("eve"), "10.0.0.7:9100")
    other = printer(warehouse.by("eve"), "10.0.0.8:9100", "OTHER", is_default=False)
    gun, phone = warehouse.by("cleo", device="gun-7"), warehouse.by("ben", device="phone")
    asked = [*ask(gun), *ask(gun, printer=other), *ask(phone, printer=other), *ask(phone), *ask(phone)]
    set_of(asked[:4], state="failed")
    eve = browser("eve")
    assert 'href="/print-jobs?device=gun-7&amp;state=failed"' in eve.get(f"/print-jobs/{asked[0].id}").text
    page = eve.get("/print-jobs?device=gun-7&state=failed").text
    assert "Cancel all that failed" in page
    assert (f"/print-jobs/{asked[1].id}" in page, f"/print-jobs/{asked[2].id}" in page) == (True, False)
    assert "Cancel all that failed" not in eve.get("/print-jobs?device=gun-7").text

    def states() -> list[str]:
        return [job.state for job in jobs()]

    eve.send("/print-jobs/forget", {"device": "gun-7", "printer": zebra.id})
    assert states() == ["cancelled", "failed", "failed", "failed", "queued"]
    eve.send("/print-jobs/forget", {"device": "", "printer": other.id})
    assert states() == ["cancelled", "cancelled", "cancelled", "failed", "queued"]
    eve.send("/print-jobs/forget", {"device": "", "printer": ""})
    assert states() == ["cancelled"] * 4 + ["queued"]


# --- how many --------------------------------------------------------------------------------------------------------


def test_a_copy_is_one_however_many_the_first_were(warehouse: World) -> None:
    by = warehouse.by("cleo", device="gun-7")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    (job,) = ask(by, copies=999)
    out(job)
    assert transact(lambda: printing.repeat_last(by)).copies == 1
    assert transact(lambda: printing.print_again(again(job), warehouse.by("cleo"))).copies == 1


def test_what_surely_did_not_come_out_is_printed_as_often_as_it_was_wanted(warehouse: World) -> None:
    by = warehouse.by("cleo", device="gun-7")
    printer(warehouse.by("eve"), "10.0.0.7:9100")
    job = out(ask(by, copies=12)[0], "failed")
    assert transact(lambda: printing.print_again(job, by)).copies == 12
