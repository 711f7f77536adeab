"""What the people in a headless terminal's room should know of it, told to a command that has a lamp or a voice."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

logger = logging.getLogger(__name__)

MOST_S = 10.0


@dataclass(frozen=True, slots=True)
class Situation:
    """`takes_part`: it may be heard and seen at any moment, whether or not its line is whole just now.

    `recorded`: the bridge keeps who speaks when (docs/signalling.md, `welcome`).
    """

    ringing: bool = False
    takes_part: bool = False
    microphone: bool = False
    camera: bool = False
    muted: bool = False
    recorded: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """For a command's arguments: `idle`, `ringing`, or `meeting` and what holds of it."""
        if not self.takes_part:
            return ("ringing",) if self.ringing else ("idle",)
        sound = ("muted" if self.muted else "heard",) if self.microphone else ()
        return ("meeting", *sound, *("seen",) * self.camera, *("recorded",) * self.recorded)


class Announcer:
    """Runs `command` with the words as further arguments after each change, one run after the other.

    What has changed again meanwhile is left out. A command that fails is noted; one that takes longer than `most_s` is
    ended.
    """

    def __init__(self, command: Sequence[str], most_s: float = MOST_S) -> None:
        self._command = command
        self._most_s = most_s
        self._words: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        self._ends = False
        self._changed = asyncio.Event()

    def tell(self, words: tuple[str, ...]) -> None:
        """What holds from now on."""
        self._words = words
        self._changed.set()

    async def run(self) -> None:
        """Until it is to end and the last words are told."""
        while not (self._ends and self._words == self._told):
            await self._changed.wait()
            self._changed.clear()
            if self._words != self._told:
                self._told = self._words
                await self._run(self._told)

    def end(self) -> None:
        """Nothing more will be told."""
        self._ends = True
        self._changed.set()

    async def _run(self, words: tuple[str, ...]) -> None:
        try:
            process = await asyncio.create_subprocess_exec(*self._command, *words, stdin=asyncio.subprocess.DEVNULL)
        except OSError as error:
            logger.warning("%s: %s", self._command[0], error)
            return
        try:
            async with asyncio.timeout(self._most_s):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            status = await process.wait()
        if status:
            logger.warning("%s %s: ended with %d", self._command[0], " ".join(words), status)
