"""POST /api/v1/scans/batch: what a device kept goes in together, each scan by itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from scanner import check_ledger
from scanner.accept import accept_scan
from scanner.db import Busy, db, now
from scanner.models import Balance, ScanRecord, Task
from tests.scanner.floor import place
from tests.serving import token_of
from tests.world import World, new_scan_id


class Phone:
    """A device with scans that it has kept."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}
        started = client.post("/api/v1/tasks", json={"workflow": "move", "document": None}, headers=self.headers)
        self.task: int = started.json["id"]  # type: ignore[index]

    def beep(self, raw: str, **more: Any) -> dict[str, Any]:
        """One scan as the device keeps it."""
        return {
            "scan_id": new_scan_id(),
            "task": self.task,
            "raw": raw,
            "at": now().isoformat(),
            "device": "phone",
        } | more

    def send(self, *beeps: Any) -> TestResponse:
        """The batch."""
        return self.client.post("/api/v1/scans/batch", json={"scans": list(beeps)}, headers=self.headers)

    def walk(self) -> list[dict[str, Any]]:
        """One mug from A-01-1 to B-01-1."""
        return [self.beep(place("A-01-1")), self.beep("MUG"), self.beep(place("B-01-1"))]


@pytest.fixture
def phone(app: Flask, warehouse: World) -> Phone:
    warehouse.stock("MUG", "A-01-1", 40)
    return Phone(app.test_client(), token_of(warehouse, "phone", "supervisor"))


def results(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.json is not None
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def mugs_at(warehouse: World, code: str) -> int:
    """How many mugs the book has at a place."""
    at = warehouse.spot(code).location_id
    return db.session.scalar(select(func.coalesce(func.sum(Balance.qty), 0)).where(Balance.location_id == at)) or 0


def on_record() -> int:
    return db.session.scalar(select(func.count()).select_from(ScanRecord)) or 0


def test_they_are_taken_in_their_order_and_each_is_answered_under_its_id(phone: Phone, warehouse: World) -> None:
    beeps = phone.walk() + phone.walk() + phone.walk()
    answer = phone.send(*beeps)
    assert answer.status_code == 200
    assert [one["scan_id"] for one in results(answer)] == [beep["scan_id"] for beep in beeps]
    assert {(one["status"], one["answer"]["outcome"]) for one in results(answer)} == {(200, "accepted")}
    assert [len(one["answer"]["moves"]) for one in results(answer)] == [0, 0, 1] * 3
    assert mugs_at(warehouse, "B-01-1") == 3


def test_a_batch_that_is_sent_again_is_answered_the_same_and_books_nothing(phone: Phone, warehouse: World) -> None:
    beeps = phone.walk()
    first, again = results(phone.send(*beeps)), results(phone.send(*beeps))
    assert [one["answer"] | {"replayed": True} for one in first] == [one["answer"] for one in again]
    assert (mugs_at(warehouse, "B-01-1"), on_record()) == (1, 3)


def test_the_same_scan_twice_in_a_batch_is_booked_once(phone: Phone, warehouse: World) -> None:
    one, two, three = phone.walk()
    got = results(phone.send(one, two, three, three))
    assert [result["answer"].get("replayed") for result in got] == [None, None, None, True]
    assert mugs_at(warehouse, "B-01-1") == 1


def test_one_that_cannot_be_recorded_does_not_stop_the_others(phone: Phone, warehouse: World) -> None:
    one, two, three = phone.walk()
    bad = [
        phone.beep("MUG", scan_id="x"),
        phone.beep("MUG", task=999_999),
        phone.beep("MUG", at="soon"),
        phone.beep("MUG", colour="blue"),
        {"scan_id": 7},
        {},
        phone.beep("MUG", scan_id=one["scan_id"]),
        phone.beep("A\x00B"),
    ]
    got = results(phone.send(one, *bad[:4], two, *bad[4:], three))
    assert [(result["status"], result["answer"]["code"]) for result in got] == [
        (200, "ok"),
        (422, "bad_scan_id"),
        (422, "unknown_task"),
        (422, "bad_request"),
        (422, "bad_request"),
        (200, "ok"),
        (422, "bad_request"),
        (422, "bad_request"),
        (422, "scan_id_reused"),
        (200, "control_characters"),
        (200, "booked"),
    ]
    assert all(result["answer"]["say"] for result in got)
    assert (mugs_at(warehouse, "B-01-1"), on_record()) == (1, 4)


def test_a_fault_of_ours_is_told_for_its_scan_only(
    phone: Phone, warehouse: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = phone.walk()
    lost = phone.beep("MUG")
    honest = accept_scan

    def break_for_one(incoming: Any, by: Any) -> Any:
        if incoming.scan_id == lost["scan_id"]:
            raise ZeroDivisionError
        return honest(incoming, by)

    monkeypatch.setattr("web.api.scans.accept_scan", break_for_one)
    got = results(phone.send(one, two, lost, three))
    assert [result["status"] for result in got] == [200, 200, 500, 200]
    assert got[2]["answer"]["code"] == "broken"
    assert mugs_at(warehouse, "B-01-1") == 1


def test_a_database_that_cannot_take_one_keeps_what_was_done_and_takes_the_rest_later(
    phone: Phone, warehouse: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    beeps = phone.walk() + phone.walk()
    honest = accept_scan

    def busy_at_fifth(incoming: Any, by: Any) -> Any:
        if incoming.scan_id == beeps[4]["scan_id"]:
            raise Busy("another process is writing")
        return honest(incoming, by)

    with monkeypatch.context() as patch:
        patch.setattr("web.api.scans.accept_scan", busy_at_fifth)
        answer = phone.send(*beeps)
    assert (answer.status_code, answer.json["code"]) == (503, "busy")  # type: ignore[index]
    assert int(answer.headers["Retry-After"]) > 0
    assert [one["scan_id"] for one in results(answer)] == [beep["scan_id"] for beep in beeps[:4]]
    assert (mugs_at(warehouse, "B-01-1"), on_record()) == (1, 4)
    again = results(phone.send(*beeps))
    assert [one["answer"].get("replayed") for one in again] == [True] * 4 + [None] * 2
    assert (mugs_at(warehouse, "B-01-1"), on_record()) == (2, 6)
    assert check_ledger.check(warehouse.site.id) == []


@pytest.mark.parametrize("count", [0, 101])
def test_none_and_more_than_a_hundred_are_too_few_and_too_many(phone: Phone, count: int) -> None:
    assert phone.send(*[phone.beep("MUG", task=None)] * count).status_code == 422
    assert on_record() == 0


def test_a_hundred_of_the_longest_are_not_too_large(phone: Phone) -> None:
    answer = phone.send(*[phone.beep("\u20ac" * 4096, task=None) for _ in range(100)])
    assert [one["answer"]["code"] for one in results(answer)] == ["too_long"] * 100


def test_the_tokens_person_is_the_one_who_did_them(phone: Phone) -> None:
    results(phone.send(*phone.walk()))
    people = set(db.session.scalars(select(ScanRecord.person_id)))
    assert people == {db.session.get_one(Task, phone.task).person_id}
    assert set(db.session.scalars(select(ScanRecord.device))) == {"phone"}
