"""Of an area's description is kept whether a person wrote it. Of older ones that is not known: nobody replaces them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("alert", sa.Column("area_worded", sa.Boolean(), nullable=False, server_default=sa.true()))
