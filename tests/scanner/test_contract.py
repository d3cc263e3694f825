"""The contract that every workflow keeps, asked in the same words of all of them."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from scanner import accept, asides, undo
from scanner.asides import HOME_CARDS as HOME
from scanner.barcode import command, element_string
from scanner.barcode.own import COMMANDS
from scanner.db import db, now
from scanner.lookup import CARDS
from scanner.models import ScanRecord
from scanner.models.person import ROLES
from scanner.prompt import Prompt
from scanner.refusals import REASONS, Refusal
from scanner.workflows import WORKFLOWS
from tests.scanner import walks
from tests.scanner.floor import Floor, difference, dump, place, standing, tote
from tests.scanner.walks import Walk, follow
from tests.test_docs import DOCS, cards

each_walk = pytest.mark.parametrize("walk", walks.ALL, ids=str)

BAD_CODES = {
    "empty": "",
    "blank": "  \r\n",
    "too long": "X" * 257,
    "much too long": "X" * 100_000,
    "control character": "MU\x07G",
    "NUL": "MU\x00G",
    "lone surrogate": "MU\ud800G",
    "undecodable": "MU\ufffdG",
    "misread GTIN": "4006381333932",
    "misread own label": "LA0111",
    "half a GS1 label": "]C10195060001343",
    "GS1 with a wrong check digit": "]C101950600013435310",
    "GS1 date that is none": "]C1" + "0109506000134352" + "17" + "271399",
    "quantity below zero": "CQ-1A",
    "fractional quantity": "CQ1.5A",
    "huge quantity": "CQ1000000000000000A",
}
FOREIGN_CODES = {
    "foreign GTIN": "4006381333931",
    "foreign GS1 label": "]C1" + element_string({"01": "04006381333931", "10": "X1"}),
    "unknown text": "no such thing",
    "SQL": "'; DROP TABLE move; --",
}
TAKES_ANY_TEXT = ("lot", "serial", "tracking")  # the steps in which unknown text is an answer


def test_every_workflow_has_a_walk() -> None:
    assert {walk.workflow for walk in walks.ALL} == set(WORKFLOWS) - {"lookup"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_has_the_same_face(name: str) -> None:
    module = WORKFLOWS[name]
    assert {"ROLES", "TITLE", "start", "prompt", "step", "finish"} <= set(vars(module))
    assert set(module.ROLES) <= set(ROLES)


@each_walk
def test_a_walk_ends_its_task_and_leaves_a_true_record(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):  # noqa: B007 - used after the loop
        pass
    assert floor.prompt(task).is_done
    assert floor.is_good()


@each_walk
def test_a_repeated_scan_changes_nothing_and_gets_the_same_answer(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    for raw in walk.raws(floor, task):
        sent = floor.incoming(walk.who, task, raw)
        first = accept.accept_scan(sent, floor.by(walk.who))
        before = dump(without=())
        again = accept.accept_scan(sent, floor.by(walk.who))
        assert again == {**first, "replayed": True}
        assert json.dumps(again) == json.dumps({**first, "replayed": True})
        assert difference(before, dump(without=())) == {}


@each_walk
def test_a_scan_id_with_other_content_is_refused_and_changes_nothing(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    for raw in walk.raws(floor, task):
        scan_id = str(uuid.uuid4())
        accept.accept_scan(floor.incoming(walk.who, task, raw, scan_id=scan_id), floor.by(walk.who))
        before = dump(without=())
        for other in (
            floor.incoming(walk.who, task, raw + "1", scan_id=scan_id),
            floor.incoming(walk.who, None, raw, scan_id=scan_id),
            floor.incoming(walk.who, 10**6, raw, scan_id=scan_id),
        ):
            with pytest.raises(Refusal) as refused:
                accept.accept_scan(other, floor.by(walk.who))
            assert refused.value.code == "scan_id_reused"
        assert difference(before, dump(without=())) == {}


@each_walk
def test_a_bad_code_is_refused_with_a_listed_reason_and_changes_nothing(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        is_open_question = floor.prompt(task).step in TAKES_ANY_TEXT
        before = dump()
        for name, code in {**BAD_CODES, **({} if is_open_question else FOREIGN_CODES)}.items():
            if is_open_question and ("quantity" in name or name.startswith("misread")):
                continue  # there it may be the answer: a carrier's number can look like a GTIN with a wrong digit
            answer = floor.scan(walk.who, task, code)
            assert answer["outcome"] == "refused", (name, answer)
            assert answer["code"] in REASONS
            assert answer["say"]
            assert answer["next"]
        assert difference(before, dump()) == {}


@each_walk
def test_a_refusal_is_repeated_when_its_scan_is(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        if floor.prompt(task).step == "tracking":
            continue  # any text may be the number
        sent = floor.incoming(walk.who, task, "LA0111")
        first = accept.accept_scan(sent, floor.by(walk.who))
        again = accept.accept_scan(sent, floor.by(walk.who))
        assert (first["outcome"], again) == ("refused", {**first, "replayed": True})


@each_walk
def test_every_scan_is_kept_with_who_what_when_and_what_came_of_it(floor: Floor, walk: Walk) -> None:
    for _task, raw, scan in follow(walk, floor):
        answer = scan()
        kept = db.session.get_one(ScanRecord, answer["scan_id"])
        assert (kept.raw, kept.outcome, kept.code) == (raw, answer["outcome"], answer["code"])
        assert (kept.person_id, kept.device) == (floor.world.people[walk.who].id, f"device-of-{walk.who}")
        assert kept.step
        assert kept.received_at >= kept.occurred_at


@each_walk
def test_a_finished_task_takes_no_more_scans(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):  # noqa: B007 - used after the loop
        pass
    before = dump()
    for raw in ("MUG", place("A-01-1"), tote(1), command("DONE"), command("UNDO")):
        assert floor.scan(walk.who, task, raw)["code"] == "task_done"
    assert difference(before, dump()) == {}


@each_walk
def test_a_task_that_does_not_exist_takes_no_scan_and_keeps_none(floor: Floor, walk: Walk) -> None:
    before = dump(without=())
    for task in (10**6, 0, -1, 2**31, 2**63, 10**30):
        with pytest.raises(Refusal) as refused:
            floor.scan(walk.who, task, "MUG")
        assert refused.value.code == "unknown_task"
    assert difference(before, dump(without=())) == {}


@each_walk
def test_only_the_task_s_own_person_or_a_supervisor_goes_on_with_it(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    stranger = floor.by("dan" if walk.who != "dan" else "ana")
    stranger.roles = frozenset(WORKFLOWS[walk.workflow].ROLES)
    before = dump()
    raw = next(walk.raws(floor, task))
    assert accept.accept_scan(floor.incoming("dan", task, raw), stranger)["code"] == "not_your_task"
    assert difference(before, dump()) == {}
    assert floor.scan("eve", task, raw)["outcome"] == "accepted"


@each_walk
def test_a_person_without_the_role_is_refused(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    allowed = {*WORKFLOWS[walk.workflow].ROLES, "supervisor", "admin"}
    by = floor.by(walk.who)
    before = dump()
    raw = next(walk.raws(floor, task))
    for role in sorted(set(ROLES) - allowed):
        by.roles = frozenset({role})
        assert accept.accept_scan(floor.incoming(walk.who, task, raw), by)["code"] == "not_allowed"
    by.roles = frozenset()
    assert accept.accept_scan(floor.incoming(walk.who, task, raw), by)["code"] == "not_allowed"
    assert difference(before, dump()) == {}


@each_walk
def test_every_state_tells_what_to_do_in_few_words(floor: Floor, walk: Walk) -> None:
    for task, _raw, scan in follow(walk, floor):
        check_words(floor.prompt(task))
        answer = scan()
        assert answer["say"]
        assert answer["prompt"] == json.loads(json.dumps(floor.prompt(task).as_json()))
    check_words(floor.prompt(task))


def check_words(prompt: Prompt) -> None:
    """A working screen has at most 45 words and three actions, and says what to scan. A customer's words are theirs."""
    texts = [prompt.verb, prompt.scan, prompt.next, prompt.put_in, prompt.title]
    texts += [] if prompt.step == "instructions" else [prompt.text]
    texts += [prompt.goods.name, prompt.goods.sku] if prompt.goods else []
    texts += [prompt.place.code, prompt.place.hint] if prompt.place else []
    assert prompt.verb
    assert prompt.scan
    assert prompt.title
    assert sum(len(text.split()) for text in texts) <= 45
    assert len(prompt.actions) <= 3
    for action in (*prompt.actions, *prompt.more, *(prompt.pad.choices if prompt.pad else ())):
        assert action.label


