"""The migration that seals what lay in clear: all of it or nothing, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import MetaData, Table, insert, text

from command.kernel.errors import Unavailable
from command.kernel.sealing import Keyring, new_key
from web.key_file import KEY_FILE
from web.migrate import SCRIPTS, upgrade
from web.sealed import standing
from web.settings import Settings
from web.wiring import Core, build_core

AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
CLEAR = {
    "user.totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "webhook.url": "https://robots.example/send?key=in-clear",
    "webhook.secret": "SEC-in-clear",
    "cap_feed.url": "https://feed.example/?token=in-clear",
    "push_subscription.endpoint": "https://push.example/in-clear",
    "push_subscription.auth": "BTBZMqHH6r4Tts7J_aSIgg",
}

ROWS = {"webhook": ("terminal_id", "t"), "push_subscription": ("id", "p")}


def before() -> str:
    """The revision that the secrets' migration builds on."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    down = ScriptDirectory.from_config(config).get_revision("0028").down_revision
    assert isinstance(down, str)
    return down


@pytest.fixture(params=["sqlite", "postgresql"])
def core(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Core]:
    """A database of the schema before, with a secret of each kind in clear, and keys as its profile has them."""
    settings = Settings(data=tmp_path)
    if request.param == "postgresql":
        url = SecretStr(request.getfixturevalue("postgres_url"))
        settings = Settings(data=tmp_path, database_url=url, secrets_key=SecretStr(new_key()))
    core = build_core(settings)
    upgrade(core, before())
    fill(core)
    yield core
    core.engine.dispose()


def fill(core: Core) -> None:
    own = {"id": "t", "version": 1, "unit_id": "u"}
    names = {"name": "n", "sample": False, "active": True}
    with core.engine.execution_options(fengsui_write=True).begin() as connection:

        def row(table: str, **values: object) -> None:
            columns = {name.partition(".")[2]: one for name, one in CLEAR.items() if name.startswith(f"{table}.")}
            found = Table(table, MetaData(), autoload_with=connection)
            connection.execute(insert(found).values(**{**columns, **values}))

        unit = {"id": "u", "path": "u/", "kind": "county", "approximate": False}
        row("unit", version=1, **names, **unit)
        user = {"password_hash": "", "failed": 0, "locked": False, "must_change_password": False}
        row("user", **own, **names, **user, username="duty")
        row("user", **{**own, "id": "without"}, **names, **user, username="without", totp_secret=None)
        row("terminal", **own, **names, kind="webhook", auto_answer=False)
        row("terminal", **{**own, "id": "unsigned"}, **names, kind="webhook", auto_answer=False)
        row("webhook", terminal_id="t", form="dingtalk", host="robots.example")
        row("webhook", terminal_id="unsigned", form="wecom", host="robots.example", secret="")
        times = {"due_at": AT, "heard_at": AT, "interval_s": 60, "fence": 0, "failures": 0, "taken": 0}
        row("cap_feed", **own, **times, name="n", host="h", on=True, etag="", modified="", error="", silent=False)
        row("push_subscription", id="p", owner="user:t", public="B", at=AT)


def found(core: Core) -> dict[str, str | None]:
    """The columns of the rows that have a secret, as they lie there."""
    kept: dict[str, str | None] = {}
    with core.engine.connect() as connection:
        for name in CLEAR:
            table, _, column = name.partition(".")
            key, row = ROWS.get(table, ("id", "t"))
            query = text(f"SELECT {column} FROM \"{table}\" WHERE {key} = '{row}'")  # noqa: S608 (our own names)
            kept[name] = connection.execute(query).scalar_one()
    return kept


def revision(core: Core) -> str:
    with core.engine.connect() as connection:
        found: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return found


def test_what_lay_in_clear_is_sealed_and_opens(core: Core) -> None:
    assert found(core) == CLEAR
    upgrade(core)
    sealed = found(core)
    for name, clear in CLEAR.items():
        _, row = ROWS.get(name.partition(".")[0], ("id", "t"))
        assert core.keyring.open(name, row, sealed[name] or "") == clear
    upgrade(core)
    assert found(core) == sealed
    with core.db.reading() as session:
        assert standing(session, core.keyring).keys.total() == len(CLEAR) + len(["the address of the unsigned one"])
    with core.engine.connect() as connection:
        assert connection.execute(text("SELECT totp_secret FROM \"user\" WHERE id = 'without'")).scalar_one() is None
        assert connection.execute(text("SELECT secret FROM webhook WHERE terminal_id = 'unsigned'")).scalar_one() == ""
    if core.settings.embedded():
        key = core.settings.data / KEY_FILE
        assert key.stat().st_mode & 0o777 == 0o600
        core.engine.dispose()
        kept = (core.settings.data / "fengsui.db").read_bytes()
        assert [clear for clear in CLEAR.values() if clear.encode() in kept] == []


class BreaksOff(Keyring):
    """Ends at the fourth secret, as a process that is killed does."""

    def __init__(self) -> None:
        super().__init__(lambda: "5e" * 32)
        self.sealed = 0

    def seal(self, column: str, row: str, secret: str) -> str:
        self.sealed += 1
        if self.sealed == 4:
            raise KeyboardInterrupt
        return super().seal(column, row, secret)


def test_broken_off_it_leaves_all_as_it_was_and_can_be_run_again(core: Core) -> None:
    with pytest.raises(KeyboardInterrupt):
        upgrade(replace(core, keyring=BreaksOff()))
    assert (revision(core), found(core)) == (before(), CLEAR)
    upgrade(core)
    assert revision(core) != before()
    assert not set(found(core).values()) & set(CLEAR.values())


@pytest.mark.parametrize("core", ["postgresql"], indirect=True)
def test_without_a_key_a_cluster_is_not_migrated(core: Core) -> None:
    with pytest.raises(Unavailable) as error:
        upgrade(build_core(core.settings.model_copy(update={"secrets_key": SecretStr("")})))
    assert error.value.code == "secret.no_key"
    assert (revision(core), found(core)) == (before(), CLEAR)
    assert not (core.settings.data / KEY_FILE).exists()
