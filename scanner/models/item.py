"""Items and what identifies them: barcodes, lots, serial numbers. Shared by all sites."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model

NONE = 0  # the id of the row that stands for "no lot", "no serial": a NULL would defeat unique keys


class Item(Model):
    """What is stocked. Quantities everywhere are whole numbers of its base unit."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("tracking IN ('none', 'lot', 'serial')", name="tracking"),
        CheckConstraint("weight_g >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0", name="size"),
        CheckConstraint("value_cents >= 0 AND over_tolerance_pct >= 0 AND popularity >= 0", name="figures"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(500))
    uom: Mapped[str] = mapped_column(String(16), default="EACH")
    tracking: Mapped[str] = mapped_column(String(8), default="none")
    has_expiry: Mapped[bool] = mapped_column(default=False)
    storage_class: Mapped[str] = mapped_column(String(16), default="ambient")
    weight_g: Mapped[int] = mapped_column(default=0)  # of one base unit; 0 = unknown
    length_mm: Mapped[int] = mapped_column(default=0)
    width_mm: Mapped[int] = mapped_column(default=0)
    height_mm: Mapped[int] = mapped_column(default=0)
    value_cents: Mapped[int] = mapped_column(default=0)  # of one base unit
    over_tolerance_pct: Mapped[int] = mapped_column(default=0)  # of the ordered quantity
    popularity: Mapped[int] = mapped_column(default=0)  # order lines a month, for put-away
    is_active: Mapped[bool] = mapped_column(default=True)

    @property
    def volume_mm3(self) -> int:
        """Of one base unit; 0 = unknown."""
        return self.length_mm * self.width_mm * self.height_mm


class Barcode(Model):
    """A code on an item or on a pack of it; scanning it adds `qty` base units."""

    __tablename__ = "barcode"
    __table_args__ = (
        CheckConstraint("qty > 0 AND qty <= 1000000000000", name="qty"),
        Index("ix_barcode_item", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(128), unique=True)  # a GTIN as 14 digits, anything else as it reads
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    qty: Mapped[int] = mapped_column(BigInteger, default=1)


class Lot(Model):
    """A batch of an item (AI 10) with its dates (AI 15, AI 17)."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("item_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    code: Mapped[str] = mapped_column(String(64))
    expiry: Mapped[date | None]
    best_before: Mapped[date | None]
    is_held: Mapped[bool] = mapped_column(default=False)


class Serial(Model):
    """One single thing (AI 21) and where it is now. Only the ledger writes its place."""

    __tablename__ = "serial"
    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        Index("ix_serial_location", "location_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    code: Mapped[str] = mapped_column(String(64))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))  # virtual ones too
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), default=NONE)
