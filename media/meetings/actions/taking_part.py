"""What a participant does for itself: answer the ring or refuse it, and enter."""

from sqlalchemy.orm import Session

from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, NotFound, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from media.meetings.actions.access import live
from media.meetings.actions.telling import step, tell_site
from media.meetings.model import WATCHING, Meeting, Site
from media.meetings.moves import SiteState, Step
from media.meetings.queries import meeting_seen, own_terminal_site, taking_part, viewing
from media.sfu.tiers import TOP


def answer(session: Session, clock: Clock, actor: Actor, meeting_id: str, reason: str | None = None) -> Site:
    """Accept the ring, also late as long as the meeting runs; a repeated answer changes nothing.

    Raises NotFound `meeting.unknown` for whoever was not invited, Refused `meeting.removed`, Conflict `meeting.over`.
    """
    return _respond(session, clock, actor, meeting_id, Step.ANSWER, reason)


def refuse(session: Session, clock: Clock, actor: Actor, meeting_id: str, reason: str | None = None) -> Site:
    """Refuse the ring; the reason may follow in a second call. Conflict `meeting.not_ringing` once it was answered."""
    return _respond(session, clock, actor, meeting_id, Step.REFUSE, reason)


def enter(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> Site:
    """The site with which the actor takes part now; a desk or wall gets one on its first coming.

    Raises NotFound `meeting.unknown`, Refused `meeting.removed`, Conflict `meeting.over` or `meeting.not_answered`.
    """
    meeting = live(session, meeting_seen(session, actor, meeting_id).id)
    site = _participant(session, clock, actor, meeting)
    if site.at is SiteState.REMOVED:
        raise Refused("meeting.removed")
    if site.kind == "terminal":
        if not site.present:
            raise Conflict("meeting.not_answered")
        return site
    if step(clock, site, Step.ENTER):
        tell_site(session, actor, "meeting.answered", site)
    return site


def publish(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> Site:
    """Enter to send only (WHIP): an encoder cannot be asked to answer, its coming is the answer to the ring.

    Raises as `enter`, and Conflict `meeting.watches_only` for a wall.
    """
    if actor.kind == "terminal" and not actor.may(Right.MEETING_WATCH, unit_of(session, actor.unit_id).path):
        answer(session, clock, actor, meeting_id)
    site = enter(session, clock, actor, meeting_id)
    if site.watches:
        raise Conflict("meeting.watches_only", name=site.name)
    return site


def watch(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> Site:
    """Enter as a viewer (WHEP), beside the site with which the actor takes part, if any; the ring goes on.

    Raises NotFound `meeting.unknown` or `meeting.not_invited`, Refused `meeting.removed`, Conflict `meeting.over`.
    """
    meeting = live(session, meeting_seen(session, actor, meeting_id).id)
    if not _may_watch(session, actor, meeting):
        raise NotFound("meeting.not_invited")
    site = viewing(actor, meeting)
    if site is None:
        return _new_site(session, clock, actor, meeting, "viewer")
    if site.at is SiteState.REMOVED:
        raise Refused("meeting.removed")
    if step(clock, site, Step.ENTER):
        tell_site(session, actor, "meeting.answered", site)
    return site


def _may_watch(session: Session, actor: Actor, meeting: Meeting) -> bool:
    path = unit_of(session, meeting.unit_id).path
    right = Right.MEETING_JOIN if actor.kind == "user" else Right.MEETING_WATCH
    if actor.kind in {"user", "terminal"} and actor.may(right, path):
        return True
    own = own_terminal_site(session, actor, meeting)
    if own is not None and own.at is SiteState.REMOVED:
        raise Refused("meeting.removed")
    return own is not None


def _respond(session: Session, clock: Clock, actor: Actor, meeting_id: str, wanted: Step, reason: str | None) -> Site:
    meeting = live(session, meeting_seen(session, actor, meeting_id).id)
    site = own_terminal_site(session, actor, meeting)
    if site is None:
        raise NotFound("meeting.not_invited")
    if site.at is SiteState.REMOVED:
        raise Refused("meeting.removed")
    moved = step(clock, site, wanted, reason)
    if moved is None:
        raise Conflict("meeting.not_ringing")
    if not moved and reason is not None and reason != site.reason and wanted is Step.REFUSE:
        site.reason = reason
        site.version += 1
        moved = True
    if moved:
        tell_site(session, actor, f"meeting.{site.site_state}", site)
    return site


def own_site(session: Session, actor: Actor, meeting: Meeting) -> Site | None:
    """The site with which the actor takes part: its own desk or wall, or the terminal that it answers for."""
    if _new_kind(session, actor, meeting) is not None:
        return taking_part(actor, meeting)
    return own_terminal_site(session, actor, meeting)


def _participant(session: Session, clock: Clock, actor: Actor, meeting: Meeting) -> Site:
    own = own_site(session, actor, meeting)
    if own is not None:
        return own
    kind = _new_kind(session, actor, meeting)
    if kind is None:
        raise NotFound("meeting.not_invited")
    return _new_site(session, clock, actor, meeting, kind)


def _new_kind(session: Session, actor: Actor, meeting: Meeting) -> str | None:
    """What whoever may come uninvited gets a site as; None for all others."""
    path = unit_of(session, meeting.unit_id).path
    if actor.kind == "user" and actor.may(Right.MEETING_JOIN, path):
        return "desk"
    return "wall" if actor.kind == "terminal" and actor.may(Right.MEETING_WATCH, path) else None


def _new_site(session: Session, clock: Clock, actor: Actor, meeting: Meeting, kind: str) -> Site:
    site = Site(
        id=new_id(),
        version=1,
        meeting_id=meeting.id,
        unit_id=actor.unit_id,
        kind=kind,
        terminal_id=actor.id if actor.kind == "terminal" else None,
        user_id=actor.id if actor.kind == "user" else None,
        name=actor.name,
        site_state=SiteState.ANSWERED.value,
        state_at=clock.now(),
        muted=kind in WATCHING,
        opened=0,
        rung=0,
        down_tier=TOP.name,
        up_tier=TOP.name,
        unseen_by=[],
    )
    meeting.sites.append(site)
    tell_site(session, actor, "meeting.answered", site)
    return site
