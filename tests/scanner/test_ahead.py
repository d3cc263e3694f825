"""The coming steps: what was played beforehand is what comes, step by step, in every workflow."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from scanner import ahead
from scanner.accept import Answer, accept_scan
from scanner.ahead import playing
from scanner.barcode import command
from scanner.db import db, transact
from scanner.models import Location
from scanner.prompt import prompt_from_json
from tests.scanner import walks
from tests.scanner.floor import Floor, case, pallet, place, tote
from tests.scanner.road import Device, by_chance, straight_on
from tests.scanner.test_rehearsal import state_of_all
from tests.world import World


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine plays as many steps as a quiet one."""
    for bound in ("MOST_CPU_S", "MOST_S"):
        monkeypatch.setattr(playing, bound, 60)


@pytest.fixture
def floor(app: Flask, warehouse: World) -> Iterator[Floor]:
    """The small warehouse; the record is proved at the end."""
    made = Floor(warehouse)
    yield made
    assert made.is_good()


def exact_stock(world: World) -> None:
    """As much as is ordered: what is missing is found nowhere else."""
    world.stock("MUG", "A-01-1", 3)
    world.stock("MUG", "A-02-1", 4)
    world.stock("MILK", "B-01-1", 6, lot="L1", days=30)
    world.stock("MILK", "B-01-1", 3, lot="L2", days=60)
    for serial in ("S-1", "S-2", "S-3"):
        world.stock("LAMP", "B-02-1", serial=serial)
    world.order("SO-1", ("MUG", 7), ("MILK", 9), ("LAMP", 2))


def dock(floor: Floor) -> None:
    """Three pallets and loose goods at the dock."""
    floor.world.purchase_order("PO-1", ("MUG", 60), ("MILK", 24))
    task = floor.start("ana", "receive", "PO-1")
    for number in (1, 2, 3):
        floor.scans("ana", task, "MUG", command("Q", 10), pallet(number))
    floor.scans("ana", task, "MUG", command("Q", 5), command("DONE"))
    floor.scans("ana", task, case("MILK", lot="D1", expiry="330101", count="6"), pallet(4))
    floor.scans("ana", task, case("MILK", lot="D2", expiry="330201"), command("Q", 4), command("DONE"))


# --- every workflow --------------------------------------------------------------------------------------------------

each_walk = pytest.mark.parametrize("walk", walks.ALL, ids=str)


