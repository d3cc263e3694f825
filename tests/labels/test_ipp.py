"""IPP with real servers of Debian: a driverless printer (ippeveprinter), and CUPS with a queue into a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask

from labels import ipp
from labels.ipp import IppLine
from labels.printers import NotReached
from labels.reach import reach_of
from scanner.db import db
from scanner.models import Printer
from tests.labels.desk import HERE, again, ask, printer, work
from tests.world import World

BUS = """<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""
CUPSD = """Listen 127.0.0.1:{port}
Browsing Off
DefaultAuthType None
<Location />
  Order allow,deny
  Allow 127.0.0.1
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow 127.0.0.1
  </Limit>
</Policy>
"""
BACKEND = """#!/bin/sh
# the paper: CUPS' own file: device prints nothing without the filters that a small installation has not
[ $# -eq 0 ] || cat "$6" > '{out}'
"""
CUPS_FILES = "".join(
    f"{name} {{folder}}/{part}\n"
    for name, part in {
        "ServerRoot": "root",
        "ServerBin": "bin",
        "RequestRoot": "spool",
        "CacheDir": "cache",
        "StateDir": "state",
        "TempDir": "tmp",
        "ErrorLog": "log/error_log",
        "AccessLog": "log/access_log",
        "PageLog": "log/page_log",
    }.items()
)


def needs(*programs: str) -> dict[str, str]:
    """Where the programs are; a skip, or under CI a failure, without them."""
    found = {name: shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in programs}
    if missing := [name for name, where in found.items() if where is None]:
        words = f"IPP is tested with {', '.join(missing)}: apt-get install cups-ipp-utils cups-daemon cups-client dbus"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(words)
    return {name: where for name, where in found.items() if where}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int, *command: str, **env: str) -> Iterator[None]:
    """A server for as long as the test takes."""
    run = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, run)
        yield
    finally:
        run.terminate()
        run.wait(20)


def _wait(port: int, run: subprocess.Popen[bytes]) -> None:
    gate = threading.Event()
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            assert run.poll() is None, f"{run.args!r} has ended"
            gate.wait(0.1)
        else:
            return
    pytest.fail("the IPP server did not start")


