"""Whether the area drawn for an alert had to be mended."""

import sqlalchemy as sa
from alembic import op

revision = "0062c"
down_revision = "0062b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("alert", sa.Column("area_mended", sa.Boolean(), nullable=False, server_default=sa.false()))
