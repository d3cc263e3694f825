"""History: weeks that have passed: goods came in, orders went out. Every step is a move of the ledger.

A day is told in short: one purchase order is received and put away, and each order goes from the shelf to the cart,
into a carton, and out of the door. `occurred_at` is the hour in the past; `recorded_at` is
the hour when the demo was made.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from scanner import imports, ledger, orders, units
from scanner.by import By
from scanner.db import db, transact
from scanner.demo.papers import Demand
from scanner.demo.words import SUPPLIERS
from scanner.ledger import Spot, Why
from scanner.models import (
    Balance,
    Carton,
    Item,
    Location,
    Lot,
    Manifest,
    Order,
    OrderLine,
    Parcel,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    Unit,
)

ORDERS_A_DAY, MEAN_LINES, PURCHASE_LINES = 4, 5.0, 8
WEEK = 5  # days


@dataclass(slots=True)
class Past:
    """What the days of the past share: who worked, where, and what was wanted."""

    crew: dict[str, By]
    demand: Demand
    rng: random.Random
    places: dict[str, int]
    cartons: list[int]

    def by(self, login: str, day: date, hour: int) -> By:
        """One of the crew at some minute of an hour."""
        by = self.crew[login]
        moment = datetime.combine(
            day, time(hour, self.rng.randrange(60), self.rng.randrange(60)), ZoneInfo(by.timezone)
        )
        return replace(by, moves=[], discrepancies=[], device=f"gun-{login}", occurred_at=moment)


def past(crew: dict[str, By], demand: Demand, rng: random.Random) -> Past:
    """Ready to tell the days."""
    places = db.session.execute(select(Location.code, Location.id).where(Location.site_id == crew["ana"].site_id))
    cartons = db.session.scalars(select(Carton.id).order_by(Carton.id)).all()
    return Past(crew, demand, rng, {row.code: row.id for row in places}, list(cartons))


def tell(story: Past, days: list[date], progress: Callable[[int, int, str], None]) -> None:
    """Post what happened on these days, oldest first. The papers of a week come in at once."""
    for start in range(0, len(days), WEEK):
        _papers(story, days, range(start, min(start + WEEK, len(days))))
        for number in range(start, min(start + WEEK, len(days))):
            _day(story, days[number], number)
            progress(number + 1, len(days), "history")


def working_days(today: date, weeks: int) -> list[date]:
    """Monday to Friday of the last weeks, without today."""
    days = (today - timedelta(days=back) for back in range(7 * weeks, 0, -1))
    return [day for day in days if day.weekday() < 5]


# --- the papers ----------------------------------------------------------------------------------------------------


def _papers(story: Past, days: list[date], numbers: range) -> None:
    """What was ordered from suppliers and by customers."""
    zone = ZoneInfo(story.crew["eve"].timezone)
    bought, sold = [], []
    for number in numbers:
        day, (supplier, _name, lead, _sells) = days[number], SUPPLIERS[number % len(SUPPLIERS)]
        ordered_on = day - timedelta(days=lead)
        bought.append(story.demand.purchase_order(_bought(day), supplier, ordered_on, day, PURCHASE_LINES))
        sold += [story.demand.order(name, day, zone, MEAN_LINES) for name in _sold(day)]
    for kind, rows in (("purchase_orders", bought), ("orders", sold)):
        report = imports.import_rows(kind, rows, by=story.by("eve", days[numbers[0]], 7))
        if not report.is_ok:
            raise RuntimeError(str(report.errors[0]))


def _bought(day: date) -> str:
    return f"P{day:%y%m%d}"


def _sold(day: date) -> list[str]:
    return [f"H{day:%y%m%d}-{number}" for number in range(1, ORDERS_A_DAY + 1)]


def _day(story: Past, day: date, number: int) -> None:
    """One supplier's lorry came in, and the day's orders went out."""
    by, then = story.by("ana", day, 8), story.by("ana", day, 9)
    transact(lambda: receive(story, _bought(day), by, then, part=1.0))
    transact(lambda: _ship(story, _sold(day), day, number))


# --- goods in ----------------------------------------------------------------------------------------------------


def receive(story: Past, number: str, by: By, then: By, *, part: float) -> None:
    """Receive a purchase order, all of it or the first part, and put it away."""
    order = db.session.scalars(
        select(PurchaseOrder).where(PurchaseOrder.site_id == by.site_id, PurchaseOrder.number == number)
    ).one()
    lines = db.session.scalars(
        select(PurchaseLine).where(PurchaseLine.purchase_order_id == order.id).order_by(PurchaseLine.line)
    ).all()
    dock, supplier = Spot(story.places["DOCK-1"]), ledger.virtual(by.site_id, "supplier")
    for line in lines[: max(1, round(len(lines) * part))]:
        home, lot_id = _home(by, line.item_id)
        why = Why("receive", number, purchase_line_id=line.id)
        ledger.move(by, line.item_id, line.ordered, supplier, dock, why, lot_id=lot_id)
        ledger.move(then, line.item_id, line.ordered, dock, home, Why("putaway", number), lot_id=lot_id)
    if part == 1.0:
        order.status = "received"


def _home(by: By, item_id: int) -> tuple[Spot, int]:
    """Where the item lies, and for an item with lots the lot that it is put to: the youngest."""
    row = db.session.execute(
        select(Balance.location_id, Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.site_id == by.site_id, Balance.item_id == item_id, Balance.unit_id == 0)
        .where(Location.kind == "pick", ~Lot.is_held)
        .order_by(Lot.expiry.desc(), Lot.best_before.desc(), Balance.location_id)
        .limit(1)
    ).one()
    return Spot(row.location_id), row.lot_id


# --- goods out ---------------------------------------------------------------------------------------------------


def _ship(story: Past, names: list[str], day: date, number: int) -> None:
    """The day's orders, each to its carrier's manifest."""
    manifests: dict[str, Manifest] = {}
    for name in names:
        order = db.session.scalars(select(Order).where(Order.number == name)).one()
        orders.allocate_order(story.by("eve", day, 7), order)
        promises = orders.open_reservations(order.id)
        if not promises:
            order.status = "cancelled"
            continue
        if order.carrier not in manifests:
            manifests[order.carrier] = _manifest(story, order.carrier, day, f"M-{day:%Y%m%d}-H{number}{len(manifests)}")
        _work(story, order, promises, day, manifests[order.carrier])


def _work(story: Past, order: Order, promises: list[Reservation], day: date, manifest: Manifest) -> None:
    """Picked, packed, loaded and gone; what was not there was closed short."""
    cart, bench = story.places["CART-1"], story.places["PACK-1"]
    picker, packer, loader = story.by("ben", day, 10), story.by("cleo", day, 13), story.by("cleo", day, 16)
    carton = units.new_unit(packer, "carton", bench, order.id)
    weight = 300
    for row in promises:
        picked = Why("pick", order.number, order_line_id=row.order_line_id, reservation_id=row.id)
        ledger.move(
            picker, row.item_id, row.qty, Spot(row.location_id, row.unit_id), Spot(cart), picked, lot_id=row.lot_id
        )
        checked = Why("verify", order.number, order_line_id=row.order_line_id)
        ledger.move(packer, row.item_id, row.qty, Spot(cart), Spot(bench, carton.id), checked, lot_id=row.lot_id)
        weight += row.qty * db.session.get_one(Item, row.item_id).weight_g
    db.session.add(_parcel(story, order, carton.id, weight, manifest))
    ledger.seal()
    _leave(loader, carton, manifest)
    order.status = "shipped"
    for missing in db.session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.allocated < OrderLine.ordered)
    ):
        missing.is_closed_short = True


def _leave(by: By, carton: Unit, manifest: Manifest) -> None:
    """Onto the door, and out of it."""
    ledger.move_unit(by, carton, manifest.location_id, Why("ship", manifest.number))
    ledger.move_unit(by, carton, ledger.virtual(by.site_id, "customer").location_id, Why("ship", manifest.number))
    carton.status = "shipped"


def _manifest(story: Past, carrier: str, day: date, number: str) -> Manifest:
    by = story.by("cleo", day, 17)
    manifest = Manifest(
        site_id=by.site_id,
        number=number,
        carrier=carrier,
        location_id=story.places["DOOR-1"],
        status="closed",
        opened_at=by.occurred_at,
        closed_at=by.occurred_at,
        closed_by=by.person_id,
    )
    db.session.add(manifest)
    db.session.flush()
    return manifest


def _parcel(story: Past, order: Order, unit_id: int, weight_g: int, manifest: Manifest) -> Parcel:
    return Parcel(
        site_id=order.site_id,
        order_id=order.id,
        unit_id=unit_id,
        carton_id=story.rng.choice(story.cartons),
        status="shipped",
        weight_g=weight_g,
        carrier=order.carrier,
        service=order.service,
        tracking=f"{order.carrier[:2].upper()}{story.rng.randrange(10**12):012d}",
        manifest_id=manifest.id,
    )
