"""What the people in a box's room are told: by a real command, in order, and without anything that hinders the box."""

import asyncio
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from media.announcer import Announcer, Situation
from tests.media.signal_server import until

WRITES = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"
HANGS = "import sys, time; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); time.sleep(600)"
SITUATIONS = st.builds(Situation, *[st.booleans()] * 6)


@given(SITUATIONS)
def test_whoever_may_be_heard_or_seen_is_told_so(situation: Situation) -> None:
    words = situation.words
    taking_part = situation.takes_part
    assert ("heard" in words) == (taking_part and situation.microphone and not situation.muted)
    assert ("seen" in words) == (taking_part and situation.camera)
    assert ("recorded" in words) == (taking_part and situation.recorded)
    assert sum(word in words for word in ("idle", "ringing", "meeting")) == 1
    assert words[0] == ("meeting" if taking_part else "ringing" if situation.ringing else "idle")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def test_each_change_is_told_once_and_the_last_one_even_at_the_end(tmp_path: Path) -> None:
    told = tmp_path / "told"
    announcer = Announcer((sys.executable, "-c", WRITES, str(told)))
    running = asyncio.create_task(announcer.run())
    for number, words in enumerate((("idle",), ("ringing",), ("meeting", "heard", "seen")), start=1):
        announcer.tell(words)
        announcer.tell(words)
        await until(lambda number=number: len(lines(told)) == number, 30)  # type: ignore[misc]
    announcer.tell(("idle",))
    announcer.end()
    await running
    assert lines(told) == ["idle", "ringing", "meeting heard seen", "idle"]


async def test_what_changes_while_the_command_runs_is_told_afterwards_the_newest_alone(tmp_path: Path) -> None:
    told = tmp_path / "told"
    announcer = Announcer((sys.executable, "-c", HANGS, str(told)), most_s=2.0)
    running = asyncio.create_task(announcer.run())
    announcer.tell(("idle",))
    await until(lambda: lines(told) == ["idle"], 30)
    announcer.tell(("ringing",))
    announcer.tell(("meeting",))
    announcer.end()
    await running
    assert lines(told) == ["idle", "meeting"]


async def test_a_command_that_is_not_there_hinders_nothing(tmp_path: Path) -> None:
    announcer = Announcer((str(tmp_path / "nothing"),))
    running = asyncio.create_task(announcer.run())
    announcer.tell(("idle",))
    announcer.end()
    await running
