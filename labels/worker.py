"""Worker: sends what waits in the queue, one thread for each printer that has something to do.

It looks into the database a few times a second and writes only when there is work. What is printed is drawn outside of
any write transaction. Two workers may run; a printer is held by one of them. A worker that is killed is noticed by the
clock (`lease_s`), and what it was sending becomes a question to a person.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from labels.draw import draw
from labels.host_status import State
from labels.make import Made
from labels.printers import Beat, Doubtful, Line, NotReached, NotTaken, line_to
from labels.reach import Reach
from labels.silence import Silence
from scanner.db import Busy, db, let_go
from scanner.models import Printer
from scanner.printing import queue, workers

POLL_S: Final = 0.3
AFTER_FAULT_S: Final = 2.0
log = logging.getLogger("scandock.printing")


class Worker:
    """Prints until it is told to stop. `context` opens the application for a thread."""

    def __init__(
        self, context: Callable[[], AbstractContextManager[object]], reach: Reach, *, lease_s: float = 30.0
    ) -> None:
        name = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._context, self._reach = context, reach
        self._holder = queue.Holder(name, lease_s)
        self._stop = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        self._silence = Silence()
        self._told_at = float("-inf")

    def stop(self) -> None:
        """End after the jobs that are being sent. May be called from a signal handler."""
        self._stop.set()

    def run(self, *, once: bool = False) -> None:
        """Serve until `stop`, or with `once` until nothing is left that may be sent now."""
        while not self._stop.is_set():
            ids = self._due()
            if once and not ids and not any(thread.is_alive() for thread in self._threads.values()):
                break
            for printer_id in ids:
                self._serve_in_thread(printer_id)
            self._stop.wait(POLL_S)
        for thread in self._threads.values():
            thread.join()

    def _due(self) -> list[int]:
        try:
            with self._context():
                self._tell_alive()
                queue.expire()
                return queue.due()
        except Exception:  # the database may be away for a while; the queue is not lost by that
            log.exception("the queue cannot be read")
            self._stop.wait(AFTER_FAULT_S)
            return []

    def _tell_alive(self) -> None:
        """By the thread that hands the printers out: when it hangs, nothing prints."""
        if time.monotonic() > self._told_at + workers.BEAT_S:
            workers.note_alive(self._holder.name)
            self._told_at = time.monotonic()

    def _serve_in_thread(self, printer_id: int) -> None:
        running = self._threads.get(printer_id)
        if running is None or not running.is_alive():
            thread = threading.Thread(target=self._serve, args=(printer_id,), name=f"printer-{printer_id}")
            self._threads[printer_id] = thread
            thread.start()

    def _serve(self, printer_id: int) -> None:
        """Everything that this printer has to do now."""
        try:
            with self._context():
                if not queue.hold(printer_id, self._holder):
                    return
                while not self._stop.is_set() and _Turn(printer_id, self._holder, self._reach, self._silence).take():
                    pass
                queue.let_go(printer_id, self._holder)
        except queue.Lost as lost:
            log.warning("left alone: %s", lost)
            self._let_go(printer_id)
        except Busy as busy:
            log.warning("the database cannot take it now: %s", busy)
            self._stop.wait(AFTER_FAULT_S)
        except Exception:  # a fault of ours must not end the worker: the other printers go on
            log.exception("printer %s", printer_id)
            self._stop.wait(AFTER_FAULT_S)

    def _let_go(self, printer_id: int) -> None:
        """A job was taken away while it was drawn: the others of its printer need not wait for the lease to end."""
        with self._context():
            queue.let_go(printer_id, self._holder)


class _Turn:
    """One look at one printer: its next job, or only how it is."""

    def __init__(self, printer_id: int, holder: queue.Holder, reach: Reach, silence: Silence) -> None:
        self._id, self._holder, self._reach, self._silence = printer_id, holder, reach, silence
        self._printer = self._read()
        self._beat_at = time.monotonic()

    def _read(self) -> Printer:
        return db.session.get_one(Printer, self._id, populate_existing=True)

    def take(self) -> bool:
        """Whether there may be more to do."""
        job = queue.next_job(self._id)
        if job is None:
            return self._look() if self._printer.is_asked else _nothing()
        wanted = queue.asked_for(job)
        made = draw(job, wanted, self._holder)
        if made is None:
            return True
        self._printer = self._read()  # an invoice is drawn in a transaction of its own, and what was read is stale
        _detach()
        try:
            with line_to(self._printer, self._reach, self._silence) as line:
                return self._use(line, wanted, made)
        except queue.Changed:
            return True
        except NotReached as error:
            self._tell(State("offline", error.words))
            queue.put_off(wanted.id, self._holder, error.code, error.words)
            return False

    def _look(self) -> bool:
        """Somebody wants to know how it is, and nothing waits."""
        _detach()
        try:
            with line_to(self._printer, self._reach, self._silence) as line:
                self._tell(line.state())
        except NotReached as error:
            self._tell(State("offline", error.words))
            return False
        return True

    def _use(self, line: Line, wanted: queue.Asked, made: Made) -> bool:
        state = line.state()
        self._tell(state)
        if not state.can_print:
            queue.put_off(wanted.id, self._holder, state.code, state.words)
            return False
        queue.mark_sending(wanted.id, self._holder, hashlib.sha256(made.data).hexdigest(), wanted)
        self._send(line, wanted, made)
        return True

    def _send(self, line: Line, wanted: queue.Asked, made: Made) -> None:
        name = f"{wanted.kind} {wanted.public_id}"
        try:
            sent = line.send(made.data, made.language, wanted.copies, name, self._beat())
        except Doubtful as error:
            queue.mark_unknown(wanted.id, self._holder, error.code, error.words)
            queue.look_again(self._id, self._holder)  # a line that was cut says little of how it is now
        except NotTaken as error:
            queue.mark_failed(wanted.id, self._holder, error.code, error.words)
        else:
            queue.mark_sent(wanted.id, self._holder, is_confirmed=sent.is_confirmed, words=sent.words)
            if sent.state is not None:
                self._tell(sent.state)

    def _beat(self) -> Beat:
        """Renews the lease when a third of it is over."""

        def beat() -> None:
            if time.monotonic() - self._beat_at > self._holder.lease_s / 3:
                queue.beat(self._id, self._holder)
                self._beat_at = time.monotonic()

        return beat

    def _tell(self, state: State) -> None:
        is_first = state.is_told and not self._printer.has_answered
        if is_first or queue.is_news(self._printer, state.code, state.words):
            queue.tell_state(self._id, self._holder, state.code, state.words, is_told=state.is_told)
            self._printer = self._read()
            _detach()


def _nothing() -> bool:
    let_go()
    return False


def _detach() -> None:
    """Keep what was read and end the read transaction: none is held open while a printer thinks."""
    db.session.expunge_all()
    let_go()