@pytest.fixture
def nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the next steps are played."""
    monkeypatch.setattr(playing, "MOST_STEPS", 10)


@each_walk
@pytest.mark.usefixtures("nearest")
def test_what_a_device_calls_right_is_taken_and_what_it_calls_wrong_is_refused(floor: Floor, walk: walks.Walk) -> None:
    for task, raw, scan in walks.follow(walk, floor):
        if floor.prompt(task).is_done:
            continue
        device = Device(floor, walk.who, task)
        device.fetch()
        means, way = device.meaning(raw)
        answer = scan()
        if means == "stop":
            assert answer["outcome"] == "refused", (raw, answer["prompt"]["step"])
        elif means == "ok" and answer["code"] not in ("confirm", "twice") and not device.ends(way):
            assert answer["outcome"] != "refused", (raw, answer["say"])
            came = ahead.key_of(prompt_from_json(answer["prompt"]))
            assert came == way["to"] or finds_more(answer), (raw, answer["prompt"])


def finds_more(answer: Answer) -> bool:
    """What was short is found elsewhere: only the server could know that."""
    return "Found elsewhere" in answer["say"]


@each_walk
@pytest.mark.usefixtures("nearest")
def test_no_step_of_any_workflow_is_written_when_it_is_played(floor: Floor, walk: walks.Walk) -> None:
    for task, _raw, scan in walks.follow(walk, floor):
        before = state_of_all()
        ahead.play(task, floor.by(walk.who))
        assert state_of_all() == before
        scan()


# --- pick ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_pick_goes_as_it_was_played(floor: Floor, seed: int) -> None:
    exact_stock(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    assert Device(floor, "ben", task).go(by_chance(seed)) == "done"


def test_all_of_a_pick_is_known_when_it_begins(floor: Floor) -> None:
    exact_stock(floor.world)
    device = Device(floor, "ben", floor.start("ben", "pick", "SO-1"))
    assert device.go(straight_on()) == "done"
    assert device.fetched == 1


def test_another_order_s_tote_is_wrong_without_a_network_too(floor: Floor) -> None:
    exact_stock(floor.world)
    floor.world.stock("MUG", "A-03-1", 1)
    floor.world.order("SO-2", ("MUG", 1))
    floor.scans("eve", floor.start("eve", "pick", "SO-2"), tote(7))
    device = Device(floor, "ben", floor.start("ben", "pick", "SO-1"))
    device.fetch()
    like, _typed = device.ways[device.at]["like"]
    assert not matches(like["re"], tote(7))
    assert matches(like["re"], tote(8))
    assert device.ways[device.at]["other"] == "stop"


def test_goods_that_are_held_meanwhile_are_wrong_and_not_led_on(floor: Floor) -> None:
    exact_stock(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    floor.scans("ben", task, tote(1), place("A-01-1"))
    # a promise that stands although the place was blocked, as when a hold comes in between
    hold_without_releasing(floor, "A-01-1")
    device = Device(floor, "ben", task)
    device.fetch()
    assert "MUG" not in device.ways[device.at]["ways"]
    hold_without_releasing(floor, "A-01-1", is_held=False)


def matches(expression: str, code: str) -> bool:
    """Whether a device takes the code for one of the kind."""
    return re.search(expression, code) is not None


def hold_without_releasing(floor: Floor, code: str, *, is_held: bool = True) -> None:
    """A place is blocked, and nobody has looked after its promises yet."""
    blocked = update(Location).where(Location.id == floor.world.locations[code].id).values(is_held=is_held)
    transact(lambda: db.session.execute(blocked))


def test_what_changes_nothing_or_may_be_right_is_no_stop(floor: Floor) -> None:
    exact_stock(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    device = Device(floor, "ben", task)
    device.fetch()
    assert device.meaning("00007")[0] == "keep"  # a tote's number by hand
    floor.scans("ben", task, tote(7), place("A-01-1"))
    device.fetch()
    means, way = device.meaning(place("A-01-1").removeprefix("]C0"))
    assert (means, way["to"]) == ("ok", device.at)
    floor.world.purchase_order("PO-1", ("MUG", 5))
    device = Device(floor, "ana", floor.start("ana", "receive", "PO-1"))
    device.fetch()
    assert {device.meaning(command(word))[0] for word in ("SHORT", "BACK")} == {"keep"}


# --- put away --------------------------------------------------------------------------------------------------------


def test_put_away_goes_as_it_was_played_in_the_order_of_the_list(floor: Floor) -> None:
    dock(floor)
    task = floor.start("ana", "putaway")
    device = Device(floor, "ana", task)
    device.fetch()
    loads = [way.codes[0] for way, leads in device.steps[device.at].leads if leads.to and {*way.codes} & {*listed()}]
    assert len(loads) == 6
    start = device.at
    for load in loads:
        device.at = start
        device.scan(load, device.ways[device.at]["ways"][load])
        best, way = device.open_ways()[0]
        assert device.scan(best, way)["code"] == "booked"
    assert device.fetched == 1
    assert floor.on_hand("MUG", "DOCK-1") == 4, "one of the loose ones was carried"


def listed() -> list[str]:
    """What waits at the dock, by the codes that come first."""
    return [*(label(number) for number in (1, 2, 3, 4)), "04000000000013", "04000000000020"]


def label(number: int) -> str:
    """A pallet's label as a scanner sends it that names no symbology."""
    return pallet(number).removeprefix("]C1")


