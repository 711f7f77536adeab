"""Since when a media node's sockets have had no room for what comes."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("media_node", sa.Column("overflows_since", sa.DateTime(timezone=True), nullable=True))
