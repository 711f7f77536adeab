"""The written policy of the green channel as a value: which hazards at red, who, until when, countersigned how soon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from alerts.authority.rules import WARNING
from command.kernel.clock import from_text, to_text
from command.kernel.rights import Right, Role, rights_of
from command.kernel.values import State

RED = "red"
ISSUERS = tuple(role.value for role in Role if Right.ALERT_ISSUE in rights_of(role))
MOST_HOURS = 72


class Asked(Protocol):
    """As `alerts.model.Alert`."""

    @property
    def kind(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def colour(self) -> str | None: ...
    @property
    def drill(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`events` are whole names of hazards; `users`, `posts` are ids; `until` the last moment that it holds."""

    document: str
    text: str
    events: tuple[str, ...]
    users: tuple[str, ...]
    roles: tuple[str, ...]
    posts: tuple[str, ...]
    until: datetime
    countersign_hours: int

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.countersign_hours)

    def names(self, alert: Asked) -> bool:
        """Whether it pre-approves this: a red warning, in earnest, of a hazard by exactly its name.

        A part of a name would let whatever holds that word through without a second person.
        """
        hazard = alert.event.strip().casefold()
        red = alert.kind == WARNING and alert.colour == RED and not alert.drill
        return red and hazard in (event.casefold() for event in self.events)


def read_policy(raw: Mapping[str, Any]) -> Policy:
    """A policy from its JSON; ValueError where it names no document, hazard or person, or never ends."""
    policy = Policy(
        document=str(raw["document"]).strip(),
        text=str(raw["text"]).strip(),
        events=_words(raw["events"]),
        users=_words(raw["users"]),
        roles=_words(raw["roles"]),
        posts=_words(raw["posts"]),
        until=from_text(str(raw["until"])),
        countersign_hours=int(raw["countersign_hours"]),
    )
    if not (policy.document and policy.events and (policy.users or policy.roles or policy.posts)):
        raise ValueError("a policy without document, hazard or issuer")
    if set(policy.roles) - set(ISSUERS):
        raise ValueError("a role that issues nothing")
    if not 1 <= policy.countersign_hours <= MOST_HOURS:
        raise ValueError("hours")
    return policy


def written_policy(policy: Policy) -> State:
    """A policy as JSON."""
    return {
        "document": policy.document,
        "text": policy.text,
        "events": list(policy.events),
        "users": list(policy.users),
        "roles": list(policy.roles),
        "posts": list(policy.posts),
        "until": to_text(policy.until),
        "countersign_hours": policy.countersign_hours,
    }


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for value in values if (word := str(value).strip())))
