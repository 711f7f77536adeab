"""The county's own call plan: how each level escalates. Every change is a new plan; what runs goes on by its own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from alerts.calls.model import CallPlan
from alerts.calls.policy import Policy, read_policy, shipped_levels, written_policy
from alerts.calls.telling import tell_plan
from alerts.versions import county_set_by, in_force, put_in_force, shown, to_follow
from command.directory.model import Unit
from command.directory.queries import county_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import State

NEEDED = ("red", "evacuation")
"""Levels for which somebody is always called."""


def plan_in_force(session: Session, unit: Unit) -> CallPlan | None:
    """The plan of the unit's county, None while the shipped one is in force."""
    return in_force(session, CallPlan, county_of(session, unit))


def policy_by(session: Session, plan_id: str | None, level: str) -> Policy | None:
    """The policy of a level by that plan (the shipped one for None); None where nobody is called for it."""
    plan = session.get(CallPlan, plan_id) if plan_id else None
    raw = _levels(plan).get(level)
    return None if raw is None else read_policy(level, raw)


def plan_state(session: Session, actor: Actor) -> State:
    """The plan of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    return _state(in_force(session, CallPlan, county_set_by(session, actor)))


def change_plan(session: Session, clock: Clock, actor: Actor, version: int, levels: Mapping[str, Any] | None) -> State:
    """Put another plan in force, None for the shipped one again. Obligations that stand keep theirs.

    Raises StaleVersion `version.stale`, Invalid `call_plan.level_needed`, `call_plan.level_wrong`.
    """
    county = county_set_by(session, actor)
    before = to_follow(session, CallPlan, county, version)
    if levels is not None:
        _check(levels)
    plan = CallPlan(levels=None if levels is None else dict(levels))
    put_in_force(session, clock, actor, county, before, plan)
    state = _state(plan)
    tell_plan(session, actor, county.id, {"id": plan.id, **state})
    return state


def _levels(plan: CallPlan | None) -> Mapping[str, Any]:
    own = plan.levels if plan is not None else None
    return own if isinstance(own, dict) else shipped_levels()


def _state(plan: CallPlan | None) -> State:
    own = plan is not None and isinstance(plan.levels, dict)
    levels: State = {level: written_policy(read_policy(level, raw)) for level, raw in _levels(plan).items()}
    return shown(plan, own=own, levels=levels)


def _check(levels: Mapping[str, Any]) -> None:
    for level in NEEDED:
        if level not in levels:
            raise _wrong("call_plan.level_needed", level)
    for level, raw in levels.items():
        try:
            read_policy(level, raw)
        except ValueError as problem:
            raise _wrong("call_plan.level_wrong", level) from problem


def _wrong(code: str, level: str) -> Invalid:
    return Invalid(code, fields=(FieldError(f"levels.{level}", code, (("level", level),)),), level=level)
