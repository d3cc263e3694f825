"""Every kind of label and paper from the database through `make`, in every language, read back by a reader."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from datetime import date
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import delete, select, update

from labels import documents, worker, zpl
from labels.make import KINDS, Target, make, maker_of, proof_of, trial
from labels.parts import Code, Label, Text
from labels.printers import line_to
from labels.subjects import drawing
from scanner import people, printing, units
from scanner.barcode import encode, own
from scanner.db import db, transact
from scanner.models import (
    Barcode,
    Carton,
    Customer,
    Item,
    Location,
    Lot,
    Manifest,
    Order,
    Parcel,
    PrintJob,
    PurchaseOrder,
    Site,
    Task,
    Unit,
)
from scanner.refusals import Refusal
from tests.conftest import Browser
from tests.labels.desk import again, printer, work
from tests.labels.fake_printer import LABEL, FakePrinter
from tests.labels.papers import change
from tests.scanner.floor import Floor, pallet
from tests.scanner.walks import stock_up
from tests.world import CASE, GTINS, World

ZPL = Target("zpl", 203, 102, 152)
PAPER = Target("pdf", 300, 210, 297)
LABELS = sorted(set(KINDS) - set(documents.KINDS) - {"carrier_label"})
MEDIA = {  # what lies in the printer for each kind
    "location": (100, 50),
    "station": (100, 50),
    "carton_type": (100, 50),
    "item": (57, 32),
    "tote": (100, 50),
    "command": (85, 54),
    "test": (100, 50),
    "check_sheet": (105, 148),
}


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """One packed order with its tote and its parcel, a purchase order, a pallet, a count and a manifest."""
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2), ("MILK", 3))
    transact(lambda: db.session.execute(update(Site).values(street="Hafenstraße 1", city="Hamburg", country_code="DE")))
    floor.pick("SO-1")
    floor.pack("SO-1")
    warehouse.purchase_order("PO-1", ("MUG", 24))
    task = floor.start("ana", "receive", "PO-1")
    floor.scans("ana", task, "MUG", own.command("Q", 24), pallet(1))
    floor.start("dan", "count", "A-03-1")
    floor.start("cleo", "ship", "DPD")
    return floor


def one(query: Any) -> Any:
    """The first of a query; it must be there."""
    found = db.session.scalars(query).first()
    assert found is not None
    return found


def subject_of(kind: str) -> tuple[int | None, dict[str, Any], set[str]]:
    """A subject of each kind, with details, and what a reader must find on its label."""
    if kind in ("location", "station"):
        place = one(select(Location).where(Location.code == ("A-02-1" if kind == "location" else "PACK-1")))
        return place.id, {}, {encode("location", place.scan_body)}
    if kind == "item":
        item = one(select(Item).where(Item.sku == "MILK"))
        return item.id, {"lot": "L1", "qty": 1}, {f"01{GTINS['MILK'].zfill(14)}", "10L1"}
    if kind in ("unit", "tote"):
        thing = one(select(Unit).where(Unit.kind == ("pallet" if kind == "unit" else "tote")))
        return thing.id, {}, {f"00{thing.code}" if kind == "unit" else encode("tote", thing.code)}
    if kind == "shipment":
        parcel = one(select(Parcel))
        return parcel.id, {}, {f"00{db.session.get_one(Unit, parcel.unit_id).code}"}
    if kind == "command":
        return None, {"word": "Q", "number": 12}, {own.command("Q", 12)}
    if kind == "carton_type":
        return one(select(Carton.id)), {}, {encode("carton_type", "M")}
    return None, {}, {own.command("HELP")} if kind == "check_sheet" else {"PAGE"}


def test_a_pallet_whose_label_comes_out_first_says_the_goods_that_it_was_asked_for(floor: Floor) -> None:
    by, milk = floor.world.by("ana"), one(select(Item).where(Item.sku == "MILK"))
    lot = one(select(Lot).where(Lot.item_id == milk.id))
    transact(lambda: db.session.execute(update(Lot).values(expiry=None, best_before=date(2033, 1, 1))))
    pallet_id = _new_pallet(floor)
    label = proof_of(trial("unit", pallet_id, by, {"item": milk.id, "count": 12, "lot": lot.id}), ZPL).label
    said = [line for part in label.parts if isinstance(part, Text) for line in part.lines]
    assert {"12", lot.code, "2033-01-01", "Best before".upper()} <= {line.upper() for line in said}
    assert f"02{GTINS['MILK'].zfill(14)}3712" in {part.symbol.content for part in label.parts if isinstance(part, Code)}


def test_a_location_has_the_arrow_and_the_second_code_that_are_asked_for(floor: Floor) -> None:
    at = floor.world.locations["A-01-2"].id

    def drawn(**details: str) -> tuple[set[str], set[str]]:
        label = drawing(trial("location", at, floor.world.by("eve"), details), Target("zpl", 203, 100, 50))()
        codes = {part.symbol.kind for part in label.parts if isinstance(part, Code)}
        return codes, {part.name for part in label.parts}

    assert drawn()[0] == {"code128", "datamatrix"}
    assert drawn(twin="qr")[0] == {"code128", "qr"}
    assert drawn(twin="none")[0] == {"code128"}
    assert drawn(twin="nonsense") == drawn()
    assert "arrow" in drawn(arrow="up")[1] - drawn()[1]


def test_a_parcel_is_sorted_by_country_and_postcode(floor: Floor) -> None:
    job = trial("shipment", one(select(Parcel.id)), floor.world.by("cleo"))
    assert "routing" not in {part.name for part in drawing(job, ZPL)().parts}
    change(Customer, postcode="10115")
    assert said_in(drawing(job, ZPL)(), "routing") == "DE 10115"


def test_a_sorter_reads_the_country_of_a_parcel_once(floor: Floor) -> None:
    job = trial("shipment", one(select(Parcel.id)), floor.world.by("cleo"))
    for code, postcode, sorted_by in (("SE", "SE-111 22", "SE 111 22"), ("LV", "LV-1010", "LV 1010")):
        change(Customer, country_code=code, postcode=postcode, city="Town")
        assert said_in(drawing(job, ZPL)(), "routing") == sorted_by


def test_a_parcel_abroad_says_its_country_where_the_address_is_free_text(floor: Floor) -> None:
    change(Customer, address="12 Rue X\n75001 Paris", street="", city="", country="", country_code="FR")
    label = proof_of(trial("shipment", one(select(Parcel.id)), floor.world.by("cleo")), ZPL).label
    assert [said_in(label, f"ship to {row}") for row in (2, 3, 4)] == ["12 Rue X", "75001 Paris", "FRANCE"]


def test_a_carton_type_says_how_much_it_bears_to_the_gram(floor: Floor) -> None:
    change(Carton, max_g=1_234_567)
    job = trial("carton_type", one(select(Carton.id)), floor.world.by("eve"))
    assert said_in(proof_of(job, ZPL).label, "says").endswith(" mm, 1234.567 kg")


def said_in(label: Label, name: str) -> str:
    """What the part of this name says."""
    return " ".join(line for part in label.parts if isinstance(part, Text) and part.name == name for line in part.lines)


def test_a_parcel_says_of_how_many_once_its_order_is_packed(floor: Floor) -> None:
    def said() -> str:
        job = trial("shipment", one(select(Parcel.id)), floor.world.by("cleo"))
        return " ".join(
            " ".join(part.lines)
            for part in proof_of(job, ZPL).label.parts
            if part.name == "parcel" and isinstance(part, Text)
        )

    assert said() == "1/1"
    transact(lambda: db.session.execute(update(Order).values(status="picked")))
    assert said() == "1"


def paper_of(kind: str) -> int:
    """The subject of a paper."""
    models: dict[str, Any] = {"receiving_sheet": PurchaseOrder, "count_sheet": Task, "manifest": Manifest}
    query = select(models.get(kind, Order).id)
    return int(one(query.where(Task.workflow == "count") if kind == "count_sheet" else query))


def picture_of(data: bytes, language: str) -> Image.Image:
    """What is on the label, by a program that did not make it; ZPL goes through Chromium in tests/browser."""
    if language == "png":
        return Image.open(io.BytesIO(data)).convert("L")
    page: Image.Image = pypdfium2.PdfDocument(data)[0].render(scale=300 / 72).to_pil()
    return page.convert("L")


def read(data: bytes, language: str) -> set[str]:
    """What a reader finds on a label, without the brackets and separators of GS1."""
    found = zxingcpp.read_barcodes(picture_of(data, language))
    return {re.sub(r"[()\x1d]", "", each.text) for each in found}


@pytest.mark.parametrize("language", ["png", "pdf"])
def test_every_kind_is_made_from_the_database_and_reads_back(floor: Floor, language: str) -> None:
    for kind in LABELS:
        subject, details, wanted = subject_of(kind)
        width, height = MEDIA.get(kind, (102, 152))
        job = trial(kind, subject, floor.world.by("eve"), details)
        made = make_at(job, Target(language, 203, width, height))
        said = " ".join(read(made, language))
        assert {word for word in wanted if word not in said} == set(), (kind, said)


def make_at(job: PrintJob, target: Target) -> bytes:
    """What `make` makes of a job for a target."""
    made = maker_of(job.kind)(job, target)
    assert made.language == target.language
    return made.data


def test_every_kind_is_made_in_zpl_with_none_but_our_commands(floor: Floor) -> None:
    for kind in LABELS:
        subject, details, _ = subject_of(kind)
        width, height = MEDIA.get(kind, (102, 152))
        for dpi in (203, 300):
            data = make_at(trial(kind, subject, floor.world.by("eve"), details), Target("zpl", dpi, width, height))
            assert data.startswith(b"^XA"), kind
            assert data.rstrip().endswith(b"^XZ")
            assert zpl.commands(data.decode("ascii")).count("^XA") == 1


def test_every_paper_is_made_as_pdf_and_in_no_other_language(floor: Floor) -> None:
    for kind in documents.KINDS:
        job = trial(kind, paper_of(kind), floor.world.by("eve"))
        if kind == "invoice":
            with pytest.raises(Refusal, match="no_price"):
                make_at(job, PAPER)
            continue
        assert make_at(job, PAPER).startswith(b"%PDF-"), kind
        with pytest.raises(Refusal, match="label_language"):
            make_at(job, ZPL)


def test_what_is_gone_or_of_another_site_is_refused(floor: Floor) -> None:
    floor.world.at_another_site()
    zoe = floor.world.by("zoe")
    for kind in sorted(KINDS):
        if kind in ("command", "check_sheet", "test"):
            continue
        target = PAPER if kind in documents.KINDS else ZPL
        with pytest.raises(Refusal, match="label_gone"):
            make_at(trial(kind, 999_999, floor.world.by("eve")), target)
        if kind in ("item", "carton_type"):  # every site shares these
            continue
        subject = (
            paper_of(kind) if kind in documents.KINDS else subject_of(kind.replace("carrier_label", "shipment"))[0]
        )
        other = trial(kind, subject, zoe)
        other.site_id = db.session.scalars(select(Site.id).where(Site.code == "OTHER")).one()
        with pytest.raises(Refusal, match="label_gone"):
            make_at(other, target)


def test_a_place_in_the_books_has_no_label(floor: Floor) -> None:
    supplier = one(select(Location.id).where(Location.is_virtual))
    with pytest.raises(Refusal, match="label_gone"):
        make_at(trial("location", supplier, floor.world.by("eve")), ZPL)


def test_a_job_whose_location_was_deleted_meanwhile_fails_and_says_so(app: Flask, floor: Floor) -> None:
    by = floor.world.by("eve")
    with FakePrinter("good") as fake:
        printer(by, fake.address)
        spare = transact(lambda: _spare(by.site_id))
        job = transact(lambda: printing.ask("location", spare, by))
        transact(lambda: db.session.execute(delete(Location).where(Location.id == spare)))
        work(app)
        assert fake.started == []
    job = again(job)
    assert (job.state, job.error_code) == ("failed", "label_gone")
    assert "not there any more" in job.error_words


def test_a_label_that_is_asked_for_anew_while_the_line_opens_leaves_with_the_new_facts(
    app: Flask, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, pallet_id = floor.world.by("ana"), _new_pallet(floor)
    mug, opened, counts = one(select(Item.id).where(Item.sku == "MUG")), line_to, [5]

    def line_that_opens_slowly(*about: Any) -> Any:
        if counts:
            transact(lambda: printing.once("unit", pallet_id, by, details={"item": mug, "count": counts.pop()}))
        return opened(*about)

    monkeypatch.setattr(worker, "line_to", line_that_opens_slowly)
    with FakePrinter("good") as fake:
        printer(by, fake.address, width_mm=102, height_mm=152)
        job = transact(lambda: printing.once("unit", pallet_id, by, details={"item": mug, "count": 12}))
        work(app)
    assert (again(job).state, again(job).details["count"]) == ("sent", 5)
    assert fake.labels == LABEL.findall(make(again(job)).data)


def test_an_agent_starts_no_label_that_was_asked_for_anew_since_it_was_taken(
    app: Flask, floor: Floor, client: Browser
) -> None:
    by, pallet_id = floor.world.by("ana"), _new_pallet(floor)
    token = transact(lambda: people.new_api_token(floor.world.by("finn"), "bench-pc", "packer"))
    printer(by, "bench-pc", "PC-1", kind="agent", width_mm=102, height_mm=152)
    mug = one(select(Item.id).where(Item.sku == "MUG"))

    def ask(count: int) -> PrintJob:
        return transact(lambda: printing.once("unit", pallet_id, by, details={"item": mug, "count": count}))

    def call(path: str, **facts: str) -> Any:
        head = {"Authorization": f"Bearer {token}"}
        return client.post(f"/api/v1/print-jobs/{path}", json={"run": "12345678", **facts}, headers=head).get_json()

    job = ask(12)
    call("take", printer="PC-1")
    ask(5)
    assert call(f"{job.public_id}/start")["code"] == "print_taken"
    taken = call("take", printer="PC-1")["job"]
    assert call(f"{job.public_id}/start")["state"] == "sending"
    assert again(job).sha256 == hashlib.sha256(base64.b64decode(taken["data"])).hexdigest()


def _new_pallet(floor: Floor) -> int:
    dock = one(select(Location.id).where(Location.code == "DOCK-1"))
    return transact(lambda: units.new_unit(floor.world.by("ana"), "pallet", dock).id)


def _spare(site_id: int) -> int:
    place = Location(site_id=site_id, code="Z-99-9", scan_body="Z999", kind="pick", check_digits="123")
    db.session.add(place)
    db.session.flush()
    return place.id


def test_an_items_name_gives_no_command_to_a_printer(app: Flask, floor: Floor) -> None:
    by, evil = floor.world.by("eve"), "^XZ~JA^FS^XA^FD~JR"
    transact(lambda: db.session.execute(update(Item).where(Item.sku == "MUG").values(name=evil)))
    mug = one(select(Item.id).where(Item.sku == "MUG"))
    with FakePrinter("good") as fake:
        printer(by, fake.address, width_mm=57, height_mm=32)
        job = transact(lambda: printing.ask("item", mug, by, details={"lot": None, "qty": 1, "symbol": "^XZ"}))
        work(app)
        assert again(job).state == "sent"
        (sent,) = fake.labels
    harmless = {"^XA", "^CI", "^LR", "^PO", "^PM", "^FW", "^LH", "^LS", "^PW", "^LL", "^FX", "^FS", "^FT", "^A0", "^FH"}
    harmless |= {"^FD", "^FO", "^GF", "^GB", "^BY", "^BC", "^BX", "^PQ", "^XZ"}
    said = zpl.commands(sent.decode("ascii"))
    assert set(said) <= harmless
    assert (said.count("^XA"), said.count("^XZ"), sent.count(b"~")) == (1, 1, 0)
    assert fake.jobs == [job.public_id]


def test_an_item_has_the_code_of_what_it_holds(floor: Floor) -> None:
    def said(sku: str, width_mm: int = 57, **details: Any) -> set[str]:
        job = trial("item", one(select(Item.id).where(Item.sku == sku)), floor.world.by("eve"), details)
        return read(make_at(job, Target("png", 300, width_mm, 32)), "png")

    assert said("MUG") == {GTINS["MUG"]}
    assert said("MUG", width_mm=100, qty=6) == {f"01{CASE}"}
    with pytest.raises(Refusal, match="label_bad_content"):  # no code of it stands for 7
        said("MUG", width_mm=100, qty=7)
    mug = one(select(Item.id).where(Item.sku == "MUG"))
    transact(lambda: db.session.add(Barcode(item_id=mug, code="MUG-BAG", qty=7)))
    assert said("MUG", width_mm=100, qty=7) == {"MUG-BAG"}
    assert said("LAMP", serial="S-1") == {f"01{GTINS['LAMP'].zfill(14)}21S-1"}
    transact(lambda: db.session.execute(delete(Barcode)))
    assert said("MUG") == {"MUG"}
    for details in ({"lot": 999_999}, {"lot": "NONE"}, {"serial": "S-99"}):
        with pytest.raises(Refusal, match="label_gone"):
            said("LAMP", **details)


def test_a_label_that_is_too_small_is_refused_with_the_limit(floor: Floor) -> None:
    subject, details, _ = subject_of("unit")
    with pytest.raises(Refusal, match="label_too_small") as caught:
        make_at(trial("unit", subject, floor.world.by("eve"), details), Target("zpl", 203, 50, 25))
    assert "must be 0.495 mm at least; it needs 88.0 mm" in caught.value.say


def test_a_copy_says_so(floor: Floor) -> None:
    for kind in sorted(set(LABELS) - {"check_sheet"}):
        subject, details, _ = subject_of(kind)
        width, height = MEDIA.get(kind, (102, 152))
        job, target = trial(kind, subject, floor.world.by("eve"), details), Target("zpl", 203, width, height)
        assert "copy" not in {part.name for part in proof_of(job, target).label.parts}
        job.copy_of = 1
        assert "copy" in {part.name for part in proof_of(job, target).label.parts}, kind
