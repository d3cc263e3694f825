"""Commands: `flask --app web ...`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from scanner import login
from scanner.db import db
from scanner.demo import crew
from scanner.models import Item, Person
from tests.conftest import Browser
from tests.engines import ROOT
from tests.world import World
from web.config import SHIFT


def run(app: Flask, *words: str) -> Result:
    """One command."""
    result = app.test_cli_runner().invoke(args=list(words))
    db.session.rollback()
    return result


def test_begin_makes_an_empty_warehouse_and_says_how_to_log_in(app: Flask, client: Browser) -> None:
    said = run(app, "begin", "--timezone", "Europe/Berlin")
    assert said.exit_code == 0, said.output
    facts = json.loads((app.config["DATA"] / crew.FILE).read_text())[0]
    assert facts["badge"] in said.output
    assert facts["pin"] in said.output
    assert client.send("/login", {"badge": facts["badge"], "pin": facts["pin"]}).status_code == 303
    assert client.get("/people").location == "/password"  # a badge alone opens no desk
    assert client.send("/login", {"login": "admin", "password": facts["password"]}).status_code == 303
    assert client.get("/people").status_code == 200
    again = run(app, "begin")
    assert again.exit_code == 1
    assert "already" in again.output


def test_the_first_badge_is_kept_for_its_owner_only_and_told_until_it_is_replaced(app: Flask) -> None:
    run(app, "begin")
    path: Path = app.config["DATA"] / crew.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PIN" in run(app, "start-info").output
    run(app, "person", "badge", "admin")
    said = run(app, "start-info")
    assert "http://" in said.output
    assert "PIN" not in said.output


def test_a_time_zone_that_does_not_exist_is_refused(app: Flask) -> None:
    said = run(app, "begin", "--timezone", "Mars")
    assert said.exit_code == 1
    assert "Europe/Berlin" in said.output


def test_check_ledger_proves_a_good_record(app: Flask, warehouse: World) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    said = run(app, "check-ledger")
    assert said.exit_code == 0, said.output
    assert "MAIN: The ledger is good" in said.output


def test_check_ledger_lists_every_breach_and_fails(app: Flask, warehouse: World) -> None:
    warehouse.stock("MUG", "A-01-1", 12)
    db.session.execute(text("UPDATE balance SET qty = 7"))
    db.session.commit()
    said = run(app, "check-ledger")
    assert said.exit_code == 1
    assert "sum of the moves" in said.output


def test_check_ledger_of_no_site_fails(app: Flask, warehouse: World) -> None:
    assert run(app, "check-ledger", "--site", "NONE").exit_code == 1


def test_a_token_opens_the_api_for_its_role(app: Flask, warehouse: World, client: Browser) -> None:
    said = run(app, "token", "--name", "conveyor", "--role", "picker")
    assert said.exit_code == 0, said.output
    headers = {"Authorization": f"Bearer {said.output.strip()}"}
    assert client.get("/api/v1/items", headers=headers).status_code == 200
    assert client.get("/api/v1/moves", headers=headers).status_code == 403
    assert run(app, "token", "--name", "conveyor", "--role", "picker").exit_code == 1
    assert run(app, "token", "--name", "other", "--role", "boss").exit_code == 2


def test_people_are_put_on_file_and_sent_home(app: Flask, warehouse: World, client: Browser) -> None:
    said = run(app, "person", "add", "joe", "--name", "Joe", "--role", "picker", "--role", "packer", "--pin", "471193")
    assert said.exit_code == 0, said.output
    badge = said.output.split()[-1]
    assert client.send("/login", {"badge": badge, "pin": "471193"}).status_code == 303
    assert run(app, "person", "disable", "joe").exit_code == 0
    assert client.get("/").status_code == 303
    assert "joe" in run(app, "person", "list").output
    assert run(app, "person", "disable", "nobody").exit_code == 1


@pytest.mark.parametrize("pin", ["12345", "123456", "654321", "111111", "121212", "471471", "abcdef", "1234567890123"])
def test_an_easy_pin_is_refused(app: Flask, warehouse: World, pin: str) -> None:
    said = run(app, "person", "pin", "ben", "--pin", pin)
    assert said.exit_code == 1
    assert "PIN" in said.output


def test_secrets_are_changed_by_command(app: Flask, warehouse: World) -> None:
    assert run(app, "person", "pin", "ben", "--pin", "804715").exit_code == 0
    assert run(app, "person", "password", "eve", "--password", "a long enough one").exit_code == 0
    assert run(app, "person", "password", "ben", "--password", "a long enough one").exit_code == 1
    assert run(app, "person", "password", "eve", "--password", "short").exit_code == 1
    ticket = login.by_badge(warehouse.badges["ben"], "804715", device="", address="here", shift=SHIFT)
    assert ticket.name == "Ben"


def test_the_last_admin_stays(app: Flask, warehouse: World) -> None:
    said = run(app, "person", "disable", "finn")
    assert said.exit_code == 1
    assert "last admin" in said.output
    assert db.session.scalars(select(Person).where(Person.login == "finn")).one().is_active


def test_a_file_is_imported_or_its_faults_are_told(app: Flask, warehouse: World, tmp_path: Path) -> None:
    good = tmp_path / "items.csv"
    good.write_text("sku,name\nVASE,Vase\n")
    assert run(app, "import", "items", str(good), "--dry-run").exit_code == 0
    assert not db.session.scalars(select(Item).where(Item.sku == "VASE")).all()
    said = run(app, "import", "items", str(good))
    assert said.exit_code == 0, said.output
    assert "1 added" in said.output
    bad = tmp_path / "bad.csv"
    bad.write_text("sku,name\n,Nameless\n")
    said = run(app, "import", "items", str(bad))
    assert said.exit_code == 1
    assert "bad.csv, line 2, sku" in said.output
    assert run(app, "import", "nonsense", str(good)).exit_code == 1


def test_the_demo_is_ready_to_be_worked(app: Flask, client: Browser) -> None:
    said = run(app, "demo")
    assert said.exit_code == 0, said.output
    badges = crew.kept(app.config["DATA"])
    assert {badge.role for badge in badges} == {"receiver", "picker", "packer", "counter", "supervisor", "admin"}
    for badge in badges:
        assert badge.badge in run(app, "start-info").output
        assert client.send("/login", {"badge": badge.badge, "pin": badge.pin}).status_code == 303
    assert run(app, "demo").exit_code == 1
    assert run(app, "demo", "--if-empty").exit_code == 0
    assert run(app, "check-ledger").exit_code == 0


def test_real_invoices_become_a_warehouse_once(app: Flask, tmp_path: Path) -> None:
    data = Path(os.environ.get("SCANDOCK_SHARED", ROOT.parent / "shared")) / "data" / "online_retail"
    if not data.is_dir():
        pytest.skip("the real invoices (data/online_retail) are not here")
    assert run(app, "import-invoices", str(tmp_path)).exit_code == 1  # no invoices in that folder
    said = run(app, "import-invoices", "--if-empty", str(data), "--day", "2011-09-30")
    assert said.exit_code == 0, said.output
    assert "73 added" in said.output
    assert run(app, "import-invoices", "--if-empty", str(data)).output == ""
    assert run(app, "check-ledger").exit_code == 0
    assert "PIN" in run(app, "start-info").output
