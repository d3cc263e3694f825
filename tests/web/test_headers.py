"""Headers of every answer, pages and errors alike, and the sentences of errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from scanner.db import Busy
from scanner.refusals import Refusal
from tests.conftest import Browser
from tests.web.test_authorization_matrix import TABLE
from tests.world import World
from web import config
from web.auth import public

Log_in = Callable[[str], Browser]

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def policy(value: str) -> dict[str, str]:
    """A content security policy by directive."""
    return dict(part.strip().partition(" ")[::2] for part in value.split(";"))


def test_every_route_answers_with_the_security_headers(warehouse: World, browser: Log_in) -> None:
    finn = browser("finn")
    for row in TABLE:
        answer = finn.open(row.url, method=row.method)
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, row
        rules = policy(answer.headers["Content-Security-Policy"])
        assert rules["default-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert re.fullmatch(r"'self' 'nonce-[\w-]{16}'", rules["script-src"])
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "camera=(self)" in answer.headers["Permissions-Policy"]


def test_no_two_answers_have_the_same_nonce(warehouse: World, client: Browser) -> None:
    nonces = {policy(client.get("/login").headers["Content-Security-Policy"])["script-src"] for _try in range(5)}
    assert len(nonces) == 5


def test_pages_are_never_stored_and_the_shell_is(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    for path in ("/", "/board", "/orders", "/stock/items.csv", "/nothing", "/login"):
        assert eve.get(path).headers["Cache-Control"] == "no-store"
    script = re.search(r'src="(/shell/[^"]+)"', eve.get("/board").text)
    assert script is not None
    assert "immutable" in eve.get(script[1]).headers["Cache-Control"]


def test_https_is_kept_for_a_year_and_http_is_not_promised(client: Browser) -> None:
    assert "Strict-Transport-Security" not in client.get("/login").headers
    assert client.get("/login", base_url="https://localhost").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_no_template_has_inline_script_style_or_unescaped_text() -> None:
    bad = re.compile(r"hx-on|\son\w+=|javascript:|\sstyle=|<style|\|\s*safe\b|<script(?![^>]*\bsrc=)")
    folder = Path(__file__).parent.parent.parent / "web" / "templates"
    found = {path.name: bad.findall(path.read_text()) for path in folder.rglob("*.html")}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_every_element_with_an_htmx_attribute_carries_its_nonce() -> None:
    folder = Path(__file__).parent.parent.parent / "web" / "templates"
    for path in folder.rglob("*.html"):
        text = re.sub(r"{#.*?#}|{%.*?%}", "", path.read_text(), flags=re.DOTALL)
        for tag in re.findall(r"<[a-z][^<]*?\shx-(?:get|post|trigger|boost:inherited)[^<]*?>", text, flags=re.DOTALL):
            assert "hx-nonce" in tag, f"{path.name}: {tag}"


# --- errors ------------------------------------------------------------------------------------------------------


def fail(app: Flask, error: Exception) -> FlaskClient:
    """A client for whom /fail raises `error`, with the answers of production."""

    @public
    def failing() -> str:
        raise error

    app.add_url_rule("/fail", view_func=failing)
    app.add_url_rule("/api/fail", "api_fail", view_func=failing)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    from web import auth

    auth.check_declared(app)
    return app.test_client()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ZeroDivisionError("secret detail"), 500, "broken"),
        (Busy("secret detail"), 503, "busy"),
        (OperationalError("secret detail", None, Exception("secret detail")), 503, "no_database"),
        (Refusal("wrong_item", "a mug", "a lamp"), 422, "wrong_item"),
    ],
)
def test_what_goes_wrong_is_said_in_words_without_a_trace(
    own_app: Flask, error: Exception, status: int, code: str
) -> None:
    client = fail(own_app, error)
    page, part, data = client.get("/fail"), client.get("/fail", headers=PARTIAL), client.get("/api/fail")
    assert [answer.status_code for answer in (page, part, data)] == [status] * 3
    assert "<html" in page.text
    assert "<html" not in part.text
    assert data.json is not None
    assert data.json["code"] == code
    assert data.json["say"] in page.text
    for answer in (page, part, data):
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text
        assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_fault_has_a_number_that_the_log_has_too(own_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    client = fail(own_app, ZeroDivisionError("secret detail"))
    data = client.get("/api/fail").json
    assert data is not None
    assert data["number"] in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/board", 405)])
def test_what_is_not_there_is_said_in_words(client: Browser, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert "Home" in answer.text


def test_too_large_a_form_is_turned_away(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    answer = eve.send("/scan", {"raw": "x" * 100_000})
    assert answer.status_code == 413
    assert "larger" in answer.text


def test_a_form_of_too_many_parts_is_turned_away(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    parts = {f"f{n}": "x" for n in range(500)}
    answer = eve.send("/scan", parts, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "larger" in answer.text


@pytest.mark.parametrize("path", ["/orders/0", "/orders/999999999999999999999999999", "/items/-1", "/lookup/x/1"])
def test_ids_that_nobody_has_are_not_found(warehouse: World, browser: Log_in, path: str) -> None:
    assert browser("eve").get(path).status_code in (404, 422)


# --- settings ----------------------------------------------------------------------------------------------------


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = config.secret_key({}, tmp_path)
    assert config.secret_key({}, tmp_path) == first
    assert len(first) == 64
    assert (tmp_path / config.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / config.KEY_FILE]


def test_a_key_that_others_may_read_stops_the_start(tmp_path: Path) -> None:
    config.secret_key({}, tmp_path)
    (tmp_path / config.KEY_FILE).chmod(0o644)
    with pytest.raises(config.BadSetting, match="others may read"):
        config.secret_key({}, tmp_path)


@pytest.mark.parametrize("key", ["secret", "a" * 64, "change-me"])
def test_a_weak_key_stops_the_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(config.BadSetting, match="weak"):
        config.secret_key({"SECRET_KEY": key}, tmp_path)


def test_a_proxy_is_believed_only_where_the_settings_name_it(
    app: Flask, warehouse: World, another_app: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    assert "Strict-Transport-Security" not in app.test_client().get("/login", headers=forwarded).headers
    monkeypatch.setenv("SCANDOCK_PROXIES", "1")
    behind = another_app()
    assert "Strict-Transport-Security" in behind.test_client().get("/login", headers=forwarded).headers


def test_only_the_named_hosts_are_answered(another_app: Callable[[], Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANDOCK_HOSTS", "scandock.example localhost")
    named = another_app().test_client()
    assert named.get("/login").status_code == 200
    assert named.get("/login", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("value", ["one", "-1", "1.5", "²"])
def test_a_number_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    with pytest.raises(config.BadSetting, match="SCANDOCK_PROXIES"):
        config.settings({"SCANDOCK_DATA": str(tmp_path), "SCANDOCK_PROXIES": value})
