"""A check of numbers rings what takes no message; a call says what it asks."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("call_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asks", sa.String(length=8), nullable=False, server_default="receipt"))
    op.execute("UPDATE call_attempt SET asks = 'safety' WHERE check_id IS NOT NULL")
    with op.batch_alter_table("number_check", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calls", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("call_at", sa.DateTime(timezone=True), nullable=True))
