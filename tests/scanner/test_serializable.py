"""PostgreSQL at SERIALIZABLE, as engines have it that offer nothing else: posting stays right, by trying again.

What does not get through within its time is Busy (503) and stored nowhere; the same scan is sent again. With
SCANDOCK_TEST_ISOLATION=serializable every test of the suite runs so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from scanner import check_ledger
from scanner.accept import Answer
from scanner.barcode import encode
from scanner.db import Busy, db, transact
from scanner.models import Balance, Move, ScanRecord
from tests.conftest import in_use, new_app
from tests.engines import Databases
from tests.scanner.test_concurrency import CLIENTS, _new_task, at_once, mover, scan
from tests.world import World, make_world, new_scan_id

STOCK = 40
TRIES = 20


@pytest.fixture
def strict(
    postgresql_server: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The product on a database whose transactions are SERIALIZABLE unless told otherwise, which nobody does."""
    url = databases.fresh("postgresql")
    databases.isolate(url, "serializable")
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", url)
    yield from in_use(new_app(url))
    databases.drop(url)


def test_sixty_four_at_once_take_what_is_there_and_no_more(strict: Flask) -> None:
    world = make_world()
    world.stock("MUG", "A-01-1", STOCK)
    assert transact(lambda: db.session.scalar(text("SHOW transaction_isolation"))) == "serializable"
    conflicts = Counter[str]()
    event.listen(db.engine, "handle_error", lambda it: conflicts.update([it.original_exception.sqlstate]))
    loads = [_load(world, number) for number in range(CLIENTS)]
    answers = at_once(strict, [_put_until_taken(world, n, task) for n, task in enumerate(loads)], 16)

    codes = Counter(answer["code"] for answer in answers)
    assert codes == {"booked": STOCK, "not_enough": CLIENTS - STOCK}
    assert _qty(world, "A-01-1") == 0
    assert _qty(world, "B-01-1") == STOCK
    on_record = {row.id for row in db.session.execute(select(ScanRecord.id))}
    assert {answer["scan_id"] for answer in answers} <= on_record
    booked = Counter(db.session.scalars(select(Move.scan_id).where(Move.scan_id.in_(on_record))))
    assert all(booked[answer["scan_id"]] == len(answer["moves"]) for answer in answers)
    assert check_ledger.check(world.site.id) == []
    assert conflicts["40001"] > 0  # it had to be tried again: else this test proves nothing


def _load(world: World, number: int) -> int:
    """A person with a mug in hand; the task."""
    by = mover(world, number)
    task = _new_task("move", by)
    for raw in (encode("location", "A011"), "MUG"):
        assert scan(task, raw, by)["outcome"] == "accepted"
    return task


def _put_until_taken(world: World, number: int, task: int) -> Callable[[], Answer]:
    """The scan that books the mug, sent again for as long as the database has no time for it."""
    scan_id, by = new_scan_id(), mover(world, number)

    def go() -> Answer:
        for _ in range(TRIES):
            try:
                return scan(task, encode("location", "B011"), by, scan_id)
            except Busy:
                continue
        pytest.fail("it did not get through")

    return go


def _qty(world: World, place: str) -> int:
    db.session.rollback()
    return sum(db.session.scalars(select(Balance.qty).where(Balance.location_id == world.spot(place).location_id)))
