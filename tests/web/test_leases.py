"""Leases: a task in hand belongs to one device for a while. Whoever else comes is told; what comes late is a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from scanner import ledger, orders, workflows
from scanner.barcode import command
from scanner.db import db, now, transact
from scanner.ledger import Why
from scanner.models import Balance, Discrepancy, Order, Reservation, Task
from tests.conftest import Browser
from tests.phones import Phone, phone
from tests.scanner.floor import Floor, case, place, tote
from tests.world import World

Log_in = Callable[[str], Browser]
HOUR = timedelta(hours=1)
COUNT = Why("count")


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Iterator[Floor]:
    """Ten mugs at A-01-1 and an order for five; at the end the record is proved and no stock is negative."""
    warehouse.stock("MUG", "A-01-1", 10)
    warehouse.order("SO-1", ("MUG", 5))
    made = Floor(warehouse)
    yield made
    assert made.is_good()
    assert not db.session.scalars(select(Balance).where((Balance.qty < 0) | (Balance.reserved < 0))).all()


@pytest.fixture
def bens(app: Flask, floor: Floor) -> Phone:
    """The phone with which Ben picks SO-1."""
    made = phone(app, floor.world)
    made.log_in("ben")
    made.start("pick", "SO-1")
    return made


def on(app: Flask, floor: Floor, name: str, who: str) -> Phone:
    """Another phone, and who is logged in on it."""
    made = phone(app, floor.world, name)
    made.log_in(who)
    return made


def task_of(phone: Phone) -> Task:
    return db.session.get_one(Task, phone.task, populate_existing=True)


def picks(phone: Phone, count: int, ago: timedelta = timedelta(0), **more: Any) -> list[dict[str, Any]]:
    """The walk to A-01-1 and so many mugs."""
    to = f"/pick/{phone.task}/scan"
    raws = [tote(1), place("A-01-1"), *["MUG"] * count]
    return [phone.kept("ben", raw, to, ago, **more) for raw in raws]


def scan(phone: Phone, raw: str, task: int) -> Any:
    """A scan of the page in front; the code of its verdict."""
    form = {"scan_id": phone.kept("ben", raw, "")["scan_id"], "raw": raw, "at": phone.at(), "sent_at": phone.at()}
    answer = phone.browser.send(f"/pick/{task}/scan", form, headers={"HX-Request-Type": "partial"})
    return answer.text


def runs_out(phone: Phone) -> None:
    """The lease's time is over."""

    def work() -> None:
        db.session.get_one(Task, phone.task).leased_until = now() - timedelta(seconds=1)

    transact(work)


def codes(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["code"] for answer in answers]


# --- who has it -----------------------------------------------------------------------------------------------------


def test_a_task_that_is_started_on_a_device_is_on_lease_to_it_for_half_an_hour(bens: Phone) -> None:
    task = task_of(bens)
    assert task.device_id == bens.row.id
    assert task.leased_until is not None
    assert timedelta(minutes=29) < task.leased_until - now() <= timedelta(minutes=30)


def test_the_length_of_a_lease_is_a_setting(app: Flask, floor: Floor) -> None:
    app.config["TASK_LEASE_S"] = 60.0
    mine = on(app, floor, "phone-2", "ben")
    mine.start("move")
    left = task_of(mine).leased_until
    assert left is not None
    assert left - now() <= timedelta(minutes=1)


@pytest.mark.parametrize("how", ["a scan", "a scan that was kept", "a heartbeat"])
def test_every_sign_of_life_renews_a_lease_that_is_half_over(bens: Phone, how: str) -> None:
    def work() -> None:
        db.session.get_one(Task, bens.task).leased_until = now() + timedelta(minutes=10)

    transact(work)
    match how:
        case "a scan":
            scan(bens, tote(1), bens.task)
        case "a scan that was kept":
            bens.answers(*picks(bens, 0))
        case _:
            assert bens.beat(tasks=[bens.task]).get_json()["leases"] == {str(bens.task): "ours"}
    left = task_of(bens).leased_until
    assert left is not None
    assert left - now() > timedelta(minutes=29)


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_on_another_device_nobody_goes_on_with_it_and_is_told_who_has_it(
    app: Flask, floor: Floor, bens: Phone, who: str
) -> None:
    floor.world.people["ana"].roles = ["picker"]
    db.session.commit()
    other = on(app, floor, "phone-2", who)
    verdict = scan(other, tote(1), bens.task)
    assert 'data-code="leased"' in verdict
    assert "Ben has this on another device since" in verdict
    start = other.browser.send("/pick/start", {"document": "SO-1"})
    assert start.status_code == 422
    assert other.browser.send(f"/pick/{bens.task}/release").status_code == 422
    assert codes(bens.answers(*picks(bens, 1))) == ["ok", "ok", "booked"]


