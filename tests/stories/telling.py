"""Telling: a story is lived through on the product itself, line by line; the first line that is not true stops it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from scanner import check_ledger, devices
from scanner.accept import Answer, Incoming, accept_scan, refuse_scan
from scanner.by import By
from scanner.db import db, now, transact
from scanner.devices import Sender
from scanner.models import Device, Discrepancy, Person, PersonSession
from scanner.refusals import REASONS, Refusal
from scanner.secrets import new_token
from scanner.workflows import WORKFLOWS
from tests.scanner.floor import Floor
from tests.stories import book
from tests.stories.codes import raw_code
from tests.stories.desk import DESK, GIVEN, do
from tests.stories.story import Act, End, Given, Line, Story, Then, commas

NOTHING = "nothing"
SHIFT = timedelta(hours=12)


def _phone(person: Person, device: str) -> Sender:
    """A person logs in on a device: it is enrolled."""
    devices.enrol(person.id, device, "", "")
    moment = now()
    db.session.add(
        PersonSession(
            token_hash=new_token(), person_id=person.id, device=device, created_at=moment, expires_at=moment + SHIFT
        )
    )
    row = db.session.scalars(select(Device).where(Device.device == device)).one()
    return Sender(row.id, device, person.site_id)


@dataclass(slots=True)
class Telling:
    """One story on one warehouse."""

    floor: Floor
    tasks: dict[tuple[str, str], int] = field(default_factory=dict)  # who works on what
    phones: dict[str, Sender] = field(default_factory=dict)
    clock: str = "00:00"  # when the station hears of a line: by its own clock, not that of the machine
    last: Incoming | None = None
    last_answer: Answer = field(default_factory=dict)

    def tell(self, story: Story) -> None:
        """Live through it. Raises StoryError at the first line that is not true."""
        for line in story.lines:
            match line:
                case Given():
                    self._begin(line)
                case Act(work="desk"):
                    self._decide(line)
                case Act():
                    self._work(line)
                case Then():
                    self._look(line)
        self._end([line for line in story.lines if isinstance(line, End)])

    # --- who does what ---

    def _begin(self, line: Line) -> None:
        if not do(GIVEN, line.text.removeprefix("given").strip(), self.floor, "eve"):
            raise line.unclear("given 5 MUG at A-01-1, given order SO-1: 2 MUG, ... (docs/stories.md)")

    def _decide(self, act: Act) -> None:
        """A decision at the desk: the whole of the third column is its sentence."""
        text = ", ".join(act.scans)
        came = "done"
        try:
            if not do(DESK, text, self.floor, act.who):
                raise act.unclear("hold order SO-1: why, resolve short_pick: write_off, ... (docs/stories.md)")
        except Refusal as refusal:
            came = f"refused {refusal.code}"
        expected = act.outcome[0] if act.outcome else "done"
        if came != expected:
            raise act.wrong(expected, came)

    def _work(self, act: Act) -> None:
        """Open or go on with a task, scan one thing after the other, look at what came of the last."""
        self._check_words(act)
        self.clock = max(self.clock, act.time)
        try:
            task = self._task(act)
            if not act.scans:
                answer: Answer = {"outcome": "accepted", "code": "ok", "say": "", "next": "", "moves": []}
                answer["prompt"] = WORKFLOWS[act.work].prompt(None) if task is None else self.floor.prompt(task)
                answer["prompt"] = answer["prompt"].as_json()
            for number, words in enumerate(act.scans, 1):
                answer = self._scan(act, task, words)
                if number < len(act.scans) and answer["outcome"] == "refused":
                    raise act.wrong(f"{words} is accepted", _told(answer))
        except Refusal as refusal:
            answer = {"outcome": "refused", "code": refusal.code, "say": refusal.say, "next": refusal.next}
        self._compare(act, answer)

    def _check_words(self, act: Act) -> None:
        if act.who not in self.floor.world.people:
            raise act.wrong(f"one of {', '.join(self.floor.world.people)}", act.who)
        if act.work not in WORKFLOWS:
            raise act.wrong(f"desk, {', '.join(WORKFLOWS)}", act.work)

    def _task(self, act: Act) -> int | None:
        if act.work == "lookup":
            return None
        key = (act.who, act.work)
        if act.document is None and key in self.tasks:
            return self.tasks[key]
        by, refusal = self._actor(act)
        if refusal is not None or not by.may(*WORKFLOWS[act.work].ROLES):
            raise refusal or Refusal("not_allowed")
        self.tasks[key] = transact(lambda: WORKFLOWS[act.work].start(act.document, by=by).id)
        return self.tasks[key]

    def _scan(self, act: Act, task: int | None, words: str) -> Answer:
        self.last = self._incoming(act, task, words)
        by, refusal = self._actor(act)
        self.last_answer = accept_scan(self.last, by) if refusal is None else refuse_scan(self.last, by, refusal)
        return self.last_answer

    def _actor(self, act: Act) -> tuple[By, Refusal | None]:
        """The person on a device of their own, on which they have logged in."""
        person, device = self.floor.world.people[act.who], f"device-of-{act.who}"
        if act.who not in self.phones:
            self.phones[act.who] = transact(lambda: _phone(person, device))
        return devices.actor(self.phones[act.who], person.id)

    def _incoming(self, act: Act, task: int | None, words: str) -> Incoming:
        """`again` repeats the last scan as it was; `same id: MUG` gives its id to another code."""
        same_id = words.startswith("same id: ")
        if (words == "again" or same_id) and self.last is None:
            raise act.wrong("a scan before this one", "none")
        if words == "again" and self.last is not None:
            return self.last
        raw = self._raw(act, words.removeprefix("same id: "))
        scan_id = self.last.scan_id if same_id and self.last is not None else str(uuid.uuid4())
        return Incoming(scan_id, raw, self._at(act), f"device-of-{act.who}", task)

    def _raw(self, act: Act, words: str) -> str:
        try:
            raw = raw_code(words, self.floor)
        except (ValueError, LookupError):
            raw = None
        if raw is None:
            raise act.wrong('something to scan, such as MUG, A-01-1, tote 1, DONE, "typed text"', words)
        return raw

    def _at(self, act: Act) -> datetime:
        """As long ago as the line's time is before the latest that the story has told."""
        return now() - (_of_day(self.clock) - _of_day(act.time))

    # --- what came of it ---

    def _compare(self, act: Act, answer: Answer) -> None:
        outcomes = list(act.outcome)
        if answer["outcome"] == "refused" and not any(text.startswith("refused ") for text in outcomes):
            raise act.wrong(", ".join(outcomes) or "it is accepted", _told(answer))
        for text in outcomes:
            self._check_outcome(act, text, answer)
        for text in act.says:
            if text not in f"{answer['say']} {answer['next']}":
                raise act.wrong(f'says "{text}"', _told(answer))

    def _check_outcome(self, act: Act, text: str, answer: Answer) -> None:
        word, _, rest = text.partition(" ")
        match word:
            case "refused":
                if rest not in REASONS:
                    raise act.wrong("a reason of docs/refusals.md", rest)
                is_true = (answer["outcome"], answer["code"]) == ("refused", rest)
            case "discrepancy":
                is_true = answer["outcome"] == "discrepancy" and rest in _kinds(answer)
            case "asks":
                is_true = _asked(answer["prompt"]) == rest or answer["prompt"]["step"] == rest
            case "replayed":
                is_true = bool(answer.get("replayed"))
            case _:
                is_true = answer["code"] == text
        if not is_true:
            raise act.wrong(text, _told(answer))

    def _look(self, line: Line) -> None:
        """A line that begins with `then`."""
        text = line.text.removeprefix("then").strip()
        for pattern, look in LOOKS.items():
            parts = re.fullmatch(pattern, text)
            if parts is not None:
                expected, came = look(parts)
                if expected != came:
                    raise line.wrong(_listed(expected), _listed(came))
                return
        raise line.unclear("then A-01-1 has 5 MUG, then order SO-1 is picked, ... (docs/stories.md)")

    def _end(self, lines: list[End]) -> None:
        """All of the stock is where the story says, no discrepancy is left untold, and the ledger is true."""
        told = {}
        for line in lines[1:]:
            name, _, rest = line.text.partition(" ")
            told[name] = (line, sorted(_goods(rest)))
        for name in [*book.places(), "desk"]:
            line, expected = told.pop(name, (lines[0], []))
            came = book.open_cases() if name == "desk" else book.content(name)
            if came != expected:
                raise line.wrong(f"{name}: {_listed(expected)}", f"{name}: {_listed(came)}")
        for name, (line, _expected) in told.items():
            raise line.wrong("a place of the house", name)
        breaches = check_ledger.check(self.floor.world.site.id)
        if breaches:
            raise lines[0].wrong("a ledger that is true", "; ".join(map(str, breaches)))


