"""The county's own call plans, and which of them an obligation follows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "call_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_call_plan_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_plan")),
        sa.UniqueConstraint("unit_id", "version", name=op.f("uq_call_plan_unit_id_version")),
    )
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_obligation_plan_id"), "call_plan", ["plan_id"], ["id"])
