"""Tasks, the scans made in them, and the discrepancies that scans bring to light."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime


class Task(Model):
    """One person's current work in one workflow. `state` is the workflow's own notebook, as JSON."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'done', 'cancelled')", name="status"),
        Index("ix_task_status", "site_id", "status", "workflow"),
        Index("ix_task_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    workflow: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(12), default="open")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who works on it; None = anybody
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    manifest_id: Mapped[int | None] = mapped_column(ForeignKey("manifest.id"))
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))  # which has it on lease, as its only one
    leased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_from: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # device ids, with who took it when
    priority: Mapped[int] = mapped_column(default=0)  # higher comes first
    purpose: Mapped[str] = mapped_column(String(200), default="")  # why it exists, for the one who takes it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def memo(self) -> dict[str, Any]:
        """What a workflow has read for this task in the current act, so that it is not read twice. Never stored."""
        memo: dict[str, Any] = self.__dict__.setdefault("_memo", {})
        return memo

    def note(self, **changes: Any) -> None:
        """Write into the notebook; None strikes an entry out. The old notebook stays as it was, for UNDO."""
        state = {key: value for key, value in {**self.state, **changes}.items() if value is not None}
        if state != self.state:  # an equal page would be compared once more, and written
            self.state = state


class ScanRecord(Model):
    """A scan as it came and what became of it. Never changed, never deleted."""

    __tablename__ = "scan"
    __table_args__ = (
        CheckConstraint("outcome IN ('accepted', 'refused', 'discrepancy')", name="outcome"),
        Index("ix_scan_task", "task_id", "received_at"),
        Index("ix_scan_received", "received_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)  # made by the client
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    workflow: Mapped[str] = mapped_column(String(16))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    step: Mapped[str] = mapped_column(String(24))
    raw: Mapped[str] = mapped_column(Text)
    symbology: Mapped[str] = mapped_column(String(16), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the device's clock
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by the same clock, when it went off
    seen: Mapped[str] = mapped_column(String(4), default="")  # what the device said by itself: ok, stop or kept
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fingerprint: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(32))
    answer: Mapped[str] = mapped_column(Text)  # the JSON that was answered, byte for byte
    before: Mapped[str | None] = mapped_column(Text)  # the task's state before it, for UNDO
    undoes: Mapped[str | None] = mapped_column(ForeignKey("scan.id"), unique=True)
    is_final: Mapped[bool] = mapped_column(default=False)  # it did more than moves and state: no UNDO past it


class Discrepancy(Model):
    """The book and the floor disagree; someone must decide."""

    __tablename__ = "discrepancy"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'resolved')", name="status"),
        CheckConstraint("(status = 'resolved') = (resolution <> '')", name="resolved"),
        Index("ix_discrepancy_status", "site_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(8), default="open")
    book: Mapped[str] = mapped_column(String(400))  # what the record says
    floor: Mapped[str] = mapped_column(String(400))  # what the person says
    qty: Mapped[int] = mapped_column(BigInteger, default=0)  # signed: floor minus book
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), default=0)
    serial_id: Mapped[int] = mapped_column(ForeignKey("serial.id"), default=0)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), default=0)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    purchase_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_line.id"))
    as_of_seq: Mapped[int | None] = mapped_column(BigInteger)  # the ledger's position that the book's figure stands for
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    scan_id: Mapped[str] = mapped_column(String(36))
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    resolution: Mapped[str] = mapped_column(String(24), default="")
    note: Mapped[str] = mapped_column(String(400), default="")
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
