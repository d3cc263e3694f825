"""The PRINT card on pages: look-ups print what they show, a task that has ended what is left to print."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from scanner.barcode import command
from scanner.db import db, now
from scanner.models import Parcel, PrintJob, ScanRecord
from tests.conftest import Browser
from tests.scanner.floor import Floor, case, tote
from tests.scanner.walks import stock_up
from tests.world import World

Log_in = Callable[[str], Browser]
PRINT = command("PRINT")


def beep(browser: Browser, url: str, raw: str, scan_id: str = "") -> str:
    """Scan a code on a page; what comes back."""
    form = {"scan_id": scan_id or str(uuid.uuid4()), "raw": raw, "at": now().isoformat(), "device": "gun-7"}
    return browser.send(url, form).text


def jobs() -> list[tuple[str, int | None]]:
    return [(job.kind, job.subject_id) for job in db.session.scalars(select(PrintJob).order_by(PrintJob.id))]


def scan_url(page: str) -> str:
    found = re.search(r'data-scan-url="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_look_up_has_print_and_stays_with_a_way_to_the_print(app: Flask, warehouse: World, browser: Log_in) -> None:
    ben, place = browser("ben"), warehouse.locations["A-01-1"]
    url = f"/lookup/location/{place.id}"
    page = ben.get(url).text
    assert f'data-code="{PRINT}">PRINT LABEL<small>with new check digits</small></button>' in page
    scan_id = str(uuid.uuid4())
    for _ in range(2):  # the same beep twice
        answer = beep(ben, scan_url(page), PRINT, scan_id)
        job = db.session.scalars(select(PrintJob)).one()
        assert "The label waits to be opened." in answer
        assert f'href="/print/{job.public_id}"' in answer
        assert scan_url(answer) == f"{url}/scan"
        assert "<html" not in answer
    assert jobs() == [("location", place.id)]
    assert ben.get(f"/print/{job.public_id}").status_code == 200


def test_help_on_a_look_up_stays_there(app: Flask, warehouse: World, browser: Log_in) -> None:
    url = f"/lookup/location/{warehouse.locations['A-01-1'].id}/scan"
    answer = beep(browser("ben"), url, command("HELP"))
    assert 'id="help"' in answer
    assert scan_url(answer) == url


def test_print_at_home_says_that_nothing_was_printed_yet(app: Flask, warehouse: World, browser: Log_in) -> None:
    assert "Nothing was printed from here yet." in beep(browser("ben"), "/scan", PRINT)


def test_the_done_screen_of_a_packing_prints_and_other_scans_go_on_from_it(
    app: Flask, warehouse: World, browser: Log_in
) -> None:
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("LAMP", 1))
    floor.pick("SO-1")
    task = floor.start("cleo", "verify", "SO-1")
    cleo = browser("cleo")
    floor.scans("cleo", task, tote(1))
    answer = beep(cleo, f"/verify/{task}/scan", case("LAMP", serial="S-1"))
    assert "PRINT LABEL AND SLIP" in answer
    url = scan_url(answer)
    assert url == f"/lookup/task/{task}/scan"
    answer = beep(cleo, url, PRINT)
    assert "Open the print" in answer
    assert scan_url(answer) == url
    parcel = db.session.scalars(select(Parcel)).one()
    assert jobs() == [("shipment", parcel.id), ("packing_slip", parcel.order_id)]
    assert db.session.scalars(select(ScanRecord.code).where(ScanRecord.raw == PRINT)).all() == ["printed"]
    form = {"scan_id": str(uuid.uuid4()), "raw": command("PACK"), "at": now().isoformat(), "device": "gun-7"}
    assert cleo.send(url, form).headers["HX-Location"] == "/verify/"
    form["scan_id"] = str(uuid.uuid4())
    form["raw"] = "MUG"
    assert cleo.send(url, form).headers["HX-Location"].startswith("/lookup/item/")


def test_a_task_that_is_none_has_nothing_to_print(app: Flask, warehouse: World, browser: Log_in) -> None:
    cleo = browser("cleo")
    assert "Nothing was printed from here yet." in beep(cleo, f"/lookup/task/{10**6}/scan", PRINT)
    for task in (2**31, 2**63, 10**30):
        form = {"scan_id": str(uuid.uuid4()), "raw": PRINT, "at": now().isoformat(), "device": "gun-7"}
        assert cleo.send(f"/lookup/task/{task}/scan", form).status_code in (404, 422)
