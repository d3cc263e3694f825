"""Every screen of the real product, one after the other: each step of each workflow, and each page of the desk.

`every_screen(see)` brings them up in Chromium and calls `see(name, page)` for each; what is done with it is the
caller's business. Steps come from the walks that all workflows are tested with, on the small warehouse with the
longest names of the trade; lists and the desk's pages come from the demo, after a busy morning.

    python -m tests.browser.screens FOLDER            a picture of every screen, to look at
    python -m tests.browser.screens --docs            the pictures of README and docs
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update
from werkzeug.serving import make_server

from scanner.barcode import command
from scanner.db import db, engine_options, now, transact
from scanner.models import (
    Balance,
    Discrepancy,
    Item,
    Location,
    Parcel,
    Person,
    PersonSession,
)
from scanner.secrets import hash_token, new_token
from scanner.workflows import WORKFLOWS
from tests.browser.morning import Morning
from tests.browser.screens_offline import offline_pages
from tests.browser.station import Station, chromium
from tests.engines import Databases
from tests.scanner import walks
from tests.scanner.floor import Floor, place
from tests.world import make_world
from web import create_app
from web.auth import COOKIE, DESK

See = Callable[[str, Page], object]

DESK_SIZE = {"width": 1280, "height": 800}
DOCS = Path(__file__).parent.parent.parent / "docs" / "pictures"
LONG_NAMES = {
    "MUG": "WHITE HANGING HEART T-LIGHT HOLDER",
    "MILK": "Oat milk, barista, organic, 1 l",
    "LAMP": "Desk lamp, antique brass, with shade",
}
# What README and docs show, and the screen that it is a picture of.
PICTURES = {
    "login": "login",
    "home": "home",
    "lookup": "look up an item",
    "pick-location": "demo pick location",
    "pick-item": "demo pick item",
    "stop": "stop",
    "board": "board",
}


@contextmanager
def served(databases: Databases) -> Iterator[tuple[Flask, str]]:
    """The product on a fresh database, its address, and an app context on it."""
    url = databases.fresh("sqlite")
    os.environ["DATABASE_URL"] = url
    app = create_app({"SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)})
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of each request
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with app.app_context():
            yield app, f"http://127.0.0.1:{server.port}"
            db.session.remove()
            db.engine.dispose()
    finally:
        server.shutdown()
        thread.join()
        databases.drop(url)


def log_in(station: Station, person: Person, *, idle: timedelta = timedelta()) -> None:
    """Give the browser a session of this person, last used so long ago."""
    token, moment = new_token(), now()
    row = PersonSession(
        token_hash=hash_token(token),
        person_id=person.id,
        device="phone",
        created_at=moment - idle,
        seen_at=moment - idle,
        has_password=bool(DESK & set(person.roles)),
        expires_at=moment + timedelta(hours=1),
    )
    transact(lambda: db.session.add(row))
    station.context.add_cookies([{"name": COOKIE, "value": token, "url": station.url}])


FORGET = """
() => new Promise((kept, failed) => {
  const asked = indexedDB.deleteDatabase("scandock");
  [asked.onsuccess, asked.onerror, asked.onblocked] = [() => kept(), failed, failed];
})
"""
PARTS = ("steps", "station", "offline", "desk")


def every_screen(chrome: Browser, databases: Databases, see: See, parts: Sequence[str] = PARTS) -> None:
    """Bring up every screen once."""
    seen: dict[str, list[str]] = {}
    for walk in walks.ALL if "steps" in parts else ():
        with served(databases) as (_app, url):
            steps_of(walk, phone_at(chrome, url), see, seen.setdefault(walk.workflow, []))
    with served(databases) as (_app, url):
        busy = Morning()
        if "station" in parts:
            station_pages(phone_at(chrome, url), busy, see)
        if "offline" in parts:
            phone = phone_at(chrome, url)
            log_in(phone, busy.people["ben"])
            offline_pages(phone, busy, see)
            phone.context.close()
        if "desk" in parts:
            desk_pages(Station(chrome, url, **quiet(viewport=DESK_SIZE)), busy, see)


def phone_at(chrome: Browser, url: str) -> Station:
    """A phone without its service worker: each page comes from the server."""
    return Station(chrome, url, **quiet())


def quiet(**more: object) -> dict[str, object]:
    """Options of a browser that measures: axe is let in, and nothing moves."""
    return {"bypass_csp": True, "service_workers": "block", "reduced_motion": "reduce", "color_scheme": "light", **more}


# --- each step of each workflow ----------------------------------------------------------------------------------


def steps_of(walk: walks.Walk, phone: Station, see: See, seen: list[str]) -> None:
    """Every step that a walk passes through, as its own page shows it; the MORE sheet and the pad of each too.

    `seen` remembers the kinds of steps that need not be shown again.
    """
    floor = Floor(make_world())
    transact(_long_names)
    log_in(phone, floor.world.people[walk.who])
    for task, _raw, scan in walks.follow(walk, floor):
        _step(walk, phone, floor, task, see, seen)
        scan()
    _step(walk, phone, floor, task, see, seen)
    phone.context.close()
    assert phone.errors == [], phone.errors


def _long_names() -> None:
    for sku, name in LONG_NAMES.items():
        db.session.execute(update(Item).where(Item.sku == sku).values(name=name))


def _step(walk: walks.Walk, phone: Station, floor: Floor, task: int, see: See, seen: list[str]) -> None:
    prompt = floor.prompt(task)
    kinds = [prompt.step, *(["place"] if prompt.place else []), *(["goods"] if prompt.goods else [])]
    kinds += [f"{len(prompt.actions)}", f"{min(len(prompt.checks), 10)}", "text" if prompt.text else ""]
    if (mark := " ".join(kinds)) in seen:
        return
    name = f"{walk.workflow}-{prompt.step}"
    name += f"-{count}" if (count := sum(each.startswith(f"{prompt.step} ") for each in seen)) else ""
    seen.append(mark)
    phone.page.goto(f"{phone.url}/{walk.workflow}/{task}/")
    see(name, phone.page)
    if count:
        return
    if phone.page.is_visible("[data-local=more]") and prompt.step in ("item", "location"):
        phone.tap("[data-local=more]")
        see(f"{name} more", phone.page)
        phone.tap("#more [data-local=close]")
    if phone.page.is_visible("[data-local=pad]"):
        phone.tap("[data-local=pad]")
        see(f"{name} pad", phone.page)
        phone.tap("#pad-sheet [data-local=close]")
    if phone.page.is_visible("[data-key=SIGNS]"):
        phone.tap("[data-key=SIGNS]")
        see(f"{name} signs", phone.page)


# --- the station around the steps -------------------------------------------------------------------------------


def station_pages(phone: Station, busy: Morning, see: See) -> None:
    """Log-in, home, lists, look-ups, STOP, the person's own page, the offline page."""
    page = phone.page
    _log_in_pages(phone, busy, see)
    log_in(phone, busy.people["ben"])
    phone.open("/")
    see("home picker", page)
    phone.open(f"/pick/{busy.task}/")
    see("demo pick location", page)
    phone.scan(place("PACK-1"))
    see("stop", page)
    phone.scan(busy.expected(busy.task))
    see("demo pick item", page)
    phone.scan("no such thing")
    see("stop unknown", page)
    page.goto(f"{phone.url}/orders")
    see("not allowed", page)
    log_in(phone, busy.people["eve"])
    phone.open("/")
    see("home", page)
    phone.tap("[data-local=more]")
    see("home more", page)
    phone.open("/")
    phone.scan(command("HELP"))
    see("home help", page)
    phone.open("/")
    phone.scan("QQQ")
    see("home stop", page)
    for path in ("/me", *(f"/{name}/" for name in WORKFLOWS)):
        phone.open(path)
        see(f"{path.strip('/')} index", page)
    _look_ups(phone, busy, see)
    page.goto(f"{phone.url}/manifest.webmanifest")  # no page of ours that has its database open
    page.evaluate(FORGET)
    page.goto(f"{phone.url}/offline")
    see("offline", page)
    page.goto(f"{phone.url}/nowhere")
    see("not here", page)
    phone.context.close()
    assert phone.errors == [], phone.errors


