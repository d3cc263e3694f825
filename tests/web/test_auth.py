"""Logging in and out: what opens the house, what locks it, and what a stolen cookie or a foreign page is worth."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from scanner import login, people
from scanner.barcode import encode
from scanner.db import db, now, transact
from scanner.models import AuditEntry, LoginFailure, PersonSession
from scanner.secrets import hash_token, new_token
from tests.conftest import Browser
from tests.world import PASSWORD, PIN, World
from web.auth import COOKIE

Log_in = Callable[[str], Browser]

NOBODYS = encode("badge", "1234567890BCDEFGHIJKLNOP23")
WRONG = "000111"


def badge(world: World, name: str, pin: str = PIN) -> dict[str, str]:
    """The log-in form as the page sends it."""
    return {"badge": world.badges[name], "pin": pin, "device": "handheld-1"}


def is_in(browser: Browser) -> bool:
    """Whether this browser gets the home page."""
    return browser.get("/").status_code == 200


def test_a_badge_and_its_pin_open_the_house(warehouse: World, client: Browser) -> None:
    answer = client.send("/login", badge(warehouse, "ben"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert is_in(client)


def test_a_badge_is_read_with_an_aim_prefix_too(warehouse: World, client: Browser) -> None:
    form = badge(warehouse, "ben") | {"badge": "]C0" + warehouse.badges["ben"]}
    assert client.send("/login", form).status_code == 303


def test_a_password_opens_the_desk_for_supervisors_only(warehouse: World, client: Browser) -> None:
    answer = client.send("/login", {"login": "Eve", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/board")
    assert client.get("/board").status_code == 200
    warehouse.people["ben"].password_hash = warehouse.people["eve"].password_hash
    db.session.commit()
    assert client.send("/login", {"login": "ben", "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"badge": "", "pin": ""},
        {"badge": "hello", "pin": PIN},
        {"badge": "LA0102X", "pin": PIN},
        {"badge": "x" * 5_000, "pin": "9" * 5_000},
        {"badge": "\x00\x1d", "pin": "\x00"},
        {"login": "", "password": ""},
        {"login": "eve' OR 1=1 --", "password": "x"},
        {"login": "system", "password": ""},
    ],
)
def test_nonsense_is_turned_away_with_a_sentence(warehouse: World, client: Browser, form: dict[str, str]) -> None:
    answer = client.send("/login", form)
    assert answer.status_code == 401
    assert "do not fit" in answer.text


def test_an_unknown_badge_gets_the_same_answer_as_a_wrong_pin(warehouse: World, client: Browser) -> None:
    known = client.send("/login", badge(warehouse, "ben", WRONG))
    unknown = client.send("/login", {"badge": NOBODYS, "pin": WRONG, "device": "handheld-1"})
    same = known.text.replace(warehouse.badges["ben"], NOBODYS)
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert without_nonces(same) == without_nonces(unknown.text)


def without_nonces(page: str) -> str:
    """The page without what is random in it."""
    return "".join(line for line in page.splitlines() if "nonce" not in line and "csrf" not in line.lower())


def test_an_unknown_badge_takes_as_long_as_a_wrong_pin(warehouse: World, client: Browser) -> None:
    token = client.token()

    def took(code: str) -> float:
        start = time.process_time()  # of the processor: a busy machine changes nothing
        client.post("/login", data={"csrf_token": token, "badge": code, "pin": WRONG})
        return time.process_time() - start

    unknown_badges = [encode("badge", f"{n}1234567890BCDEFGHIJKLNOP3") for n in range(6)]
    pairs = [(took(mine), took(other)) for mine, other in zip(warehouse.badges.values(), unknown_badges, strict=True)]
    known, unknown = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize("code", ["ben", ""])
def test_five_failures_lock_a_badge_known_or_not(warehouse: World, client: Browser, code: str) -> None:
    shown = warehouse.badges.get(code, NOBODYS)
    answers = [client.send("/login", {"badge": shown, "pin": WRONG}).status_code for _try in range(7)]
    assert answers == [401] * 5 + [429] * 2
    locked = client.send("/login", {"badge": shown, "pin": PIN})
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) == 15 * 60
    assert "supervisor" in locked.text


def test_a_lock_ends_after_a_quarter_of_an_hour_and_is_not_made_longer_by_tries(
    warehouse: World, client: Browser
) -> None:
    for _try in range(8):
        client.send("/login", badge(warehouse, "ben", WRONG))
    later = now() - login.LOCKED - timedelta(seconds=1)
    transact(lambda: db.session.execute(update(LoginFailure).values(last_at=later)))
    assert client.send("/login", badge(warehouse, "ben")).status_code == 303


def test_a_supervisor_unlocks_a_badge(warehouse: World, client: Browser, browser: Log_in) -> None:
    for _try in range(6):
        client.send("/login", badge(warehouse, "ben", WRONG))
    eve = browser("eve")
    assert "locked" in eve.get("/people").text
    eve.send(f"/people/{warehouse.people['ben'].id}/unlock")
    assert client.send("/login", badge(warehouse, "ben")).status_code == 303


def test_a_right_pin_ends_the_count_of_wrong_ones(warehouse: World, client: Browser) -> None:
    for _round in range(3):
        for _try in range(4):
            assert client.send("/login", badge(warehouse, "ben", WRONG)).status_code == 401
        assert client.send("/login", badge(warehouse, "ben")).status_code == 303


def test_a_burst_of_guesses_gets_five_answers_and_no_more(warehouse: World, app: Flask) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    form = badge(warehouse, "ben", WRONG) | {"csrf_token": browser.token()}
    cookie = browser.get_cookie("scandock-form")
    assert cookie is not None

    def guess(_number: int) -> int:
        one = app.test_client()
        one.set_cookie("scandock-form", cookie.value)
        return one.post("/login", data=form).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(24)))
    assert sorted(answers) == [401] * 5 + [429] * 19


def test_an_address_that_guesses_many_badges_is_locked(warehouse: World, client: Browser) -> None:
    transact(lambda: db.session.add(LoginFailure(key=login.failure_key("address:127.0.0.1"), count=30, last_at=now())))
    assert client.send("/login", badge(warehouse, "ben")).status_code == 429


def test_a_house_under_attack_slows_every_try_down(
    warehouse: World, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("web.login.time.sleep", waits.append)
    client.send("/login", badge(warehouse, "ben"))
    transact(lambda: db.session.add(LoginFailure(key=login.failure_key("house"), count=101, last_at=now())))
    client.send("/login", badge(warehouse, "ben"))
    assert waits == [1.0]


def test_each_log_in_makes_a_new_session_and_ends_the_old_one(warehouse: World, client: Browser) -> None:
    client.send("/login", badge(warehouse, "ben"))
    first = client.get_cookie(COOKIE)
    client.send("/login", badge(warehouse, "ben"))
    second = client.get_cookie(COOKIE)
    assert first is not None
    assert second is not None
    assert first.value != second.value
    client.set_cookie(COOKIE, first.value)
    assert not is_in(client)


def test_the_form_token_of_before_the_log_in_is_worth_nothing_after_it(warehouse: World, client: Browser) -> None:
    old = client.token()
    client.send("/login", badge(warehouse, "ben"))
    assert client.post("/scan", data={"csrf_token": old, "raw": "x"}).status_code == 400


def test_a_copied_cookie_is_worth_nothing_after_the_log_out(warehouse: World, client: Browser, app: Flask) -> None:
    client.send("/login", badge(warehouse, "ben"))
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    thief = app.test_client()
    assert isinstance(thief, Browser)
    thief.set_cookie(COOKIE, cookie.value)
    assert is_in(thief)
    answer = client.send("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache"'  # "storage" would delete scans that wait to be sent
    assert client.get_cookie(COOKIE) is None
    assert not is_in(thief)


def test_only_the_hash_of_a_session_is_stored(warehouse: World, client: Browser) -> None:
    client.send("/login", badge(warehouse, "ben"))
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    stored = db.session.scalars(select(PersonSession.token_hash)).all()
    assert hash_token(cookie.value) in stored
    assert cookie.value not in stored


def test_a_session_ends_with_the_shift(warehouse: World, client: Browser) -> None:
    client.send("/login", badge(warehouse, "ben"))
    row = db.session.scalars(select(PersonSession)).one()
    assert timedelta(hours=11, minutes=59) < row.expires_at - row.created_at <= timedelta(hours=12)
    transact(lambda: db.session.execute(update(PersonSession).values(expires_at=now())))
    assert not is_in(client)


def test_disabling_a_person_ends_all_their_sessions_and_tokens_at_once(warehouse: World, browser: Log_in) -> None:
    first, second = browser("ben"), browser("ben")
    token = transact(lambda: people.new_api_token(warehouse.by("finn"), "script", "picker"))
    assert is_in(first)
    assert is_in(second)
    browser("finn").send(f"/people/{warehouse.people['ben'].id}/disable")
    assert not is_in(first)
    assert not is_in(second)
    assert first.send("/login", badge(warehouse, "ben")).status_code == 401
    script = people.by_login("api-" + hash_token("script")[:12])
    transact(lambda: people.disable(warehouse.by("finn"), script))
    assert first.get("/api/v1/items", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize(("is_https", "name"), [(False, "scandock"), (True, "__Host-scandock")], ids=["http", "https"])
def test_cookies_are_kept_from_scripts_and_other_sites(
    warehouse: World, client: Browser, is_https: bool, name: str
) -> None:
    base = "https://localhost" if is_https else "http://localhost"
    page = client.get("/login", base_url=base)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", base_url=base, data=badge(warehouse, "ben") | {"csrf_token": token})
    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert any(cookie.startswith(f"{name}=") for cookie in cookies)
    for cookie in cookies:
        parts = {part.strip() for part in cookie.split(";")[1:]}
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert ("Secure" in parts) == is_https
        assert cookie.startswith("__Host-") == is_https
        assert not any(part.startswith("Domain") for part in parts)


def test_a_form_without_its_token_changes_nothing(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    order = warehouse.order("SO-1", ("MUG", 1))
    answer = eve.post(f"/orders/{order.id}/hold", data={"reason": "x"})
    assert answer.status_code == 400
    assert not order.is_held
    assert eve.post("/login", data=badge(warehouse, "ben")).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8080"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_write_from_another_site_is_turned_away(warehouse: World, browser: Log_in, headers: dict[str, str]) -> None:
    eve = browser("eve")
    order = warehouse.order("SO-1", ("MUG", 1))
    form = {"reason": "x", "csrf_token": eve.token()}
    assert eve.post(f"/orders/{order.id}/hold", data=form, headers=headers).status_code == 403
    assert not order.is_held
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert eve.post(f"/orders/{order.id}/hold", data=form, headers=ours).status_code == 303


def test_the_page_that_was_asked_for_opens_after_the_log_in(warehouse: World, client: Browser) -> None:
    assert client.get("/orders?status=open").headers["Location"] == "/login"
    answer = client.send("/login", {"login": "eve", "password": PASSWORD})
    assert answer.headers["Location"] == "/orders?status=open"


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil"])
def test_a_log_in_leads_to_no_other_site(warehouse: World, client: Browser, path: str) -> None:
    with client.session_transaction() as session:
        session["next"] = path
    answer = client.send("/login", badge(warehouse, "ben"))
    assert answer.headers["Location"] == "/"


def test_htmx_is_sent_to_the_log_in_as_a_whole_page(warehouse: World, client: Browser) -> None:
    answer = client.get("/board", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_who_is_asking_costs_one_statement_and_no_write(warehouse: World, browser: Log_in) -> None:
    ben = browser("ben")
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert ben.get("/nothing-here").status_code == 404
    assert seen == []
    ben.get("/receive/")  # not a picker's: who he is, and no more
    statements = [statement for statement in seen if not statement.startswith("BEGIN")]
    assert len(statements) == 1
    assert statements[0].startswith("SELECT person.id")


def test_log_ins_are_on_record(warehouse: World, client: Browser) -> None:
    client.send("/login", badge(warehouse, "ben"))
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "login")).one()
    assert (entry.object, entry.detail) == ("ben", "handheld-1")


def test_old_failures_are_forgotten(warehouse: World, client: Browser) -> None:
    old = now() - timedelta(days=2)
    transact(lambda: db.session.add(LoginFailure(key=login.failure_key("badge:x"), count=3, last_at=old)))
    client.send("/login", badge(warehouse, "ben"))
    assert db.session.scalar(select(func.count()).select_from(LoginFailure)) == 0


def test_a_made_up_cookie_is_nobody(warehouse: World, client: Browser) -> None:
    for value in ("", "x", new_token(), "\x00", "é"):
        client.set_cookie(COOKIE, value)
        assert not is_in(client)
