"""Devices: browsers that send scans under a credential of their own, and what is known of each one's scanner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime

CHANNELS = ("wedge", "serial")


class Device(Model):
    """A browser that keeps scans and sends them. Its cookie holds a random token; here is its hash.

    `unsent`, `oldest_at` and what follows are what its page told last; instants are by the server's clock.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("unsent >= 0", name="unsent"),
        CheckConstraint("battery BETWEEN 0 AND 100", name="battery"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))  # of the person who logged in on it last
    device: Mapped[str] = mapped_column(String(64), unique=True)  # the id that the page has given itself
    name: Mapped[str] = mapped_column(String(40), default="")  # given by the desk
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent: Mapped[str] = mapped_column(String(200), default="")  # the browser, as it calls itself
    enrolled_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_by: Mapped[int] = mapped_column(ForeignKey("person.id"))  # who logged in on it last
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unsent: Mapped[int] = mapped_column(default=0)
    oldest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the oldest of them was made
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    battery: Mapped[int | None]  # percent; None where the browser does not tell
    version: Mapped[str] = mapped_column(String(40), default="")  # of the page's own files
    clock_off_s: Mapped[int | None] = mapped_column(BigInteger)  # the device's clock minus the server's
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @property
    def called(self) -> str:
        """What people call it."""
        return self.name or f"Device {self.id}"


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
