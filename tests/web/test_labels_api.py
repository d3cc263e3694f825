"""Labels by API: shown without a print, printed once, of this site alone."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import select

from scanner import people, printing
from scanner.db import db, transact
from scanner.models import Parcel
from tests.conftest import Browser
from tests.scanner.floor import Floor
from tests.web.label_desk import api, digits, jobs, out, packed, place
from tests.web.test_carrier_labels import BAD, ZPL
from tests.world import World


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


def test_the_api_shows_a_label_in_each_language_and_prints_nothing(floor: Floor, client: Browser) -> None:
    head, before = api(floor.world, "packer"), digits()
    kinds = {"png": "image/png", "pdf": "application/pdf", "zpl": "text/plain"}
    for language, mimetype in kinds.items():
        answer = client.get(
            f"/api/v1/labels/location?subject={place().id}&format={language}&printer=ZEBRA", headers=head
        )
        assert (answer.status_code, answer.mimetype) == (200, mimetype), answer.text
    assert (
        client.get("/api/v1/labels/command?word=Q&number=12&width_mm=63&height_mm=38", headers=head).status_code == 200
    )
    assert jobs() == []
    assert digits() == before
    carton = db.session.scalars(select(Parcel.unit_id)).one()
    wrong = {
        "/api/v1/labels/nothing": "unknown_label",
        "/api/v1/labels/location?subject=999999": "label_gone",
        "/api/v1/labels/command?word=NO": "label_bad_content",
        f"/api/v1/labels/unit?subject={carton}&width_mm=50&height_mm=25": "label_too_small",
        "/api/v1/labels/location?colour=red": "bad_request",
        "/api/v1/labels/location?subject=1&printer=NONE": "unknown_printer",
    }
    assert {url: client.get(url, headers=head).get_json()["code"] for url in wrong} == wrong


def test_the_api_shows_a_label_in_the_resolution_that_is_asked_for(floor: Floor, client: Browser) -> None:
    head, url = api(floor.world, "packer"), f"/api/v1/labels/location?subject={place().id}&format=png"
    widths = [
        Image.open(io.BytesIO(client.get(f"{url}&dpi={dpi}", headers=head).data)).width for dpi in (203, 300, 600)
    ]
    assert widths == [816, 1205, 2409]  # 102 mm; a head of "203 dpi" has 8 dots to the millimetre
    assert {client.get(f"{url}&dpi={dpi}", headers=head).status_code for dpi in (72, 204, "x", -300)} == {422}
    about = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/labels/{kind}"]["get"]["parameters"]
    (said,) = (each["schema"] for each in about if each["name"] == "dpi")
    assert "[203, 300, 600]" in str(said)


def test_a_second_print_of_an_sscc_by_api_is_a_marked_copy_and_the_same_key_prints_once(
    floor: Floor, client: Browser
) -> None:
    parcel, head = db.session.scalars(select(Parcel.id)).one(), api(floor.world, "packer")
    wish = {"kind": "shipment", "subject": parcel, "printer": "ZEBRA"}

    def ask(**more: object) -> str:
        asked = client.post("/api/v1/print-jobs", json={**wish, **more}, headers=head).get_json()
        return str(asked.get("id", asked.get("code")))

    assert ask(copies=2) == "label_has_one"
    first = ask(key="k1")
    assert (ask(key="k1"), ask(key="k2")) == (first, "print_under_way")
    out(jobs()[0])
    copy = ask(key="k2")
    assert (ask(key="k1"), ask(key="k2")) == (first, copy)
    assert [job.copy_of for job in jobs()] == [None, jobs()[0].id]


def test_a_program_of_another_site_asks_for_no_label_here_and_changes_no_digits(floor: Floor, client: Browser) -> None:
    floor.world.at_another_site()
    zoe = replace(floor.world.by("zoe"), site_id=floor.world.people["zoe"].site_id)
    token = transact(lambda: people.new_api_token(zoe, "erp", "supervisor"))
    head, before = {"Authorization": f"Bearer {token}"}, digits()
    parcel = db.session.scalars(select(Parcel)).one()
    wishes = {"location": place().id, "station": place("PACK-1").id, "unit": parcel.unit_id, "tote": parcel.unit_id}
    for kind, subject in {**wishes, "shipment": parcel.id, "packing_slip": parcel.order_id, "item": None}.items():
        asked = client.post("/api/v1/print-jobs", json={"kind": kind, "subject": subject}, headers=head)
        assert (kind, asked.get_json()["code"]) == (kind, "label_gone")
    transact(lambda: printing.ask("location", place().id, zoe))
    assert (len(jobs()), digits()) == (1, before)


def test_an_invoice_is_the_desks_by_api_too_and_other_papers_are_everybodys(floor: Floor, client: Browser) -> None:
    order = db.session.scalars(select(Parcel.order_id)).one()
    packer, boss = api(floor.world, "packer"), api(floor.world, "supervisor")
    for kind in ("packing_slip", "pick_list"):
        assert client.get(f"/api/v1/labels/{kind}?subject={order}", headers=packer).status_code == 200
    assert client.get(f"/api/v1/labels/invoice?subject={order}", headers=packer).get_json()["code"] == "not_allowed"
    assert client.get(f"/api/v1/labels/invoice?subject={order}", headers=boss).get_json()["code"] == "no_price"
    asked = client.post("/api/v1/print-jobs", json={"kind": "invoice", "subject": order}, headers=packer)
    assert asked.get_json()["code"] == "not_allowed"


def test_the_api_takes_a_carriers_label(floor: Floor, client: Browser) -> None:
    parcel, head = db.session.scalars(select(Parcel.id)).one(), api(floor.world, "supervisor")
    url = f"/api/v1/parcels/{parcel}/label"
    taken = client.post(f"{url}?tracking=1Z9", data=ZPL, headers=head)
    assert taken.get_json() == {"code": "unknown_code"} | taken.get_json()
    taken = client.post(f"{url}?tracking=1Z999", data=ZPL, headers=head)
    assert (taken.status_code, taken.get_json()) == (201, {"parcel": parcel, "language": "zpl", "tracking": "1Z999"})
    assert client.post(url, data=BAD["ZPL that resets"], headers=head).get_json()["code"] == "bad_carrier_label"
    assert client.post(url, data=BAD["too large"], headers=head).status_code == 413
    assert client.post("/api/v1/parcels/999999/label", data=ZPL, headers=head).get_json()["code"] == "label_gone"
