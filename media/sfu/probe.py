"""Finding out whether more gets through than is being sent: short clusters at a higher rate."""

from dataclasses import dataclass

from media.sfu.sent import Told
from media.sfu.state import NOBODY, PlainProbeState, ProbeState

CLUSTER_S = 0.03
FLUSH_S = 0.005
LEAST_PACKETS = 5
FACTOR = 2.0
FIRST_INTERVAL_S = 2.0
LAST_INTERVAL_S = 5.0
BACKOFF = 1.5
PATIENCE_S = 1.5
ENOUGH_CAME = 0.5
SATURATED = 0.9
MARGIN = 0.95
SUCCESS = 0.7
LEAST_BPS = 60_000.0
MAX_CLUSTER = 60_000
"""Bytes: no cluster is bigger, whatever its rate."""


@dataclass(slots=True)
class Cluster:
    """What is sent at `bitrate` from `began` on; everything sent counts, media too."""

    bitrate: float
    began: float
    octets_before: int


class Prober:
    """Decides when to probe and at what rate, says how much to pad, and reads the outcome from feedback.

    One cluster at a time; after one that failed the next waits longer (up to LAST_INTERVAL_S), after one that came
    through the next goes on from there at once.
    """

    def __init__(self, state: ProbeState | None = None) -> None:
        self.state = state or PlainProbeState()
        self._cluster: Cluster | None = None
        self._due_at = float("-inf")
        self._interval = FIRST_INTERVAL_S

    @property
    def is_sending(self) -> bool:
        """Whether a cluster is open, so that `padding` should be asked for."""
        return self._cluster is not None and self.state.end == NOBODY

    def begin(self, now: float, bitrate: float, wished: float, next_index: int, octets: int) -> bool:
        """Begin a cluster when one is due and `wished` bit/s are more than the estimate; whether it began.

        `next_index` and `octets` are the connection's counters of packets and bytes sent.
        """
        if self._cluster is not None or now < self._due_at or wished <= bitrate:
            return False
        target = max(LEAST_BPS, min(FACTOR * bitrate, wished))
        self._cluster = Cluster(target, now, octets)
        state = self.state
        state.first, state.end, state.count, state.octets = next_index, NOBODY, 0, 0
        return True

    def padding(self, now: float, next_index: int, octets: int) -> int:
        """How many bytes the running cluster lacks until the next call, FLUSH_S from now.

        Ends the cluster when it has had its time and packets; one that is over but has too few gets at least a byte.
        """
        cluster, state = self._cluster, self.state
        if cluster is None or state.end != NOBODY:
            return 0
        elapsed = now - cluster.began
        sent = octets - cluster.octets_before
        over = elapsed >= CLUSTER_S
        if (over and next_index - state.first >= LEAST_PACKETS) or sent > MAX_CLUSTER:
            state.end = next_index
            return 0
        lacking = int(cluster.bitrate * min(elapsed + FLUSH_S, CLUSTER_S) / 8) - sent
        return max(lacking, 1 if over else 0)

    def feed(self, now: float, told: Told) -> float | None:
        """Take feedback; the rate that came through, bit/s, once the cluster is complete and more than half came."""
        cluster, end = self._cluster, self.state.end
        if cluster is None:
            return None
        for row in told.came:
            for number, left, came, size in row:
                _note(self.state, number, left, came, size)
        if end != NOBODY and told.last >= end - 1:
            return self._judge(now, cluster)
        return None

    def on_tick(self, now: float) -> None:
        """Give up on a cluster that nobody tells about."""
        if self._cluster is not None and now - self._cluster.began > PATIENCE_S:
            self._fail(now)

    def _judge(self, now: float, cluster: Cluster) -> float | None:
        state = self.state
        if state.count < max(3, ENOUGH_CAME * (state.end - state.first)):
            self._fail(now)
            return None
        rate = _through(state)
        if rate < SUCCESS * cluster.bitrate:
            self._fail(now)
        else:
            self._end()
            self._due_at, self._interval = now, FIRST_INTERVAL_S
        return rate

    def _fail(self, now: float) -> None:
        self._end()
        self._due_at = now + self._interval
        self._interval = min(LAST_INTERVAL_S, self._interval * BACKOFF)

    def _end(self) -> None:
        self._cluster = None
        self.state.first = NOBODY


def _note(state: ProbeState, number: int, left: float, came: float, size: int) -> None:
    """A packet came. The same as `feed_probe` in compiled/feedback.c."""
    if number < state.first or (state.end != NOBODY and number >= state.end):
        return
    if state.count == 0 or left < state.left:
        state.left = left
    if state.count == 0 or came < state.came:
        state.came, state.size = came, size
    if state.count == 0 or left >= state.left_last:
        state.left_last, state.size_last = left, size
    if state.count == 0 or came > state.came_last:
        state.came_last = came
    state.count += 1
    state.octets += size


def _through(state: ProbeState) -> float:
    """The lower of the rates of sending and arriving; a little less than the latter when the way was saturated."""
    sending = 8 * (state.octets - state.size_last) / max(state.left_last - state.left, 0.001)
    arriving = 8 * (state.octets - state.size) / max(state.came_last - state.came, 0.001)
    return sending if arriving >= SATURATED * sending else MARGIN * arriving
