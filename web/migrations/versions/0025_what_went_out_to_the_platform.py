"""Identifiers under which messages went out to the national platform, and receipts that came for ours."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("cap_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("not_acted_on", sa.Text(), nullable=True))
    op.create_table(
        "dialect_export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("sender_code", sa.String(length=14), nullable=False),
        sa.Column("identifier", sa.String(length=60), nullable=False),
        sa.Column("msg_type", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["cap_message.id"], name=op.f("fk_dialect_export_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialect_export")),
        sa.UniqueConstraint("message_id", "sender_code", name=op.f("uq_dialect_export_message_id_sender_code")),
        sa.UniqueConstraint("identifier", name=op.f("uq_dialect_export_identifier")),
    )
    op.create_table(
        "cap_receipt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("identifier", sa.String(length=250), nullable=False),
        sa.Column("sender", sa.String(length=250), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_cap_receipt_alert_id")),
        sa.ForeignKeyConstraint(["message_id"], ["cap_message.id"], name=op.f("fk_cap_receipt_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_receipt")),
    )
    with op.batch_alter_table("cap_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cap_receipt_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cap_receipt_message_id"), ["message_id"], unique=False)
