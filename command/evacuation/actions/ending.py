"""The end of an evacuation: people are let back, then somebody closes it. No warning's end does either."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.checks import invalid
from command.directory.queries import unit_of
from command.evacuation.actions.reporting import settle
from command.evacuation.actions.telling import tell, tell_point
from command.evacuation.model import CLOSED, OPEN, Evacuation, EvacuationPoint, EvacuationStep, listed
from command.evacuation.queries import evacuation_for
from command.evacuation.standing import MOVED, RETURN_PERMITTED, SAFE
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict
from command.kernel.ids import new_id
from command.kernel.rights import Right


def permit_return(
    session: Session, clock: Clock, actor: Actor, evacuation_id: str, points: Collection[str] = ()
) -> Evacuation:
    """Let the households that were moved go back to these points (ids of the evacuation's points; none: all of them).

    Those that were never moved stay missing. Raises NotFound, Refused, Conflict `evacuation.closed` or
    `evacuation.nobody_moved`, Invalid `evacuation.point_unknown`.
    """
    row = _to_end(session, actor, evacuation_id)
    places = _places(session, row)
    if not set(points) <= {place.id for place in places}:
        raise invalid("evacuation.point_unknown", "points")
    now = clock.now()
    freed = [place for place in places if (not points or place.id in points) and _free(session, actor, place, row, now)]
    if not freed:
        raise Conflict("evacuation.nobody_moved")
    for place in freed:
        tell_point(session, actor, row, place, "evacuation.return_permitted")
    if not any(one["status"] == MOVED for place in places for one in listed(place)):
        row.return_permitted_at = now
        row.version += 1
        tell(session, actor, row, "evacuation.all_may_return")
    return row


def close(session: Session, clock: Clock, actor: Actor, evacuation_id: str, reason: str = "") -> Evacuation:
    """End it. Everybody moved must have been let back; where households are still missing, the reason is written down.

    Raises NotFound, Refused, Conflict `evacuation.closed` or `evacuation.still_away`, Invalid `evacuation.missing`.
    """
    row = _to_end(session, actor, evacuation_id)
    places = _places(session, row)
    states = [one["status"] for place in places for one in listed(place)]
    away, missing = states.count(MOVED), sum(state not in SAFE for state in states)
    if away:
        raise Conflict("evacuation.still_away", number=away)
    if missing and not reason.strip():
        raise invalid("evacuation.missing", "reason", number=str(missing))
    row.status, row.closed_at, row.closed_by, row.reason = CLOSED, clock.now(), actor.by(), reason.strip() or None
    row.version += 1
    for place in places:
        place.on_board = False
        place.version += 1
        tell_point(session, actor, row, place, "evacuation.point_closed")
    tell(session, actor, row, "evacuation.closed")
    return row


def _to_end(session: Session, actor: Actor, evacuation_id: str) -> Evacuation:
    row = evacuation_for(session, actor, evacuation_id, lock=True)
    actor.need(Right.EVACUATION_END, unit_of(session, row.unit_id).path)
    if row.status != OPEN:
        raise Conflict("evacuation.closed")
    return row


def _places(session: Session, row: Evacuation) -> list[EvacuationPoint]:
    query = select(EvacuationPoint).where(EvacuationPoint.evacuation_id == row.id).order_by(EvacuationPoint.id)
    return list(session.scalars(query.with_for_update()))


def _free(session: Session, actor: Actor, place: EvacuationPoint, row: Evacuation, now: datetime) -> bool:
    """Whether anybody there was away; a step for each, and one new version of the point."""
    away = [str(one["household"]) for one in listed(place) if one["status"] == MOVED]
    version = place.version
    for household in away:
        session.add(
            EvacuationStep(
                id=new_id(),
                point_id=place.id,
                household_id=household,
                to=RETURN_PERMITTED,
                how="command",
                by=actor.by(),
                at=now,
            )
        )
        session.flush()
        settle(session, row, place, household)
    place.version = version + 1 if away else version
    return bool(away)
