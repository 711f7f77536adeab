"""The written policy of the green channel as a value: which hazards at red, by which templates, who, until when,
countersigned how soon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from alerts.authority.rules import WARNING
from alerts.templates.template import ALERT, CHANGE, Template, read_template
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


@dataclass(frozen=True, slots=True)
class Approved:
    """A template by its key, with its text as it was approved; `numbers` says whether those in it may be others."""

    key: str
    numbers: bool
    content: Template

    def state(self) -> State:
        return {"key": self.key, "numbers": self.numbers, "content": self.content.state()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`events` are whole names of hazards; `users`, `posts` are ids; `until` the last moment that it holds.

    One that was written before templates were approved names none, and nothing goes by it.
    """

    document: str
    text: str
    events: tuple[str, ...]
    templates: tuple[Approved, ...]
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

    def approved(self, key: str | None) -> Approved | None:
        return next((one for one in self.templates if one.key == key), None)

    def is_for(self, template: Template) -> bool:
        """Whether a red warning of one of its hazards, or the change of one, may be said by the template."""
        return any(
            template.fits(WARNING, event, RED, purpose, template.language)
            for event in self.events
            for purpose in (ALERT, CHANGE)
        )


def read_policy(raw: Mapping[str, Any]) -> Policy:
    """A policy from its JSON; ValueError where it names no document, hazard or person, or never ends."""
    policy = Policy(
        document=str(raw["document"]).strip(),
        text=str(raw["text"]).strip(),
        events=_words(raw["events"]),
        templates=tuple(_approved(one) for one in raw.get("templates", ())),
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
        "templates": [
            {"key": one.key, "numbers": one.numbers, "content": one.content.state()} for one in policy.templates
        ],
        "users": list(policy.users),
        "roles": list(policy.roles),
        "posts": list(policy.posts),
        "until": to_text(policy.until),
        "countersign_hours": policy.countersign_hours,
    }


def _approved(raw: Mapping[str, Any]) -> Approved:
    return Approved(str(raw["key"]), bool(raw["numbers"]), read_template(raw["content"]))


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for value in values if (word := str(value).strip())))
