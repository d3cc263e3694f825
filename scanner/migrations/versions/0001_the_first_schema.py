"""the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db
from scanner.triggers import install, remove

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carton",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("tare_g", sa.Integer(), nullable=False),
        sa.Column("max_g", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND max_g > 0", name=op.f("ck_carton_size")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carton")),
        sa.UniqueConstraint("code", name=op.f("uq_carton_code")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=False),
        sa.Column("instructions", sa.String(length=1000), nullable=False),
        sa.Column("min_life_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("code", name=op.f("uq_customer_code")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("uom", sa.String(length=16), nullable=False),
        sa.Column("tracking", sa.String(length=8), nullable=False),
        sa.Column("has_expiry", sa.Boolean(), nullable=False),
        sa.Column("storage_class", sa.String(length=16), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("value_cents", sa.Integer(), nullable=False),
        sa.Column("over_tolerance_pct", sa.Integer(), nullable=False),
        sa.Column("popularity", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("tracking IN ('none', 'lot', 'serial')", name=op.f("ck_item_tracking")),
        sa.CheckConstraint(
            "value_cents >= 0 AND over_tolerance_pct >= 0 AND popularity >= 0", name=op.f("ck_item_figures")
        ),
        sa.CheckConstraint(
            "weight_g >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0", name=op.f("ck_item_size")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("sku", name=op.f("uq_item_sku")),
    )
    op.create_table(
        "login_failure",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_login_failure_count")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failure")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("gs1_prefix", sa.String(length=12), nullable=False),
        sa.Column("sscc_serial", sa.Integer(), nullable=False),
        sa.Column("count_limit_units", sa.Integer(), nullable=False),
        sa.Column("count_limit_cents", sa.Integer(), nullable=False),
        sa.Column("must_weigh", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("code", name=op.f("uq_supplier_code")),
    )
    op.create_table(
        "barcode",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty > 0 AND qty <= 1000000000000", name=op.f("ck_barcode_qty")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_barcode_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barcode")),
        sa.UniqueConstraint("code", name=op.f("uq_barcode_code")),
    )
    with op.batch_alter_table("barcode", schema=None) as batch_op:
        batch_op.create_index("ix_barcode_item", ["item_id"], unique=False)

    op.create_table(
        "ledger_head",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ledger_head_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("scan_body", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("aisle", sa.String(length=8), nullable=False),
        sa.Column("bay", sa.String(length=8), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("position", sa.String(length=8), nullable=False),
        sa.Column("x_mm", sa.Integer(), nullable=True),
        sa.Column("y_mm", sa.Integer(), nullable=True),
        sa.Column("walk_order", sa.Integer(), nullable=False),
        sa.Column("storage_class", sa.String(length=16), nullable=False),
        sa.Column("capacity_units", sa.BigInteger(), nullable=True),
        sa.Column("capacity_weight_g", sa.BigInteger(), nullable=True),
        sa.Column("capacity_volume_mm3", sa.BigInteger(), nullable=True),
        sa.Column("mix", sa.String(length=8), nullable=False),
        sa.Column("check_digits", sa.String(length=3), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "is_virtual = (kind IN ('supplier', 'customer', 'adjustment', 'scrap', 'opening'))",
            name=op.f("ck_location_virtual"),
        ),
        sa.CheckConstraint(
            "kind IN ('pick', 'reserve', 'dock', 'cart', 'pack', 'door', 'quarantine', 'returns', "
            "'supplier', 'customer', 'adjustment', 'scrap', 'opening')",
            name=op.f("ck_location_kind"),
        ),
        sa.CheckConstraint("mix IN ('any', 'one_item', 'one_lot')", name=op.f("ck_location_mix")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_location_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_location_site_id_code")),
        sa.UniqueConstraint("site_id", "id", name=op.f("uq_location_site_id_id")),
        sa.UniqueConstraint("site_id", "scan_body", name=op.f("uq_location_site_id_scan_body")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index("ix_location_kind", ["site_id", "kind", "walk_order"], unique=False)

    op.create_table(
        "lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_lot_item_id_code")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("scan_body", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("ordered_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("instructions", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'picking', 'picked', 'packed', 'shipped', 'cancelled')", name=op.f("ck_orders_status")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_orders_customer_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_orders_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_orders_site_id_number")),
        sa.UniqueConstraint("site_id", "scan_body", name=op.f("uq_orders_site_id_scan_body")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_status", ["site_id", "status"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("badge_hash", sa.String(length=64), nullable=True),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_left_handed", sa.Boolean(), nullable=False),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("created_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_person_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("badge_hash", name=op.f("uq_person_badge_hash")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
    )
    op.create_table(
        "purchase_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("scan_body", sa.String(length=40), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'received', 'cancelled')", name=op.f("ck_purchase_order_status")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_purchase_order_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_purchase_order_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_purchase_order_site_id_number")),
        sa.UniqueConstraint("site_id", "scan_body", name=op.f("uq_purchase_order_site_id_scan_body")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_audit_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_at", ["at"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.Integer(), nullable=True),
        sa.Column("released_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('lot', 'location', 'unit')", name=op.f("ck_hold_scope")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_hold_person_id")),
        sa.ForeignKeyConstraint(["released_by"], ["person.id"], name=op.f("fk_hold_released_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_hold_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index("ix_hold_object", ["scope", "object_id"], unique=False)

    op.create_table(
        "manifest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("opened_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_manifest_status")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_manifest_closed_by")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_manifest_location_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_manifest_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_manifest_site_id_number")),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.BigInteger(), nullable=False),
        sa.Column("is_closed_short", sa.Boolean(), nullable=False),
        sa.CheckConstraint("allocated >= 0 AND allocated <= ordered", name=op.f("ck_order_line_allocated")),
        sa.CheckConstraint("ordered > 0", name=op.f("ck_order_line_ordered")),
        sa.CheckConstraint("packed >= 0 AND packed <= allocated", name=op.f("ck_order_line_packed")),
        sa.CheckConstraint("shipped >= 0 AND shipped <= packed", name=op.f("ck_order_line_shipped")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_line_item_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "line", name=op.f("uq_order_line_order_id_line")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_item", ["item_id"], unique=False)

    op.create_table(
        "person_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("created_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_session_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_person_session")),
    )
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.create_index("ix_person_session_person", ["person_id"], unique=False)

    op.create_table(
        "purchase_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ordered > 0 AND received >= 0", name=op.f("ck_purchase_line_qty")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_purchase_line_item_id")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_purchase_line_purchase_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_line")),
        sa.UniqueConstraint("purchase_order_id", "line", name=op.f("uq_purchase_line_purchase_order_id_line")),
    )
    with op.batch_alter_table("purchase_line", schema=None) as batch_op:
        batch_op.create_index("ix_purchase_line_item", ["item_id"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('none', 'pallet', 'carton', 'tote')", name=op.f("ck_unit_kind")),
        sa.CheckConstraint("status IN ('open', 'closed', 'shipped')", name=op.f("ck_unit_status")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit_not_its_own_parent")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_unit_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_unit_order_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_unit_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_unit_site_id_code")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index("ix_unit_location", ["location_id"], unique=False)
        batch_op.create_index("ix_unit_order", ["order_id"], unique=False)
        batch_op.create_index("ix_unit_parent", ["parent_id"], unique=False)

    op.create_table(
        "balance",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_balance_not_negative")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= qty", name=op.f("ck_balance_reserved")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_balance_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_balance_lot_id")),
        sa.ForeignKeyConstraint(
            ["site_id", "location_id"], ["location.site_id", "location.id"], name="fk_balance_location"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_balance_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_balance_unit_id")),
        sa.PrimaryKeyConstraint("site_id", "location_id", "item_id", "lot_id", "unit_id", name=op.f("pk_balance")),
    )
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_balance_item",
            ["item_id", "site_id"],
            unique=False,
            sqlite_where=sa.text("qty > 0"),
            postgresql_where=sa.text("qty > 0"),
        )
        batch_op.create_index(
            "ix_balance_unit",
            ["unit_id"],
            unique=False,
            sqlite_where=sa.text("unit_id > 0"),
            postgresql_where=sa.text("unit_id > 0"),
        )

    op.create_table(
        "parcel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("carton_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("tracking", sa.String(length=64), nullable=False),
        sa.Column("manifest_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('packing', 'packed', 'loaded', 'shipped')", name=op.f("ck_parcel_status")),
        sa.ForeignKeyConstraint(["carton_id"], ["carton.id"], name=op.f("fk_parcel_carton_id")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_parcel_manifest_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_parcel_order_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_parcel_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_parcel_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_parcel_unit_id")),
    )
    with op.batch_alter_table("parcel", schema=None) as batch_op:
        batch_op.create_index("ix_parcel_manifest", ["manifest_id"], unique=False)
        batch_op.create_index("ix_parcel_order", ["order_id"], unique=False)
        batch_op.create_index(
            "uq_parcel_tracking",
            ["site_id", "tracking"],
            unique=True,
            sqlite_where=sa.text("tracking <> ''"),
            postgresql_where=sa.text("tracking <> ''"),
        )

    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("undone", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state <> 'posted' OR posted = qty", name=op.f("ck_reservation_posted_in_full")),
        sa.CheckConstraint("state IN ('open', 'posted', 'released')", name=op.f("ck_reservation_state")),
        sa.CheckConstraint("qty > 0 AND posted >= 0 AND posted <= qty", name=op.f("ck_reservation_posted")),
        sa.CheckConstraint("undone >= 0 AND undone <= posted", name=op.f("ck_reservation_undone")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_reservation_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_reservation_lot_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_reservation_order_line_id")),
        sa.ForeignKeyConstraint(
            ["site_id", "location_id"], ["location.site_id", "location.id"], name="fk_reservation_location"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_reservation_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reservation_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reservation_open",
            ["location_id", "item_id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("ix_reservation_order_line", ["order_line_id"], unique=False)

    op.create_table(
        "serial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_serial_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_serial_location_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_serial_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serial")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_serial_item_id_code")),
    )
    with op.batch_alter_table("serial", schema=None) as batch_op:
        batch_op.create_index("ix_serial_location", ["location_id", "item_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("workflow", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("manifest_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("created_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'done', 'cancelled')", name=op.f("ck_task_status")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_task_location_id")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_task_manifest_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_task_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_task_person_id")),
        sa.ForeignKeyConstraint(["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_task_purchase_order_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_task_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_order", ["order_id"], unique=False)
        batch_op.create_index("ix_task_status", ["site_id", "status", "workflow"], unique=False)

    op.create_table(
        "discrepancy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("book", sa.String(length=400), nullable=False),
        sa.Column("floor", sa.String(length=400), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("serial_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("purchase_line_id", sa.Integer(), nullable=True),
        sa.Column("as_of_seq", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("scan_id", sa.String(length=36), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolved_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'resolved') = (resolution <> '')", name=op.f("ck_discrepancy_resolved")),
        sa.CheckConstraint("status IN ('open', 'resolved')", name=op.f("ck_discrepancy_status")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_discrepancy_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_discrepancy_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_discrepancy_lot_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_discrepancy_opened_by")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_discrepancy_order_line_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_discrepancy_owner_id")),
        sa.ForeignKeyConstraint(
            ["purchase_line_id"], ["purchase_line.id"], name=op.f("fk_discrepancy_purchase_line_id")
        ),
        sa.ForeignKeyConstraint(["resolved_by"], ["person.id"], name=op.f("fk_discrepancy_resolved_by")),
        sa.ForeignKeyConstraint(["serial_id"], ["serial.id"], name=op.f("fk_discrepancy_serial_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_discrepancy_site_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_discrepancy_task_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_discrepancy_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancy")),
    )
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.create_index("ix_discrepancy_status", ["site_id", "status"], unique=False)

    op.create_table(
        "move",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("serial_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("source_unit_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("target_unit_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("purchase_line_id", sa.Integer(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("scan_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reverses_seq", sa.BigInteger(), nullable=True),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("qty > 0 AND qty <= 1000000000000", name=op.f("ck_move_qty")),
        sa.CheckConstraint("serial_id = 0 OR qty = 1", name=op.f("ck_move_one_serial")),
        sa.CheckConstraint(
            "source_id <> target_id OR source_unit_id <> target_unit_id", name=op.f("ck_move_goes_somewhere")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_move_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_move_lot_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_move_order_line_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_move_person_id")),
        sa.ForeignKeyConstraint(["purchase_line_id"], ["purchase_line.id"], name=op.f("fk_move_purchase_line_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_move_reservation_id")),
        sa.ForeignKeyConstraint(["serial_id"], ["serial.id"], name=op.f("fk_move_serial_id")),
        sa.ForeignKeyConstraint(["site_id", "source_id"], ["location.site_id", "location.id"], name="fk_move_source"),
        sa.ForeignKeyConstraint(["site_id", "target_id"], ["location.site_id", "location.id"], name="fk_move_target"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_move_site_id")),
        sa.ForeignKeyConstraint(["source_unit_id"], ["unit.id"], name=op.f("fk_move_source_unit_id")),
        sa.ForeignKeyConstraint(["target_unit_id"], ["unit.id"], name=op.f("fk_move_target_unit_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_move_task_id")),
        sa.PrimaryKeyConstraint("site_id", "seq", name=op.f("pk_move")),
        sa.UniqueConstraint("site_id", "reverses_seq", name=op.f("uq_move_site_id_reverses_seq")),
    )
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.create_index("ix_move_item", ["item_id", "lot_id"], unique=False)
        batch_op.create_index(
            "ix_move_order_line",
            ["order_line_id"],
            unique=False,
            sqlite_where=sa.text("order_line_id IS NOT NULL"),
            postgresql_where=sa.text("order_line_id IS NOT NULL"),
        )
        batch_op.create_index("ix_move_scan", ["scan_id"], unique=False)
        batch_op.create_index(
            "ix_move_serial",
            ["serial_id"],
            unique=False,
            sqlite_where=sa.text("serial_id > 0"),
            postgresql_where=sa.text("serial_id > 0"),
        )
        batch_op.create_index("ix_move_source", ["source_id"], unique=False)
        batch_op.create_index("ix_move_target", ["target_id"], unique=False)
        batch_op.create_index("ix_move_task", ["task_id"], unique=False)

    op.create_table(
        "scan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("workflow", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("symbology", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.CheckConstraint("outcome IN ('accepted', 'refused', 'discrepancy')", name=op.f("ck_scan_outcome")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scan_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_scan_site_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_scan_task_id")),
        sa.ForeignKeyConstraint(["undoes"], ["scan.id"], name=op.f("fk_scan_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sa.UniqueConstraint("undoes", name=op.f("uq_scan_undoes")),
    )
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.create_index("ix_scan_received", ["received_at"], unique=False)
        batch_op.create_index("ix_scan_task", ["task_id", "received_at"], unique=False)
    install(op.execute, op.get_bind().dialect.name)


def downgrade() -> None:
    remove(op.execute, op.get_bind().dialect.name)
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.drop_index("ix_scan_task")
        batch_op.drop_index("ix_scan_received")

    op.drop_table("scan")
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.drop_index("ix_move_task")
        batch_op.drop_index("ix_move_target")
        batch_op.drop_index("ix_move_source")
        batch_op.drop_index(
            "ix_move_serial", sqlite_where=sa.text("serial_id > 0"), postgresql_where=sa.text("serial_id > 0")
        )
        batch_op.drop_index("ix_move_scan")
        batch_op.drop_index(
            "ix_move_order_line",
            sqlite_where=sa.text("order_line_id IS NOT NULL"),
            postgresql_where=sa.text("order_line_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_move_item")

    op.drop_table("move")
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_index("ix_discrepancy_status")

    op.drop_table("discrepancy")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_status")
        batch_op.drop_index("ix_task_order")

    op.drop_table("task")
    with op.batch_alter_table("serial", schema=None) as batch_op:
        batch_op.drop_index("ix_serial_location")

    op.drop_table("serial")
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.drop_index("ix_reservation_order_line")
        batch_op.drop_index(
            "ix_reservation_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )

    op.drop_table("reservation")
    with op.batch_alter_table("parcel", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_parcel_tracking", sqlite_where=sa.text("tracking <> ''"), postgresql_where=sa.text("tracking <> ''")
        )
        batch_op.drop_index("ix_parcel_order")
        batch_op.drop_index("ix_parcel_manifest")

    op.drop_table("parcel")
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_balance_unit", sqlite_where=sa.text("unit_id > 0"), postgresql_where=sa.text("unit_id > 0")
        )
        batch_op.drop_index("ix_balance_item", sqlite_where=sa.text("qty > 0"), postgresql_where=sa.text("qty > 0"))

    op.drop_table("balance")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index("ix_unit_parent")
        batch_op.drop_index("ix_unit_order")
        batch_op.drop_index("ix_unit_location")

    op.drop_table("unit")
    with op.batch_alter_table("purchase_line", schema=None) as batch_op:
        batch_op.drop_index("ix_purchase_line_item")

    op.drop_table("purchase_line")
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.drop_index("ix_person_session_person")

    op.drop_table("person_session")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index("ix_order_line_item")

    op.drop_table("order_line")
    op.drop_table("manifest")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index("ix_hold_object")

    op.drop_table("hold")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_at")

    op.drop_table("audit")
    op.drop_table("api_token")
    op.drop_table("purchase_order")
    op.drop_table("person")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_status")

    op.drop_table("orders")
    op.drop_table("lot")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index("ix_location_kind")

    op.drop_table("location")
    op.drop_table("ledger_head")
    with op.batch_alter_table("barcode", schema=None) as batch_op:
        batch_op.drop_index("ix_barcode_item")

    op.drop_table("barcode")
    op.drop_table("supplier")
    op.drop_table("site")
    op.drop_table("login_failure")
    op.drop_table("item")
    op.drop_table("customer")
    op.drop_table("carton")
