"""the company and its customers' addresses, prices on orders, and invoices.

The new columns keep their defaults in the database: taking them off would rebuild four tables on SQLite for nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db
from scanner.triggers import freeze, thaw

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXTS = {
    "site": {
        "legal_name": (200, ""),
        "street": (300, ""),
        "postcode": (20, ""),
        "city": (100, ""),
        "region": (100, ""),
        "country_code": (2, ""),
        "tax_id": (40, ""),
        "tax_label": (16, "VAT"),
        "email": (120, ""),
        "phone": (40, ""),
        "web": (120, ""),
        "currency": (3, "EUR"),
        "locale": (16, "en_GB"),
        "invoice_prefix": (16, "INV-"),
        "invoice_note": (500, ""),
    },
    "customer": {
        "street": (300, ""),
        "postcode": (20, ""),
        "city": (100, ""),
        "region": (100, ""),
        "country_code": (2, ""),
        "contact": (100, ""),
        "phone": (40, ""),
        "tax_id": (40, ""),
        "locale": (16, ""),
    },
    "orders": {"currency": (3, "")},
}


def upgrade() -> None:
    for table, columns in TEXTS.items():
        for name, (length, default) in columns.items():
            op.add_column(table, sa.Column(name, sa.String(length), nullable=False, server_default=default))
    op.add_column("site", sa.Column("invoice_serial", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("site", sa.Column("logo", sa.LargeBinary(), nullable=True))
    shown = sa.Column("shows_instructions", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("orders", shown)
    op.add_column("order_line", sa.Column("price_cents", sa.BigInteger(), nullable=True))
    for name in ("tax_bp", "discount_bp"):
        op.add_column("order_line", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("original", sa.String(length=64), nullable=False),
        sa.CheckConstraint("serial > 0", name=op.f("ck_invoice_serial")),
        sa.ForeignKeyConstraint(["issued_by"], ["person.id"], name=op.f("fk_invoice_issued_by_person")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoice_order_id_orders")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_invoice_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("order_id", name=op.f("uq_invoice_order_id")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_invoice_site_id_number")),
        sa.UniqueConstraint("site_id", "serial", name=op.f("uq_invoice_site_id_serial")),
    )
    freeze(op.execute, op.get_bind().dialect.name)


def downgrade() -> None:
    thaw(op.execute, op.get_bind().dialect.name)
    op.drop_table("invoice")
    for name in ("price_cents", "tax_bp", "discount_bp"):
        op.drop_column("order_line", name)
    op.drop_column("orders", "shows_instructions")
    for name in ("invoice_serial", "logo"):
        op.drop_column("site", name)
    for table, columns in TEXTS.items():
        for name in columns:
            op.drop_column(table, name)