@pytest.mark.parametrize("seed", range(2))
def test_what_is_put_away_in_any_order_stands_where_the_device_has_sent_it(floor: Floor, seed: int) -> None:
    dock(floor)
    task = floor.start("ana", "putaway")
    device = Device(floor, "ana", task)
    device.fetch()
    start, pallets = device.at, [label(number) for number in (1, 2, 3, 4)]
    random.Random(seed).shuffle(pallets)  # noqa: S311 - any order
    for load in pallets:
        device.at = device.ways[start]["ways"][load]["to"]
        best = device.open_ways()[0][0]
        floor.scans("ana", task, load)
        answer = floor.scan("ana", task, best, seen="ok")
        assert (answer["outcome"], answer["code"]) == ("accepted", "booked")


def test_another_place_than_the_one_shown_is_asked_for_twice_where_the_server_is_asked(floor: Floor) -> None:
    dock(floor)
    task = floor.start("ana", "putaway")
    floor.scans("ana", task, pallet(1))
    best = floor.prompt(task).place
    assert best is not None
    other = next(code for code in ("A-01-1", "A-02-1") if code != best.code)
    assert floor.scan("ana", task, place(other))["code"] == "twice"
    assert floor.scan("ana", task, place(other))["code"] == "booked"


def test_who_was_told_yes_and_never_heard_the_question_has_answered_it(floor: Floor) -> None:
    """The first answer was lost; the device has said that it is right, its person has gone on. The goods are there."""
    dock(floor)
    task = floor.start("ana", "putaway")
    floor.scans("ana", task, pallet(1))
    best = floor.prompt(task).place
    assert best is not None
    other = next(code for code in ("A-01-1", "A-02-1") if code != best.code)
    sent = floor.incoming("ana", task, place(other))
    asked = accept_scan(sent, floor.by("ana"))
    assert (asked["code"], asked["moves"]) == ("twice", [])
    assert accept_scan(replace(sent, seen="stop"), floor.by("ana"))["code"] == "twice"
    booked = accept_scan(replace(sent, seen="ok"), floor.by("ana"))
    assert (booked["code"], booked["scan_id"], len(booked["moves"])) == ("booked", sent.scan_id, 1)
    assert accept_scan(replace(sent, seen="ok"), floor.by("ana")) == {**booked, "replayed": True}
    assert floor.is_good()


def test_the_server_has_the_first_word_on_what_it_asks_twice_and_on_the_end_of_a_count(floor: Floor) -> None:
    dock(floor)
    shelf(floor)
    floor.world.purchase_order("PO-2", ("MUG", 5))
    task = floor.start("ana", "putaway")
    floor.scans("ana", task, pallet(1))
    best = floor.prompt(task).place
    assert best is not None
    shown = {code for code in first_step(floor, "ana", task)["ways"] if re.fullmatch(r"[AB]-\d\d-\d", code)}
    assert asked(floor, "ana", task) & shown == shown - {best.code} != set()
    task = floor.start("ana", "receive", "PO-2")
    floor.scans("ana", task, "MUG")
    assert command("DONE") in asked(floor, "ana", task)  # by then it may be more than was ordered
    task = floor.start("dan", "count", "A-01-1")
    floor.scans("dan", task, place("A-01-1"))
    assert command("DONE") in asked(floor, "dan", task)


def first_step(floor: Floor, name: str, task: int) -> dict[str, Any]:
    """The present step as a device gets it."""
    return ahead.play(task, floor.by(name))[0].as_json("")


def asked(floor: Floor, name: str, task: int) -> set[str]:
    """The codes at the present step that lead on, but not before the server has been asked."""
    return {code for code, way in first_step(floor, name, task)["ways"].items() if way.get("asks")}


def test_a_list_that_only_the_server_knows_is_waited_for(floor: Floor) -> None:
    dock(floor)
    task = floor.start("ana", "putaway")
    assert first_step(floor, "ana", task)["bare"]
    floor.scans("ana", task, pallet(1))
    assert "bare" not in first_step(floor, "ana", task)