def _goods(text: str) -> list[str]:
    """`5 MUG, LAMP S-1` -> what the book calls them."""
    parts = [part for part in commas(text) if part != NOTHING]
    return [part if part[0].isdigit() or part.islower() else f"1 {part}" for part in parts]


def _listed(value: object) -> str:
    return ", ".join(value) or NOTHING if isinstance(value, list) else str(value)


def _asked(prompt: dict[str, Any]) -> str:
    """The step, with the place that it sends people to: `location A-01-1`."""
    place = prompt.get("place")
    return f"{prompt['step']} {place['code']}" if place else str(prompt["step"])


def _told(answer: Answer) -> str:
    asks = f"; it asks for {_asked(answer['prompt'])}" if answer.get("prompt") else ""
    return f'{answer["outcome"]} {answer["code"]}: "{answer["say"]}" {answer.get("next", "")}{asks}'


def _kinds(answer: Answer) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.id.in_(answer["discrepancies"]))))


LOOKS: dict[str, Callable[[re.Match[str]], tuple[object, object]]] = {
    r"the desk has (.+)": lambda p: (sorted(_goods(p[1])), book.open_cases()),
    r"the printers have (.+)": lambda p: ([x for x in commas(p[1]) if x != NOTHING], book.prints()),
    r"counts wait for (.+)": lambda p: (sorted(x for x in commas(p[1]) if x != NOTHING), book.counts_waiting()),
    r"(order|purchase order) (\S+) is (\w+)": lambda p: (p[3], book.status(p[1], p[2])),
    r"order (\S+) is promised (.+)": lambda p: (sorted(_goods(p[2])), book.promises(p[1])),
    r"(pallet \d+|tote \d+) stands on (.+)": lambda p: (p[2], book.parent(p[1])),
    r"(\S+) has (.+)": lambda p: (sorted(_goods(p[2])), book.content(p[1])),
}


def _of_day(time: str) -> timedelta:
    hours, minutes = time.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
