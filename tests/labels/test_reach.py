"""Reach: which addresses a printer may have, and which of them is connected to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask

from labels import printers
from labels.ipp import IppLine
from labels.printers import NotReached, line_to
from labels.reach import check, ipp_address, raw_address, reach_of
from labels.silence import Silence
from scanner.models import Printer
from scanner.refusals import Refusal
from tests.labels.desk import HERE, again, ask, printer, work
from tests.labels.fake_printer import FakePrinter
from tests.labels.test_ipp import Forgetful, needs
from tests.world import World

Names = dict[str, list[str]]
NAME = "zebra.example"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A name server that knows these names; `asked` counts how often it was asked for one."""
    known: Names = {"asked": []}
    real = socket.getaddrinfo

    def resolve(host: str, *more: Any, **how: Any) -> list[Any]:
        if host not in known:
            return real(host, *more, **how)
        known["asked"].append(host)
        return [entry for address in known[host] for entry in real(address, *more, **how)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.fixture
def silent_at() -> Iterator[Callable[[str, int], None]]:
    """Let an address answer nothing: its line of callers is full, so the kernel lets every further one wait."""
    with ExitStack() as stack:

        def fill(host: str, port: int) -> None:
            listener = stack.enter_context(socket.socket())
            listener.bind((host, port))
            listener.listen(0)
            for _ in range(3):
                caller = stack.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex((host, port))

        yield fill


@pytest.mark.parametrize("host", ["a..b", "zebra..local:9100", "z" * 64, "a." + "z" * 64 + ".local"])
def test_a_name_that_no_host_can_have_is_no_address_of_a_printer(host: str) -> None:
    for kind, address in (("raw", host), ("ipp", f"ipp://{host.removesuffix(':9100')}/ipp/print")):
        with pytest.raises(Refusal, match="no host has such a name") as refused:
            check(kind, address, reach_of("10.0.0.0/8", "9100 631"))
        assert refused.value.code == "printer_address"


def test_a_printer_on_file_whose_name_no_host_can_have_is_not_reached_and_says_why(
    app: Flask, warehouse: World
) -> None:
    printer(warehouse.by("cleo"), "zebra..local:9100")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert (again(job).state, again(job).error_code) == ("queued", "printer_address")


@pytest.mark.parametrize("text", ["ipp://[::1/ipp", "ipp://[zebra]/ipp", "[::1", "[zebra]", "a[b"])
def test_brackets_around_what_is_no_address_are_refused(text: str) -> None:
    with pytest.raises(Refusal, match="no host with a port"):
        (ipp_address if text.startswith("ipp") else raw_address)(text)


# --- a name with several addresses -----------------------------------------------------------------------------------


def test_a_printer_that_listens_at_the_second_address_of_its_name_prints(
    app: Flask, warehouse: World, names: Names
) -> None:
    names[NAME] = ["127.0.0.2", "127.0.0.1"]
    with FakePrinter("good") as fake:
        printer(warehouse.by("cleo"), f"{NAME}:{fake.port}")
        (job,) = ask(warehouse.by("cleo"))
        work(app)
        assert (again(job).state, fake.jobs) == ("sent", [job.public_id])
    assert names["asked"] == [NAME]  # what was allowed is what was connected to


def test_a_silent_address_leaves_time_for_the_next_within_that_of_one(
    names: Names, silent_at: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "CONNECT_S", 1.0)
    names[NAME] = ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
    with FakePrinter("good") as fake:
        silent_at("127.0.0.2", fake.port)
        row, began_at = Printer(kind="raw", address=f"{NAME}:{fake.port}", language="pdf"), time.monotonic()
        with line_to(row, HERE, Silence()):
            assert 0.3 < time.monotonic() - began_at < 0.9
        fake.close()
        silent_at("127.0.0.3", fake.port)
        names[NAME] = ["127.0.0.2", "127.0.0.3"]
        began_at = time.monotonic()
        with pytest.raises(NotReached, match="does not answer"), line_to(row, HERE, Silence()):
            pass
        assert 0.9 < time.monotonic() - began_at < 2.0


def test_a_name_with_one_address_that_is_closed_to_printers_is_not_tried_at_the_others(names: Names) -> None:
    names[NAME] = ["127.0.0.1", "192.0.2.1"]
    with FakePrinter("good") as fake:
        row = Printer(kind="raw", address=f"{NAME}:{fake.port}", language="pdf")
        with pytest.raises(NotReached, match="none of the networks"), line_to(row, HERE, Silence()):
            pass
        assert fake.connections == 0


def test_an_ipp_printer_at_the_second_address_of_its_name_is_asked_there(names: Names) -> None:
    needs("ipptool")
    names[NAME] = ["127.0.0.2", "127.0.0.1"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert IppLine(f"ipp://{NAME}:{server.server_port}/ipp/print", HERE).state().code == "ready"
    finally:
        server.shutdown()
        server.server_close()
    assert names["asked"] == [NAME]
