"""The ledger against a model of plain dictionaries: whatever is done in whatever order, both say the same.

Each step of Hypothesis is one act in a transaction of its own at a site made for the example. A refusal must change
nothing. SCANDOCK_EXAMPLES makes the run as long as wanted.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from scanner import check_ledger, ledger
from scanner.by import By
from scanner.db import db, now, transact
from scanner.ledger import Spot, Why
from scanner.models import Balance, Customer, Item, Location, Lot, Order, OrderLine, Person, Reservation, Serial, Unit
from scanner.refusals import Refusal
from scanner.site import make_site

EXAMPLES = int(os.environ.get("SCANDOCK_EXAMPLES", "30"))
STEPS = 50
PLACES = {
    "DOCK": "dock",
    "SHELF": "pick",
    "RACK": "reserve",
    "CART": "cart",
    "BENCH": "pack",
    "DOOR": "door",
    "QUAR": "quarantine",
}
TO_CUSTOMER = {"SHELF", "CART", "BENCH", "DOOR"}
ITEMS = {"PLAIN": "none", "LOTTED": "lot", "SINGLE": "serial"}
_numbers = itertools.count(1)

Key = tuple[str, str, str, str]  # place, item, lot, unit


@dataclass
class Promise:
    """What the model knows of one reservation."""

    key: Key
    qty: int
    posted: int = 0
    is_open: bool = True


@dataclass
class Model:
    """The whole truth, as a child would keep it."""

    qty: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    promises: dict[int, Promise] = field(default_factory=dict)
    serials: dict[str, tuple[str, str] | None] = field(default_factory=dict)  # place and unit; None = out of the house
    units: dict[str, str] = field(default_factory=dict)  # unit -> place
    parents: dict[str, str] = field(default_factory=dict)
    unfit_lots: set[str] = field(default_factory=set)
    held_places: set[str] = field(default_factory=set)
    allocated: int = 0
    moves: int = 0

    def reserved(self, key: Key) -> int:
        return sum(p.qty - p.posted for p in self.promises.values() if p.is_open and p.key == key)

    def free(self, key: Key) -> int:
        return self.qty[key] - self.reserved(key)

    def is_unfit(self, key: Key) -> bool:
        return key[2] in self.unfit_lots or key[0] in self.held_places

    def may_go(self, key: Key, goal: str) -> bool:
        if key[0] == "QUAR" and goal not in ("QUAR", "DOCK", "OUT"):
            return False
        return not (self.is_unfit(key) and goal in TO_CUSTOMER)

    def inside(self, unit: str) -> list[str]:
        found = [unit]
        for child, parent in self.parents.items():
            if parent == unit:
                found += self.inside(child)
        return found


class LedgerMachine(RuleBasedStateMachine):
    """Acts on the ledger, and on the model beside it."""

    @initialize()
    def build(self) -> None:
        self.model = Model()
        self.undoable: list[tuple[int, Callable[[], None]]] = []
        transact(self._build)
        for goods, place in ((("PLAIN", ""), "RACK"), (("LOTTED", "L1"), "SHELF"), (("LOTTED", "L2"), "RACK")):
            self.receive(goods, place, 9)

    def _build(self) -> None:
        number = next(_numbers)
        site = make_site(code=f"S{number}")
        person = Person(site_id=site.id, login=f"p{number}", name="P", roles=["admin"], created_at=now())
        customer = Customer(code=f"C{number}", name="C")
        db.session.add_all([person, customer])
        db.session.flush()
        self.by = By(person.id, "P", site.id, roles=frozenset({"admin"}))
        self.site = site.id
        self.places = {
            name: self._add(Location(site_id=site.id, code=name, scan_body=name, kind=kind, is_virtual=False))
            for name, kind in PLACES.items()
        }
        self.items = {
            sku: self._add(Item(sku=f"{sku}{number}", name=sku, tracking=tracking)) for sku, tracking in ITEMS.items()
        }
        self.lots = {"": 0} | {
            code: self._add(Lot(item_id=self.items["LOTTED"], code=code, is_held=False)) for code in ("L1", "L2")
        }
        order = self._add(Order(site_id=site.id, number=f"O{number}", scan_body=f"O{number}", customer_id=customer.id))
        self.line = self._add(OrderLine(order_id=order, line=1, item_id=self.items["PLAIN"], ordered=10_000))
        self.lotted_line = self._add(OrderLine(order_id=order, line=2, item_id=self.items["LOTTED"], ordered=10_000))
        self.units = {"": 0} | {
            code: self._add(
                Unit(
                    site_id=site.id,
                    code=f"{code}{number}",
                    kind="pallet",
                    location_id=self.places["DOCK"],
                    is_held=False,
                )
            )
            for code in ("U1", "U2", "U3")
        }
        self.model.units = dict.fromkeys(("U1", "U2", "U3"), "DOCK")

    def _add(self, row: Any) -> int:
        db.session.add(row)
        db.session.flush()
        return int(row.id)

    # --- doing ------------------------------------------------------------

    def act(self, work: Callable[[], Any], *, allowed: bool) -> Any:
        """Run `work` in a transaction; it must be refused exactly when the model says so."""
        self.by.moves.clear()
        try:
            result = transact(work)
        except Refusal as refusal:
            assert not allowed, f"refused: {refusal}"  # noqa: PT017
            return refusal
        assert allowed, "not refused"
        self.model.moves += len(self.by.moves)
        return result

    def spot(self, key: Key) -> Spot:
        return Spot(self.places[key[0]], self.units[key[3]])

    def _goods(self, key: Key, qty: int, source: Spot, goal: Spot, why: Why, serial_id: int = 0) -> None:
        ledger.move(self.by, self.items[key[1]], qty, source, goal, why, lot_id=self.lots[key[2]], serial_id=serial_id)

    def _shift(self, source: Key, goal: Key, qty: int) -> None:
        self.model.qty[source] -= qty
        self.model.qty[goal] += qty

    # --- in, around, out --------------------------------------------------

    place = st.sampled_from(sorted(PLACES))
    loose = st.sampled_from([("PLAIN", ""), ("LOTTED", "L1"), ("LOTTED", "L2")])
    unit = st.sampled_from(["U1", "U2", "U3"])
    qty = st.integers(1, 9)

    def _draw_stock(self, data: st.DataObject, where: Callable[[Key], bool] = bool) -> tuple[Key, int]:
        """Goods that are there, and a quantity that is mostly there."""
        keys = sorted(key for key, qty in self.model.qty.items() if qty and key[1] != "SINGLE" and where(key))
        key = data.draw(st.sampled_from(keys or [("RACK", "PLAIN", "", "")]))
        return key, data.draw(st.integers(1, max(1, self.model.qty[key] + 1)))

    @rule(goods=loose, place=place, qty=qty)
    def receive(self, goods: tuple[str, str], place: str, qty: int) -> None:
        key = (place, *goods, "")
        unfit = goods[1] in self.model.unfit_lots and place in TO_CUSTOMER
        source = ledger.virtual(self.site, "supplier")
        self.act(lambda: self._goods(key, qty, source, self.spot(key), Why("receive")), allowed=not unfit)
        if not unfit:
            self.model.qty[key] += qty

    @rule(goods=loose, unit=unit, qty=qty)
    def receive_onto_a_unit(self, goods: tuple[str, str], unit: str, qty: int) -> None:
        place = self.model.units[unit]
        key = (place, *goods, unit)
        unfit = goods[1] in self.model.unfit_lots and place in TO_CUSTOMER
        source = ledger.virtual(self.site, "supplier")
        self.act(lambda: self._goods(key, qty, source, self.spot(key), Why("receive")), allowed=not unfit)
        if not unfit:
            self.model.qty[key] += qty

    @rule(place=place)
    def receive_a_serial_number(self, place: str) -> None:
        code = f"N{len(self.model.serials)}"
        source = ledger.virtual(self.site, "supplier")

        def work() -> None:
            serial = self._add(
                Serial(item_id=self.items["SINGLE"], code=code, location_id=source.location_id, unit_id=0)
            )
            self._goods((place, "SINGLE", "", ""), 1, source, Spot(self.places[place]), Why("receive"), serial)

        self.act(work, allowed=True)
        self.model.serials[code] = (place, "")
        self.model.qty[place, "SINGLE", "", ""] += 1

    @rule(data=st.data(), goal=place)
    def move(self, data: st.DataObject, goal: str) -> None:
        a, qty = self._draw_stock(data, lambda key: not key[3])
        b = (goal, *a[1:3], "")
        allowed = a != b and self.model.free(a) >= qty and self.model.may_go(a, goal)
        self.act(lambda: self._goods(a, qty, self.spot(a), self.spot(b), Why("move")), allowed=allowed)
        if allowed:
            self._shift(a, b, qty)
            self._remember(lambda: self._shift(b, a, qty))

    def _remember(self, back: Callable[[], None]) -> None:
        self.undoable.append((self.by.moves[-1], back))

    @rule(goods=loose, source=place, qty=st.sampled_from([0, -1, 10**12 + 1]))
    def a_quantity_that_cannot_be(self, goods: tuple[str, str], source: str, qty: int) -> None:
        a, b = (source, *goods, ""), ("QUAR", *goods, "")
        self.act(lambda: self._goods(a, qty, self.spot(a), self.spot(b), Why("move")), allowed=False)

    @rule(data=st.data(), goal=place)
    @precondition(lambda self: any(self.model.serials.values()))
    def move_a_serial_number(self, data: st.DataObject, goal: str) -> None:
        code = data.draw(st.sampled_from(sorted(c for c, at in self.model.serials.items() if at)))
        source, unit = self.model.serials[code] or ("", "")
        a, b = (source, "SINGLE", "", unit), (goal, "SINGLE", "", "")
        allowed = a != b and self.model.may_go(a, goal)
        serial = self._serial(code)
        self.act(lambda: self._goods(a, 1, self.spot(a), self.spot(b), Why("move"), serial), allowed=allowed)
        if allowed:
            self._shift(a, b, 1)
            self.model.serials[code] = (goal, "")

    @rule(data=st.data(), source=place)
    @precondition(lambda self: any(self.model.serials.values()))
    def a_serial_number_leaves_only_from_where_it_is(self, data: st.DataObject, source: str) -> None:
        code = data.draw(st.sampled_from(sorted(c for c, at in self.model.serials.items() if at)))
        if (source, "") == self.model.serials[code]:
            return
        serial, a = self._serial(code), (source, "SINGLE", "", "")
        target = ledger.virtual(self.site, "scrap")
        self.act(lambda: self._goods(a, 1, self.spot(a), target, Why("scrap"), serial), allowed=False)

    def _serial(self, code: str) -> int:
        query = select(Serial.id).where(Serial.code == code, Serial.item_id == self.items["SINGLE"])
        return db.session.scalars(query).one()

    # --- units ------------------------------------------------------------

    @rule(data=st.data(), unit=unit)
    def put_onto_a_unit(self, data: st.DataObject, unit: str) -> None:
        place = self.model.units[unit]
        a, qty = self._draw_stock(data, lambda key: key[0] == place and not key[3])
        a = (place, *a[1:3], "")
        b = (place, *a[1:3], unit)
        allowed = self.model.free(a) >= qty and self.model.may_go(a, place)
        self.act(lambda: self._goods(a, qty, self.spot(a), self.spot(b), Why("move")), allowed=allowed)
        if allowed:
            self._shift(a, b, qty)

    @rule(data=st.data())
    def take_out_of_a_unit(self, data: st.DataObject) -> None:
        a, qty = self._draw_stock(data, lambda key: bool(key[3]))
        if not a[3]:
            return
        b = (*a[:3], "")
        allowed = self.model.free(a) >= qty and self.model.may_go(a, a[0])
        self.act(lambda: self._goods(a, qty, self.spot(a), self.spot(b), Why("move")), allowed=allowed)
        if allowed:
            self._shift(a, b, qty)

    @rule(unit=unit, goal=place)
    def move_a_unit(self, unit: str, goal: str) -> None:
        source, inside = self.model.units[unit], self.model.inside(unit)
        content = [key for key, qty in self.model.qty.items() if qty and key[3] in inside]
        allowed = source != goal and all(self.model.may_go(key, goal) for key in content)

        def work() -> None:
            ledger.move_unit(self.by, self._unit(unit), self.places[goal], Why("move"))

        self.act(work, allowed=allowed)
        if allowed:
            self._carry(inside, content, goal)
            self.model.parents.pop(unit, None)

    def _unit(self, unit: str) -> Unit:
        return db.session.get_one(Unit, self.units[unit], populate_existing=True)

    def _carry(self, inside: list[str], content: list[Key], goal: str) -> None:
        for key in content:
            self._shift(key, (goal, *key[1:]), self.model.qty[key])
        for promise in self.model.promises.values():
            if promise.is_open and promise.key[3] in inside:
                promise.key = (goal, *promise.key[1:])
        for part in inside:
            self.model.units[part] = goal

    @rule(unit=unit, parent=unit)
    def put_a_unit_onto_another(self, unit: str, parent: str) -> None:
        inside, target = self.model.inside(unit), self.model.units[parent]
        content = [key for key, qty in self.model.qty.items() if qty and key[3] in inside]
        moves = self.model.units[unit] != target
        fits = not moves or all(self.model.may_go(key, target) for key in content)
        allowed = parent not in inside and self.model.parents.get(unit) != parent and fits

        def work() -> None:
            ledger.put_unit_in(self.by, self._unit(unit), self._unit(parent), Why("move"))

        self.act(work, allowed=allowed)
        if allowed:
            if moves:
                self._carry(inside, content, target)
            self.model.parents[unit] = parent

    # --- promises ---------------------------------------------------------

    @rule(data=st.data())
    def promise(self, data: st.DataObject) -> None:
        key, qty = self._draw_stock(data)
        allowed = self.model.free(key) >= qty and not self.model.is_unfit(key)
        line = self.line if key[1] == "PLAIN" else self.lotted_line

        def work() -> int:
            return ledger.reserve(self.by, line, self.items[key[1]], self.lots[key[2]], self.spot(key), qty)

        reservation = self.act(work, allowed=allowed)
        if allowed:
            self.model.promises[reservation] = Promise(key, qty)
            self.model.allocated += qty

    def _open(self, data: st.DataObject) -> tuple[int, Promise]:
        number = data.draw(st.sampled_from(sorted(n for n, p in self.model.promises.items() if p.is_open)))
        return number, self.model.promises[number]

    @rule(data=st.data(), qty=qty)
    @precondition(lambda self: any(p.is_open for p in self.model.promises.values()))
    def pick(self, data: st.DataObject, qty: int) -> None:
        number, promise = self._open(data)
        a, b = promise.key, ("CART", promise.key[1], promise.key[2], "")
        allowed = a != b and qty <= promise.qty - promise.posted and self.model.may_go(a, "CART")
        line = self.line if a[1] == "PLAIN" else self.lotted_line
        why = Why("pick", order_line_id=line, reservation_id=number)
        self.act(lambda: self._goods(a, qty, self.spot(a), self.spot(b), why), allowed=allowed)
        if allowed:
            self._shift(a, b, qty)
            promise.posted += qty
            promise.is_open = promise.posted < promise.qty
            if self.model.units.get(a[3], a[0]) == a[0]:
                self.undoable.append((self.by.moves[-1], lambda: self._unpick(promise, a, b, qty)))

    def _unpick(self, promise: Promise, a: Key, b: Key, qty: int) -> None:
        self._shift(b, a, qty)
        is_released = not promise.is_open and promise.posted < promise.qty
        if is_released or self.model.is_unfit(a):
            self.model.allocated -= qty
        else:
            promise.posted -= qty
            promise.is_open = True

    @rule(data=st.data())
    @precondition(lambda self: any(p.is_open for p in self.model.promises.values()))
    def release(self, data: st.DataObject) -> None:
        number, promise = self._open(data)
        rest = self.act(lambda: ledger.release(self.by, number), allowed=True)
        assert rest == promise.qty - promise.posted
        promise.is_open = False
        self.model.allocated -= rest

    @rule(data=st.data())
    @precondition(lambda self: any(not p.is_open for p in self.model.promises.values()))
    def a_promise_ends_once(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(n for n, p in self.model.promises.items() if not p.is_open)))
        assert self.act(lambda: ledger.release(self.by, number), allowed=True) == 0

    # --- counts, holds, dates ---------------------------------------------

    @rule(goods=loose, place=place, qty=qty)
    def count_more(self, goods: tuple[str, str], place: str, qty: int) -> None:
        key = (place, *goods, "")
        item, lot = self.items[goods[0]], self.lots[goods[1]]
        self.act(lambda: ledger.adjust(self.by, item, qty, self.spot(key), Why("count"), lot_id=lot), allowed=True)
        self.model.qty[key] += qty

    @rule(data=st.data())
    def count_fewer(self, data: st.DataObject) -> None:
        key, qty = self._draw_stock(data)
        allowed = self.model.qty[key] >= qty
        item, lot = self.items[key[1]], self.lots[key[2]]
        self.act(lambda: ledger.adjust(self.by, item, -qty, self.spot(key), Why("count"), lot_id=lot), allowed=allowed)
        if allowed:
            for promise in sorted(self.model.promises.items(), reverse=True):
                if self.model.free(key) >= qty:
                    break
                if promise[1].is_open and promise[1].key == key:
                    promise[1].is_open = False
                    self.model.allocated -= promise[1].qty - promise[1].posted
            self.model.qty[key] -= qty

    def _end_promises(self, index: int, name: str) -> None:
        for promise in self.model.promises.values():
            if promise.is_open and promise.key[index] == name:
                promise.is_open = False
                self.model.allocated -= promise.qty - promise.posted

    @rule(lot=st.sampled_from(["L1", "L2"]))
    @precondition(lambda self: self.model.moves > 8)
    def hold_a_lot(self, lot: str) -> None:
        self.act(lambda: ledger.hold(self.by, db.session.get_one(Lot, self.lots[lot]), "test"), allowed=True)
        self.model.unfit_lots.add(lot)
        self._end_promises(2, lot)

    @rule(lot=st.sampled_from(["L1", "L2"]))
    def end_the_hold_of_a_lot(self, lot: str) -> None:
        self.act(lambda: ledger.end_hold(self.by, db.session.get_one(Lot, self.lots[lot])), allowed=True)
        expiry = db.session.scalars(select(Lot.expiry).where(Lot.id == self.lots[lot])).one()
        if expiry is None:
            self.model.unfit_lots.discard(lot)

    @rule()
    @precondition(lambda self: self.model.moves > 15 and "L2" not in self.model.unfit_lots)
    def a_lot_expires(self) -> None:
        def work() -> None:
            db.session.get_one(Lot, self.lots["L2"]).expiry = self.by.today - timedelta(days=1)

        self.act(work, allowed=True)
        self.model.unfit_lots.add("L2")

    @rule(place=st.sampled_from(["SHELF", "RACK"]))
    @precondition(lambda self: self.model.moves > 8)
    def hold_a_place(self, place: str) -> None:
        self.act(lambda: ledger.hold(self.by, db.session.get_one(Location, self.places[place]), "t"), allowed=True)
        self.model.held_places.add(place)
        self._end_promises(0, place)

    @rule(place=st.sampled_from(["SHELF", "RACK"]))
    def end_the_hold_of_a_place(self, place: str) -> None:
        self.act(lambda: ledger.end_hold(self.by, db.session.get_one(Location, self.places[place])), allowed=True)
        self.model.held_places.discard(place)

    # --- out and back -----------------------------------------------------

    @rule(data=st.data())
    def scrap(self, data: st.DataObject) -> None:
        key, qty = self._draw_stock(data)
        allowed = self.model.free(key) >= qty
        target = ledger.virtual(self.site, "scrap")
        self.act(lambda: self._goods(key, qty, self.spot(key), target, Why("scrap")), allowed=allowed)
        if allowed:
            self.model.qty[key] -= qty

    @rule()
    @precondition(lambda self: bool(self.undoable))
    def undo(self) -> None:
        seq, back = self.undoable.pop()
        before = dict(self.model.qty)
        self.by.moves.clear()
        try:
            transact(lambda: ledger.undo(self.by, seq))
        except Refusal as refusal:
            assert refusal.code == "undo_too_late"  # noqa: PT017 - what it moved has moved on: nothing may have changed
            assert dict(self.model.qty) == before
            return
        self.model.moves += 1
        back()

    @rule()
    @precondition(lambda self: self.model.moves > 0)
    def a_move_is_taken_back_once(self) -> None:
        query = select(ledger_moves().c.reverses_seq).where(
            ledger_moves().c.site_id == self.site, ledger_moves().c.reverses_seq.is_not(None)
        )
        seq = db.session.scalars(query.limit(1)).first()
        if seq is not None:
            self.act(lambda: ledger.undo(self.by, seq), allowed=False)

    # --- what always holds ------------------------------------------------

    @invariant()
    def the_book_is_what_the_model_says(self) -> None:
        if not hasattr(self, "site"):
            return
        db.session.rollback()
        names = {number: name for name, number in self.places.items()}
        items = {number: name for name, number in self.items.items()}
        lots = {number: name for name, number in self.lots.items()}
        units = {number: name for name, number in self.units.items()}
        rows = db.session.execute(
            select(
                Balance.location_id, Balance.item_id, Balance.lot_id, Balance.unit_id, Balance.qty, Balance.reserved
            ).where(Balance.site_id == self.site, Balance.qty > 0)
        ).all()
        book = {(names[p], items[i], lots[lot], units[u]): (qty, reserved) for p, i, lot, u, qty, reserved in rows}
        model = {key: (qty, self.model.reserved(key)) for key, qty in self.model.qty.items() if qty}
        assert book == model
        assert ledger.position(self.site) == self.model.moves
        lines = db.session.scalars(select(OrderLine.allocated).where(OrderLine.id.in_([self.line, self.lotted_line])))
        assert sum(lines) == self.model.allocated
        states = set(db.session.scalars(select(Reservation.state).where(Reservation.site_id == self.site)))
        assert states <= {"open", "posted", "released"}
        assert check_ledger.quick(self.site) == [] or self.model.unfit_lots

    def teardown(self) -> None:
        if hasattr(self, "site"):
            db.session.rollback()
            breaches = [b for b in check_ledger.check(self.site) if "order line" not in b.rule or "moved" not in b.rule]
            assert breaches == []


def ledger_moves() -> Any:
    from scanner.models import Move

    return Move.__table__


@pytest.mark.slow
def test_the_ledger_does_what_a_plain_model_does(app: Flask) -> None:
    assert app is not None
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="SCANDOCK_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
