"""The content (双流): a second picture beside the cameras, a screen for example. One site at a time shares it."""

from sqlalchemy.orm import Session

from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict
from media.meetings.actions.access import chaired
from media.meetings.actions.speaking import need_joined, need_own
from media.meetings.actions.telling import end_content, set_content
from media.meetings.floor import Asker
from media.meetings.model import Meeting


def share(session: Session, clock: Clock, actor: Actor, meeting_id: str) -> Meeting:
    """The actor's own site shares its content from now on; the chair takes that over from whoever does.

    May be repeated. Raises NotFound `meeting.unknown` or `meeting.not_invited`, Conflict `meeting.over`,
    `meeting.watches_only`, `meeting.not_joined`, `meeting.content_held`.
    """
    site = need_own(session, actor, meeting_id)
    meeting, holder = site.meeting, site.meeting.sharing
    if site.watches:
        raise Conflict("meeting.watches_only", name=site.name)
    need_joined(site)
    if holder is not None and holder.id == site.id:
        return meeting
    if holder is not None and not site.chairs:
        raise Conflict("meeting.content_held", name=holder.name)
    kind = "meeting.content_begun" if holder is None else "meeting.content_taken"
    now = Asker(site.id, site.name, to_text(clock.now()))
    set_content(session, actor, kind, meeting, now, holder)
    return meeting


def unshare(session: Session, actor: Actor, meeting_id: str) -> Meeting:
    """The actor's own site shares nothing any more; may be repeated. Raises as `share`, where there is no such site."""
    site = need_own(session, actor, meeting_id)
    end_content(session, actor, site.meeting, site.id)
    return site.meeting


def end(session: Session, actor: Actor, meeting_id: str) -> None:
    """The chair ends whatever is shared; may be repeated."""
    meeting = chaired(session, actor, meeting_id)
    if meeting.sharing is not None:
        end_content(session, actor, meeting, meeting.sharing.id)
