"""Corrections of single households, and who answers for each."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.add_column(sa.Column("responsible", sa.String(length=80), nullable=True))
    with op.batch_alter_table("evacuation_step", schema=None) as batch_op:
        batch_op.alter_column("note", existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=True)
        batch_op.add_column(sa.Column("amends", sa.Text(), nullable=True))
