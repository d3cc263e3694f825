"""Documents as a reader has them: the PDF is drawn, its text and its barcodes are read back, and the pages counted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from labels.documents import KINDS
from labels.documents.figures import locale_of, money, percent
from labels.documents.letters import MOST, Shaped, clean, words
from labels.documents.words import WORDS
from scanner import discrepancies, ledger, shown, walk
from scanner.barcode import command, encode
from scanner.db import db, now, transact
from scanner.models import (
    Customer,
    Item,
    Location,
    Manifest,
    Move,
    Order,
    OrderLine,
    Parcel,
    PurchaseLine,
    Serial,
    Site,
    Task,
    Unit,
)
from scanner.refusals import Refusal
from tests.conftest import Browser
from tests.labels.reading import codes, pages, size_mm, text
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]
NAME_OF_500 = "Long name " * 50


def change(model: Any, *where: Any, **values: Any) -> None:
    """Set columns as an import or the desk would."""
    transact(lambda: db.session.execute(update(model).where(*where).values(**values)))
    db.session.expire_all()


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A warehouse of a company with an address, and one order that is packed."""
    change(
        Site,
        Site.id == warehouse.site.id,
        legal_name="Töpferei Nord GmbH",
        street="Hafenstraße 1",
        postcode="20457",
        city="Hamburg",
        country_code="DE",
        tax_id="DE123456789",
    )
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 3), ("LAMP", 1), instructions="Gift wrap, please.")
    change(OrderLine, price_cents=1250, tax_bp=1900)
    floor.pick("SO-1")
    floor.pack("SO-1")
    return floor


def id_of(number: str) -> int:
    """An order's id."""
    return db.session.scalars(select(Order.id).where(Order.number == number)).one()


def shipped_manifest(floor: Floor) -> Manifest:
    """The packed order on its manifest, gone."""
    task = floor.start("cleo", "ship", "DPD")
    floor.scans("cleo", task, floor.parcels("SO-1")[0], "TRACK-4711", command("CLOSE"), command("CLOSE"))
    return db.session.scalars(select(Manifest)).one()


def a_count(floor: Floor, place: str) -> Task:
    """A count that waits."""
    by, place_id = floor.by("eve"), floor.world.locations[place].id
    transact(lambda: discrepancies.ask_for_count(by, place_id, "7391 were seen"))
    return db.session.scalars(select(Task).where(Task.workflow == "count")).one()


def slip(number: str = "SO-1", **details: Any) -> bytes:
    """An order's packing slip."""
    return KINDS["packing_slip"](id_of(number), details)


# --- a scan of a paper opens what it is about ------------------------------------------------------------------------


def test_the_barcode_of_every_document_opens_it_at_home(floor: Floor, browser: Log_in) -> None:
    world = floor.world
    supply = world.purchase_order("PO-1", ("MUG", 24))
    open_order = world.order("SO-2", ("MUG", 1), allocate=True)
    count, sent = a_count(floor, "A-02-1"), shipped_manifest(floor)
    parcel = db.session.scalars(select(Parcel)).one()
    order_page = f"/lookup/order/{id_of('SO-1')}"
    wanted = {
        "packing_slip": (id_of("SO-1"), order_page),
        "invoice": (id_of("SO-1"), order_page),
        "pick_list": (open_order.id, "/pick/"),
        "receiving_sheet": (supply.id, "/receive/"),
        "count_sheet": (count.id, f"/count/{count.id}/"),
        "manifest": (sent.id, f"/lookup/manifest/{sent.id}"),
    }
    assert wanted.keys() == KINDS.keys()
    eve = browser("eve")
    for kind, (subject, where) in wanted.items():
        own = [code.partition(" ")[2] for code in codes(KINDS[kind](subject, {})) if "(00)" not in code]
        own = [code for code in own if not code.startswith("00")]
        assert len(own) == 1, kind
        data = {"raw": own[0], "scan_id": f"00000000-0000-4000-8000-{len(kind):012d}", "at": now().isoformat()}
        goes_to = eve.send("/scan", data).headers["HX-Location"]
        assert goes_to.startswith(where), kind
        assert eve.get(goes_to).status_code == 200
    unit = db.session.get_one(Unit, parcel.unit_id)
    assert any(unit.code in code for code in codes(slip()))


