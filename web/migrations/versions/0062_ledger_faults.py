"""Ledgers of alerts that do not hold."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ledger_fault",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("act", sa.String(length=5), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_ledger_fault_unit_id")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_ledger_fault_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_fault")),
    )
    with op.batch_alter_table("ledger_fault", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_fault_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_fault_ended_at"), ["ended_at"], unique=False)
