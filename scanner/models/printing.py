"""Printing: the printers, what waits to be printed and what became of it, and which place has which printer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime

PRINTER_KINDS = ("raw", "ipp", "browser", "agent")
SERVED = ("raw", "ipp")  # kinds that the worker talks to itself
LANGUAGES = ("zpl", "pdf", "png")
USES = ("label", "paper")
JOB_STATES = ("queued", "sending", "sent", "confirmed", "unknown", "failed", "cancelled")
WORKPLACE_KINDS = ("dock", "pack", "door", "returns", "quarantine", "cart")  # a place that somebody works at
PRINTER_STATES = (
    *("", "ready", "paper_out", "head_open", "ribbon_out", "paused", "busy"),
    *("offline", "silent", "garbled", "stopped"),
)


class Printer(Model):
    """A printer. `held_by` is the one worker that may talk to it until `held_until`."""

    __tablename__ = "printer"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint(f"kind IN {PRINTER_KINDS}", name="kind"),
        CheckConstraint(f"language IN {LANGUAGES}", name="language"),
        CheckConstraint(f"used_for IN {USES}", name="used_for"),
        CheckConstraint("dpi BETWEEN 72 AND 1200", name="dpi"),
        CheckConstraint("width_mm BETWEEN 10 AND 1000 AND height_mm BETWEEN 5 AND 2000", name="media"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(200), default="")  # raw host:port, ipp a URI, agent its token's name
    language: Mapped[str] = mapped_column(String(4))
    dpi: Mapped[int] = mapped_column(default=203)
    width_mm: Mapped[int] = mapped_column(default=102)  # of what lies in it
    height_mm: Mapped[int] = mapped_column(default=152)
    used_for: Mapped[str] = mapped_column(String(8), default="label")
    is_default: Mapped[bool] = mapped_column(default=False)  # of its site for that use
    is_active: Mapped[bool] = mapped_column(default=True)
    is_paused: Mapped[bool] = mapped_column(default=False)  # jobs wait
    is_asked: Mapped[bool] = mapped_column(default=False)  # somebody wants to know how it is
    has_answered: Mapped[bool] = mapped_column(default=False)  # has ever told how it is, since it was last changed
    state: Mapped[str] = mapped_column(String(16), default="")
    state_words: Mapped[str] = mapped_column(String(200), default="")
    state_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # not before, after a failure
    held_by: Mapped[str] = mapped_column(String(80), default="")
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PrintJob(Model):
    """One thing to print, asked for in the transaction of the act that wants it. It is sent once at the most."""

    __tablename__ = "print_job"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        CheckConstraint(f"state IN {JOB_STATES}", name="state"),
        CheckConstraint(f"used_for IN {USES}", name="used_for"),
        CheckConstraint("copies BETWEEN 1 AND 999", name="copies"),
        Index("ix_print_job_queue", "printer_id", "state", "available_at"),
        Index("ix_print_job_device", "site_id", "device", "state"),
        Index("ix_print_job_state", "site_id", "state"),
        Index(
            "ix_print_job_open",
            "site_id",
            "device",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_print_job_subject", "site_id", "kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int | None]  # of the thing that the kind names
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    copies: Mapped[int] = mapped_column(default=1)
    used_for: Mapped[str] = mapped_column(String(8))
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printer.id"))  # None: the page of `device` prints it
    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(32), default="")
    error_words: Mapped[str] = mapped_column(String(300), default="")
    key: Mapped[str] = mapped_column(String(160))  # the same key never makes a second job
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("print_job.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64), default="")  # of the bytes that were sent, or taken by a program


class PrintStep(Model):
    """One change of a job's state. Never changed, never deleted."""

    __tablename__ = "print_step"
    __table_args__ = (Index("ix_print_step_job", "job_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("print_job.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(String(300), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the worker


class PrintWorker(Model):
    """A program that prints: its name, new at each start, and when it last said that it lives."""

    __tablename__ = "print_worker"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Workplace(Model):
    """A place where somebody works, with its printers."""

    __tablename__ = "workplace"

    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    label_printer_id: Mapped[int | None] = mapped_column(ForeignKey("printer.id"))
    paper_printer_id: Mapped[int | None] = mapped_column(ForeignKey("printer.id"))


class DevicePlace(Model):
    """Where a device works: its person has scanned the place's label there."""

    __tablename__ = "device_place"
    __table_args__ = (UniqueConstraint("site_id", "device"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    device: Mapped[str] = mapped_column(String(64))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
