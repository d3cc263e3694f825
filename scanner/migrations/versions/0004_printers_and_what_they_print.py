"""printers and what they print."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import scanner.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "printer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=4), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("used_for", sa.String(length=8), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_words", sa.String(length=200), nullable=False),
        sa.Column("state_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.String(length=80), nullable=False),
        sa.Column("held_until", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('raw', 'ipp', 'browser', 'agent')", name=op.f("ck_printer_kind")),
        sa.CheckConstraint("language IN ('zpl', 'pdf', 'png')", name=op.f("ck_printer_language")),
        sa.CheckConstraint("used_for IN ('label', 'paper')", name=op.f("ck_printer_used_for")),
        sa.CheckConstraint("dpi BETWEEN 72 AND 1200", name=op.f("ck_printer_dpi")),
        sa.CheckConstraint(
            "width_mm BETWEEN 10 AND 1000 AND height_mm BETWEEN 5 AND 2000", name=op.f("ck_printer_media")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_printer_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_printer_site_id_code")),
    )
    op.create_table(
        "device_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_device_place_location_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_device_place_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_device_place_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_place")),
        sa.UniqueConstraint("site_id", "device", name=op.f("uq_device_place_site_id_device")),
    )
    op.create_table(
        "print_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("used_for", sa.String(length=8), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("available_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=False),
        sa.Column("error_words", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("copy_of", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("asked_at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_at", scanner.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'confirmed', 'unknown', 'failed', 'cancelled')",
            name=op.f("ck_print_job_state"),
        ),
        sa.CheckConstraint("used_for IN ('label', 'paper')", name=op.f("ck_print_job_used_for")),
        sa.CheckConstraint("copies BETWEEN 1 AND 999", name=op.f("ck_print_job_copies")),
        sa.ForeignKeyConstraint(["copy_of"], ["print_job.id"], name=op.f("fk_print_job_copy_of")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_print_job_person_id")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_job_printer_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_print_job_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_print_job_public_id")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_print_job_site_id_key")),
    )
    op.create_index("ix_print_job_device", "print_job", ["site_id", "device", "state"], unique=False)
    op.create_index("ix_print_job_queue", "print_job", ["printer_id", "state", "available_at"], unique=False)
    op.create_index("ix_print_job_state", "print_job", ["site_id", "state"], unique=False)

    op.create_table(
        "workplace",
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("label_printer_id", sa.Integer(), nullable=True),
        sa.Column("paper_printer_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["label_printer_id"], ["printer.id"], name=op.f("fk_workplace_label_printer_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_workplace_location_id")),
        sa.ForeignKeyConstraint(["paper_printer_id"], ["printer.id"], name=op.f("fk_workplace_paper_printer_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_workplace_site_id")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_workplace")),
    )
    op.create_table(
        "print_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("at", scanner.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["print_job.id"], name=op.f("fk_print_step_job_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_print_step_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_step")),
    )
    op.create_index("ix_print_step_job", "print_step", ["job_id"], unique=False)


def downgrade() -> None:
    for table in ("print_step", "workplace", "print_job", "device_place", "printer"):
        op.drop_table(table)
