"""Stock: immutable moves, the balances that they add up to, reservations, units and holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime
from scanner.models.item import NONE

MOST = 10**12  # base units in one move


class Unit(Model):
    """A thing that holds things: pallet, carton (both with an SSCC), tote. Its content moves with it."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("kind IN ('none', 'pallet', 'carton', 'tote')", name="kind"),
        CheckConstraint("status IN ('open', 'closed', 'shipped')", name="status"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        Index("ix_unit_location", "location_id"),
        Index("ix_unit_parent", "parent_id"),
        Index("ix_unit_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(32))  # 18 digits, or the body of a tote's label
    kind: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(8), default="open")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))  # the order it is bound to
    is_held: Mapped[bool] = mapped_column(default=False)


class LedgerHead(Model):
    """The end of one site's chain of moves. Locking this row puts moves in their order."""

    __tablename__ = "ledger_head"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[str] = mapped_column(String(64), default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Move(Model):
    """One row of the ledger: `qty` of an item went from source to target. Never changed, never deleted."""

    __tablename__ = "move"
    __table_args__ = (
        CheckConstraint(f"qty > 0 AND qty <= {MOST}", name="qty"),
        CheckConstraint("source_id <> target_id OR source_unit_id <> target_unit_id", name="goes_somewhere"),
        CheckConstraint("serial_id = 0 OR qty = 1", name="one_serial"),
        ForeignKeyConstraint(["site_id", "source_id"], ["location.site_id", "location.id"], name="fk_move_source"),
        ForeignKeyConstraint(["site_id", "target_id"], ["location.site_id", "location.id"], name="fk_move_target"),
        UniqueConstraint("site_id", "reverses_seq"),
        Index("ix_move_item", "item_id", "lot_id"),
        Index("ix_move_scan", "scan_id"),
        Index("ix_move_task", "task_id"),
        Index("ix_move_source", "source_id"),
        Index("ix_move_target", "target_id"),
        Index(
            "ix_move_order_line",
            "order_line_id",
            sqlite_where=text("order_line_id IS NOT NULL"),
            postgresql_where=text("order_line_id IS NOT NULL"),
        ),
        Index(
            "ix_move_serial", "serial_id", sqlite_where=text("serial_id > 0"), postgresql_where=text("serial_id > 0")
        ),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), default=NONE)
    serial_id: Mapped[int] = mapped_column(ForeignKey("serial.id"), default=NONE)
    source_id: Mapped[int]
    source_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), default=NONE)
    target_id: Mapped[int]
    target_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), default=NONE)
    qty: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(24))  # the workflow, or why: 'receive', 'pick', 'undo', 'damaged', ...
    document: Mapped[str] = mapped_column(String(64), default="")  # the number of the document behind it
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    purchase_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_line.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservation.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    scan_id: Mapped[str] = mapped_column(String(36))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the device's clock
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the server's clock, never going back
    reverses_seq: Mapped[int | None] = mapped_column(BigInteger)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Balance(Model):
    """What is where: the sum of the moves of one key, kept in the same transaction. Physical locations only."""

    __tablename__ = "balance"
    __table_args__ = (
        CheckConstraint("qty >= 0", name="not_negative"),
        CheckConstraint("reserved >= 0 AND reserved <= qty", name="reserved"),
        ForeignKeyConstraint(
            ["site_id", "location_id"], ["location.site_id", "location.id"], name="fk_balance_location"
        ),
        Index("ix_balance_item", "item_id", "site_id", sqlite_where=text("qty > 0"), postgresql_where=text("qty > 0")),
        Index("ix_balance_unit", "unit_id", sqlite_where=text("unit_id > 0"), postgresql_where=text("unit_id > 0")),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, autoincrement=False)
    qty: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)


class Reservation(Model):
    """Stock of one balance key that is promised to one order line. It is posted or released once."""

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("qty > 0 AND posted >= 0 AND posted <= qty", name="posted"),
        CheckConstraint("undone >= 0 AND undone <= posted", name="undone"),
        CheckConstraint("state IN ('open', 'posted', 'released')", name="state"),
        CheckConstraint("state <> 'posted' OR posted = qty", name="posted_in_full"),
        ForeignKeyConstraint(
            ["site_id", "location_id"], ["location.site_id", "location.id"], name="fk_reservation_location"
        ),
        Index("ix_reservation_order_line", "order_line_id"),
        Index(
            "ix_reservation_open",
            "location_id",
            "item_id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    location_id: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    qty: Mapped[int] = mapped_column(BigInteger)
    posted: Mapped[int] = mapped_column(BigInteger, default=0)  # picked so far
    undone: Mapped[int] = mapped_column(BigInteger, default=0)  # of those, taken back
    state: Mapped[str] = mapped_column(String(8), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Hold(Model):
    """Why a lot, a location or a unit may not be used, who said so, and who ended it."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("scope IN ('lot', 'location', 'unit')", name="scope"),
        Index("ix_hold_object", "scope", "object_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    scope: Mapped[str] = mapped_column(String(8))
    object_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
