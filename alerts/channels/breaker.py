"""A circuit breaker: who fails again and again is left alone for a while, then tried by one message. Pure."""

from dataclasses import dataclass

FAILURES = 3
FIRST_S, LONGEST_S = 1.0, 60.0


@dataclass
class Breaker:
    """Closed; open after three failures in a row, for 1 s; then half-open: one may try. Where it fails as well the
    pause is twice as long, up to 60 s; any success closes it.

    Whoever is admitted gets the number of the openings so far and hands it back with a failure: many that were under
    way together fail by one event, which is one pause and not twenty.
    """

    openings: int = 0
    probing: bool = False
    """Half-open, and one is being tried."""
    _failures: int = 0
    _pause_s: float = 0.0
    _open_until: float = 0.0

    @property
    def is_closed(self) -> bool:
        return self._pause_s == 0

    def is_resting(self, now: float) -> bool:
        """Whether it is left alone or being tried; once the pause is over nothing speaks against it until then."""
        return self.probing or (not self.is_closed and now < self._open_until)

    def admit(self, now: float) -> int | None:
        """The openings so far, None where it is to be left alone; `now` in seconds of any steady clock."""
        if not self.is_closed:
            if now < self._open_until or self.probing:
                return None
            self.probing = True
        return self.openings

    def succeeded(self) -> None:
        """It answered."""
        self._failures, self._pause_s, self.probing = 0, 0.0, False

    def failed(self, openings: int, now: float) -> bool:
        """It did not, for who was admitted at so many openings; whether this opened it."""
        if openings != self.openings:
            return False
        self._failures += 1
        if self.is_closed and self._failures < FAILURES:
            return False
        self._pause_s = min(LONGEST_S, 2 * self._pause_s) or FIRST_S
        self._open_until = now + self._pause_s
        self.openings, self.probing = openings + 1, False
        return True

    def given_up(self, openings: int) -> None:
        """Who was admitted ended without trying: another may."""
        if openings == self.openings:
            self.probing = False
