"""Secrets that lay in clear are sealed."""

import sqlalchemy as sa
from alembic import context, op

from command.kernel.sealing import Keyring

revision = "0028"
down_revision = "0032"
branch_labels = None
depends_on = None

SECRETS = (
    ("user", "id", "totp_secret"),
    ("webhook", "terminal_id", "url"),
    ("webhook", "terminal_id", "secret"),
    ("cap_feed", "id", "url"),
    ("push_subscription", "id", "endpoint"),
    ("push_subscription", "id", "auth"),
)


def upgrade() -> None:
    """Apply. What runs it hands the keys over; a database without secrets needs none."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # What is overwritten must not lie on in the file's free places.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    _widen(connection)
    for table, key, column in SECRETS:
        _seal(connection, context.config.attributes.get("keyring"), table, key, column)


def _widen(connection: sa.Connection) -> None:
    # A table that others refer to cannot be made anew in SQLite, which a column's new type would need.
    op.add_column("user", sa.Column("wide", sa.Text(), nullable=True))
    user = sa.table("user", sa.column("totp_secret"), sa.column("wide"))
    connection.execute(sa.update(user).values(wide=user.c.totp_secret))
    op.execute('ALTER TABLE "user" DROP COLUMN totp_secret')
    op.execute('ALTER TABLE "user" RENAME COLUMN wide TO totp_secret')
    with op.batch_alter_table("push_subscription", schema=None) as batch_op:
        batch_op.alter_column("auth", existing_type=sa.String(length=40), type_=sa.Text(), existing_nullable=False)


def _seal(connection: sa.Connection, keyring: Keyring | None, table: str, key: str, column: str) -> None:
    rows = sa.table(table, sa.column(key), sa.column(column))
    clear = sa.select(rows.c[key], rows.c[column]).where(rows.c[column] != "")
    for row, secret in connection.execute(clear).all():
        if keyring is None:
            raise RuntimeError("there are secrets to seal, and no keys were handed over")
        sealed = keyring.seal(f"{table}.{column}", row, secret)
        connection.execute(sa.update(rows).where(rows.c[key] == row).values({column: sealed}))
