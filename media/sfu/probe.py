"""Finding out whether more gets through than is being sent: short clusters at a higher rate."""

from dataclasses import dataclass

from media.sfu.sent import Told

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
    """`first` and `end` are transport sequence numbers, unwrapped; everything sent between counts, media too."""

    bitrate: float
    began: float
    first: int
    octets_before: int
    end: int | None = None


class Prober:
    """Decides when to probe and at what rate, says how much to pad, and reads the outcome from feedback.

    One cluster at a time; after one that failed the next waits longer (up to LAST_INTERVAL_S), after one that came
    through the next goes on from there at once.
    """

    def __init__(self) -> None:
        self.cluster: Cluster | None = None
        self._due_at = float("-inf")
        self._interval = FIRST_INTERVAL_S
        self._came: list[tuple[float, float, int]] = []

    def begin(self, now: float, bitrate: float, wished: float, next_index: int, octets: int) -> bool:
        """Begin a cluster when one is due and `wished` bit/s are more than the estimate; whether it began.

        `next_index` and `octets` are the connection's counters of packets and bytes sent.
        """
        if self.cluster is not None or now < self._due_at or wished <= bitrate:
            return False
        target = max(LEAST_BPS, min(FACTOR * bitrate, wished))
        self.cluster = Cluster(target, now, next_index, octets)
        self._came.clear()
        return True

    def padding(self, now: float, next_index: int, octets: int) -> int:
        """How many bytes the running cluster lacks until the next call, FLUSH_S from now.

        Ends the cluster when it has had its time and packets; one that is over but has too few gets at least a byte.
        """
        cluster = self.cluster
        if cluster is None or cluster.end is not None:
            return 0
        elapsed = now - cluster.began
        sent = octets - cluster.octets_before
        over = elapsed >= CLUSTER_S
        if (over and next_index - cluster.first >= LEAST_PACKETS) or sent > MAX_CLUSTER:
            cluster.end = next_index
            return 0
        lacking = int(cluster.bitrate * min(elapsed + FLUSH_S, CLUSTER_S) / 8) - sent
        return max(lacking, 1 if over else 0)

    def feed(self, now: float, told: Told) -> float | None:
        """Take feedback; the rate that came through, bit/s, once the cluster is complete and more than half came."""
        cluster = self.cluster
        if cluster is None:
            return None
        end = cluster.end
        for number, sent, arrived, size in told.came:
            if number >= cluster.first and (end is None or number < end):
                self._came.append((sent, arrived, size))
        if end is not None and told.last >= end - 1:
            return self._judge(now, cluster, end)
        return None

    def on_tick(self, now: float) -> None:
        """Give up on a cluster that nobody tells about."""
        if self.cluster is not None and now - self.cluster.began > PATIENCE_S:
            self._fail(now)

    def _judge(self, now: float, cluster: Cluster, end: int) -> float | None:
        if len(self._came) < max(3, ENOUGH_CAME * (end - cluster.first)):
            self._fail(now)
            return None
        rate = _through(self._came)
        if rate < SUCCESS * cluster.bitrate:
            self._fail(now)
        else:
            self.cluster, self._due_at, self._interval = None, now, FIRST_INTERVAL_S
        return rate

    def _fail(self, now: float) -> None:
        self.cluster = None
        self._due_at = now + self._interval
        self._interval = min(LAST_INTERVAL_S, self._interval * BACKOFF)


def _through(came: list[tuple[float, float, int]]) -> float:
    """The lower of the rates of sending and arriving; a little less than the latter when the way was saturated."""
    octets = sum(size for _, _, size in came)
    sent = max(came)[0] - min(came)[0]
    arrivals = sorted((arrived, size) for _, arrived, size in came)
    took = max(arrivals[-1][0] - arrivals[0][0], 0.001)
    sending = 8 * (octets - max(came)[2]) / max(sent, 0.001)
    arriving = 8 * (octets - arrivals[0][1]) / took
    return sending if arriving >= SATURATED * sending else MARGIN * arriving
