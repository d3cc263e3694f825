"""GET /readyz and GET /metrics: what a proxy and a watching program are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import text

from scanner.accept import Incoming, accept_scan
from scanner.db import Busy, db, now, transact
from scanner.models import Printer
from scanner.refusals import Refusal
from scanner.tally import BOUNDS_S, SCANS, Tally, counted
from tests.conftest import Browser
from tests.serving import token_of
from tests.world import World, new_scan_id
from web.config import BadSetting

LINE = re.compile(r'(scandock_\w+)\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?[\d.]+(?:e[+-]?\d+)?)')
Measured = dict[tuple[str, str], float]


def measured(page: str) -> Measured:
    """Every sample by its name and labels. A line that Prometheus would not read fails."""
    found: Measured = {}
    for line in page.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP scandock_\w+ .+|TYPE scandock_\w+ (counter|gauge|histogram))", line), line
            continue
        match = LINE.fullmatch(line)
        assert match is not None, line
        labels = re.sub(r'worker="\d+",?', "", match[2])
        assert (match[1], labels) not in found
        found[match[1], labels] = float(match[3])
    return found


@pytest.fixture
def scrape(client: Browser, warehouse: World) -> Callable[[], Measured]:
    """What a program with the least of tokens reads."""
    token = token_of(warehouse, "prometheus", "counter")

    def read() -> Measured:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
        return measured(answer.text)

    return read


def test_scans_are_counted_by_their_outcome_and_by_how_long_they_took(
    warehouse: World, scrape: Callable[[], Measured]
) -> None:
    before = scrape()
    by, scan_id = warehouse.by("eve"), new_scan_id()
    for raw, id_ in (("MUG", scan_id), ("MUG", scan_id), ("NOBODY", new_scan_id())):
        accept_scan(Incoming(id_, raw, now(), "gun"), by)
    with pytest.raises(Refusal):
        accept_scan(Incoming("x", "MUG", now(), "gun"), by)
    after = scrape()

    def more(name: str, labels: str = "") -> float:
        return after[name, labels] - before[name, labels]

    outcomes = ("accepted", "replayed", "refused", "unrecorded", "discrepancy", "busy", "failed")
    assert [more("scandock_scans_total", f'outcome="{one}"') for one in outcomes] == [1, 1, 1, 1, 0, 0, 0]
    assert more("scandock_scan_seconds_count") == more("scandock_scan_seconds_bucket", 'le="+Inf"') == 4
    assert more("scandock_scan_seconds_sum") > 0
    steps = [after["scandock_scan_seconds_bucket", f'le="{bound}"'] for bound in BOUNDS_S]
    assert steps == sorted(steps)


def test_a_database_that_is_busy_and_a_fault_of_ours_are_counted_as_such() -> None:
    def raise_it(error: Exception) -> dict[str, str]:
        raise error

    before = SCANS.read().outcomes
    for error in (Busy("others write"), ZeroDivisionError()):
        with pytest.raises(type(error)):
            counted(raise_it)(error)
    after = SCANS.read().outcomes
    assert {name for name in after if after[name] == before[name] + 1} == {"busy", "failed"}


def test_counts_from_many_threads_are_all_there() -> None:
    tally = Tally()

    def count() -> None:
        for _ in range(2_000):
            tally.note("accepted", 0.03)

    threads = [Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = tally.read()
    assert (reading.count, reading.outcomes["accepted"]) == (16_000, 16_000)
    assert dict(zip(BOUNDS_S, reading.within, strict=True))[0.05] == 16_000
    assert dict(zip(BOUNDS_S, reading.within, strict=True))[0.025] == 0


def test_what_is_in_the_database_is_told_for_each_site(warehouse: World, scrape: Callable[[], Measured]) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    warehouse.stock("MUG", "A-01-2", 3)
    printer = {"site_id": warehouse.site.id, "kind": "raw", "language": "zpl", "name": "Zebra"}

    def work() -> None:
        db.session.add(Printer(code="P1", state="paper_out", **printer))
        db.session.add(Printer(code="P2", **printer))
        db.session.add(Printer(code="P3", is_active=False, **printer))

    transact(work)
    found = scrape()
    assert found["scandock_ledger_seq", 'site="MAIN"'] == 2
    assert found["scandock_discrepancies_open", 'site="MAIN"'] == 0
    assert found["scandock_printers", 'site="MAIN",state="paper_out"'] == 1
    assert found["scandock_printers", 'site="MAIN",state="unknown"'] == 1
    assert found["scandock_print_jobs", 'site="MAIN",state="queued"'] == 0
    assert found["scandock_print_oldest_queued_seconds", 'site="MAIN"'] == 0
    assert (found["scandock_database_up", ""], found["scandock_schema_current", ""]) == (1, 1)


def test_a_site_with_a_quote_in_its_code_does_not_break_the_page(
    warehouse: World, scrape: Callable[[], Measured]
) -> None:
    db.session.execute(text("UPDATE site SET code = :code"), {"code": 'M"A\\N'})
    db.session.commit()
    assert scrape()["scandock_ledger_seq", 'site="M\\"A\\\\N"'] == 0


def test_nobody_reads_it_without_a_token_and_is_told_so_in_json(client: Browser, warehouse: World) -> None:
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["code"] == "signed_out"  # type: ignore[index]


def test_a_program_on_this_machine_needs_none_where_the_setting_says_so_but_a_proxy_does(
    app: Flask, client: Browser
) -> None:
    app.config["METRICS"] = "loopback"
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    for stranger in ("10.0.0.7", "", "unix:"):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": stranger}).status_code == 401
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 401


def test_a_setting_of_neither_kind_stops_the_start(
    another_app: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANDOCK_METRICS", "public")
    with pytest.raises(BadSetting, match="token or loopback"):
        another_app()


def test_ready_is_who_has_a_database_of_this_schema(
    app: Flask, client: Browser, another_app: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ready"})
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "why": "schema"})
    gone = "sqlite:////nowhere/at/all.db"
    if db.engine.dialect.name == "postgresql":
        gone = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"
    monkeypatch.setenv("DATABASE_URL", gone)
    monkeypatch.setenv("SCANDOCK_METRICS", "loopback")
    without = another_app().test_client()
    answer = without.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "why": "no database"})
    assert int(answer.headers["Retry-After"]) > 0
    page = without.get("/metrics")
    assert page.status_code == 200
    assert measured(page.text)["scandock_database_up", ""] == 0


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_a_postgresql_that_a_power_cut_would_punish_is_named(app: Flask, client: Browser) -> None:
    """The server of the tests runs without fsync."""
    note = client.get("/healthz").json["database"].get("note", "")  # type: ignore[index]
    is_safe = db.session.scalar(text("SHOW fsync")) == "on"
    assert is_safe or "fsync" in note
