"""The demo: made by the product's own code, the same for the same seed, and ready to be worked in."""

from __future__ import annotations

import random
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from scanner import check_ledger, demo, find, orders
from scanner.barcode import encode, read
from scanner.by import By
from scanner.db import db, engine_options, transact
from scanner.demo import Demo, crew, make_demo
from scanner.demo.catalogue import make_catalogue
from scanner.demo.floor import Shelves, make_cartons, make_places
from scanner.demo.opening import make_opening
from scanner.models import (
    Balance,
    Barcode,
    Carton,
    Customer,
    Hold,
    Item,
    Location,
    Lot,
    Move,
    Order,
    OrderLine,
    Person,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    Serial,
    Site,
    Supplier,
    Unit,
)
from scanner.models.person import ROLES
from scanner.planning.route import layout_of
from scanner.refusals import Refusal
from scanner.secrets import check_secret, hash_token
from tests.engines import ENGINES, Databases
from web import create_app

TODAY = date(2026, 5, 4)


@dataclass
class Made:
    """One demo, made once for all tests that only read it."""

    demo: Demo
    folder: Path
    steps: list[tuple[int, int, str]]

    def by(self, login: str = "eve") -> By:
        """One of the crew."""
        person = db.session.scalars(select(Person).where(Person.login == login)).one()
        return By(person.id, person.name, person.site_id, self.demo.site.timezone, frozenset(person.roles))


@pytest.fixture(scope="module", params=ENGINES)
def small(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """The small demo on each engine."""
    engine: str = request.param
    if engine == "postgresql":
        request.getfixturevalue("postgresql_server")
    url, folder = databases.fresh(engine), tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(folder))
        patch.setenv("DATABASE_URL", url)
        app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    with app.app_context():
        steps: list[tuple[int, int, str]] = []
        yield Made(make_demo(progress=lambda *step: steps.append(step), folder=folder), folder, steps)
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def made(small: Made) -> Iterator[Made]:
    """The small demo. Tests run inside the app's context and leave nothing behind."""
    yield small
    db.session.rollback()


def count(model: type, *rules: object) -> int:
    """How many rows of a table keep the rules."""
    return db.session.scalar(select(func.count()).select_from(model).where(*rules)) or 0  # type: ignore[arg-type]


# --- what is there -----------------------------------------------------------------------------------------------


def test_the_small_demo_has_its_size(made: Made) -> None:
    assert (count(Item), count(Order, Order.status == "open"), count(Carton), count(Supplier)) == (400, 60, 12, 6)
    assert count(Location, ~Location.is_virtual) == 8 * 20 * 3 + 10
    assert count(Customer) == 30
    assert 0 < count(Customer, Customer.instructions != "") < 15
    assert 0 < count(Customer, Customer.min_life_days > 0) < 15
    assert {"dock", "cart", "pack", "door", "quarantine", "returns", "pick", "reserve"} <= set(
        db.session.scalars(select(Location.kind))
    )
    assert count(Location, Location.kind == "pack") == 2


def test_the_ledger_is_true(made: Made) -> None:
    assert check_ledger.check(made.demo.site.id) == []


def test_history_is_moves_that_happened_before_today(made: Made) -> None:
    reasons = Counter(db.session.scalars(select(Move.reason)))
    assert {"opening", "receive", "putaway", "pick", "verify", "ship"} == set(reasons)
    first, last = db.session.execute(select(func.min(Move.occurred_at), func.max(Move.occurred_at))).one()
    assert 5 <= (last - first).days <= 14
    assert count(Order, Order.status == "shipped") == 20
    shipped = select(OrderLine).join(Order).where(Order.status == "shipped")
    assert all(line.shipped == line.ordered or line.is_closed_short for line in db.session.scalars(shipped))


def test_a_few_items_have_lots_and_serial_numbers_and_some_lots_dates(made: Made) -> None:
    assert count(Item, Item.tracking == "lot") == 400 // 12
    assert count(Item, Item.tracking == "serial") == 400 // 80
    assert count(Serial) > 10
    assert count(Lot, Lot.expiry.is_not(None)) > 10
    assert count(Lot, Lot.best_before.is_not(None)) > 10