def test_a_picker_with_two_devices_begins_anew_where_work_needs_no_document(app: Flask, floor: Floor) -> None:
    one, two = on(app, floor, "phone-2", "ben"), on(app, floor, "phone-3", "ben")
    assert one.start("move") != two.start("move")
    assert one.start("move") != two.task


def test_home_offers_what_can_be_gone_on_with_here(app: Flask, floor: Floor, bens: Phone) -> None:
    link = f"/pick/{bens.task}/"
    other = on(app, floor, "phone-2", "ben")
    assert link in bens.browser.get("/").text
    assert link not in other.browser.get("/").text
    runs_out(bens)
    assert link in other.browser.get("/").text


def test_log_out_frees_what_is_done_and_sent_and_keeps_what_is_not(app: Flask, floor: Floor, bens: Phone) -> None:
    bens.beat(unsent=1, oldest_at=bens.at())
    bens.browser.send("/logout")
    assert task_of(bens).device_id == bens.row.id
    bens.log_in("ben")
    bens.beat(unsent=0)
    bens.browser.send("/logout")
    assert task_of(bens).device_id is None
    assert "/pick/" in on(app, floor, "phone-2", "ben").browser.send("/pick/start", {"document": "SO-1"}).location


def test_whoever_unlocks_their_own_station_keeps_the_lease(bens: Phone) -> None:
    since = task_of(bens).leased_at
    bens.log_in("ben")
    assert (task_of(bens).device_id, task_of(bens).leased_at) == (bens.row.id, since)


def test_a_lease_that_has_run_out_protects_no_more_and_what_comes_then_is_a_case(
    app: Flask, floor: Floor, bens: Phone
) -> None:
    kept = picks(bens, 2, ago=HOUR, seen="ok")
    runs_out(bens)
    other = on(app, floor, "phone-2", "ben")
    scan(other, tote(2), bens.task)
    assert task_of(bens).device_id == other.row.id
    assert set(codes(bens.answers(*kept))) == {"taken_over"}
    assert len(floor.cases("late_scan")) == 1


def test_a_lease_that_has_run_out_and_that_nobody_took_goes_on(bens: Phone) -> None:
    runs_out(bens)
    assert codes(bens.answers(*picks(bens, 1, ago=HOUR))) == ["ok", "ok", "booked"]
    assert bens.beat(tasks=[bens.task]).get_json()["leases"] == {str(bens.task): "ours"}


def test_a_heartbeat_is_told_what_became_of_each_task(app: Flask, floor: Floor, bens: Phone) -> None:
    floor.world.at_another_site()
    other = on(app, floor, "phone-2", "ben")
    over = bens.start("move")
    transact(lambda: setattr(db.session.get_one(Task, over), "status", "done"))
    bens.start("pick", "SO-1")
    told = bens.beat(tasks=[bens.task, over, 999_999]).get_json()["leases"]
    assert told == {str(bens.task): "ours", str(over): "over", "999999": "over"}
    assert other.beat(tasks=[bens.task]).get_json()["leases"] == {str(bens.task): "taken"}


# --- taken over -----------------------------------------------------------------------------------------------------


def at_the_desk(browser: Log_in, bens: Phone) -> None:
    browser("eve").send(f"/tasks/{bens.task}/take")


def given_back_at_the_desk(browser: Log_in, bens: Phone) -> None:
    browser("eve").send(f"/tasks/{bens.task}/release")


def by_going_on(browser: Log_in, bens: Phone) -> None:
    scan(Phone(bens.world, browser("eve"), "device-of-eve"), tote(9), bens.task)


each_way = pytest.mark.parametrize("way", [at_the_desk, given_back_at_the_desk, by_going_on])


