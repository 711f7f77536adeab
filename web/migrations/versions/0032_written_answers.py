"""What people who were told write back by short messages."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "written_answer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("names", sa.Text(), nullable=True),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("obligations", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_written_answer_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_answer")),
    )
    op.create_index("ix_written_answer_number_at", "written_answer", ["number", "at"])
    op.create_index(op.f("ix_written_answer_alert_id"), "written_answer", ["alert_id"])
