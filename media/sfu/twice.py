"""Speech that goes out twice, to receivers that lose packets and take no redundant audio (RFC 2198)."""

import math
from collections import deque
from collections.abc import Iterable

from media.sfu.pacer import Packet
from media.sfu.redundancy import ENTERED

LATER_S = 0.02
"""Bursts of loss are short: the second of two packets that are so far apart often comes where the first did not."""
SETTLED_S = 2.0
"""After so long what a receiver tells is of packets that all went out twice."""


class Twice:
    """The very same packet once more: its number is encrypted once, the transport keeps the ciphertext.

    `types` are the payload types of which every packet goes out twice just now; none of what is numbered for
    transport-cc, which tells of each number once.
    """

    def __init__(self, possible: Iterable[int] = ()) -> None:
        self.types: set[int] = set()
        self.possible = frozenset(possible)
        self._since = math.inf
        self._waiting = deque[tuple[float, bytes, bytes]]()

    def follow(self, now: float, copies: int, own: float) -> bool:
        """Begin with it, or end; whether it did.

        It lasts as long as `copies` are wanted, and begins where the link loses the share `own` whatever is sent: the
        queue that a fall leaves behind loses more, the more is sent.
        """
        wanted = copies > 0 and (bool(self.types) or own >= ENTERED[0])
        if wanted == bool(self.types) or not self.possible:
            return False
        if wanted:
            self.types |= self.possible
            self._since = now
        else:
            self.types.clear()
            self.clear()
        return True

    def clear(self) -> None:
        """What waits does not go out any more."""
        self._waiting.clear()

    def put(self, now: float, head: bytes, body: bytes) -> None:
        """This packet went out for the first time."""
        self._waiting.append((now + LATER_S, head, body))

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def take(self, now: float) -> list[Packet]:
        """What is due, in the order in which it went out."""
        found: list[Packet] = []
        while self._waiting and self._waiting[0][0] <= now:
            _, head, body = self._waiting.popleft()
            found.append((head, body))
        return found

    def loss(self, now: float, payload_type: int, came: int, lost: int) -> tuple[float, float]:
        """How many of these packets the way let through and lost, as a receiver tells it of a stream.

        Of those that go out twice it counts as lost what came neither time; each is taken to be lost by itself, so that
        this is the square of the way's share.
        """
        if payload_type not in self.types or now - self._since < SETTLED_S:
            return came, lost
        all_lost = math.sqrt(lost * (came + lost))
        return came + lost - all_lost, all_lost
