"""Pictures of labels at the station: what PRINT would make here, small, read back, and nothing changes by looking."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select, update

from labels.picture import SMALL_PX
from scanner import printing
from scanner.barcode import command, encode
from scanner.db import db, transact
from scanner.models import Item, Location, Lot, Parcel, Printer, PrintJob, Unit
from tests.conftest import Browser
from tests.labels.desk import printer
from tests.scanner.floor import Floor, difference, dump
from tests.scanner.walks import stock_up
from tests.web.test_carrier_labels import MADE, send_label
from tests.web.test_print_card import beep

Log_in = Callable[[str], Browser]


@pytest.fixture
def floor(warehouse: object) -> Floor:
    """A packed order and stock; no printer."""
    floor = Floor(warehouse)  # type: ignore[arg-type]
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 2))
    floor.pick("SO-1")
    floor.pack("SO-1")
    return floor


def one_of(model: Any, **named: object) -> int:
    """The id of the first that is named so; 0 is the lot of goods without lots."""
    query = select(model.id).where(model.id > 0).filter_by(**named).order_by(model.id)
    return int(db.session.scalars(query.limit(1)).one())


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    assert max(image.size) <= SMALL_PX
    assert len(data) < 12_000
    return image


def said(image: Image.Image) -> set[str]:
    """What its symbols say, read from a picture that was made smaller."""
    large = image.convert("L").resize((image.width * 4, image.height * 4))
    return {found.text for found in zxingcpp.read_barcodes(large)}


def test_a_look_up_shows_the_label_that_print_would_make_and_changes_nothing(floor: Floor, browser: Log_in) -> None:
    ben = browser("ben")
    parcel = db.session.scalars(select(Parcel)).one()
    things = (
        f"item/{one_of(Item, sku='MUG')}",
        f"location/{one_of(Location, code='A-02-1')}",
        f"lot/{one_of(Lot)}",
        f"unit/{one_of(Unit, kind='tote')}",
        f"parcel/{parcel.id}",
        f"unit/{parcel.unit_id}",  # the parcel's carton
    )
    pictures = []
    for path in things:
        url = f"/lookup/{path}/label.png"
        assert f'<img src="{url}" alt="" loading="lazy"' in ben.get(f"/lookup/{path}").text
        before = dump(without=())
        answer = ben.get(url)
        assert (answer.status_code, answer.mimetype) == (200, "image/png"), path
        assert difference(before, dump(without=())) == {}
        pictures.append(opened(answer.data).convert("L").tobytes())
    assert len(set(pictures)) == 5
    assert pictures[-1] == pictures[-2]


def test_the_picture_has_the_shape_of_what_lies_in_the_printer_here(floor: Floor, browser: Log_in) -> None:
    ben, url = browser("ben"), f"/lookup/location/{one_of(Location, code='A-02-1')}/label.png"
    page = opened(ben.get(url).data)
    assert page.width < page.height
    printer(floor.world.by("eve"), "10.0.0.7:9100", width_mm=100, height_mm=50)
    label = opened(ben.get(url).data)
    assert label.width / label.height == pytest.approx(2, abs=0.01)
    transact(lambda: db.session.execute(update(Printer).values(dpi=600, width_mm=210, height_mm=99)))
    large = opened(ben.get(url).data)
    assert large.width / large.height == pytest.approx(210 / 99, abs=0.02)


def test_a_look_up_of_a_paper_offers_print_without_a_picture(floor: Floor, browser: Log_in) -> None:
    ben, order = browser("ben"), one_of(Parcel)
    order = db.session.get_one(Parcel, order).order_id
    page = ben.get(f"/lookup/order/{order}").text
    assert "PRINT PACKING SLIP" in page
    assert "<img" not in page
    assert ben.get(f"/lookup/order/{order}/label.png").status_code == 404


def test_a_label_that_waits_for_the_page_is_seen_before_it_is_opened(floor: Floor, browser: Log_in) -> None:
    ben, place = browser("ben"), one_of(Location, code="A-02-1")
    beep(ben, f"/lookup/location/{place}/scan", command("PRINT"))
    job = db.session.scalars(select(PrintJob)).one()
    assert f'src="/print/{job.public_id}/label.png"' in ben.get(f"/print/{job.public_id}").text
    assert encode("location", "A021") in said(opened(ben.get(f"/print/{job.public_id}/label.png").data))
    assert browser("cleo").get(f"/print/{job.public_id}/label.png").status_code == 404
    order = db.session.scalars(select(Parcel.order_id)).one()
    slip = transact(lambda: printing.ask("packing_slip", order, floor.world.by("ben"), use="paper").public_id)
    assert "label.png" not in browser("eve").get(f"/print/{slip}").text
    assert browser("eve").get(f"/print/{slip}/label.png").status_code == 404


def test_a_label_that_does_not_fit_has_no_picture_and_says_why(floor: Floor, browser: Log_in) -> None:
    printer(floor.world.by("eve"), "10.0.0.7:9100", width_mm=25, height_mm=25)
    answer = browser("ben").get(f"/lookup/unit/{db.session.scalars(select(Parcel.unit_id)).one()}/label.png")
    assert answer.status_code == 422
    assert b"PNG" not in answer.data[:8]


def test_what_a_carrier_has_sent_has_no_picture(floor: Floor, browser: Log_in) -> None:
    eve, parcel = browser("eve"), one_of(Parcel)
    assert eve.get(f"/lookup/parcel/{parcel}/label.png").status_code == 200
    send_label(eve, parcel, MADE)
    assert eve.get(f"/lookup/parcel/{parcel}/label.png").status_code == 404


@pytest.mark.parametrize("thing_id", [0, 10**6, 2**31, 2**63, 10**30])
@pytest.mark.parametrize("kind", ["item", "location", "lot", "unit", "parcel", "task", "person", "nothing"])
def test_what_is_not_there_has_no_picture(floor: Floor, browser: Log_in, kind: str, thing_id: int) -> None:
    assert browser("ben").get(f"/lookup/{kind}/{thing_id}/label.png").status_code in (404, 422)


def test_what_belongs_to_another_site_has_no_picture(floor: Floor, browser: Log_in) -> None:
    parcel = db.session.scalars(select(Parcel)).one()
    paths = (f"location/{one_of(Location, code='A-02-1')}", f"unit/{parcel.unit_id}", f"parcel/{parcel.id}")
    floor.world.at_another_site()
    zoe = browser("zoe")
    for path in paths:
        assert zoe.get(f"/lookup/{path}/label.png").status_code in (404, 422), path
