"""Which members of a chunk may have been told without a result, in the place of whether some may."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: of what was in hand or in doubt until now, all may."""
    for name in ("begun_from", "begun_to"):
        op.add_column("alert_chunk", sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))
    chunk = sa.table("alert_chunk", *(sa.column(name) for name in ("size", "begun_to", "doubted", "owner", "state")))
    in_hand = sa.and_(chunk.c.owner.is_not(None), chunk.c.state.in_(("claimed", "dropped")))
    op.execute(sa.update(chunk).where(sa.or_(chunk.c.doubted, in_hand)).values(begun_to=chunk.c.size))
    with op.batch_alter_table("alert_chunk", schema=None) as batch_op:
        batch_op.drop_column("doubted")
