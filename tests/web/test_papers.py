"""Papers at the desk: shown in the page first, never stored, framed by us alone; the company's head; the manifests."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select, update

from scanner import units
from scanner.db import db, transact
from scanner.models import Invoice, Manifest, Order, OrderLine, Parcel, Site, Task, Unit
from tests.conftest import Browser
from tests.labels.reading import pages, text
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]
HEAD = {"legal_name": "Nord GmbH", "country_code": "de", "currency": "eur", "locale": "de-DE", "tax_label": "MwSt."}


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order with prices, a purchase order, a count and an open manifest."""
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2))
    transact(lambda: db.session.execute(update(OrderLine).values(price_cents=1000, tax_bp=1900)))
    floor.pick("SO-1")
    floor.pack("SO-1")
    warehouse.purchase_order("PO-1", ("MUG", 24))
    floor.start("dan", "count", "A-03-1")
    floor.start("cleo", "ship", "DPD")
    return floor


def papers() -> dict[str, str]:
    """The address of every paper's page."""
    order = db.session.scalars(select(Order.id)).one()
    count = db.session.scalars(select(Task.id).where(Task.workflow == "count")).one()
    manifest = db.session.scalars(select(Manifest.id)).one()
    kinds = {"packing_slip": order, "invoice": order, "pick_list": order, "receiving_sheet": 1}
    kinds |= {"count_sheet": count, "manifest": manifest}
    return {kind: f"/documents/{kind}/{subject}" for kind, subject in kinds.items()}


