"""Asking for the floor, and what the chair makes of it."""

from sqlalchemy.orm import Session

from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, NotFound
from media.meetings.actions.access import chaired, live, site_in
from media.meetings.actions.taking_part import own_site
from media.meetings.actions.telling import end_floor, give_up_floor, set_floor
from media.meetings.floor import Asker
from media.meetings.model import Meeting, Site
from media.meetings.moves import SiteState
from media.meetings.queries import meeting_seen


def ask(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> Meeting:
    """The actor's own site asks for the floor; asking again keeps its place.

    Raises NotFound `meeting.unknown` or `meeting.not_invited`, Conflict `meeting.over`, `meeting.watches_only`,
    `meeting.not_joined`, `meeting.chair_has_floor`.
    """
    site = need_own(session, actor, meeting_id)
    meeting = site.meeting
    if site.watches:
        raise Conflict("meeting.watches_only", name=site.name)
    if site.chairs:
        raise Conflict("meeting.chair_has_floor")
    need_joined(site)
    turns = meeting.turns.ask(Asker(site.id, site.name, to_text(clock.now())))
    if turns != meeting.turns:
        set_floor(session, actor, "meeting.floor_asked", meeting, turns, site.name)
    return meeting


def withdraw(session: Session, actor: Actor, meeting_id: str) -> Meeting:
    """The actor's own site asks no more, or has said all. Raises as `ask`, where there is no such site."""
    site = need_own(session, actor, meeting_id)
    give_up_floor(session, actor, site)
    return site.meeting


def grant(session: Session, clock: Clock, actor: Actor, meeting_id: str, site_id: str) -> None:
    """Give the floor to a waiting site: it is broadcast, all microphones but its own and the chair's are closed.

    Whoever had it is done. Conflict `meeting.not_asking`, or `meeting.not_joined` where its connection is gone.
    """
    meeting = chaired(session, actor, meeting_id)
    site = site_in(meeting, site_id)
    if meeting.turns.held_by(site_id):
        return
    _need_asking(site)
    need_joined(site)
    end_floor(session, actor, meeting)
    meeting.broadcast = site.id
    turns = meeting.turns.grant(site.id, to_text(clock.now()))
    set_floor(session, actor, "meeting.floor_granted", meeting, turns, site.name)


def refuse(session: Session, actor: Actor, meeting_id: str, site_id: str) -> None:
    """Take a site out of the queue. Conflict `meeting.not_asking`."""
    meeting = chaired(session, actor, meeting_id)
    site = site_in(meeting, site_id)
    _need_asking(site)
    set_floor(session, actor, "meeting.floor_refused", meeting, meeting.turns.drop(site.id), site.name)


def end(session: Session, actor: Actor, meeting_id: str) -> None:
    """Nobody has the floor any more; may be repeated."""
    end_floor(session, actor, chaired(session, actor, meeting_id))


def need_own(session: Session, actor: Actor, meeting_id: str) -> Site:
    """The actor's own site in a live meeting, locked. Raises as `ask`."""
    site = own_site(session, actor, live(session, meeting_seen(session, actor, meeting_id).id))
    if site is None:
        raise NotFound("meeting.not_invited")
    return site


def _need_asking(site: Site) -> None:
    if site.meeting.turns.asker(site.id) is None:
        raise Conflict("meeting.not_asking", name=site.name)


def need_joined(site: Site) -> None:
    """Conflict `meeting.not_joined` for a site without a connection."""
    if site.at is not SiteState.JOINED:
        raise Conflict("meeting.not_joined", name=site.name)
