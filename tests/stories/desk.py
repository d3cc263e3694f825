"""What happens in a story without a scanner: how the day begins, and what the supervisor decides at the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from scanner import discrepancies, ledger, orders, people, printing, tasks
from scanner.db import db, transact
from scanner.models import Discrepancy, Location, Lot, Order, Person, PrintJob, Site, Task, Unit
from scanner.printing.printers import Facts
from scanner.workflows import cancel
from tests.scanner.floor import Floor
from tests.stories.book import unit_name
from tests.stories.codes import day
from tests.stories.story import commas

Deed = Callable[[Floor, str, re.Match[str]], Any]


def do(deeds: dict[str, Deed], text: str, floor: Floor, who: str) -> bool:
    """Do what `text` says; False when none of `deeds` is meant."""
    for pattern, deed in deeds.items():
        parts = re.fullmatch(pattern, text)
        if parts is not None:
            deed(floor, who, parts)
            return True
    return False


# --- how the day begins ----------------------------------------------------------------------------------------------


def _stock(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    lot, days = (
        parts["lot"] or "",
        (day(parts["expiry"], floor) - floor.by("eve").today).days if parts["expiry"] else 90,
    )
    floor.world.stock(parts["sku"], parts["place"], int(parts["qty"]), lot=lot, days=days)


def _serials(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    for serial in commas(parts["serials"]):
        floor.world.stock(parts["sku"], parts["place"], serial=serial)


def _lines(text: str) -> list[tuple[str, int]]:
    pairs = [part.split() for part in commas(text)]
    return [(sku, int(qty)) for qty, sku in pairs]


def _order(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    more: dict[str, Any] = {name: parts[name] for name in ("carrier", "instructions") if parts[name]}
    floor.world.order(parts["number"], *_lines(parts["lines"]), **more)


def _expire(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    item_id = floor.world.items[parts["sku"]].id

    def work() -> None:
        lot = db.session.scalars(select(Lot).where(Lot.item_id == item_id, Lot.code == parts["lot"])).one()
        lot.expiry = day(parts["day"], floor)

    transact(work)


def _set_place(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    row_id = floor.world.locations[parts["place"]].id

    def work() -> None:
        place = db.session.get_one(Location, row_id)
        if parts["units"]:
            place.capacity_units = int(parts["units"])
        if parts["mix"]:
            place.mix = "one_item" if parts["mix"] == "item" else "one_lot"
        if parts["storage"]:
            place.storage_class = parts["storage"]

    transact(work)


def _weighs(floor: Floor, _who: str, _parts: re.Match[str]) -> None:
    def work() -> None:
        db.session.get_one(Site, floor.world.site.id).must_weigh = True

    transact(work)


def _printer(floor: Floor, _who: str, parts: re.Match[str]) -> None:
    """A printer that serves the whole site; no worker runs in a story."""
    language = "zpl" if parts["use"] == "label" else "pdf"
    address = "10.0.0.9:9100"
    facts = Facts(parts["code"], parts["code"], "raw", address, language, 203, 102, 152, parts["use"], is_default=True)
    transact(lambda: printing.new_printer(facts, floor.by("eve")))


def _printed(_floor: Floor, _who: str, _parts: re.Match[str]) -> None:
    transact(lambda: db.session.execute(update(PrintJob).values(state="sent")))


_MORE = r"(?:; carrier (?P<carrier>\w+))?(?:; instructions \"(?P<instructions>.+)\")?"
GIVEN: dict[str, Deed] = {
    r"(?P<qty>\d+) (?P<sku>\w+)(?: lot (?P<lot>\S+))?(?: expiry (?P<expiry>.+))? at (?P<place>\S+)": _stock,
    r"(?P<sku>\w+) (?P<serials>S-.+) at (?P<place>\S+)": _serials,
    r"purchase order (?P<number>\S+): (?P<lines>.+)": lambda floor, _who, p: floor.world.purchase_order(
        p["number"], *_lines(p["lines"])
    ),
    rf"order (?P<number>\S+): (?P<lines>[^;\"]+?){_MORE}": _order,
    r"lot (?P<lot>\S+) of (?P<sku>\w+) expires (?P<day>.+)": _expire,
    r"(?P<place>\S+) takes (?:(?P<units>\d+) units|one (?P<mix>item|lot) only|(?P<storage>\w+) goods)": _set_place,
    r"every parcel is weighed": _weighs,
    r"a (?P<use>label|paper) printer (?P<code>\S+)": _printer,
    r"(?P<number>\S+) is picked into tote (?P<tote>\d+)": lambda floor, _who, p: floor.pick(
        p["number"], int(p["tote"])
    ),
    r"(?P<number>\S+) is packed from tote (?P<tote>\d+)": lambda floor, _who, p: floor.pack(
        p["number"], int(p["tote"])
    ),
}


# --- the desk --------------------------------------------------------------------------------------------------------


def _with_order(act: Callable[..., Any]) -> Deed:
    def deed(floor: Floor, who: str, parts: re.Match[str]) -> None:
        order_id = db.session.scalars(select(Order.id).where(Order.number == parts["number"])).one()
        why = [parts["why"]] if "why" in parts.groupdict() else []
        transact(lambda: act(floor.by(who), orders.lock(order_id), *why))

    return deed


def _thing(floor: Floor, parts: re.Match[str]) -> Lot | Location | Unit:
    if parts["lot"]:
        item_id = floor.world.items[parts["sku"]].id
        return db.session.scalars(select(Lot).where(Lot.item_id == item_id, Lot.code == parts["lot"])).one()
    if parts["pallet"]:
        return next(unit for unit in db.session.scalars(select(Unit)) if unit_name(unit) == parts["pallet"])
    return db.session.get_one(Location, floor.world.locations[parts["place"]].id)


def _hold(floor: Floor, who: str, parts: re.Match[str]) -> None:
    def work() -> None:
        by = floor.by(who)
        orders.allocate_lines(by, ledger.hold(by, _thing(floor, parts), parts["why"]))

    transact(work)


def _release(floor: Floor, who: str, parts: re.Match[str]) -> None:
    transact(lambda: ledger.end_hold(floor.by(who), _thing(floor, parts)))


def _resolve(floor: Floor, who: str, parts: re.Match[str]) -> None:
    query = select(Discrepancy.id).where(Discrepancy.kind == parts["kind"], Discrepancy.status == "open")
    case_id = db.session.scalars(query.order_by(Discrepancy.id)).first() or 0
    transact(lambda: discrepancies.resolve(case_id, parts["how"], by=floor.by(who)))


def _with_task(act: Callable[..., Any]) -> Deed:
    def deed(floor: Floor, who: str, parts: re.Match[str]) -> None:
        def work() -> None:
            query = select(Task).where(Task.workflow == parts["work"], Task.status == "open")
            if parts["number"]:
                query = query.join(Order, Order.id == Task.order_id).where(Order.number == parts["number"])
            act(db.session.scalars(query.order_by(Task.id)).one(), by=floor.by(who))

        transact(work)

    return deed


def _send_home(floor: Floor, who: str, parts: re.Match[str]) -> None:
    person_id = floor.world.people[parts["name"]].id
    transact(lambda: people.disable(floor.by(who), db.session.get_one(Person, person_id)))


def _ask_for_count(floor: Floor, who: str, parts: re.Match[str]) -> None:
    place_id = floor.world.locations[parts["place"]].id
    transact(lambda: discrepancies.ask_for_count(floor.by(who), place_id, "asked for"))


_THING = r"(?:lot (?P<lot>\S+) of (?P<sku>\w+)|(?P<pallet>pallet \d+)|(?P<place>\S+))"
DESK: dict[str, Deed] = {
    r"resolve (?P<kind>\w+): (?P<how>\w+)": _resolve,
    r"hold order (?P<number>\S+): (?P<why>.+)": _with_order(orders.hold),
    r"release order (?P<number>\S+)": _with_order(orders.end_hold),
    r"cancel order (?P<number>\S+): (?P<why>.+)": _with_order(orders.cancel),
    r"promise stock to order (?P<number>\S+)": _with_order(orders.allocate_order),
    rf"hold {_THING}: (?P<why>.+)": _hold,
    rf"release {_THING}": _release,
    r"give back the (?P<work>\w+)(?: of (?P<number>\S+))?": _with_task(tasks.release),
    r"cancel the (?P<work>\w+)(?: of (?P<number>\S+))?": _with_task(cancel),
    r"take over the (?P<work>\w+)(?: of (?P<number>\S+))?": _with_task(tasks.take_over),
    r"send (?P<name>\w+) home": _send_home,
    r"the printers have printed": _printed,
    r"ask for a count of (?P<place>\S+)": _ask_for_count,
}
