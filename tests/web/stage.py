"""Web process and media node with real media, for tests."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import uvicorn
from av.audio.frame import AudioFrame
from av.frame import Frame
from av.packet import Packet
from av.video.frame import VideoFrame
from pydantic import SecretStr

from media.terminal import Terminal, TerminalConfig
from tests.media.fakes import write_wav, write_y4m
from tests.media.node_process import NodeProcess
from tests.media.watching import Watching
from tests.waiting import until
from web.app import create_app
from web.settings import Settings
from web.wiring import Core, build_core

TOKEN = "node-control"
LOUD = 1_000
LIVE_WITHIN_S = 3.0
"""However a node ends, its meetings are seen and heard by then."""


class Reception(Watching):
    """Counts the pictures and the loud pieces of sound that arrive; `level` is the last picture's middle brightness.

    `longest_silence_s` is the longest time between two loud pieces, `longest_stillness_s` between two pictures.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0
        self.level = 0.0
        self.loud = 0
        self.longest_silence_s = self.longest_stillness_s = 0.0
        self._loud_at = self._seen_at = 0.0

    def take(self, frame: Frame | Packet) -> None:  # type: ignore[type-arg]
        if isinstance(frame, VideoFrame):
            self._see(time.monotonic())
            self.level = float(np.median(frame.to_ndarray(format="gray")))
        elif isinstance(frame, AudioFrame) and abs(frame.to_ndarray().astype(int)).mean() > LOUD:
            self._hear(time.monotonic())

    def _see(self, now: float) -> None:
        if self.pictures:
            self.longest_stillness_s = max(self.longest_stillness_s, now - self._seen_at)
        self.pictures, self._seen_at = self.pictures + 1, now

    def _hear(self, now: float) -> None:
        if self.loud:
            self.longest_silence_s = max(self.longest_silence_s, now - self._loud_at)
        self.loud, self._loud_at = self.loud + 1, now


@dataclass
class Stage:
    """The nodes, the web process and what they share."""

    nodes: list[NodeProcess]
    core: Core
    port: int
    media: Path

    @property
    def node(self) -> NodeProcess:
        return self.nodes[0]

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


def make_stage(database: Path, tmp_path: Path, count: int = 1) -> Iterator[Stage]:
    """Nodes `a`, `b`, … that run, a copy of the database, camera and microphone as files; for a fixture."""
    nodes = [NodeProcess(TOKEN) for _ in range(count)]
    for node in nodes:
        node.start()
    copy(database, tmp_path / "fengsui.db")
    named = tuple(f"{name}={node.url}" for name, node in zip("abc", nodes, strict=False))
    core = build_core(Settings(data=tmp_path, media_nodes=named, media_control_token=SecretStr(TOKEN)))
    write_y4m(tmp_path / "box.y4m", 90)
    write_wav(tmp_path / "box.wav", 330)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    yield Stage(nodes, core, port, tmp_path)
    for node in nodes:
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


async def soon(condition: Callable[[], object], within_s: float = 60, why: Callable[[], object] = str) -> None:
    """`until` beside the running participants."""
    await asyncio.to_thread(until, condition, within_s=within_s, why=why)
