"""Sites and their locations: addressable places, and the virtual ones that moves come from and go to."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scanner.barcode.keys import is_digits
from scanner.db import Model

STORAGE_KINDS = ("pick", "reserve")
PLACE_KINDS = (*STORAGE_KINDS, "dock", "cart", "pack", "door", "quarantine", "returns")
VIRTUAL_KINDS = ("supplier", "customer", "adjustment", "scrap", "opening")


class Site(Model):
    """One warehouse. Its settings are the few numbers that workflows ask for."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    gs1_prefix: Mapped[str] = mapped_column(String(12), default="0000000")  # 7 to 10 digits
    sscc_serial: Mapped[int] = mapped_column(default=0)  # the last one given out
    count_limit_units: Mapped[int] = mapped_column(default=5)  # a variance above it needs a supervisor
    count_limit_cents: Mapped[int] = mapped_column(default=5000)
    must_weigh: Mapped[bool] = mapped_column(default=False)  # a parcel closes only with its weight
    # -- the company, as its documents show it
    legal_name: Mapped[str] = mapped_column(String(200), default="")
    street: Mapped[str] = mapped_column(String(300), default="")  # with line breaks
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    region: Mapped[str] = mapped_column(String(100), default="")  # state, province, county
    country_code: Mapped[str] = mapped_column(String(2), default="")  # ISO 3166; it decides between A4 and Letter
    tax_id: Mapped[str] = mapped_column(String(40), default="")
    tax_label: Mapped[str] = mapped_column(String(16), default="VAT")  # the word for the tax: VAT, MwSt., GST
    email: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    web: Mapped[str] = mapped_column(String(120), default="")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")  # ISO 4217, of orders that name none
    locale: Mapped[str] = mapped_column(String(16), default="en_GB")  # how figures and dates are written
    logo: Mapped[bytes | None] = mapped_column(deferred=True)  # PNG
    invoice_prefix: Mapped[str] = mapped_column(String(16), default="INV-")
    invoice_note: Mapped[str] = mapped_column(String(500), default="")  # terms and bank, below every invoice
    invoice_serial: Mapped[int] = mapped_column(default=0)  # the last one given out; no gap


class Location(Model):
    """A place with an address (A-03-2: aisle, bay, level), or a virtual one (SUPPLIER, CUSTOMER, ...)."""

    __tablename__ = "location"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        UniqueConstraint("site_id", "scan_body"),
        UniqueConstraint("site_id", "id"),
        CheckConstraint(f"kind IN {(*PLACE_KINDS, *VIRTUAL_KINDS)}", name="kind"),
        CheckConstraint(f"is_virtual = (kind IN {VIRTUAL_KINDS})", name="virtual"),
        CheckConstraint("mix IN ('any', 'one_item', 'one_lot')", name="mix"),
        Index("ix_location_kind", "site_id", "kind", "walk_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(32))
    scan_body: Mapped[str] = mapped_column(String(32))  # the code's letters and digits: what its label holds
    kind: Mapped[str] = mapped_column(String(12))
    is_virtual: Mapped[bool] = mapped_column(default=False)
    aisle: Mapped[str] = mapped_column(String(8), default="")
    bay: Mapped[str] = mapped_column(String(8), default="")
    level: Mapped[str] = mapped_column(String(8), default="")
    position: Mapped[str] = mapped_column(String(8), default="")
    x_mm: Mapped[int | None]  # across the aisles, from the site's origin
    y_mm: Mapped[int | None]  # along the aisle
    walk_order: Mapped[int] = mapped_column(default=0)
    storage_class: Mapped[str] = mapped_column(String(16), default="ambient")
    capacity_units: Mapped[int | None] = mapped_column(BigInteger)
    capacity_weight_g: Mapped[int | None] = mapped_column(BigInteger)
    capacity_volume_mm3: Mapped[int | None] = mapped_column(BigInteger)
    mix: Mapped[str] = mapped_column(String(8), default="any")
    check_digits: Mapped[str] = mapped_column(
        String(3), default=""
    )  # random, on the label; proves the place by voice or hand
    is_held: Mapped[bool] = mapped_column(default=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """The address as the label splits it."""
        return tuple(part for part in (self.aisle, self.bay, self.level, self.position) if part)

    @property
    def level_number(self) -> int | None:
        """The level as a number, for its colour and arrow."""
        return int(self.level) if is_digits(self.level) else None
