"""How many copies of the frames before it each packet of speech carries to a receiver that loses packets."""

from media.sfu.shares import LossShare

MOST = 3
ENTERED = (0.01, 0.07, 0.16)
LEFT = 0.5
HOLD_S = 6.0
COPY_COST = 0.6
"""A copy's share of a packet of speech on the wire, which has headers besides."""
SPEECH_SHARE = 0.6


class Redundancy:
    """`count` copies, 0 for those who lose nothing.

    More as soon as the loss of the last second or two is above ENTERED; fewer when it has been below LEFT of that for
    HOLD_S. Speech with its copies takes at most SPEECH_SHARE of what the way carries: behind that loss is a want of
    room, and more packets would make more of it.
    """

    def __init__(self) -> None:
        self.count = 0
        self._loss = LossShare()
        self._deserved = 0
        self._needed_at = float("-inf")

    @property
    def loss(self) -> float:
        """The share of packets that the receiver loses."""
        return self._loss.share

    def feed(self, now: float, came: int, lost: int) -> None:
        """Take what one feedback tells of, in packets (or any other measure of both)."""
        if self._loss.feed(now, came, lost):
            self._follow(now)

    def _follow(self, now: float) -> None:
        deserved = sum(self.loss >= least for least in ENTERED)
        kept = sum(self.loss >= least * LEFT for least in ENTERED)
        if kept >= self._deserved:
            self._needed_at = now
        if deserved > self._deserved:
            self._deserved = deserved
        elif now - self._needed_at >= HOLD_S:
            self._deserved, self._needed_at = max(deserved, self._deserved - 1), now

    def fit(self, bitrate: float | None, speech: float) -> None:
        """Follow the estimate: `speech` is the rate of the voices alone, both in bit/s; None: nothing limits it."""
        count = self._deserved
        if bitrate is not None and speech > 0:
            count = min(count, max(0, int((SPEECH_SHARE * bitrate / speech - 1) / COPY_COST)))
        self.count = count
