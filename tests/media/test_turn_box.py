"""A real coturn between a headless box and the node, where nothing but one of its addresses lets anything through."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCIceTransportPolicy
from aiortc.mediastreams import MediaStreamTrack
from pydantic import SecretStr

from media.attendance import Attendance, Seat
from media.playback import AudioPlayback, VideoPlayback
from media.terminal import relay_tls
from tests.media.fakes import write_wav, write_y4m
from tests.media.firefox import own_address
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer, until
from tests.media.test_attendance import Watcher
from tests.peers.coturn import CoturnServer, coturn
from tests.peers.ports import free_port
from web.certificates import ensure_authority, ensure_server
from web.settings import Settings
from web.turn import ice_servers

TOKEN = "turn"


@dataclass
class County:
    """Its TURN server, and the certificate of its own authority, which nobody else trusts."""

    turn: CoturnServer
    authority: Path


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder, now = tmp_path_factory.mktemp("authority"), datetime.now(UTC)
    authority = ensure_authority(folder, now)
    own = ensure_server(folder, [], ["127.0.0.1"], now)
    with coturn(own_address(), own.certificate, own.key) as running:
        yield County(running, authority.certificate)


class Enclosed(Attendance):
    """Reaches nobody but relays; `asked` are those of its connections, None for none."""

    asked: tuple[str | None, ...] = ()

    def _configuration(self) -> RTCConfiguration:
        made = super()._configuration()
        self.asked += (str(made.iceServers[0].urls) if made.iceServers else None,)
        made.iceTransportPolicy = RTCIceTransportPolicy.RELAY
        return made


def tracks(folder: Path) -> list[MediaStreamTrack]:
    return [AudioPlayback(str(folder / "box.wav")), VideoPlayback(str(folder / "box.y4m"))]


@dataclass
class Case:
    """A box in a closed network, and who watches it."""

    node: NodeProcess
    server: SignalServer
    box: Enclosed
    watcher: Watcher

    async def seen(self) -> None:
        """Pictures and sound come, anew from now on."""
        pictures, loud = self.watcher.pictures, self.watcher.loud
        await until(
            lambda: self.watcher.pictures > pictures + 20 and self.watcher.loud > loud + 20, 60, lambda: self.box.asked
        )


@asynccontextmanager
async def enclosed(county: County, urls: list[str], folder: Path, authority: Path | None) -> AsyncIterator[Case]:
    write_y4m(folder / "box.y4m", 90)
    write_wav(folder / "box.wav", 330)
    node = NodeProcess(TOKEN, own_address())
    node.start()
    settings = Settings(turn_urls=tuple(urls), turn_secret=SecretStr(county.turn.secret))
    try:
        async with SignalServer(node.url, TOKEN, ("box", "viewer"), folder) as server:
            server.ice_servers = ice_servers(settings, "box", datetime.now(UTC))
            seat = Seat(server.url("box"), "t", relay_tls=relay_tls(authority))
            case = Case(node, server, Enclosed(seat, partial(tracks, folder)), Watcher())
            view = Seat(server.url("viewer"), "t", audio_slots=1, video_slots=1, view=("box",))
            viewer = Attendance(view, list, case.watcher.on_track)
            attending = [asyncio.create_task(one.attend()) for one in (case.box, viewer)]
            yield case
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, *case.watcher.tasks, return_exceptions=True)
    finally:
        node.kill()


def nobody() -> list[str]:
    """Addresses at which there is no server: one that does not answer, one that refuses."""
    return [f"turn:127.0.0.1:{free_port()}?transport=udp", f"turns:127.0.0.1:{free_port()}?transport=tcp"]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_box_finds_the_address_that_is_open_and_stays_with_it(
    county: County, transport: str, tmp_path: Path
) -> None:
    good = county.turn.url(transport)
    urls = [*nobody(), good]
    async with enclosed(county, urls, tmp_path, county.authority) as at:
        await at.seen()
        assert at.box.asked == (None, *urls)
        at.node.kill()
        at.node.start()
        await at.seen()
        assert at.box.asked[4:] == (good,), "after a break it begins with what worked"
        await at.server.tell("box", "move")
        await until(lambda: len(at.box.asked) == 6, 20)
        await at.seen()
        assert at.box.asked[4:] == (good, good), "at another node too"


async def test_a_relay_that_nobody_vouches_for_is_not_believed(county: County, tmp_path: Path) -> None:
    good = county.turn.url("tls")
    async with enclosed(county, [good], tmp_path, None) as at:
        await until(lambda: at.box.asked[:3] == (None, good, None), 60, lambda: at.box.asked)
        assert at.watcher.pictures == 0
