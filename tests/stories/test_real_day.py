"""A whole day of a real shop, worked by scan: what left the house is what was ordered.

The invoices lie beside the project and are not part of it; without them these tests are skipped.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from scanner import check_ledger, people
from scanner.db import db, transact
from scanner.invoices import import_invoices
from scanner.models import Order, Site
from scanner.site import make_site
from tests.stories.worker import Worker, shipped_and_ordered

SHARED = Path(os.environ.get("SCANDOCK_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "online_retail"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_real_day_of_orders_leaves_the_house_as_it_was_ordered(app: Flask) -> None:
    if not SHARED.is_dir():
        pytest.skip("the real invoices are not beside the project (SCANDOCK_SHARED)")
    transact(make_site)
    import_invoices(SHARED, by=transact(people.system))
    eve = transact(people.system)
    worker = Worker(replace(eve, roles=frozenset({"supervisor"})))
    numbers = list(db.session.scalars(select(Order.number).order_by(Order.id)))
    carriers = set(db.session.scalars(select(Order.carrier)))
    assert len(numbers) > 50
    for number in numbers:
        worker.pick(number)
        worker.pack(number)
    for carrier in sorted(carriers):
        worker.ship(carrier)
    shipped, ordered = shipped_and_ordered()
    assert shipped == ordered
    assert sum(shipped.values()) > 10_000
    assert set(db.session.scalars(select(Order.status))) == {"shipped"}
    site = db.session.scalars(select(Site)).one()
    assert check_ledger.check(site.id) == []
