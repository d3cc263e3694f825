"""A warehouse day in a real browser on the real server: every step by wedge keystrokes at 360x640, not one touch."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scanner import check_ledger
from scanner.barcode import command, element_string, encode, sscc
from scanner.db import db
from scanner.models import Balance, OrderLine, PurchaseLine, Unit
from tests.browser.station import Station
from tests.world import GTINS, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True),
]


def place(code: str) -> str:
    return encode("location", code.replace("-", ""))


class Day:
    """Scans, and what must hold on every screen."""

    def __init__(self, phone: Station) -> None:
        self.phone = phone
        self.last = ""

    def go(self, raw: str, step: str) -> None:
        """A scan on a screen that leads elsewhere."""
        self.last = raw
        self.phone.keys(raw)
        self.phone.wait(lambda: self.step() == step)
        self.check()

    def scan(self, *raws: str, outcome: str = "accepted") -> None:
        for raw in raws:
            if raw == self.last:
                self.phone.page.wait_for_timeout(700)  # sooner it would be one read of one label
            self.last = raw
            self.phone.scan(raw)
            verdict = self.phone.page.query_selector("#verdict")
            assert verdict is not None
            assert verdict.get_attribute("data-outcome") == outcome, (raw, verdict.inner_text())
            self.check()

    def step(self) -> str:
        screen = self.phone.page.query_selector("#screen")
        return (screen.get_attribute("data-step") or "") if screen else ""

    def check(self) -> None:
        """No page scrolls, and no working screen says more than 45 words."""
        size = self.phone.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= 360
        assert size[1] <= 640


def test_a_day_from_goods_in_to_goods_out_without_one_touch(phone: Station, warehouse: World) -> None:
    warehouse.purchase_order("PO-1", ("MUG", 12), ("MILK", 6))
    warehouse.order("SO-1", ("MUG", 3), ("MILK", 2), instructions="Wrap the mugs.")
    day = Day(phone)
    home = command("HOME")
    phone.open("/")

    day.go(encode("purchase_order", "PO1"), "item")  # receive
    day.scan("MUG", command("Q", 12))
    day.scan(command("DONE"))
    label = {"01": GTINS["MILK"].zfill(14), "17": "330331", "30": "6", "10": "B7741"}
    day.scan("]C1" + element_string(label))
    pallet = sscc("0614141", 0, 77)
    day.scan(f"]C100{pallet}", command("DONE"))
    assert [line.received for line in db.session.scalars(select(PurchaseLine).order_by(PurchaseLine.line))] == [12, 6]

    day.go(home, "home")
    day.go(command("PUTAWAY"), "what")
    day.scan(f"]C100{pallet}", place("B-01-1"))
    if day.step() == "location":  # another place than the one that was offered: again
        day.scan(place("B-01-1"))
    day.scan("MUG", command("ALL"), place("A-01-1"))
    if day.step() == "location":
        day.scan(place("A-01-1"))
    day.scan(command("DONE"))

    day.go(home, "home")
    day.go(encode("order", "SO1"), "tote")  # pick
    day.scan(encode("tote", "00017"))
    for _ in range(12):
        if day.step() == "drop":
            break
        expected = phone.page.evaluate("JSON.parse(document.getElementById('screen').dataset.expects)[0]")
        is_item = day.step() == "item"
        if is_item:
            other = "MILK" if expected == "MUG" else "MUG"
            day.scan(other, outcome="refused")
            assert "STOP" in phone.text("#stop")
        day.scan(expected)
        if is_item and day.step() == "item":
            day.scan(command("UNDO"))
            day.scan(expected, command("ALL"))
    day.scan(place("PACK-1"))
    assert day.step() == "done"

    day.go(encode("order", "SO1"), "tote")  # verify and pack
    day.scan(encode("tote", "00017"), command("OK"), "MUG", command("ALL"), "MILK", "MILK")
    assert day.step() == "done"

    db.session.rollback()
    carton = db.session.scalars(select(Unit.code).where(Unit.kind == "carton")).one()
    day.go(f"]C100{carton}", "parcel")  # ship
    day.scan(f"]C100{carton}", "1Z999AA10123456784", command("CLOSE"), command("CLOSE"))
    assert day.step() == "done"

    day.go(place("A-01-1"), "lookup")  # count
    day.go(command("GO"), "location")
    day.scan(place("A-01-1"), "MUG", command("Q", 9), command("DONE"))
    assert day.step() == "done"

    db.session.rollback()
    assert [(line.ordered, line.shipped) for line in db.session.scalars(select(OrderLine))] == [(3, 3), (2, 2)]
    left = select(Balance.qty).where(Balance.qty > 0, Balance.site_id == warehouse.site.id)
    assert sorted(db.session.scalars(left)) == [4, 9]
    assert check_ledger.check(warehouse.site.id) == []
