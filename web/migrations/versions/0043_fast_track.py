"""Written policies by which one person issues a red warning, and the second person's word afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "fast_track_policy",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_fast_track_policy_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fast_track_policy")),
        sa.UniqueConstraint("unit_id", "version", name=op.f("uq_fast_track_policy_unit_id_version")),
    )
    op.create_table(
        "countersign",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("policy_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_countersign_alert_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["fast_track_policy.id"], name=op.f("fk_countersign_policy_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_countersign_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_countersign")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_countersign_alert_id")),
    )
    with op.batch_alter_table("countersign", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_countersign_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_countersign_waits"), ["waits"], unique=False)
