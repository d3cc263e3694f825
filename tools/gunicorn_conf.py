"""How gunicorn serves Scandock: few processes, many threads.

On SQLite one process only: writers queue in one fair line inside it, and a second process would
starve behind the first (SQLite's own waiting is by chance, not by turn). On PostgreSQL the rows are
locked by the server, so processes may be added with WEB_CONCURRENCY.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

_on_postgresql = os.environ.get("DATABASE_URL", "").startswith("postgres")

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104 - phones on the same network must reach it; HOST=127.0.0.1 keeps it to this machine
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2")) if _on_postgresql else 1
threads = 8 if _on_postgresql else 16

_certificates = os.environ.get("SCANDOCK_CERTIFICATES")
if _certificates:  # https without a proxy, for phones in the local network
    certfile, keyfile = f"{_certificates}/server.crt", f"{_certificates}/server.key"

timeout = 60
graceful_timeout = 30
keepalive = 75  # longer than a proxy's, so that the proxy closes first and never meets a closed one
max_requests = 0  # a worker that retires resets the connections it holds
preload_app = False  # no database connection may be carried over a fork

# A heartbeat file on a slow disk would be taken for a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
accesslog = None
errorlog = "-"
proc_name = "scandock"

drain_s = min(float(os.environ.get("SCANDOCK_DRAIN_S") or 0), graceful_timeout - 5)


def post_worker_init(worker: Any) -> None:
    """At SIGTERM say first that we leave, and stop only when the proxy in front has had time to ask.

    A worker that stops at once leaves connections behind that the kernel has taken and nobody will answer.
    """
    from web import health

    def leave(number: int, frame: Any) -> None:
        if health.leaving.is_set():
            worker.handle_exit(number, frame)
            return
        health.leaving.set()
        threading.Timer(drain_s, os.kill, (os.getpid(), signal.SIGTERM)).start()

    if drain_s:
        signal.signal(signal.SIGTERM, leave)
