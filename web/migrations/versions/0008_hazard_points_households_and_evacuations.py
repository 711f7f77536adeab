"""Hazard points, households and evacuations."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "evacuation",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("shared", sa.Text(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=True),
        sa.Column("incident_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("return_permitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_evacuation_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation")),
    )
    with op.batch_alter_table("evacuation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evacuation_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evacuation_status"), ["status"], unique=False)

    op.create_table(
        "hazard_point",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hazard", sa.String(length=40), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("post_id", sa.String(length=36), nullable=True),
        sa.Column("shelter_id", sa.String(length=36), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_hazard_point_post_id")),
        sa.ForeignKeyConstraint(["shelter_id"], ["resource.id"], name=op.f("fk_hazard_point_shelter_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_hazard_point_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_point")),
        sa.UniqueConstraint("unit_id", "name", name=op.f("uq_hazard_point_unit_id_name")),
    )
    op.create_table(
        "evacuation_point",
        sa.Column("evacuation_id", sa.String(length=36), nullable=False),
        sa.Column("hazard_point_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("township_id", sa.String(length=36), nullable=False),
        sa.Column("township_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hazard", sa.String(length=40), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("post", sa.Text(), nullable=True),
        sa.Column("shelter", sa.Text(), nullable=True),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("on_board", sa.Boolean(), nullable=False),
        sa.Column("households", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["evacuation_id"], ["evacuation.id"], name=op.f("fk_evacuation_point_evacuation_id")),
        sa.ForeignKeyConstraint(
            ["hazard_point_id"], ["hazard_point.id"], name=op.f("fk_evacuation_point_hazard_point_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["unit.id"], name=op.f("fk_evacuation_point_owner_id")),
        sa.ForeignKeyConstraint(["township_id"], ["unit.id"], name=op.f("fk_evacuation_point_township_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_evacuation_point_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation_point")),
        sa.UniqueConstraint(
            "evacuation_id", "hazard_point_id", name=op.f("uq_evacuation_point_evacuation_id_hazard_point_id")
        ),
    )
    with op.batch_alter_table("evacuation_point", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evacuation_point_hazard_point_id"), ["hazard_point_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evacuation_point_on_board"), ["on_board"], unique=False)

    op.create_table(
        "household",
        sa.Column("hazard_point_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("needs", sa.String(length=200), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hazard_point_id"], ["hazard_point.id"], name=op.f("fk_household_hazard_point_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_household_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("hazard_point_id", "number", name=op.f("uq_household_hazard_point_id_number")),
    )
    op.create_table(
        "evacuation_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("point_id", sa.String(length=36), nullable=False),
        sa.Column("household_id", sa.String(length=36), nullable=False),
        sa.Column("to", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("shelter", sa.Text(), nullable=True),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("corrects", sa.String(length=36), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_evacuation_step_household_id")),
        sa.ForeignKeyConstraint(["point_id"], ["evacuation_point.id"], name=op.f("fk_evacuation_step_point_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation_step")),
    )
    with op.batch_alter_table("evacuation_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evacuation_step_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_evacuation_step_point_id_household_id", ["point_id", "household_id"], unique=False)
