"""Devices that scan through HTTP as fast as they are answered, never give up on a scan, and note what was acknowledged.

A note is on the disk before the device goes on, as a phone would have forgotten its scan by then. Three scans in ten
are sent once more after they were acknowledged: the answer must be the same.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scanner.barcode import compact, encode

REPEATED = 0.3
TIMEOUT_S = 20.0
PAUSE_S = 0.05  # after a lost connection or a 503; a phone waits longer, and would measure less
BUSY = 503
PASSING = {502, BUSY, 504}

Scan = dict[str, Any]
Answer = dict[str, Any]


def digest(answer: Answer) -> str:
    """What must stay the same whenever the same scan is answered."""
    kept = {name: value for name, value in answer.items() if name != "replayed"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]


class Notes:
    """What was acknowledged: on the disk, and in memory to compare with."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")
        self._guard = threading.Lock()
        self.digests: dict[str, str] = {}
        self.moves: dict[str, int] = {}  # how many moves each scan was told to have made
        self.repeats = 0  # acknowledged scans that were sent again
        self.recovered = 0  # scans that were booked although their first answer never came
        self.changed: list[str] = []  # scans whose second answer was another one, or was booked anew

    def take(self, answers: Sequence[Answer]) -> None:
        """Note acknowledgements, and compare those that came before."""
        with self._guard:
            new = [answer for answer in answers if not self._is_known(answer)]
            self._file.write("".join(f"{answer['scan_id']} {digest(answer)}\n" for answer in new))
            self._file.flush()
            os.fsync(self._file.fileno())
            for answer in new:
                self.digests[answer["scan_id"]] = digest(answer)
                self.moves[answer["scan_id"]] = len(answer["moves"])
                self.recovered += bool(answer.get("replayed"))

    def _is_known(self, answer: Answer) -> bool:
        known = self.digests.get(answer["scan_id"])
        if known is None:
            return False
        self.repeats += 1
        if known != digest(answer) or not answer.get("replayed"):
            self.changed.append(answer["scan_id"])
        return True

    def close(self) -> None:
        """No more to note."""
        self._file.close()


