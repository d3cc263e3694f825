"""Whatever a program sends to the API, the answer is quick, is no fault, and has the documented shape.

The requests are made from the API's own description: half of the values are as it wants them, half are not.
SCANDOCK_EXAMPLES makes the run as long as wanted.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from scanner import check_ledger
from scanner.barcode import command, encode
from tests.scanner.floor import case, place, tote
from tests.serving import token_of
from tests.world import GTINS, World, new_scan_id

EXAMPLES = int(os.environ.get("SCANDOCK_EXAMPLES", "80"))
SLOW_S = 2.0
STATUSES = {200, 201, 400, 401, 403, 404, 405, 413, 415, 422}
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SCANDOCK_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)

# --- values --------------------------------------------------------------------------------------------------------

KNOWN = [
    *("MUG", "MILK", "LAMP", GTINS["MUG"], "SO-1", "PO-1", "A-01-1", "DPD", "", "1", "0", "open", "done"),
    *("receive", "putaway", "pick", "verify", "ship", "count", "move", "lookup", "items", "orders", "opening_stock"),
    *(place("A-01-1"), tote(1), case("MILK", lot="L1", expiry="330101", count="6"), encode("order", "SO1")),
    *(command(word) for word in ("UNDO", "DONE", "ALL", "SHORT", "BACK", "OK")),
    command("Q", 3),
    new_scan_id(),
    "2026-05-04",
    "2026-05-04T10:00:00+02:00",
]
NASTY = [
    "\x00",
    "A\x00B",
    "'; DROP TABLE move; --",
    "%",
    "..",
    "../../etc/passwd",
    "é" * 300,
    "9" * 400,
    "\ud7ff",
    "\u200b",
    "=1+1",
]
TEXTS = st.one_of(st.sampled_from(KNOWN), st.sampled_from(NASTY), st.text(max_size=40))
NUMBERS = st.one_of(
    st.integers(-2, 20), st.sampled_from([2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400])
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
BROKEN = ["", "{", "[]", "null", "1", '"x"', "[" * 50_000, '{"a":' * 10_000, "\x00", '{"scan_id": NaN}', "a" * 70_000]
HEADERS = st.sampled_from(
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary="},
        {"Accept": "text/html"},
        {"Accept": ";;q=x,"},
        {"Accept-Encoding": "\u00ff"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \u00e9"},
        {"Authorization": "Basic Og=="},
        {"If-None-Match": '"'},
        {"Range": "bytes=-"},
        {"X-Forwarded-For": "::::"},
        {"Cookie": "scandock=\x01; session=x"},
        {"Content-Encoding": "gzip"},
    ]
)


INSTANTS = st.sampled_from([datetime.now(UTC).isoformat(), "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "x"])
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": NUMBERS,
    "boolean": st.booleans(),
    "null": st.none(),
}


def fitting(schema: dict[str, Any], parts: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that fit a schema of the description."""
    if "$ref" in schema:
        return fitting(parts[schema["$ref"].rpartition("/")[2]], parts, depth)
    if "anyOf" in schema:
        return st.one_of([fitting(one, parts, depth) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return st.lists(fitting(schema.get("items", {}), parts, depth + 1), max_size=3)
    if kind == "object":
        return _objects(schema, parts, depth)
    return INSTANTS if schema.get("format") == "date-time" else PLAIN.get(kind, JUNK)


def _objects(schema: dict[str, Any], parts: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    fields = schema.get("properties", {})
    if not fields:
        return st.dictionaries(
            st.sampled_from(["sku", "code", "name", "qty", "lines", "item", "\x00"]), JUNK, max_size=4
        )
    made = {
        name: st.one_of(fitting(one, parts, depth + 1), JUNK) if depth else fitting(one, parts, 1)
        for name, one in fields.items()
    }
    needed = {name: made[name] for name in schema.get("required", [])}
    return st.fixed_dictionaries(needed, optional={name: made[name] for name in made if name not in needed})


# --- requests ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent again."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str | None


def operations(api: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every method of every path of the description."""
    return [
        (method.upper(), path, facts) for path, methods in api["paths"].items() for method, facts in methods.items()
    ]


def requests(api: dict[str, Any]) -> st.SearchStrategy[Request]:
    """Requests to any operation."""
    parts = api["components"]["schemas"]
    return st.one_of([_requests(*one, parts) for one in operations(api)])


@st.composite
def _requests(draw: Any, method: str, path: str, facts: dict[str, Any], parts: dict[str, Any]) -> Request:
    query = {}
    for one in facts.get("parameters", []):
        value = draw(st.one_of(fitting(one["schema"], parts), JUNK))
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", quote(_text(value), safe=""))
        elif draw(st.booleans()):
            query[one["name"]] = _text(value)
    if draw(st.integers(0, 9)) == 0:
        query[draw(TEXTS)] = draw(TEXTS)
    body = None
    if "requestBody" in facts:
        broken = st.sampled_from(range(len(BROKEN))).map(lambda number: BROKEN[number])  # by number: some are long
        content = facts["requestBody"]["content"].get("application/json")  # a picture has no schema that it could fit
        fits = fitting(content["schema"], parts).map(json.dumps) if content else JUNK.map(json.dumps)
        body = draw(st.one_of(fits, fits, fits, JUNK.map(json.dumps), broken))
    headers = draw(HEADERS) if draw(st.integers(0, 4)) == 0 else {}
    return Request(method, path, query, headers, body)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def send(client: FlaskClient, request: Request, token: str) -> TestResponse:
    """The answer to a request."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **request.headers}
    return client.open(
        request.path, method=request.method, query_string=request.query, headers=headers, data=request.body
    )


def is_answered(ask: Callable[[], TestResponse]) -> bool:
    """Whether the answer comes in time and is what the description says. Slow is what is slow twice."""
    for attempt in range(2):
        began = time.monotonic()
        answer = ask()
        if time.monotonic() - began < SLOW_S:
            break
        assert attempt == 0, "the answer took too long"
    assert answer.status_code in STATUSES, answer.text
    if answer.status_code >= 400:
        said = answer.json
        assert isinstance(said, dict)
        assert isinstance(said["code"], str)
        assert said["code"]
        assert isinstance(said["say"], str)
        assert said["say"]
        assert "Traceback" not in answer.text
    return True


# --- the test ------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(app: Flask, warehouse: World) -> dict[str, Any]:
    """The description, of a warehouse in which there is something to do."""
    warehouse.stock("MUG", "A-01-1", 40)
    warehouse.stock("MILK", "B-01-1", 12, lot="L1")
    warehouse.stock("LAMP", "B-02-1", serial="S-1")
    warehouse.order("SO-1", ("MUG", 3), ("MILK", 2))
    warehouse.purchase_order("PO-1", ("MUG", 20), ("MILK", 6))
    found: dict[str, Any] | None = app.test_client().get("/api/v1/openapi.json").json
    assert found is not None
    return found


def test_the_description_names_every_path_of_the_api(app: Flask, api: dict[str, Any]) -> None:
    served = {
        (method, str(rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if str(rule).startswith("/api/v1/") and not str(rule).endswith("openapi.json")
    }
    assert len(served) == len(operations(api)) > 20


def test_a_body_that_cannot_be_read_is_no_fault_anywhere(app: Flask, warehouse: World, api: dict[str, Any]) -> None:
    token, client = token_of(warehouse, "fuzz", "supervisor"), app.test_client()
    for method, path, facts in operations(api):
        for body in BROKEN if "requestBody" in facts else []:
            request = Request(method, re.sub(r"{\w+}", "1", path), {}, {}, body)
            assert is_answered(lambda request=request: send(client, request, token))  # type: ignore[misc]


def test_a_number_or_a_character_that_no_database_takes_is_no_fault_anywhere(
    app: Flask, warehouse: World, api: dict[str, Any]
) -> None:
    token, client = token_of(warehouse, "fuzz", "supervisor"), app.test_client()
    for method, path, facts in operations(api):
        names = [one["name"] for one in facts.get("parameters", []) if one["in"] == "query"]
        for value in ("\x00", "9" * 400, str(2**63 - 1), str(2**63)):
            sent = [Request(method, re.sub(r"{\w+}", quote(value), path), {}, {}, "{}")]
            sent += [Request(method, re.sub(r"{\w+}", "1", path), {name: value}, {}, "{}") for name in names]
            for request in sent:
                assert is_answered(lambda request=request: send(client, request, token))  # type: ignore[misc]


def test_nothing_that_is_sent_to_the_api_is_a_fault_or_a_hang(
    app: Flask, warehouse: World, api: dict[str, Any]
) -> None:
    token, client = token_of(warehouse, "fuzz", "supervisor"), app.test_client()

    @PROFILE
    @given(st.lists(requests(api), min_size=1, max_size=8))
    def run(sent: list[Request]) -> None:
        for request in sent:
            assert is_answered(lambda request=request: send(client, request, token))  # type: ignore[misc]

    run()
    assert check_ledger.check(warehouse.site.id) == []
