"""An alert's texts in other languages, and in which one a chunk is told."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("translations", sa.Text(), nullable=True))
    with op.batch_alter_table("alert_chunk", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=False, server_default=""))
