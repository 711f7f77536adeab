"""Chunks some of whose members may have been told although nothing is recorded of them."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: of what was given back or taken out before, nobody knows any more why."""
    op.add_column("alert_chunk", sa.Column("doubted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE alert_chunk SET doubted = :yes WHERE resent > 0 OR fence > 1").bindparams(yes=True))
