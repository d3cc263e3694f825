"""Names of prints: whoever looks at a list of them, at the station or at the desk, sees what each is about."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from labels.subjects import SUBJECTS
from scanner import printing, units
from scanner.db import db, transact
from scanner.models import Carton, Lot, Manifest, Order, Parcel, PrintJob, PurchaseOrder, Task, Unit
from scanner.printing.names import SORTS
from tests.labels.desk import printer
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, jobs, packed, place
from tests.world import World
from tools.statements import counted

DEVICE = "device-of-eve"


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, a door with a manifest, a count, a purchase order; a printer that nobody has heard of."""
    found = packed(warehouse)
    warehouse.purchase_order("PO-7", ("MUG", 20))
    found.start("eve", "ship", "DPD")
    found.start("eve", "count", "B-01-1")
    return found


def ask_for_all(floor: Floor) -> dict[str, str]:
    """One job of each kind, asked for at Eve's device; what each has to be called."""
    by = floor.world.by("eve", device=DEVICE)
    order, parcel = db.session.scalars(select(Order.id)).one(), db.session.scalars(select(Parcel)).one()
    sscc = db.session.get_one(Unit, parcel.unit_id).code
    tote = db.session.scalars(select(Unit).where(Unit.kind == "tote").limit(1)).one()
    lot = db.session.scalars(select(Lot).where(Lot.code == "L1")).one()
    purchase = db.session.scalars(select(PurchaseOrder)).one()
    carton = db.session.scalars(select(Carton).limit(1)).one()
    manifest = db.session.scalars(select(Manifest)).one()
    count = db.session.scalars(select(Task.id).where(Task.workflow == "count")).one()
    box = f"…{sscc[-6:]}"
    subjects: dict[str, tuple[int | None, dict[str, Any], str]] = {
        "location": (place().id, {}, "Location A-02-1"),
        "station": (place("PACK-1").id, {}, "Station PACK-1"),
        "item": (lot.item_id, {"lot": lot.id}, "Item MILK, lot L1"),
        "unit": (parcel.unit_id, {}, f"Unit {box}"),
        "tote": (tote.id, {}, f"Tote {tote.code}"),
        "shipment": (parcel.id, {}, f"Shipment SO-1, {box}"),
        "carrier_label": (parcel.id, {}, f"Carrier label SO-1, {box}"),
        "carton_type": (carton.id, {}, f"Carton type {carton.name}"),
        "packing_slip": (order, {"parcel": parcel.id}, f"Packing slip SO-1, {box}"),
        "pick_list": (order, {}, "Pick list SO-1"),
        "invoice": (order, {}, "Invoice SO-1"),
        "receiving_sheet": (purchase.id, {}, "Receiving sheet PO-7"),
        "count_sheet": (count, {}, "Count sheet B-01-1"),
        "manifest": (manifest.id, {}, f"Manifest {manifest.number}"),
        "command": (None, {"word": "q", "number": 12}, "Command Q 12"),
        "check_sheet": (None, {}, "Check sheet"),
    }
    transact(lambda: [printing.ask(kind, about, by, details=more) for kind, (about, more, _words) in subjects.items()])
    return {kind: words for kind, (_about, _more, words) in subjects.items()}


def words_of(page: str) -> str:
    """A page as it is read."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_each_print_is_named_by_what_it_is_about_at_the_station_and_at_the_desk(floor: Floor, browser: Log_in) -> None:
    wanted, eve = ask_for_all(floor), browser("eve")
    assert {*SUBJECTS, "command", "check_sheet"} == set(wanted)
    assert set(SUBJECTS) <= set(SORTS)
    transact(lambda: db.session.execute(update(PrintJob).values(state="unknown")))
    here, there = words_of(eve.get("/print").text), words_of(eve.get("/print-jobs").text)
    assert [words for words in wanted.values() if words not in here] == []
    assert [words for words in wanted.values() if words.replace("_", " ").lower() not in there.lower()] == []
    for job in jobs():
        assert wanted[job.kind] in words_of(eve.get(f"/print/{job.public_id}").text)
        assert wanted[job.kind] in words_of(eve.get(f"/print-jobs/{job.id}").text)


def test_the_desk_leads_from_a_print_to_what_it_is_about(floor: Floor, browser: Log_in) -> None:
    ask_for_all(floor)
    eve = browser("eve")
    without = set()
    for job in jobs():
        links = re.findall(r'<h1>[^<]*<a class="code" href="([^"]+)">', eve.get(f"/print-jobs/{job.id}").text)
        assert [url for url in links if eve.get(url).status_code != 200 or url not in eve.get("/print-jobs").text] == []
        without |= set() if links else {job.kind}
    assert without == {"command", "check_sheet", "carton_type"}


def test_the_page_of_a_printer_says_what_its_prints_were_about(floor: Floor, browser: Log_in) -> None:
    zebra = printer(floor.world.by("eve"), "10.0.0.9:9100", "OTHER")
    order = db.session.scalars(select(Order.id)).one()
    transact(lambda: printing.ask("packing_slip", order, floor.world.by("eve"), printer=zebra))
    assert f'<a class="code" href="/orders/{order}">SO-1</a>' in browser("eve").get(f"/printers/{zebra.id}").text


def test_a_whole_list_of_prints_is_named_by_one_statement(floor: Floor) -> None:
    ask_for_all(floor)
    asked, by = jobs(), floor.world.by("eve")
    with counted() as seen:
        found = printing.names(asked, by)
    assert (len(found), len(seen)) == (len(asked), 1)


def test_a_longer_list_of_prints_costs_no_more_statements(floor: Floor, browser: Log_in) -> None:
    by, eve = floor.world.by("eve", device=DEVICE), browser("eve")

    def statements(url: str) -> int:
        eve.get(url)
        with counted() as seen:
            eve.get(url)
        return len(seen)

    def pallets(count: int) -> None:
        for _ in range(count):
            transact(lambda: printing.once("unit", units.new_unit(by, "pallet", place().id).id, by))

    pallets(1)
    few = [statements(url) for url in ("/print", "/print-jobs")]
    pallets(10)
    assert [statements(url) for url in ("/print", "/print-jobs")] == few


def test_the_slip_of_a_later_delivery_is_told_from_the_first(floor: Floor) -> None:
    by, order = floor.world.by("eve"), db.session.scalars(select(Order.id)).one()
    slips = transact(
        lambda: [printing.ask("packing_slip", order, by, details=more, key=str(more)) for more in ({}, {"delivery": 2})]
    )
    assert [name.words for name in printing.names(slips, by).values()] == ["SO-1", "SO-1, delivery 2"]


def test_what_is_not_there_any_more_or_of_another_site_has_no_name(floor: Floor) -> None:
    by = floor.world.by("eve")
    gone = transact(lambda: printing.ask("packing_slip", 10**6, by))
    other = transact(lambda: printing.ask("location", place().id, by))
    assert printing.names([gone], by)[gone.id].words == ""
    stranger = replace(by, site_id=by.site_id + 1)
    assert printing.names([other], stranger)[other.id].words == ""
