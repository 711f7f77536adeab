"""Safety checks, who is asked in them, and every reply."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "safety_check",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("shared", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("audience_hash", sa.String(length=64), nullable=False),
        sa.Column("asks", sa.Text(), nullable=True),
        sa.Column("towns", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_safety_check_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_check")),
    )
    op.create_index("ix_safety_check_status_closes_at", "safety_check", ["status", "closes_at"])
    op.create_table(
        "safety_member",
        sa.Column("check_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("township_id", sa.String(length=36), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("page", sa.String(length=36), nullable=True),
        sa.Column("answer", sa.String(length=10), nullable=True),
        sa.Column("reply_id", sa.String(length=36), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["safety_check.id"], name=op.f("fk_safety_member_check_id")),
        sa.ForeignKeyConstraint(["township_id"], ["unit.id"], name=op.f("fk_safety_member_township_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_safety_member_unit_id")),
        sa.PrimaryKeyConstraint("check_id", "recipient", name=op.f("pk_safety_member")),
    )
    op.create_index("ix_safety_member_number", "safety_member", ["number"])
    op.create_table(
        "safety_reply",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("check_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=50), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["safety_check.id"], name=op.f("fk_safety_reply_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_reply")),
    )
    op.create_index("ix_safety_reply_check_id_recipient", "safety_reply", ["check_id", "recipient"])
    with op.batch_alter_table("call_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("check_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("said", sa.Text(), nullable=True))
        batch_op.create_index("ix_call_attempt_check_id", ["check_id"], unique=False)
