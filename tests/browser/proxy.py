"""A bad network between a browser and its server: an HTTP proxy on this machine that does what Wi-Fi and portals do.

    with Proxy(server_port) as net:
        station = Station(chrome, net.url)
        net.fault = "black_hole"           every request from now on
        net.plan = script(seed)            or each request as a seeded script says

What a fault does to one request:

    refuse       nothing arrives, the connection is reset       cut        it arrives, half of the answer comes back
    black_hole   nothing arrives and nothing comes back         lost       it arrives, no answer comes back
    stall        it waits, then goes on as usual                duplicate  it arrives twice
    portal       a log-in page answers 200 for the server       redirect   a portal sends the browser to its own page
    bad_gateway  a proxy in between answers 502 with a page     foreign    somebody else's JSON answers 200
    too_large    a proxy takes no body: 413                     too_many   a proxy has had enough of us: 429
    garbage      bytes that are no HTTP, as when TLS fails
"""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

FAULTS: Final = (
    *("refuse", "black_hole", "stall", "cut", "lost", "portal"),
    *("bad_gateway", "redirect", "foreign", "duplicate", "too_large", "too_many", "garbage"),
)
OUTAGES: Final = tuple(fault for fault in FAULTS if fault not in ("cut", "duplicate"))  # nothing comes through, or late
GATEWAYS: Final = {
    "bad_gateway": (502, b"<html><h1>502 Bad Gateway</h1></html>"),
    "too_large": (413, b"<html><h1>413 Request Entity Too Large</h1></html>"),
    "too_many": (429, b"<html><h1>429 Too Many Requests</h1></html>"),
}
GARBAGE: Final = b"\x15\x03\x01\x00\x02\x02\x46"
STALL_S: Final = 2.0
SLOW_S: Final = 1.0  # "slow" is no fault: the answer comes, later than a page is waited for that has a stand-in
PORTAL: Final = b"<!doctype html><title>Hotel</title><h1>Welcome to the hotel. Please agree.</h1>"
FOREIGN: Final = b'{"results": [], "status": "ok"}'
KEPT_BACK: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
RESET: Final = struct.pack("ii", 1, 0)

Plan = Callable[[str, str], str]  # method and path -> the fault of this request, "" for none


class Proxy:
    """Listens on a port of its own. `fault` holds for all requests, `plan` decides for each; shells pass by default."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.fault = ""
        self.plan: Plan | None = None
        self.stall_s = STALL_S
        self.met: list[tuple[str, str, str]] = []  # fault, method, path
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = int(self._server.server_port)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def heal(self) -> None:
        """No faults from now on."""
        self.fault, self.plan = "", None

    def fault_of(self, method: str, path: str) -> str:
        """What happens to this request."""
        fault = self.plan(method, path) if self.plan else self.fault
        if fault:
            self.met.append((fault, method, path))
        return fault

    def wait(self, seconds: float) -> None:
        """Let time pass, but not beyond the proxy's own end."""
        self._over.wait(seconds)

    def hold(self) -> None:
        """Swallow a request: until the network is another, or the test has ended."""
        was = (self.fault, self.plan)
        while was == (self.fault, self.plan) and not self._over.wait(0.05):
            pass


def script(seed: int, chance: float = 0.4, only: tuple[str, ...] = ("POST",)) -> Plan:
    """Faults at random, the same ones for the same seed and the same requests. No black hole: nobody waits so long."""
    draws = random.Random(seed)  # noqa: S311 - a repeatable bad day
    faults = [fault for fault in FAULTS if fault != "black_hole"]
    lock = threading.Lock()

    def plan(method: str, path: str) -> str:
        if method not in only or path.startswith("/shell/"):
            return ""
        with lock:
            return draws.choice(faults) if draws.random() < chance else ""

    return plan


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_whose: object) -> None:
        """A browser that has hung up is no news here."""


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Nothing on the console."""

        def go(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                _meet(proxy, self, proxy.fault_of(self.command, self.path), body)
            except (OSError, http.client.HTTPException):
                _reset(self)

        do_GET = do_POST = do_HEAD = go  # noqa: N815 - the names that the library calls

    return Handler


def _meet(proxy: Proxy, here: BaseHTTPRequestHandler, fault: str, body: bytes) -> None:
    match fault:
        case "refuse":
            _reset(here)
        case "black_hole":
            proxy.hold()
            _reset(here)
        case "portal":
            _answer(here, 200, [("Content-Type", "text/html")], PORTAL)
        case "bad_gateway" | "too_large" | "too_many":
            status, page = GATEWAYS[fault]
            _answer(here, status, [("Content-Type", "text/html")], page)
        case "garbage":
            here.wfile.write(GARBAGE)
            _reset(here)
        case "redirect":
            _answer(here, 302, [("Location", "http://portal.invalid/login"), ("Content-Type", "text/html")], PORTAL)
        case "foreign":
            _answer(here, 200, [("Content-Type", "application/json")], FOREIGN)
        case _:
            _pass_on(proxy, here, fault, body)


def _pass_on(proxy: Proxy, here: BaseHTTPRequestHandler, fault: str, body: bytes) -> None:
    proxy.wait({"stall": proxy.stall_s, "slow": SLOW_S}.get(fault, 0))
    status, headers, content = _ask(proxy.target, here, body)
    if fault == "duplicate":
        status, headers, content = _ask(proxy.target, here, body)
    if fault == "lost":
        _reset(here)
    else:
        _answer(here, status, headers, content, cut=fault == "cut")


def _ask(port: int, here: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """The server's answer. The Host header goes on as the browser sent it, so that the origin stays right."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {name: value for name, value in here.headers.items() if name.lower() != "connection"}
        connection.request(here.command, here.path, body or None, headers)
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in KEPT_BACK]
        return answer.status, kept, answer.read()
    finally:
        connection.close()


def _answer(
    here: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False
) -> None:
    here.send_response_only(status)
    for name, value in headers:
        here.send_header(name, value)
    here.send_header("Content-Length", str(len(content)))
    here.end_headers()
    if here.command != "HEAD":
        here.wfile.write(content[: len(content) // 2] if cut else content)
    if cut:
        here.wfile.flush()
        _reset(here)


def _reset(here: BaseHTTPRequestHandler) -> None:
    """Hang up at once, without a word."""
    here.close_connection = True
    try:
        here.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        here.connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