def _log_in_pages(phone: Station, busy: Morning, see: See) -> None:
    page = phone.page
    page.goto(f"{phone.url}/login")
    see("login", page)
    phone.keys(busy.demo.badges[1].badge)
    phone.wait(lambda: "Badge read" in page.inner_text("#badge-band"))
    for key in "000112":
        phone.tap(f"#by-badge [data-key='{key}']")
    see("login badge read", page)
    phone.tap("#by-badge [data-key=DONE]")
    page.wait_for_load_state()
    see("login wrong", page)
    phone.tap("[data-local=password]")
    see("login password", page)
    log_in(phone, busy.people["ben"], idle=timedelta(minutes=7))
    page.goto(f"{phone.url}/pick/{busy.task}/")
    see("locked", page)
    log_in(phone, busy.people["finn"])
    page.goto(f"{phone.url}/password")
    see("password for the desk", page)


def _look_ups(phone: Station, busy: Morning, see: See) -> None:
    item = db.session.scalars(
        select(Item).join(Balance, Balance.item_id == Item.id).where(Balance.qty > 0, Item.tracking == "lot").limit(1)
    ).one()
    assert busy.purchase is not None
    things = {
        "an item": f"item/{item.id}",
        "a location": f"location/{busy.counted.id}",
        "an empty location": f"location/{_empty().id}",
        "a lot": f"lot/{busy.lot.id}",
        "a unit": f"unit/{busy.unit.id}",
        "an order": f"order/{busy.order.id}",
        "a purchase order": f"purchase_order/{busy.purchase.id}",
    }
    for name, path in things.items():
        phone.open(f"/lookup/{path}")
        phone.page.wait_for_load_state("networkidle")  # for the picture of the label
        see(f"look up {name}", phone.page)


