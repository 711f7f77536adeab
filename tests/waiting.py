"""Waiting in tests: always for a condition, always with a bound."""

import time
from collections.abc import Callable

_PAUSE_S = 0.02


def until(condition: Callable[[], object], *, within_s: float = 60.0, why: Callable[[], object] = str) -> None:
    """Return as soon as the condition holds; fail when it does not within so many seconds, saying `why()`."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s:g} s: {why()}")
        time.sleep(_PAUSE_S)
