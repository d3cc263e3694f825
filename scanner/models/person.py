"""People, their sessions and tokens, failed log-ins, and the audit of what was decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime, now

ROLES = ("picker", "receiver", "packer", "counter", "supervisor", "admin")


class Person(Model):
    """Someone who scans or decides. Secrets are stored as hashes only."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    badge_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # SHA-256 of a 128-bit random token
    pin_hash: Mapped[str | None] = mapped_column(String(200))  # argon2id
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_left_handed: Mapped[bool] = mapped_column(default=False)
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonSession(Model):
    """A log-in that is still good. The cookie holds a random token; here is its hash."""

    __tablename__ = "person_session"
    __table_args__ = (Index("ix_person_session_person", "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)  # the last use, to the half minute
    has_password: Mapped[bool] = mapped_column(default=False)  # opened with a password: the desk is open too
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiToken(Model):
    """A bearer token of the JSON API. It acts as a person of its own."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginFailure(Model):
    """How often a badge, a login or an address has failed lately. In the database, so that all workers see it."""

    __tablename__ = "login_failure"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what failed
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Model):
    """Who decided what: log-ins, roles, holds, resolutions, imports. Never changed, never deleted."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(40))
    object: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(String(1000), default="")
