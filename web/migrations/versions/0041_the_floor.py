"""Who has the floor in a meeting and who waits for it; whom the chair lets speak beside."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0025"
branch_labels = None
depends_on = None

NOBODY = '{"holder":null,"number":0,"queue":[]}'


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("floor", sa.Text(), nullable=False, server_default=NOBODY))
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opened", sa.Integer(), nullable=False, server_default="0"))