@each_walk
def test_every_action_on_the_screen_means_something(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        prompt = floor.prompt(task)
        for action in (*prompt.actions, *prompt.more, *(prompt.pad.choices if prompt.pad else ())):
            answer = act_and_take_back(floor, walk.who, task, action.code)
            assert answer["code"] != "wrong_command", (prompt.step, action)


def act_and_take_back(floor: Floor, who: str, task: int, raw: str) -> dict[str, Any]:
    """Scan inside a transaction that is thrown away: nothing of it stays."""
    sent = floor.incoming(who, task, raw)
    try:
        return accept._take_step(sent, floor.by(who))
    except Refusal as refusal:
        return {"code": refusal.code, "outcome": "refused"}
    finally:
        db.session.rollback()


@each_walk
def test_every_command_is_taken_or_refused_in_every_state(floor: Floor, walk: Walk) -> None:
    told = cards(DOCS / "workflows" / f"{walk.workflow}.md") | set(asides.ASIDES)
    for task, _raw, _scan in follow(walk, floor):
        for word in sorted(COMMANDS):
            answer = act_and_take_back(floor, walk.who, task, command(word))
            assert answer["code"] == "wrong_command" or word in told, (word, "is not on the page of the workflow")
            assert answer["outcome"] in ("accepted", "discrepancy", "refused")
            assert answer["outcome"] != "refused" or answer["code"] in REASONS


@each_walk
def test_a_quantity_is_booked_only_when_it_makes_sense(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        for number in (0, 999_999):
            before = dump(without=("scan", "task"))
            answer = floor.scan(walk.who, task, command("Q", number))
            if walk.workflow == "count" and answer["outcome"] == "accepted":
                floor.scans(walk.who, task, command("UNDO"))
            elif walk.workflow == "receive" and number and answer["outcome"] == "accepted":
                assert answer["moves"] == []
                floor.scans(walk.who, task, command("UNDO"))
            else:
                assert answer["outcome"] == "refused"
            assert difference(before, dump(without=("scan", "task"))) == {}


@each_walk
def test_every_scan_can_be_taken_back_unless_it_is_final(floor: Floor, walk: Walk) -> None:
    for task, raw, scan in follow(walk, floor):
        before = standing()
        answer = scan()
        kept = db.session.get_one(ScanRecord, answer["scan_id"])
        undone = floor.scan(walk.who, task, command("UNDO"))
        if kept.is_final:
            assert undone["code"] in ("undo_too_late", "task_done"), raw
            continue
        assert (raw, undone["outcome"], undone["code"]) == (raw, "accepted", "undone")
        assert difference(before, standing()) == {}, raw
        floor.scans(walk.who, task, raw)
    assert floor.is_good()


@each_walk
def test_everything_that_is_not_final_can_be_taken_back_one_by_one(floor: Floor, walk: Walk) -> None:
    """UNDO, UNDO, UNDO: back to the last final scan, and no further."""
    pictures = []
    task = walk.start(floor)
    for raw in walk.raws(floor, task):
        pictures.append(standing())
        answer = floor.scans(walk.who, task, raw)
        if db.session.get_one(ScanRecord, answer["scan_id"]).is_final:
            break
    else:
        pytest.fail("no walk ends without a final scan")
    if not floor.prompt(task).is_done:
        assert floor.scan(walk.who, task, command("UNDO"))["code"] == "undo_too_late"
        return
    # The final scan ended the task; walk again up to it.
    assert floor.is_good()


@each_walk
def test_taking_back_too_late_is_refused(floor: Floor, walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    task = walk.start(floor)
    floor.scans(walk.who, task, next(walk.raws(floor, task)))
    monkeypatch.setattr(undo, "UNDO_AGE", timedelta(0))
    before = dump()
    assert floor.scan(walk.who, task, command("UNDO"))["code"] == "undo_too_late"
    assert difference(before, dump()) == {}


@each_walk
def test_there_is_nothing_to_take_back_in_a_new_task(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    assert floor.scan(walk.who, task, command("UNDO"))["code"] == "nothing_to_undo"


@each_walk
def test_a_crash_inside_a_step_stores_nothing_and_the_same_scan_may_come_again(
    floor: Floor, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = WORKFLOWS[walk.workflow]
    for task, raw, scan in follow(walk, floor):
        before = dump(without=())
        with monkeypatch.context() as patch:
            step = module.step

            def crash(*args: Any, step: Any = step, **more: Any) -> str:
                step(*args, **more)
                raise ZeroDivisionError

            patch.setattr(module, "step", crash)
            sent = floor.incoming(walk.who, task, raw)
            with pytest.raises(ZeroDivisionError):
                accept.accept_scan(sent, floor.by(walk.who))
        assert difference(before, dump(without=())) == {}
        scan()


@each_walk
def test_a_step_that_writes_and_then_refuses_leaves_nothing(
    floor: Floor, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = WORKFLOWS[walk.workflow]
    for task, raw, _scan in follow(walk, floor):
        before = dump()
        with monkeypatch.context() as patch:
            step = module.step

            def refuse(*args: Any, step: Any = step, **more: Any) -> str:
                step(*args, **more)
                raise Refusal("wrong_item", "one", "another")

            patch.setattr(module, "step", refuse)
            answer = floor.scan(walk.who, task, raw)
        assert (answer["outcome"], answer["code"], answer["moves"]) == ("refused", "wrong_item", [])
        assert difference(before, dump()) == {}


# --- what comes before any workflow ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scan_id", ["", "1", "not-a-uuid", "0" * 31, "x" * 36, "\x00"])
def test_a_scan_without_an_id_of_its_own_is_refused(floor: Floor, scan_id: str) -> None:
    sent = accept.Incoming(scan_id, "MUG", now(), "here")
    with pytest.raises(Refusal) as refused:
        accept.accept_scan(sent, floor.by("ben"))
    assert refused.value.code == "bad_scan_id"


def test_one_scan_id_written_in_two_ways_is_one_scan(floor: Floor) -> None:
    plain = uuid.uuid4()
    first = floor.scan("ben", None, "MUG", scan_id=str(plain))
    for other in (str(plain).upper(), plain.hex, f"{{{plain}}}", plain.urn):
        again = floor.scan("ben", None, "MUG", scan_id=other)
        assert again == {**first, "replayed": True}


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 5, 1, 12, 0),  # noqa: DTZ001 - the fault that is tested
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    ],
    ids=["no offset", "too early", "too late"],
)
def test_a_time_that_cannot_be_is_refused(floor: Floor, at: datetime) -> None:
    sent = accept.Incoming(str(uuid.uuid4()), "MUG", at, "here")
    with pytest.raises(Refusal) as refused:
        accept.accept_scan(sent, floor.by("ben"))
    assert refused.value.code == "bad_request"


@pytest.mark.parametrize("years", [-20, 20])
def test_no_scan_is_refused_because_a_device_s_clock_is_wrong(floor: Floor, years: int) -> None:
    answer = floor.scan("ben", None, "MUG", at=now() + timedelta(days=365 * years))
    assert answer["outcome"] == "accepted"


@pytest.mark.parametrize("device", ["d" * 65, "d\x00", "d\ud800"])
def test_a_device_s_name_that_cannot_be_kept_does_not_stop_its_scan(floor: Floor, device: str) -> None:
    sent = accept.Incoming(str(uuid.uuid4()), "MUG", now(), device)
    answer = accept.accept_scan(sent, floor.by("ben"))
    assert answer["outcome"] == "accepted"
    assert len(db.session.get_one(ScanRecord, answer["scan_id"]).device) <= 64


@pytest.mark.parametrize("code", BAD_CODES.values(), ids=BAD_CODES)
def test_a_bad_code_is_refused_outside_of_any_task_too(floor: Floor, code: str) -> None:
    before = dump()
    answer = floor.scan("ben", None, code)
    assert (answer["outcome"], answer["code"] in REASONS) == ("refused", True)
    assert difference(before, dump()) == {}


def test_a_task_of_another_site_is_unknown(floor: Floor) -> None:
    task = floor.start("ana", "receive")
    by = floor.by("ana")
    by.site_id += 1
    with pytest.raises(Refusal) as refused:
        accept.accept_scan(floor.incoming("ana", task, "MUG"), by)
    assert refused.value.code == "unknown_task"


def test_a_look_up_cannot_be_undone(floor: Floor) -> None:
    floor.scans("ben", None, "MUG")
    assert floor.scan("ben", None, command("UNDO"))["code"] == "nothing_to_undo"


def test_a_card_that_belongs_to_a_step_is_refused_at_home_by_its_name(floor: Floor) -> None:
    before = dump()
    for word in sorted(COMMANDS - {*CARDS, *asides.ASIDES, "UNDO"}):
        answer = floor.scan("ben", None, command(word))
        assert (answer["outcome"], answer["code"], answer["moves"]) == ("refused", "wrong_command", [])
        assert word in answer["say"]
        assert answer["next"]
    assert difference(before, dump()) == {}


# --- HELP and LOGOUT: the same in every step -----------------------------------------------------------------------


def test_help_has_a_line_for_every_card() -> None:
    assert {*asides.WORDS, *CARDS} == {*COMMANDS, "Q"}


@each_walk
def test_help_tells_what_every_button_of_a_step_does_and_changes_nothing(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        before, prompt = dump(), floor.prompt(task)
        answer = floor.scan(walk.who, task, command("HELP"))
        assert (answer["outcome"], answer["code"], answer["prompt"]["step"]) == ("accepted", "help", prompt.step)
        buttons = list(dict.fromkeys(action.label for action in (*prompt.actions, *prompt.more)))
        assert [label for label, words in answer["found"]["rows"] if words] == (buttons or [row[0] for row in HOME])
        assert difference(before, dump()) == {}


@each_walk
def test_undo_passes_over_help_and_a_log_out_that_was_not_meant(floor: Floor, walk: Walk) -> None:
    task = walk.start(floor)
    before = floor.prompt(task)
    raw = next(walk.raws(floor, task))
    answer = floor.scans(walk.who, task, raw, command("HELP"), command("LOGOUT"), command("UNDO"))
    assert (answer["code"], floor.prompt(task)) == ("undone", before)


@each_walk
def test_a_second_log_out_card_in_a_row_logs_out_in_every_step(floor: Floor, walk: Walk) -> None:
    for task, _raw, _scan in follow(walk, floor):
        before = dump()
        codes = [floor.scan(walk.who, task, command("LOGOUT"))["code"] for _ in range(3)]
        assert codes == ["confirm_logout", "logout", "confirm_logout"]
        floor.scan(walk.who, task, command("HELP"))
        assert floor.scan(walk.who, task, command("LOGOUT"))["code"] == "confirm_logout"
        floor.scan(walk.who, task, command("HELP"))  # the next step must not find the question open
        assert difference(before, dump()) == {}


def test_a_log_out_that_was_asked_long_ago_or_elsewhere_is_asked_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert floor.scan("ben", None, command("LOGOUT"))["code"] == "confirm_logout"
    assert floor.scan("cleo", None, command("LOGOUT"))["code"] == "confirm_logout"
    monkeypatch.setattr(asides, "CONFIRM", timedelta())
    assert floor.scan("ben", None, command("LOGOUT"))["code"] == "confirm_logout"
    monkeypatch.undo()
    assert floor.scan("ben", None, command("LOGOUT"))["code"] == "logout"
