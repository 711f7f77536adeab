"""What happens to a site by itself: the bridge saw it come or go, it left, its ring ran out. All may be repeated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.values import State
from media.meetings.actions.access import locked
from media.meetings.actions.telling import leave_stage, step, tell_site
from media.meetings.model import Site
from media.meetings.moves import SiteState, Step, Way
from media.meetings.queries import overdue
from media.sfu.tiers import BY_NAME, Tier


def joined(session: Session, clock: Clock, site_id: str) -> bool:
    """The bridge has the site's connection. Whether that was news."""
    site = _live_site(session, site_id)
    if site is None or not step(clock, site, Step.CONNECT):
        return False
    tell_site(session, acting_for(site), "meeting.joined", site)
    return True


def lost(session: Session, clock: Clock, site_id: str, reason: str) -> bool:
    """The bridge lost the site's connection; a viewer's ends with it. Whether that was news."""
    site = _live_site(session, site_id)
    if site is None or not step(clock, site, Step.LEAVE if site.kind == "viewer" else Step.LOSE, reason):
        return False
    tell_site(session, system_actor(site.meeting.unit_id), f"meeting.{site.site_state}", site)
    return True


def leave(session: Session, clock: Clock, site_id: str) -> bool:
    """The site left by itself; it may come back. Whether that was news."""
    site = _live_site(session, site_id)
    if site is None or not step(clock, site, Step.LEAVE):
        return False
    actor = acting_for(site)
    tell_site(session, actor, "meeting.left", site)
    leave_stage(session, actor, site)
    return True


def gave_up(session: Session, clock: Clock, site_id: str, reason: str) -> bool:
    """The site's first connection never stood and none will be tried again. Whether that was news."""
    site = _live_site(session, site_id)
    if site is None or site.at is not SiteState.ANSWERED or not step(clock, site, Step.LEAVE, reason):
        return False
    tell_site(session, system_actor(site.meeting.unit_id), "meeting.left", site)
    return True


def stands(
    session: Session,
    clock: Clock,
    site_id: str,
    way: Way,
    tier: Tier,
    why: str,
    rungs: Sequence[tuple[Tier, datetime]] = (),
) -> bool:
    """The site's line has carried so much for a while, and no more: the tier it stands on. Whether that was news.

    `rungs` are the tiers that were taken on the way there, and when; no entry tells of those that did not last.
    """
    site = _live_site(session, site_id)
    if site is None or site.at is not SiteState.JOINED:
        return False
    former = BY_NAME[site.down_tier if way == "down" else site.up_tier]
    if former is tier:
        return False
    if way == "down":
        site.down_tier = tier.name
    else:
        site.up_tier = tier.name
    site.version += 1
    kind = "meeting.weakened" if tier.level > former.level else "meeting.recovered"
    line: State = {"way": way, "tier": tier.name, "former": former.name, "why": why}
    line["rungs"] = [{"tier": rung.name, "at": to_text(at)} for rung, at in rungs]
    tell_site(session, system_actor(site.meeting.unit_id), kind, site, {"line": line})
    return True


def time_out_rings(session: Session, clock: Clock) -> int:
    """End every ring whose time is over; how many."""
    ended = 0
    for meeting_id in overdue(session, clock.now()):
        meeting = locked(session, meeting_id)
        for site in meeting.sites if meeting.live else ():
            ended += _time_out(session, clock, site)
    return ended


def acting_for(site: Site) -> Actor:
    """The device or person of a site, as the actor of what it did."""
    if site.user_id is not None:
        return Actor("user", site.user_id, site.name, site.unit_id)
    return Actor("terminal", site.terminal_id or site.id, site.name, site.unit_id)


def _live_site(session: Session, site_id: str) -> Site | None:
    meeting_id = session.scalars(select(Site.meeting_id).where(Site.id == site_id)).one_or_none()
    if meeting_id is None:
        return None
    meeting = locked(session, meeting_id)
    return next((site for site in meeting.sites if site.id == site_id), None) if meeting.live else None


def _time_out(session: Session, clock: Clock, site: Site) -> bool:
    due = site.at is SiteState.RINGING and site.answer_by is not None and site.answer_by <= clock.now()
    if due and step(clock, site, Step.TIME_OUT):
        tell_site(session, system_actor(site.meeting.unit_id), "meeting.timed_out", site)
        return True
    return False
