"""How many statements a scan may cost: each is a round trip on PostgreSQL. Counted through the API, log-in included."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from scanner import people
from scanner.barcode import command, encode
from scanner.db import db, now, transact
from scanner.models import ApiToken
from scanner.secrets import hash_token, new_token
from tests.scanner.floor import Floor, case, pallet, place, tote
from tests.world import World, new_scan_id
from tools.statements import counted

Scan = Callable[[int, str], tuple[int, list[str]]]


@pytest.fixture
def scan(app: Flask, warehouse: World) -> Scan:
    """One scan through the API by a supervisor; how many statements it took, and which."""
    token = new_token()
    eve = warehouse.people["eve"]
    transact(
        lambda: db.session.add(
            ApiToken(name="t", token_hash=hash_token(token), person_id=eve.id, created_at=now())
        )
    )
    client = app.test_client()

    def send(task: int, raw: str) -> tuple[int, list[str]]:
        body = {"scan_id": new_scan_id(), "task": task, "raw": raw, "at": now().isoformat(), "device": "d"}
        with counted() as seen:
            answer = client.post("/api/v1/scans", json=body, headers={"Authorization": f"Bearer {token}"}).get_json()
        assert answer["outcome"] != "refused", (raw, answer)
        return len(seen), seen

    return send


def test_probe(scan: Scan, warehouse: World) -> None:
    import os
    from tests.scanner.walks import ALL
    floor = Floor(warehouse)
    want = os.environ.get("W", "")
    for walk in ALL:
        if str(walk) != want:
            continue
        walk = type(walk)(walk.workflow, "eve", walk.prepare, walk.codes, walk.document, walk.name)
        task = walk.start(floor)
        for raw in walk.raws(floor, task):
            step = floor.prompt(task).step
            db.session.rollback()
            n, seen = scan(task, raw)
            print("@@", n, step, raw)
            if os.environ.get("V"):
                for s in seen:
                    print("     ", " ".join(s.split())[:int(os.environ["V"])])