def test_a_lot_is_held_and_an_expired_one_is_in_quarantine(made: Made) -> None:
    held = db.session.scalars(select(Lot).where(Lot.is_held)).one()
    assert db.session.scalars(select(Hold.object_id).where(Hold.scope == "lot")).all() == [held.id]
    by = made.by()
    places = db.session.scalars(
        select(Location.kind)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Lot.expiry < by.today)
    )
    assert set(places) == {"quarantine"}


def test_purchase_orders_are_overdue_due_today_and_begun(made: Made) -> None:
    today = made.by().today
    open_ = PurchaseOrder.status == "open"
    assert count(PurchaseOrder, open_, PurchaseOrder.due_on < today) == 1
    assert count(PurchaseOrder, open_, PurchaseOrder.due_on == today) == 2
    assert count(PurchaseOrder, open_, PurchaseOrder.due_on > today) >= 3
    begun = select(PurchaseLine.purchase_order_id).where(PurchaseLine.received > 0).distinct()
    assert count(PurchaseOrder, open_, PurchaseOrder.id.in_(begun)) == 1


def test_pallets_stand_above_with_an_sscc(made: Made) -> None:
    kinds = db.session.scalars(
        select(Location.kind).join(Unit, Unit.location_id == Location.id).where(Unit.kind == "pallet")
    )
    assert set(kinds) == {"reserve"}


def test_scans_find_items_cases_and_places(made: Made) -> None:
    by = made.by()
    case = db.session.scalars(select(Barcode).where(Barcode.qty == 12)).first()
    assert case is not None
    found = find.find(read(case.code), by)
    assert (found.kind, found.qty, found.thing.id) == ("item", 12, case.item_id)
    assert find.find(read(encode("location", "A011")), by).thing.code == "A-01-1"
    assert db.session.scalars(select(Barcode.code).where(Barcode.code.like("02%"))).first() is not None


def test_orders_can_be_worked(made: Made) -> None:
    """Nearly all that is wanted is there, once each order has what it needs; nothing is kept."""
    by = made.by()

    class Enough(Exception):
        pass

    def work() -> None:
        for order_id in db.session.scalars(select(Order.id).where(Order.status == "open").order_by(Order.id)).all():
            orders.allocate_order(by, orders.lock(order_id))
        ordered, allocated = db.session.execute(
            select(func.sum(OrderLine.ordered), func.sum(OrderLine.allocated)).join(Order).where(Order.status == "open")
        ).one()
        assert allocated / ordered > 0.9
        raise Enough

    with pytest.raises(Enough):
        transact(work)
    assert count(Reservation, Reservation.state == "open") == 0


def test_the_floor_has_a_cross_aisle_in_the_middle(made: Made) -> None:
    points = db.session.execute(select(Location.x_mm, Location.y_mm).where(Location.kind == "pick")).all()
    layout = layout_of([(row.x_mm, row.y_mm) for row in points])
    assert layout is not None
    assert len(layout.cross_mm) == 3


def test_progress_is_told_for_every_step(made: Made) -> None:
    ended = {what for done, total, what in made.steps if done == total}
    assert {"items", "locations", "opening_stock", "history", "orders", "purchase_orders"} <= ended


# --- people ------------------------------------------------------------------------------------------------------


def test_there_is_one_of_every_role_with_a_badge_and_a_pin(made: Made) -> None:
    assert {badge.role for badge in made.demo.badges} == set(ROLES)
    for badge in made.demo.badges:
        scan = read(badge.badge)
        assert scan.own is not None
        assert scan.own[0] == "badge"
        person = db.session.scalars(select(Person).where(Person.badge_hash == hash_token(scan.own[1]))).one()
        assert (person.login, person.roles) == (badge.login, [badge.role])
        assert check_secret(person.pin_hash, badge.pin)
        assert bool(badge.password) is (badge.role in ("supervisor", "admin"))
        if badge.password:
            assert check_secret(person.password_hash, badge.password)