def test_every_paper_is_shown_in_a_page_and_served_as_pdf(floor: Floor, browser: Log_in) -> None:
    eve = browser("eve")
    for kind, url in papers().items():
        page = eve.get(url)
        assert page.status_code == 200, kind
        assert f'src="{url}/pdf"' in page.text
        answer = eve.get(f"{url}/pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert len(pages(answer.data)) == 1
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
    kept = eve.get(f"{papers()['manifest']}/pdf?keep=1")
    assert kept.headers["Content-Disposition"].startswith("attachment")


def test_pages_lead_to_their_papers(floor: Floor, browser: Log_in) -> None:
    eve, url = browser("eve"), papers()
    order = url["invoice"].rpartition("/")[2]
    shown = eve.get(f"/orders/{order}").text + eve.get("/purchase-orders/1").text + eve.get("/tasks").text
    shown += eve.get("/manifests?q=dpd&status=open").text
    assert [kind for kind, address in url.items() if f'href="{address}"' not in shown] == []
    assert "No manifest fits" in eve.get("/manifests?q=nobody").text


def test_an_invoice_is_a_preview_until_it_is_issued_and_a_copy_after(floor: Floor, browser: Log_in) -> None:
    eve, url = browser("eve"), papers()["invoice"]
    assert "PREVIEW" in text(eve.get(f"{url}/pdf").data)
    assert db.session.scalars(select(Invoice)).all() == []
    first = eve.send(f"{url}/issue")
    assert "INV-000001" in text(first.data)
    assert "COPY" not in text(first.data)
    assert "COPY" in text(eve.get(f"{url}/pdf").data)
    assert "COPY" in text(eve.send(f"{url}/issue").data)
    assert "INV-000001" in eve.get(f"/orders/{url.rpartition('/')[2]}").text
    row = db.session.scalars(select(Invoice)).one()
    assert row.issued_by == floor.world.people["eve"].id


def test_why_there_is_no_invoice_is_said_in_the_page(floor: Floor, browser: Log_in) -> None:
    order, eve = floor.world.order("SO-2", ("MUG", 1)), browser("eve")
    page = eve.get(f"/documents/invoice/{order.id}")
    assert (page.status_code, "is not complete" in page.text, "<iframe" in page.text) == (422, True, False)
    assert eve.get(f"/documents/invoice/{order.id}/pdf").status_code == 422
    assert eve.send(f"/documents/invoice/{order.id}/issue").status_code == 422


def test_papers_of_another_site_are_not_there(floor: Floor, browser: Log_in) -> None:
    floor.world.at_another_site()
    zoe, urls = browser("zoe"), papers()
    assert {zoe.get(f"{url}{end}").status_code for url in urls.values() for end in ("", "/pdf")} == {404}
    assert zoe.send(f"{urls['invoice']}/issue").status_code == 404
    assert "DPD" not in zoe.get("/manifests").text


def test_a_blind_worksheet_and_a_parcels_slip_are_one_word_away(floor: Floor, browser: Log_in) -> None:
    eve, url = browser("eve"), papers()
    assert "Ordered 24" not in text(eve.get(f"{url['receiving_sheet']}/pdf?blind=1").data)
    assert "blind=1" in eve.get(f"{url['receiving_sheet']}?blind=1").text
    parcel = db.session.scalars(select(Parcel.id)).one()
    assert "Parcel 1 of 1" in text(eve.get(f"{url['packing_slip']}/pdf?parcel={parcel}").data)


# --- the company -----------------------------------------------------------------------------------------------------


def test_an_admin_sets_the_head_and_papers_have_it(floor: Floor, browser: Log_in) -> None:
    finn = browser("finn")
    assert finn.send("/company", HEAD | {"street": "Hafen 1\r\nTor 2", "city": "Kiel"}).status_code == 303
    site = db.session.get_one(Site, floor.world.site.id)
    assert (site.country_code, site.currency, site.locale) == ("DE", "EUR", "de_DE")
    said = text(browser("eve").get(f"{papers()['packing_slip']}/pdf").data)
    assert ("Lieferschein" in said, "Nord GmbH" in said, "Tor 2" in said) == (True, True, True)
    assert "Nord GmbH" in finn.get("/company").text


def test_the_gs1_company_prefix_is_set_at_the_desk_and_while_there_is_none_the_labels_page_says_so(
    floor: Floor, browser: Log_in
) -> None:
    finn, eve, by = browser("finn"), browser("eve"), floor.world.by("eve")
    parcel = db.session.scalars(select(Parcel)).one()
    for prefix, is_told in (("", True), ("4012345", False)):
        assert finn.send("/company", HEAD | {"gs1_prefix": prefix}).status_code == 303
        assert ("no GS1 company prefix" in eve.get(f"/labels/shipment?id={parcel.id}").text) == is_told
    made = transact(lambda: units.new_unit(by, "pallet", db.session.get_one(Unit, parcel.unit_id).location_id or 0))
    assert made.code.startswith("04012345")
    transact(lambda: db.session.execute(update(Site).values(sscc_serial=20_000)))
    assert finn.send("/company", HEAD | {"gs1_prefix": "401234512345"}).status_code == 422  # it has 9,999 numbers
    finn.send("/company", HEAD)  # a form without the field leaves it alone
    assert db.session.get_one(Site, by.site_id).gs1_prefix == "4012345"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("country_code", "Germany", "two letters"),
        ("currency", "XXZ", "three letters"),
        ("locale", "klingon", "language"),
        ("legal_name", "x" * 201, "200"),
        ("gs1_prefix", "12a", "Gs1 prefix"),
    ],
)
def test_a_setting_that_makes_no_sense_changes_nothing(
    floor: Floor, browser: Log_in, field: str, value: str, words: str
) -> None:
    answer = browser("finn").send("/company", HEAD | {field: value})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert db.session.get_one(Site, floor.world.site.id).legal_name == ""


def test_a_logo_stands_in_the_head_and_anything_else_is_refused(floor: Floor, browser: Log_in) -> None:
    finn, url = browser("finn"), f"{papers()['packing_slip']}/pdf"
    plain = len(browser("eve").get(url).data)
    png = io.BytesIO()
    Image.effect_noise((120, 40), 50).save(png, "PNG")
    for data in (b"no picture", b"\x89PNG\r\n\x1a\n broken", png.getvalue()[:200]):
        answer = finn.send("/company", HEAD | {"logo": (io.BytesIO(data), "logo.png")})
        assert answer.status_code == 422, data
    assert finn.send("/company", HEAD | {"logo": (io.BytesIO(png.getvalue()), "logo.png")}).status_code == 303
    assert len(browser("eve").get(url).data) > plain + 2_000
    assert finn.send("/company", HEAD | {"no_logo": "1"}).status_code == 303
    assert db.session.get_one(Site, floor.world.site.id).logo is None
