"""Say in one sentence when PORT on HOST cannot be had, before a server fails over it in twenty."""

from __future__ import annotations

import errno
import os
import socket
import sys

HIGHEST = 65_535


def fault(host: str, port: str) -> str | None:
    """Why the address cannot be served, or None."""
    if not port.isdecimal() or not 0 < int(port) <= HIGHEST:
        return f"PORT={port} is no port: give a number from 1 to {HIGHEST}."
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
    except OSError as problem:
        return _sentence(host, int(port), problem)
    return None


def _sentence(host: str, port: int, problem: OSError) -> str:
    """What to do about it."""
    if problem.errno == errno.EADDRINUSE:
        free = port + 1 if port < HIGHEST else port - 1
        return f"Port {port} is in use. Stop what uses it, or take another: make run PORT={free}"
    if problem.errno == errno.EACCES:
        return f"Port {port} is for root only here. Take a higher one: make run PORT=8000"
    return f"HOST={host} cannot be served on this machine: {problem.strerror}."


def main() -> int:
    """Check the address in the environment; 1 with a sentence when it cannot be had."""
    found = fault(os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "8000"))  # noqa: S104
    if found:
        print(found, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
