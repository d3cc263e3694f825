"""A certificate that nobody believes is no network: scans wait on the phone, and go when the right one is back."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from flask import Flask
from playwright.sync_api import Playwright

from tests.browser.picker import Picker, on_record
from tests.browser.station import launch
from tests.serving import serve
from tests.world import World
from tools.certificate import ensure

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)]

HERE = "127.0.0.1"


class Between:
    """Stands between a browser and the server, and either passes their bytes on or shows a certificate of its own."""

    def __init__(self, target: int, false: Path) -> None:
        self.is_false = False
        self.refused = 0  # handshakes that the browser has broken off
        self._target = target
        self._false = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._false.load_cert_chain(false / "server.crt", false / "server.key")
        self._open: list[socket.socket] = []
        self._listens = socket.create_server((HERE, 0))
        self.url = f"https://{HERE}:{self._listens.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listens.close()
        self.lie(is_false=True)

    def lie(self, *, is_false: bool) -> None:
        """From now on so; what is open ends."""
        self.is_false = is_false
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _take(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                here, _ = self._listens.accept()
                threading.Thread(target=self._show if self.is_false else self._pass, args=(here,), daemon=True).start()

    def _show(self, here: socket.socket) -> None:
        with suppress(OSError), here:
            here.settimeout(5)
            try:
                with self._false.wrap_socket(here, server_side=True) as secure:
                    secure.recv(1)
            except ssl.SSLError:
                self.refused += 1

    def _pass(self, here: socket.socket) -> None:
        with suppress(OSError), here, socket.create_connection((HERE, self._target)) as there:
            self._open += [here, there]
            back = threading.Thread(target=_pipe, args=(there, here), daemon=True)
            back.start()
            _pipe(here, there)
            back.join()


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def between(app: Flask, engine_url: str, tmp_path: Path) -> Iterator[Between]:
    """The product by https, with somebody on the way."""
    ensure(tmp_path / "right", [HERE])
    ensure(tmp_path / "false", [HERE])
    with (
        serve(engine_url, tmp_path, SCANDOCK_CERTIFICATES=str(tmp_path / "right")) as port,
        Between(port, tmp_path / "false") as made,
    ):
        yield made


@contextmanager
def believing(playwright: Playwright, folder: Path, between: Between, warehouse: World) -> Iterator[Picker]:
    """Ben on a browser that believes one certificate and no other."""
    words = ["openssl", "x509", "-in", str(folder / "server.crt"), "-noout", "-pubkey"]
    key = subprocess.run(words, capture_output=True, check=True).stdout
    bare = base64.b64decode(b"".join(line for line in key.splitlines() if not line.startswith(b"-")))
    digest = base64.b64encode(hashlib.sha256(bare).digest()).decode()
    browser = launch(playwright, f"--ignore-certificate-errors-spki-list={digest}")
    picker = Picker(browser, between, warehouse)
    picker.log_in("ben")
    yield picker
    browser.close()


def test_a_false_certificate_is_no_network_and_the_scans_go_when_the_right_one_is_back(
    playwright: Playwright, between: Between, warehouse: World, tmp_path: Path
) -> None:
    warehouse.stock("MUG", "A-01-1", 2)
    warehouse.order("SO-1", ("MUG", 2))
    with believing(playwright, tmp_path / "right", between, warehouse) as ben:
        task = ben.start("SO-1")
        ben.do(ben.right())
        between.lie(is_false=True)
        for _ in range(3):
            ben.do(ben.right())
        ben.shows(3)
        ben.reopen(ben.page.reload)
        assert ben.waiting() == ben.sent[1:]
        assert between.refused > 0
        between.lie(is_false=False)
        ben.wait(ben.is_sent, seconds=20)
        ben.pick()
        ben.wait(ben.is_sent)
        assert on_record(task) == [(raw, "accepted") for raw in ben.sent]
        assert ben.errors == []
