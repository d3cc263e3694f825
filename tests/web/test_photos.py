"""Photos over HTTP: by token and by cookie, as a body or in a form; too large is turned away; nothing is kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner import people
from scanner.barcode import encode
from scanner.barcode.image import MOST_BYTES, read_photo
from scanner.db import db, transact
from scanner.models import ScanRecord
from tests.conftest import Browser
from tests.world import GTINS, World
from tools.pictures import F, encoded, photo_of, symbol

Log_in = Callable[[str], Browser]
MUG = encoded(photo_of(symbol(F.EAN13, GTINS["MUG"])), "JPEG")


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine looks as often as a quiet one."""
    assert read_photo.__kwdefaults__ is not None
    monkeypatch.setitem(read_photo.__kwdefaults__, "budget_ms", 2_000)


@pytest.fixture
def send(client: Browser, warehouse: World) -> Callable[..., Any]:
    """A program with a picker's token."""
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "a program", "picker"))
    return lambda **what: client.post("/api/v1/read", headers={"Authorization": f"Bearer {token}"}, **what)


def test_a_program_reads_a_photo_as_body_or_as_form(warehouse: World, send: Callable[..., Any]) -> None:
    form = {"photo": (io.BytesIO(MUG), "mug.jpg")}
    for what in ({"data": MUG, "content_type": "image/jpeg"}, {"data": MUG}, {"data": form}):
        answer = send(**what)
        (code,) = answer.get_json()["codes"]
        assert answer.status_code == 200
        assert (code["raw"], code["gtin"], code["aim"]) == (GTINS["MUG"], GTINS["MUG"].zfill(14), "]E0")
        assert (code["words"], code["is_sure"]) == ("Mug, red", True)
        assert "MUG" in code["names"]


def test_what_is_no_photo_gets_422_with_code_and_remedy(warehouse: World, send: Callable[..., Any]) -> None:
    for data, code in ((b"", "photo_empty"), (b"<svg/>", "photo_no_image"), (MUG[:900], "photo_broken")):
        answer = send(data=data, content_type="image/jpeg")
        assert (answer.status_code, answer.get_json()["code"]) == (422, code)
        assert answer.get_json()["next"]
    nothing = send(data=encoded(photo_of()), content_type="image/png")
    assert (nothing.status_code, nothing.get_json()["code"]) == (422, "no_code_in_photo")
    assert "closer" in nothing.get_json()["next"]


def test_what_is_too_large_is_turned_away_unread(warehouse: World, send: Callable[..., Any]) -> None:
    assert send(data=b"x" * (MOST_BYTES + 10**6)).status_code == 413
    assert send(data=b"\xff\xd8" + b"x" * MOST_BYTES).get_json()["code"] == "photo_too_large"


def test_the_station_sends_a_photo_by_cookie_with_its_form_token(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    headers = {"X-CSRFToken": ben.token(), "Accept": "application/json"}
    assert ben.post("/photo", data=MUG, content_type="image/jpeg").status_code == 400
    answer = ben.post("/photo", data=MUG, content_type="image/jpeg", headers=headers)
    assert [code["words"] for code in answer.get_json()["codes"]] == ["Mug, red"]


def test_codes_say_what_they_are_here_and_nothing_is_booked(warehouse: World, send: Callable[..., Any]) -> None:
    labels = [symbol(F.Code128, encode("location", "A011")), symbol(F.QRCode, "nobody knows this", 4)]
    answer = send(data=encoded(photo_of(*labels)), content_type="image/png")
    assert [code["words"] for code in answer.get_json()["codes"]] == ["location A-01-1", ""]
    assert db.session.query(ScanRecord).count() == 0


def test_a_photo_never_touches_the_disk(
    warehouse: World, send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A form's file above 500 kB would go to a temporary file; no such file may be made."""

    def no_file(*_args: Any, **_more: Any) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, no_file)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", no_file)
    large = encoded(photo_of(symbol(F.EAN13, GTINS["MUG"]), size=(1200, 900)).convert("RGB"), "BMP")
    assert len(large) > 3_000_000
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="mug.bmp"\r\n\r\n'
    answer = send(data=head + large + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 200


def test_the_description_of_the_api_names_the_route_with_its_body(client: Browser) -> None:
    described = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/read"]["post"]
    assert {"image/*", "multipart/form-data"} <= described["requestBody"]["content"].keys()
    assert {"200", "422"} <= described["responses"].keys()
    assert described["security"] == [{"bearer": []}]