def test_an_open_manifest_is_loaded_on(floor: Floor, browser: Log_in) -> None:
    task = floor.start("cleo", "ship", "DPD")
    paper = db.session.scalars(select(Manifest)).one()
    data = {"raw": shown.manifest_code(paper.id), "scan_id": "00000000-0000-4000-8000-000000000001"}
    assert browser("cleo").send("/scan", data).headers["HX-Location"] == f"/ship/{task}/"
    assert floor.scan("cleo", task, shown.manifest_code(paper.id))["code"] == "wrong_kind"
    assert floor.scan("cleo", None, paper.number)["found"]["kind"] == "manifest"


def test_a_manifest_of_another_site_is_not_found(floor: Floor) -> None:
    floor.world.at_another_site()
    shipped_manifest(floor)
    other = db.session.scalars(select(Site.id).where(Site.code == "OTHER")).one()
    change(Manifest, site_id=other)
    found = floor.scan("eve", None, shown.manifest_code(db.session.scalars(select(Manifest.id)).one()))
    assert found["code"] == "unknown_code"


def test_a_long_number_has_a_code_that_can_be_read(warehouse: World) -> None:
    order = warehouse.order("ORDER-2026-11-25-" + "X" * 22, ("MUG", 1))
    assert encode("order", order.scan_body) in "".join(codes(KINDS["pick_list"](order.id, {})))


# --- the packing slip ------------------------------------------------------------------------------------------------


def test_the_slip_tells_content_lots_serials_carton_weight_and_tracking(floor: Floor) -> None:
    change(Parcel, weight_g=5250)
    shipped_manifest(floor)
    said = text(slip())
    for part in ("Packing slip", "SO-1", "Parcel 1 of 1", "5.25 kg", "TRACK-4711", "Mug, red", "Oat milk", "Lot L1"):
        assert part in said, part
    assert re.search(r"Serial number S-\d|Serial S-\d", said)
    assert "Expires" in said
    assert "Töpferei Nord GmbH" in said
    assert "Not in this delivery" not in said


def test_what_was_taken_back_out_of_a_parcel_is_not_on_the_slip(warehouse: World) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 1))
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    tote = db.session.scalars(select(Unit).where(Unit.kind == "tote", Unit.order_id == id_of("SO-1"))).one()
    floor.scans("cleo", task, encode("tote", tote.code), "MUG", command("UNDO"))
    assert db.session.scalars(select(Move).where(Move.reverses_seq.is_not(None))).all()
    before = text(slip())
    assert "Nothing is in this parcel yet" in before or "Nothing is packed yet" in before
    floor.scan("cleo", task, "MUG")
    assert re.search(r"MUG Mug, red 1\b", text(slip()))


def test_what_is_missing_is_said_plainly(floor: Floor) -> None:
    line = floor.line("SO-1", 1)
    change(OrderLine, OrderLine.id == line.id, ordered=9)
    assert "Follows in a later delivery" in text(slip())
    change(OrderLine, OrderLine.id == line.id, is_closed_short=True)
    said = text(slip())
    assert "Not in this delivery" in said
    assert re.search(r"Mug, red 9 2 7 Not available", said)


def test_packing_instructions_are_for_the_packer(floor: Floor) -> None:
    assert "Gift wrap" not in text(slip())
    assert "Gift wrap" in text(KINDS["pick_list"](id_of("SO-1"), {}))
    change(Order, shows_instructions=True)
    assert "Gift wrap" in text(slip())


def test_a_slip_for_one_parcel_has_that_one_only(floor: Floor) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    other = transact(lambda: _second_parcel(parcel))
    assert ("Parcel 1 of 2" in text(slip()), "Parcel 2 of 2" in text(slip())) == (True, True)
    said = text(slip(parcel=other))
    assert ("Parcel 1 of 2" in said, "Parcel 2 of 2" in said, "Mug, red" in said) == (False, True, False)


def _second_parcel(parcel: Parcel) -> int:
    unit = Unit(site_id=parcel.site_id, code="340000000000000014", kind="carton", order_id=parcel.order_id)
    db.session.add(unit)
    db.session.flush()
    row = Parcel(site_id=parcel.site_id, order_id=parcel.order_id, unit_id=unit.id, status="packing")
    db.session.add(row)
    db.session.flush()
    return row.id


def test_an_order_that_is_not_packed_says_so(warehouse: World) -> None:
    order = warehouse.order("SO-7")
    assert "Nothing is packed yet" in text(KINDS["packing_slip"](order.id, {}))
    assert "No stock is promised" in text(KINDS["pick_list"](order.id, {}))


