"""devices with a credential, tasks on lease to them, and what a device said of a scan when it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = scanner.db.UtcDateTime(timezone=True)
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("enrolled_by", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", instant, nullable=False),
        sa.Column("seen_by", sa.Integer(), nullable=False),
        sa.Column("seen_at", instant, nullable=False),
        sa.Column("unsent", sa.Integer(), nullable=False),
        sa.Column("oldest_at", instant, nullable=True),
        sa.Column("told_at", instant, nullable=True),
        sa.Column("battery", sa.Integer(), nullable=True),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("clock_off_s", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", instant, nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("unsent >= 0", name=op.f("ck_device_unsent")),
        sa.CheckConstraint("battery BETWEEN 0 AND 100", name=op.f("ck_device_battery")),
        sa.ForeignKeyConstraint(["enrolled_by"], ["person.id"], name=op.f("fk_device_enrolled_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.id"], name=op.f("fk_device_revoked_by")),
        sa.ForeignKeyConstraint(["seen_by"], ["person.id"], name=op.f("fk_device_seen_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_device_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("device", name=op.f("uq_device_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    # Columns are added, never tables rebuilt: a copy of `scan` would lose its triggers on SQLite.
    lease = sa.Column("device_id", sa.Integer(), sa.ForeignKey("device.id", name=op.f("fk_task_device_id")))
    op.add_column("task", lease, inline_references=True)
    op.add_column("task", sa.Column("leased_at", instant, nullable=True))
    op.add_column("task", sa.Column("leased_until", instant, nullable=True))
    op.add_column("task", sa.Column("taken_from", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("scan", sa.Column("sent_at", instant, nullable=True))
    op.add_column("scan", sa.Column("seen", sa.String(length=4), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("scan", "seen")
    op.drop_column("scan", "sent_at")
    with op.batch_alter_table("task") as batch_op:
        for name in ("taken_from", "leased_until", "leased_at", "device_id"):
            batch_op.drop_column(name)
    op.drop_table("device")
