"""The county's own policies of what is sent again by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "resend_policy",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_resend_policy_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resend_policy")),
        sa.UniqueConstraint("unit_id", "version", name=op.f("uq_resend_policy_unit_id_version")),
    )
