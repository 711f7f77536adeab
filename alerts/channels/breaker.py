"""A circuit breaker: who fails again and again is left alone for a while, then tried once. Pure."""

from dataclasses import dataclass

FAILURES = 3
FIRST_S, LONGEST_S = 1.0, 60.0


@dataclass
class Breaker:
    """Closed after a success; open after three failures in a row, for 1 s, then twice as long each time, up to 60 s."""

    failures: int = 0
    open_until: float = 0.0

    def is_closed(self, now: float) -> bool:
        """Whether it may be tried; `now` in seconds of any steady clock."""
        return now >= self.open_until

    def succeeded(self) -> None:
        """It answered."""
        self.failures, self.open_until = 0, 0.0

    def failed(self, now: float) -> None:
        """It did not."""
        self.failures += 1
        if self.failures >= FAILURES:
            self.open_until = now + min(LONGEST_S, FIRST_S * 2.0 ** (self.failures - FAILURES))
