"""The product with two more routes, for the benchmark alone: what a server can do that does (nearly) nothing.

/api/bench/trivial   a small JSON answer
/api/bench/commit    one bare durable commit: an insert and an update in one transaction, through the same door
"""

from __future__ import annotations

import itertools
import os

from flask import Response, jsonify
from sqlalchemy import text

from scanner.db import db, transact
from web import create_app
from web.auth import check_declared, public

_numbers = itertools.count(1)
TABLES = (
    "CREATE TABLE IF NOT EXISTS bench_row (id TEXT PRIMARY KEY, note TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bench_sum (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)",
    "INSERT INTO bench_sum VALUES (1, 0) ON CONFLICT DO NOTHING",
)


@public
def trivial() -> Response:
    """A small JSON answer."""
    return jsonify(ok=True)


@public
def commit() -> Response:
    """One durable commit."""
    row_id = f"{os.getpid()}-{next(_numbers)}-{os.urandom(6).hex()}"

    def work() -> None:
        db.session.execute(text("INSERT INTO bench_row VALUES (:id, 'note')"), {"id": row_id})
        db.session.execute(text("UPDATE bench_sum SET total = total + 1 WHERE id = 1"))

    transact(work)
    return jsonify(ok=True)


app = create_app()
app.add_url_rule("/api/bench/trivial", "bench_trivial", trivial, methods=["POST"])
app.add_url_rule("/api/bench/commit", "bench_commit", commit, methods=["POST"])
check_declared(app)  # the gate knows the routes that were there when it was built
