"""Bringing a database to the present schema (Alembic), on SQLite and PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, insert, select

from command.kernel.timeline import TimelineHead

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run what is missing, in one transaction, and make sure the timeline has its head."""
    with engine.execution_options(fengsui_write=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.execute(select(TimelineHead.id)).first() is None:
            connection.execute(insert(TimelineHead).values(id=1))
