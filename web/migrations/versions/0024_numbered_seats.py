"""A participant's signalling sockets are counted, and a page's own dials told apart. No socket outlives an upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_table("seat")
    op.create_table(
        "seat",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=32), nullable=True),
        sa.Column("dial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_seat")),
    )
