"""Lanes, ranks and what was sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alert_resend",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("act", sa.String(length=5), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("deliveries", sa.Text(), nullable=True),
        sa.Column("expected_doubles", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_resend_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_resend")),
    )
    with op.batch_alter_table("alert_resend", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_resend_alert_id"), ["alert_id"], unique=False)

    with op.batch_alter_table("alert_chunk", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="7"))
        batch_op.add_column(sa.Column("resent", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_index(batch_op.f("ix_alert_chunk_claim"))
        batch_op.create_index("ix_alert_chunk_claim", ["channel", "state", "rank", "lane"], unique=False)

    # The public was the second lane of two, and is the last of three.
    op.execute("UPDATE alert_chunk SET lane = 2 WHERE lane = 1")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_delivery_alert_id_recipient_channel_act"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_delivery_alert_id"), type_="foreignkey")
