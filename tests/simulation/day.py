"""A day of the simulation: one seed decides all that phones, network, clocks and server do, and then it is judged.

While faults last, requests are lost, delayed, sent twice, overtaken by younger ones, answered by a portal or cut off;
phones are reloaded, opened twice, full, their clocks jump; the server crashes at any boundary between two statements,
its disk is full, its clock jumps. Then all of that ends; a minute later every queue is empty and the record true.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from scanner import check_ledger
from scanner.barcode import command
from scanner.db import db
from scanner.models import Move, ScanRecord
from tests.scanner.floor import place
from tests.simulation.phones import Heard, Phones
from tests.simulation.station import BEGIN, Clock, Station, as_scan, results_of

FAULTS_MS = 60_000  # so long things go wrong
DRAIN_MS = 60_000  # so long after that every queue is empty
TIMEOUT_MS = 20_000  # of a request, as in static/outbox.js
PLACES = ("A-01-1", "A-02-1", "B-01-1", "A-03-1")
FATES = {  # of a request while faults last
    "good": 40,
    "lost on its way": 10,  # it never arrives
    "answer lost": 12,
    "late": 10,  # its answer comes after the phone has given up
    "twice": 8,
    "ghost": 6,  # it arrives long after the phone has given up
    "portal": 4,  # 200 and a page
    "bad gateway": 4,
    "signed out": 3,  # 401, as from something in between
    "too many": 2,  # 429
    "cut off": 5,  # half an answer
    "foreign": 4,  # JSON that knows nothing of scans
    "for others": 2,  # results with other ids
}
WRITTEN_BY_OTHERS = {
    "portal": "<!doctype html><title>Welcome to the free Wi-Fi</title>",
    "bad gateway": "<html><h1>502 Bad Gateway</h1></html>",
    "signed out": '{"code": "signed_out", "say": "Log in first."}',
    "too many": '{"code": "too_many"}',
    "foreign": '{"ok": true, "results": {}}',
    "for others": f'{{"results": [{{"scan_id": "{uuid.UUID(int=7)}", "status": 200, "answer": {{}}}}]}}',
}


class Breach(AssertionError):
    """The day was not survived. The text says what, the seed makes it again."""


@dataclass
class Story:
    """What happened, for whoever looks into a breach."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, t: float, what: str) -> None:
        """One line."""
        self.lines.append(f"{t / 1000:8.2f} {what}")


