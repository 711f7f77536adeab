"""What received messages say of themselves, every fault of refused ones, and which of those are told on the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    refused = sa.text("refused IS NOT NULL")
    with op.batch_alter_table("cap_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("msg_type", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("status", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("faults", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_cap_message_refused", ["unit_id", "id"], sqlite_where=refused, postgresql_where=refused
        )
    op.create_table(
        "cap_refusal",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("listed", sa.String(length=250), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("acknowledged", sa.Text(), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_cap_refusal_unit_id")),
        sa.ForeignKeyConstraint(["message_id"], ["cap_message.id"], name=op.f("fk_cap_refusal_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_refusal")),
    )
    with op.batch_alter_table("cap_refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cap_refusal_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cap_refusal_stands"), ["stands"], unique=False)