@pytest.fixture
def driverless(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A printer that speaks IPP Everywhere: its address and the folder that it prints into."""
    programs = needs("ippeveprinter", "ipptool", "dbus-daemon")
    port, spool, bus = free_port(), tmp_path / "spool", tmp_path / "bus"
    spool.mkdir()
    (tmp_path / "bus.conf").write_text(BUS.format(path=bus))
    with ExitStack() as stack:
        daemon = subprocess.Popen(
            [programs["dbus-daemon"], f"--config-file={tmp_path}/bus.conf", "--nofork"], stderr=subprocess.DEVNULL
        )  # the printer wants one to announce itself, even if there is nobody to listen
        stack.callback(daemon.wait, 10)
        stack.callback(daemon.terminate)
        for _ in range(100):
            if bus.exists():
                break
            threading.Event().wait(0.05)
        command = (programs["ippeveprinter"], "-p", str(port), "-d", str(spool), "-k", "-n", "localhost", "-r", "off")
        env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
        stack.enter_context(running(port, *command, "-f", "application/pdf", "Test", **env))
        yield f"ipp://127.0.0.1:{port}/ipp/print", spool


@pytest.fixture
def cups(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A CUPS server with a raw queue: its address and the file that it prints into."""
    programs = needs("cupsd", "lpadmin", "ipptool")
    port, out = free_port(), tmp_path / "out.bin"
    for part in ("root", "spool", "cache", "state", "tmp", "log"):
        (tmp_path / part).mkdir()
    (tmp_path / "cupsd.conf").write_text(CUPSD.format(port=port))
    (tmp_path / "cups-files.conf").write_text(CUPS_FILES.format(folder=tmp_path))
    out.touch()
    (tmp_path / "bin" / "backend").mkdir(parents=True)
    (tmp_path / "bin" / "daemon").symlink_to("/usr/lib/cups/daemon")
    backend = tmp_path / "bin" / "backend" / "paper"
    backend.write_text(BACKEND.format(out=out))
    backend.chmod(0o700)  # CUPS runs such a one as itself
    files = ("-c", f"{tmp_path}/cupsd.conf", "-s", f"{tmp_path}/cups-files.conf")
    with running(port, programs["cupsd"], "-f", *files):
        queue = [programs["lpadmin"], "-h", f"127.0.0.1:{port}", "-p", "RAW", "-E", "-v", "paper:/", "-m", "raw"]
        subprocess.run(queue, check=True, capture_output=True, timeout=20)
        yield f"ipp://127.0.0.1:{port}/printers/RAW", out


def test_a_driverless_printer_gets_the_pdf_and_confirms_it(
    app: Flask, warehouse: World, driverless: tuple[str, Path]
) -> None:
    address, spool = driverless
    row = printer(warehouse.by("cleo"), address, kind="ipp", language="pdf")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert (again(job).state, again(job).error_words) == ("confirmed", "")
    (file,) = spool.glob("*.pdf")
    assert file.read_bytes().startswith(b"%PDF-")
    assert db.session.get_one(Printer, row.id, populate_existing=True).state == "ready"


def test_a_driverless_printer_that_does_not_take_the_language_says_so_and_nothing_came_out(
    app: Flask, warehouse: World, driverless: tuple[str, Path]
) -> None:
    address, spool = driverless
    printer(warehouse.by("cleo"), address, kind="ipp", language="zpl")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert (again(job).state, again(job).error_code) == ("failed", "printer_declines")
    assert "not-supported" in again(job).error_words
    assert list(spool.glob("*.pdf")) == []


def test_a_cups_queue_prints_zpl_as_it_was_made(app: Flask, warehouse: World, cups: tuple[str, Path]) -> None:
    address, out = cups
    printer(warehouse.by("cleo"), address, kind="ipp", language="zpl")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert again(job).state == "confirmed"
    assert f"^FX{job.public_id}^FS".encode() in out.read_bytes()


def test_a_cups_queue_that_is_stopped_gets_nothing_until_it_goes_on(
    app: Flask, warehouse: World, cups: tuple[str, Path]
) -> None:
    address, out = cups
    server = address.removeprefix("ipp://").partition("/")[0]
    for program in needs("cupsdisable").values():
        subprocess.run([program, "-h", server, "RAW"], check=True, timeout=20)
    row = printer(warehouse.by("cleo"), address, kind="ipp", language="zpl")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert (again(job).state, out.read_bytes()) == ("queued", b"")
    assert db.session.get_one(Printer, row.id, populate_existing=True).state in ("paused", "stopped")


class Forgetful(BaseHTTPRequestHandler):
    """An IPP server that takes jobs and knows none of them afterwards, as many small print servers do."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[int]] = []
    status: ClassVar[int] = 0x0406  # client-error-not-found
    printer: ClassVar[tuple[int, str]] = (3, "none")  # printer-state, 3 is idle, and its reasons

    def do_POST(self) -> None:
        """Get-Printer-Attributes, Print-Job and Get-Job-Attributes (RFC 8011)."""
        body = self._body()
        operation = int.from_bytes(body[2:4])
        self.asked.append(operation)
        head = b"\x01" + value(0x47, "attributes-charset", b"utf-8")
        head += value(0x48, "attributes-natural-language", b"en")
        job = b"\x02" + value(0x21, "job-id", (7).to_bytes(4)) + value(0x23, "job-state", (5).to_bytes(4))
        state, reasons = self.printer
        how = b"\x04" + value(0x23, "printer-state", state.to_bytes(4)) + values("printer-state-reasons", reasons)
        how += value(0x22, "printer-is-accepting-jobs", b"\x01")
        status, more = {0x0B: (0, how), 0x02: (0, job)}.get(operation, (self.status, b""))
        answer = b"\x02\x00" + status.to_bytes(2) + body[4:8] + head + more + b"\x03"
        self.send_response(200)
        self.send_header("Content-Type", "application/ipp")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def value(tag: int, name: str, content: bytes) -> bytes:
    """One attribute as IPP writes it."""
    return bytes([tag]) + len(name).to_bytes(2) + name.encode() + len(content).to_bytes(2) + content


def values(name: str, words: str) -> bytes:
    """One attribute of some keywords: the second and what follows have no name (RFC 8010, 3.1.5)."""
    first, *more = words.split()
    return value(0x44, name, first.encode()) + b"".join(value(0x44, "", word.encode()) for word in more)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that forgets: its address."""
    needs("ipptool")
    monkeypatch.setattr(Forgetful, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"ipp://127.0.0.1:{server.server_port}/ipp/print"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [0x0406, 0x0501])  # not found; the server knows no such question
def test_a_server_that_cannot_tell_of_a_job_is_asked_once_and_the_job_is_sent_but_not_confirmed(
    app: Flask, warehouse: World, monkeypatch: pytest.MonkeyPatch, forgetful: str, status: int
) -> None:
    monkeypatch.setattr(Forgetful, "status", status)
    monkeypatch.setattr(ipp, "FINISH_S", 3)
    printer(warehouse.by("cleo"), forgetful, kind="ipp", language="pdf")
    (job,) = ask(warehouse.by("cleo"))
    work(app)
    assert (again(job).state, Forgetful.asked) == ("sent", [0x0B, 0x02, 0x09])


@pytest.mark.parametrize(
    ("state", "reasons", "code"),
    [
        (3, "media-empty-warning", "ready"),
        (3, "media-empty-report", "ready"),
        (3, "media-needed-report", "ready"),
        (3, "toner-empty-warning", "ready"),
        (4, "cover-open-report toner-low-warning", "ready"),
        (3, "media-empty-warning cover-open", "head_open"),
        (3, "media-empty", "paper_out"),
        (3, "media-empty-error", "paper_out"),
        (5, "media-empty-warning", "paper_out"),
        (5, "toner-low-warning", "stopped"),
    ],
)
def test_an_ipp_printer_that_only_warns_prints_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, forgetful: str, state: int, reasons: str, code: str
) -> None:
    monkeypatch.setattr(Forgetful, "printer", (state, reasons))
    found = IppLine(forgetful, HERE).state()
    assert (found.code, found.can_print) == (code, code == "ready")
    assert reasons.split(maxsplit=1)[0] in found.words


def test_an_ipp_printer_that_is_not_there_is_out_of_reach() -> None:
    needs("ipptool")
    with pytest.raises(NotReached, match="out of reach"):
        IppLine(f"ipp://127.0.0.1:{free_port()}/ipp/print", HERE).state()


def test_an_ipp_address_outside_of_the_networks_is_never_asked() -> None:
    with pytest.raises(NotReached, match="never a printer"):
        IppLine("ipp://169.254.169.254:631/ipp/print", reach_of("0.0.0.0/0", "631"))
