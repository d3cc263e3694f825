"""The benchmark's warehouse: made in the database that DATABASE_URL names; told as one line of JSON.

python -m tools.bench_world CLIENTS | grow ROWS MOVES | statements WORLD
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from scanner import ledger, people, tasks
from scanner.barcode import encode
from scanner.by import By
from scanner.db import db, now, transact
from scanner.ledger import Spot, Why
from scanner.models import (
    ApiToken,
    Barcode,
    Customer,
    Item,
    Location,
    Lot,
    Order,
    OrderLine,
    Parcel,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    Unit,
)
from scanner.secrets import hash_token, new_token
from scanner.site import make_site
from scanner.workflows import WORKFLOWS
from tools.statements import counted
from web import create_app

STOCK = 10**10


def build(clients: int) -> dict[str, Any]:
    """Items, places, and for each client a pick at its item step and a move."""
    site_id = transact(lambda: make_site().id)
    by = transact(people.system)
    assert by.site_id == site_id
    token, codes = transact(lambda: _masters(by, clients))
    picks = [_pick(by, number) for number in range(clients)]
    moves = [transact(lambda: tasks.open_task("move", by).id) for _ in range(clients)]
    return {"token": token, "codes": codes, "picks": picks, "moves": moves}


def _masters(by: By, clients: int) -> tuple[str, list[tuple[str, str]]]:
    item = _add(Item(sku="MUG", name="Mug, white", weight_g=300))
    lotted = _add(Item(sku="MILK", name="Oat milk", tracking="lot", has_expiry=True))
    lot = _add(Lot(item_id=lotted.id, code="L1", is_held=False))
    for code, thing in (("MUG", item), ("MILK", lotted)):
        _add(Barcode(code=code, item_id=thing.id, qty=1))
    customer, supplier = _add(Customer(code="C", name="Customer")), _add(Supplier(code="S", name="Supplier"))
    for code, kind in (
        ("DOCK1", "dock"),
        ("CART", "cart"),
        ("PACK1", "pack"),
        ("DOOR1", "door"),
        ("QUAR1", "quarantine"),
    ):
        _place(by, code, kind)
    codes = []
    opening = ledger.virtual(by.site_id, "opening")
    for number in range(clients):
        here, there = _place(by, f"A{number:03d}1", "pick"), _place(by, f"B{number:03d}1", "reserve")
        ledger.move(by, item.id, STOCK, opening, Spot(here.id), Why("opening"))
        ledger.move(by, lotted.id, STOCK, opening, Spot(here.id), Why("opening"), lot_id=lot.id)
        codes.append((encode("location", here.scan_body), encode("location", there.scan_body)))
        _order(by, f"SO{number}", customer.id, item.id, here.id)
    _order(by, "SMALL", customer.id, item.id, here.id, 3)
    order = _add(PurchaseOrder(site_id=by.site_id, number="PO1", scan_body="PO1", supplier_id=supplier.id))
    _add(PurchaseLine(purchase_order_id=order.id, line=1, item_id=item.id, ordered=10**9))
    token = new_token()
    _add(ApiToken(name="bench", token_hash=hash_token(token), person_id=by.person_id, created_at=now()))
    return token, codes


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def _place(by: By, code: str, kind: str) -> Location:
    place: Location = _add(Location(site_id=by.site_id, code=code, scan_body=code, kind=kind, is_virtual=False))
    return place


def _order(by: By, number: str, customer_id: int, item_id: int, place_id: int, qty: int = 10**9) -> None:
    order = _add(Order(site_id=by.site_id, number=number, scan_body=number, customer_id=customer_id, carrier="DPD"))
    line = _add(OrderLine(order_id=order.id, line=1, item_id=item_id, ordered=qty))
    ledger.reserve(by, line.id, item_id, 0, Spot(place_id), qty)


def _pick(by: By, number: int) -> int:
    """A pick that waits for its item."""
    task_id = transact(lambda: int(WORKFLOWS["pick"].start(f"SO{number}", by=by).id))
    for raw in (encode("tote", f"{number:05d}"), encode("location", f"A{number:03d}1")):
        _scan_here(by, task_id, raw)
    return task_id


def _scan_here(by: By, task_id: int, raw: str) -> None:
    from scanner.accept import Incoming, accept_scan

    answer = accept_scan(Incoming(str(uuid.uuid4()), raw, now(), "bench", task_id), by)
    if answer["outcome"] == "refused":
        raise RuntimeError(f"{raw}: {answer['say']}")


def grow(rows: int, moves: int) -> None:
    """Many more places, balances and moves, by SQL in bulk. The moves' hashes are not real: nothing reads them."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    with db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        places = max(1, rows // 10)
        connection.execute(
            text(
                f"{numbers} INSERT INTO location (site_id, code, scan_body, kind, is_virtual, aisle, bay, level,"
                " position, walk_order, storage_class, mix, check_digits, is_held)"
                " SELECT 1, 'X' || i, 'X' || i, 'reserve', 0, '', '', '', '', i, 'ambient', 'any', '', 0 FROM n"
            ),
            {"count": places},
        )
        connection.execute(
            text(
                f"{numbers} INSERT INTO item (sku, name, uom, tracking, has_expiry, storage_class, weight_g, length_mm,"
                " width_mm, height_mm, value_cents, over_tolerance_pct, popularity, is_active)"
                " SELECT 'Y' || i, 'Item ' || i, 'EACH', 'none', 0, 'ambient', 0, 0, 0, 0, 0, 0, 0, 1 FROM n"
            ),
            {"count": 1000},
        )
        place, item = (
            connection.execute(text(f"SELECT MIN(id) FROM {table}")).scalar_one()
            for table in ("location WHERE code LIKE 'X%'", "item WHERE sku LIKE 'Y%'")
        )
        connection.execute(
            text(
                f"{numbers} INSERT INTO balance (site_id, location_id, item_id, lot_id, unit_id, qty, reserved)"
                " SELECT 1, :place + (i % :places), :item + (i / :places), 0, 0, 5, 0 FROM n"
            ),
            {"count": rows, "places": places, "place": place, "item": item},
        )
        seq = connection.execute(text("SELECT seq FROM ledger_head")).scalar_one()
        connection.execute(
            text(
                f"{numbers} INSERT INTO move (site_id, seq, item_id, lot_id, serial_id, source_id, source_unit_id,"
                " target_id, target_unit_id, qty, reason, document, scan_id, person_id, device, occurred_at,"
                " recorded_at, prev_hash, hash) SELECT 1, :seq + i, :item + (i % 1000), 0, 0, 1, 0,"
                " :place + (i % :places), 0, 1, 'bench', '', 'bench-' || (i / 3), 1, 'bench', '2026-01-01',"
                " '2026-01-01', '', '' FROM n"
            ),
            {"count": moves, "seq": seq, "item": item, "place": place, "places": places},
        )
        connection.execute(text("UPDATE ledger_head SET seq = seq + :count"), {"count": moves})
        connection.commit()


