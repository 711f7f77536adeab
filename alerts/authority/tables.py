"""The county's own table of authority. Every change is a new table; what was issued or received stays as it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from alerts.authority.model import AuthorityTable
from alerts.authority.rules import Rules, read_rules, shipped_rules, written_rules
from alerts.lookup import tell_setting
from alerts.versions import county_set_by, in_force, put_in_force, shown, to_follow
from command.directory.model import Unit
from command.directory.queries import county_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import State


def rules_of(session: Session, unit: Unit) -> Rules:
    """What holds in the unit's county."""
    return _rules(in_force(session, AuthorityTable, county_of(session, unit)))


def table_state(session: Session, actor: Actor) -> State:
    """The table of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    return _state(in_force(session, AuthorityTable, county_set_by(session, actor)))


def change_table(
    session: Session, clock: Clock, actor: Actor, version: int, content: Mapping[str, Any] | None
) -> State:
    """Put another table in force, None for the shipped one again.

    Raises StaleVersion `version.stale`, Invalid `authority_table.wrong`.
    """
    county = county_set_by(session, actor)
    before = to_follow(session, AuthorityTable, county, version)
    table = AuthorityTable(content=None if content is None else written_rules(_checked(content)))
    put_in_force(session, clock, actor, county, before, table)
    state = _state(table)
    tell_setting(session, actor, "authority_table.changed", county.id, {"authority_table": {"id": table.id, **state}})
    return state


def _rules(table: AuthorityTable | None) -> Rules:
    own = table.content if table is not None else None
    return read_rules(own) if isinstance(own, dict) else shipped_rules()


def _state(table: AuthorityTable | None) -> State:
    own = table is not None and isinstance(table.content, dict)
    return shown(table, own=own, **written_rules(_rules(table)))


def _checked(content: Mapping[str, Any]) -> Rules:
    try:
        return read_rules(content)
    except ValueError as problem:
        raise Invalid("authority_table.wrong", fields=(FieldError("rows", "authority_table.wrong"),)) from problem
