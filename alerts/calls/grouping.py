"""One person is called once for all they hold: from single wishes to calls and messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from alerts.calls.policy import VOICE


@dataclass(frozen=True, slots=True)
class Wish:
    """An obligation wants `person` told by `channel` at `address`, being its holder, deputy or superior."""

    obligation: str
    whom: str
    person: str
    address: str
    channel: str
    drill: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call or message to one person, for one or more obligations: `parts` are (obligation, whom)."""

    person: str
    address: str
    channel: str
    drill: bool
    parts: tuple[tuple[str, str], ...]


def grouped(
    wishes: Iterable[Wish], engaged: Mapping[tuple[str, bool], str] = MappingProxyType({})
) -> tuple[list[Attempt], list[Wish]]:
    """The attempts, each person once per channel, and the wishes that must wait.

    `engaged` maps the (address, drill) of telephones that ring or are to be rung to the person who is wanted there: a
    second call would find them busy, and somebody else who shares the telephone is another call. Empty for one that
    rings already, to which nothing can be added. Drills and real calls are never one.
    """
    attempts: dict[tuple[str, str, str, bool], dict[str, Wish]] = {}
    wanted, waiting = dict(engaged), list[Wish]()
    for wish in wishes:
        if wish.channel == VOICE and wanted.setdefault((wish.address, wish.drill), wish.person) != wish.person:
            waiting.append(wish)
            continue
        key = (wish.channel, wish.address, wish.person, wish.drill)
        attempts.setdefault(key, {}).setdefault(wish.obligation, wish)
    return [_attempt(list(parts.values())) for parts in attempts.values()], waiting


def _attempt(wishes: list[Wish]) -> Attempt:
    first = wishes[0]
    parts = tuple((wish.obligation, wish.whom) for wish in wishes)
    return Attempt(first.person, first.address, first.channel, first.drill, parts)
