"""A busy morning: the demo after some hours of work, so that lists, boards and pages have something to show."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from scanner import devices, ledger, tasks
from scanner.accept import Incoming, accept_scan
from scanner.barcode import command
from scanner.by import By
from scanner.db import db, now, transact
from scanner.demo import make_demo
from scanner.models import (
    Balance,
    Device,
    Item,
    Location,
    Lot,
    Order,
    OrderLine,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Task,
    Unit,
)
from scanner.shown import location_code
from scanner.workflows import WORKFLOWS
from tests.scanner.floor import tote

AGENT = "Mozilla/5.0 (Linux; Android 13; TC22) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile"


class Morning:
    """The demo after some hours of work: receipts, picks, a short pick, a count that differs, things on hold."""

    def __init__(self) -> None:
        self.demo = make_demo()
        self.people = {person.login: person for person in db.session.scalars(select(Person))}
        self._receive()
        self._pick()
        self._short()
        self._count()
        transact(self._hold)
        transact(self._phones)

    def by(self, name: str) -> By:
        """The provenance of one of the crew."""
        person = self.people[name]
        return By(person.id, person.name, person.site_id, "Europe/London", frozenset(person.roles), f"{name}-handheld")

    def start(self, name: str, workflow: str, document: str | None = None) -> int:
        """Open a task; its id."""
        by = self.by(name)
        task: Task = transact(lambda: WORKFLOWS[workflow].start(document, by=by))
        return task.id

    def scans(self, name: str, task: int, *raws: str) -> None:
        """Some beeps; refused ones are part of a morning."""
        for raw in raws:
            accept_scan(Incoming(str(uuid.uuid4()), raw, now(), f"{name}-handheld", task), self.by(name))

    def expected(self, task: int) -> str:
        """The code that a task waits for."""
        db.session.rollback()
        row = db.session.get_one(Task, task, populate_existing=True)
        row.memo.clear()
        expects = WORKFLOWS[row.workflow].prompt(row).expects
        return str(expects[0]) if expects else ""

    def _receive(self) -> None:
        self.purchase = db.session.scalars(
            select(PurchaseOrder).where(PurchaseOrder.status == "open").order_by(PurchaseOrder.due_on)
        ).first()
        assert self.purchase is not None
        plain = select(Item.sku, PurchaseLine.ordered).join(PurchaseLine, PurchaseLine.item_id == Item.id)
        rows = db.session.execute(
            plain.where(PurchaseLine.purchase_order_id == self.purchase.id, Item.tracking == "none").limit(2)
        ).all()
        task = self.start("ana", "receive", self.purchase.number)
        for sku, ordered in rows:
            self.scans("ana", task, sku, command("Q", ordered - 1), command("DONE"))

    def _orders(self) -> list[Order]:
        """Open orders that have lines, the first promised first."""
        lines = select(OrderLine.order_id).group_by(OrderLine.order_id).subquery()
        query = select(Order).join(lines, lines.c.order_id == Order.id).where(Order.status == "open")
        return list(db.session.scalars(query.order_by(Order.promised_on, Order.number)))

    def _pick(self) -> None:
        """One order stands at a shelf, one is on its way."""
        self.order, self.other, self.short = self._orders()[:3]
        self.task = self.start("ben", "pick", self.order.number)
        self.scans("ben", self.task, tote(7))

    def _short(self) -> None:
        task = self.start("eve", "pick", self.short.number)
        self.scans("eve", task, tote(8))
        self.scans("eve", task, self.expected(task))
        self.scans("eve", task, command("SHORT"), command("TOOFEW"))

    def _count(self) -> None:
        """A place where the floor has less than the book, counted three times."""
        row = db.session.execute(
            select(Location, Item.sku)
            .join(Balance, Balance.location_id == Location.id)
            .join(Item, Item.id == Balance.item_id)
            .where(Location.kind == "pick", Item.tracking == "none", Balance.qty > 5)
            .order_by(Balance.qty.desc())
        ).first()
        assert row is not None
        label = location_code(row.Location.scan_body)
        for name in ("dan", "eve"):
            task = self.start(name, "count", row.Location.code)
            for _round in range(2):
                self.scans(name, task, label, row.sku, command("Q", 3), command("DONE"))
        self.counted = row.Location

    def _phones(self) -> None:
        """Handhelds: one has told that it is fine, one has not been heard for long, one was lost."""
        facts = {"ben": ("Zebra 1", 0, 81, 0), "ana": ("Zebra 2", 14, 12, 130), "dan": ("", 3, None, 20)}
        for name, (called, unsent, battery, minutes) in facts.items():
            device = f"{name}-handheld"
            devices.enrol(self.people[name].id, device, "", AGENT)
            self.phone = db.session.scalars(select(Device).where(Device.device == device)).one()
            self.phone.name = called
            sender, oldest_at = devices.Sender(self.phone.id, device, 1), now() - timedelta(minutes=minutes)
            devices.heard(sender, devices.Beat(now(), unsent, oldest_at if unsent else None, battery, "0"), 1800)
            task = tasks.open_task("move", replace(self.by(name), device_id=self.phone.id))
            assert task.leased_until
        devices.revoke(self.phone, self.by("eve"))

    def _hold(self) -> None:
        by = self.by("eve")
        lot = db.session.scalars(
            select(Lot).join(Balance, Balance.lot_id == Lot.id).where(Lot.id > 0, Balance.qty > 0).limit(1)
        ).one()
        unit = db.session.scalars(select(Unit).where(Unit.kind == "pallet").limit(1)).one()
        ledger.hold(by, lot, "Recall by the maker")
        ledger.hold(by, unit, "Film is torn")
        self.lot, self.unit = lot, unit
