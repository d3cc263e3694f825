"""print jobs are found by what they are labels of: receive asks what the label of a pallet says."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_print_job_subject", "print_job", ["site_id", "kind", "subject_id"])


def downgrade() -> None:
    op.drop_index("ix_print_job_subject", "print_job")
