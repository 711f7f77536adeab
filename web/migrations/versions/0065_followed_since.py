"""Since when a number is followed: the calendar checks a county for the first time after that."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: what is followed already is from now on, so that nobody is rung because of it."""
    with op.batch_alter_table("number_mark", schema=None) as batch_op:
        now = sa.text("CURRENT_TIMESTAMP")
        batch_op.add_column(sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False, server_default=now))