@each_way
def test_after_a_take_over_scans_of_the_first_device_are_refused_with_both_stories(
    browser: Log_in, floor: Floor, bens: Phone, way: Callable[[Log_in, Phone], None]
) -> None:
    kept = picks(bens, 3)
    way(browser, bens)
    assert bens.beat(tasks=[bens.task]).get_json()["leases"] == {str(bens.task): "taken"}
    answers = bens.answers(*kept)
    assert {(answer["outcome"], answer["code"]) for answer in answers} == {("refused", "taken_over")}
    (found,) = floor.cases("late_scan")
    assert {tuple(answer["discrepancies"]) for answer in answers} == {(found.id,)}
    assert "Eve took this over at" in found.book
    assert "Ben scanned" in found.floor
    assert floor.on_hand("MUG", "A-01-1") == 10


@each_way
def test_the_first_device_may_have_it_again_when_it_is_free(
    browser: Log_in, floor: Floor, bens: Phone, way: Callable[[Log_in, Phone], None]
) -> None:
    way(browser, bens)
    browser("eve").send(f"/tasks/{bens.task}/release")
    assert bens.start("pick", "SO-1") == bens.task
    assert codes(bens.answers(*picks(bens, 1)))[1:] == ["ok", "booked"]


def test_scans_of_a_supervisor_that_come_late_take_nothing_over(app: Flask, floor: Floor, bens: Phone) -> None:
    eves = on(app, floor, "phone-2", "eve")
    late = eves.kept("eve", tote(1), f"/pick/{bens.task}/scan", HOUR)
    assert codes(eves.answers(late)) == ["leased"]
    assert task_of(bens).device_id == bens.row.id
    assert len(floor.cases("late_scan")) == 1


def test_a_supervisor_whose_task_was_taken_over_does_not_take_it_back_by_what_comes_late(
    app: Flask, browser: Log_in, floor: Floor
) -> None:
    eves = on(app, floor, "phone-2", "eve")
    eves.start("pick", "SO-1")
    kept = [eves.kept("eve", tote(1), f"/pick/{eves.task}/scan")]
    browser("finn").send(f"/tasks/{eves.task}/take")
    assert codes(eves.answers(*kept)) == ["taken_over"]


def test_the_task_says_who_works_on_it_at_the_desk(browser: Log_in, floor: Floor, bens: Phone) -> None:
    assert f"{bens.row.called}</a>, kept until" in browser("eve").get("/tasks").text
    at_the_desk(browser, bens)
    assert "kept until" not in browser("eve").get("/tasks").text


# --- its promises ---------------------------------------------------------------------------------------------------


def promised(order: str) -> int:
    """What is promised to an order and not picked."""
    row = db.session.scalars(select(Order).where(Order.number == order)).one()
    return sum(line.qty - line.posted for line in orders.open_reservations(row.id))


def test_what_a_device_has_on_lease_is_promised_to_nobody_else(floor: Floor, bens: Phone) -> None:
    floor.world.order("SO-2", ("MUG", 10), allocate=True)
    assert (promised("SO-1"), promised("SO-2")) == (5, 5)
    assert codes(bens.answers(*picks(bens, 5)))[2:] == ["booked"] * 5


def count(floor: Floor, name: str, mugs: int, rounds: int = 2) -> int:
    """A person counts A-01-1, twice as asked."""
    task = floor.start(name, "count", "A-01-1")
    for _ in range(rounds):
        floor.scans(name, task, place("A-01-1"), "MUG", command("Q", mugs), command("DONE"))
    return task


def test_a_count_takes_from_promises_of_others_before_those_on_lease(floor: Floor, bens: Phone) -> None:
    """Ten in the book, five for each order; eight are found. The promise on lease is the younger one."""
    floor.world.order("SO-2", ("MUG", 5), allocate=True)
    reservations = db.session.scalars(select(Reservation).order_by(Reservation.id)).all()
    transact(lambda: [ledger.release(floor.by("eve"), row.id) for row in reservations])
    for number in ("SO-2", "SO-1"):  # the one on lease is the younger promise now
        row = db.session.scalars(select(Order).where(Order.number == number)).one()
        transact(lambda row=row: orders.allocate_order(floor.by("eve"), orders.lock(row.id)))  # type: ignore[misc]
    count(floor, "dan", 8)
    assert floor.on_hand("MUG", "A-01-1") == 8
    assert (promised("SO-1"), promised("SO-2")) == (5, 3)
    assert codes(bens.answers(*picks(bens, 5, ago=HOUR)))[2:] == ["booked"] * 5


