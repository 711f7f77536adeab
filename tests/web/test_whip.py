"""WHIP and WHEP with real media: aiortc sends and plays over a real web process and media node."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

from media.playback import AudioPlayback, VideoPlayback
from tests.web.http_peer import HttpPeer
from tests.web.stage import Reception, Stage, soon
from tests.web.talk import Party
from tests.web.world import World


class Case:
    """A meeting convened by the duty officer with one headless terminal, an encoder."""

    def __init__(self, stage: Stage, world: World, open_things: ExitStack) -> None:
        self.stage = stage
        self.open_things = open_things
        self.duty = Party(stage.live, world, "duty", open_things)
        self.token = world.token("south_box")
        made = self.duty.convene(world.terminals["south_box"])
        self.meeting: str = made["id"]
        self.site: str = made["invited"][0]["id"]

    def encoder(self) -> HttpPeer:
        peer = HttpPeer(f"http://{self.stage.live}/whip/{self.meeting}", self.token)
        peer.send(AudioPlayback(str(self.stage.media / "box.wav")), VideoPlayback(str(self.stage.media / "box.y4m")))
        return peer

    def player(self, reception: Reception, token: str | None = None, participant: str = "") -> HttpPeer:
        peer = HttpPeer(f"http://{self.stage.live}/whep/{self.meeting}{participant}", token or self.duty.token)
        peer.receive("audio", "video")
        peer.connection.on("track", reception.on_track)
        return peer

    def site_is(self, name: str, state: str) -> Callable[[], bool]:
        return lambda: (self.kind(name), name, state) in self.states()

    @staticmethod
    def kind(name: str) -> str:
        return "desk" if name == "duty" else "terminal"

    def states(self) -> list[tuple[str, str, str]]:
        sites = self.duty.http.get(f"/meetings/{self.meeting}").json()["sites"]
        return [(one["kind"], one["name"], one["state"]) for one in sites]


@asynccontextmanager
async def case(stage: Stage, world: World) -> AsyncIterator[Case]:
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        yield await asyncio.to_thread(Case, stage, world, open_things)


async def test_an_encoder_is_seen_and_heard_by_a_player(stage: Stage, world: World) -> None:
    async with case(stage, world) as at:
        encoder, reception = at.encoder(), Reception()
        assert (await encoder.post()).status_code == 201
        await soon(at.site_is("south_box", "joined"), why=at.states)
        player = at.player(reception)
        assert (await player.post()).status_code == 201
        await soon(lambda: reception.pictures > 10 and reception.loud > 20, why=lambda: vars(reception))
        await soon(lambda: ("viewer", "duty", "joined") in at.states(), why=at.states)
        assert (await player.delete()).status_code == 200
        assert ("viewer", "duty", "left") in await asyncio.to_thread(at.states)
        assert (await encoder.delete()).status_code == 200
        assert ("terminal", "south_box", "left") in await asyncio.to_thread(at.states)
        kinds = await asyncio.to_thread(at.duty.kinds)
        assert kinds == [
            "convened",
            "rung south_box",
            "answered south_box",
            "joined south_box",
            "answered duty",
            "joined duty",
            "left duty",
            "left south_box",
        ]
        await asyncio.gather(encoder.close(), player.close())