def statements(world: dict[str, Any], app: Flask) -> None:
    """Count the statements of the scans of each workflow, through the API, and print them."""
    client = app.test_client()
    headers = {"Authorization": f"Bearer {world['token']}"}

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = client.post(f"/api/v1/{path}", json=body, headers=headers).get_json()
        return answer

    def start(workflow: str, document: str | None = None) -> int:
        return int(post("tasks", {"workflow": workflow, "document": document})["id"])

    def scan(task: int, *raws: str) -> list[int]:
        found = []
        for raw in raws:
            body = {"scan_id": str(uuid.uuid4()), "task": task, "raw": raw, "at": now().isoformat(), "device": "bench"}
            with counted() as seen:
                answer = post("scans", body)
            if answer["outcome"] == "refused":
                raise RuntimeError(f"{raw}: {answer['say']}")
            found.append(len(seen))
        return found

    for label, figures in _scans(world, start, scan).items():
        print(f"{label:44} {', '.join(str(figure) for figure in figures)}")


def _scans(world: dict[str, Any], start: Callable[..., int], scan: Callable[..., list[int]]) -> dict[str, list[int]]:
    """One piece of work after the other; an order goes from its shelf through the door."""
    here, there = world["codes"][0]
    last = encode("location", f"A{len(world['codes']) - 1:03d}1")
    done, close, rest = (encode("command", word) for word in ("DONE", "CLOSE", "ALL"))
    receive, count, putaway = start("receive", "PO1"), start("count", there), start("putaway")
    scan(world["moves"][0], here, "MUG", there)  # what is looked up once in a process has been
    rows = {
        "pick: item, item": scan(world["picks"][0], "MUG", "MUG"),
        "move: from, item, to": scan(world["moves"][0], here, "MUG", there),
        "receive: item, quantity, done": scan(receive, "MUG", "(30)5", done),
        "put away: item, place, place": scan(putaway, "MUG", there, there),
        "count: place, item, item": scan(count, there, "MUG", "MUG"),
    }
    pick = start("pick", "SMALL")
    scan(pick, encode("tote", "99999"), last, "MUG", rest)
    rows["pick: the bench, which ends it"] = scan(pick, encode("location", "PACK1"))
    verify = start("verify", "SMALL")
    rows["verify: tote, item, item"] = scan(verify, encode("tote", "99999"), "MUG", "MUG")
    rows["verify: last item, which closes the order"] = scan(verify, "MUG")
    ship = start("ship", "DPD")
    label = db.session.scalars(select(Unit.code).join(Parcel, Parcel.unit_id == Unit.id)).one()
    db.session.rollback()
    rows["ship: parcel, tracking number"] = scan(ship, f"]C100{label}", "1Z999AA10123456784")
    rows["ship: close (asked), close"] = scan(ship, close, close)
    rows["receive: done (asked), done"] = scan(receive, done, done)
    return rows


if __name__ == "__main__":
    application = create_app()
    with application.app_context():
        if sys.argv[1] == "grow":
            grow(int(sys.argv[2]), int(sys.argv[3]))
        elif sys.argv[1] == "statements":
            statements(json.loads(sys.argv[2]), application)
        else:
            from tools.bench_app import TABLES

            for statement in TABLES:
                transact(lambda statement=statement: db.session.execute(text(statement)))  # type: ignore[misc]
            print(json.dumps(build(int(sys.argv[1]))))
