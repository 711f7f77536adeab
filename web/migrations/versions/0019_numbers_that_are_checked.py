"""What is known of the numbers of those who hold posts, and when they are checked."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    at = sa.DateTime(timezone=True)
    op.create_table(
        "number_mark",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("proven_at", at, nullable=True),
        sa.Column("proven_by", sa.String(length=16), nullable=True),
        sa.Column("bounced_at", at, nullable=True),
        sa.Column("bounced_by", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("corrected_at", at, nullable=True),
        sa.Column("corrected_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_number_mark_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_number_mark")),
    )
    op.create_table(
        "number_check",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("begun_at", at, nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=True),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("stopped_at", at, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_number_check_unit_id")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_number_check_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_check")),
    )
    op.create_index(op.f("ix_number_check_unit_id"), "number_check", ["unit_id"])
    op.create_table(
        "number_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pace", sa.Text(), nullable=True),
        sa.Column("at", at, nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_number_plan_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_plan")),
        sa.UniqueConstraint("unit_id", "version", name=op.f("uq_number_plan_unit_id_version")),
    )
