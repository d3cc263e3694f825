"""how each device's scanner sends its codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("end_key", sa.String(length=16), nullable=False),
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("gs_key", sa.String(length=16), nullable=False),
        sa.Column("gs_text", sa.String(length=8), nullable=False),
        sa.Column("sends_gs", sa.Boolean(), nullable=False),
        sa.Column("has_aim", sa.Boolean(), nullable=False),
        sa.Column("gap_ms", sa.Integer(), nullable=False),
        sa.Column("keyboard", sa.String(length=8), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('wedge', 'serial')", name=op.f("ck_device_profile_channel")),
        sa.CheckConstraint("gap_ms >= 0", name=op.f("ck_device_profile_gap")),
        sa.ForeignKeyConstraint(["checked_by"], ["person.id"], name=op.f("fk_device_profile_checked_by_person")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_device_profile_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_profile")),
        sa.UniqueConstraint("site_id", "device", name=op.f("uq_device_profile_site_id_device")),
    )


def downgrade() -> None:
    op.drop_table("device_profile")
