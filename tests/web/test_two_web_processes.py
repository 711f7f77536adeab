"""Two web processes on one database: a participant has one socket, wherever it is; the newer one counts.

What belongs to a meeting is the same for all its participants, whichever process they are connected to.
"""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from shutil import copy

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from pydantic import SecretStr

from tests.media.node_process import NodeProcess
from tests.web.stage import TOKEN, soon
from tests.web.talk import Message, Party, Talk
from tests.web.test_stills import JPEG
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
    for party in (here, there):
        late = party.talk(meeting, "?page=a&dial=1")
        late.say(type="leave")
        assert late.closed() == 4409
    dialled.say(type="ping", at=1)
    dialled.until("pong")
    assert here.states(meeting)["duty"] == "answered", "a goodbye counts for the socket it was said on"
    here.talk(meeting, "?page=b&dial=1").until("participants")
    assert dialled.closed() == 4409


async def test_on_one_machine(prepared: tuple[Path, World], tmp_path: Path) -> None:
    world = prepared[1]
    with two_and_a_node(prepared, tmp_path) as (first, second):
        await asyncio.to_thread(the_newer_socket_counts, first, second, world)
        await a_site_of_another_process_is_shown_as_any(first, second, world)


def test_in_a_cluster(postgres_url: str, tmp_path: Path) -> None:
    core = build_core(Settings(data=tmp_path, database_url=SecretStr(postgres_url)))
    upgrade(core)
    world = build_world(core.db)
    core.engine.dispose()
    with two(tmp_path, database_url=postgres_url) as (first, second):
        the_newer_socket_counts(first, second, world)


@contextmanager
def two_and_a_node(prepared: tuple[Path, World], data: Path) -> Iterator[tuple[str, str]]:
    copy(prepared[0], data / "fengsui.db")
    node = NodeProcess(TOKEN)
    node.start()
    try:
        with two(data, media_nodes=f'["a={node.url}"]', media_control_token=TOKEN) as both:
            yield both
    finally:
        node.kill()


async def a_site_of_another_process_is_shown_as_any(first: str, second: str, world: World) -> None:
    """Its stills to a receiver, its findings to a desk."""
    with ExitStack() as open_things:
        duty = await asyncio.to_thread(Party, first, world, "duty", open_things)
        box = await asyncio.to_thread(Party, second, world, "south_box", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        meeting, site = str(made["id"]), str(made["invited"][0]["id"])
        await asyncio.to_thread(box.answer, meeting)
        there = await asyncio.to_thread(box.talk, meeting)
        async with connected(there):
            there.say(type="health", limited="bandwidth", uplink_kbps=80, camera=True)
            # The desk asks a process that has no socket of the meeting.
            await soon(lambda: {"code": "uplink_thin", "value": 80} in findings(duty, meeting, site))
            desk = await asyncio.to_thread(duty.talk, meeting)
            desk.say(type="view", slots=[site])
            await asyncio.to_thread(a_still_comes, there, desk, site)


@asynccontextmanager
async def connected(talk: Talk) -> AsyncIterator[None]:
    """With media of its own, by aiortc."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    talk.say(type="offer", id=1, sdp=connection.localDescription.sdp)
    answer = await asyncio.to_thread(talk.until, "answer")
    await connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    yield
    await connection.close()


def findings(party: Party, meeting: str, site: str) -> list[Message]:
    rows = party.http.get(f"/meetings/{meeting}/quality").json()["items"]
    return [found for row in rows if row["site"] == site for found in row["findings"]]


def a_still_comes(there: Talk, desk: Talk, site: str) -> None:
    there.until("stills_wanted", lambda wanted: wanted["every_ms"] > 0)
    assert desk.until("stills", lambda shown: shown["sites"])["sites"] == [site]
    there.say(type="still", still=1, part=0, of=1, data=b64encode(JPEG).decode())
    parts = [desk.until("still")]
    while len(parts) < parts[0]["of"]:
        parts.append(desk.until("still"))
    assert {part["site"] for part in parts} == {site}
    assert b"".join(b64decode(part["data"]) for part in parts) == JPEG
