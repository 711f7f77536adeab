"""Bringing a database to the present schema (Alembic), on SQLite and PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select

from command.kernel.timeline import TimelineHead
from web.key_file import make_key
from web.sealed import anything_sealed
from web.wiring import Core

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(core: Core, revision: str = "head") -> None:
    """Run what is missing, in one transaction, and make sure the timeline has its head.

    Raises Unavailable `secret.no_key` where there are secrets to seal and, in a cluster, no key was given.
    """
    with core.engine.execution_options(fengsui_write=True).begin() as connection:
        _ensure_key(core, connection)
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes.update(connection=connection, keyring=core.keyring)
        command.upgrade(config, revision)
        if connection.execute(select(TimelineHead.id)).first() is None:
            connection.execute(insert(TimelineHead).values(id=1))


def _ensure_key(core: Core, connection: Connection) -> None:
    """One machine makes its own key; the hosts of a cluster must have the same. Where something is sealed already, the
    key is to be brought back: another one would only stand in its way."""
    if core.settings.embedded() and not core.keyring.ids() and not anything_sealed(connection):
        make_key(core.settings.data)
