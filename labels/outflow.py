"""Outflow: bytes on their way to a printer, until it has taken them. What was written may still be in our own kernel.

A printer that hangs lets us write some 40 kB that it never sees, so a short job would pass for one that has left.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import Final

CHUNK: Final = 16 * 1024
LOOK_S: Final = 0.05  # between two looks at what is still in the kernel
SLICE_S: Final = 1.0  # for one write, so that the lease is renewed in time

_COUNT: Final = struct.Struct("i")


class Outflow:
    """What goes to one printer. Raises TimeoutError when it has taken no byte for `stall_s`, OSError when it is cut."""

    def __init__(self, connection: socket.socket, stall_s: float, beat: Callable[[], None]) -> None:
        self._connection, self._stall_s, self._beat = connection, stall_s, beat
        self._written = self._taken = 0
        self._moved_at = time.monotonic()

    def write(self, data: bytes) -> None:
        """Give the printer all of it. A slow one gets all its time: what counts is that it takes anything."""
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(min(SLICE_S, self._stall_s))
            try:
                count = self._connection.send(rest[:CHUNK])
            except TimeoutError:
                count = 0
            rest = rest[count:]
            self._written += count
            self._look()

    def drain(self) -> None:
        """Wait until the printer's side has all of it. What it says now is of no use; that it cuts is."""
        while unsent(self._connection):
            self._connection.settimeout(LOOK_S)
            try:
                if not self._connection.recv(1024):
                    time.sleep(LOOK_S)
            except TimeoutError:
                pass
            self._look()

    def _look(self) -> None:
        taken, at = self._written - unsent(self._connection), time.monotonic()
        if taken > self._taken:
            self._taken, self._moved_at = taken, at
        elif at > self._moved_at + self._stall_s:
            raise TimeoutError(f"no byte taken for {self._stall_s} s")
        self._beat()


def unsent(connection: socket.socket) -> int:
    """Bytes that our kernel has and the other side has not acknowledged (Linux: tcp(7)); 0 if it cannot tell."""
    try:
        return int(_COUNT.unpack(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(_COUNT.size)))[0])
    except OSError:
        return 0
