"""The migration that gives areas' shapes names: what was told before stays as it was told, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Boolean, Integer, MetaData, Table, func, insert, select

from alerts.lookup import tell
from alerts.model import Alert
from alerts.proof import first_changed_shape
from alerts.queries import board_alerts, shape_for
from alerts.shapes import AreaShape, digest_of, geometry_in
from command.directory.queries import Sight
from command.kernel.actor import system_actor
from command.kernel.ids import new_id
from command.kernel.timeline import read_after, record, verify
from command.kernel.values import canonical
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core

BEFORE = "0058"
BOX: Any = {"type": "Polygon", "coordinates": [[[101.4, 25], [101.6, 25], [101.6, 25.1], [101.4, 25]]]}
CIRCLE: Any = {"type": "Polygon", "coordinates": [[[101, 24], [101.1, 24], [101.1, 24.1], [101, 24]]]}
AREAS = {
    "drawn": {"divisions": [], "geometry": BOX, "drawn": BOX},
    "both": {"divisions": ["532301"], "geometry": BOX, "drawn": CIRCLE},
    "nowhere": {"divisions": [], "geometry": None, "drawn": None},
}
IDS = {name: new_id() for name in AREAS}


@pytest.fixture(params=["sqlite", "postgresql"])
def core(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Core]:
    """A database of before, with alerts on its board and an entry that has an area in place."""
    settings = Settings(data=tmp_path)
    if request.param == "postgresql":
        settings = Settings(data=tmp_path, database_url=SecretStr(request.getfixturevalue("postgres_url")))
    core = build_core(settings)
    upgrade(core, BEFORE)
    fill(core)
    yield core
    core.engine.dispose()


def fill(core: Core) -> None:
    with core.db.writing() as session:
        connection = session.connection()

        def row(table_name: str, /, **values: object) -> None:
            table = Table(table_name, MetaData(), autoload_with=connection)
            least = {one.name: least_of(one.type) for one in table.c if not one.nullable}
            connection.execute(insert(table).values({**least, **values}))

        def least_of(kind: object) -> object:
            return False if isinstance(kind, Boolean) else 1 if isinstance(kind, Integer) else ""

        row("unit", id="u", path="u/", kind="county", name="甲县", division_code="532301")
        for name, area in AREAS.items():
            texts = {key: None if value is None else canonical(value) for key, value in area.items()}
            row("alert", id=IDS[name], unit_id="u", origin="own", status="issued", on_board=True, **texts)
        old: Any = {"id": IDS["both"], "area": {"description": "", "approximate": False, **AREAS["both"]}}
        record(session, system_actor("u"), "alert.issued", unit="u", body={"alert": old})


def areas(core: Core, kind: str) -> list[Any]:
    """Of the alerts as the entries of that kind have them."""
    with core.db.reading() as session:
        entries: list[Any] = read_after(session, 0, 100)
        return [entry.body["alert"]["area"] for entry in entries if entry.kind == kind]


def test_old_entries_stand_and_the_next_ones_only_name(core: Core) -> None:
    upgrade(core)
    upgrade(core)
    with core.db.writing() as session:
        tell(session, system_actor("u"), session.get_one(Alert, IDS["both"]), "alert.changed")
    old, new = *areas(core, "alert.issued"), *areas(core, "alert.changed")
    assert (old["geometry"], new["geometry"], new["digest"]) == (BOX, None, digest_of(BOX))
    with core.db.reading() as session:
        assert geometry_in(session, old) == geometry_in(session, new) == BOX
        assert (verify(session), first_changed_shape(session)) == ((2, None), None)


def test_what_stands_on_the_board_is_named_and_can_be_asked_for(core: Core) -> None:
    upgrade(core)
    with core.db.reading() as session:
        board: dict[str, Any] = {str(one["id"]): one["area"] for one in board_alerts(session, Sight(frozenset({"u"})))}
        named = {name: (board[key]["digest"], board[key]["drawn_digest"]) for name, key in IDS.items()}
        assert named["nowhere"] == (None, None)
        assert named["drawn"] == (digest_of(BOX), None)
        assert named["both"] == (digest_of(BOX), digest_of(CIRCLE))
        assert session.scalar(select(func.count(AreaShape.digest))) == 2
        for shape in (BOX, CIRCLE):
            assert shape_for(session, system_actor("u"), IDS["both"], str(digest_of(shape))) == canonical(shape)
