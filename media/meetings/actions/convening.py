"""Opening a meeting, ringing its terminals, ending it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from command.directory.model import Terminal
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid
from command.kernel.ids import new_id
from command.kernel.rights import Right
from media.meetings.actions.access import chaired, locked, site_in
from media.meetings.actions.telling import leave_stage, step, tell_meeting, tell_site
from media.meetings.floor import EMPTY
from media.meetings.model import Meeting, Mode, Site, layout_for
from media.meetings.moves import SiteState, Step
from media.meetings.queries import meeting_seen, place, terminals_to_ring
from media.sfu.tiers import TOP

RING_FOR = timedelta(seconds=45)
ENDED = "ended"
"""The reason of a site that went because the meeting ended."""


@dataclass(frozen=True)
class Call:
    """A meeting about to be convened; the ids of whole units and of single terminals to ring."""

    title: str
    units: Sequence[str] = ()
    terminals: Sequence[str] = ()
    incident: str | None = None
    drill: bool = False
    mode: Mode = Mode.DISCUSSION


def convene(session: Session, clock: Clock, actor: Actor, call: Call, ring_for: timedelta = RING_FOR) -> Meeting:
    """Open a meeting with the actor as its chair and ring its terminals.

    Raises Refused without `meeting.convene`, Invalid `meeting.nobody` when there is no terminal to ring, and as
    `terminals_to_ring` for what cannot be invited.
    """
    unit_id = _convening_unit(session, actor)
    terminals = terminals_to_ring(session, actor, call.units, call.terminals)
    if not terminals:
        raise Invalid("meeting.nobody", fields=(FieldError("invite", "meeting.nobody"),))
    meeting = Meeting(
        id=new_id(),
        version=1,
        unit_id=unit_id,
        title=call.title,
        incident_id=call.incident,
        status="live",
        mode=call.mode.value,
        chair_id=actor.id,
        chair_name=actor.name,
        layout=layout_for(len(terminals) + 1),
        started_at=clock.now(),
        drill=call.drill,
        codec="vp8",
        floor=EMPTY,
    )
    session.add(meeting)
    sites = [_terminal_site(session, clock, meeting, terminal) for terminal in terminals]
    tell_meeting(session, actor, "meeting.convened", meeting)
    for site in sites:
        _start_ring(clock, site, ring_for)
        tell_site(session, actor, "meeting.rung", site)
    return meeting


def ring(
    session: Session, clock: Clock, actor: Actor, meeting_id: str, site_id: str, ring_for: timedelta = RING_FOR
) -> None:
    """Ring a site again. Conflict `meeting.already_in`, or `meeting.cannot_ring` for desks and walls."""
    site = site_in(chaired(session, actor, meeting_id), site_id)
    if site.kind != "terminal":
        raise Conflict("meeting.cannot_ring", name=site.name)
    if not step(clock, site, Step.RING):
        raise Conflict("meeting.already_in", name=site.name)
    _start_ring(clock, site, ring_for)
    tell_site(session, actor, "meeting.rung", site)
    leave_stage(session, actor, site)


def ring_terminal(
    session: Session, clock: Clock, actor: Actor, meeting_id: str, terminal_id: str, ring_for: timedelta = RING_FOR
) -> None:
    """Ring one more terminal, or the site it already has in this meeting."""
    meeting = chaired(session, actor, meeting_id)
    known = next((site for site in meeting.sites if site.terminal_id == terminal_id and site.kind == "terminal"), None)
    if known is not None:
        ring(session, clock, actor, meeting_id, known.id, ring_for)
        return
    terminal = terminals_to_ring(session, actor, (), (terminal_id,))[0]
    site = _terminal_site(session, clock, meeting, terminal)
    _start_ring(clock, site, ring_for)
    tell_site(session, actor, "meeting.rung", site)


def end(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> None:
    """End the meeting for everybody: the chair, or whoever may convene there when the chair is gone."""
    meeting = locked(session, meeting_seen(session, actor, meeting_id).id)
    actor.need(Right.MEETING_CONVENE, unit_of(session, meeting.unit_id).path)
    if not meeting.live:
        return
    meeting.status = "ended"
    meeting.ended_at = clock.now()
    meeting.floor, meeting.content = EMPTY, None
    meeting.version += 1
    tell_meeting(session, actor, "meeting.ended", meeting)
    for site in meeting.sites:
        tell_site(session, actor, _closing_kind(clock, site), site)


def _convening_unit(session: Session, actor: Actor) -> str:
    """The county where the actor may convene for it (its departments share one wall), else the own unit."""
    unit = unit_of(session, actor.unit_id)
    county = county_of(session, unit)
    if actor.kind == "user" and actor.may(Right.MEETING_CONVENE, county.path):
        return county.id
    actor.need(Right.MEETING_CONVENE, unit.path)
    return unit.id


def _terminal_site(session: Session, clock: Clock, meeting: Meeting, terminal: Terminal) -> Site:
    lon, lat = place(session, terminal)
    site = Site(
        id=new_id(),
        version=1,
        meeting_id=meeting.id,
        unit_id=terminal.unit_id,
        kind="terminal",
        terminal_id=terminal.id,
        name=terminal.name,
        lon=lon,
        lat=lat,
        site_state=SiteState.RINGING.value,
        state_at=clock.now(),
        muted=meeting.mode == Mode.BRIEFING.value,
        opened=0,
        rung=0,
        down_tier=TOP.name,
        up_tier=TOP.name,
        unseen_by=[],
    )
    meeting.sites.append(site)
    return site


def _start_ring(clock: Clock, site: Site, ring_for: timedelta) -> None:
    site.rung += 1
    site.rung_at = clock.now()
    site.answer_by = clock.now() + ring_for


def _closing_kind(clock: Clock, site: Site) -> str:
    """Close a site with its meeting: whoever was in leaves, a ring runs out, what had ended only goes off the board."""
    if step(clock, site, Step.TIME_OUT, ENDED) or step(clock, site, Step.LEAVE, ENDED):
        return f"meeting.{site.site_state}"
    site.version += 1
    return "meeting.ended"
