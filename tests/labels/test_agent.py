"""The agent at the bench against real sockets: what it says has left has left."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from labels.reach import raw_address
from tests.labels.fake_printer import FakePrinter, needs_ipv6
from tools import print_agent
from tools.print_agent import NotReached, Raw, Server, Unsure, host_and_port, serve

LABEL = b"^XA^FX" + b"x" * 1000 + b"^XZ"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits than a real printer is given."""
    monkeypatch.setattr(print_agent, "STALL_S", 0.4)
    monkeypatch.setattr(print_agent, "CLOSE_S", 0.2)


@pytest.mark.parametrize("copies", [60, 9000])  # 60 kB fit in our own buffers, 9 MB do not
def test_an_agent_whose_printer_hangs_is_not_sure(copies: int) -> None:
    with FakePrinter("hang") as fake:
        raw = Raw(fake.address)
        with raw.open() as line, pytest.raises(Unsure, match="stopped taking"):
            raw.send(line, LABEL, copies)


def test_an_agent_whose_printer_cuts_is_not_sure() -> None:
    with FakePrinter("cut") as fake:
        raw = Raw(fake.address)
        with raw.open() as line, pytest.raises(Unsure, match="closed the line"):
            raw.send(line, LABEL, 9000)


def test_an_agent_says_that_a_printer_keeps_the_line_open_only_once_it_has_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Told(Server):
        def __init__(self) -> None:
            self.told: list[tuple[str, str]] = []

        def take(self) -> dict[str, object] | None:
            job = {"id": "1", "data": "XlhBXlha", "copies": 1}
            return None if self.told else job

        def start(self, _job: str) -> bool:
            return True

        def done(self, _job: str, outcome: str, words: str) -> None:
            self.told.append((outcome, words))

    server = Told()
    with FakePrinter("hang") as fake:
        serve(server, Raw(fake.address), threading.Event(), once=True)
    assert server.told == [("sent", "All bytes have left; the printer keeps the line open.")]


def test_an_agent_reaches_its_printer_by_an_ipv6_address() -> None:
    needs_ipv6()
    with FakePrinter("good", host="::1") as fake:
        assert fake.address.startswith("[::1]:")
        raw = Raw(fake.address)
        with raw.open() as line:
            raw.send(line, LABEL, 1)
        assert fake.labels == [LABEL]


@pytest.mark.parametrize(
    "text", ["10.0.0.7", "10.0.0.7:9101", "[fd00::7]:9101", "[fd00::7]", "fd00::7", "zebra-1", "zebra-1:9101"]
)
def test_an_agent_reads_an_address_as_the_desk_does(text: str) -> None:
    assert host_and_port(text) == raw_address(text)


@pytest.mark.parametrize("text", ["", ":9100", "[::1", "zebra/1", "zebra:x", "zebra:99999", "me@zebra"])
def test_an_agent_does_not_start_with_an_address_that_is_none(text: str) -> None:
    with pytest.raises(SystemExit, match="no host with a port"):
        Raw(text)


@pytest.mark.parametrize("name", ["zebra..local", "z" * 64])
def test_a_printer_whose_name_cannot_be_is_out_of_reach_of_its_agent(name: str) -> None:
    with pytest.raises(NotReached, match="out of reach"):
        Raw(name).open()


# --- what the server says, or another in its place -------------------------------------------------------------------

JOB = json.dumps({"job": {"id": "1", "data": "XlhBXlha", "copies": 1}}).encode()
PORTAL = b"<html>Please log in to this network</html>"
BAD = {"cut": b'{"job": nu', "a portal's page": PORTAL, "no letters": b"\xff\xfe\xfd", "a list": b"[]"}


class Front(BaseHTTPRequestHandler):
    """What stands at the server's address: its answers in their order, then that nothing waits."""

    answers: ClassVar[list[bytes]] = []
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        """Answer as if all of it came, though the first words of one that is cut are all that come."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path.rpartition("/")[2])
        body = self.answers.pop(0) if self.answers else b'{"job": null}'
        self.send_response(200)
        self.send_header("Content-Length", str(1000 if body == BAD["cut"] else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server as the agent sees it, through what stands at its address."""
    monkeypatch.setattr(print_agent, "TRY_AGAIN_S", 0.05)
    monkeypatch.setattr(print_agent, "POLL_S", 0.05)
    monkeypatch.setattr(Front, "asked", [])
    at = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=at.serve_forever, daemon=True).start()
    yield Server(f"http://127.0.0.1:{at.server_port}", "token", "PC-1")
    at.shutdown()
    at.server_close()


@pytest.mark.parametrize("bad", BAD)
def test_an_agent_that_gets_a_bad_answer_tries_again_later(
    front: Server, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setattr(Front, "answers", [BAD[bad], JOB, b"{}", BAD[bad]])
    stop = threading.Event()
    with FakePrinter("good") as fake:
        agent = threading.Thread(target=serve, args=(front, Raw(fake.address), stop), daemon=True)
        agent.start()
        for _ in range(200):
            if Front.asked.count("take") > 2:
                break
            stop.wait(0.05)
        stop.set()
        agent.join(10)
        assert fake.labels == [b"^XA^XZ"]
    assert Front.asked[:6] == ["take", "take", "start", "done", "done", "take"]


def test_an_agent_starts_nothing_on_the_word_of_a_portal(front: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Front, "answers", [JOB, PORTAL])
    with FakePrinter("good") as fake:
        serve(front, Raw(fake.address), threading.Event(), once=True)
        assert (fake.started, fake.labels) == ([], [])
    assert Front.asked == ["take", "start"]
