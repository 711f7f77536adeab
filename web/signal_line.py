"""One participant's socket as the conference sees it: what waits to be sent, how it ends, how fast it may talk."""

import asyncio
from dataclasses import dataclass, field

from command.kernel.values import State
from media.nodes.model import Dial

# Of these only the newest counts: a slow reader gets the present, not the past.
_STATES = frozenset(
    {"participants", "speaker", "muted", "layers", "tier", "rests", "uplink", "stills", "stills_wanted", "voice"}
)
MOST_WAITING = 64
BEHIND, RESTARTING = 4408, 1012
REMOVED, REPLACED, ENDED, UNKNOWN = 4403, 4409, 4410, 4401


@dataclass(frozen=True)
class Wish:
    """What a participant wishes to see: slot by slot whom, the height of the tile in pixels where it is known.

    `pinned` slots go first where not all fits.
    """

    slots: tuple[str | None, ...]
    heights: tuple[int | None, ...] = ()
    pinned: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Health:
    """What a page says of itself: why its picture is smaller than it could be, `concealed` the share of sound made up.

    `limited` is "none", "cpu" or "bandwidth"; `microphone` and `camera`: whether they are open. `uplink_loss` is the
    share of its packets that the bridge missed; `queued_ms` how much longer the way to the bridge and back is than at
    its best, None where that is not known.
    """

    limited: str
    uplink_kbps: int
    concealed: float
    microphone: bool = True
    camera: bool = False
    uplink_loss: float = 0.0
    queued_ms: int | None = None


@dataclass
class Line:
    """A participant with an open socket. `muted` is what it was last told, `view` what it last wished to see.

    `health` is what it last said of itself. `seat` is its number among the participant's sockets (media.nodes); 0 until
    it has one.
    """

    meeting: str
    site: str
    token: str
    muted: bool
    view: Wish | None = None
    health: Health | None = None
    seat: int = 0
    dial: Dial | None = None
    _waiting: list[State] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _close: int | None = None

    def send(self, message: State) -> None:
        """Have a message sent; a reader that is too far behind is closed and dials again."""
        if self._close is not None:
            return
        kind = message["type"]
        if kind in _STATES:
            self._waiting = [one for one in self._waiting if one["type"] != kind]
        self._waiting.append(message)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self._close = BEHIND
        self._changed.set()

    def close(self, code: int) -> None:
        """Close the socket after everything that waits."""
        if self._close is None:
            self._close = code
            self._changed.set()

    @property
    def closing(self) -> bool:
        """Whether it ends as soon as everything is sent."""
        return self._close is not None

    @property
    def behind(self) -> bool:
        """Whether something still waits to be sent."""
        return bool(self._waiting)

    async def next(self) -> State | int:
        """The next message, or the close code when there is none left."""
        while not self._waiting:
            if self._close is not None:
                return self._close
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.pop(0)


class Budget:
    """A token bucket: `rate` messages a second, `burst` at once. `now` in seconds of any steady clock."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more is within the budget."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
