"""What can be done with an incident. Every function writes and tells the timeline in the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.area import area_of
from command.checks import checked_area, invalid, not_future
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.incidents import moves
from command.incidents.changes import Changes, Draft, Move, apply, precision_of, set_personal, set_place
from command.incidents.model import Attachment, Incident, Note, Share
from command.incidents.numbers import incident_number
from command.incidents.place import resolve
from command.incidents.queries import incident_for
from command.kernel.actor import Actor
from command.kernel.attachments import StoredFile, safe_name
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, NotFound, Refused, StaleVersion
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State
from gis.divisions import Divisions


def log(session: Session, clock: Clock, actor: Actor, draft: Draft, divisions: Divisions) -> Incident:
    """Log an incident for the actor's unit.

    Raises Refused; Invalid `location.outside_world`, `location.outside_area`, `division.unknown`, `time.future`,
    `time.precision`, `area.unusable`.
    """
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.INCIDENT_LOG, unit.path)
    now = clock.now()
    area = area_of(session, unit, divisions)
    place = resolve(session, area, draft.position, draft.location_precision, draft.division_code)
    incident = Incident(**_said(draft, now), **_given(session, actor, unit, now))
    set_place(incident, place)
    set_personal(incident, draft.reporter, draft.callback)
    session.add(incident)
    _tell(session, actor, incident, "incident.logged")
    return incident


def amend(
    session: Session,
    clock: Clock,
    actor: Actor,
    incident_id: str,
    expected: int,
    changes: Changes,
    move: Move,
    divisions: Divisions,
) -> Incident:
    """Change an incident that still has the version `expected`; fields, verification and status are an entry each.

    Raises NotFound, Refused, StaleVersion `version.stale`, Conflict `incident.ended` or `move.impossible`, Invalid
    `move.reason_needed` and those of `log`.
    """
    if move.merged_into is not None:
        _lock_in_order(session, incident_id, move.merged_into)
    incident = _to_change(session, actor, incident_id, Right.INCIDENT_CHANGE)
    if incident.version != expected:
        raise StaleVersion("version.stale", version=incident.version)
    if changes:
        if not incident.on_board:
            raise Conflict("incident.ended", state=incident.status)
        apply(session, clock, incident, changes, divisions)
        _change(session, actor, incident, "incident.amended")
    if move.verification is not None and move.verification != incident.verification:
        _verify(session, actor, incident, move.verification, move.reason)
    if move.status is not None and move.status != incident.status:
        _move(session, clock, actor, incident, move.status, move)
    return incident


def acknowledge(session: Session, clock: Clock, actor: Actor, incident_id: str) -> Incident:
    """Somebody has taken note of it: the sound stops. The first one counts, a second changes nothing."""
    incident = _to_change(session, actor, incident_id, Right.INCIDENT_ACKNOWLEDGE)
    if incident.acknowledged is None:
        incident.acknowledged = {"by": actor.by(), "at": to_text(clock.now())}
        _change(session, actor, incident, "incident.acknowledged")
    return incident


def erase_caller(session: Session, actor: Actor, incident_id: str) -> Incident:
    """Forget who reported it, also when it has ended. The digest stays, so that the chain holds."""
    incident = _to_change(session, actor, incident_id, Right.INCIDENT_CHANGE)
    if incident.personal_salt is not None:
        incident.reporter = incident.callback = incident.personal_salt = None
        _change(session, actor, incident, "incident.caller_erased")
    return incident


def share(session: Session, actor: Actor, incident: Incident, units: Iterable[str]) -> None:
    """Show an incident to further units, whose people may then read it and write about it.

    Its version stays: what it says has not changed, and nobody's open form becomes stale by it.
    """
    new = sorted(set(units) - {incident.unit_id, *incident.shared})
    if new:
        incident.shares.extend(Share(incident_id=incident.id, unit_id=unit) for unit in new)
        _tell(session, actor, incident, "incident.shared")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A note to be written. `figures` are the numbers it reports; those left out stay as they were."""

    text: str
    corrects: str | None = None
    attachments: tuple[str, ...] = ()
    figures: Mapping[str, int | None] | None = None


def note(session: Session, clock: Clock, actor: Actor, incident_id: str, line: Line) -> Note:
    """Write a line about an incident; one that was wrong is corrected by another, never edited.

    Raises NotFound, Refused, Conflict `incident.archived` or `note.corrected_already`, Invalid `note.other_incident`
    or `attachment.other_incident`.
    """
    incident = _to_write_about(session, actor, incident_id, lock=True)
    _check_correction(session, incident, line.corrects)
    _check_files(session, incident, line.attachments)
    now = clock.now()
    source: State = {"as_of": to_text(now), "by": actor.by()}
    row = Note(
        **_part_of(incident, actor, now),
        text=line.text,
        corrects=line.corrects,
        attachments=list(line.attachments),
        figures={**line.figures, **source} if line.figures else None,
    )
    session.add(row)
    body: State = {"note": row.state()}
    if line.figures:
        former = incident.figures if isinstance(incident.figures, dict) else {}
        incident.figures = {**former, **line.figures, **source}
        incident.version += 1
        body["incident"] = incident.state()
    _record(session, actor, incident, "incident.noted", body)
    return row


def check_attach(session: Session, actor: Actor, incident_id: str) -> None:
    """Whether `attach` would be allowed, asked before the bytes are written. Raises as `attach`."""
    _to_write_about(session, actor, incident_id, lock=False)


