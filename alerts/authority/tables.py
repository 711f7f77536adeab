"""The county's own table of authority. Every change is a new table; what was issued or received stays as it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.authority.model import AuthorityTable
from alerts.authority.rules import Rules, read_rules, shipped_rules, written_rules
from alerts.lookup import tell_setting
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.errors import FieldError, Invalid, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State


def rules_of(session: Session, unit: Unit) -> Rules:
    """What holds in the unit's county."""
    return _rules(_in_force(session, county_of(session, unit)))


def table_state(session: Session, actor: Actor) -> State:
    """The table of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    return _state(_in_force(session, county))


def change_table(
    session: Session, clock: Clock, actor: Actor, version: int, content: Mapping[str, Any] | None
) -> State:
    """Put another table in force, None for the shipped one again.

    Raises StaleVersion `version.stale`, Invalid `authority_table.wrong`.
    """
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    before = _in_force(session, county)
    standing = before.version if before else 0
    if version != standing:
        raise StaleVersion("version.stale", version=standing)
    kept: Json = None if content is None else written_rules(_checked(content))
    table = AuthorityTable(
        id=new_id(), unit_id=county.id, version=version + 1, content=kept, at=clock.now(), by=actor.by()
    )
    session.add(table)
    session.flush()
    state = _state(table)
    tell_setting(session, actor, "authority_table.changed", county.id, {"authority_table": {"id": table.id, **state}})
    return state


def _in_force(session: Session, county: Unit) -> AuthorityTable | None:
    query = select(AuthorityTable).where(AuthorityTable.unit_id == county.id)
    return session.scalars(query.order_by(AuthorityTable.version.desc()).limit(1)).first()


def _rules(table: AuthorityTable | None) -> Rules:
    own = table.content if table is not None else None
    return read_rules(own) if isinstance(own, dict) else shipped_rules()


def _state(table: AuthorityTable | None) -> State:
    return {
        "version": table.version if table else 0,
        "own": table is not None and isinstance(table.content, dict),
        **written_rules(_rules(table)),
        "at": optional_text(table.at if table else None),
        "by": table.by if table else None,
    }


def _checked(content: Mapping[str, Any]) -> Rules:
    try:
        return read_rules(content)
    except ValueError as problem:
        raise Invalid("authority_table.wrong", fields=(FieldError("rows", "authority_table.wrong"),)) from problem
