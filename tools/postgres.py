"""A PostgreSQL server of our own that lives as long as a `with` block, for tests and measurements.

    with throwaway(fsync=False) as url: ...

It listens on a socket in a folder that nobody else may enter, so it needs no port and no password.
PostgreSQL refuses to run as root; then the system's own "postgres" user runs it. The kernel stops
it when our process dies, however it dies.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tools.procfile import children_of

OWNER = "scandock"  # the server's superuser
START_TIMEOUT_S = 60
MEMORY_FREE_BYTES = 4 * 1024**3  # the suite needs less than one; containers may have 64 MB
CONNECTIONS = 200  # 64 clients at once, on each of a few test workers


class Missing(Exception):
    """There is no PostgreSQL server on this machine; the text says what to install."""


def binaries() -> Path:
    """The folder with initdb and postgres, the newest version first.

    Raises Missing when there is none.
    """
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise Missing("no PostgreSQL server is installed here: install the package postgresql")


def _as_server_user(command: list[str]) -> list[str]:
    """The command, run by a user that PostgreSQL accepts, and ended when our process ends."""
    become = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        become += ["--reuid", "postgres", "--regid", "postgres", "--init-groups"]
    return [*become, "--", *command]


def _place(*, fsync: bool) -> Path | None:
    """Where the folder goes: memory for what need not last (twenty times as fast), else disk."""
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent of a private folder
    if fsync or not os.access(memory, os.W_OK):
        return None
    return memory if shutil.disk_usage(memory).free >= MEMORY_FREE_BYTES else None


def _folder(*, fsync: bool) -> Path:
    """An empty folder that belongs to the server's user alone."""
    folder = Path(tempfile.mkdtemp(prefix="scandock-pg-", dir=_place(fsync=fsync)))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _initialise(folder: Path) -> None:
    """Make an empty cluster in the folder."""
    command = [str(binaries() / "initdb"), "-D", str(folder / "data"), "-U", OWNER]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(_as_server_user(command), cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr.strip()}")


def _start(folder: Path, *, fsync: bool, address: str, wrapper: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the server; it may not answer yet."""
    settings = {
        "listen_addresses": address,
        "unix_socket_directories": str(folder),
        "max_connections": str(CONNECTIONS),
        "fsync": "on" if fsync else "off",
    }
    command = [str(binaries() / "postgres"), "-D", str(folder / "data")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*wrapper, *_as_server_user(command)],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we end the server ourselves
        )


def _wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers. Raises RuntimeError with its log when it does not."""
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(host=str(folder), user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > give_up_at:
                log = (folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)
        else:
            return


class Cluster:
    """A server that can be stopped and started again: the bad days of a database."""

    def __init__(self, folder: Path, *, fsync: bool, address: str, wrapper: Sequence[str]) -> None:
        self._folder = folder
        self._fsync = fsync
        self._address = address
        self._wrapper = wrapper
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its database "postgres"."""
        return f"postgresql+psycopg://{OWNER}@/postgres?host={self._folder}"

    @property
    def far_url(self) -> str:
        """The URL for other hosts, if it has an address."""
        return f"postgresql+psycopg://{OWNER}@{self._address}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._server = _start(self._folder, fsync=self._fsync, address=self._address, wrapper=self._wrapper)
        _wait(self._folder, self._server)

    @property
    def pid(self) -> int:
        """The number of its first process, the postmaster, while it runs."""
        assert self._server is not None
        return self._server.pid

    def kill(self) -> None:
        """SIGKILL to the postmaster, and wait until its children have noticed: else none may be started anew."""
        if self._server is not None:
            children = [f"/proc/{child}" for child in children_of(self._server.pid)]
            self._server.kill()
            self._server.wait(timeout=START_TIMEOUT_S)
            self._server = None
            give_up_at = time.monotonic() + START_TIMEOUT_S
            while any(Path(child).exists() for child in children) and time.monotonic() < give_up_at:
                time.sleep(0.02)

    def stop(self) -> None:
        """End it and every connection to it, at once."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=START_TIMEOUT_S)
            self._server = None


@contextmanager
def cluster(*, fsync: bool, address: str = "", wrapper: Sequence[str] = ()) -> Iterator[Cluster]:
    """Run a server. `fsync=False` is for tests only: a figure measured without it is worth nothing.

    With an `address` it serves its network without a password: only in a network of our own, which `wrapper` enters.
    Raises Missing when PostgreSQL is not installed.
    """
    binaries()
    folder = _folder(fsync=fsync)
    try:
        _initialise(folder)
        if address:
            with (folder / "data" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write("host all all samenet trust\n")
        server = Cluster(folder, fsync=fsync, address=address, wrapper=wrapper)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def throwaway(*, fsync: bool) -> Iterator[str]:
    """Run a server and give the URL of its database "postgres". Raises Missing as `cluster` does."""
    with cluster(fsync=fsync) as server:
        yield server.url
