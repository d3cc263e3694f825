"""A label that a carrier has sent: kept as it came, printed instead of ours, refused where it does more than draw."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from labels import picture
from labels.make import Target, maker_of, trial
from scanner.carrier_labels import LABEL_BYTES
from scanner.db import db
from scanner.models import CarrierLabel, Parcel
from scanner.refusals import Refusal
from tests.conftest import Browser
from tests.labels.reading import codes, size_mm
from tests.scanner.floor import Floor
from tests.web.label_desk import Log_in, packed
from tests.world import World
from tools.label_pictures import LABELS


@pytest.fixture
def floor(warehouse: World) -> Floor:
    """A packed order, and a printer for labels and one for paper."""
    return packed(warehouse)


PNG = picture.png(LABELS["tote"](), is_coloured=False)


ZPL = b"^XA^PW800^FO10,10^BY3^BCN,100,Y,N,N^FD1Z999^FS^GFA,8,8,1,FFFFFFFFFFFFFFFF^FS^XZ\n"


ZPL_MAXICODE = (
    b"^XA\r\n^FO10,10^BD2^FH_^FD001840152382802[)>_1E01_1D961Z00004951_1DUPSN_1E_04^FS\t^XZ\r\n"  # as UPS does
)


ZPL_SET_UP = b"^XA^MNY^MCY^MTT^MMT^MD30^PR12^CF0,20^A0N,3^A@N,9,9,E:X.FNT^FDx^FS^PQ1,0,1,Y^XZ"  # as carriers do


MADE = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def send_label(eve: Browser, parcel: int, data: bytes, tracking: str = "") -> str:
    """Upload it, and what the page says then."""
    file = FileStorage(io.BytesIO(data), "label.bin")
    boundary, body = encode_multipart({"csrf_token": eve.token(), "label": file, "tracking": tracking})  # in memory
    kind = f"multipart/form-data; boundary={boundary}"
    answer = eve.post(f"/parcels/{parcel}/label", data=body, content_type=kind)
    return eve.get(f"/parcels/{parcel}").text if answer.status_code == 303 else answer.text


@pytest.mark.parametrize(
    ("data", "language"), [(PNG, "png"), (ZPL, "zpl"), (ZPL_SET_UP, "zpl"), (ZPL_MAXICODE, "zpl"), (MADE, "pdf")]
)
def test_a_carriers_label_is_kept_and_printed_instead_of_ours(
    floor: Floor, browser: Log_in, data: bytes, language: str
) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel.id)).one()
    assert "is kept" in send_label(eve, parcel, data, "1Z999AA1")
    assert db.session.get_one(Parcel, parcel).tracking == "1Z999AA1"
    kept = eve.get(f"/parcels/{parcel}/label")
    assert kept.data == data
    assert kept.headers["Content-Disposition"].startswith("attachment")
    job = trial("shipment", parcel, floor.world.by("eve"))
    assert maker_of("shipment")(job, Target(language, 203, 102, 152)).data == data
    assert "printed as it came" in eve.get(f"/labels/shipment?id={parcel}&on=102x152").text
    eve.send(f"/parcels/{parcel}/label/drop")
    assert eve.get(f"/parcels/{parcel}/label").status_code == 404
    assert maker_of("shipment")(job, Target(language, 203, 102, 152)).data != data


def test_a_png_of_a_carrier_becomes_pdf_and_zpl_and_nothing_else_is_converted(floor: Floor, browser: Log_in) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel.id)).one()
    job = trial("carrier_label", parcel, floor.world.by("eve"))
    make = maker_of("carrier_label")
    send_label(eve, parcel, PNG)
    paper = make(job, Target("pdf", 300, 102, 152)).data
    assert size_mm(paper) == (102, 152)
    assert any("U000123" in code for code in codes(paper))
    assert make(job, Target("zpl", 203, 102, 152)).data.startswith(b"^XA")
    for target, code in {
        Target("zpl", 300, 102, 152): "label_language",
        Target("zpl", 203, 50, 25): "label_too_small",
    }.items():
        with pytest.raises(Refusal, match=code):
            make(job, target)
    for data, language in ((MADE, "zpl"), (MADE, "png"), (ZPL, "pdf"), (ZPL, "png")):
        send_label(eve, parcel, data)
        with pytest.raises(Refusal, match="label_language"):
            make(job, Target(language, 203, 102, 152))


BAD = {
    "nothing": b"",
    "text": b"hello",
    "script": b"<html><script>alert(1)</script>",
    "half a PNG": PNG[: len(PNG) // 2],
    "a PNG by its head alone": b"\x89PNG\r\n\x1a\n" + b"x" * 100,
    "half a PDF": b"%PDF-1.4\n1 0 obj",
    "too large": b"^XA" + b"^FDx^FS" * (LABEL_BYTES // 7) + b"^XZ",
    "ZPL without an end": b"^XA^FDx^FS",
    "ZPL that resets": b"^XA~JR^XZ",
    "ZPL that saves": b"^XA^JUS^XZ",
    "ZPL that renames commands": b"^XA^CC+^XZ",
    "ZPL that deletes": b"^XA^IDR:*.*^FS^XZ",
    "ZPL that sets a network": b"^XA^NS1,1.2.3.4^XZ",
    "ZPL that stores": b"^XA^DFR:X.ZPL^FS^XZ",
    "ZPL that resets behind a font": b"^XA^A~JR^XZ",
    "ZPL that renames commands behind a font": b"^XA^A^CC!^XZ",
    "ZPL that copies files": b"^XA^TOR:A.GRF,E:A.GRF^XZ",
    "ZPL that scales what comes after it": b"^XA^MUI,150,300^XZ",
    "ZPL that shifts what comes after it": b"^XA^LT-120^XZ",
    "ZPL that leaves the picture standing": b"^XA^MCN^XZ",
    "ZPL without end of the paper": b"^XA^MNN^XZ",
    "ZPL for all of the roll": b"^XA^PQ99999999^XZ",
    "ZPL that resets by DLE": b"^XA\x10JR^XZ",
    "ZPL that renames commands by RS": b"^XA\x1eCC+^XZ",
    "ZPL with a sign of control": b"^XA^FDa\x05b^FS^XZ",
    "ZPL with a binary picture": b"^XA^GFB,8,8,1,\x00\x01\x02\x03\x04\x05\x06\x07^FS^XZ",
    "a PDF with a printer's commands behind it": MADE + b"\x1b%-12345X@PJL DEFAULT COPIES=99",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_label_is_refused_and_nothing_is_kept(floor: Floor, browser: Log_in, name: str) -> None:
    parcel = db.session.scalars(select(Parcel.id)).one()
    said = send_label(browser("eve"), parcel, BAD[name], "1Z5")
    assert "is not taken" in said or "too large" in said.lower() or "larger" in said, said[:500]
    assert db.session.scalar(select(func.count()).select_from(CarrierLabel)) == 0
    assert db.session.get_one(Parcel, parcel).tracking == ""


def test_a_label_that_an_older_version_has_kept_is_looked_at_again_before_it_goes_to_a_printer(
    floor: Floor, browser: Log_in
) -> None:
    eve, parcel = browser("eve"), db.session.scalars(select(Parcel.id)).one()
    send_label(eve, parcel, ZPL)
    db.session.execute(update(CarrierLabel).values(data=BAD["ZPL that resets by DLE"]))
    db.session.commit()
    job = trial("carrier_label", parcel, floor.world.by("eve"))
    with pytest.raises(Refusal, match="bad_carrier_label"):
        maker_of("carrier_label")(job, Target("zpl", 203, 102, 152))


def test_a_tracking_number_is_one_parcels_alone(floor: Floor, browser: Log_in) -> None:
    floor.world.order("SO-2", ("MUG", 1))
    floor.pick("SO-2", 2)
    floor.pack("SO-2", 2)
    first, second = db.session.scalars(select(Parcel.id).order_by(Parcel.id)).all()
    eve = browser("eve")
    send_label(eve, first, ZPL, "1Z999AA1")
    assert "SO-1" in send_label(eve, second, ZPL, "1Z999AA1")
    assert "is kept" not in send_label(eve, second, ZPL, "x")
    assert db.session.scalar(select(func.count()).select_from(CarrierLabel)) == 1
