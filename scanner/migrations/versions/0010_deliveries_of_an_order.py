"""which delivery of its order a parcel belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parcel", sa.Column("delivery", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("parcel", "delivery")
