"""The desk's pages with real stock and documents in them, on both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Browser
from tests.world import World

Log_in = Callable[[str], Browser]


@pytest.fixture
def busy(warehouse: World) -> World:
    """A warehouse with stock, an order with promises, an order that lacks stock, and a purchase order."""
    warehouse.stock("MUG", "A-01-1", 12)
    warehouse.stock("MILK", "A-02-1", 6, lot="L1", days=30)
    warehouse.stock("MILK", "B-01-1", 4, lot="L2", days=60)
    warehouse.stock("LAMP", "B-02-1", serial="S-1")
    warehouse.order("SO-1", ("MUG", 5), ("MILK", 2), allocate=True)
    warehouse.order("SO-2", ("MUG", 50))
    warehouse.purchase_order("PO-1", ("MUG", 40), ("LAMP", 2))
    return warehouse


def test_every_list_and_page_opens(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    pages = [
        *("/board", "/stock", "/stock?all=1", "/stock/locations", "/stock/lots", "/items", "/locations", "/orders"),
        *("/purchase-orders", "/discrepancies", "/tasks", "/people", "/people?all=1", "/imports", "/scans", "/moves"),
        *("/items/1", "/locations/6", "/orders/1", "/purchase-orders/1", f"/people/{busy.people['ben'].id}"),
        *("/stock/items.csv", "/stock/rows.csv", "/orders?status=to+do&due=today&q=SO", "/stock/lots?only=held"),
    ]
    assert {url: eve.get(url).status_code for url in pages} == dict.fromkeys(pages, 200)