def test_no_paper_shows_goods_of_another_order(floor: Floor) -> None:
    def add() -> None:
        other = Customer(code="OTHER", name="Secret Customer")
        item = Item(sku="SECRET", name="Secret thing")
        db.session.add_all([other, item])
        db.session.flush()
        order = Order(site_id=floor.world.site.id, number="SO-X", scan_body="SOX", customer_id=other.id, status="open")
        db.session.add(order)
        db.session.flush()
        db.session.add(OrderLine(order_id=order.id, line=1, item_id=item.id, ordered=3))

    transact(add)
    for kind in ("packing_slip", "invoice", "pick_list"):
        assert "ecret" not in text(KINDS[kind](id_of("SO-1"), {}))


# --- the others ------------------------------------------------------------------------------------------------------


def test_the_invoice_shows_its_figures_and_every_print_but_the_first_is_a_copy(floor: Floor) -> None:
    order_id = id_of("SO-1")
    preview = text(KINDS["invoice"](order_id, {"preview": True}))
    assert "PREVIEW, NOT AN INVOICE" in preview
    assert db.session.get_one(Site, floor.world.site.id).invoice_serial == 0
    first = text(KINDS["invoice"](order_id, {"key": "job-1"}))
    for part in (
        "INV-000001",
        "DE123456789",
        "12.50",
        "25.00",
        "37.50",
        "75.00",
        "VAT 19% on 75.00",
        "14.25",
        "€89.25",
    ):
        assert part in first, part
    assert "COPY" not in first
    assert "COPY" not in text(KINDS["invoice"](order_id, {"key": "job-1"}))
    change(Item, name="Renamed")
    again = text(KINDS["invoice"](order_id, {}))
    assert "COPY" in again
    assert "Renamed" not in again


@pytest.mark.parametrize(
    ("locale", "number", "tax"),
    [("en", "Tax number DE123456789", "Tax 19% on"), ("de", "Steuernummer DE123456789", "Steuer 19 % auf"),
     ("fr", "N° fiscal DE123456789", "Taxe 19 % sur")],
)  # fmt: skip
def test_a_company_without_a_word_for_its_tax_has_that_of_the_language(
    floor: Floor, locale: str, number: str, tax: str
) -> None:
    change(Site, tax_label="")
    change(Customer, locale=locale, tax_id="FR1")
    said = text(KINDS["invoice"](id_of("SO-1"), {"preview": True}))
    assert f"· {number}" in said
    assert f"{number.removesuffix(' DE123456789')}: FR1" in said
    assert tax in said
    assert f"{WORDS[locale]['tax']} {WORDS[locale]['amount']}" in said  # the head of the column


def test_the_pick_list_is_in_walking_order_and_tells_no_check_digits(floor: Floor) -> None:
    world = floor.world
    order = world.order("SO-2", ("MUG", 20), ("MILK", 2), ("LAMP", 1), allocate=True)
    said = text(KINDS["pick_list"](order.id, {}))
    spots = re.findall(r"[AB]-0\d-\d", said)
    ids = {row.code: row.id for row in db.session.scalars(select(Location))}
    assert spots == [
        next(code for code, n in ids.items() if n == place)
        for place in walk.sort(world.by("ben"), {ids[code] for code in spots})
    ]
    assert len(spots) >= 3
    assert not any(re.search(rf"\b{world.locations[code].check_digits}\b", said) for code in spots)
    assert said.count("_____") >= len(spots)  # the picker copies them from the label
    assert "Lot L1" in said


def test_the_pick_list_names_what_has_no_stock(warehouse: World) -> None:
    order = warehouse.order("SO-2", ("LAMP", 4), allocate=True)
    assert re.search(r"No stock is promised for .*LAMP Desk lamp 4", text(KINDS["pick_list"](order.id, {})))


def test_a_blind_worksheet_has_no_quantity_of_the_order(warehouse: World) -> None:
    order = warehouse.purchase_order("PO-1", ("MUG", 4711), ("LAMP", 833))
    change(PurchaseLine, received=629)
    seen = text(KINDS["receiving_sheet"](order.id, {}))
    blind = text(KINDS["receiving_sheet"](order.id, {"blind": True}))
    for figure in ("4,711", "833", "629"):
        assert figure in seen
        assert figure not in blind
    assert "4711" not in blind
    assert "Mug, red" in blind


