"""Where meetings, media nodes and sockets are."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "media_node",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("run", sa.String(length=40), nullable=True),
        sa.Column("away_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_media_node")),
    )
    op.create_table(
        "placement",
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("node", sa.String(length=120), nullable=False),
        sa.Column("former", sa.String(length=120), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_placement")),
    )
    op.create_index(op.f("ix_placement_node"), "placement", ["node"], unique=False)
    op.create_table(
        "seat",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("socket", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_seat")),
    )
