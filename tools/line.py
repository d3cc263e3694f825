"""The line between a phone and its server, by TCP: as far as it is told, cut when it is told, every byte counted.

    with Line(server_port) as line:
        line.rtt_s = 0.060              each byte takes 30 ms either way
        line.state = "cut"              connections are broken off and refused, as in flight mode
        line.state = "silent"           nothing arrives and nothing says so, as behind steel

What went over it is told by request: the bytes of a connection belong to the last request that was begun on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

CHUNK: Final = 64 * 1024
REQUEST: Final = re.compile(rb"(GET|HEAD|POST) (\S+) HTTP/1\.1\r\n")


@dataclass
class Passed:
    """One request and what it weighed on the wire, heads and all."""

    method: str
    path: str
    up: int = 0
    down: int = 0


class Line:
    """Listens on a port of its own; its loop runs in a thread."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.rtt_s = 0.0
        self.passed: list[Passed] = []
        self._state = "good"
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = started.result(10)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def state(self) -> str:
        """good, cut or silent."""
        return self._state

    @state.setter
    def state(self, new: str) -> None:
        """What was silent is broken off when the line is another, as on a phone that finds its network again."""
        self._state = new
        self._loop.call_soon_threadsafe(self._break_off)

    async def _end(self) -> None:
        self._server.close()
        self._break_off()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _break_off(self) -> None:
        if self._state == "silent":
            return
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state == "cut":
            return writer.transport.abort()
        await asyncio.sleep(self.rtt_s)  # the handshake
        there, far = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {writer, far}
        last: list[Passed] = []
        try:
            await asyncio.gather(
                self._carry(reader, far, last, is_up=True), self._carry(there, writer, last, is_up=False)
            )
        finally:
            self._open -= {writer, far}
            for each in (writer, far):
                each.close()
        return None

    async def _carry(
        self, from_: asyncio.StreamReader, to: asyncio.StreamWriter, last: list[Passed], *, is_up: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await from_.read(CHUNK):
                if self._state == "silent":
                    continue
                self._count(data, last, is_up=is_up)
                if self.rtt_s:
                    self._loop.call_later(self.rtt_s / 2, to.write, data)
                else:
                    to.write(data)
        self._loop.call_later(self.rtt_s / 2, to.close)

    def _count(self, data: bytes, last: list[Passed], *, is_up: bool) -> None:
        if is_up and (begun := REQUEST.match(data)):
            last[:] = [Passed(begun[1].decode(), begun[2].decode())]
            self.passed += last
        for passed in last:
            if is_up:
                passed.up += len(data)
            else:
                passed.down += len(data)