# --- receive ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_receipt_goes_as_it_was_played(floor: Floor, seed: int) -> None:
    floor.world.lot("MILK", "L1")
    floor.world.purchase_order("PO-1", ("MUG", 20), ("MILK", 24), ("LAMP", 2))
    task = floor.start("ana", "receive", "PO-1")
    Device(floor, "ana", task).go(by_chance(seed), 40)


def test_more_than_ordered_that_was_received_without_a_network_is_booked_and_on_the_desk(floor: Floor) -> None:
    floor.world.purchase_order("PO-1", ("MUG", 5))
    task = floor.start("ana", "receive", "PO-1")
    floor.scans("ana", task, "MUG", command("Q", 8))
    answer = floor.scan("ana", task, command("DONE"), seen="ok")
    assert answer["outcome"] == "discrepancy"
    assert floor.on_hand("MUG", "DOCK-1") == 8
    assert [case.qty for case in floor.cases("over_receipt")] == [3]


def test_a_new_lot_or_serial_number_is_for_the_server(floor: Floor) -> None:
    floor.world.purchase_order("PO-1", ("MILK", 24), ("LAMP", 2))
    device = Device(floor, "ana", floor.start("ana", "receive", "PO-1"))
    device.fetch()
    for code in (case("MILK", lot="NEW", expiry="330101"), case("LAMP", serial="S-9")):
        assert device.meaning(code)[0] == "keep"
    for sku in ("MILK", "LAMP"):
        asked = device.ways[device.ways[device.at]["ways"][sku]["to"]]
        assert asked["other"] == "keep"


# --- count -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_count_goes_as_it_was_played(floor: Floor, seed: int) -> None:
    shelf(floor)
    task = floor.start("dan", "count", "A-01-1")
    Device(floor, "dan", task).go(by_chance(seed), 40)


def shelf(floor: Floor) -> None:
    """A place with all kinds of goods, and a pallet."""
    floor.world.stock("MUG", "A-01-1", 17)
    floor.world.stock("MILK", "A-01-1", 13, lot="L1", days=30)
    floor.world.stock("MILK", "A-01-1", 19, lot="L2", days=60)
    floor.world.stock("LAMP", "A-01-1", serial="S-1")


def test_the_figure_of_an_item_goes_on_when_the_counter_comes_back_to_it(floor: Floor) -> None:
    shelf(floor)
    task = floor.start("dan", "count", "A-01-1")
    device = Device(floor, "dan", task)
    device.fetch()
    device.scan(*device.open_ways()[0])
    for code in ("MUG", "MUG", "]C110L1", "MUG", "]C110L2", "MUG"):
        if code.startswith("]"):
            device.scan("MILK", device.ways[device.at]["ways"]["MILK"])
        device.scan(code, device.ways[device.at]["ways"][code])
    assert device.figures[device.at] == 4
    assert device.fetched == 1


def test_a_count_looks_the_same_whether_the_book_is_right_or_wrong(floor: Floor) -> None:
    shelf(floor)
    task = floor.start("dan", "count", "A-01-1")
    told = [step.as_json("") | {"prompt": step.prompt.as_json()} for step in ahead.play(task, floor.by("dan"))]
    for sku, lot in (("MUG", ""), ("MILK", "L1"), ("MILK", "L2")):
        floor.world.stock(sku, "A-01-1", 100, lot=lot)
    assert [step.as_json("") | {"prompt": step.prompt.as_json()} for step in ahead.play(task, floor.by("dan"))] == told


def test_an_item_that_has_left_a_place_is_among_the_coming_steps_like_one_that_stands_there(floor: Floor) -> None:
    shelf(floor)
    task = floor.start("dan", "count", "A-01-1")
    told = [step.as_json("") for step in ahead.play(task, floor.by("dan"))]
    away = floor.start("ben", "move")
    floor.scans("ben", away, place("A-01-1"), "MUG", command("ALL"), place("B-01-1"))
    assert floor.on_hand("MUG", "A-01-1") == 0
    assert [step.as_json("") for step in ahead.play(task, floor.by("dan"))] == told