def _empty() -> Location:
    full = select(Balance.location_id).where(Balance.qty > 0)
    return db.session.scalars(
        select(Location).where(Location.kind == "reserve", Location.id.not_in(full)).limit(1)
    ).one()


# --- the desk ------------------------------------------------------------------------------------------------------


def desk_pages(desk: Station, busy: Morning, see: See) -> None:
    """Every page of the desk, lists and details, full and empty."""
    log_in(desk, busy.people["finn"])
    for name, path in desk_paths(busy).items():
        answer = desk.page.goto(desk.url + path)
        assert answer is not None
        assert answer.status == 200, path
        see(name, desk.page)
    desk.page.goto(f"{desk.url}/people/{busy.people['ben'].id}")
    desk.page.click("text=New badge")
    see("person badge", desk.page)
    desk.page.goto(f"{desk.url}/orders/999999")
    see("desk not here", desk.page)
    desk.context.close()
    assert desk.errors == [], desk.errors


def desk_paths(busy: Morning) -> dict[str, str]:
    """The desk's pages by name."""
    assert busy.purchase is not None
    case = db.session.scalars(select(Discrepancy).order_by(Discrepancy.id)).first()
    assert case is not None
    lot_item, plain = (
        busy.lot.item_id,
        db.session.scalars(select(Item).where(Item.tracking == "none").limit(1)).one().id,
    )
    bench = db.session.scalars(select(Location.id).where(Location.kind == "pack").limit(1)).one()
    parcel = db.session.scalars(select(Parcel.id).limit(1)).one()
    return {
        "board": "/board",
        "labels": "/labels",
        "labels of an aisle": "/labels/location?aisle=A",
        "label of a location": f"/labels/location?id={busy.counted.id}&on=100x50",
        "label of an item": f"/labels/item?id={lot_item}&lot={busy.lot.code}&on=57x32",
        "label of a bench": f"/labels/station?id={bench}&on=100x50",
        "label cards": "/labels/command?on=85x54",
        "label nothing": "/labels/location",
        "parcel": f"/parcels/{parcel}",
        "stock": "/stock",
        "stock nothing": "/stock?q=zzzz",
        "stock locations": "/stock/locations",
        "stock lots": "/stock/lots",
        "stock units": "/stock/units",
        "items": "/items",
        "item": f"/items/{plain}",
        "item with lots": f"/items/{lot_item}",
        "locations": "/locations",
        "location": f"/locations/{busy.counted.id}",
        "location empty": f"/locations/{_empty().id}",
        "unit": f"/units/{busy.unit.id}",
        "orders": "/orders",
        "orders nothing": "/orders?q=zzzz",
        "order": f"/orders/{busy.order.id}",
        "order short": f"/orders/{busy.short.id}",
        "purchase orders": "/purchase-orders",
        "purchase order": f"/purchase-orders/{busy.purchase.id}",
        "discrepancies": "/discrepancies",
        "discrepancy": f"/discrepancies/{case.id}",
        "tasks": "/tasks",
        "tasks nothing": "/tasks?status=cancelled",
        "devices": "/devices",
        "device": f"/devices/{busy.phone.id}",
        "device of a file": "/devices/import",
        "people": "/people",
        "person": f"/people/{busy.people['ben'].id}",
        "supervisor": f"/people/{busy.people['eve'].id}",
        "imports": "/imports",
        "scans": "/scans",
        "scans refused": "/scans?outcome=refused",
        "moves": "/moves",
    }


# --- pictures ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Write pictures."""
    parser = argparse.ArgumentParser(description="Pictures of the screens.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screens"))
    parser.add_argument("--docs", action="store_true", help="only those of README and docs, into docs/pictures")
    parser.add_argument("--part", choices=PARTS, action="append", help="only these; else all")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="dark is drawn for the left hand")
    wanted = parser.parse_args()
    folder: Path = DOCS if wanted.docs else wanted.folder
    folder.mkdir(parents=True, exist_ok=True)
    names = {screen: name for name, screen in PICTURES.items()} if wanted.docs else None

    def see(name: str, page: Page) -> None:
        if names is not None and name not in names:
            return
        page.evaluate(DRESS, [wanted.theme, "left" if wanted.theme == "dark" else "right"])
        file = (names[name] if names else name.replace(" ", "-")) + ".png"
        page.screenshot(path=folder / file, full_page=not wanted.docs and page.viewport_size == DESK_SIZE)

    with tempfile.TemporaryDirectory() as data, chromium() as chrome:
        os.environ["SCANDOCK_DATA"] = data
        every_screen(chrome, Databases(Path(data), "pictures"), see, wanted.part or PARTS)


DRESS = """
([theme, hand]) => Object.assign(document.documentElement.dataset, { theme, hand })
"""

if __name__ == "__main__":
    main()
