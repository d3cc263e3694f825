"""sessions know when they were last used and whether a password was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", scanner.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("has_password", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE person_session SET seen_at = created_at")
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.alter_column("seen_at", existing_type=scanner.db.UtcDateTime(timezone=True), nullable=False)
        batch_op.alter_column("has_password", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.drop_column("has_password")
        batch_op.drop_column("seen_at")
