"""Chunks in the order they are served."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("alert_chunk", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_chunk_claim")
        batch_op.create_index("ix_alert_chunk_claim", ["channel", "state", "rank", "lane", "id"], unique=False)
    # A summary is due until all chunks of an alert are done: of what is under way, none will say so.
    op.execute("UPDATE alert SET summary_due = true WHERE on_board")
