"""Print agent: for a PC at the bench whose printer the server cannot reach. One file; Python's own library, no more.

    python3 print_agent.py --url https://scandock.example --printer BENCH-1 --raw 192.168.1.50:9100
    python3 print_agent.py --url https://scandock.example --printer BENCH-1 --lp Zebra_GK420d

It pulls the jobs of one printer (kind `agent`) and hands them to a printer of port 9100 or to `lp`. The token is read
from SCANDOCK_TOKEN, or from a file (--token-file); its name is the printer's address at the desk. A job is sent once:
when the agent ends in the middle of it, a person is asked whether it came out.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

POLL_S = 2.0
TRY_AGAIN_S = 10.0
CALL_S = 30
RAW_PORT = 9100
CONNECT_S = 5
STALL_S = 20  # no byte taken for so long: no paper, full buffer, gone
CLOSE_S = 2  # for the printer's end of the line after ours
CHUNK = 16 * 1024
LOOK_S = 0.05
LEASE_S = 30.0  # for so long a server that does not tell lets the agent be silent
ANSWERS_KEPT_S = 600  # for so long the agent tries to tell what came of a job


class NotReached(Exception):
    """Not one byte has left."""


class Unsure(Exception):
    """Some of it has left."""


class Server:
    """The warehouse's API, as one token sees it."""

    def __init__(self, url: str, token: str, printer: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SystemExit("--url is no http:// or https:// address")
        self._url, self._token, self._printer = url.rstrip("/"), token, printer
        self._run = str(uuid.uuid4())

    def take(self) -> dict[str, Any] | None:
        """The next job, or none. Raises OSError."""
        return self._call("take", printer=self._printer).get("job")

    def start(self, job: str) -> bool:
        """Whether the first byte may leave; again while the job is sent, so that the server knows. Raises OSError."""
        try:
            self._call(f"{job}/start")
        except urllib.error.HTTPError as error:
            if error.code == 422:
                return False
            raise
        return True

    def done(self, job: str, outcome: str, words: str) -> None:
        """Tell what came of it, for as long as it takes; the server asks a person if it never hears."""
        give_up_at = time.monotonic() + ANSWERS_KEPT_S
        while time.monotonic() < give_up_at:
            try:
                self._call(f"{job}/done", outcome=outcome, words=words[:300])
            except urllib.error.HTTPError as error:
                if error.code == 422:
                    return
            except OSError:
                pass
            else:
                return
            time.sleep(POLL_S)

    def _call(self, path: str, **facts: str) -> dict[str, Any]:
        """Raises OSError for an answer that was cut or is not the server's too: a portal's page, a proxy's."""
        body = json.dumps({"run": self._run, **facts}).encode()
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/v1/print-jobs/{path}", body, head)  # noqa: S310 - checked
        try:
            with urllib.request.urlopen(request, timeout=CALL_S) as answer:  # noqa: S310
                found = json.load(answer)
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"it is no answer of Scandock: {error!r}"[:200]) from error
        if not isinstance(found, dict):
            raise OSError("it is no answer of Scandock")
        return found


class Raw:
    """A printer of port 9100."""

    def __init__(self, address: str) -> None:
        self._where = host_and_port(address)

    def open(self) -> socket.socket:
        """A connection. Raises NotReached."""
        try:
            return socket.create_connection(self._where, timeout=CONNECT_S)
        except (OSError, UnicodeError) as error:  # UnicodeError: a name like a..b, which no name server is asked for
            raise NotReached(f"The printer is out of reach: {error}") from error

    def send(self, line: socket.socket, data: bytes, copies: int) -> str:
        """Write all, wait until the printer has it, and close. Raises Unsure."""
        try:
            _write(line, data, copies)
            line.shutdown(socket.SHUT_WR)
        except TimeoutError as error:
            raise Unsure("The printer stopped taking the job in the middle.") from error
        except OSError as error:
            raise Unsure(f"The printer closed the line in the middle: {error}") from error
        return _closed(line)


def host_and_port(text: str) -> tuple[str, int]:
    """Of '10.0.0.7', '10.0.0.7:9100', '[fd00::7]:9100', 'fd00::7' or 'zebra-1', as at the desk. Raises SystemExit."""
    bare = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    try:
        parts = urllib.parse.urlsplit(f"//{bare}")
        host, port = parts.hostname, parts.port or RAW_PORT
    except ValueError:
        host, port = None, 0
    if not host or parts.netloc != bare or parts.username is not None:
        raise SystemExit(f"--raw {text} is no host with a port")
    return host, port


