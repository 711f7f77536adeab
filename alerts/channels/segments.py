"""Which of several gateways a number goes by first. Pure."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Serves(Protocol):
    """Whatever serves some segments best."""

    @property
    def segments(self) -> tuple[str, ...]: ...


S = TypeVar("S", bound=Serves)


def by_preference(gateways: Sequence[S], number: str) -> list[S]:
    """Those that serve the number's segment first, then those without segments, then the others."""

    def place(one: S) -> int:
        if not one.segments:
            return 1
        return 0 if number.startswith(one.segments) else 2

    return sorted(gateways, key=place)
