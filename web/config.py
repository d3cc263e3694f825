"""Settings: read from the environment once at start; a setting that is unsafe stops the start with a sentence.

SCANDOCK_DATA       the folder of the database and the secret key        data
DATABASE_URL        another database, e.g. postgresql+psycopg://...      an SQLite file in that folder
SECRET_KEY          signs forms; else a key is made and kept in the folder
SECRET_KEY_FALLBACKS  older keys that still count, separated by spaces
SCANDOCK_WAIT_S     how long a scan waits for a database in use, seconds  10
SCANDOCK_PROXIES    how many reverse proxies stand in front              0
SCANDOCK_CERTIFICATES  the folder of server.crt, server.key and ca.crt, to serve https without a proxy   none
SCANDOCK_HOSTS      the host names that are answered, separated by spaces  any
SCANDOCK_METRICS    who may read /metrics: token, or loopback as well    token
SCANDOCK_PRINTER_NETWORKS  where printers may stand: networks, separated by spaces   the private ones
SCANDOCK_PRINTER_PORTS     the ports that they may have: ports or ranges             9100-9109 631
SCANDOCK_PRINT_LEASE_S     how long a print worker may be silent, seconds            30
SCANDOCK_TASK_LEASE_S      how long a task stays with a device that is not heard, seconds   1800
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from click import ClickException
from sqlalchemy import make_url

from labels.reach import NETWORKS, PORTS, Reach, reach_of
from scanner.by import LEASE_S as TASK_LEASE_S
from scanner.connections import WAIT_S
from scanner.db import database_url, engine_options

MIGRATIONS = Path(__file__).parent.parent / "scanner" / "migrations"
SHIFT = timedelta(hours=12)  # a log-in never outlives it
FORM_BYTES = 64 * 1024  # a scan is some hundred bytes; uploads raise this for themselves
FORM_PARTS = 200
KEY_FILE = "secret_key"
MOST_WAIT_S = 25  # the server gives up on a request after a minute, and a write may wait twice
SHORTEST_KEY = 32  # characters
METRICS = ("token", "loopback")  # the first is the default
LEASE_S = 30.0
MOST_LEASE_S = 600
MOST_TASK_LEASE_S = 12 * 3600  # a shift


class BadSetting(ClickException):
    """A setting that Scandock will not start with. The text says how to mend it."""


def settings(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Flask's configuration from the environment. Raises BadSetting."""
    data = Path(environ.get("SCANDOCK_DATA", "data")).absolute()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = database_url(str(data))
    return {
        "DATA": data,
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url, _seconds(environ, "SCANDOCK_WAIT_S", WAIT_S)),
        "SECRET_KEY": secret_key(environ, data),
        "SECRET_KEY_FALLBACKS": environ.get("SECRET_KEY_FALLBACKS", "").split(),
        "CERTIFICATES": Path(folder) if (folder := environ.get("SCANDOCK_CERTIFICATES")) else None,
        "PROXIES": _whole_number(environ, "SCANDOCK_PROXIES"),
        "TRUSTED_HOSTS": environ.get("SCANDOCK_HOSTS", "").split() or None,
        "METRICS": _one_of(environ, "SCANDOCK_METRICS", METRICS),
        "PRINTERS": _reach(environ, url),
        "PRINT_LEASE_S": _seconds(environ, "SCANDOCK_PRINT_LEASE_S", LEASE_S, MOST_LEASE_S),
        "TASK_LEASE_S": _seconds(environ, "SCANDOCK_TASK_LEASE_S", TASK_LEASE_S, MOST_TASK_LEASE_S),
        "MAX_CONTENT_LENGTH": FORM_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_BYTES,
        "MAX_FORM_PARTS": FORM_PARTS,
        "PERMANENT_SESSION_LIFETIME": SHIFT,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # Strict would lose the log-in when a scanned link opens the page
        "WTF_CSRF_CHECK_DEFAULT": False,  # web.auth asks, for all but bearer tokens
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the shift's cookie: a page may stay open over a break
        "WTF_CSRF_SSL_STRICT": False,  # web.security compares the Origin, on http too
    }


def _whole_number(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "0")
    if not text.isascii() or not text.isdigit():
        raise BadSetting(f"{name} is {text!r}, wanted a whole number")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    word = environ.get(name) or words[0]
    if word not in words:
        raise BadSetting(f"{name} is {word!r}, wanted {' or '.join(words)}")
    return word


def _reach(environ: Mapping[str, str], url: str) -> Reach:
    """Where printers may stand. The ports of the database and of Scandock itself are never open."""
    networks = environ.get("SCANDOCK_PRINTER_NETWORKS", NETWORKS)
    ports = environ.get("SCANDOCK_PRINTER_PORTS", PORTS)
    own = environ.get("PORT", "")
    closed = {make_url(url).port or 5432} | ({int(own)} if own.isascii() and own.isdigit() else set())
    try:
        return reach_of(networks, ports, closed)
    except ValueError as error:
        raise BadSetting(f"SCANDOCK_PRINTER_NETWORKS or SCANDOCK_PRINTER_PORTS cannot be read: {error}") from error


def _seconds(environ: Mapping[str, str], name: str, default: float, most: float = MOST_WAIT_S) -> float:
    text = environ.get(name, "")
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = -1
    if not 0 < seconds <= most:
        raise BadSetting(f"{name} is {text!r}, wanted seconds, more than 0 and at most {most}")
    return seconds


def secret_key(environ: Mapping[str, str], data: Path) -> str:
    """The key from SECRET_KEY, else from the data folder, made at the first start. Raises BadSetting if unsafe."""
    key = environ.get("SECRET_KEY") or _kept_key(data / KEY_FILE)
    if len(key) < SHORTEST_KEY or len(set(key)) < 8:
        raise BadSetting("the secret key is weak: give SECRET_KEY at least 32 random characters, or none at all")
    return key


def _kept_key(path: Path) -> str:
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise BadSetting(f"others may read {path}: chmod 600 it, or delete it and all people log in again")
    return path.read_text(encoding="ascii").strip()


def _make_key(path: Path) -> None:
    """Write the key under another name first: of several processes that start at once, one wins and none reads half."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