def test_the_badges_are_kept_for_their_owner_only(made: Made) -> None:
    path = made.folder / crew.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert crew.kept(made.folder) == made.demo.badges
    assert crew.kept(made.folder / "elsewhere") == []


def test_a_second_demo_is_refused(made: Made) -> None:
    with pytest.raises(Refusal):
        make_demo()
    assert count(Item) == 400


# --- without a database ------------------------------------------------------------------------------------------


Rows = list[dict[str, Any]]


def seeded(seed: int = 1) -> random.Random:
    """What the demo is drawn with; no secrets are."""
    return random.Random(seed)  # noqa: S311


def rows(seed: int) -> tuple[Rows, Rows, Rows]:
    """What a seed makes."""
    rng = seeded(seed)
    goods = make_catalogue(400, 6_600, rng)
    places = make_places(8, 20, "H")
    return [item.row for item in goods], places, make_opening(goods, Shelves(places), TODAY, rng)


def test_the_same_seed_makes_the_same_warehouse() -> None:
    assert rows(7) == rows(7)
    assert rows(7) != rows(8)


def test_secrets_do_not_come_from_the_seed() -> None:
    assert "random" not in crew.__dict__


@pytest.mark.parametrize(("count", "aisles", "bays"), [(400, 8, 20), (3_800, 20, 90)])
def test_names_and_codes_are_unique_and_places_many(count: int, aisles: int, bays: int) -> None:
    goods = make_catalogue(count, 20_000, seeded())
    for column in ("sku", "gtin", "name"):
        assert len({item.row[column] for item in goods}) == count
    assert all(item.row["gtin"].startswith("2") for item in goods)
    places = [row["code"] for row in make_places(aisles, bays) if row["kind"] in ("pick", "reserve")]
    assert len(set(places)) == aisles * bays * 3


@pytest.mark.parametrize("count", [400, 3_800])
def test_a_fifth_of_the_items_makes_most_of_the_lines(count: int) -> None:
    shares = sorted((item.share for item in make_catalogue(count, 20_000, seeded())), reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert 0.6 < sum(shares[: count // 5]) < 0.85


def test_popular_goods_lie_near_the_docks() -> None:
    goods, places, opening = rows(7)
    depth = {row["code"]: row["y_mm"] for row in places}
    home = {row["sku"]: depth[row["location"]] for row in reversed(opening) if row["location"] in depth}
    ambient = [home[row["sku"]] for row in goods if row["storage_class"] == "ambient"]
    assert sum(ambient[:50]) / 50 < sum(ambient[200:250]) / 50


def test_goods_fit_into_their_places_and_cartons() -> None:
    goods, places, opening = rows(7)
    volume = {row["sku"]: row["length_mm"] * row["width_mm"] * row["height_mm"] for row in goods}
    room = {row["code"]: row.get("capacity_volume_mm3") for row in places}
    for row in opening:
        limit = room[row["location"]]
        assert limit is None or row["qty"] * volume[row["sku"]] <= limit
    longest = max(carton["length_mm"] for carton in make_cartons())
    assert max(row["length_mm"] for row in goods) <= longest


@pytest.mark.slow
def test_the_large_demo_is_true_too(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two weeks of history instead of sixteen."""
    monkeypatch.setitem(demo.SIZES, "large", replace(demo.SIZES["large"], weeks=2))
    url = databases.fresh("sqlite")
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", url)
    app = create_app({"TESTING": True, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    with app.app_context():
        made = make_demo(size="large")
        assert made.counts["items"] == 3_800
        assert made.counts["locations"] == 5_400 + 10
        assert check_ledger.check(made.site.id) == []
        db.session.remove()
        db.engine.dispose()


def test_a_demo_that_was_stopped_half_way_has_left_nothing(app: Flask, tmp_path: Path) -> None:
    def stop(_done: int, _total: int, what: str) -> None:
        if what == "opening_stock":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(progress=stop, folder=tmp_path)
    assert [count(model) for model in (Site, Person, Item, Location, Supplier, Move)] == [0] * 6
