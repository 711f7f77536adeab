"""What the bridge found out about codecs: in which one a meeting's pictures are sent, and whose are not seen by all."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from command.kernel.actor import system_actor
from command.kernel.values import Json
from media.meetings.actions.access import locked
from media.meetings.actions.telling import tell_meeting, tell_site
from media.meetings.model import Site


def settled(session: Session, meeting_id: str, codec: str | None, unseen: Mapping[str, Sequence[str]]) -> bool:
    """Note the codec that all sites take (None: there is none) and, by site, who cannot show its picture.

    May be repeated. Whether that was news.
    """
    meeting = locked(session, meeting_id)
    if not meeting.live:
        return False
    changed = meeting.codec != codec
    if changed:
        meeting.codec = codec
        meeting.version += 1
        tell_meeting(session, system_actor(meeting.unit_id), "meeting.codec", meeting)
    noted = [_note(session, site, unseen.get(site.id, ())) for site in meeting.sites if site.present]
    return changed or any(noted)


def _note(session: Session, site: Site, blind: Sequence[str]) -> bool:
    unseen_by: list[Json] = [*sorted(blind)]
    if site.unseen_by == unseen_by:
        return False
    site.unseen_by = unseen_by
    site.version += 1
    actor = system_actor(site.meeting.unit_id)
    tell_site(session, actor, "meeting.unseen" if unseen_by else "meeting.seen", site)
    return True