def test_the_end_of_a_count_does_not_tell_whether_it_is_right(floor: Floor) -> None:
    shelf(floor)
    device = Device(floor, "dan", floor.start("dan", "count", "A-01-1"))
    device.fetch()
    ends = {way["to"] for step in device.ways.values() for code, way in step["ways"].items() if code == command("DONE")}
    (end,) = ends
    assert device.steps[end].prompt.is_done
    assert "server" in device.steps[end].prompt.text


# --- move, pack, ship ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_move_goes_as_it_was_played_from_the_place_that_was_scanned(floor: Floor, seed: int) -> None:
    shelf(floor)
    task = floor.start("ben", "move")
    floor.scans("ben", task, place("A-01-1"))
    device = Device(floor, "ben", task)
    device.fetch()
    choose = by_chance(seed)
    for _ in range(12):
        if not (ways := device.open_ways()):
            break
        device.scan(*choose(ways))
    assert device.fetched == 1


def test_packing_says_that_it_needs_the_network(floor: Floor) -> None:
    exact_stock(floor.world)
    floor.pick("SO-1")
    device = Device(floor, "cleo", floor.start("cleo", "verify", "SO-1"))
    device.fetch()
    device.scan(tote(1), device.ways[device.at]["ways"][tote(1)])
    step = device.ways[device.at]
    assert (step["other"], "network" in step["needs"]) == ("keep", True)


def test_loading_goes_on_and_closing_the_manifest_needs_the_network(floor: Floor) -> None:
    floor.world.stock("MUG", "A-01-1", 2)
    floor.world.order("SO-2", ("MUG", 2))
    floor.pick("SO-2")
    floor.pack("SO-2")
    task = floor.start("cleo", "ship", "DPD")
    device = Device(floor, "cleo", task)
    device.fetch()
    assert "network" in device.ways[device.at]["ways"][command("CLOSE")]["needs"]
    device.go(by_chance(1), 6)


# --- what every step has ---------------------------------------------------------------------------------------------


def test_printing_and_log_out_say_that_they_need_the_network(floor: Floor) -> None:
    exact_stock(floor.world)
    device = Device(floor, "ben", floor.start("ben", "pick", "SO-1"))
    device.fetch()
    for step in device.ways.values():
        if step["ways"]:
            assert "network" in step["ways"][command("PRINT")]["needs"]
            assert "network" in step["ways"][command("LOGOUT")]["needs"]
            assert step["ways"][command("UNDO")] == {"back": True}


@pytest.mark.parametrize("seed", range(3))
def test_undo_leads_back_to_the_step_before_unless_the_way_was_final(floor: Floor, seed: int) -> None:
    exact_stock(floor.world)
    task = floor.start("ben", "pick", "SO-1")
    device, choose = Device(floor, "ben", task), by_chance(seed)
    device.fetch()
    trail: list[tuple[str, bool]] = []
    for _ in range(12):
        if not (ways := device.open_ways()):
            break
        code, way = choose(ways)
        trail.append((device.at, way.get("final", False)))
        device.scan(code, way)
    while trail:
        before, is_final = trail.pop()
        answer = floor.scan("ben", task, command("UNDO"))
        if is_final:
            assert answer["outcome"] == "refused"
            return
        assert ahead.key_of(prompt_from_json(answer["prompt"])) == before


def test_the_key_of_a_step_is_the_same_when_its_prompt_has_been_through_json(floor: Floor) -> None:
    exact_stock(floor.world)
    for step in ahead.play(floor.start("ben", "pick", "SO-1"), floor.by("ben")):
        assert ahead.key_of(prompt_from_json(step.prompt.as_json())) == step.key


def test_a_task_that_has_ended_has_one_step(floor: Floor) -> None:
    exact_stock(floor.world)
    task = floor.pick("SO-1")
    (step,) = ahead.play(task, floor.by("ben"))
    assert step.prompt.is_done
    assert step.as_json("")["ways"] == {}
