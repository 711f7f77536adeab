"""Short messages by their reference."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SMS = sa.text("channel = 'sms'")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_sms_detail", ["detail"], sqlite_where=SMS, postgresql_where=SMS)
