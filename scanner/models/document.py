"""Documents: purchase orders, customer orders, parcels, manifests, and the parties behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from scanner.db import Model, UtcDateTime
from scanner.models.printing import LANGUAGES


class Supplier(Model):
    """Who delivers."""

    __tablename__ = "supplier"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    lead_days: Mapped[int] = mapped_column(default=7)


class Customer(Model):
    """Who is delivered to."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(500), default="")
    country: Mapped[str] = mapped_column(String(60), default="")
    street: Mapped[str] = mapped_column(String(300), default="")  # with line breaks
    postcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    region: Mapped[str] = mapped_column(String(100), default="")  # state, province, county
    country_code: Mapped[str] = mapped_column(String(2), default="")  # ISO 3166; without it the free text counts
    contact: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    tax_id: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(16), default="")  # of the documents they get; empty = the company's
    instructions: Mapped[str] = mapped_column(String(1000), default="")  # for every order of theirs
    min_life_days: Mapped[int] = mapped_column(default=0)  # of an expiring lot at the day of picking


class PurchaseOrder(Model):
    """What was ordered from a supplier and when it is due."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        UniqueConstraint("site_id", "scan_body"),
        CheckConstraint("status IN ('open', 'received', 'cancelled')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(40))
    scan_body: Mapped[str] = mapped_column(String(40))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    status: Mapped[str] = mapped_column(String(12), default="open")
    ordered_on: Mapped[date | None]
    due_on: Mapped[date | None]


class PurchaseLine(Model):
    """One item of a purchase order. `received` is kept by the ledger."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "line"),
        CheckConstraint("ordered > 0 AND received >= 0", name="qty"),
        Index("ix_purchase_line_item", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    line: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    ordered: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)


class Order(Model):
    """What a customer wants, by when, packed how."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        UniqueConstraint("site_id", "scan_body"),
        CheckConstraint("status IN ('open', 'picking', 'picked', 'packed', 'shipped', 'cancelled')", name="status"),
        Index("ix_orders_status", "site_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(40))
    scan_body: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    status: Mapped[str] = mapped_column(String(12), default="open")
    is_held: Mapped[bool] = mapped_column(default=False)
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    promised_on: Mapped[date | None]
    carrier: Mapped[str] = mapped_column(String(40), default="")
    service: Mapped[str] = mapped_column(String(40), default="")
    instructions: Mapped[str] = mapped_column(String(1000), default="")
    shows_instructions: Mapped[bool] = mapped_column(default=False)  # the customer may read them on the packing slip
    currency: Mapped[str] = mapped_column(String(3), default="")  # ISO 4217; empty = the company's


class OrderLine(Model):
    """One item of an order. The ledger keeps the chain shipped <= packed <= allocated <= ordered."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "line"),
        CheckConstraint("ordered > 0", name="ordered"),
        CheckConstraint("allocated >= 0 AND allocated <= ordered", name="allocated"),
        CheckConstraint("packed >= 0 AND packed <= allocated", name="packed"),
        CheckConstraint("shipped >= 0 AND shipped <= packed", name="shipped"),
        Index("ix_order_line_item", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    line: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    ordered: Mapped[int] = mapped_column(BigInteger)
    allocated: Mapped[int] = mapped_column(BigInteger, default=0)  # reserved, picked, packed or shipped
    packed: Mapped[int] = mapped_column(BigInteger, default=0)
    shipped: Mapped[int] = mapped_column(BigInteger, default=0)
    is_closed_short: Mapped[bool] = mapped_column(default=False)  # the rest will not be sent
    price_cents: Mapped[int | None] = mapped_column(BigInteger)  # of one base unit, before tax and discount
    tax_bp: Mapped[int] = mapped_column(default=0)  # basis points: 2000 = 20 %
    discount_bp: Mapped[int] = mapped_column(default=0)


class Invoice(Model):
    """The figures of one order as they were invoiced. Only `original` is written later, once (scanner/triggers.py)."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("order_id"),
        UniqueConstraint("site_id", "number"),
        UniqueConstraint("site_id", "serial"),
        CheckConstraint("serial > 0", name="serial"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(40))
    issued_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: a printer's job
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    original: Mapped[str] = mapped_column(String(64), default="")  # which print it was; every other one is a copy


class Carton(Model):
    """A type of box on the bench."""

    __tablename__ = "carton"
    __table_args__ = (CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND max_g > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)  # letters and digits: its label is K + code
    name: Mapped[str] = mapped_column(String(60))
    length_mm: Mapped[int]  # inside
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    tare_g: Mapped[int] = mapped_column(default=0)
    max_g: Mapped[int] = mapped_column(default=30_000)


class Manifest(Model):
    """The parcels that one carrier takes from one door."""

    __tablename__ = "manifest"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        CheckConstraint("status IN ('open', 'closed')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(40))
    carrier: Mapped[str] = mapped_column(String(40))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))  # the door
    status: Mapped[str] = mapped_column(String(8), default="open")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Parcel(Model):
    """One packed box: a unit with its carton type, weight, carrier and tracking number."""

    __tablename__ = "parcel"
    __table_args__ = (
        CheckConstraint("status IN ('packing', 'packed', 'loaded', 'shipped')", name="status"),
        Index("ix_parcel_order", "order_id"),
        Index("ix_parcel_manifest", "manifest_id"),
        Index(
            "uq_parcel_tracking",
            "site_id",
            "tracking",
            unique=True,
            sqlite_where=text("tracking <> ''"),
            postgresql_where=text("tracking <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), unique=True)
    carton_id: Mapped[int | None] = mapped_column(ForeignKey("carton.id"))
    status: Mapped[str] = mapped_column(String(8), default="packing")
    weight_g: Mapped[int | None]
    carrier: Mapped[str] = mapped_column(String(40), default="")
    service: Mapped[str] = mapped_column(String(40), default="")
    tracking: Mapped[str] = mapped_column(String(64), default="")
    manifest_id: Mapped[int | None] = mapped_column(ForeignKey("manifest.id"))
    delivery: Mapped[int] = mapped_column(default=1, server_default="1")  # what is owed comes with the next one


class CarrierLabel(Model):
    """The label that a carrier has sent for a parcel, as it came: it is printed instead of ours."""

    __tablename__ = "carrier_label"
    __table_args__ = (UniqueConstraint("parcel_id"), CheckConstraint(f"language IN {LANGUAGES}", name="language"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(4))
    data: Mapped[bytes] = mapped_column(deferred=True)
    tracking: Mapped[str] = mapped_column(String(64), default="")  # that came with it
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
