"""How much a site may send: what is beyond is dropped, so that one cannot take what is everybody's. Pure."""

from media.sfu.terms import Kind

MOST_BPS: dict[Kind, float] = {"audio": 1_500_000.0, "video": 12_000_000.0}
"""Far above what any of our clients sends: three layers of 720p are 4 Mbit/s, speech with three copies 0.3."""
BURST_S = 2.0


class Bucket:
    """A token bucket (RFC 2697's committed rate): `excess` while it is overdrawn, until the debt is paid.

    `rate_bps` is that of the last measurement.
    """

    def __init__(self, most_bps: float) -> None:
        self.excess = False
        self.rate_bps = 0.0
        self._most = most_bps / 8
        self._tokens = self._most * BURST_S
        self._at: float | None = None
        self._octets = 0

    def step(self, now: float, octets: int) -> bool:
        """Take the octets that have come in all by `now`, dropped ones too; whether `excess` changed."""
        if self._at is None or now <= self._at or octets < self._octets:
            self._at, self._octets = now, octets
            return False
        elapsed, came = now - self._at, octets - self._octets
        self._at, self._octets, self.rate_bps = now, octets, 8 * came / elapsed
        passed = 0 if self.excess else came
        self._tokens = min(self._most * BURST_S, self._tokens + self._most * elapsed - passed)
        before, self.excess = self.excess, self._tokens < 0
        return self.excess != before
