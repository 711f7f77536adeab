"""What a sender's reports tell of time: which of its timestamps is of which moment of the bridge's clock.

A report (RFC 3550 6.4.1) maps a stream's timestamps to the clock of its sender, one for all that it sends. The bridge
adds one offset for each sender, so that its sound and its picture differ by as much as it told. Reports are claims:
what follows from them is bounded where it is used (Splice), and one that fits nothing before it is not believed alone.
"""

from media.sfu.spacing import PlainLeastState, feed_least

NTP_UNIX_OFFSET_S = 2_208_988_800
WINDOW_S = 10.0
CLOCK_SET_S = 3.0
"""So far from what was known, a sender's clock was set anew."""
NEAR_S = 0.1
SHARE = 4


def ntp_time(unix_s: float) -> int:
    """Seconds since 1970 as a 64-bit NTP time."""
    return int((unix_s + NTP_UNIX_OFFSET_S) * 4294967296)


def signed(difference: int) -> int:
    """A difference of 32-bit timestamps as the nearer of its two readings."""
    return ((difference + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class SenderClock:
    """One sender's clock: `offset` seconds are to be added to its NTP time for the bridge's.

    It is that of the report which was the least time on its way of the last WINDOW_S to twice that. `era` counts how
    often the clock was set anew: what was known of its streams is void then.
    """

    def __init__(self) -> None:
        self.offset = 0.0
        self.era = 0
        self._least = PlainLeastState()

    def on_report(self, now: float, ntp: int) -> None:
        offset = now - ntp / 4294967296
        if not self.era or abs(offset - self.offset) > CLOCK_SET_S:
            self.era += 1
            self._least = PlainLeastState()
        self.offset = feed_least(self._least, WINDOW_S, now, offset)


class StreamClock:
    """One stream's timestamps. `sender` is the clock of who sends it."""

    def __init__(self, rate_hz: int, sender: SenderClock) -> None:
        self.sender = sender
        self._rate_hz = rate_hz
        self._ntp = 0
        self._lag = 0
        self._suspect: int | None = None
        self._era = 0

    def on_report(self, now: float, ntp: int, timestamp: int) -> None:
        """Take a report that came at `now`. Where two in a row agree on something else, that is so from now on.

        One that repeats the last tells nothing: some senders report a stream that rests as it was when it last sent.
        """
        if not ntp or ntp == self._ntp:
            return
        self._ntp = ntp
        self.sender.on_report(now, ntp)
        lag = (timestamp - (ntp * self._rate_hz >> 32)) & 0xFFFFFFFF
        if self._era != self.sender.era or self._is_near(lag, self._suspect):
            self._lag, self._suspect, self._era = lag, None, self.sender.era
        elif self._is_near(lag, self._lag):
            self._lag += int(signed(lag - self._lag) / SHARE)
            self._suspect = None
        else:
            self._suspect = lag

    def _is_near(self, lag: int, other: int | None) -> bool:
        return other is not None and abs(signed(lag - other)) < NEAR_S * self._rate_hz

    @property
    def lag(self) -> int | None:
        """The timestamp less the sender's time in ticks, modulo 2^32; None while no report has told."""
        return self._lag if self._era and self._era == self.sender.era else None

    def timestamp_at(self, now: float) -> int | None:
        """The timestamp (modulo 2^32) of what is captured at `now`; None while no report has told."""
        lag = self.lag
        if lag is None:
            return None
        return (lag + int((now - self.sender.offset) * self._rate_hz)) & 0xFFFFFFFF
