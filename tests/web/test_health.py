"""GET /healthz says what runs here, and 503 when it is not sound."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from scanner import revisions
from scanner.db import db
from tests.conftest import Browser
from tests.world import World
from web import VERSION, create_app, health
from web.config import MIGRATIONS, BadSetting


def test_a_sound_warehouse_says_so(warehouse: World, client: Browser) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    warehouse.stock("MUG", "A-01-2", 3)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json is not None
    facts = answer.json
    assert (facts["status"], facts["version"]) == ("ok", VERSION)
    assert facts["database"]["engine"] == db.engine.dialect.name
    assert facts["database"]["version"][0].isdigit()
    assert facts["schema"]["is_current"]
    assert [(site["site"], site["seq"], site["is_good"]) for site in facts["ledger"]] == [("MAIN", 2, True)]


def test_a_fresh_database_without_a_site_is_sound(app: Flask, client: Browser) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["ledger"] == []


def test_a_head_that_is_not_the_last_move_is_not_sound(warehouse: World, client: Browser) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    db.session.execute(text("UPDATE ledger_head SET seq = seq + 1"))
    db.session.commit()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert not answer.json["ledger"][0]["head_fits"]


def test_a_wrong_promise_is_not_sound(warehouse: World, client: Browser) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    db.session.execute(text("UPDATE balance SET reserved = 5"))
    db.session.commit()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ledger"][0]["breaches"]


def test_the_newest_revision_is_the_one_that_the_migrations_end_with() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert revisions.newest() == scripts.get_current_head()


def test_an_old_schema_is_not_sound(warehouse: World, client: Browser) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    db.session.commit()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["schema"] == {"revision": "older", "is_current": False}


def test_a_process_that_was_ready_stays_so_when_a_newer_schema_appears(warehouse: World, client: Browser) -> None:
    """A migration comes before the programs that want it; until they are there, the old ones go on."""
    assert client.get("/readyz").status_code == 200
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    assert client.get("/readyz").status_code == 200
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    assert client.get("/readyz").status_code == 503


def test_a_process_that_starts_on_a_newer_schema_is_not_ready(warehouse: World, client: Browser) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "why": "schema"})


def test_a_process_that_is_about_to_end_wants_no_requests(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "leaving", threading.Event())
    health.leaving.set()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "why": "leaving"})


def test_a_database_that_is_gone_is_said_and_not_thrown(
    app: Flask, another_app: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "sqlite:////nowhere/at/all.db"
    if db.engine.dialect.name == "postgresql":
        gone = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"
    monkeypatch.setenv("DATABASE_URL", gone)
    client = another_app().test_client()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "no database"
    assert client.post("/login", data={}).status_code in (400, 503)
    client.set_cookie("scandock", "x")
    assert client.get("/").status_code == 503


def test_a_page_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setattr("web.PAGES", ("health", "nowhere"))
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        create_app()


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_faulty_sqlite_is_named_in_words(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    version = client.get("/healthz").json["database"]["version"]  # type: ignore[index]
    monkeypatch.setattr("scanner.turns.MENDED", (99, 0, 0))
    note = client.get("/healthz").json["database"]["note"]  # type: ignore[index]
    assert note.startswith(f"SQLite {version} may damage")
    create_app()
    assert note in caplog.text
    monkeypatch.setattr("scanner.turns.MENDED", (1, 0, 0))
    assert "note" not in client.get("/healthz").json["database"]  # type: ignore[index]


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "26"])
def test_a_wait_that_is_no_wait_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    monkeypatch.setenv("SCANDOCK_DATA", str(tmp_path))
    monkeypatch.setenv("SCANDOCK_WAIT_S", text)
    with pytest.raises(BadSetting, match="SCANDOCK_WAIT_S"):
        create_app()
