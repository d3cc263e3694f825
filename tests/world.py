"""The small warehouse that tests share: six people, three items, a few places, and plain verbs to fill it.

    ana receives, ben picks, cleo packs, dan counts, eve supervises, finn is the admin
    MUG has nothing to keep track of, MILK has lots with expiry, LAMP has serial numbers

Everything goes through the product's own code: `stock()` is a move of the ledger.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select

from scanner import ledger, orders
from scanner.barcode import badge_token, check_digit, compact, encode
from scanner.by import By
from scanner.db import db, now, transact
from scanner.ledger import Spot, Why
from scanner.models import (
    Barcode,
    Carton,
    Customer,
    Item,
    Location,
    Lot,
    Order,
    OrderLine,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Serial,
    Site,
    Supplier,
)
from scanner.models.item import NONE
from scanner.secrets import hash_secret, hash_token
from scanner.site import make_site

PIN = "294715"
PASSWORD = "correct horse battery"
CAST = {
    "ana": ("receiver",),
    "ben": ("picker",),
    "cleo": ("packer",),
    "dan": ("counter",),
    "eve": ("supervisor",),
    "finn": ("admin",),
}
ITEMS: dict[str, dict[str, Any]] = {
    "MUG": {
        "name": "Mug, red",
        "weight_g": 350,
        "length_mm": 120,
        "width_mm": 90,
        "height_mm": 100,
        "value_cents": 450,
    },
    "MILK": {"name": "Oat milk 1 l", "weight_g": 1040, "tracking": "lot", "has_expiry": True, "value_cents": 190},
    "LAMP": {"name": "Desk lamp", "weight_g": 1900, "tracking": "serial", "value_cents": 6900},
}
GTINS = {sku: (stem := f"400000000{n:03d}") + check_digit(stem) for n, sku in enumerate(ITEMS, 1)}
CASE = (body := "1400000000001") + check_digit(body)  # the label on a case of six mugs
PLACES = [
    (f"{aisle}-{bay:02d}-{level}", "pick" if level == 1 else "reserve")
    for aisle in "AB"
    for bay in (1, 2, 3)
    for level in (1, 2)
]
FIXED = [("DOCK-1", "dock"), ("CART-1", "cart"), ("PACK-1", "pack"), ("DOOR-1", "door"), ("QUAR-1", "quarantine")]


@cache
def hashed(secret: str) -> str:
    """The hash of a secret, made once: it is slow on purpose."""
    return hash_secret(secret)


@dataclass
class World:
    """One warehouse and the verbs to work on it. Use it inside an app context."""

    site: Site
    people: dict[str, Person] = field(default_factory=dict)
    badges: dict[str, str] = field(default_factory=dict)  # what the printed badge holds
    items: dict[str, Item] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    supplier: Supplier | None = None
    customer: Customer | None = None

    def by(self, name: str, **more: Any) -> By:
        """The provenance of one of the cast."""
        person = self.people[name]
        return By(person.id, person.name, self.site.id, self.site.timezone, frozenset(person.roles), **more)

    def spot(self, code: str) -> Spot:
        """A place by its address."""
        return Spot(self.locations[code].id)

    def lot(self, sku: str, code: str, days: int = 90) -> Lot:
        """A lot that expires in `days`, made if it is new."""
        item = self.items[sku]
        lot = db.session.scalars(select(Lot).where(Lot.item_id == item.id, Lot.code == code)).first()
        if lot is None:
            lot = Lot(item_id=item.id, code=code, expiry=self.by("eve").today + timedelta(days=days), is_held=False)
            db.session.add(lot)
            db.session.flush()
        return lot

    def stock(self, sku: str, place: str, qty: int = 1, *, lot: str = "", days: int = 90, serial: str = "") -> int:
        """Opening stock at a place; the move's seq."""

        def work() -> By:
            by, opening = self.by("eve"), ledger.virtual(self.site.id, "opening")
            lot_id = self.lot(sku, lot, days).id if lot else NONE
            serial_id = self._serial(sku, serial, opening).id if serial else NONE
            why = Why("opening")
            target, item_id = self.spot(place), self.items[sku].id
            ledger.move(by, item_id, qty, opening, target, why, lot_id=lot_id, serial_id=serial_id)
            return by

        return transact(work).moves[-1]  # known when the transaction has sealed it

    def _serial(self, sku: str, code: str, at: Spot) -> Serial:
        row = Serial(item_id=self.items[sku].id, code=code, location_id=at.location_id, unit_id=NONE)
        db.session.add(row)
        db.session.flush()
        return row

    def order(self, number: str, *lines: tuple[str, int], allocate: bool = False, **more: Any) -> Order:
        """A customer order; `lines` are (sku, quantity)."""

        def work() -> Order:
            assert self.customer is not None
            order = Order(
                site_id=self.site.id,
                number=number,
                scan_body=compact(number),
                customer_id=self.customer.id,
                status="open",
                ordered_at=now(),
                promised_on=more.pop("promised_on", self.by("eve").today),
                carrier=more.pop("carrier", "DPD"),
                **more,
            )
            db.session.add(order)
            db.session.flush()
            db.session.add_all(
                OrderLine(order_id=order.id, line=n, item_id=self.items[sku].id, ordered=qty)
                for n, (sku, qty) in enumerate(lines, 1)
            )
            db.session.flush()
            if allocate:
                orders.allocate_order(self.by("eve"), orders.lock(order.id))
            return order

        return transact(work)

    def purchase_order(self, number: str, *lines: tuple[str, int], due_on: date | None = None) -> PurchaseOrder:
        """A purchase order; `lines` are (sku, quantity)."""

        def work() -> PurchaseOrder:
            assert self.supplier is not None
            order = PurchaseOrder(
                site_id=self.site.id,
                number=number,
                scan_body=compact(number),
                supplier_id=self.supplier.id,
                status="open",
                ordered_on=self.by("eve").today,
                due_on=due_on or self.by("eve").today,
            )
            db.session.add(order)
            db.session.flush()
            db.session.add_all(
                PurchaseLine(purchase_order_id=order.id, line=n, item_id=self.items[sku].id, ordered=qty, received=0)
                for n, (sku, qty) in enumerate(lines, 1)
            )
            return order

        return transact(work)

    def at_another_site(self) -> None:
        """Add zoe, who supervises another site and must see nothing of this one."""

        def work() -> None:
            site = make_site(code="OTHER", name="Other warehouse")
            zoe = Person(site_id=site.id, login="zoe", name="Zoe", roles=["supervisor"], created_at=now())
            db.session.add(zoe)
            self.people["zoe"] = zoe

        transact(work)


