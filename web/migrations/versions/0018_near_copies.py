"""Received alerts that may be, are or are not copies of another."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("perhaps_same", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("told_apart", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("duplicate_of", sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f("ix_alert_duplicate_of"), ["duplicate_of"], unique=False)
