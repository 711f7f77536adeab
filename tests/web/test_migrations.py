"""The migrations make exactly the mapped classes' schema, on both databases, from empty and twice."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Dialect, Engine
from sqlalchemy.types import Text, TypeEngine

from command.kernel.db import JsonText, SealedText, UtcDateTime
from web.migrate import upgrade
from web.models import METADATA
from web.settings import Settings
from web.wiring import Core, build_core


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        return [one for one in compare_metadata(context, METADATA) if not is_postgis(one)]


def same_type(
    context: MigrationContext, column: object, mapped: object, found: TypeEngine[object], wanted: TypeEngine[object]
) -> bool | None:
    """None leaves it to Alembic; our own types are compared by what they are in the database."""
    if isinstance(wanted, (JsonText, SealedText)):
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


def check(core: Core) -> None:
    upgrade(core)
    upgrade(core)
    found = differences(core.engine)
    core.engine.dispose()
    assert found == []


def test_models_and_migrations_agree_on_sqlite(tmp_path: Path) -> None:
    check(build_core(Settings(data=tmp_path)))


def test_models_and_migrations_agree_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    check(build_core(Settings(data=tmp_path, database_url=SecretStr(postgres_url))))
