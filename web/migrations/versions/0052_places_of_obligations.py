"""An obligation is for one place of a post: its village, or one of the hazard points that it answers for."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place_id", sa.String(length=36), nullable=True))
    op.execute("UPDATE obligation SET place_id = unit_id")
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.alter_column("place_id", existing_type=sa.String(length=36), nullable=False)
        batch_op.drop_constraint(batch_op.f("uq_obligation_alert_id_post_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_obligation_alert_id_post_id_place_id"), ["alert_id", "post_id", "place_id"]
        )
