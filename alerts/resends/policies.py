"""The county's own policy of what is sent again. Every change is a new one, and holds at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from alerts.lookup import tell_setting
from alerts.resends.model import ResendPolicy
from alerts.resends.policy import Rule, read_levels, shipped_levels, written_levels
from alerts.versions import county_set_by, in_force, put_in_force, shown, to_follow
from command.directory.model import Unit
from command.directory.queries import county_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import State


def rules_of(session: Session, unit: Unit) -> dict[str, Rule]:
    """By level, what holds in the unit's county."""
    return _rules(in_force(session, ResendPolicy, county_of(session, unit)))


def policy_state(session: Session, actor: Actor) -> State:
    """The policy of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    return _state(in_force(session, ResendPolicy, county_set_by(session, actor)))


def change_policy(
    session: Session, clock: Clock, actor: Actor, version: int, levels: Mapping[str, Any] | None
) -> State:
    """Put another policy in force, None for the shipped one again; without any level nothing is sent again by itself.

    Raises StaleVersion `version.stale`, Invalid `resend_policy.wrong`.
    """
    county = county_set_by(session, actor)
    before = to_follow(session, ResendPolicy, county, version)
    policy = ResendPolicy(levels=None if levels is None else written_levels(_checked(levels)))
    put_in_force(session, clock, actor, county, before, policy)
    state = _state(policy)
    tell_setting(session, actor, "resend_policy.changed", county.id, {"resend_policy": {"id": policy.id, **state}})
    return state


def _rules(policy: ResendPolicy | None) -> dict[str, Rule]:
    own = policy.levels if policy is not None else None
    return read_levels(own) if isinstance(own, dict) else shipped_levels()


def _state(policy: ResendPolicy | None) -> State:
    own = policy is not None and isinstance(policy.levels, dict)
    return shown(policy, own=own, levels=written_levels(_rules(policy)))


def _checked(levels: Mapping[str, Any]) -> dict[str, Rule]:
    try:
        return read_levels(levels)
    except (ValueError, KeyError) as problem:
        raise Invalid("resend_policy.wrong", fields=(FieldError("levels", "resend_policy.wrong"),)) from problem
