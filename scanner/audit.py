"""Audit: who decided what, in the same transaction as the decision."""

from __future__ import annotations

from scanner.by import By
from scanner.db import db, now
from scanner.models import AuditEntry


def audit(by: By, action: str, thing: str, detail: str = "") -> None:
    """Note a decision, e.g. ('order.hold', 'SO-1', 'customer asked')."""
    entry = AuditEntry(
        site_id=by.site_id, at=now(), person_id=by.person_id, action=action, object=thing[:120], detail=detail[:1000]
    )
    db.session.add(entry)
