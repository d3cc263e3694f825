"""Keep: start a program again when it dies, with a pause, a few times in a row; end with whoever has started us.

    python tools/keep.py .venv/bin/flask --app web print-worker --with-parent

`make run` keeps its print worker so. Where systemd or a container does that, nobody needs it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time

PAUSE_S = 2.0  # doubled for each death in a row
LONGEST_PAUSE_S = 60.0
MOST = 20  # deaths in a row; one that dies so often has a fault that no start mends
LIVED_S = 60.0  # who lives for so long has not died in a row
LOOK_S = 0.2
ENDS_S = 30.0  # for the program to end what it is doing


class Keeper:
    """Runs one program until it ends well, is told to stop, or its parent is gone."""

    def __init__(self, command: list[str], pause_s: float = PAUSE_S) -> None:
        self._command, self._pause_s = command, pause_s
        self._parent, self._is_over = os.getppid(), False

    def stop(self) -> None:
        """End the program, and then ourselves. May be called from a signal handler."""
        self._is_over = True

    def run(self) -> int:
        """The status to end with: 0 when it ended well or was told to, 1 when it has died too often."""
        deaths = 0
        while deaths < MOST:
            started_at = time.monotonic()
            status = self._run_once()
            if self._is_done() or status == 0:
                return 0
            deaths = 1 if time.monotonic() - started_at > LIVED_S else deaths + 1
            say(f"{self._command[0]} has died ({status}), {deaths} in a row")
            self._wait(min(self._pause_s * 2 ** (deaths - 1), LONGEST_PAUSE_S))
        say("given up: start it by hand once its fault is mended")
        return 1

    def _run_once(self) -> int:
        if self._is_done():
            return 0
        with subprocess.Popen(self._command) as program:
            while program.poll() is None and not self._is_done():
                time.sleep(LOOK_S)
            return program.returncode if program.returncode is not None else _ended(program)

    def _wait(self, pause_s: float) -> None:
        give_up_at = time.monotonic() + pause_s
        while time.monotonic() < give_up_at and not self._is_done():
            time.sleep(LOOK_S)

    def _is_done(self) -> bool:
        return self._is_over or os.getppid() != self._parent


def _ended(program: subprocess.Popen[bytes]) -> int:
    program.terminate()
    try:
        return program.wait(ENDS_S)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def say(words: str) -> None:
    """One line for the log."""
    sys.stderr.write(f"keep: {words}\n")


def main() -> None:
    """Keep the program that is named."""
    parser = argparse.ArgumentParser(description="Starts a program again when it dies.")
    parser.add_argument("--pause", type=float, default=PAUSE_S, help="seconds before the first new start")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    keeper = Keeper([options.program, *options.arguments], options.pause)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeper.stop())
    raise SystemExit(keeper.run())


if __name__ == "__main__":
    main()
