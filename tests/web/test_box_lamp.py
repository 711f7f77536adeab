"""A headless box tells its room what it does: in a real meeting, by a real command."""

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path

from media.terminal import Terminal, TerminalConfig
from tests.media.test_announcer import WRITES, lines
from tests.web.stage import Stage, running, soon
from tests.web.talk import Party
from tests.web.world import World


async def test_the_room_is_told_that_it_is_called_heard_seen_and_alone_again(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    video, audio = str(stage.media / "box.y4m"), str(stage.media / "box.wav")
    command = (sys.executable, "-c", WRITES, str(told))

    def box(auto_answer: bool) -> Terminal:
        url, token = f"http://{stage.live}", world.token("south_box")
        return Terminal(TerminalConfig(url, token, video, audio, auto_answer, on_state=command))

    async def says(words: str) -> None:
        await soon(lambda: lines(told)[-1:] == [words], why=lambda: lines(told))

    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        async with running(box(auto_answer=False).run):
            await says("idle")
            made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
            meeting, site = made["id"], made["invited"][0]["id"]
            await says("ringing")
        async with running(box(auto_answer=True).run):
            await says("meeting heard seen")
            await asyncio.to_thread(duty.control, meeting, "mute", site=site)
            await says("meeting muted seen")
            await asyncio.to_thread(duty.control, meeting, "unmute", site=site)
            await says("meeting heard seen")
            await asyncio.to_thread(duty.control, meeting, "end")
            await says("idle")
            made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
            await says("meeting heard seen")
        assert lines(told)[-1] == "idle", "it is told when the terminal stops, too"
