"""A circuit breaker: who fails again and again is left alone for a while, then tried by one message. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rest:
    """When one is left alone and for how long: after so many failures in a row, first so many seconds, then each time
    twice as long up to the longest."""

    failures: int = 3
    first_s: float = 1.0
    longest_s: float = 60.0

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Rest":
        """As a gateway's address says: `failures=3&rest=1&longest=60`. Raises ValueError."""
        rest = cls(int(asked.get("failures", 3)), float(asked.get("rest", 1)), float(asked.get("longest", 60)))
        if rest.failures < 1 or not 0 < rest.first_s <= rest.longest_s <= 3600:
            raise ValueError("failures from 1, rest above 0, longest from rest to 3600")
        return rest


USUAL = Rest()


@dataclass
class Breaker:
    """Closed; open after some failures in a row, for a pause; then half-open: one may try. Where it fails as well the
    pause is twice as long; any success closes it. `rest` says how many and how long.

    Whoever is admitted gets the number of the openings so far and hands it back with a failure: many that were under
    way together fail by one event, which is one pause and not twenty.
    """

    rest: Rest = USUAL
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
        if self.is_closed and self._failures < self.rest.failures:
            return False
        self._pause_s = min(self.rest.longest_s, 2 * self._pause_s) or self.rest.first_s
        self._open_until = now + self._pause_s
        self.openings, self.probing = openings + 1, False
        return True

    def given_up(self, openings: int) -> None:
        """Who was admitted ended without trying: another may."""
        if openings == self.openings:
            self.probing = False
