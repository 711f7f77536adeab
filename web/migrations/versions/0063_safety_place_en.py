"""The place of a safety check in English, where it was composed and not written."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("safety_check", sa.Column("place_en", sa.Text()))
