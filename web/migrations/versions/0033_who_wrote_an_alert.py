"""Everybody who wrote in an alert or submitted it is kept: none of them signs it off."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("alert", sa.Column("amended_by", sa.Text(), nullable=True))
