"""What the chair does in a running meeting."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid
from command.kernel.values import Json, State
from media.meetings.actions.access import chaired, site_in
from media.meetings.actions.telling import end_floor, leave_stage, step, tell_meeting, tell_site
from media.meetings.model import LAYOUT_CELLS, Site
from media.meetings.moves import SiteState, Step


def mute(session: Session, actor: Actor, meeting_id: str, site_id: str, muted: bool) -> None:
    """Close or open one site's microphone for everybody, while another has the floor too; to close its own ends that.

    Conflict `meeting.watches_only` where it has none.
    """
    site = site_in(chaired(session, actor, meeting_id), site_id)
    if site.watches:
        raise Conflict("meeting.watches_only", name=site.name)
    _mute(session, actor, site, muted)


def mute_all(session: Session, actor: Actor, meeting_id: str, muted: bool) -> None:
    """Close or open every microphone but the chair's own."""
    meeting = chaired(session, actor, meeting_id)
    for site in meeting.sites:
        if not site.watches and not site.chairs:
            _mute(session, actor, site, muted)


def remove(session: Session, clock: Clock, actor: Actor, meeting_id: str, site_id: str) -> None:
    """Put a site out; it comes back only when it is rung again. Conflict `meeting.not_yourself` for the chair's own."""
    meeting = chaired(session, actor, meeting_id)
    site = site_in(meeting, site_id)
    if site.chairs:
        raise Conflict("meeting.not_yourself")
    if step(clock, site, Step.REMOVE):
        tell_site(session, actor, "meeting.removed", site)
        leave_stage(session, actor, site)


def broadcast(session: Session, actor: Actor, meeting_id: str, site_id: str | None) -> None:
    """Show one site to everybody, or nobody in particular (None). Conflict `meeting.not_joined` for an absent one."""
    meeting = chaired(session, actor, meeting_id)
    if site_id is not None:
        site = site_in(meeting, site_id)
        if site.watches or site.at is not SiteState.JOINED:
            raise Conflict("meeting.not_joined", name=site.name)
    if meeting.broadcast != site_id:
        meeting.broadcast = site_id
        meeting.version += 1
        tell_meeting(session, actor, "meeting.broadcast", meeting)


def lay_out(session: Session, actor: Actor, meeting_id: str, kind: str, cells: Sequence[str | None]) -> None:
    """Arrange the pictures: `cells` are site ids in reading order, None is filled by itself.

    Invalid `meeting.bad_layout` for an unknown kind, too many cells, a site that is not in the meeting or stands twice.
    """
    meeting = chaired(session, actor, meeting_id)
    chosen = [cell for cell in cells if cell is not None]
    known = {site.id for site in meeting.sites}
    if len(cells) > LAYOUT_CELLS.get(kind, 0) or len(set(chosen)) != len(chosen) or not known.issuperset(chosen):
        raise Invalid("meeting.bad_layout", fields=(FieldError("layout", "meeting.bad_layout"),))
    layout: State = {"kind": kind, "cells": list[Json](cells)}
    if meeting.layout != layout:
        meeting.layout = layout
        meeting.version += 1
        tell_meeting(session, actor, "meeting.layout", meeting)


def _mute(session: Session, actor: Actor, site: Site, muted: bool) -> None:
    if muted and site.meeting.turns.held_by(site.id):
        end_floor(session, actor, site.meeting)
    opened = 0 if muted else site.meeting.turns.number
    if site.muted != muted or (site.opened != opened and site.meeting.turns.holder is not None):
        site.muted, site.opened = muted, opened
        site.version += 1
        tell_site(session, actor, "meeting.muted" if muted else "meeting.unmuted", site)
