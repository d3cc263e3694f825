"""The agent at the bench against real sockets: what it says has left has left."""

from __future__ import annotations

import threading

import pytest

from tests.labels.fake_printer import FakePrinter
from tools import print_agent
from tools.print_agent import Raw, Server, Unsure, serve

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
