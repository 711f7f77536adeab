"""How much a site may send: what is beyond is dropped, so that one cannot take what is everybody's. Pure."""

from media.sfu.terms import Kind

MOST_BPS: dict[Kind, float] = {"audio": 1_500_000.0, "video": 12_000_000.0}
"""Far above what any of our clients sends: three layers of 720p are 4 Mbit/s, speech with three copies 0.3."""
BURST_S = 2.0
CONNECTION_OCTETS_S, CONNECTION_BURST_S = 2_000_000.0, 0.5
"""Of all that one connection may bring, as it comes over the wire: what both kinds may be, and a fifth for repairs."""
LEAST_OCTETS, CONTROL_OCTETS = 300, 2000
"""What a small packet costs at least, and one of control: eight thousand of one or a thousand of the other a second."""
REST_S = 0.25
"""So long nothing is taken of who brought too much; short enough to follow the numbers of its packets (RFC 3711 3.3.1).
"""


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


class Allowance:
    """How much a connection may bring, asked before it is decrypted. The same as in compiled/port.c.

    A bucket as above, as the time until which all is paid. Only what was authentic is charged: nobody else can have a
    site refused. `refused` are the octets that were, `flood_bps` the rate of those between the last two measurements.
    """

    def __init__(self) -> None:
        self.refused = 0
        self.flood_bps = 0.0
        self._paid_until = 0.0
        self._at: float | None = None
        self._before = 0

    def refuses(self, at: float, octets: int) -> bool:
        """Whether a packet of so many octets that came at a time is thrown away unread."""
        if at >= self._paid_until:
            return False
        self.refused += octets
        return True

    def charge(self, at: float, octets: int, *, control: bool) -> None:
        """An authentic packet came."""
        cost = max(octets, CONTROL_OCTETS if control else LEAST_OCTETS)
        paid = max(self._paid_until, at - CONNECTION_BURST_S) + cost / CONNECTION_OCTETS_S
        self._paid_until = at + REST_S if paid > at else paid

    def measure(self, now: float, refused: int) -> None:
        """So many octets have been refused in all by now."""
        passed = now - self._at if self._at is not None else 0.0
        self.flood_bps = 8 * (refused - self._before) / passed if passed > 0 else 0.0
        self._at, self._before = now, refused
