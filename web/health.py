"""Health: GET /healthz says what runs here and whether it is sound, GET /readyz whether to send requests; else 503."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import and_, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from scanner import check_ledger, printing, revisions
from scanner.db import db, now
from scanner.models import LedgerHead, Move, Site
from scanner.turns import fault_note
from web.auth import public

bp = Blueprint("health", __name__)

SAFE = ("fsync", "full_page_writes", "synchronous_commit")  # of PostgreSQL: all of them on
leaving = threading.Event()  # set when this process is about to end: see tools/gunicorn_conf.py
CHECK_EVERY_S = 300.0  # the quick check reads every balance; a monitor asks more often than that


@bp.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """Version, database, schema revision and the ledger's state. It names no person and no goods."""
    facts: dict[str, Any] = {"version": current_app.config["VERSION"]}
    try:
        facts["database"] = database()
        facts["schema"] = schema()
        facts["ledger"] = ledgers() if facts["schema"]["is_current"] else []
        facts["printing"] = print_worker() if facts["schema"]["is_current"] else {}
    except SQLAlchemyError as error:
        current_app.logger.warning("health: %s", error)
        facts.setdefault("database", {"engine": db.engine.dialect.name, "version": None})
        response = jsonify({"status": "no database", **facts})
        response.headers["Retry-After"] = "5"
        return response, 503
    is_good = facts["schema"]["is_current"] and all(site["is_good"] for site in facts["ledger"])
    return jsonify({"status": "ok" if is_good else "not ok", **facts}), 200 if is_good else 503


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """For the proxy in front: ready once the database answers with this program's schema. It reads no stock."""
    try:
        why = "leaving" if leaving.is_set() else schema_trouble()
    except SQLAlchemyError as error:
        current_app.logger.warning("ready: %s", error)
        why = "no database"
    if not why:
        return jsonify({"status": "ready"}), 200
    response = jsonify({"status": "not ready", "why": why})
    response.headers["Retry-After"] = "5"
    return response, 503


def schema_trouble() -> str:
    """'schema' when this program cannot work with the database as it is, else ''.

    A migration comes before the programs that want it, and adds only: a process that was ready stays so when a revision
    appears that is newer than itself, until it is restarted. One that starts then is not ready.
    """
    found = schema()
    if found["is_current"]:
        current_app.extensions["was_ready"] = True
        return ""
    is_newer = found["revision"] is not None and found["revision"] not in revisions.known()
    return "" if is_newer and current_app.extensions.get("was_ready") else "schema"


def database() -> dict[str, Any]:
    """The engine and its version, and what is to be known about that version."""
    name = db.engine.dialect.name
    found = db.session.scalar(text("SELECT sqlite_version()" if name == "sqlite" else "SHOW server_version"))
    version = str(found).split(" ", 1)[0]
    note = fault_note(version) if name == "sqlite" else unsafe_note()
    return {"engine": name, "version": version} | ({"note": note} if note else {})


def unsafe_note() -> str:
    """What PostgreSQL may lose by its settings. A scan that was acknowledged is on its disk, unless it lies."""
    query = text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = 'off' ORDER BY name")
    off = [*db.session.scalars(query, {"names": [*SAFE]})]
    return (
        f"PostgreSQL runs with {', '.join(off)} off: a power cut may lose scans that were acknowledged." if off else ""
    )


def schema() -> dict[str, Any]:
    """The revision that the database has, and whether it is the one that this program wants."""
    revision = None
    if db.engine.dialect.has_table(db.session.connection(), "alembic_version"):
        revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return {"revision": revision, "is_current": revision == revisions.newest()}


def print_worker() -> dict[str, Any]:
    """Whether what should print does. Scans go on without, so it makes nothing unsound."""
    seen = printing.worker_seen()
    age_s = None if seen is None else round((now() - seen).total_seconds())
    return {"is_good": not printing.is_worker_missing(), "worker_seen_s_ago": age_s}


def ledgers() -> list[dict[str, Any]]:
    """Each site's position, and whether its record holds."""
    last = and_(Move.site_id == LedgerHead.site_id, Move.seq == LedgerHead.seq)
    after = select(func.max(Move.seq)).where(Move.site_id == Site.id).correlate(Site).scalar_subquery()
    rows = db.session.execute(
        select(Site.id, Site.code, LedgerHead.seq, LedgerHead.hash, Move.hash.label("last"), after.label("newest"))
        .join(LedgerHead, LedgerHead.site_id == Site.id)
        .outerjoin(Move, last)
        .order_by(Site.id)
    ).all()
    return [_ledger(row) for row in rows]


def _ledger(row: Any) -> dict[str, Any]:
    is_whole = (row.newest or 0) == row.seq and (row.last or "") == (row.hash if row.seq else "")
    at, breaches = quick_check(row.id)
    return {
        "site": row.code,
        "seq": row.seq,
        "head_fits": is_whole,
        "breaches": breaches,
        "checked_s_ago": round(time.monotonic() - at),
        "is_good": is_whole and not breaches,
    }


def quick_check(site_id: int) -> tuple[float, list[str]]:
    """When the balances were last checked by this process, and the rules that did not hold."""
    checks: dict[int, tuple[float, list[str]]] = current_app.extensions.setdefault("ledger_checks", {})
    found = checks.get(site_id)
    if found is None or time.monotonic() - found[0] > CHECK_EVERY_S:
        rules = sorted({breach.rule for breach in check_ledger.quick(site_id)})
        found = checks[site_id] = (time.monotonic(), rules)
    return found
