"""Issuing an invoice: nobody waits for its drawing, and what cannot be drawn has no number."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from labels.documents import KINDS
from labels.documents.sheet import Sheet
from scanner.db import db, now
from scanner.models import Invoice, OrderLine, Site
from tests.labels.papers import Log_in, change, id_of
from tests.labels.reading import text
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

NUMBERS = ("SO-1", "SO-2")
WAIT_S = 5  # nobody waits so long for a scan


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """Two orders that are packed, with prices."""
    floor = Floor(warehouse)
    stock_up(floor)
    for n, number in enumerate(NUMBERS, 1):
        warehouse.order(number, ("MUG", 2))
        floor.pick(number, n)
        floor.pack(number, n)
    change(OrderLine, price_cents=1250, tax_bp=1900)
    return floor


def issue(number: str) -> str:
    """The address that issues an order's invoice."""
    return f"/documents/invoice/{id_of(number)}/issue"


def test_others_scan_and_issue_while_an_invoice_is_drawn(
    floor: Floor, browser: Log_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve, ben, finn = browser("eve"), browser("ben"), browser("finn")
    first, second = [issue(number) for number in NUMBERS]
    draw = Sheet.pdf
    done: list[tuple[int, str]] = []

    def others() -> tuple[int, str]:
        scan = {"raw": "MUG", "scan_id": str(uuid.uuid4()), "at": now().isoformat()}
        return ben.send("/scan", scan).status_code, text(finn.send(second).data)

    def drawn(sheet: Sheet) -> bytes:
        if sheet.number != "INV-000001" or done:
            return draw(sheet)
        done.append(pool.submit(others).result(WAIT_S))
        return draw(sheet)

    monkeypatch.setattr(Sheet, "pdf", drawn)
    with ThreadPoolExecutor(1) as pool:
        paper = text(eve.send(first).data)
    ((status, other),) = done
    assert (status, "INV-000001" in paper, "INV-000002" in other) == (200, True, True)


def test_an_invoice_that_cannot_be_drawn_gets_no_number(floor: Floor, browser: Log_in) -> None:
    change(Site, logo=b"no picture")
    with pytest.raises(OSError, match="image"):
        KINDS["invoice"](id_of("SO-1"), {"key": "job-1"})
    with pytest.raises(OSError, match="image"):
        browser("eve").send(issue("SO-1"))
    assert db.session.scalars(select(Invoice)).all() == []
    change(Site, logo=None)
    paper = text(KINDS["invoice"](id_of("SO-1"), {"key": "job-1"}))
    assert ("INV-000001" in paper, "COPY" in paper) == (True, False)


def test_two_who_issue_one_invoice_at_once_have_one_number_and_one_original(floor: Floor, browser: Log_in) -> None:
    people, url = [browser("eve"), browser("finn")], issue("SO-1")
    with ThreadPoolExecutor(2) as pool:
        papers = [text(answer.data) for answer in pool.map(lambda one: one.send(url), people)]
    assert ["INV-000001" in paper for paper in papers] == [True, True]
    assert sorted("COPY" in paper for paper in papers) == [False, True]
    db.session.rollback()  # what was read before is old
    assert len(db.session.scalars(select(Invoice)).all()) == 1
