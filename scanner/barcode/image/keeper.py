"""Keeper: starts the child when the first photo comes, keeps it warm, ends it when it hangs, starts another.

One child for each web process, one photo at a time: two would not be faster on the cores that are there.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from scanner.barcode.image import wire
from scanner.refusals import Refusal

ROOT: Final = Path(__file__).resolve().parents[3]
START_S: Final = 10.0  # a child has to load its libraries, on a machine that may be busy
HANG_S: Final = 1.8  # beyond a photo's budget; then the child is ended
WAIT_S: Final = 5.0  # for the photos before this one
PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV")  # no secret reaches the child

log = logging.getLogger(__name__)


class Keeper:
    """The one who has the child. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes, budget_ms: float) -> dict[str, Any]:
        """The child's answer. Raises Refusal when it died, hung or is busy with others for too long."""
        if not self._lock.acquire(timeout=WAIT_S):
            raise Refusal("photos_wait")
        try:
            return self._ask(data, budget_ms)
        finally:
            self._lock.release()

    def _ask(self, data: bytes, budget_ms: float) -> dict[str, Any]:
        child = self._running()
        try:
            return self._exchange(child, wire.ask(data, budget_ms), HANG_S + budget_ms / 1000)
        except (OSError, EOFError, TimeoutError) as error:
            self.end()
            log.warning("a photo ended its reader (%s, exit code %s)", type(error).__name__, child.returncode)
            raise Refusal("photo_unread") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.end()
        self._child = child = _start()
        try:
            ready = self._exchange(child, b"", START_S)
        except (OSError, EOFError, TimeoutError) as error:
            self.end()
            log.error("the photo reader does not start (exit code %s)", child.returncode)  # noqa: TRY400 - one line
            raise Refusal("photo_unread") from error
        _tell_missing(ready["engines"])
        return child

    def end(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            try:
                pipe.close()  # type: ignore[union-attr] # both are pipes, see _start
            except OSError:
                continue  # what was still to be written has nowhere to go

    def _exchange(self, child: subprocess.Popen[bytes], question: bytes, seconds: float) -> dict[str, Any]:
        """Write and read at once, so that neither side waits for the other. Raises EOFError, OSError, TimeoutError."""
        assert child.stdin is not None
        assert child.stdout is not None
        end, answer = time.monotonic() + seconds, b""
        unsent = memoryview(question)
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            if unsent:
                ready.register(child.stdin, selectors.EVENT_WRITE)
            while not _is_whole(answer):
                if (left := end - time.monotonic()) <= 0:
                    raise TimeoutError
                for key, _ in ready.select(left):
                    if key.fileobj is child.stdin:
                        unsent = unsent[os.write(key.fd, unsent) :]
                        if not unsent:
                            ready.unregister(child.stdin)
                    elif chunk := os.read(key.fd, 1 << 16):
                        answer += chunk
                    else:
                        raise EOFError
        facts: dict[str, Any] = json.loads(answer[wire.ANSWER.size :])
        return facts


def _is_whole(answer: bytes) -> bool:
    head = wire.ANSWER.size
    return len(answer) >= head and len(answer) - head >= wire.ANSWER.unpack_from(answer)[0]


def _start() -> subprocess.Popen[bytes]:
    """A program of its own, never a fork: threads and locks of the web process stay behind."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"LANG": "C.UTF-8"}
    child = subprocess.Popen(
        [sys.executable, "-m", "scanner.barcode.image.child"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # zbar prints its doubts about every second picture
        bufsize=0,
        start_new_session=True,  # Ctrl+C on the terminal is for the server, which ends its child by closing the pipe
    )
    assert child.stdin is not None
    os.set_blocking(child.stdin.fileno(), False)
    return child


_told: set[str] = set()


def _tell_missing(engines: list[str]) -> None:
    """One line in the log, once."""
    if "zbar" not in engines and not _told:
        _told.add("zbar")
        log.warning("photos are read by one engine only: libzbar0 is not installed")


_keeper = Keeper()


def ask(data: bytes, budget_ms: float) -> dict[str, Any]:
    """The answer of this process's own child."""
    return _keeper.ask(data, budget_ms)


def _forget() -> None:
    """After a fork the child belongs to the parent: this process starts its own."""
    global _keeper  # noqa: PLW0603 - the one keeper of this process
    _keeper = Keeper()


def _end() -> None:
    _keeper.end()


os.register_at_fork(after_in_child=_forget)
atexit.register(_end)