def new_scan_id() -> str:
    """What a client makes for each beep."""
    return str(uuid.uuid4())


def make_world() -> World:
    """Build the warehouse in an empty database. Call it inside an app context."""
    return transact(_build)


def _build() -> World:
    site = make_site(name="Main warehouse", timezone="Europe/Berlin", gs1_prefix="4000000")
    world = World(site)
    _add_people(world)
    _add_places(world)
    _add_items(world)
    world.supplier = Supplier(code="POTTER", name="Potter & Sons", lead_days=7)
    world.customer = Customer(code="ROSA", name="Rosa's Kitchen", country="DE", min_life_days=0)
    carton = Carton(code="M", name="Medium", length_mm=400, width_mm=300, height_mm=250, tare_g=300, max_g=20_000)
    db.session.add_all([world.supplier, world.customer, carton])
    db.session.flush()
    return world


def _add_people(world: World) -> None:
    rng = random.Random(6)  # noqa: S311 - badges of a test
    for login, roles in CAST.items():
        token = badge_token(rng)
        person = Person(
            site_id=world.site.id,
            login=login,
            name=login.capitalize(),
            roles=list(roles),
            badge_hash=hash_token(token),
            pin_hash=hashed(PIN),
            password_hash=hashed(PASSWORD) if {"supervisor", "admin"} & set(roles) else None,
            created_at=now(),
        )
        world.people[login], world.badges[login] = person, encode("badge", token)
        db.session.add(person)
    db.session.flush()


def _add_places(world: World) -> None:
    for walk, (code, kind) in enumerate([*PLACES, *FIXED]):
        aisle, bay, level = code.split("-") if (code, kind) in PLACES else ("", "", "")
        row = Location(
            site_id=world.site.id,
            code=code,
            scan_body=compact(code),
            kind=kind,
            is_virtual=False,
            aisle=aisle,
            bay=bay,
            level=level,
            walk_order=walk,
            check_digits=f"{100 + walk}",
        )
        world.locations[code] = row
        db.session.add(row)
    db.session.flush()


def _add_items(world: World) -> None:
    for sku, facts in ITEMS.items():
        item = Item(sku=sku, **facts)
        db.session.add(item)
        db.session.flush()
        db.session.add_all(
            [Barcode(code=sku, item_id=item.id, qty=1), Barcode(code=GTINS[sku].zfill(14), item_id=item.id, qty=1)]
        )
        world.items[sku] = item
    db.session.add(Barcode(code=CASE, item_id=world.items["MUG"].id, qty=6))
    db.session.flush()
