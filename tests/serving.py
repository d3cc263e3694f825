"""The product under its own server, on a free port of this machine, for tests that need real requests."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from scanner import people
from scanner.db import now, transact
from tests.world import World

ROOT = Path(__file__).resolve().parents[1]
EIGHT = 8
T = TypeVar("T")


@contextmanager
def serve(
    url: str, folder: Path, *, wrapper: Sequence[str] = (), app: str = "web:create_app()", **env: str
) -> Iterator[int]:
    """Run gunicorn as production does, on the database behind `url`; the port. The log is server.log in `folder`."""
    port = _free_port()
    settings = {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder), "PORT": str(port), "HOST": "127.0.0.1", **env}
    program = [*wrapper, sys.executable, "-m", "gunicorn", "-c", "tools/gunicorn_conf.py", app]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(program, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    gate = threading.Event()
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()  # by http or https: it listens
        except OSError:
            assert server.poll() is None, "the server has ended"
            gate.wait(0.1)
        else:
            return
    pytest.fail("the server did not start")


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The body of a JSON answer."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Client:
    """A program or a browser with one connection, as one device has."""

    def __init__(self, port: int, *, token: str = "", cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if cookie:
            self._headers["Cookie"] = cookie

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; a body that is no text is sent as JSON."""
        sent = {**self._headers, **headers}
        if body is not None and not isinstance(body, str):
            body, sent["Content-Type"] = json.dumps(body), "application/json"
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        headers = {name.title(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read().decode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Read something."""
        return self.ask("GET", path, **headers)

    def scan(self, task: int | None, raw: str, scan_id: str = "", device: str = "gun") -> Answer:
        """One beep through the API."""
        body = {"scan_id": scan_id or str(uuid.uuid4()), "raw": raw, "at": now().isoformat(), "device": device}
        return self.ask("POST", "/api/v1/scans", body | ({"task": task} if task else {}))

    def start(self, workflow: str, document: str | None = None) -> Answer:
        """Open a task through the API."""
        return self.ask("POST", "/api/v1/tasks", {"workflow": workflow, "document": document})


def token_of(warehouse: World, name: str, role: str) -> str:
    """A bearer token; each belongs to a person of its own."""
    return transact(lambda: people.new_api_token(warehouse.by("finn"), name, role))


def together(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Run all acts at once, released together."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]
