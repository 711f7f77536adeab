"""Where a site's line stands on the ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("down_tier", sa.String(length=16), nullable=False, server_default="720p"))
        batch_op.add_column(sa.Column("up_tier", sa.String(length=16), nullable=False, server_default="720p"))