@dataclass
class Day:
    """One seed on one station with its phones."""

    seed: int
    station: Station
    phones: Phones
    story: Story = field(default_factory=Story)
    t: float = 0.0
    is_up: bool = True
    made: dict[int, list[str]] = field(default_factory=dict)  # by phone: ids in the order in which they were kept
    came: list[str] = field(default_factory=list)  # ids in the order in which the server had them on record
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # what the phones were told
    drained_ms: float = 0.0  # after the faults, until every queue was empty
    ahead: timedelta = timedelta()  # of the server's clock

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - a seed, not a secret
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._due: float | None = None
        self._heard = Heard([], None)

    def run(self) -> None:
        """Live the day and judge it. Raises Breach."""
        self.station.begin()
        self.made = {number: [] for number in range(len(self.station.handsets))}
        self._tell("reset", count=len(self.made))
        self._plan()
        self._live(FAULTS_MS)
        self._end_faults()
        self._live(FAULTS_MS + DRAIN_MS, until_drained=True)
        self._judge()

    # --- time --------------------------------------------------------------------------------------------------------

    def _at(self, t: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (t, next(self._order), act))

    def _live(self, until: float, *, until_drained: bool = False) -> None:
        """Event after event: ours, and the phones' timers."""
        while not (until_drained and self._is_drained()):
            due = min(self._events[0][0] if self._events else until, self._due if self._due is not None else until)
            if due >= until:
                break
            self.t = max(self.t, due)
            if self._events and self._events[0][0] <= self.t:
                heapq.heappop(self._events)[2]()
            else:
                self._tell("tick")
        if not until_drained:
            self.t = until

    def _is_drained(self) -> bool:
        self.drained_ms = self.t - FAULTS_MS
        return not any(phone["kept"] for phone in self._heard.phones)

    # --- phones ------------------------------------------------------------------------------------------------------

    def _tell(self, do: str, **what: Any) -> None:
        """Something happens on a phone; what it sends goes into the network."""
        self._heard = heard = self.phones.tell(self.t, do, **what)
        self._due = heard.due
        for number, phone in enumerate(heard.phones):
            for scan_id in phone["refused"]:
                self.made[number].remove(scan_id)
                self.story.counts["scans that a full phone did not keep"] += 1
            for one in phone["settled"]:
                self._settled(one)
            if len(phone["waiting"]) == 1 and phone["waiting"][0] != len(phone["kept"]):
                raise Breach(f"phone {number} shows {phone['waiting'][0]} waiting and keeps {len(phone['kept'])}")
        for request in heard.sent:
            self._send(request["r"], request["phone"], request["body"])

    def _settled(self, one: dict[str, Any]) -> None:
        """A scan has left a phone's queue: by now it must be on record, with this answer."""
        if one["status"] != 200:
            raise Breach(f"scan {one['scan_id']} left with status {one['status']}: {one['answer']}")
        self.answers[one["scan_id"]] = one["answer"]
        self.story.counts["scans settled"] += 1

    def _plan(self) -> None:
        """What people do, and what befalls phones and server."""
        busy = self.rng.randint(1, len(self.station.handsets))
        for number, handset in enumerate(self.station.handsets):
            if number >= busy:
                continue
            scans = self._walks(handset.move)
            if self.rng.random() < 0.5:
                scans += [(handset.pick, raw) for raw in handset.pick_codes]
            times = sorted(self.rng.uniform(0, FAULTS_MS * 0.9) for _ in scans)
            for t, (to, raw) in zip(times, self._mixed(scans), strict=True):
                self._at(t, lambda n=number, to=to, raw=raw: self._beep(n, to, raw))  # type: ignore[misc]
            for _ in range(self.rng.randint(0, 2)):
                self._at(self.rng.uniform(0, FAULTS_MS), lambda n=number: self._befall(n))  # type: ignore[misc]
        if self.rng.random() < 0.3:
            self._at(self.rng.uniform(0, FAULTS_MS), self._step_clock)

    def _walks(self, to: str) -> list[tuple[str, str]]:
        walks = []
        for _ in range(self.rng.randint(1, 2)):
            source, target = self.rng.sample(PLACES, 2)
            walks += [(to, place(source)), (to, "MUG"), (to, place(target))]
        return walks

    def _mixed(self, scans: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Mostly as meant; now and then something wrong, taken back, or looked up. The number stays the same."""
        odd = [(scans[0][0], "NO-SUCH-THING"), (scans[0][0], command("UNDO")), ("/scan", "MUG"), (scans[-1][0], "LAMP")]
        return [self.rng.choice(odd) if self.rng.random() < 0.12 else scan for scan in scans]

    def _beep(self, number: int, to: str, raw: str) -> None:
        handset = self.station.handsets[number]
        person = 0 if self.rng.random() < 0.9 else self.rng.randrange(len(handset.people))
        scan_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        self.made[number].append(scan_id)
        self.story.tell(self.t, f"phone {number} scans {raw!r} for {to} as {scan_id[:8]}")
        self._tell("scan", phone=number, scan=as_scan(handset, to, raw, scan_id, person, f"phone-{number + 1}"))

    def _befall(self, number: int) -> None:
        """Something that happens to a phone."""
        what = self.rng.choice(["reload", "reload", "tab", "full", "clock"])
        self.story.tell(self.t, f"phone {number}: {what}")
        self.story.counts[f"phone: {what}"] += 1
        if what == "full":
            self._tell("full", phone=number, isFull=True)
            self._at(self.t + 5_000, lambda: self._tell("full", phone=number, isFull=False))
        elif what == "clock":
            ahead = self.rng.choice([-2 * 365 * 86_400_000, -3_600_000, 600_000, 2 * 365 * 86_400_000])
            self._tell("clock", phone=number, ahead=ahead)
        else:
            self._tell(what, phone=number)

    def _end_faults(self) -> None:
        self.story.tell(self.t, "from here on all is well")
        self.is_up = True
        for number in self.made:
            self._tell("full", phone=number, isFull=False)

    # --- the network -------------------------------------------------------------------------------------------------

    def _send(self, r: int, phone: int, body: str) -> None:
        """A request leaves a phone."""
        fate = self._fate()
        self.story.counts[f"request: {fate}"] += 1
        ids = [scan["scan_id"][:8] for scan in json.loads(body)["scans"]]
        self.story.tell(self.t, f"phone {phone} sends {r}: {' '.join(ids)} ({fate})")
        there, back = self.t + self.rng.uniform(20, 400), self.rng.uniform(20, 400)
        if fate in WRITTEN_BY_OTHERS:
            self._at(there, lambda: self._answer(r, WRITTEN_BY_OTHERS[fate]))
            return
        self._at(self.t + TIMEOUT_MS, lambda: self._answer(r, None))
        if fate == "lost on its way":
            return
        if fate == "ghost":
            self._at(self.t + TIMEOUT_MS + self.rng.uniform(0, 60_000), lambda: self._arrive(None, phone, body, 0))
            return
        if fate == "twice":
            self._at(there + self.rng.uniform(0, 30_000), lambda: self._arrive(None, phone, body, 0))
        if fate == "late":
            back = TIMEOUT_MS
        hears = None if fate == "answer lost" else r
        self._at(there, lambda: self._arrive(hears, phone, body, back, is_cut=fate == "cut off"))

    def _fate(self) -> str:
        if self.t >= FAULTS_MS:
            return "good"
        (fate,) = self.rng.choices([*FATES], [*FATES.values()])
        return fate

    def _answer(self, r: int, text: str | None) -> None:
        """Something comes back to a phone; None: it gives up waiting. Nobody listens any more when it comes late."""
        self._tell("answer", r=r, text=text)

    # --- the server --------------------------------------------------------------------------------------------------

    def _arrive(self, r: int | None, phone: int, body: str, back: float, *, is_cut: bool = False) -> None:
        """A request reaches the server; its answer, if there is one, is on its way to the phone as `r`."""
        if not self.is_up:
            self._reply(r, back, WRITTEN_BY_OTHERS["bad gateway"])
            return
        self._plan_server()
        Clock.at = BEGIN + timedelta(milliseconds=self.t) + self.ahead
        answer = self.station.ask(phone, body)
        if answer is None:
            self._crashed()
            self._reply(r, back, WRITTEN_BY_OTHERS["bad gateway"])
            return
        self.station.crasher.plan(0)
        status, text = answer
        for one in results_of(text):
            if one["status"] != 200:
                raise Breach(f"the server answered {one}")
            if one["scan_id"] not in self.came:
                self.came.append(one["scan_id"])
            elif not one["answer"].get("replayed"):
                raise Breach(f"scan {one['scan_id']} was taken twice")
            self.story.counts["answers that were repeats"] += bool(one["answer"].get("replayed"))
        self.story.tell(self.t, f"the server answers {status} to {r} with {len(results_of(text))} results")
        self.story.counts[f"server: {status}"] += 1
        self._reply(r, back, text[: len(text) // 2] if is_cut else text)

    def _reply(self, r: int | None, back: float, text: str) -> None:
        if r is not None:
            self._at(self.t + back, lambda: self._answer(r, text))

    def _plan_server(self) -> None:
        """Whether this request is the one that the server dies over, or for which there is no room."""
        self.station.crasher.plan(0)
        if self.t < FAULTS_MS and self.rng.random() < 0.35:
            how = self.rng.choices(["crash", "disk_full"], [4, 1])[0]
            beside = self.rng.choice(["", "", "COMMIT", "INSERT", "UPDATE"])
            most = self.rng.choice([6, 40, 160]) if not beside else self.rng.choice([2, 10])
            self.station.crasher.plan(self.rng.randint(1, most), how, beside)  # type: ignore[arg-type]

    def _crashed(self) -> None:
        self.story.tell(self.t, "the server dies")
        self.story.counts["server: died"] += 1
        self.station.crasher.restart()
        self.is_up = False
        self._at(self.t + self.rng.uniform(100, 8_000), self._up)

    def _up(self) -> None:
        self.is_up = True

    def _step_clock(self) -> None:
        """The server's clock is set an hour forward or back."""
        self.ahead = timedelta(hours=self.rng.choice([-1, 1]))
        self.story.counts["server: clock set"] += 1

    # --- judgement ---------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        for number, phone in enumerate(self._heard.phones):
            if phone["kept"]:
                left = len(phone["kept"])
                raise Breach(f"phone {number} still keeps {left} scans {DRAIN_MS / 1000:.0f} s after the faults")
        made = {scan_id for ids in self.made.values() for scan_id in ids}
        records = {row.id: row for row in db.session.execute(select(ScanRecord.id, ScanRecord.answer))}
        moves = {scan_id: number for scan_id, number in db.session.execute(_MOVES)}  # noqa: C416 - typed rows
        if lost := made - set(records):
            raise Breach(f"kept by a phone, and not on record: {sorted(lost)}")
        if strange := set(records) - made:
            raise Breach(f"on record, and made by no phone: {sorted(strange)}")
        for scan_id, told in self.answers.items():
            kept = json.loads(records[scan_id].answer)
            if {**told, "replayed": None} != {**kept, "replayed": None}:
                raise Breach(f"scan {scan_id} is on record with another answer")
            if moves.get(scan_id, 0) != len(kept["moves"]):
                raise Breach(f"scan {scan_id} has {moves.get(scan_id, 0)} moves and was told of {kept['moves']}")
        self._judge_order()
        if breaches := check_ledger.check(self.station.site_id):
            raise Breach(f"the ledger is not true: {breaches[0]}")
        db.session.remove()

    def _judge_order(self) -> None:
        """Each phone's scans came in the order in which they were made, and so were their moves."""
        booked = [row.scan_id for row in db.session.execute(select(Move.scan_id).order_by(Move.seq))]
        for number, ids in self.made.items():
            for name, order in (("came", self.came), ("were booked", booked)):
                mine = [scan_id for scan_id in order if scan_id in set(ids)]
                if mine != sorted(mine, key=ids.index):
                    raise Breach(f"the scans of phone {number} {name} in another order than they were made")


_MOVES = select(Move.scan_id, func.count()).group_by(Move.scan_id)
