"""Reaching a meeting to change it: seen by the actor, locked, still live, and for the chair alone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, NotFound, Refused
from command.kernel.ids import is_id
from command.kernel.rights import Right
from media.meetings.model import Meeting, Site
from media.meetings.queries import meeting_seen


def chaired(session: Session, actor: Actor, meeting_id: str) -> Meeting:
    """The live meeting, locked, for its chair.

    Raises NotFound `meeting.unknown`, Refused `meeting.not_chair`, Conflict `meeting.over`.
    """
    meeting = locked(session, meeting_seen(session, actor, meeting_id).id)
    actor.need(Right.MEETING_CONVENE, unit_of(session, meeting.unit_id).path)
    if actor.kind != "user" or actor.id != meeting.chair_id:
        raise Refused("meeting.not_chair", name=meeting.chair_name)
    return still_live(meeting)


def locked(session: Session, meeting_id: str) -> Meeting:
    """The meeting as it is once no other transaction changes it; one lock per meeting orders all its changes."""
    query = select(Meeting).where(Meeting.id == meeting_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def still_live(meeting: Meeting) -> Meeting:
    """The meeting itself; Conflict `meeting.over` for one that has ended."""
    if not meeting.live:
        raise Conflict("meeting.over")
    return meeting


def site_in(meeting: Meeting, site_id: str) -> Site:
    """A site of the meeting; NotFound `meeting.site_unknown`."""
    site = next((site for site in meeting.sites if site.id == site_id), None) if is_id(site_id) else None
    if site is None:
        raise NotFound("meeting.site_unknown", id=site_id)
    return site


def live(session: Session, meeting_id: str) -> Meeting:
    """The meeting, locked; Conflict `meeting.over` for one that has ended."""
    return still_live(locked(session, meeting_id))
