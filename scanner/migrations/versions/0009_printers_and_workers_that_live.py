"""printers that have ever told how they are, print workers that live, an index of what is open at a device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("printer", sa.Column("has_answered", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "print_worker",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("seen_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_print_worker")),
    )
    open_ = sa.text("done_at IS NULL")
    columns = ["site_id", "device"]
    op.create_index("ix_print_job_open", "print_job", columns, sqlite_where=open_, postgresql_where=open_)


def downgrade() -> None:
    op.drop_index("ix_print_job_open", "print_job")
    op.drop_table("print_worker")
    op.drop_column("printer", "has_answered")
