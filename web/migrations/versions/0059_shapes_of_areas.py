"""The shapes of alerts' areas, by their digests, beside the entries that name them."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

_SHAPES = ("geometry", "drawn")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "area_shape",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("geojson", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_area_shape")),
    )
    op.create_table(
        "alert_shape",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["area_shape.digest"], name=op.f("fk_alert_shape_digest")),
        sa.PrimaryKeyConstraint("alert_id", "digest", name=op.f("pk_alert_shape")),
    )
    for name in _SHAPES:
        op.add_column("alert", sa.Column(f"{name}_digest", sa.String(length=64), nullable=True))
    _name_shapes(op.get_bind())


def _name_shapes(connection: sa.Connection) -> None:
    """What alerts have now is named by their next entries; the entries that are there keep theirs in place."""
    alert = sa.table("alert", *map(sa.column, ("id", *_SHAPES, *(f"{name}_digest" for name in _SHAPES))))
    shape = sa.table("area_shape", sa.column("digest"), sa.column("geojson"))
    named = sa.table("alert_shape", sa.column("alert_id"), sa.column("digest"))
    known: set[str] = set()
    for one in connection.scalars(sa.select(alert.c.id).where(alert.c.geometry.is_not(None))).all():
        row = connection.execute(sa.select(alert).where(alert.c.id == one)).mappings().one()
        # The stored text is canonical already.
        texts = {name: str(row[name]) for name in _SHAPES if row[name] is not None}
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        for name, digest in digests.items():
            if digest not in known:
                connection.execute(sa.insert(shape).values(digest=digest, geojson=texts[name]))
            known.add(digest)
        for digest in sorted(set(digests.values())):
            connection.execute(sa.insert(named).values(alert_id=one, digest=digest))
        values = {f"{name}_digest": digest for name, digest in digests.items()}
        connection.execute(sa.update(alert).where(alert.c.id == one).values(values))
