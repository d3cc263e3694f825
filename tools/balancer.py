"""A small load balancer, to try several hosts on one machine: nginx or haproxy do this in earnest (docs/running.md).

    python -m tools.balancer 127.0.0.1:8080 10.77.0.11:8000 10.77.0.12:8000

It asks each host's /readyz all the time and sends requests in turn to those that say 200. What could not even be sent
goes to another host; so does a scan whose host broke off before it answered, or could not take it now (503), for a scan
may be sent twice. Three tries in all, as haproxy makes them with `retries 2`.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from dataclasses import dataclass
from itertools import count

CHECK_EVERY_S = 0.25
CHECK_S = 1.0
TRIES = 3
PAUSE_S = 0.5  # before a host is tried that has just failed
ANSWER_S = 15.0  # a scan that waits for the database is answered within 10
HEAD_BYTES = 64 * 1024
LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
OURS = re.compile(rb"^(connection|x-forwarded-\w+):.*\r\n", re.IGNORECASE | re.MULTILINE)
MAY_REPEAT = re.compile(rb"(GET|HEAD) |POST [^ ]*/(scan|scans|scans/batch|heartbeat) ")
NOT_NOW = b" 503 "
BROKEN = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Host:
    """A web host behind us."""

    address: str
    port: int
    is_ready: bool = False

    async def check(self) -> None:
        """Ask whether it wants requests."""
        try:
            answer = await asyncio.wait_for(self.ask(b"GET /readyz HTTP/1.1\r\nHost: check\r\n", b""), CHECK_S)
            self.is_ready = b" 200 " in answer.split(b"\r\n", 1)[0]
        except (OSError, TimeoutError, EOFError):
            self.is_ready = False

    async def ask(self, head: bytes, body: bytes) -> bytes:
        """Its answer to a request. Raises ConnectionRefusedError when not a byte was sent, EOFError for no answer."""
        try:
            reader, writer = await asyncio.open_connection(self.address, self.port)
        except OSError as error:
            raise ConnectionRefusedError from error
        try:
            writer.write(head + b"Connection: close\r\n\r\n" + body)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
        if not answer:
            raise EOFError
        return answer


class Balancer:
    """Stands in front of the hosts."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        self._turn = count()

    async def serve(self, address: str, port: int) -> None:
        """Until it is ended."""
        checks = asyncio.gather(*(self._check(host) for host in self.hosts))
        server = await asyncio.start_server(self._serve_one, address, port, limit=HEAD_BYTES)
        async with server:
            await asyncio.gather(server.serve_forever(), checks)

    async def _check(self, host: Host) -> None:
        while True:
            await host.check()
            await asyncio.sleep(CHECK_EVERY_S)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one client's connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                client = writer.get_extra_info("peername")[0]
                writer.write(await self._answer(head, body, client))
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, client: str) -> bytes:
        tried: list[Host] = []
        said = BROKEN
        sent = OURS.sub(b"", head[:-2]) + f"X-Forwarded-For: {client}\r\nX-Forwarded-Proto: http\r\n".encode()
        while len(tried) < TRIES:
            left = [host for host in self.hosts if host not in tried]
            if not left:
                await asyncio.sleep(PAUSE_S)
            left = left or self.hosts
            ready = [host for host in left if host.is_ready] or left  # none of them: better one that may have recovered
            host = ready[next(self._turn) % len(ready)]
            tried.append(host)
            try:
                answer = await asyncio.wait_for(host.ask(sent, body), ANSWER_S)
            except ConnectionRefusedError:
                host.is_ready = False
            except (OSError, TimeoutError, EOFError) as fault:
                host.is_ready = False
                print(f"{host.address} broke off {head.split(maxsplit=2)[:2]}: {fault!r}", flush=True)
                if not MAY_REPEAT.match(head):
                    return BROKEN
            else:
                headers, _, content = answer.partition(b"\r\n\r\n")
                said = OURS.sub(b"", headers + b"\r\n") + b"\r\n" + content
                if NOT_NOW not in headers.split(b"\r\n", 1)[0] or not MAY_REPEAT.match(head):
                    return said
        return said


def _parted(text: str) -> tuple[str, int]:
    address, _, port = text.rpartition(":")
    return address, int(port)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("listen", type=_parted)
    parser.add_argument("hosts", type=_parted, nargs="+")
    options = parser.parse_args()
    asyncio.run(Balancer([Host(*host) for host in options.hosts]).serve(*options.listen))


if __name__ == "__main__":
    main()
