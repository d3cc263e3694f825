"""the labels that carriers send for their parcels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carrier_label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=4), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("tracking", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zpl', 'pdf', 'png')", name=op.f("ck_carrier_label_language")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_carrier_label_added_by_person")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcel.id"], name=op.f("fk_carrier_label_parcel_id_parcel"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_carrier_label_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_label")),
        sa.UniqueConstraint("parcel_id", name=op.f("uq_carrier_label_parcel_id")),
    )


def downgrade() -> None:
    op.drop_table("carrier_label")
