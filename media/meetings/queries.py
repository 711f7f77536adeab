"""Reading meetings: what a reader sees of them, whom to ring, and what the bridge should hold."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from command.directory.model import Terminal, User
from command.directory.queries import Sight, sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.errors import FieldError, Invalid, NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import State
from media.meetings.model import Meeting, Site
from media.meetings.moves import PRESENT, SiteState

RINGABLE = frozenset({"browser", "headless", "phone"})
"""The kinds of terminals that ring: somebody or something answers there."""
_PAGES = frozenset({"browser", "phone"})


def meeting_seen(session: Session, actor: Actor, meeting_id: str) -> Meeting:
    """The meeting, live or ended, for somebody who may see it; NotFound `meeting.unknown` for anybody else."""
    meeting = session.get(Meeting, meeting_id) if is_id(meeting_id) else None
    if meeting is None or not sees(sight_of(session, actor), meeting):
        raise NotFound("meeting.unknown", id=meeting_id)
    return meeting


def sees(sight: Sight, meeting: Meeting) -> bool:
    """Whoever reads the meeting's unit, or has a site in it."""
    return sight.covers(meeting.unit_id, (site.unit_id for site in meeting.sites))


def sites_seen(sight: Sight, meeting: Meeting) -> list[Site]:
    """All sites for readers of the meeting's unit, the own ones for the others."""
    return [site for site in meeting.sites if sight.covers(meeting.unit_id, (site.unit_id,))]


def inside(meeting: Meeting) -> list[Site]:
    """Who is in now, in the order of coming: whoever is rung may know whom it will meet."""
    return sorted((site for site in meeting.sites if site.at is SiteState.JOINED), key=lambda site: site.state_at)


def board_meetings(session: Session, sight: Sight) -> list[State]:
    """Meetings on the board of this reader."""
    return [meeting.state() for meeting in session.scalars(_live()) if sees(sight, meeting)]


def board_sites(session: Session, sight: Sight) -> list[State]:
    """Sites on the board of this reader."""
    return [site.state() for meeting in session.scalars(_live()) for site in sites_seen(sight, meeting)]


def terminals_to_ring(session: Session, actor: Actor, units: Sequence[str], terminals: Sequence[str]) -> list[Terminal]:
    """The active terminals that ring when these units and these single terminals are invited, each once.

    Raises NotFound `unit.unknown` or `terminal.unknown` for what the actor cannot see, Invalid `meeting.cannot_ring`
    for a single terminal that nobody answers (a wall, a loudspeaker).
    """
    sight = sight_of(session, actor, Right.DIRECTORY_READ)
    for unit_id in units:
        if unit_of(session, unit_id).id not in sight.units:
            raise NotFound("unit.unknown", id=unit_id)
    single = [_ringable(session, sight, terminal_id) for terminal_id in terminals]
    query = select(Terminal).where(Terminal.unit_id.in_(units), Terminal.active, Terminal.kind.in_(RINGABLE))
    found = {terminal.id: terminal for terminal in (*session.scalars(query), *single)}
    return [found[key] for key in sorted(found)]


def ringing_kinds(session: Session, actor: Actor, terminals: Iterable[str]) -> list[str]:
    """Which of these terminals the actor can see and ring; for an area, where others simply do not count."""
    sight = sight_of(session, actor, Right.DIRECTORY_READ)
    query = select(Terminal).where(Terminal.id.in_(list(terminals)), Terminal.active, Terminal.kind.in_(RINGABLE))
    return sorted(terminal.id for terminal in session.scalars(query) if terminal.unit_id in sight.units)


def place(session: Session, terminal: Terminal) -> tuple[float | None, float | None]:
    """Where a terminal stands (lon, lat): its own position, or its unit's; None where neither is known."""
    if terminal.lon is not None and terminal.lat is not None:
        return terminal.lon, terminal.lat
    unit = unit_of(session, terminal.unit_id)
    return unit.lon, unit.lat


def own_terminal_site(session: Session, actor: Actor, meeting: Meeting) -> Site | None:
    """The site an actor answers for: a device its own; a person the page terminal of the own unit."""
    if actor.kind == "terminal":
        return taking_part(actor, meeting)
    if actor.kind != "user" or not actor.may(Right.MEETING_JOIN, unit_of(session, actor.unit_id).path):
        return None
    own = [site for site in meeting.sites if site.unit_id == actor.unit_id and site.kind == "terminal"]
    pages = set(
        session.scalars(select(Terminal.id).where(Terminal.unit_id == actor.unit_id, Terminal.kind.in_(_PAGES)))
    )
    return next((site for site in own if site.terminal_id in pages), None)


def taking_part(actor: Actor, meeting: Meeting) -> Site | None:
    """The site with which the actor itself takes part or would: its desk, its own terminal or wall."""
    return next((site for site in _of(actor, meeting) if site.kind != "viewer"), None)


def viewing(actor: Actor, meeting: Meeting) -> Site | None:
    """The site with which the actor plays the meeting."""
    return next((site for site in _of(actor, meeting) if site.kind == "viewer"), None)


def _of(actor: Actor, meeting: Meeting) -> list[Site]:
    return [site for site in meeting.sites if actor.id == (site.user_id if actor.kind == "user" else site.terminal_id)]


def live_meetings(session: Session, ids: Iterable[str] | None = None) -> list[Meeting]:
    """The live meetings with their sites, all or those of `ids`."""
    query = _live() if ids is None else _live().where(Meeting.id.in_(list(ids)))
    return list(session.scalars(query))


def struck_off(session: Session) -> list[str]:
    """Ids of sites that are in a live meeting though their device was struck off or their account locked."""
    gone = or_(
        Site.terminal_id.in_(select(Terminal.id).where(Terminal.active.is_(False))),
        Site.user_id.in_(select(User.id).where(or_(User.active.is_(False), User.locked))),
    )
    inside = Site.site_state.in_([state.value for state in PRESENT])
    query = select(Site.id).join(Meeting, Meeting.id == Site.meeting_id)
    return list(session.scalars(query.where(Meeting.status == "live", inside, gone).order_by(Site.id)))


def overdue(session: Session, now: datetime) -> list[str]:
    """Ids of live meetings in which a ring has run out."""
    late = exists().where(
        Site.meeting_id == Meeting.id, Site.site_state == SiteState.RINGING.value, Site.answer_by <= now
    )
    return list(session.scalars(select(Meeting.id).where(Meeting.status == "live", late).order_by(Meeting.id)))


def _live() -> Select[Meeting]:
    return select(Meeting).where(Meeting.status == "live").order_by(Meeting.id)


def _ringable(session: Session, sight: Sight, terminal_id: str) -> Terminal:
    terminal = session.get(Terminal, terminal_id) if is_id(terminal_id) else None
    if terminal is None or not terminal.active or terminal.unit_id not in sight.units:
        raise NotFound("terminal.unknown", id=terminal_id)
    if terminal.kind not in RINGABLE:
        field = FieldError("invite.terminals", "meeting.cannot_ring", (("name", terminal.name),))
        raise Invalid("meeting.cannot_ring", fields=(field,), name=terminal.name)
    return terminal