def attach(
    session: Session, clock: Clock, actor: Actor, incident_id: str, name: str | None, file: StoredFile
) -> Attachment:
    """Note a file that is on disk already. Raises NotFound, Refused, Conflict `incident.archived`."""
    incident = _to_write_about(session, actor, incident_id, lock=True)
    row = Attachment(
        **_part_of(incident, actor, clock.now()),
        name=safe_name(name),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )
    session.add(row)
    _record(session, actor, incident, "incident.attached", {"attachment": row.state()})
    return row


def _said(draft: Draft, now: datetime) -> dict[str, Any]:
    occurred_at = not_future(draft.occurred_at, now, "occurred_at")
    return {
        "title": draft.title,
        "category": draft.category,
        "code": draft.code,
        "grade": draft.grade,
        "source": draft.source,
        "occurred_at": occurred_at,
        "occurred_at_precision": precision_of(occurred_at, draft.occurred_at_precision),
        "reported_at": not_future(draft.reported_at, now, "reported_at") or now,
        "place": draft.place,
        "description": draft.description,
        "affected_area": checked_area(draft.affected_area, "affected_area"),
        "drill": draft.drill,
    }


def _given(session: Session, actor: Actor, unit: Unit, now: datetime) -> dict[str, Any]:
    county = county_of(session, unit)
    day, number = incident_number(session, county.id, now)
    identity = {"id": new_id(), "version": 1, "unit_id": unit.id, "county_id": county.id, "day": day, "number": number}
    course = {"status": moves.REPORTED, "status_at": now, "verification": "unverified"}
    return {**identity, **course, "logged_at": now, "logged_by": actor.by()}


def _part_of(incident: Incident, actor: Actor, now: datetime) -> dict[str, Any]:
    ids = {"id": new_id(), "version": 1, "incident_id": incident.id, "unit_id": incident.unit_id}
    return {**ids, "by": actor.by(), "at": now}


def _to_change(session: Session, actor: Actor, incident_id: str, right: Right) -> Incident:
    incident = incident_for(session, actor, incident_id, lock=True)
    actor.need(right, unit_of(session, incident.unit_id).path)
    return incident


def _lock_in_order(session: Session, *ids: str) -> None:
    """Two people who merge a pair both ways must wait for each other, not for ever."""
    session.execute(select(Incident.id).where(Incident.id.in_(ids)).order_by(Incident.id).with_for_update()).all()


def _change(session: Session, actor: Actor, incident: Incident, kind: str) -> None:
    incident.version += 1
    _tell(session, actor, incident, kind)


def _tell(session: Session, actor: Actor, incident: Incident, kind: str) -> None:
    _record(session, actor, incident, kind, {"incident": incident.state()})


def _record(session: Session, actor: Actor, incident: Incident, kind: str, body: State) -> None:
    record(session, actor, kind, unit=incident.unit_id, incident=incident.id, shared=incident.shared, body=body)


def _verify(session: Session, actor: Actor, incident: Incident, to: str, reason: str | None) -> None:
    moves.VERIFICATION.check(incident.verification, to, reason)
    incident.verification = to
    incident.reason = reason or incident.reason
    _change(session, actor, incident, f"incident.{to}")


def _move(session: Session, clock: Clock, actor: Actor, incident: Incident, to: str, move: Move) -> None:
    before = incident.status
    moves.STATUS.check(before, to, move.reason)
    if to in _TARGETS:
        _TARGETS[to](session, actor, incident, move)
    incident.status, incident.status_at, incident.reason = to, clock.now(), move.reason
    _change(session, actor, incident, moves.kind_of(before, to))


def _transfer(session: Session, actor: Actor, incident: Incident, move: Move) -> None:
    if not (move.transferred_to and move.transferred_to.strip()):
        raise invalid("move.transferred_to_needed", "transferred_to")
    incident.transferred_to = move.transferred_to


def _merge(session: Session, actor: Actor, incident: Incident, move: Move) -> None:
    if move.merged_into is None:
        raise invalid("move.merged_into_needed", "merged_into")
    try:
        other = incident_for(session, actor, move.merged_into, lock=True)
    except NotFound as problem:
        raise invalid("incident.unknown", "merged_into", id=move.merged_into[:40]) from problem
    # Only one still on the board may take it in, so merged incidents never close into a ring.
    if other.id == incident.id or not other.on_board:
        raise Conflict("move.merged_into_ended", number=other.number)
    incident.merged_into = other.id


_TARGETS: Mapping[str, Callable[[Session, Actor, Incident, Move], None]] = {
    moves.TRANSFERRED: _transfer,
    moves.MERGED: _merge,
}


def _to_write_about(session: Session, actor: Actor, incident_id: str, *, lock: bool) -> Incident:
    """Who it was shared with writes about it as well: they are on the spot."""
    incident = incident_for(session, actor, incident_id, lock=lock)
    paths = [unit_of(session, unit).path for unit in (incident.unit_id, *incident.shared)]
    if not any(actor.may(Right.INCIDENT_NOTE, path) for path in paths):
        raise Refused("access.refused", right=Right.INCIDENT_NOTE)
    if incident.status == moves.ARCHIVED:
        raise Conflict("incident.archived", number=incident.number)
    return incident


def _check_correction(session: Session, incident: Incident, corrects: str | None) -> None:
    if corrects is None:
        return
    wrong = session.get(Note, corrects) if is_id(corrects) else None
    if wrong is None or wrong.incident_id != incident.id:
        raise invalid("note.other_incident", "corrects")
    if session.scalars(select(Note.id).where(Note.corrects == corrects)).first() is not None:
        raise Conflict("note.corrected_already")


def _check_files(session: Session, incident: Incident, attachments: tuple[str, ...]) -> None:
    query = select(Attachment.id).where(Attachment.id.in_(attachments), Attachment.incident_id == incident.id)
    if set(session.scalars(query)) != set(attachments):
        raise invalid("attachment.other_incident", "attachments")
