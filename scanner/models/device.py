"""Devices: what the scanner check found out about the scanner of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime

CHANNELS = ("wedge", "serial")


class DeviceProfile(Model):
    """How one device's scanner sends its codes. The fields are those of scanner.barcode.check_scanner.Profile.

    A keyboard layout is not among them: a profile is stored only if scanner and device agree about it.
    """

    __tablename__ = "device_profile"
    __table_args__ = (
        UniqueConstraint("site_id", "device"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("gap_ms >= 0", name="gap"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    device: Mapped[str] = mapped_column(String(64))  # the id that the page has given itself, as on its scans
    channel: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(8))
    end: Mapped[str] = mapped_column("end_key", String(16))
    prefix: Mapped[str] = mapped_column(String(8))
    suffix: Mapped[str] = mapped_column(String(8))
    gs_key: Mapped[str] = mapped_column(String(16))
    gs_text: Mapped[str] = mapped_column(String(8))
    sends_gs: Mapped[bool]
    has_aim: Mapped[bool]
    gap_ms: Mapped[int]
    keyboard: Mapped[str] = mapped_column(String(8))
    checked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
