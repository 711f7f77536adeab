"""Removing the demo's samples: one act over the directory and the resources, in one transaction."""

from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.model import ISSUED, Alert
from command.directory.model import HazardPoint
from command.directory.queries import unit_paths
from command.directory.samples import own_administrators, own_counts, remove_samples, sample_counts
from command.evacuation.actions.lists import end_samples
from command.evacuation.model import OPEN, Evacuation, Household
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.rights import Right
from command.kernel.values import Json, State
from command.resources.actions import change
from command.resources.model import Resource
from media.meetings.model import Meeting

TYPED = frozenset({"删除示例", "remove samples"})


def remove_demo(session: Session, actor: Actor, typed: str) -> State:
    """Take all samples out of use; the timeline stays. `{"removed": {kind: n}, "kept": [{kind, name, reason}]}`.

    Raises Refused, Invalid `demo.typed`, Conflict `demo.meeting_live`, `demo.alert_runs`,
    `demo.evacuation_open` or `resource.on_task`.
    """
    for right in (Right.SETTINGS_CHANGE, Right.DIRECTORY_CHANGE):
        if not actor.may_somewhere(right):
            raise Refused("access.refused", right=right)
    if typed.strip().lower() not in TYPED:
        raise Invalid("demo.typed", fields=(FieldError("typed", "demo.typed"),))
    _check_quiet(session)
    points, households = end_samples(session, actor)
    resources = _resources(session, actor)
    own = session.scalars(select(Resource.unit_id).where(Resource.active).distinct())
    removed, kept = remove_samples(session, actor, frozenset(own))
    lists = {"hazard_points": points, "households": households}
    counts: dict[str, Json] = {**removed, **lists, "resources": resources}
    return {"removed": counts, "kept": [asdict(one) for one in kept]}


def demo_state(session: Session, actor: Actor) -> State:
    """What a removal by this actor would take, and what the county has of its own, by kind."""
    rows = select(Resource.sample).where(Resource.active)
    flags = list(session.scalars(rows))
    samples: dict[str, Json] = {**sample_counts(session, actor), **_listed(session, True), "resources": sum(flags)}
    own: dict[str, Json] = {**own_counts(session), **_listed(session, False), "resources": len(flags) - sum(flags)}
    return {"samples": samples, "own": own, "own_administrators": dict(own_administrators(session))}


def _listed(session: Session, sample: bool) -> dict[str, int]:
    """How many hazard points and households are in use, samples or own ones."""
    points = select(func.count(HazardPoint.id)).where(HazardPoint.active, HazardPoint.sample == sample)
    households = select(func.count(Household.id)).where(Household.active, Household.sample == sample)
    return {"hazard_points": session.scalar(points) or 0, "households": session.scalar(households) or 0}


def _check_quiet(session: Session) -> None:
    meeting = session.scalars(select(Meeting).where(Meeting.status == "live").limit(1)).first()
    if meeting is not None:
        raise Conflict("demo.meeting_live", title=meeting.title)
    evacuation = session.scalars(select(Evacuation).where(Evacuation.status == OPEN).limit(1)).first()
    if evacuation is not None:
        raise Conflict("demo.evacuation_open", title=evacuation.title)
    running = select(Alert).where(Alert.origin == "own", Alert.status == ISSUED, Alert.on_board).limit(1)
    alert = session.scalars(running).first()
    if alert is not None:
        raise Conflict("demo.alert_runs", headline=alert.headline)


def _resources(session: Session, actor: Actor) -> int:
    paths = unit_paths(session)
    rows = session.scalars(select(Resource).where(Resource.active, Resource.sample))
    found = [row for row in rows if actor.may(Right.RESOURCE_CHANGE, paths[row.unit_id])]
    for row in found:
        change(session, actor, row.id, row.version, {"active": False})
    return len(found)
