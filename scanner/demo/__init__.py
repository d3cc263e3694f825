"""Demo: one small, memorable warehouse, or a large one with months of history, made by a seed.

Everything in it came in through the product's own importer and ledger: `make_demo` only thinks up the rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from scanner import imports, ledger, people
from scanner.by import By
from scanner.db import db, transact
from scanner.demo import crew, history
from scanner.demo.catalogue import Goods, make_catalogue
from scanner.demo.crew import Badge
from scanner.demo.floor import Shelves, make_cartons, make_places
from scanner.demo.opening import PREFIX, make_opening
from scanner.demo.papers import Demand, due_dates, make_customers, make_suppliers
from scanner.demo.words import COMPANY
from scanner.models import Item, Lot, Site
from scanner.refusals import Refusal
from scanner.site import make_site

__all__ = ["SIZES", "Badge", "Demo", "Size", "make_demo"]

Progress = Callable[[int, int, str], None]  # done, total, what


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    items: int
    aisles: int
    bays: int
    cool_aisle: str
    orders: int
    mean_lines: float
    purchase_orders: int
    weeks: int  # of history


SIZES: Final = {
    "small": Size(400, 8, 20, "H", 60, 5.0, 8, 1),
    "large": Size(3_800, 20, 90, "U", 120, 9.0, 24, 16),
}
WORKING_DAYS = 22  # a month
TIMEZONE = "Europe/London"


@dataclass(slots=True)
class Demo:
    """What was made. The badges' secrets are told here and nowhere else."""

    site: Site
    badges: list[Badge]
    counts: dict[str, int] = field(default_factory=dict)  # what the importer has added, by kind


def make_demo(
    *,
    size: Literal["small", "large"] = "small",
    seed: int = 2026,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Demo:
    """Make the demo warehouse in an empty, migrated database. The same seed makes the same warehouse, but for secrets.

    It is one transaction: a demo that was stopped half-way has left nothing. `progress` is called with done, total and
    what; `folder` is where the badges are kept (demo-badges.json, readable by its owner only). Refuses bad_request when
    there is a warehouse already.
    """

    def work() -> Demo:
        if db.session.scalar(select(Site.id).limit(1)) is not None:
            raise Refusal("bad_request", "There is a warehouse already. The demo wants an empty database.")
        made, staff = _begin()
        if folder is not None:
            crew.keep(made.badges, folder)
        _Maker(SIZES[size], made, staff, random.Random(seed), progress or _silent).make()  # noqa: S311 - no secrets
        return made

    return transact(work)


def _silent(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""


def _begin() -> tuple[Demo, dict[str, By]]:
    """The site and its people."""
    site = make_site(name="Lantern Lane Gifts", timezone=TIMEZONE, gs1_prefix=PREFIX)
    for name, value in COMPANY.items():
        setattr(site, name, value)
    staff, badges = crew.hire(people.system(site.id))
    by = {
        login: By(person.id, person.name, site.id, site.timezone, frozenset(person.roles), "demo")
        for login, person in staff.items()
    }
    return Demo(site, badges), by


@dataclass(slots=True)
class _Maker:
    """Makes one warehouse, step by step."""

    size: Size
    demo: Demo
    staff: dict[str, By]
    rng: random.Random
    progress: Progress

    def make(self) -> None:
        goods, places = self._shelve()
        customers = make_customers(self.rng)
        self._load("suppliers", make_suppliers())
        self._load("customers", customers)
        self._load("cartons", make_cartons())
        days = history.working_days(self.today, self.size.weeks)
        opened_on = days[0] - timedelta(days=3)
        opening = make_opening(goods, Shelves(places), self.today, self.rng)
        self._load("opening_stock", opening, self._long_ago(opened_on))
        countries = {str(row["code"]): str(row["country"]) for row in customers}
        self._tell(goods, countries, days)
        self._want(Demand(goods, countries, self.rng))
        transact(self._hold_a_lot)

    @property
    def today(self) -> date:
        """The date at the site."""
        return self.staff["finn"].today

    def _load(self, kind: str, rows: list[dict[str, Any]], by: By | None = None) -> None:
        self.progress(0, len(rows), kind)
        report = imports.import_rows(kind, rows, by=by or self.staff["finn"], file="demo", rng=self.rng)
        if not report.is_ok:
            raise RuntimeError(str(report.errors[0]))  # the demo's own fault
        self.demo.counts[kind] = self.demo.counts.get(kind, 0) + report.added
        self.progress(len(rows), len(rows), kind)

    def _shelve(self) -> tuple[list[Goods], list[dict[str, Any]]]:
        lines_a_month = round(self.size.orders * self.size.mean_lines * WORKING_DAYS)
        goods = make_catalogue(self.size.items, lines_a_month, self.rng)
        places = make_places(self.size.aisles, self.size.bays, self.size.cool_aisle)
        self._load("items", [item.row for item in goods])
        self._load("locations", places)
        return goods, places

    def _long_ago(self, day: date) -> By:
        by = self.staff["eve"]
        at = by.occurred_at - timedelta(days=(self.today - day).days)
        return replace(by, occurred_at=at)

    def _tell(self, goods: list[Goods], customers: dict[str, str], days: list[date]) -> None:
        # The past is told without serial numbers: each of them would want a row of its own.
        simple = [item for item in goods if item.row["tracking"] != "serial"]
        story = history.past(self.staff, Demand(simple, customers, self.rng), self.rng)
        history.tell(story, days, self.progress)

    def _want(self, demand: Demand) -> None:
        """What is to be done: orders promised around today, purchase orders on their way, one of them begun."""
        zone = ZoneInfo(TIMEZONE)
        orders = []
        for number in range(1, self.size.orders + 1):
            day = self.today + timedelta(days=self.rng.choice((-1, 0, 0, 0, 0, 1, 1, 2)))
            orders.append(demand.order(f"S-{1000 + number}", day, zone, self.size.mean_lines))
        self._load("orders", orders)
        due = due_dates(self.today, self.size.purchase_orders)
        self._load(
            "purchase_orders",
            [
                demand.purchase_order(f"P-{500 + n}", supplier, day - timedelta(days=lead), day, self.rng.randint(3, 9))
                for n, (supplier, lead, day) in enumerate(due, 1)
            ],
        )
        story = history.past(self.staff, demand, self.rng)
        by = self.staff["ana"]
        transact(lambda: history.receive(story, "P-502", by, by, part=0.5))

    def _hold_a_lot(self) -> None:
        """The supplier has called: one lot must not be sold."""
        lot = db.session.scalars(
            select(Lot)
            .join(Item, Item.id == Lot.item_id)
            .where(Item.has_expiry, Lot.expiry > self.today + timedelta(days=30))
            .order_by(Item.popularity.desc(), Lot.expiry)
            .limit(1)
        ).one()
        ledger.hold(self.staff["eve"], lot, "The supplier asked for it: the foil may be torn")
