"""What an agent is given by the API, and what it may start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from scanner import people, printing
from scanner.db import transact
from scanner.models import Printer
from tests.conftest import Browser
from tests.labels.desk import again, ask, printer
from tests.world import World

Call = Callable[..., tuple[int, dict[str, Any]]]
RUN = {"run": "12345678"}


@pytest.fixture
def bench(app: Flask, warehouse: World) -> Printer:
    """The printer that the agent serves."""
    return printer(warehouse.by("eve"), "bench-pc", "PC-1", kind="agent")


@pytest.fixture
def call(app: Flask, warehouse: World, client: Browser) -> Iterator[Call]:
    """A request of the agent: its status and its answer. A fault of ours is a 500, as on a real server."""
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "bench-pc", "packer"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def send(path: str, **body: object) -> tuple[int, dict[str, Any]]:
        head = {"Authorization": f"Bearer {token}"}
        found = client.post(f"/api/v1/print-jobs{path}", json=body, headers=head)
        return found.status_code, found.json or {}

    yield send
    app.config["PROPAGATE_EXCEPTIONS"] = None


def test_a_job_that_cannot_be_drawn_fails_alone_and_the_agent_gets_the_next(
    warehouse: World, bench: Printer, call: Call
) -> None:
    mug, by = warehouse.items["MUG"].id, warehouse.by("cleo")
    bad = transact(lambda: printing.ask("item", mug, by, details={"qty": 10**30}, key="bad"))
    (good,) = ask(by)
    status, found = call("/take", printer="PC-1", **RUN)
    assert (status, (found.get("job") or {}).get("id")) == (200, good.public_id)
    assert (again(bad).state, again(bad).error_code) == ("failed", "not_made")


@pytest.mark.parametrize(
    "details",
    [{"qty": 10**30}, {"qty": 0}, {"qty": None}, {"count": 10**8}, {"lot": [1]}, {"lot": {"id": 1}}, {"lot": -1},
     {"lot": 1.5}, {"serial": "x" * 65}, {"x" * 65: 1}, {str(n): n for n in range(30)}],
)  # fmt: skip
def test_details_that_no_label_can_hold_are_refused_when_they_are_asked_for(
    warehouse: World, call: Call, details: dict[str, Any]
) -> None:
    body = {"kind": "item", "subject": warehouse.items["MUG"].id}
    assert call("", **body, details=details)[0] == 422
    assert call("", **body, details={"qty": 12, "serial": "S-1", "symbol": None})[0] == 201
