"""The table hazard × colour × issuer × approver, and the senders whose messages count: values and what they allow."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from alerts.data import table
from alerts.model import COLOURS, KINDS
from command.kernel.rights import Right, Role, rights_of
from command.kernel.values import State

APPROVERS = tuple(role.value for role in Role if Right.ALERT_REVIEW in rights_of(role))
UNIT_KINDS = ("county", "township", "department")
WARNING = "warning"


class Issuer(Protocol):
    """As `command.directory.model.Unit`."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class What:
    """What is to be issued or was received: its kind, hazard in words and colour."""

    kind: str
    event: str
    colour: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """These units may issue this, and these roles sign it off. No hazard means every one, no name every unit's."""

    kind: str
    events: tuple[str, ...]
    colours: tuple[str, ...]
    unit_kinds: tuple[str, ...]
    unit_names: tuple[str, ...]
    approvers: tuple[str, ...]

    def holds(self, unit: Issuer, what: What) -> bool:
        """Whether a unit may issue this by this row."""
        return (
            self.kind == what.kind
            and (what.colour in self.colours if what.kind == WARNING else what.colour is None)
            and _named(self.events, what.event)
            and unit.kind in self.unit_kinds
            and _named(self.unit_names, unit.name)
        )


@dataclass(frozen=True, slots=True)
class Sender:
    """An authority outside, by CAP's `sender`, in which `*` stands for any characters.

    No hazard means every one, no colour every one. `signer` is the subject of the certificate that must have
    signed its messages (RFC 4514), empty where none is asked for.
    """

    sender: str
    name: str
    events: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    signer: str = ""

    def is_called(self, sender: str) -> bool:
        pattern = ".*".join(re.escape(part) for part in self.sender.split("*"))
        return re.fullmatch(pattern, sender, re.IGNORECASE) is not None

    def warns_of(self, what: What) -> bool:
        return _named(self.events, what.event) and (not self.colours or what.colour in self.colours)


@dataclass(frozen=True, slots=True)
class Rules:
    """A county's table. `vouched`: who hands a message in vouches for a sender that is not listed."""

    rows: tuple[Row, ...]
    senders: tuple[Sender, ...]
    vouched: bool

    def may_issue(self, unit: Issuer, what: What) -> bool:
        """Whether the unit has the authority for this kind, hazard and colour."""
        return any(row.holds(unit, what) for row in self.rows)

    def approvers(self, unit: Issuer, what: What) -> tuple[str, ...]:
        """The roles of which any one may sign it off, in the order of `APPROVERS`."""
        found = {role for row in self.rows if row.holds(unit, what) for role in row.approvers}
        return tuple(role for role in APPROVERS if role in found)

    def known(self, sender: str) -> tuple[Sender, ...]:
        """The rows of this sender."""
        return tuple(one for one in self.senders if one.is_called(sender))


def shipped_rules() -> Rules:
    """The table of `data/authority.json`."""
    return read_rules(table("authority"))


def read_rules(raw: Mapping[str, Any]) -> Rules:
    """A table from its JSON; ValueError where a row allows nothing, or nobody in the county could order people away."""
    rules = Rules(
        rows=tuple(_row(one) for one in raw["rows"]),
        senders=tuple(_sender(one) for one in raw["senders"]),
        vouched=bool(raw["vouched"]),
    )
    if not any(row.kind == "evacuation" and "county" in row.unit_kinds and not row.events for row in rules.rows):
        raise ValueError("the county orders no evacuation")
    return rules


def written_rules(rules: Rules) -> State:
    """A table as JSON."""
    return {
        "rows": [_listed(asdict(row)) for row in rules.rows],
        "senders": [_listed(asdict(one)) for one in rules.senders],
        "vouched": rules.vouched,
    }


def _row(raw: Mapping[str, Any]) -> Row:
    row = Row(
        kind=_one_of(raw["kind"], KINDS),
        events=_words(raw["events"]),
        colours=_some_of(raw["colours"], COLOURS),
        unit_kinds=_some_of(raw["unit_kinds"], UNIT_KINDS),
        unit_names=_words(raw["unit_names"]),
        approvers=_some_of(raw["approvers"], APPROVERS),
    )
    if not (row.unit_kinds and row.approvers and (row.kind == WARNING) == bool(row.colours)):
        raise ValueError(f"a row of {row.kind} allows nothing")
    return row


def _sender(raw: Mapping[str, Any]) -> Sender:
    sender = Sender(
        sender=str(raw["sender"]).strip(),
        name=str(raw["name"]).strip(),
        events=_words(raw["events"]),
        colours=_some_of(raw["colours"], COLOURS),
        signer=str(raw["signer"]).strip(),
    )
    if not sender.sender.strip("*") or not sender.name:
        raise ValueError("a sender without its name")
    return sender


def _named(words: Collection[str], text: str) -> bool:
    return not words or any(word.casefold() in text.casefold() for word in words)


def _one_of(value: Any, allowed: Collection[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{value} is not in the list")
    return str(value)


def _some_of(values: Iterable[Any], allowed: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one_of(value, allowed) for value in values))


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for value in values if (word := str(value).strip())))


def _listed(row: Mapping[str, Any]) -> State:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
