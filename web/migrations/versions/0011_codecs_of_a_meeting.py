"""The codec of a meeting's pictures, and whose picture whom cannot show."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("codec", sa.String(length=8), nullable=True, server_default="vp8"))
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unseen_by", sa.Text(), nullable=False, server_default="[]"))
