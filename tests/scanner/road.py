"""The road: what a device does with the coming steps of a task, and the same scans in reality, side by side."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scanner import ahead
from scanner.accept import Answer
from scanner.ahead import Step, key_of
from scanner.ahead.count import SAVED
from scanner.barcode import command
from scanner.prompt import prompt_from_json
from tests.scanner.floor import Floor, pallet, tote

Way = dict[str, Any]
Choose = Callable[[list[tuple[str, Way]]], tuple[str, Way]]

ASKED = ("serial", "lot", "expiry")  # what only the server may know
AIMLESS = tuple(command(word) for word in ("BACK", "SHORT", "SKIP", "FULL", "PAUSE"))


@dataclass
class Device:
    """A device with the coming steps of one task, as it got them."""

    floor: Floor
    name: str
    task: int
    at: str = ""
    steps: dict[str, Step] = field(default_factory=dict)
    ways: dict[str, dict[str, Any]] = field(default_factory=dict)
    figures: dict[str, int | None] = field(default_factory=dict)  # what each step shows as counted
    fetched: int = 0

    def fetch(self) -> None:
        """Ask for the coming steps."""
        found = ahead.play(self.task, self.floor.by(self.name))
        self.at, self.fetched = found[0].key, self.fetched + 1
        self.steps = {step.key: step for step in found}
        self.ways = {step.key: step.as_json("") for step in found}
        self.figures = {step.key: figure_of(step.prompt.as_json()) for step in found}
        assert self.at == key_of(self.floor.prompt(self.task))

    def open_ways(self) -> list[tuple[str, Way]]:
        """Every code of the present step that leads somewhere."""
        step = self.ways.get(self.at, {"ways": {}})
        likes = [(sample, way) for way in step.get("like", ()) if (sample := self._sample(way["re"]))]
        ways = [*step["ways"].items(), *likes]
        return [(code, way) for code, way in ways if way.get("to") and not self._is_idle(way)]

    def _is_idle(self, way: Way) -> bool:
        """Whether it leads back to where one stands, and counts nothing."""
        return way["to"] == self.at and not {"add", "figure"} & set(way)

    def meaning(self, raw: str) -> tuple[str, Way]:
        """What a code is at the present step ('ok', 'stop' or 'keep'), and its way."""
        step = self.ways[self.at]
        for code in (raw, re.sub(r"^\][A-Za-z][0-9]", "", raw)):
            if code in step["ways"]:
                return self._judged(step["ways"][code])
            like = next((way for way in step.get("like", ()) if re.search(way["re"], code)), None)
            if like is not None:
                return self._judged(like)
        if step.get("pad") and re.fullmatch("CQ[0-9]{1,6}[0-9A-Z]", raw):
            return "ok", {"to": step["pad"]["quantity"], "tone": "ok"}
        return str(step["other"]), {}

    def _judged(self, way: Way) -> tuple[str, Way]:
        return ("ok" if way.get("to") in self.ways else "keep"), way

    def ends(self, way: Way) -> bool:
        """Whether a way leads to a step that only tells that the server will say more."""
        return self.steps[way["to"]].prompt.text == SAVED

    def _sample(self, expression: str) -> str:
        """A code of the kind that the expression takes, where any label of that kind will do."""
        codes = [tote(7), pallet(9), "LB012W", self.gtin_label(expression)]
        return next((code for code in codes if code and re.search(expression, code)), "")

    def gtin_label(self, expression: str) -> str:
        """A label with a date and a lot or serial number, as the expression wants it."""
        found = re.search(r"\^01(\d{14}).*?(10|21)([A-Z0-9]+)\(", expression.replace("\\", ""))
        return f"01{found[1]}{found[2]}{found[3]}" if found else ""

    def scan(self, code: str, way: Way) -> Answer:
        """Scan in reality what the device has shown as right; it must come as it was played.

        Only of what is asked twice does the server hear that the device has said yes: all else it must answer as it was
        shown, also where the device has spoken before it.
        """
        answer = self.floor.scan(self.name, self.task, code, seen="ok" if way.get("asks") else "")
        assert answer["outcome"] != "refused", (code, answer["code"], answer["say"])
        self.at = way["to"]
        if self.at in self.steps and self.steps[self.at].prompt.text == SAVED:
            return answer  # what the count comes to only the server knows
        came = key_of(prompt_from_json(answer["prompt"]))
        assert (came, answer["tone"]) == (way["to"], way["tone"]), (code, way, answer["prompt"])
        self._count(way, answer)
        return answer

    def _count(self, way: Way, answer: Answer) -> None:
        if "figure" in way:
            self.figures[self.at] = way["figure"]
        elif "add" in way and self.at in self.figures:
            self.figures[self.at] = (self.figures[self.at] or 0) + way["add"]
        if ("figure" in way or "add" in way) and self.at in self.figures:
            assert self.figures[self.at] == figure_of(answer["prompt"]), (way, answer["prompt"])

    def go(self, choose: Choose, most: int = 150) -> str:
        """Work along the steps, asked for anew where they end, to the task's end or for `most` scans; the last step."""
        scans = 0
        while True:
            self.fetch()
            began = scans
            while scans < most and (ways := self.open_ways()):
                self.scan(*choose(ways))
                scans += 1
            now = self.floor.prompt(self.task)
            if now.is_done or scans >= most:
                return now.step
            assert scans > began or now.step in ASKED, f"nothing leads on from {now}"
            if scans == began:
                self.floor.scans(self.name, self.task, command("BACK"))


def figure_of(prompt: dict[str, Any]) -> int | None:
    """The figure that a screen shows as counted."""
    goods = prompt["goods"] or {}
    found: int | None = goods.get("qty") if goods.get("qty") is not None else goods.get("done")
    return found


def by_chance(seed: int) -> Choose:
    """Any way, but rarely one that leads nowhere, and no serial number twice."""
    rng, serials = random.Random(seed), set[str]()  # noqa: S311 - a path by chance

    def choose(ways: list[tuple[str, Way]]) -> tuple[str, Way]:
        fresh = [pair for pair in ways if serial_in(pair[0]) not in serials]
        onward = [pair for pair in fresh if pair[0] not in AIMLESS]
        code, way = rng.choice(onward if onward and rng.random() < 0.9 else fresh)
        serials.update({serial_in(code)} - {""})
        return code, way

    return choose


def straight_on() -> Choose:
    """The first way that is no exception, and no serial number twice."""
    serials = set[str]()

    def choose(ways: list[tuple[str, Way]]) -> tuple[str, Way]:
        fresh = [pair for pair in ways if serial_in(pair[0]) not in serials and pair[0] not in AIMLESS]
        serials.update({serial_in(fresh[0][0])} - {""})
        return fresh[0]

    return choose


def serial_in(code: str) -> str:
    """The serial number in a code of a lamp; "" in others."""
    found = re.search(r"S-\d", code)
    return found[0] if found else ""
