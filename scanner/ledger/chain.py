"""The chain: every move's place in the order of its site, and the hash that ties it to the move before it.

Moves of one act are collected and sealed together, just before the commit: so the head of the chain, which all people
of a site write to, is locked last and for the shortest time, once for an act however many moves it makes.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from scanner.by import By
from scanner.db import before_commit, connection, db, now, table_of, upsert
from scanner.models import LedgerHead, Move
from scanner.refusals import Refusal

HASH_DOMAIN = "scandock-move-1"
MAX_MOVES = 10_000  # of one act: a long manifest leaves the house in one
_UNSEALED = "unsealed moves"


def append(by: By, row: dict[str, Any]) -> None:
    """Note a move of this act; it gets its place in the chain when the act is sealed. Refuses bad_request."""
    unsealed: list[tuple[By, dict[str, Any]]] = db.session.info.setdefault(_UNSEALED, [])
    if len(unsealed) >= MAX_MOVES:
        raise Refusal("bad_request", f"one act may make {MAX_MOVES} moves at the most")
    provenance = {
        "site_id": by.site_id,
        "task_id": by.task_id,
        "scan_id": by.scan_id,
        "person_id": by.person_id,
        "device": by.device,
        "occurred_at": by.occurred_at,
    }
    unsealed.append((by, {**row, **provenance}))


@before_commit
def seal() -> None:
    """Give the moves of this act their places in the chain and write them. Each act's `by.moves` gets their seq."""
    unsealed: list[tuple[By, dict[str, Any]]] = db.session.info.pop(_UNSEALED, [])
    for site_id in sorted({row["site_id"] for _by, row in unsealed}):
        _seal_site(site_id, [(by, row) for by, row in unsealed if row["site_id"] == site_id])


_HEAD, _MOVE = table_of(LedgerHead), table_of(Move)
_LOCK_HEAD = (
    select(_HEAD.c.seq, _HEAD.c.hash, _HEAD.c.recorded_at).where(_HEAD.c.site_id == bindparam("site")).with_for_update()
)
_MOVE_HEAD = (
    update(_HEAD)
    .where(_HEAD.c.site_id == bindparam("site"))
    .values(seq=bindparam("n"), hash=bindparam("h"), recorded_at=bindparam("at"))
)
_ADD_MOVES = insert(_MOVE)


def _seal_site(site_id: int, unsealed: list[tuple[By, dict[str, Any]]]) -> None:
    execute = connection().execute
    head = execute(_LOCK_HEAD, {"site": site_id}).one()
    seq, before, at = int(head.seq), str(head.hash), max(now(), head.recorded_at)
    rows = []
    for by, row in unsealed:
        seq += 1
        row |= {"seq": seq, "recorded_at": at, "prev_hash": before}
        row["hash"] = before = chain_hash(row)
        rows.append(row)
        by.moves.append(seq)
    execute(_ADD_MOVES, rows)
    execute(_MOVE_HEAD, {"site": site_id, "n": seq, "h": before, "at": at})


def chain_hash(row: dict[str, Any]) -> str:
    """SHA-256 over the move in its canonical form and the hash of the move before it."""
    values = [_canonical(row[name]) for name in sorted(row) if name != "hash"]
    text = json.dumps([HASH_DOMAIN, values], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    # in UTC, whatever zone the clock was in: that is how it is read back
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def begin(site_id: int) -> None:
    """Start the chain of a new site; a chain that has begun stays as it is."""
    head = upsert(_HEAD).values(site_id=site_id, seq=0, hash="", recorded_at=now())
    db.session.execute(head.on_conflict_do_nothing())


def position(site_id: int) -> int:
    """The `seq` of the site's last move: the instant that a count stands for."""
    return db.session.scalar(select(LedgerHead.seq).where(LedgerHead.site_id == site_id)) or 0
