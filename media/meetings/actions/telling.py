"""How a change of a meeting or a site gets onto the timeline, and who may read it there."""

from sqlalchemy.orm import Session

from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.timeline import record
from command.kernel.values import State
from media.meetings.floor import Asker, Floor
from media.meetings.model import Meeting, Site
from media.meetings.moves import PRESENT, Step, moved
from media.sfu.tiers import TOP


def step(clock: Clock, site: Site, wanted: Step, reason: str | None = None) -> bool | None:
    """Move a site. True when it moved, False when there was nothing left to do, None when the step is impossible."""
    target = moved(site.at, wanted)
    if target is None:
        return None
    if target is site.at and wanted is not Step.RING:
        return False
    site.site_state = target.value
    site.state_at = clock.now()
    site.reason = reason
    site.answer_by = None
    site.down_tier = site.up_tier = TOP.name
    if target not in PRESENT:
        site.unseen_by = []
    site.version += 1
    return True


def tell_meeting(session: Session, actor: Actor, kind: str, meeting: Meeting, more: State | None = None) -> None:
    """A change of the meeting itself, for everybody who has a site in it; `more` is what else to tell."""
    body: State = {"meeting": meeting.state(), **(more or {})}
    record(session, actor, kind, unit=meeting.unit_id, incident=meeting.incident_id, body=body, shared=meeting.units())


def tell_site(session: Session, actor: Actor, kind: str, site: Site, more: State | None = None) -> None:
    """A change of one site, for its own unit and for whoever reads the meeting's: a township learns of no other.

    The meeting comes along, so that a unit whose first ring this is has it on its board; `more` is what else to tell.
    """
    meeting = site.meeting
    body: State = {"site": site.state(), "meeting": meeting.state(), **(more or {})}
    record(session, actor, kind, unit=meeting.unit_id, incident=meeting.incident_id, body=body, shared=[site.unit_id])


def leave_stage(session: Session, actor: Actor, site: Site) -> None:
    """A site that is gone waits for nothing, has no floor, shares nothing and is not broadcast."""
    give_up_floor(session, actor, site)
    end_content(session, actor, site.meeting, site.id)
    if site.meeting.broadcast == site.id:
        site.meeting.broadcast = None
        site.meeting.version += 1
        tell_meeting(session, actor, "meeting.broadcast", site.meeting)


def give_up_floor(session: Session, actor: Actor, site: Site) -> None:
    """End the site's floor, or its waiting for it; nothing where it has neither."""
    turns = site.meeting.turns
    if turns.held_by(site.id):
        end_floor(session, actor, site.meeting)
    elif turns.asker(site.id):
        set_floor(session, actor, "meeting.floor_withdrawn", site.meeting, turns.drop(site.id), site.name)


def end_floor(session: Session, actor: Actor, meeting: Meeting) -> None:
    """Nobody has the floor any more, nor is broadcast for it; every microphone is as it was before."""
    holder = meeting.turns.holder
    if holder is None:
        return
    if meeting.broadcast == holder.id:
        meeting.broadcast = None
    set_floor(session, actor, "meeting.floor_ended", meeting, meeting.turns.end(), holder.name)


def set_floor(session: Session, actor: Actor, kind: str, meeting: Meeting, floor: Floor, name: str) -> None:
    """The floor changes; `name` is the site's that it is about."""
    meeting.floor = floor.state()
    meeting.version += 1
    tell_meeting(session, actor, kind, meeting, {"floor": {"name": name}})


def end_content(session: Session, actor: Actor, meeting: Meeting, site_id: str) -> None:
    """Nothing is shared any more, where it was this site that did."""
    holder = meeting.sharing
    if holder is not None and holder.id == site_id:
        set_content(session, actor, "meeting.content_ended", meeting, None, holder)


def set_content(
    session: Session, actor: Actor, kind: str, meeting: Meeting, holder: Asker | None, former: Asker | None
) -> None:
    """The content is shared by `holder`, no longer by `former`."""
    meeting.content = holder.state() if holder else None
    meeting.version += 1
    names: State = {"name": holder.name if holder else None, "former": former.name if former else None}
    tell_meeting(session, actor, kind, meeting, {"content": names})
