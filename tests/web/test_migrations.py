"""The migrations make exactly the mapped classes' schema, on both databases, from empty and twice."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Dialect, Engine
from sqlalchemy.types import Text, TypeEngine

from command.kernel.db import JsonText, UtcDateTime, make_engine
from web.migrate import upgrade
from web.models import METADATA


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        return [one for one in compare_metadata(context, METADATA) if not is_postgis(one)]


def same_type(
    context: MigrationContext, column: object, mapped: object, found: TypeEngine[object], wanted: TypeEngine[object]
) -> bool | None:
    """None leaves it to Alembic; our own types are compared by what they are in the database."""
    if isinstance(wanted, JsonText):
        return not isinstance(found, Text)
    if isinstance(wanted, UtcDateTime):
        return "DATETIME" not in compiled(found, context.dialect) and "TIMESTAMP" not in compiled(
            found, context.dialect
        )
    return None


def compiled(found: TypeEngine[object], dialect: Dialect) -> str:
    return str(found.compile(dialect=dialect)).upper()


def is_postgis(difference: object) -> bool:
    """Tables that PostGIS brings along."""
    return isinstance(difference, tuple) and difference[0] == "remove_table" and difference[1].name == "spatial_ref_sys"


def check(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    upgrade(engine)
    found = differences(engine)
    engine.dispose()
    assert found == []


def test_models_and_migrations_agree_on_sqlite(tmp_path: Path) -> None:
    check(f"sqlite:///{tmp_path / 'fengsui.db'}")


def test_models_and_migrations_agree_on_postgresql(postgres_url: str) -> None:
    check(postgres_url)
