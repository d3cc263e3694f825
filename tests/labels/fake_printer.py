"""A printer of port 9100 that never prints: a real socket that behaves as good and bad printers do.

good       takes labels, says nothing            answers    as good, and answers ~HS
paper_out  answers ~HS with paper out            rubbish    answers ~HS with nonsense
hang       takes the connection, reads nothing   cut        closes in the middle of a job
slow       takes some bytes a second             refuse     the port is closed
half       answers ~HS with the first line only  late       answers ~HS after a second
"""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

import pytest

LABEL = re.compile(rb"\^XA.*?\^XZ", re.DOTALL)
JOB = re.compile(rb"\^FX([0-9a-f-]{36})(?: COPY)?\^FS")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a printer that is switched off
BEHAVIOURS = (
    "good",
    "answers",
    "paper_out",
    "head_open",
    "paused",
    "rubbish",
    "half",
    "late",
    "hang",
    "cut",
    "slow",
    "refuse",
)


def host_status(*, paper_out: bool = False, paused: bool = False, head_open: bool = False) -> bytes:
    """The three lines that a printer answers to ~HS (ZPL II Programming Guide)."""
    first = f"030,{paper_out:d},{paused:d},1218,000,0,0,0,000,0,0,0"
    second = f"000,0,{head_open:d},0,0,2,4,0,00000000,1,000"
    return b"".join(b"\x02" + line.encode() + b"\x03\r\n" for line in (first, second, "1234,0"))


ANSWERS = {
    "answers": host_status(),
    "paper_out": host_status(paper_out=True),
    "head_open": host_status(head_open=True),
    "paused": host_status(paused=True),
    "half": host_status()[:30],
    "late": host_status(),
    "rubbish": b"HTTP/1.1 400 Bad Request\r\n\r\n\x03\x03\x03",
}


class FakePrinter:
    """Listens on 127.0.0.1, or on ::1; `behaviour` may be changed at any time and holds for new connections."""

    def __init__(self, behaviour: str = "good", *, cut_after: int = 40, port: int = 0, host: str = "127.0.0.1") -> None:
        self.behaviour, self.cut_after = behaviour, cut_after
        self.labels: list[bytes] = []  # that came whole
        self.started: list[str] = []  # ids of jobs of which anything came, whole or not
        self.connections = 0
        self.asked = 0  # how often it was asked how it is
        self.most_at_once = 0
        self._open = 0
        self._guard = threading.Lock()
        self._is_over = threading.Event()
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port = int(self._socket.getsockname()[1])
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        if behaviour != "refuse":
            self._socket.listen(8)
            threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _t: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off."""
        self._is_over.set()
        self._socket.close()

    def mend(self, behaviour: str = "good") -> None:
        """Let it behave otherwise from now on; a closed port is opened."""
        was, self.behaviour = self.behaviour, behaviour
        if was == "refuse":
            self._socket.listen(8)
            threading.Thread(target=self._accept, daemon=True).start()

    @property
    def jobs(self) -> list[str]:
        """The ids of the jobs whose labels came whole, in their order."""
        return [found[1].decode() for label in list(self.labels) if (found := JOB.search(label))]

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._guard:
            self.connections += 1
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            with connection:
                self._talk(connection)
        except OSError:
            pass
        finally:
            with self._guard:
                self._open -= 1

    def _talk(self, connection: socket.socket) -> None:
        behaviour, kept, told = self.behaviour, b"", 0
        if behaviour == "hang":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            self._is_over.wait(60)
            return
        while part := connection.recv(256 if behaviour == "slow" else 65536):
            kept += part
            if behaviour == "slow":
                time.sleep(0.05)
            while b"~HS" in kept:
                kept = kept.replace(b"~HS", b"", 1)
                self.asked += 1
                time.sleep(1.0 if behaviour == "late" else 0.0)
                if answer := ANSWERS.get(behaviour):
                    connection.sendall(answer)
            if behaviour == "cut" and len(kept) >= self.cut_after:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self._note(kept, 0)
                return
            told = self._note(kept, told)
            while found := LABEL.search(kept):
                with self._guard:
                    self.labels.append(found[0])
                kept, told = kept[found.end() :], 0

    def _note(self, kept: bytes, told: int) -> int:
        found = JOB.findall(kept)
        with self._guard:
            self.started += [job.decode() for job in found[told:]]
        return len(found)


def needs_ipv6() -> None:
    """A skip where this machine has no ::1, as in many containers; under CI a failure."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("this machine has no IPv6")