def test_the_count_sheet_never_has_what_the_book_expects(warehouse: World) -> None:
    floor = Floor(warehouse)
    warehouse.stock("MUG", "A-01-1", 7391)
    warehouse.stock("MILK", "A-01-1", 8642, lot="L1")
    task = a_count(floor, "A-01-1")
    said = text(KINDS["count_sheet"](task.id, {}))
    assert ("Mug, red" in said, "Lot L1" in said) == (True, True)
    assert re.findall(r"7.?391|8.?642", said) == []
    assert "Mug, red" not in text(KINDS["count_sheet"](task.id, {"names": False}))
    assert not re.search(rf"\b{warehouse.locations['A-01-1'].check_digits}\b", said)  # they are to be read there


def test_the_manifest_has_parcels_weights_their_sum_and_lines_to_sign(floor: Floor) -> None:
    change(Parcel, weight_g=5250)
    said = text(KINDS["manifest"](shipped_manifest(floor).id, {}))
    for part in ("DPD", "DOOR-1", "SO-1", "Rosa's Kitchen", "TRACK-4711", "1 parcels", "5.25 kg", "Driver", "Vehicle"):
        assert part in said, part


def test_a_thing_that_is_gone_fails_with_a_reason(warehouse: World) -> None:
    for kind in KINDS:
        with pytest.raises(Refusal, match="unknown_document"):
            KINDS[kind](999_999, {})


# --- paper, languages, letters ---------------------------------------------------------------------------------------


def test_the_country_of_the_company_decides_the_paper(floor: Floor) -> None:
    assert size_mm(slip()) == (210, 297)
    change(Site, country_code="US")
    assert size_mm(slip()) == (216, 279)


def test_every_language_has_every_word_with_the_same_blanks() -> None:
    for table in WORDS.values():
        assert table.keys() == WORDS["en"].keys()
        for key, said in table.items():
            assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", WORDS["en"][key])), key


def test_customers_read_their_own_language(floor: Floor) -> None:
    change(Customer, locale="de_AT")
    said = text(slip())
    assert ("Lieferschein" in said, "Paket 1 von 1" in said, "Seite 1 von 1" in said) == (True, True, True)
    assert "1.250,50 €" in money(125_050, "EUR", locale_of("de_DE")).replace("\u00a0", " ")
    assert money(125_050, "JPY", locale_of("en_GB")) == "JP¥125,050"
    assert (percent(550, locale_of("en_GB")), percent(2000, locale_of("en_GB"))) == ("5.5%", "20%")


def test_an_address_is_written_by_its_country_and_a_foreign_one_is_named(floor: Floor) -> None:
    change(Customer, name="Rosa", street="4 Quay Street", postcode="BS1 4ZZ", city="Bristol", country_code="GB")
    assert "Rosa 4 Quay Street BRISTOL BS1 4ZZ UNITED KINGDOM" in text(slip())
    change(Customer, street="Mengstr. 4", postcode="23552", city="Lübeck", country_code="DE")
    said = text(slip())
    assert "Rosa Mengstr. 4 23552 Lübeck".lower() in said.lower()
    assert "GERMANY" not in said
    change(Customer, street="", city="", country_code="", address="5 rue X\nLyon", country="France")
    assert "Rosa 5 rue X Lyon FRANCE" in text(slip())


def test_names_of_500_characters_wrap_and_are_cut_with_a_mark(floor: Floor) -> None:
    change(Item, name=NAME_OF_500[:500])
    change(Customer, name="W" * 200)
    for kind in ("packing_slip", "invoice", "pick_list"):
        assert "…" in text(KINDS[kind](id_of("SO-1"), {})) or kind == "pick_list"
    assert len(clean(NAME_OF_500)) <= MOST


@pytest.mark.parametrize(
    "name", ["مصباح مكتبي أزرق", "מנורת שולחן", "台灯 蓝色", "Emoji 🎁 lamp", "A\x01\u202eB<b>&", "^XA^FD"]
)
def test_any_script_can_be_drawn(floor: Floor, name: str) -> None:
    change(Item, name=name)
    made = slip()
    assert len(pages(made)) == 1
    assert "\u202e" not in text(made)


def test_scripts_from_right_to_left_are_pictures_of_shaped_letters() -> None:
    assert isinstance(words("مصباح"), Shaped)
    assert not isinstance(words("Lampe für Ödön"), Shaped)


# --- length and speed ------------------------------------------------------------------------------------------------


