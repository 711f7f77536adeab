"""A terminal or person may have a viewer's site beside its own."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("site", schema=None) as batch_op:
        for owner in ("terminal_id", "user_id"):
            batch_op.drop_constraint(f"uq_site_meeting_id_{owner}", type_="unique")
            name = batch_op.f(f"uq_site_meeting_id_{owner}_kind")
            batch_op.create_unique_constraint(name, ["meeting_id", owner, "kind"])
