"""One person is called once for all they hold: from single wishes to calls and messages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

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


def grouped(wishes: Iterable[Wish], speaking: Collection[tuple[str, bool]] = ()) -> tuple[list[Attempt], list[Wish]]:
    """The attempts, each address once per channel, and the wishes that must wait.

    `speaking` are the (address, drill) of telephones that are being called already: a second call would find them
    busy. Drills and real calls are never one.
    """
    attempts: dict[tuple[str, str, bool], dict[str, Wish]] = {}
    waiting: list[Wish] = []
    for wish in wishes:
        if wish.channel == VOICE and (wish.address, wish.drill) in speaking:
            waiting.append(wish)
            continue
        attempts.setdefault((wish.channel, wish.address, wish.drill), {}).setdefault(wish.obligation, wish)
    return [_attempt(list(parts.values())) for parts in attempts.values()], waiting


def _attempt(wishes: list[Wish]) -> Attempt:
    first = wishes[0]
    parts = tuple((wish.obligation, wish.whom) for wish in wishes)
    return Attempt(first.person, first.address, first.channel, first.drill, parts)