def test_a_count_that_misses_what_is_on_lease_is_not_posted_by_itself(floor: Floor, bens: Phone) -> None:
    """All five that are left are for Ben, who has taken three without a network. The counter finds two."""
    transact(lambda: ledger.adjust(floor.by("eve"), floor.world.items["MUG"].id, -5, floor.world.spot("A-01-1"), COUNT))
    kept = picks(bens, 3, ago=HOUR, seen="ok")
    count(floor, "dan", 2)
    assert (floor.on_hand("MUG", "A-01-1"), promised("SO-1")) == (5, 5)
    assert codes(bens.answers(*kept))[2:] == ["booked"] * 3
    assert floor.on_hand("MUG", "A-01-1") == 2


def test_a_count_that_leaves_what_is_on_lease_is_posted(floor: Floor, bens: Phone) -> None:
    count(floor, "dan", 6)
    assert (floor.on_hand("MUG", "A-01-1"), promised("SO-1")) == (6, 5)


def test_a_difference_that_waits_for_a_decision_is_counted_again_when_a_late_scan_explains_it(
    floor: Floor, bens: Phone
) -> None:
    kept = picks(bens, 5, ago=HOUR, seen="ok")
    count(floor, "dan", 2)  # eight are missing: too many to be posted by itself
    third = floor.start("eve", "count", "A-01-1")
    floor.scans("eve", third, place("A-01-1"), "MUG", command("Q", 2), command("DONE"))
    (found,) = floor.cases("count_variance")
    assert codes(bens.answers(*kept))[2:] == ["booked"] * 5
    found = db.session.get_one(Discrepancy, found.id, populate_existing=True)
    assert (found.status, found.resolution) == ("resolved", "recount")
    waiting = db.session.scalars(select(Task).where(Task.workflow == "count", Task.status == "open")).all()
    assert [task.person_id for task in waiting] == [None]


# --- what must happen all the same -----------------------------------------------------------------------------------


def cancelled(floor: Floor) -> None:
    order = db.session.scalars(select(Order.id).where(Order.number == "SO-1")).one()
    transact(lambda: orders.cancel(floor.by("eve"), orders.lock(order), "changed their mind"))


def held(floor: Floor) -> None:
    order = db.session.scalars(select(Order.id).where(Order.number == "SO-1")).one()
    transact(lambda: orders.hold(floor.by("eve"), orders.lock(order), "not paid"))


def blocked(floor: Floor) -> None:
    def work() -> None:
        lost = ledger.hold(floor.by("eve"), floor.world.locations["A-01-1"], "broken glass")
        orders.allocate_lines(floor.by("eve"), lost)

    transact(work)


def ended(floor: Floor) -> None:
    def work() -> None:
        task = db.session.scalars(select(Task).where(Task.workflow == "pick")).one()
        workflows.cancel(task, by=floor.by("eve"))

    transact(work)


@pytest.mark.parametrize(
    ("event", "code"),
    [(cancelled, "task_done"), (held, "order_held"), (blocked, "order"), (ended, "task_done")],
)
def test_what_is_decided_meanwhile_holds_and_late_picks_are_one_case_with_both_stories(
    floor: Floor, bens: Phone, event: Callable[[Floor], None], code: str
) -> None:
    kept = picks(bens, 5, ago=HOUR, seen="ok")
    event(floor)
    answers = bens.answers(*kept)
    assert {answer["outcome"] for answer in answers[1:]} == {"refused"}
    assert code in ("order", answers[2]["code"])
    (found,) = floor.cases("late_scan")
    assert "Ben scanned" in found.floor
    assert found.book
    assert floor.on_hand("MUG", "A-01-1") == 10


def test_a_lot_that_was_held_meanwhile_is_never_picked_whatever_the_phone_said(app: Flask, floor: Floor) -> None:
    floor.world.stock("MILK", "B-01-1", 6, lot="L1")
    floor.world.order("SO-5", ("MILK", 2))
    mine = on(app, floor, "phone-2", "ben")
    to = f"/pick/{mine.start('pick', 'SO-5')}/scan"
    raws = [tote(3), place("B-01-1"), case("MILK", lot="L1"), case("MILK", lot="L1")]
    kept = [mine.kept("ben", raw, to, HOUR, seen="ok") for raw in raws]
    lot = floor.world.lot("MILK", "L1")
    transact(lambda: ledger.hold(floor.by("eve"), lot, "recall"))
    answers = mine.answers(*kept)
    assert [answer["outcome"] for answer in answers[2:]] == ["refused"] * 2
    assert floor.on_hand("MILK", "B-01-1") == 6
    assert len(floor.cases("late_scan")) == 1