def long_order(world: World, count: int) -> Order:
    """An order of so many lines, all packed into one parcel by the ledger."""
    order = world.order("SO-L")

    def fill() -> None:
        items = [{"sku": f"L-{n:04d}", "name": f"Thing number {n:04d}"} for n in range(count)]
        if not items:
            return
        db.session.execute(insert(Item), items)
        ids = db.session.scalars(select(Item.id).where(Item.sku.like("L-%")).order_by(Item.sku)).all()
        lines = [{"order_id": order.id, "line": n, "item_id": id_, "ordered": 1} for n, id_ in enumerate(ids, 1)]
        db.session.execute(insert(OrderLine), [{**line, "allocated": 1, "price_cents": 100} for line in lines])

    def pack() -> None:
        by, opening = world.by("eve"), ledger.virtual(world.site.id, "opening")
        unit = Unit(site_id=world.site.id, code="340000000000000021", kind="carton", order_id=order.id)
        unit.location_id = world.locations["PACK-1"].id
        db.session.add(unit)
        db.session.flush()
        for line in db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)):
            at = ledger.Spot(world.locations["PACK-1"].id)
            ledger.move(by, line.item_id, 1, opening, at, ledger.Why("opening"))
            target = ledger.Spot(at.location_id, unit.id)
            ledger.move(by, line.item_id, 1, at, target, ledger.Why("verify", "SO-L", line.id))
        db.session.add(Parcel(site_id=world.site.id, order_id=order.id, unit_id=unit.id, status="packed"))
        db.session.execute(update(Order).where(Order.id == order.id).values(status="packed"))

    transact(fill)
    if count:
        transact(pack)
    db.session.expire_all()
    return order


def test_a_packing_instruction_is_whole_on_the_slip_and_on_the_pick_list(floor: Floor) -> None:
    told = " ".join(f"Step {n:03d}: wrap it well." for n in range(38))
    assert 900 < len(told) <= 1000  # that many are taken
    change(Order, instructions=told, shows_instructions=True)
    assert told in text(slip())
    assert told in text(KINDS["pick_list"](id_of("SO-1"), {}))


def test_a_slip_has_all_serial_numbers_of_a_parcel_whole(floor: Floor) -> None:
    codes_of = [f"SN-{n:09d}" for n in range(900)]
    transact(lambda: _pack_serials(floor, codes_of))
    read = pages(slip())
    assert len(read) > 2
    found = re.findall(r"SN-\d+,?", " ".join(read))
    assert found[:-1] == [f"{code}," for code in codes_of[:-1]]
    assert found[-1].startswith(codes_of[-1])
    assert "…" not in " ".join(read)


def _pack_serials(floor: Floor, serials: list[str]) -> None:
    by, unit = floor.by("eve"), db.session.get_one(Unit, db.session.scalars(select(Parcel.unit_id)).one())
    line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == id_of("SO-1"), OrderLine.line == 3)).one()
    line.ordered = line.allocated = len(serials) + 1
    opening, bench = ledger.virtual(floor.world.site.id, "opening"), ledger.Spot(floor.world.locations["PACK-1"].id)
    rows = [{"item_id": line.item_id, "code": code, "location_id": opening.location_id} for code in serials]
    db.session.execute(insert(Serial), rows)
    target = ledger.Spot(unit.location_id or 0, unit.id)
    for serial_id in db.session.scalars(select(Serial.id).where(Serial.code.in_(serials))).all():
        ledger.move(by, line.item_id, 1, opening, bench, ledger.Why("opening"), serial_id=serial_id)
        ledger.move(by, line.item_id, 1, bench, target, ledger.Why("verify", "SO-1", line.id), serial_id=serial_id)


@pytest.mark.parametrize("count", [0, 1, 2000])
def test_an_order_of_any_length_has_all_its_lines_and_numbered_pages(warehouse: World, count: int) -> None:
    order = long_order(warehouse, count)
    read = pages(KINDS["packing_slip"](order.id, {}))
    assert re.findall(r"L-\d{4}", " ".join(read)) == [f"L-{n:04d}" for n in range(count)]
    assert [f"Page {n} of {len(read)}" in page for n, page in enumerate(read, 1)] == [True] * len(read)
    if count > 1:
        assert len(read) > 40
        assert all("SKU Item Quantity" in page for page in read[1:])
        assert all("Packing slip SO-L" in page and "continued" in page for page in read[1:])


def test_a_slip_of_fifty_lines_is_made_in_a_blink(warehouse: World) -> None:
    order = long_order(warehouse, 50)
    KINDS["packing_slip"](order.id, {})  # the fonts are read once
    took = []
    for _try in range(5):
        began = time.process_time()  # others may have the processor meanwhile
        KINDS["packing_slip"](order.id, {})
        took.append(time.process_time() - began)
    assert min(took) < 0.15, took


def test_the_same_paper_has_the_same_bytes(floor: Floor) -> None:
    assert slip() == slip()
