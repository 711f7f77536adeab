"""The county's own policy of what is sent again. Every change is a new one, and holds at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.lookup import tell_setting
from alerts.resends.model import ResendPolicy
from alerts.resends.policy import Rule, read_levels, shipped_levels, written_levels
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.errors import FieldError, Invalid, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State


def rules_of(session: Session, unit: Unit) -> dict[str, Rule]:
    """By level, what holds in the unit's county."""
    return _rules(_in_force(session, county_of(session, unit)))


def policy_state(session: Session, actor: Actor) -> State:
    """The policy of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    return _state(_in_force(session, county))


def change_policy(
    session: Session, clock: Clock, actor: Actor, version: int, levels: Mapping[str, Any] | None
) -> State:
    """Put another policy in force, None for the shipped one again; without any level nothing is sent again by itself.

    Raises StaleVersion `version.stale`, Invalid `resend_policy.wrong`.
    """
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    session.get_one(Unit, county.id, with_for_update=True)
    before = _in_force(session, county)
    standing = before.version if before else 0
    if version != standing:
        raise StaleVersion("version.stale", version=standing)
    kept: Json = None if levels is None else written_levels(_checked(levels))
    policy = ResendPolicy(
        id=new_id(), unit_id=county.id, version=version + 1, levels=kept, at=clock.now(), by=actor.by()
    )
    session.add(policy)
    session.flush()
    state = _state(policy)
    tell_setting(session, actor, "resend_policy.changed", county.id, {"resend_policy": {"id": policy.id, **state}})
    return state


def _in_force(session: Session, county: Unit) -> ResendPolicy | None:
    query = select(ResendPolicy).where(ResendPolicy.unit_id == county.id)
    return session.scalars(query.order_by(ResendPolicy.version.desc()).limit(1)).first()


def _rules(policy: ResendPolicy | None) -> dict[str, Rule]:
    own = policy.levels if policy is not None else None
    return read_levels(own) if isinstance(own, dict) else shipped_levels()


def _state(policy: ResendPolicy | None) -> State:
    return {
        "version": policy.version if policy else 0,
        "own": policy is not None and isinstance(policy.levels, dict),
        "levels": written_levels(_rules(policy)),
        "at": optional_text(policy.at if policy else None),
        "by": policy.by if policy else None,
    }


def _checked(levels: Mapping[str, Any]) -> dict[str, Rule]:
    try:
        return read_levels(levels)
    except (ValueError, KeyError) as problem:
        raise Invalid("resend_policy.wrong", fields=(FieldError("levels", "resend_policy.wrong"),)) from problem