@dataclass
class Beeper:
    """What a device needs to scan: where to send, as whom, what to note, and chance."""

    port: int
    token: str
    notes: Notes
    rng: random.Random
    name: str
    host: str = "127.0.0.1"
    is_over: threading.Event = field(default_factory=threading.Event)
    cut_off: int = 0  # requests without an answer
    come_back: int = 0  # answers 502 to 504
    slowest_s: float = 0.0
    last_fault: str = ""
    failed_scans: int = 0  # of all these, the scans
    _line: http.client.HTTPConnection | None = None

    def scan(self, raw: str, task: int | None = None) -> Answer:
        """One beep, sent until it is acknowledged; now and then once more."""
        beep = self.beep(raw, task)
        answer = self._until_acknowledged("/api/v1/scans", beep, 200)
        self.notes.take([answer])
        if self.rng.random() < REPEATED:
            self.notes.take([self._until_acknowledged("/api/v1/scans", beep, 200)])
        return answer

    def beep(self, raw: str, task: int | None = None) -> Scan:
        """A scan as a device keeps it."""
        scan_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        body = {"scan_id": scan_id, "raw": raw, "at": datetime.now(UTC).isoformat(), "device": self.name}
        return body | ({"task": task} if task else {})

    def batch(self, beeps: Sequence[Scan]) -> None:
        """Several beeps together; what a half answer leaves over is sent again, with all that was before it."""
        while True:
            status, body = self._ask("/api/v1/scans/batch", {"scans": list(beeps)})
            results = body.get("results", [])
            assert all(one["status"] == 200 for one in results), body
            self.notes.take([one["answer"] for one in results])
            if status == 200:
                return
            assert status in PASSING, (status, body)
            self._rest()

    def start(self, workflow: str, document: str | None = None) -> int:
        """A task; without a document a repeat after a lost answer opens another one, which harms nobody."""
        body = {"workflow": workflow, "document": document}
        task: int = self._until_acknowledged("/api/v1/tasks", body, 201)["id"]
        return task

    def look(self, task: int) -> Answer:
        """A task as it stands, with its prompt."""
        return self._until_acknowledged(f"/api/v1/tasks/{task}", None, 200)

    def ask_for_label(self) -> str:
        """Ask for a test label under a key of our own; the job's id."""
        body = {"kind": "test", "key": f"{self.name}-{self.rng.getrandbits(64):x}"}
        job: str = self._until_acknowledged("/api/v1/print-jobs", body, 201)["id"]
        return job

    def _until_acknowledged(self, path: str, body: Any, wanted: int) -> Answer:
        while True:
            status, answer = self._ask(path, body)
            if status == wanted:
                return answer
            assert status in PASSING, (path, status, answer)
            self._rest()

    def _ask(self, path: str, body: Any) -> tuple[int, Answer]:
        """One request. A lost connection counts as 502: nobody knows what became of it."""
        began = time.monotonic()
        status, answer = 502, {}
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            sent = None if body is None else json.dumps(body)
            self._line.request("GET" if body is None else "POST", path, sent, headers)
            response = self._line.getresponse()
            status, answer = response.status, json.loads(response.read())
            assert status != BUSY or response.headers["Retry-After"], answer
        except (OSError, http.client.HTTPException, ValueError) as fault:
            self.hang_up()
            self.cut_off += 1
            self.last_fault = f"{path} after {time.monotonic() - began:.2f} s: {fault!r}"
        else:
            self.come_back += status in PASSING
        self.failed_scans += status in PASSING and "/scans" in path
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return status, answer

    def _rest(self) -> None:
        if self.is_over.is_set():
            raise Over
        time.sleep(PAUSE_S)

    def hang_up(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


class Over(Exception):
    """The run has been given up while a scan was not acknowledged."""


Work = Callable[[Beeper], Iterator[None]]


class Device(threading.Thread):
    """Does its work step by step, and rests between two steps when it is told to."""

    def __init__(self, beeper: Beeper, work: Work, may_work: threading.Event, pause_s: float) -> None:
        super().__init__(daemon=True, name=beeper.name)
        self.beeper = beeper
        self.fault: BaseException | None = None
        self._work = work
        self._may_work = may_work
        self._pause_s = pause_s
        self.at_work = threading.Lock()  # held during a step

    def run(self) -> None:
        """Step after step until it is over, or nothing is left to do."""
        try:
            steps = self._work(self.beeper)
            while not self.beeper.is_over.is_set():
                self._may_work.wait()
                with self.at_work:
                    next(steps)
                time.sleep(self._pause_s)
        except (Over, StopIteration):
            pass
        except BaseException as fault:  # noqa: BLE001 - told by whoever waits for us
            self.fault = fault
        finally:
            self.beeper.hang_up()


class Crew:
    """Devices that work at the same time, each with a pause between two steps."""

    def __init__(self, devices: Sequence[tuple[Beeper, Work]], pause_s: float = 0.0) -> None:
        self._may_work = threading.Event()
        self.devices = [Device(beeper, work, self._may_work, pause_s) for beeper, work in devices]

    @contextmanager
    def working(self) -> Iterator[None]:
        """While the block runs."""
        self._may_work.set()
        for device in self.devices:
            device.start()
        try:
            yield
            self.check()
        finally:
            for device in self.devices:
                device.beeper.is_over.set()
            self._may_work.set()
            for device in self.devices:
                device.join(2 * TIMEOUT_S)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While the block runs nobody scans, and every scan that was begun is acknowledged."""
        self._may_work.clear()
        with ExitStack() as stack:
            for device in self.devices:
                stack.enter_context(device.at_work)
            self.check()
            yield
        self._may_work.set()

    def check(self) -> None:
        """Raise what one of them has met."""
        for device in self.devices:
            if device.fault is not None:
                raise RuntimeError(f"{device.name} has met a fault") from device.fault


# --- what they do ----------------------------------------------------------------------------------------------------


def place(code: str) -> str:
    """The label of a location."""
    return encode("location", compact(code))


def carry(places: Sequence[str], sku: str) -> Work:
    """Carry single units between places, scan by scan; now and then a wrong code."""

    def work(beeper: Beeper) -> Iterator[None]:
        task = beeper.start("move")
        while True:
            source, target = beeper.rng.sample(places, 2)
            for raw in (place(source), sku, place(target)):
                if beeper.rng.random() < 0.05:
                    beeper.scan("NO-SUCH-THING", task)
                beeper.scan(raw, task)
                yield

    return work


def carry_in_batches(places: Sequence[str], sku: str, most: int = 10) -> Work:
    """The same by a device that was out of reach for a while."""

    def work(beeper: Beeper) -> Iterator[None]:
        task, sent = beeper.start("move"), list[Scan]()
        while True:
            beeps = []
            for _ in range(beeper.rng.randint(1, most)):
                source, target = beeper.rng.sample(places, 2)
                beeps += [beeper.beep(raw, task) for raw in (place(source), sku, place(target))]
            repeats = beeper.rng.sample(sent, min(len(sent), round(REPEATED * len(beeps))))
            beeper.batch(repeats + beeps)
            sent = beeps
            yield

    return work


def pick(orders: Iterator[str], totes: Iterator[str]) -> Work:
    """Pick order after order as the station says, unit by unit. After a lost answer it looks at the task."""

    def work(beeper: Beeper) -> Iterator[None]:
        for number in orders:
            task, tote = beeper.start("pick", number), next(totes)
            prompt = beeper.look(task)["prompt"]
            while not prompt["is_done"]:
                raw = {"tote": tote, "drop": place("PACK-1")}.get(prompt["step"]) or prompt["expects"][0]
                answer = beeper.scan(raw, task)
                assert answer["outcome"] == "accepted", answer
                prompt = answer["prompt"]
                yield

    return work


def ask_for_labels(asked: list[str], pause_s: float = 0.1) -> Work:
    """Ask for test labels, one after the other; `asked` takes the ids of the jobs."""

    def work(beeper: Beeper) -> Iterator[None]:
        while True:
            asked.append(beeper.ask_for_label())
            yield
            time.sleep(pause_s)

    return work


def totes() -> Iterator[str]:
    """The labels of totes that were never used."""
    for number in itertools.count(1):
        yield encode("tote", f"{number:05d}")
