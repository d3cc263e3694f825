"""The desk's pages with real stock and documents in them, on both engines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from scanner import check_ledger, discrepancies, ledger, tasks
from scanner.accept import Incoming, accept_scan
from scanner.db import db, now, transact
from scanner.imports import MOST_BYTES
from scanner.models import AuditEntry, Balance, Discrepancy, Hold, Item, Order, Person, Reservation, Task
from scanner.stock import levels
from scanner.workflows import WORKFLOWS
from tests.conftest import Browser
from tests.world import PIN, World, new_scan_id
from web.page import csv_answer

Log_in = Callable[[str], Browser]
JOURNALS = ("/discrepancies", "/tasks", "/scans", "/moves")


@pytest.fixture
def busy(warehouse: World) -> World:
    """A warehouse with stock, an order with promises, an order that lacks stock, and a purchase order."""
    warehouse.stock("MUG", "A-01-1", 12)
    warehouse.stock("MILK", "A-02-1", 6, lot="L1", days=30)
    warehouse.stock("MILK", "B-01-1", 4, lot="L2", days=60)
    warehouse.stock("LAMP", "B-02-1", serial="S-1")
    warehouse.order("SO-1", ("MUG", 5), ("MILK", 2), allocate=True)
    warehouse.order("SO-2", ("MUG", 50))
    warehouse.purchase_order("PO-1", ("MUG", 40), ("LAMP", 2))
    return warehouse


def short_pick(world: World) -> Discrepancy:
    """Ben found 10 of 12 mugs."""
    return transact(
        lambda: discrepancies.open_case(
            world.by("ben"),
            "short_pick",
            book="12 MUG at A-01-1",
            floor="only 10 were there",
            qty=-2,
            item_id=world.items["MUG"].id,
            location_id=world.locations["A-01-1"].id,
        )
    )


def scan(world: World, name: str, raw: str, task_id: int | None = None) -> None:
    """One scan of one of the cast."""
    accept_scan(Incoming(new_scan_id(), raw, now(), f"device-of-{name}", task_id), world.by(name))


# --- reading -----------------------------------------------------------------------------------------------------


def test_every_list_and_page_opens(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    case = short_pick(busy)
    pages = [
        *("/board", "/stock", "/stock?all=1", "/stock/locations", "/stock/lots", "/items", "/locations", "/orders"),
        *("/purchase-orders", "/discrepancies", "/tasks", "/people", "/people?all=1", "/imports", "/scans", "/moves"),
        *(f"/items/{item.id}" for item in busy.items.values()),
        *(f"/locations/{busy.locations[code].id}" for code in ("A-01-1", "DOCK-1", "QUAR-1")),
        *("/orders/1", "/orders/2", "/purchase-orders/1", f"/people/{busy.people['ben'].id}"),
        *(f"/discrepancies/{case.id}", "/discrepancies?status=resolved", "/tasks?who=nobody&workflow=count"),
        *("/stock/items.csv", "/stock/rows.csv", "/orders?status=to+do&due=today&q=SO", "/stock/lots?only=held"),
        *("/orders?status=held", "/orders?due=late", "/purchase-orders?due=late", "/stock/lots?only=expired"),
        *("/scans?outcome=refused&day=2026-01-01", "/moves?item=1&location=6&order=1", "/moves?reason=opening"),
    ]
    assert {url: eve.get(url).status_code for url in pages} == dict.fromkeys(pages, 200)


def test_empty_lists_say_so_in_words(warehouse: World, browser: Log_in) -> None:
    eve = browser("eve")
    for url in ("/board", "/stock", "/stock/locations", "/stock/lots", "/orders", "/purchase-orders", *JOURNALS):
        page = eve.get(url)
        assert page.status_code == 200
        assert 'class="empty"' in page.text, url


@pytest.mark.parametrize("path", ["/stock", "/items", "/locations", "/orders", "/scans", "/moves", "/people", "/tasks"])
@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999999999999", "page=1999", "q=%00%25_'!", "q=" + "x" * 5000]
)
def test_any_filter_is_answered(warehouse: World, client: Browser, browser: Log_in, path: str, query: str) -> None:
    assert browser("eve").get(f"{path}?{query}&day=yesterday&task=x&item=x&status=x&kind=x").status_code == 200


def test_the_figures_of_an_item_add_up(busy: World, browser: Log_in) -> None:
    page = browser("ana").get(f"/items/{busy.items['MUG'].id}").text
    figures = {"available": 7, "on hand": 12, "reserved": 5, "held or expired": 0, "on order": 40}
    assert {words: page.count(f"<b>{figure}</b><span>{words}<") for words, figure in figures.items()} == dict.fromkeys(
        figures, 1
    )
    assert "A-01-1" in page
    assert 'href="/purchase-orders/1"' in page


def test_an_item_is_found_by_sku_name_and_barcode(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    for q in ("mug", "red", "400000000001", "4000000000013"):
        found = "MUG" in eve.get(f"/items?q={q}").text
        assert found == (q != "400000000001"), q


def test_a_list_has_fifty_rows_and_the_rest_on_the_next_page(busy: World, browser: Log_in) -> None:
    for number in range(60):
        busy.order(f"X-{number:03d}", ("MUG", 1))
    eve = browser("eve")
    first, second = eve.get("/orders?q=X-").text, eve.get("/orders?q=X-&page=2").text
    assert (first.count('href="/orders/'), second.count('href="/orders/')) == (50, 10)
    assert "?q=X-&amp;page=2" in first
    assert 'rel="next"' not in second


@pytest.mark.parametrize(("path", "most"), [("/stock", 6), ("/orders", 4), ("/items/1", 14), ("/board", 14)])
def test_a_page_costs_as_many_statements_for_many_rows_as_for_few(
    busy: World, browser: Log_in, path: str, most: int
) -> None:
    for number in range(40):
        busy.order(f"X-{number:03d}", ("MUG", 1))
    eve, seen = browser("eve"), []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    eve.get(path)
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) <= most


def test_a_csv_file_runs_no_formula(busy: World, browser: Log_in) -> None:
    evil = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1")
    transact(lambda: setattr(db.session.get_one(Item, busy.items["MUG"].id), "name", evil[0]))
    answer = browser("eve").get("/stock/items.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    mug = next(row for row in rows if row["sku"] == "MUG")
    assert mug["name"] == "'=1+1"
    assert (mug["on_hand"], mug["reserved"], mug["available"], mug["on_order"]) == ("12", "5", "7", "40")
    cells = next(csv.reader(io.StringIO(csv_answer("x", [], [evil]).get_data(as_text=True).split("\r\n", 1)[1])))
    assert all(cell.startswith("'") for cell in cells)


def test_the_csv_of_rows_has_all_stock(busy: World, browser: Log_in) -> None:
    text = browser("eve").get("/stock/rows.csv").text.removeprefix("\ufeff")
    assert sum(int(row["qty"]) for row in csv.DictReader(io.StringIO(text))) == 23


def test_text_of_goods_is_shown_and_never_run(busy: World, browser: Log_in) -> None:
    name = "<script>alert(1)</script>"
    transact(lambda: setattr(db.session.get_one(Item, busy.items["MUG"].id), "name", name))
    scan(busy, "ben", "<img src=x onerror=alert(1)>")
    eve = browser("eve")
    for url in ("/stock", "/items", f"/items/{busy.items['MUG'].id}", "/orders/1", "/scans"):
        page = eve.get(url).text
        assert name not in page
        assert "<img src=x" not in page


# --- the board ---------------------------------------------------------------------------------------------------


def test_the_board_counts_what_is_promised_and_late(busy: World, browser: Log_in) -> None:
    busy.order("OLD", ("MUG", 1), promised_on=busy.by("eve").today - timedelta(days=1))
    page = browser("eve").get("/board").text
    assert "<b>3</b><span>orders to pick</span>" in page
    assert "<b>1</b><span>late orders</span>" in page
    assert "<b>1</b><span>deliveries due</span>" in page
    assert 'href="/orders?due=today&amp;carrier=DPD">DPD</a>' in page


def test_the_board_shows_devices_by_their_last_scan(busy: World, browser: Log_in) -> None:
    scan(busy, "ben", "A-01-1")
    scan(busy, "ben", "nonsense")
    page = browser("eve").get("/board").text
    assert "device-of-ben" in page
    assert 'outcome=refused">1</a>' in page


def test_the_board_counts_the_lines_that_were_picked(busy: World, browser: Log_in) -> None:
    before = browser("eve").get("/board").text
    assert "<b>0</b><span>lines in the last hour" in before
    from scanner import pick

    task_id = transact(lambda: pick.start("SO-1", by=busy.by("ben")).id)
    prompts = []
    for raw in ("UT1", "A-01-1", "MUG"):
        code = f"{raw}" if raw != "UT1" else tote()
        scan(busy, "ben", code, task_id)
        prompts.append(pick.prompt(db.session.get_one(Task, task_id)).step)
    assert "<b>1</b><span>lines in the last hour" in browser("eve").get("/board").text, prompts


def tote() -> str:
    """The label of a tote that nobody used yet."""
    from scanner.barcode import encode

    return encode("tote", "1")


def test_the_live_part_comes_alone(busy: World, browser: Log_in) -> None:
    part = browser("eve").get("/board", headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    assert "<html" not in part
    assert "Needs you" in part


def test_a_decision_on_the_board_is_one_tap_and_happens_once(busy: World, browser: Log_in) -> None:
    case = short_pick(busy)
    eve = browser("eve")
    assert "It is gone: write off" in eve.get("/board").text
    for _tap in range(2):
        answer = eve.send(f"/discrepancies/{case.id}/resolve", {"resolution": "write_off", "from": "board"})
        assert answer.headers["Location"] == "/board"
    assert "This task is finished" in eve.get("/board").text
    db.session.refresh(case)
    assert (case.status, case.resolution) == ("resolved", "write_off")
    assert levels(busy.by("eve"), [busy.items["MUG"].id])[busy.items["MUG"].id].on_hand == 10
    assert check_ledger.check(busy.site.id) == []


# --- deciding ----------------------------------------------------------------------------------------------------


def test_a_case_is_taken_and_resolved_in_a_legal_way_only(busy: World, browser: Log_in) -> None:
    case = short_pick(busy)
    eve = browser("eve")
    eve.send(f"/discrepancies/{case.id}/take")
    assert "Eve" in eve.get("/discrepancies").text
    eve.send(f"/discrepancies/{case.id}/resolve", {"resolution": "approve"})
    db.session.refresh(case)
    assert case.status == "open"
    eve.send(f"/discrepancies/{case.id}/resolve", {"resolution": "found", "note": "behind the beam"})
    db.session.refresh(case)
    assert (case.status, case.note, case.owner_id) == ("resolved", "behind the beam", busy.people["eve"].id)


def test_a_held_lot_is_promised_elsewhere_at_once(busy: World, browser: Log_in) -> None:
    eve, lot = browser("eve"), busy.lot("MILK", "L1")
    eve.send(f"/lots/{lot.id}/hold", {"reason": "recall 7"})
    page = eve.get("/stock/lots?only=held").text
    assert "recall 7" in page
    promised = db.session.scalars(select(Reservation).where(Reservation.state == "open", Reservation.lot_id > 0)).all()
    assert [row.lot_id for row in promised] == [busy.lot("MILK", "L2").id]
    eve.send(f"/lots/{lot.id}/release")
    assert db.session.scalars(select(Hold)).one().released_by == busy.people["eve"].id
    assert check_ledger.check(busy.site.id) == []


def test_a_location_is_blocked_and_free_again(busy: World, browser: Log_in) -> None:
    eve, place = browser("eve"), busy.locations["A-01-1"]
    held = []
    for word in ("hold", "release"):
        eve.send(f"/locations/{place.id}/{word}", {"reason": "broken beam"})
        held.append("broken beam" in eve.get(f"/locations/{place.id}").text)
        db.session.refresh(place)
        held.append(place.is_held)
    assert held == [True, True, False, False]
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.object == "A-01-1")).all()
    assert actions == ["location.hold", "location.release"]


def test_a_virtual_location_has_no_page(busy: World, browser: Log_in) -> None:
    supplier = ledger.virtual(busy.site.id, "supplier").location_id
    assert browser("eve").get(f"/locations/{supplier}").status_code == 404


def test_an_order_is_allocated_held_released_and_cancelled(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    order = busy.order("SO-9", ("MUG", 3))
    url = f"/orders/{order.id}"
    eve.send(f"{url}/allocate")
    assert "Stock was sought" in eve.get(url).text
    eve.send(f"{url}/hold", {"reason": "unpaid"})
    eve.send(f"{url}/allocate")
    assert "is on hold" in eve.get(url).text
    eve.send(f"{url}/release")
    eve.send(f"{url}/cancel", {"reason": "customer"})
    db.session.refresh(order)
    assert (order.status, order.is_held) == ("cancelled", False)
    eve.send(f"{url}/cancel", {"reason": "again"})
    assert "is cancelled" in eve.get(url).text
    mugs = db.session.scalars(select(Balance).where(Balance.item_id == busy.items["MUG"].id)).one()
    assert mugs.reserved == 5
    assert check_ledger.check(busy.site.id) == []


def test_tasks_are_given_back_taken_over_and_cancelled(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    eve.send("/tasks/count", {"location": "a-01-1", "note": "looks wrong"})
    task = db.session.scalars(select(Task)).one()
    assert (task.workflow, task.person_id, task.purpose) == ("count", None, "looks wrong")
    assert "looks wrong" in eve.get("/tasks?who=nobody").text
    for word, owner in (("take", busy.people["eve"].id), ("release", None)):
        eve.send(f"/tasks/{task.id}/{word}")
        db.session.refresh(task)
        assert task.person_id == owner
    for _tap in range(2):
        eve.send(f"/tasks/{task.id}/cancel")
    assert "This task is finished" in eve.get("/tasks").text
    db.session.refresh(task)
    assert task.status == "cancelled"
    eve.send("/tasks/count", {"location": "nowhere"})
    assert "There is no location" in eve.get("/tasks").text


def test_cancelling_a_pick_opens_its_order_again(busy: World, browser: Log_in) -> None:
    busy.order("SO-77", ("MUG", 1))
    pick = transact(lambda: WORKFLOWS["pick"].start("SO-77", by=busy.by("ben")).id)
    order = db.session.scalars(select(Order).where(Order.number == "SO-77")).one()
    assert order.status == "picking"
    browser("eve").send(f"/tasks/{pick}/cancel")
    db.session.refresh(order)
    assert order.status == "open"
    assert 'value="SO-77"' in browser("ben").get("/pick/").text


def test_a_count_is_asked_for_once(busy: World, browser: Log_in) -> None:
    eve, place = browser("eve"), busy.locations["A-01-1"]
    for _tap in range(2):
        eve.send(f"/locations/{place.id}/count")
    assert len(db.session.scalars(select(Task)).all()) == 1


def test_the_journal_keeps_a_scan_as_it_came(busy: World, browser: Log_in) -> None:
    scan(busy, "ben", "what is this?")
    eve = browser("eve")
    assert "what is this?" in eve.get("/scans?outcome=refused&who=ben&device=device-of-ben").text
    assert "what is this?" not in eve.get("/scans?who=ana").text
    assert "what is this?" in eve.get(f"/scans?day={busy.by('eve').today}").text


# --- people ------------------------------------------------------------------------------------------------------


def test_an_admin_puts_a_person_on_file_and_the_badge_is_shown_once(
    busy: World, browser: Log_in, client: Browser
) -> None:
    form = {"name": "Gus", "login": "gus", "pin": "804715", "roles": ["picker", "packer"]}
    page = browser("finn").send("/people", form).text
    badge = page.split('id="badge">')[1].split("<")[0]
    assert client.send("/login", {"badge": badge, "pin": "804715"}).status_code == 303
    assert client.get("/pick/").status_code == 200
    gus = db.session.scalars(select(Person).where(Person.login == "gus")).one()
    assert badge not in browser("finn").get(f"/people/{gus.id}").text


@pytest.mark.parametrize(
    "change",
    [{"login": "ben"}, {"login": "no good"}, {"name": " "}, {"pin": "123456"}, {"roles": []}, {"roles": ["boss"]}],
)
def test_a_person_is_not_put_on_file_half(busy: World, browser: Log_in, change: dict[str, object]) -> None:
    form = {"name": "Gus", "login": "gus", "pin": "804715", "roles": ["picker"]} | change
    answer = browser("finn").send("/people", form)
    assert answer.status_code == 422
    assert 'class="field__error"' in answer.text
    assert not db.session.scalars(select(Person).where(Person.login == "gus")).all()


def test_a_new_badge_ends_the_old_one_and_its_sessions(busy: World, browser: Log_in, client: Browser) -> None:
    ben = browser("ben")
    page = browser("eve").send(f"/people/{busy.people['ben'].id}/badge").text
    badge = page.split('id="badge">')[1].split("<")[0]
    assert ben.get("/").status_code == 303
    assert client.send("/login", {"badge": busy.badges["ben"], "pin": PIN}).status_code == 401
    assert client.send("/login", {"badge": badge, "pin": PIN}).status_code == 303


@pytest.mark.parametrize("act", ["badge", "pin", "sessions"])
@pytest.mark.parametrize("victim", ["finn", "eve"])
def test_a_supervisor_cannot_become_an_admin_by_their_badge(
    busy: World, browser: Log_in, act: str, victim: str
) -> None:
    person = busy.people[victim]
    before = (person.badge_hash, person.pin_hash)
    browser("eve").send(f"/people/{person.id}/{act}", {"pin": "804715"})
    db.session.refresh(person)
    assert (person.badge_hash, person.pin_hash) == before


def test_new_roles_count_from_the_next_request_on(busy: World, browser: Log_in) -> None:
    ben = browser("ben")
    browser("finn").send(f"/people/{busy.people['ben'].id}/roles", {"roles": ["counter"]})
    assert ben.get("/pick/").status_code == 303
    assert browser("ben").get("/pick/").status_code == 403
    assert browser("ben").get("/count/").status_code == 200


def test_the_last_admin_keeps_the_role(busy: World, browser: Log_in) -> None:
    finn = browser("finn")
    finn.send(f"/people/{busy.people['finn'].id}/roles", {"roles": ["picker"]})
    assert "last admin" in finn.get("/people").text
    finn.send(f"/people/{busy.people['finn'].id}/disable")
    assert finn.get("/people").status_code == 200


def test_a_pin_and_a_password_are_set(busy: World, browser: Log_in, client: Browser) -> None:
    finn = browser("finn")
    finn.send(f"/people/{busy.people['ben'].id}/pin", {"pin": "804715"})
    assert client.send("/login", {"badge": busy.badges["ben"], "pin": "804715"}).status_code == 303
    finn.send(f"/people/{busy.people['eve'].id}/password", {"password": "an even longer one"})
    assert client.send("/login", {"login": "eve", "password": "an even longer one"}).status_code == 303
    finn.send(f"/people/{busy.people['ben'].id}/disable")
    finn.send(f"/people/{busy.people['ben'].id}/enable")
    assert client.send("/login", {"badge": busy.badges["ben"], "pin": "804715"}).status_code == 303


# --- imports -----------------------------------------------------------------------------------------------------


def upload(text: bytes, name: str = "items.csv") -> tuple[io.BytesIO, str]:
    """A file as a browser sends it."""
    return io.BytesIO(text), name


def test_a_file_is_checked_first_and_imported_then(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    vase = b"sku,name\nVASE,Vase\n"
    checked = eve.send("/imports", {"kind": "items", "check": "1", "file": upload(vase)})
    assert "dry run" in checked.text
    assert not db.session.scalars(select(Item).where(Item.sku == "VASE")).all()
    done = eve.send("/imports", {"kind": "items", "file": upload(vase)})
    assert (done.status_code, "1 added" in done.text) == (200, True)
    again = eve.send("/imports", {"kind": "items", "file": upload(vase)})
    assert "0 added, 0 changed, 1 unchanged" in again.text


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (b"sku,name\nVASE,Vase\n,Nameless\n", "items.csv", "sku"),
        (b"\xff\xfe\x00\x01", "items.csv", "UTF-8"),
        (b"", "items.csv", ""),
        (b"%PDF-1.7 \x00\x01", "items.pdf", ""),
        (b'{"sku": ', "items.json", ""),
        (b"sku,name\n" + b"VASE," + b"x" * 100_000 + b"\n", "items.csv", "name"),
    ],
)
def test_a_bad_file_changes_nothing_and_is_told(
    busy: World, browser: Log_in, text: bytes, name: str, words: str
) -> None:
    answer = browser("eve").send("/imports", {"kind": "items", "file": upload(text, name)})
    assert answer.status_code == 422
    assert "nothing was imported" in answer.text
    assert words in answer.text
    assert not db.session.scalars(select(Item).where(Item.sku == "VASE")).all()


def test_no_file_and_no_kind_are_told(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    assert "Choose a file" in eve.send("/imports", {"kind": "items"}).text
    assert "Choose what" in eve.send("/imports", {"kind": "x", "file": upload(b"a")}).text


def test_a_file_that_is_too_large_is_turned_away(busy: World, browser: Log_in) -> None:
    eve = browser("eve")
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="items.csv"\r\n\r\n'
    body = head + b"x" * (MOST_BYTES + 200_000) + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    answer = eve.post("/imports", data=body, content_type=kind, headers={"X-CSRFToken": eve.token()})
    assert answer.status_code == 413
    assert "larger" in answer.text


def test_the_own_count_is_not_approved_by_the_counter(busy: World, browser: Log_in) -> None:
    case = transact(
        lambda: discrepancies.open_case(
            busy.by("eve"),
            "count_variance",
            book="12",
            floor="9",
            qty=-3,
            item_id=busy.items["MUG"].id,
            location_id=busy.locations["A-01-1"].id,
        )
    )
    eve = browser("eve")
    eve.send(f"/discrepancies/{case.id}/resolve", {"resolution": "approve"})
    db.session.refresh(case)
    assert case.status == "open"
    assert tasks.latest(busy.by("eve")) is None
