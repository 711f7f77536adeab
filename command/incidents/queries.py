"""Reading incidents: one, by search, for the board, with their notes and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from command.directory.model import Unit
from command.directory.queries import Sight, sight_of, unit_of
from command.incidents import moves
from command.incidents.model import Attachment, Incident, Note, Share
from command.kernel.actor import Actor
from command.kernel.among import among
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import State
from command.sight import readable


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to look for; None asks nothing. `within` is west, south, east, north in degrees; `after` an id."""

    status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    within: tuple[float, float, float, float] | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


def incident_for(session: Session, actor: Actor, incident_id: str, *, lock: bool = False) -> Incident:
    """The incident if the actor may read it; NotFound `incident.unknown` otherwise. `lock` keeps others off its row."""
    row = session.get(Incident, incident_id, with_for_update=lock or None) if is_id(incident_id) else None
    if row is None or not readable(session, actor, row.unit_id, row.shared):
        raise NotFound("incident.unknown", id=incident_id[:40])
    return row


def search(session: Session, actor: Actor, wanted: Search) -> list[Incident]:
    """Incidents the actor may read, newest first, at most `limit`. Raises Refused for who may read nothing."""
    if not actor.may_somewhere(Right.READ):
        raise Refused("access.refused", right=Right.READ)
    units = sight_of(session, actor).units
    query = select(Incident).where(
        or_(among(Incident.unit_id, units), Incident.shares.any(among(Share.unit_id, units)))
    )
    query = _by_words(_by_time(_by_state(query, wanted), wanted), wanted.text)
    if wanted.within is not None:
        west, south, east, north = wanted.within
        query = query.where(Incident.lon.between(west, east), Incident.lat.between(south, north))
    if wanted.after is not None:
        query = query.where(Incident.id < wanted.after)
    return list(session.scalars(query.order_by(Incident.id.desc()).limit(wanted.limit)))


def board_incidents(session: Session, sight: Sight) -> list[State]:
    """Incidents on the board of this reader."""
    rows = session.scalars(select(Incident).where(Incident.status.not_in(sorted(moves.OFF_BOARD))))
    return [row.state() for row in rows if sight.covers(row.unit_id, row.shared)]


def incident_details(session: Session, actor: Actor, incident: Incident) -> State:
    """The public state and what only this reader may see: the moves open to them, the caller."""
    path = unit_of(session, incident.unit_id).path
    own: State = {"allowed": list(allowed_moves(actor, incident, path))}
    if actor.may(Right.READ_PERSONAL, path):
        own |= {"reporter": incident.reporter, "callback": incident.callback}
    return {**incident.state(), **own}


def allowed_moves(actor: Actor, incident: Incident, path: str) -> tuple[str, ...]:
    """The statuses and verifications this actor may set now."""
    if not actor.may(Right.INCIDENT_CHANGE, path):
        return ()
    return moves.STATUS.possible(incident.status) + moves.VERIFICATION.possible(incident.verification)


def notes_of(session: Session, incident_id: str) -> list[State]:
    """The incident's notes in order; each with `corrected_by`, the id of the note that corrects it, or None."""
    rows = list(session.scalars(select(Note).where(Note.incident_id == incident_id).order_by(Note.at, Note.id)))
    corrected = {row.corrects: row.id for row in rows if row.corrects}
    return [{**row.state(), "corrected_by": corrected.get(row.id)} for row in rows]


def attachments_of(session: Session, incident_id: str) -> list[Attachment]:
    """The incident's files in order."""
    query = select(Attachment).where(Attachment.incident_id == incident_id)
    return list(session.scalars(query.order_by(Attachment.at, Attachment.id)))


def attachment_for(session: Session, actor: Actor, attachment_id: str) -> Attachment:
    """The file if the actor may read its incident; NotFound `attachment.unknown` otherwise."""
    row = session.get(Attachment, attachment_id) if is_id(attachment_id) else None
    incident = session.get_one(Incident, row.incident_id) if row is not None else None
    if row is None or incident is None or not readable(session, actor, incident.unit_id, incident.shared):
        raise NotFound("attachment.unknown", id=attachment_id[:40])
    return row


def unit_names(session: Session, incidents: Sequence[Incident]) -> dict[str, str]:
    """Unit id → name for the units of these incidents."""
    ids = {incident.unit_id for incident in incidents}
    return {row.id: row.name for row in session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids)))}


def _by_state(query: Select[Incident], wanted: Search) -> Select[Incident]:
    if wanted.status:
        query = query.where(Incident.status.in_(wanted.status))
    if wanted.category:
        query = query.where(Incident.category.in_(wanted.category))
    return query


def _by_time(query: Select[Incident], wanted: Search) -> Select[Incident]:
    if wanted.since is not None:
        query = query.where(Incident.logged_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Incident.logged_at <= wanted.until)
    return query


def _by_words(query: Select[Incident], text: str | None) -> Select[Incident]:
    """Every word of `text` must stand somewhere in number, title, description or place."""
    columns = (Incident.number, Incident.title, Incident.description, Incident.place)
    for word in (text or "").split()[:8]:
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return query
