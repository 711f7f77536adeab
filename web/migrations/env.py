"""Alembic's entry: the connection is handed over by web.migrate or by the script that writes a migration."""

from alembic import context

from web.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    render_item=context.config.attributes.get("render_item", lambda *_: False),
    transaction_per_migration=False,
)
context.run_migrations()
