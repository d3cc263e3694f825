"""What goes over the radio with every scan goes packed; what holds a secret beside words of others never does."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest

from scanner.db import now
from tests.conftest import Browser
from tests.scanner.floor import Floor, tote
from tests.world import World, new_scan_id

Log_in = Callable[[str], Browser]
PACKS = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def floor(warehouse: World) -> Iterator[Floor]:
    """The small warehouse with a pick to do."""
    warehouse.stock("MUG", "A-01-1", 3)
    warehouse.order("SO-1", ("MUG", 3))
    made = Floor(warehouse)
    yield made
    assert made.is_good()


def scan(ben: Browser, task: int, **headers: str) -> tuple[dict[str, str], bytes]:
    """One beep on the page of the task: the answer's headers and bytes."""
    body = {"scan_id": new_scan_id(), "raw": tote(7), "at": now().isoformat(), "device": "gun"}
    answer = ben.send(f"/pick/{task}/scan", body, headers=headers)
    assert answer.status_code == 200
    return dict(answer.headers), answer.data


def test_a_scans_answer_goes_packed_to_those_who_can_unpack_it(floor: Floor, browser: Log_in) -> None:
    task = floor.start("ben", "pick", "SO-1")
    headers, packed = scan(browser("ben"), task, **PACKS)
    assert headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in headers["Vary"]
    assert int(headers["Content-Length"]) == len(packed)
    assert b'id="screen"' in gzip.decompress(packed)


def test_nobody_gets_what_they_cannot_unpack(floor: Floor, browser: Log_in) -> None:
    task = floor.start("ben", "pick", "SO-1")
    headers, plain = scan(browser("ben"), task)
    assert "Content-Encoding" not in headers
    assert "Accept-Encoding" in headers["Vary"]  # it would be another one for others
    assert b'id="screen"' in plain


def test_the_service_worker_goes_packed_or_not_at_all(client: Browser) -> None:
    plain = client.get("/service-worker.js")
    packed = client.get("/service-worker.js", headers=PACKS)
    assert gzip.decompress(packed.data) == plain.data
    again = client.get("/service-worker.js", headers={**PACKS, "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_coming_steps_are_a_small_part_of_what_they_were(floor: Floor, browser: Log_in) -> None:
    task = floor.start("ben", "pick", "SO-1")
    plain = browser("ben").get(f"/pick/{task}/ahead").data
    packed = browser("ben").get(f"/pick/{task}/ahead", headers=PACKS).data
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 10


@pytest.mark.parametrize("path", ["/", "/login", "/pick/{task}/", "/me"])
def test_a_page_with_a_form_token_is_never_packed(floor: Floor, browser: Log_in, path: str) -> None:
    task = floor.start("ben", "pick", "SO-1")
    answer = browser("ben").get(path.format(task=task), headers=PACKS)
    assert "Content-Encoding" not in answer.headers
