"""The county's own call plan: how each level escalates. Every change is a new plan; what runs goes on by its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import CallPlan
from alerts.calls.policy import Policy, read_policy, shipped_levels, written_policy
from alerts.calls.telling import tell_plan
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.errors import FieldError, Invalid, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

NEEDED = ("red", "evacuation")
"""Levels for which somebody is always called."""


def plan_in_force(session: Session, unit: Unit) -> CallPlan | None:
    """The plan of the unit's county, None while the shipped one is in force."""
    query = select(CallPlan).where(CallPlan.unit_id == county_of(session, unit).id)
    return session.scalars(query.order_by(CallPlan.version.desc()).limit(1)).first()


def policy_by(session: Session, plan_id: str | None, level: str) -> Policy | None:
    """The policy of a level by that plan (the shipped one for None); None where nobody is called for it."""
    plan = session.get(CallPlan, plan_id) if plan_id else None
    raw = _levels(plan).get(level)
    return None if raw is None else read_policy(level, raw)


def plan_state(session: Session, actor: Actor) -> State:
    """The plan of the actor's county for who may change it: `version` 0 and `own` False for the shipped one."""
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.SETTINGS_CHANGE, unit.path)
    return _state(plan_in_force(session, unit))


def change_plan(session: Session, clock: Clock, actor: Actor, version: int, levels: Mapping[str, Any] | None) -> State:
    """Put another plan in force, None for the shipped one again. Obligations that stand keep theirs.

    Raises StaleVersion `version.stale`, Invalid `call_plan.level_needed`, `call_plan.level_wrong`.
    """
    unit = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, unit.path)
    before = plan_in_force(session, unit)
    if version != (before.version if before else 0):
        raise StaleVersion("version.stale", version=before.version if before else 0)
    if levels is not None:
        _check(levels)
    plan = _plan(unit, actor, version + 1, levels, clock.now())
    session.add(plan)
    session.flush()
    state = _state(plan)
    tell_plan(session, actor, unit.id, {"id": plan.id, **state})
    return state


def _plan(unit: Unit, actor: Actor, version: int, levels: Mapping[str, Any] | None, now: datetime) -> CallPlan:
    kept: Json = None if levels is None else dict(levels)
    return CallPlan(id=new_id(), unit_id=unit.id, version=version, levels=kept, at=now, by=actor.by())


def _levels(plan: CallPlan | None) -> Mapping[str, Any]:
    own = plan.levels if plan is not None else None
    return own if isinstance(own, dict) else shipped_levels()


def _state(plan: CallPlan | None) -> State:
    return {
        "version": plan.version if plan else 0,
        "own": plan is not None and isinstance(plan.levels, dict),
        "levels": {level: written_policy(read_policy(level, raw)) for level, raw in _levels(plan).items()},
        "at": optional_text(plan.at if plan else None),
        "by": plan.by if plan else None,
    }


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
