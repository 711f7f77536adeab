"""Two web processes on one database: a participant has one socket, wherever it is; the newer one counts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copy

from pydantic import SecretStr

from tests.web.talk import Party
from tests.web.web_process import web_process
from tests.web.world import World, build_world
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import build_core


@contextmanager
def two(data: Path, **settings: str) -> Iterator[tuple[str, str]]:
    with web_process(data, **settings) as first, web_process(data, **settings) as second:
        yield first, second


def the_newer_socket_counts(first: str, second: str, world: World) -> None:
    with ExitStack() as open_things:
        duty = Party(first, world, "duty", open_things)
        meeting = str(duty.convene(world.terminals["north_box"])["id"])
        here = duty.talk(meeting)
        here.until("welcome")
        elsewhere = Party(second, world, "duty", open_things)
        there = elsewhere.talk(meeting)
        there.until("welcome")
        assert here.closed() == 4409
        again = duty.talk(meeting)
        again.until("participants")
        assert there.closed() == 4409
        other = Party(second, world, "leader", open_things).talk(meeting)
        other.everybody(leader="answered")
        again.everybody(leader="answered")
        again.say(type="ping", at=1)
        again.until("pong")
        elsewhere_again_and_late(duty, elsewhere, meeting)


def elsewhere_again_and_late(here: Party, there: Party, meeting: str) -> None:
    """A page dialled anew while its former dial hung: whichever comes first, the last one dialled counts."""
    dialled = there.talk(meeting, "?page=a&dial=2")
    dialled.until("participants")
    for late in (here, there):
        assert late.talk(meeting, "?page=a&dial=1").closed() == 4409
    dialled.say(type="ping", at=1)
    dialled.until("pong")
    here.talk(meeting, "?page=b&dial=1").until("participants")
    assert dialled.closed() == 4409


def test_on_one_machine(prepared: tuple[Path, World], tmp_path: Path) -> None:
    copy(prepared[0], tmp_path / "fengsui.db")
    with two(tmp_path) as (first, second):
        the_newer_socket_counts(first, second, prepared[1])


def test_in_a_cluster(postgres_url: str, tmp_path: Path) -> None:
    core = build_core(Settings(data=tmp_path, database_url=SecretStr(postgres_url)))
    upgrade(core)
    world = build_world(core.db)
    core.engine.dispose()
    with two(tmp_path, database_url=postgres_url) as (first, second):
        the_newer_socket_counts(first, second, world)