def _write(line: socket.socket, data: bytes, copies: int) -> None:
    """Raises TimeoutError when no byte was taken for STALL_S: the timeout of `sendall` would be that of the whole."""
    written = taken = 0
    moved_at = time.monotonic()
    while (left := len(data) * copies - written) or unsent(line):
        line.settimeout(min(1.0, STALL_S))
        if left:
            start = written % len(data)
            written += _sent(line, data[start : start + CHUNK])
        else:
            time.sleep(LOOK_S)
            if error := line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(error, os.strerror(error))
        if written - unsent(line) > taken:
            taken, moved_at = written - unsent(line), time.monotonic()
        elif time.monotonic() > moved_at + STALL_S:
            raise TimeoutError


def _sent(line: socket.socket, part: bytes) -> int:
    try:
        return line.send(part)
    except TimeoutError:
        return 0


def unsent(line: socket.socket) -> int:
    """Bytes that this PC still has and the printer has not; 0 where that cannot be asked (it can on Linux)."""
    try:
        import fcntl
        import termios

        return struct.unpack("i", fcntl.ioctl(line, termios.TIOCOUTQ, bytes(4)))[0]  # type: ignore[no-any-return]
    except (ImportError, OSError):
        return 0


def _closed(line: socket.socket) -> str:
    """What is to be said of a job that the printer has. Raises Unsure when it throws it away with the line."""
    line.settimeout(CLOSE_S)
    try:
        while line.recv(1024):
            pass
    except TimeoutError:
        return "All bytes have left; the printer keeps the line open."
    except OSError as error:
        raise Unsure(f"The printer closed the line in the middle: {error}") from error
    return "All bytes have left."


class Lp:
    """A queue of this PC's CUPS."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._program = shutil.which("lp")

    def open(self) -> socket.socket | None:
        """Nothing to open. Raises NotReached."""
        if self._program is None:
            raise NotReached("This PC has no lp.")
        return None

    def send(self, _line: object, data: bytes, copies: int) -> str:
        """Hand it to `lp`. Raises Unsure when lp does not say that it has it."""
        command = [str(self._program), "-d", self._queue, "-n", str(copies), "-s"]
        try:
            ran = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unsure("lp did not end.") from error
        if ran.returncode:
            raise Unsure(f"lp failed: {ran.stderr.decode(errors='replace')[:200]}")
        return f"Handed to the queue {self._queue}."


def serve(server: Server, printer: Raw | Lp, stop: threading.Event, *, once: bool = False) -> None:
    """Pull and print until told to stop; with `once` until nothing waits."""
    while not stop.is_set():
        try:
            job = server.take()
            wait_s = _print(server, printer, job) if job else POLL_S
        except OSError as error:
            say(f"The server cannot be reached: {error}")
            job, wait_s = None, TRY_AGAIN_S
        if once and job is None:
            return
        stop.wait(wait_s)


def _print(server: Server, printer: Raw | Lp, job: dict[str, Any]) -> float:
    """Print one job; how long to wait before the next, in seconds."""
    name, data = str(job["id"]), base64.b64decode(job["data"])
    try:
        line = printer.open()
    except NotReached as error:
        say(str(error))
        server.done(name, "not_reached", str(error))
        return TRY_AGAIN_S
    try:
        if not server.start(name):
            return POLL_S
        with _renewing(server, name, float(job.get("lease_s", LEASE_S))):
            words = printer.send(line, data, int(job["copies"]))  # type: ignore[arg-type]
    except Unsure as error:
        say(str(error))
        server.done(name, "unknown", str(error))
        return POLL_S
    finally:
        if line is not None:
            line.close()
    server.done(name, "sent", words)
    return 0.0


@contextmanager
def _renewing(server: Server, job: str, lease_s: float) -> Iterator[None]:
    """Say every third of the lease that the job is still being printed: else the server asks a person what came of it.

    In a thread of its own, so that a slow server does not keep the printer waiting, nor `lp` the server.
    """
    is_over = threading.Event()

    def renew() -> None:
        while not is_over.wait(lease_s / 3):
            try:
                server.start(job)
            except OSError as error:  # the next may get through, and `done` counts all the same
                say(f"The server cannot be told that the job is still being printed: {error}")

    threading.Thread(target=renew, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def say(words: str) -> None:
    """One line for the log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}\n")


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="Prints what waits for one printer of Scandock.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--printer", required=True, help="its code at the desk; of the kind `agent`")
    parser.add_argument("--token-file", type=Path, help="else SCANDOCK_TOKEN")
    parser.add_argument("--once", action="store_true", help="end when nothing waits")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--raw", help="host:port of a printer")
    way.add_argument("--lp", help="a CUPS queue of this PC")
    options = parser.parse_args()
    token = options.token_file.read_text().strip() if options.token_file else os.environ.get("SCANDOCK_TOKEN", "")
    if not token:
        raise SystemExit("no token: set SCANDOCK_TOKEN, or give --token-file")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(
        Server(options.url, token, options.printer),
        Raw(options.raw) if options.raw else Lp(options.lp),
        stop,
        once=options.once,
    )


if __name__ == "__main__":
    main()
