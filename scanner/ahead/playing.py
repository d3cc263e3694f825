"""Playing: a task's ways, one after the other, nearest first, until there are enough of them.

Each step is named by what it shows, so the line closes to a net: a detour comes back to a step that is known. Between
two plays the task is as it was: its notebook and the workflow's picture of the book are plain data.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from sqlalchemy.exc import NoResultFound

from scanner.accept import check_task
from scanner.ahead import codes
from scanner.ahead.key import key_of
from scanner.ahead.scripts import SCRIPTS
from scanner.ahead.way import Leads, Step, Way
from scanner.by import By
from scanner.db import db, table_of
from scanner.find import Found, find, read_code
from scanner.models import Task
from scanner.prompt import Prompt
from scanner.refusals import Refusal
from scanner.rehearsal import Unplayable, rehearsal, take_back
from scanner.turns import Busy
from scanner.workflows import WORKFLOWS

LEAST_STEPS: Final = 16
MOST_STEPS: Final = 160
MOST_CPU_S: Final = 0.25
MOST_S: Final = 2.0  # where the processors are busy with others
WAIT_S: Final = 2.0  # for the rehearsals of others
IN_LINE: Final = 4  # so many may wait: the other threads are for scans
ASIDES: Final = (
    Way(codes.cards("UNDO"), is_back=True),
    Way(codes.cards("HELP")),
    Way(codes.cards("PRINT"), needs="Printing needs the network."),
    Way(codes.cards("LOGOUT"), needs="Log-out needs the network."),
)


def play(task_id: int, by: By) -> list[Step]:
    """The coming steps of a task, the present one first.

    Refuses what a scan in the task would be refused for: not_allowed, unknown_task, not_your_task, ... Raises Busy.
    """
    with _turn(), rehearsal():
        return _Play(task_id, replace(by, is_rehearsal=True, seen="ok")).steps()


@contextmanager
def _turn() -> Iterator[None]:
    """Playing is work for the processor: one at a time, and few in line, so that scans need not stand behind it."""
    if not _line.acquire(blocking=False):
        raise Busy("too many ask for the coming steps at once")
    try:
        if not _stage.acquire(timeout=WAIT_S):
            raise Busy("too many ask for the coming steps at once")
        try:
            yield
        finally:
            _stage.release()
    finally:
        _line.release()


_line, _stage = threading.BoundedSemaphore(IN_LINE), threading.Lock()


class _Copy:
    """A task that no session knows: nothing of what is written into it is ever stored."""

    def __init__(self, task: Task) -> None:
        vars(self).update({column.name: getattr(task, column.name) for column in table_of(Task).columns})
        self.memo: dict[str, Any] = {}

    note = Task.note


@dataclass(slots=True)
class _Spot:
    """Where the play stands: what must be put back to stand there again."""

    state: dict[str, Any]
    columns: tuple[Any, ...]
    book: Any
    same: Any
    step: Step
    figure: int | None
    cost: int = 0  # steps from the beginning, detours counted as more
    is_off: bool = False  # only a detour comes here
    ways: dict[int, tuple[Way, Leads, Step | None]] = field(default_factory=dict)  # in the order of the workflow


class _Play:
    """One task, played from where it stands."""

    def __init__(self, task_id: int, by: By) -> None:
        task = db.session.get(Task, task_id)
        if task is None:
            raise Refusal("unknown_task")
        self.workflow, self.script = WORKFLOWS[task.workflow], SCRIPTS[task.workflow]
        if task.status == "open":
            check_task(task, self.workflow, by)
        self.task: Any = _Copy(task)
        self.by = by
        self.facts: dict[str, Any] = {}
        self.found: dict[str, Found] = {}
        self.known: dict[str, _Spot] = {}
        self.order = count()
        self.queue: list[tuple[int, int, _Spot, int | None]] = []
        self.ends: dict[str, Step] = {}
        self.shared: dict[str, tuple[Leads, Step | None]] = {}
        self.began = time.monotonic(), time.thread_time()

    def steps(self) -> list[Step]:
        """Play, and leave out where nobody has been."""
        self.task.memo["facts"] = self.facts
        if self.task.status != "open":
            return [_end(self.workflow.prompt(self.task))]
        self.script.begin(self.task, self.by)
        self._meet(self._spot(), 0)
        done: dict[str, _Spot] = {}
        while self.queue and not self._is_enough(len(done)):
            time.sleep(0)  # other threads come first; else a scan waits 5 ms for us each time that it reads
            cost, _, spot, number = heappop(self.queue)
            if number is not None:
                self._try(spot, number, cost)
            elif spot.step.key not in done and cost == spot.cost and len(done) < MOST_STEPS:
                done[spot.step.key] = spot
                self._look_around(spot)
        sent = {*done, *self.ends}
        for spot in done.values():
            _tell(spot, sent)
        return [*(spot.step for spot in done.values()), *self.ends.values()]

    def _is_enough(self, known: int) -> bool:
        began, began_cpu = self.began
        if time.monotonic() - began > MOST_S:
            return known > 0
        return known > LEAST_STEPS and time.thread_time() - began_cpu > MOST_CPU_S

    def _meet(self, spot: _Spot, cost: int, *, is_off: bool = False) -> _Spot | None:
        """The spot under this name; None when one of that name stands elsewhere."""
        known = self.known.setdefault(spot.step.key, spot)
        if known.same != spot.same:
            return None
        if known is spot or cost < known.cost:
            known.cost, known.is_off = cost, is_off
            heappush(self.queue, (cost, next(self.order), known, None))
        return known

    def _look_around(self, spot: _Spot) -> None:
        """Note the ways that lead on from a spot, to be tried when their turn comes."""
        self._stand(spot)
        prompt = spot.step.prompt
        if prompt.is_done:
            return
        spot.step.other, spot.step.needs = self.script.other(self.task), self.script.needs(self.task)
        if prompt.pad is not None and prompt.pad.kind == "quantity" and spot.figure is not None:
            spot.step.quantity = spot.step.key  # a typed figure stands where it was typed
        for number, way in enumerate([*self.script.ways(self.task, self.by), *ASIDES]):
            spot.ways[number] = way, Leads(needs=way.needs, is_back=way.is_back), None
            if way.ends is not None:
                end = _end(way.ends)
                spot.ways[number] = (
                    way,
                    Leads(tone="done", is_final=True, is_asked=True),
                    self.ends.setdefault(end.key, end),
                )
            elif way.played:
                heappush(self.queue, (spot.cost + 1 + way.detour, next(self.order), spot, number))

    def _try(self, spot: _Spot, number: int, cost: int) -> None:
        way = spot.ways[number][0]
        if way.is_shared and way.played in self.shared:
            spot.ways[number] = way, *self.shared[way.played]
            return
        self._stand(spot)
        try:
            leads = self._play(way.played)
            leads = replace(leads, is_asked=leads.is_asked or way.is_asked)
        except Refusal:
            del spot.ways[number]  # so it is wrong here
            return
        except (Unplayable, NoResultFound):
            return  # and only the server can tell
        came = self._spot()
        met = self._meet(came, cost, is_off=spot.is_off or way.detour > 0)
        if met is not None and not self._loses_count(way, spot, came, met):
            leads = self._counted(way, leads, spot, came, met)
            spot.ways[number] = way, leads, met.step
            if way.is_shared:
                self.shared[way.played] = leads, met.step

    def _play(self, code: str) -> Leads:
        """Take one step. Raises Refusal; Unplayable for what only the server can do."""
        by = replace(self.by, moves=[], discrepancies=[], is_final=False, is_asked=False, step="", code="", tone="")
        if code not in self.found:
            self.found[code] = find(read_code(code), by)
        try:
            self.workflow.step(self.task, self.found[code], by=by)
        finally:
            take_back()
        is_done = self.task.status != "open"
        tone = by.tone or ("warn" if by.discrepancies else "done" if is_done else "ok")
        return Leads(tone=tone, is_final=by.is_final, is_asked=by.is_asked)

    def _loses_count(self, way: Way, spot: _Spot, came: _Spot, met: _Spot) -> bool:
        """Whether a figure would go on at another step: how far the device has counted nobody knows here."""
        goes_on = spot.figure is not None and came.figure is not None and not way.sets
        return goes_on and met is not spot and self.script.added(spot.state, self.task) is None

    def _counted(self, way: Way, leads: Leads, spot: _Spot, came: _Spot, met: _Spot) -> Leads:
        """What a way does to the figure of the step that it leads to."""
        if came.figure is None:
            return leads
        added = self.script.added(spot.state, self.task)
        if added is not None:
            return replace(leads, add=added)
        if met is not spot or way.sets:
            return replace(leads, figure=came.figure)
        return replace(leads, add=came.figure - (spot.figure or 0))

    def _spot(self) -> _Spot:
        """Where the task stands now."""
        task = self.task
        prompt = self.workflow.prompt(task)
        if task.status != "open":
            return _Spot(task.state, (task.status, task.location_id), None, None, _end(prompt), None)
        drawn = self.script.drawn(task, prompt)
        step = Step(key_of(prompt), drawn, is_bare=self.script.is_bare(prompt, drawn))
        columns, figure = (task.status, task.location_id), self.script.figure(task)
        return _Spot(task.state, columns, task.memo.get("book"), self.script.same(task), step, figure)

    def _stand(self, spot: _Spot) -> None:
        task = self.task
        task.state = spot.state
        task.status, task.location_id = spot.columns
        task.memo.clear()
        task.memo |= {**self.facts.get("read", {}), "facts": self.facts}
        if spot.book is not None:
            task.memo["book"] = spot.book


def _end(prompt: Prompt) -> Step:
    """A step from which nothing goes on."""
    return Step(key_of(prompt), prompt)


def _tell(spot: _Spot, sent: set[str]) -> None:
    """Write into a step where its ways lead. Off the line of the work, what was not played is left to the server."""
    for way, leads, to in spot.ways.values():
        if to is None or ((way.detour or spot.is_off) and to.key not in sent):
            spot.step.leads.append((way, Leads(needs=leads.needs, is_back=leads.is_back)))
        else:
            spot.step.leads.append((way, replace(leads, to=to.key)))
