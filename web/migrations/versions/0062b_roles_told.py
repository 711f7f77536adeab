"""Roles of accounts that an alert is told to."""

import sqlalchemy as sa
from alembic import op

revision = "0062b"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("alert", sa.Column("roles", sa.Text(), nullable=True))
