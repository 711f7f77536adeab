"""A meeting with real media: web process, media node, aiortc participants; node and web process die and come back."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import uvicorn
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from pydantic import SecretStr

from media.attendance import Attendance, Seat
from media.terminal import Terminal, TerminalConfig
from tests.media.fakes import write_wav, write_y4m
from tests.media.node_process import NodeProcess
from tests.waiting import until
from tests.web.talk import Message, Party
from tests.web.world import World
from web.app import create_app
from web.settings import Settings
from web.wiring import Core, build_core

TOKEN = "node-control"
LOUD = 1_000


class Reception:
    """Counts the pictures and the loud pieces of sound that arrive."""

    def __init__(self) -> None:
        self.pictures = 0
        self.loud = 0
        self._tasks: list[asyncio.Task[None]] = []

    def on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.pictures += 1
            elif isinstance(frame, AudioFrame):
                self.loud += int(abs(frame.to_ndarray().astype(int)).mean() > LOUD)


@dataclass
class Stage:
    """The node, the web process and what they share."""

    node: NodeProcess
    core: Core
    port: int
    media: Path

    @property
    def live(self) -> str:
        return f"127.0.0.1:{self.port}"

    @contextmanager
    def web(self) -> Iterator[None]:
        """The web process' application while this block runs; always on the same port."""
        config = uvicorn.Config(
            create_app(self.core),
            port=self.port,
            log_level="error",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()

    def terminal(self, token: str) -> Terminal:
        video, audio = str(self.media / "box.y4m"), str(self.media / "box.wav")
        return Terminal(TerminalConfig(f"http://{self.live}", token, video, audio, auto_answer=True))


@pytest.fixture
def stage(prepared: tuple[Path, World], tmp_path: Path) -> Iterator[Stage]:
    node = NodeProcess(TOKEN)
    node.start()
    copy(prepared[0], tmp_path / "fengsui.db")
    core = build_core(
        Settings(data=tmp_path, media_control_port=node.control_port, media_control_token=SecretStr(TOKEN))
    )
    write_y4m(tmp_path / "box.y4m", 90)
    write_wav(tmp_path / "box.wav", 330)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    yield Stage(node, core, port, tmp_path)
    node.kill()
    core.engine.dispose()


@asynccontextmanager
async def running(*parts: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """These coroutines, until the block ends."""
    tasks = [asyncio.create_task(part()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def soon(condition: Callable[[], object], within_s: float = 20.0, why: Callable[[], object] = str) -> None:
    """`until` beside the running participants."""
    await asyncio.to_thread(until, condition, within_s=within_s, why=why)


async def test_a_township_is_rung_seen_and_heard_through_every_failure(stage: Stage, world: World) -> None:
    with ExitStack() as open_things:
        web = open_things.enter_context(ExitStack())
        web.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        async with running(stage.terminal(world.token("south_box")).run):
            made = await asyncio.to_thread(duty.convene, world.terminals["south_box"], world.terminals["north_box"])
            meeting = made["id"]
            site = next(one["id"] for one in made["invited"] if one["name"] == "south_box")
            reception = Reception()
            url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
            seat = Seat(url, duty.token, audio_slots=1, video_slots=1, view=(site,))
            desk = Attendance(seat, list, reception.on_track)
            async with running(desk.attend):
                await joined(duty, meeting, reception)
                await a_mute_is_heard(duty, meeting, site, reception)
                await a_killed_node_comes_back(stage, duty, meeting, reception)
                await a_web_process_that_starts_anew_changes_nothing(stage, world, web, duty, meeting, reception)
                await the_chair_ends_it(duty, meeting, site)


async def test_a_terminal_without_power_is_lost_and_back_by_itself(stage: Stage, world: World) -> None:
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])

        def box_is(state: str) -> Callable[[], bool]:
            return lambda: duty.states(made["id"])["south_box"] == state

        async with running(stage.terminal(world.token("south_box")).run):
            await soon(box_is("joined"))
        await soon(box_is("lost"))
        async with running(stage.terminal(world.token("south_box")).run):
            await soon(box_is("joined"))
        kinds = await asyncio.to_thread(duty.kinds)
        assert [kind for kind in kinds if kind.startswith(("joined", "lost", "left"))] == [
            "joined south_box",
            "lost south_box",
            "joined south_box",
        ]


async def joined(duty: Party, meeting: str, reception: Reception) -> None:
    await soon(lambda: is_in(duty, meeting), why=lambda: duty.states(meeting))
    await soon(lambda: reception.pictures > 20 and reception.loud > 20, why=lambda: vars(reception))
    kinds = duty.kinds()
    assert kinds.index("convened") < kinds.index("rung south_box") < kinds.index("answered south_box")
    assert kinds.count("joined south_box") == kinds.count("joined duty") == 1


def is_in(duty: Party, meeting: str) -> bool:
    states = duty.states(meeting)
    return states.get("south_box") == states.get("duty") == "joined" and states["north_box"] == "ringing"


async def a_mute_is_heard(duty: Party, meeting: str, site: str, reception: Reception) -> None:
    await asyncio.to_thread(duty.control, meeting, "mute", site=site)
    counts = [reception.loud]

    def silent() -> bool:
        counts.append(reception.loud)
        return len(counts) > 20 and len(set(counts[-20:])) == 1

    await soon(silent, why=lambda: counts[-20:])
    pictures = reception.pictures
    await soon(lambda: reception.pictures > pictures + 10)
    assert reception.loud == counts[-1]
    await asyncio.to_thread(duty.control, meeting, "unmute", site=site)
    await soon(lambda: reception.loud > counts[-1] + 10)


async def a_killed_node_comes_back(stage: Stage, duty: Party, meeting: str, reception: Reception) -> None:
    await asyncio.to_thread(stage.node.kill)
    await asyncio.to_thread(stage.node.start)
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 20 and reception.loud > loud + 10, why=lambda: vars(reception))
    await soon(lambda: is_in(duty, meeting), why=lambda: duty.states(meeting))


async def a_web_process_that_starts_anew_changes_nothing(
    stage: Stage, world: World, web: ExitStack, duty: Party, meeting: str, reception: Reception
) -> None:
    await asyncio.to_thread(web.close)
    pictures = reception.pictures
    await soon(lambda: reception.pictures > pictures + 10, why=lambda: vars(reception))
    await asyncio.to_thread(web.enter_context, stage.web())
    head = await asyncio.to_thread(duty.head)
    leader = await asyncio.to_thread(Party, stage.live, world, "leader", web)
    talk = await asyncio.to_thread(leader.talk, meeting)
    listed = await asyncio.to_thread(talk.until, "participants", box_sends)
    assert {one["name"] for one in listed["participants"] if one["state"] == "joined"} == {"duty", "south_box"}
    assert await asyncio.to_thread(duty.kinds, head) == ["answered leader"]


def box_sends(message: Message) -> bool:
    flags = {one["name"]: one["publishing"] for one in message["participants"]}
    return bool(flags["south_box"] == {"audio": True, "video": True})


async def the_chair_ends_it(duty: Party, meeting: str, site: str) -> None:
    removed = await asyncio.to_thread(duty.control, meeting, "remove", site=site)
    assert {one["name"]: one["state"] for one in removed["sites"]}["south_box"] == "removed"
    ended = await asyncio.to_thread(duty.control, meeting, "end")
    states = {one["name"]: one["state"] for one in ended["sites"]}
    assert states == {"duty": "left", "leader": "left", "north_box": "timed_out", "south_box": "removed"}
