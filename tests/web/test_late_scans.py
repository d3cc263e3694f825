"""Late scans: each is booked, answered as before, or on record with both stories. None is silent, none is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from scanner import ledger, people, tasks
from scanner.accept import Answer
from scanner.barcode import command
from scanner.db import db, now, transact
from scanner.models import Discrepancy, Move, Person, ScanRecord, Task
from tests.conftest import Browser
from tests.scanner.floor import Floor, case, place, tote
from tests.serving import token_of
from tests.world import World, new_scan_id

HOUR = timedelta(hours=1)


def in_hand(floor: Floor) -> int:
    """Ben has a mug from A-01-1 in his hand; he puts it down with one more scan."""
    task = floor.start("ben", "move")
    for raw in (place("A-01-1"), "MUG"):
        assert floor.scan("ben", task, raw)["outcome"] == "accepted"
    return task


def put(floor: Floor, task: int, ago: timedelta, name: str = "ben") -> Answer:
    """The scan that books it, which the network has kept back."""
    return floor.scan(name, task, place("B-01-1"), at=now() - ago)


def the_case(floor: Floor) -> Discrepancy:
    """The one case that waits."""
    (found,) = floor.cases("late_scan")
    return found


def counts() -> list[Task]:
    """The counts that are asked for."""
    return [*db.session.scalars(select(Task).where(Task.workflow == "count", Task.status == "open"))]


# --- the time itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [1, 1970, 2024, 2028, 9999])
def test_no_scan_is_refused_for_its_time_and_the_order_is_the_ledgers(floor: Floor, year: int) -> None:
    task = in_hand(floor)
    answer = floor.scan("ben", task, place("B-01-1"), at=datetime(year, 6, 1, 12, tzinfo=UTC))
    assert (answer["outcome"], answer["discrepancies"]) == ("accepted", [])
    record = db.session.get_one(ScanRecord, answer["scan_id"])
    assert record.occurred_at.year == year
    assert abs(now() - record.received_at) < HOUR
    times = [*db.session.scalars(select(Move.recorded_at).order_by(Move.seq))]
    assert times == sorted(times)
    assert counts() == []


def test_a_late_scan_that_nothing_has_overtaken_is_booked(floor: Floor) -> None:
    answer = put(floor, in_hand(floor), HOUR)
    assert (answer["outcome"], answer["code"], answer["discrepancies"]) == ("accepted", "booked", [])
    assert floor.cases("late_scan") == []


def test_a_late_scan_that_came_already_is_answered_as_before(floor: Floor) -> None:
    task, scan_id = in_hand(floor), new_scan_id()
    first = floor.scan("ben", task, place("B-01-1"), scan_id=scan_id)
    again = floor.scan("ben", task, place("B-01-1"), scan_id=scan_id, at=now() - HOUR)
    assert again == {**first, "replayed": True}
    assert floor.on_hand("MUG", "B-01-1") == 1


# --- what has changed in between ------------------------------------------------------------------------------------


def test_a_task_that_is_finished_leaves_both_stories(floor: Floor) -> None:
    task = in_hand(floor)
    transact(lambda: tasks.close(db.session.get_one(Task, task)))
    answer = put(floor, task, HOUR)
    assert (answer["outcome"], answer["code"]) == ("refused", "task_done")
    found = the_case(floor)
    assert answer["discrepancies"] == [found.id]
    assert (found.scan_id, found.task_id) == (answer["scan_id"], task)
    assert "FINISHED" in found.book
    assert f"{db.session.get_one(Person, found.opened_by).name} scanned" in found.floor
    assert floor.on_hand("MUG", "B-01-1") == 0


def test_a_repeat_of_it_opens_no_second_case(floor: Floor) -> None:
    task, scan_id, at = in_hand(floor), new_scan_id(), now() - HOUR
    transact(lambda: tasks.close(db.session.get_one(Task, task)))
    answers = [floor.scan("ben", task, place("B-01-1"), scan_id=scan_id, at=at) for _ in range(3)]
    assert [answer.get("replayed") for answer in answers] == [None, True, True]
    assert answers[2]["discrepancies"] == [the_case(floor).id]


def test_a_task_that_another_has_taken_over_leaves_both_stories(floor: Floor) -> None:
    task = in_hand(floor)

    def take_over() -> None:
        db.session.get_one(Task, task).person_id = floor.world.people["eve"].id

    transact(take_over)
    answer = put(floor, task, HOUR)
    assert (answer["outcome"], answer["code"]) == ("refused", "not_your_task")
    assert "TAKEN" in the_case(floor).book


def test_a_place_that_was_blocked_meanwhile_leaves_both_stories(floor: Floor) -> None:
    task = in_hand(floor)

    spot = floor.world.locations["B-01-1"]
    transact(lambda: ledger.hold(floor.by("eve"), spot, "wet floor"))
    answer = put(floor, task, HOUR)
    assert (answer["outcome"], answer["code"]) == ("refused", "location_held")
    assert "BLOCKED" in the_case(floor).book
    assert floor.on_hand("MUG", "B-01-1") == 0


def test_a_lot_that_was_held_meanwhile_is_never_picked(floor: Floor) -> None:
    floor.world.stock("MILK", "B-01-1", 6, lot="L1")
    floor.world.order("SO-1", ("MILK", 2))
    task = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", task, tote(1), place("B-01-1"))
    lot = floor.world.lot("MILK", "L1")
    transact(lambda: ledger.hold(floor.by("eve"), lot, "recall"))
    answer = floor.scan("ben", task, case("MILK", lot="L1"), at=now() - HOUR)
    assert answer["outcome"] == "refused"
    assert floor.on_hand("MILK", "B-01-1") == 6
    assert answer["discrepancies"] == [the_case(floor).id]


def test_goods_that_are_gone_meanwhile_never_make_negative_stock(floor: Floor) -> None:
    first, second = floor.start("ben", "move"), floor.start("eve", "move")
    for name, task in (("ben", first), ("eve", second)):
        floor.scans(name, task, place("A-01-1"), "MUG", command("Q", 10))
    assert floor.scan("eve", second, place("B-01-1"))["outcome"] == "accepted"
    answer = put(floor, first, HOUR)
    assert answer["outcome"] == "refused"
    assert (floor.on_hand("MUG", "A-01-1"), floor.on_hand("MUG", "B-01-1")) == (0, 10)
    assert answer["discrepancies"] == [the_case(floor).id]


def test_a_refusal_in_time_is_the_persons_own_and_no_case(floor: Floor) -> None:
    task = in_hand(floor)
    transact(lambda: tasks.close(db.session.get_one(Task, task)))
    assert put(floor, task, timedelta(minutes=2))["code"] == "task_done"
    assert put(floor, task, timedelta(days=900))["code"] == "task_done"
    assert put(floor, task, -timedelta(days=900))["code"] == "task_done"
    assert floor.cases("late_scan") == []


def test_a_code_that_was_wrong_at_any_time_is_no_case(floor: Floor) -> None:
    answer = floor.scan("ben", in_hand(floor), "no such thing", at=now() - HOUR)
    assert (answer["code"], floor.cases("late_scan")) == ("unknown_code", [])


# --- a place that was counted ---------------------------------------------------------------------------------------


def count(floor: Floor, code: str, *beeps: str) -> int:
    """Dan counts a place."""
    task = floor.start("dan", "count", code)
    floor.scans("dan", task, place(code), *beeps)
    return task


def test_a_place_that_was_counted_meanwhile_is_counted_again(floor: Floor) -> None:
    """The counter saw nine, and the book has nine; then it hears of the mug that was gone already, and has eight."""
    task = in_hand(floor)
    counting = count(floor, "A-01-1", "MUG", command("Q", 9), command("DONE"))
    floor.scans("dan", counting, place("A-01-1"), "MUG", command("Q", 9), command("DONE"))
    assert db.session.get_one(Task, counting).status == "done"
    assert floor.on_hand("MUG", "A-01-1") == 9
    answer = put(floor, task, HOUR)
    assert (answer["outcome"], floor.on_hand("MUG", "A-01-1")) == ("accepted", 8)
    (asked,) = counts()
    assert asked.location_id == floor.world.locations["A-01-1"].id
    assert "came after the count" in asked.purpose


def test_a_place_that_was_counted_while_a_scan_waited_for_minutes_is_counted_again_too(floor: Floor) -> None:
    task = in_hand(floor)
    counting = count(floor, "A-01-1", "MUG", command("Q", 9), command("DONE"))
    floor.scans("dan", counting, place("A-01-1"), "MUG", command("Q", 9), command("DONE"))

    def a_minute_ago() -> None:
        db.session.get_one(Task, counting).finished_at = now() - timedelta(minutes=1)

    transact(a_minute_ago)
    made, sent = now() - timedelta(minutes=2), now()  # by one clock: that is how long it has waited
    assert floor.scan("ben", task, place("B-01-1"), at=made, sent_at=sent)["outcome"] == "accepted"
    assert len(counts()) == 1


def test_a_count_whose_end_comes_late_asks_for_no_other_count_of_itself(floor: Floor) -> None:
    counting = count(floor, "A-01-1", "MUG", command("Q", 9), command("DONE"))
    floor.scans("dan", counting, place("A-01-1"), "MUG", command("Q", 9))
    made, sent = now() - timedelta(minutes=20), now()
    assert floor.scan("dan", counting, command("DONE"), at=made, sent_at=sent)["outcome"] != "refused"
    assert db.session.get_one(Task, counting).status == "done"
    assert counts() == []


def test_a_scan_that_was_made_after_the_count_asks_for_none(floor: Floor) -> None:
    counting = count(floor, "A-01-1", "MUG", command("Q", 10), command("DONE"))

    def an_hour_ago() -> None:
        db.session.get_one(Task, counting).finished_at = now() - HOUR

    transact(an_hour_ago)
    assert put(floor, in_hand(floor), timedelta(minutes=30))["outcome"] == "accepted"
    assert counts() == []


def test_a_place_that_is_being_counted_is_counted_again(floor: Floor) -> None:
    task = in_hand(floor)
    counting = count(floor, "A-01-1", "MUG", command("Q", 9))
    assert put(floor, task, HOUR)["outcome"] == "accepted"
    assert {asked.person_id for asked in counts()} == {floor.world.people["dan"].id, None}
    assert db.session.get_one(Task, counting).status == "open"


# --- who ------------------------------------------------------------------------------------------------------------


def test_scans_of_a_person_who_was_sent_home_are_not_taken_and_not_lost(
    floor: Floor, warehouse: World, client: Browser
) -> None:
    """401 is no answer to a scan: the phone keeps it. When its token counts again, it is booked."""
    token = token_of(warehouse, "phone", "supervisor")
    headers = {"Authorization": f"Bearer {token}"}
    owner = db.session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
    beep = {"scan_id": new_scan_id(), "raw": "MUG", "at": (now() - HOUR).isoformat(), "device": "phone"}
    transact(lambda: people.disable(warehouse.by("finn"), owner))
    for path, body in (("/api/v1/scans", beep), ("/api/v1/scans/batch", {"scans": [beep]})):
        answer = client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "signed_out")  # type: ignore[index]
    assert db.session.get(ScanRecord, beep["scan_id"]) is None
    other = {"Authorization": f"Bearer {token_of(warehouse, 'phone again', 'supervisor')}"}
    assert client.post("/api/v1/scans", json=beep, headers=other).json["outcome"] == "accepted"  # type: ignore[index]
