"""Turns: who may write to an SQLite file now, one after the other, over all of Scandock's threads and processes.

SQLite has one writer at a time, but its own waiting polls and starves some: inside a process a first-come-first-served
line stands in front of it. Between processes (the station, and a command such as an import) a lock on a file beside the
database does the same. It has a second use: SQLite before 3.51.3 may damage a file when one connection commits while
another copies the log back (https://sqlite.org/wal.html#walresetbug). Both happen within a turn, so they never meet.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.outage import Outage, file_outage

SUFFIX = "-turn"  # of the file beside the database. Never the database itself: closing it would drop SQLite's own locks
MENDED = (3, 51, 3)  # https://sqlite.org/wal.html#walresetbug
MENDED_BACK = ((3, 50, 7), (3, 44, 6))  # within their own series
POLL_S = 0.002  # between looks whether another process has ended its turn


class Busy(Exception):
    """The database could not take the write now. Nothing was stored; the same scan may be sent again."""

    def __init__(self, why: str, code: Outage = "busy") -> None:
        super().__init__(why)
        self.code = code


class Door:
    """A first-come-first-served lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._queue: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """Wait for our turn, hold the door, pass it on. Raises Busy after `timeout_s` seconds."""
        self._enter(timeout_s)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, timeout_s: float) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            ticket = threading.Event()
            self._queue.append(ticket)
        if ticket.wait(timeout_s):
            return
        with self._guard:
            if ticket in self._queue:
                self._queue.remove(ticket)
                raise Busy("too many scans at once")
        # The turn came between the time-out and the guard: it is ours.

    def _leave(self) -> None:
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._is_taken = False


@contextmanager
def turn_of(file: Path, give_up_at: float) -> Iterator[None]:
    """This process's turn to write to an SQLite file. Raises Busy at `give_up_at` on the monotonic clock."""
    try:
        lock = os.open(f"{file}{SUFFIX}", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Busy(str(error), file_outage(error)) from error
    try:
        _wait_for(lock, give_up_at)
        yield
    finally:
        os.close(lock)  # ends the turn


def _wait_for(lock: int, give_up_at: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                raise Busy("another process is writing") from None
            time.sleep(POLL_S)


def has_reset_fault(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite may damage a file when a commit meets the copying back of the log."""
    mended = (version[:2] == fixed[:2] and version >= fixed for fixed in MENDED_BACK)
    return version < MENDED and not any(mended)


def fault_note(version: str) -> str:
    """What the people who run the server should know about their SQLite; empty when there is nothing."""
    if not has_reset_fault(tuple(int(part) for part in version.split("."))):
        return ""
    return (
        f"SQLite {version} may damage a database that several programs write to at once (mended in 3.51.3). Scandock's "
        "own programs take turns, so it does not strike them. Let no other program write to the file."
    )
