"""What the Procfile starts, as processes that a test may end in any way: politely, or by SIGKILL at any moment."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0


def command_of(word: str) -> list[str]:
    """The command behind a word of the Procfile (web, worker, release), run by this Python."""
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        name, _, command = line.partition(": ")
        if name == word:
            program, *rest = shlex.split(command)
            return [sys.executable, "-m", program, *rest]
    raise LookupError(f"the Procfile has no {word!r}")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    except OSError:
        return []


def kill_pid(pid: int) -> bool:
    """SIGKILL; False when the process has ended before."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Process:
    """One line of the Procfile, running. `env` is what it gets beside our own environment; the log goes to `log`."""

    def __init__(self, word: str, env: Mapping[str, str], log: Path, *, wrapper: Sequence[str] = ()) -> None:
        self._command = [*wrapper, *command_of(word)]
        self._env = os.environ | dict(env)
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it. The kernel ends it when we end, however we end."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *self._command],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, to be killed as one
            )

    @property
    def pid(self) -> int:
        """Its number, while it runs."""
        assert self._running is not None
        return self._running.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._running is not None and self._running.poll() is None

    def children(self) -> list[int]:
        """What it has started: gunicorn's workers."""
        return children_of(self.pid)

    def kill(self) -> None:
        """SIGKILL to it and to all that it has started, at once."""
        assert self._running is not None
        if self.is_running:
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait(PATIENCE_S)

    def stop(self) -> None:
        """SIGTERM: it ends what it is doing, and then itself. Killed if it does not."""
        assert self._running is not None
        if self.is_running:
            self._running.terminate()
        try:
            self._running.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
