"""Waiting in tests: always for a condition, always with a bound."""

import time
from collections.abc import Callable

_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.25
_REST = 4


def until(condition: Callable[[], object], *, within_s: float = 60.0, why: Callable[[], object] = str) -> None:
    """Return as soon as the condition holds; fail when it does not within so many seconds, saying `why()`.

    What takes long to ask is asked less often: asking takes the processor from whoever is waited for.
    """
    end = time.monotonic() + within_s
    while True:
        asked = time.monotonic()
        if condition():
            return
        now = time.monotonic()
        if now > end:
            raise AssertionError(f"not within {within_s:g} s: {why()}")
        time.sleep(min(max(_PAUSE_S, _REST * (now - asked)), _LONGEST_PAUSE_S))
