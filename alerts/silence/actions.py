"""What happens to the alarm of a silent area: raised, told anew, taken note of, ended. By every web process alike."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from alerts.silence.model import Silence
from alerts.silence.queries import standing_alarms
from alerts.silence.rule import Finding
from command.directory.model import Unit
from command.directory.queries import sight_of, unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json, State

TOLD_EVERY = timedelta(minutes=1)
"""What changes while an area is silent is told at most so often."""


@dataclass(frozen=True)
class Place:
    """An area as its alarm shows it: `area` is a GeoJSON polygon around what is silent, None without a position."""

    unit_id: str
    name: str
    kind: str
    area: Json


def settle(session: Session, clock: Clock, place: Place, finding: Finding) -> None:
    """Let the area's alarm stand as the rule found. The unit's row is held, so that none is raised twice."""
    session.get_one(Unit, place.unit_id, with_for_update=True)
    row = session.scalars(standing_alarms().where(Silence.unit_id == place.unit_id).with_for_update()).first()
    if finding.standing is None:
        if row is not None:
            _end(session, clock, row, finding)
    elif row is None:
        _raise(session, clock, place, finding)
    else:
        _go_on(session, clock, row, finding)


def acknowledge(session: Session, clock: Clock, actor: Actor, silence_id: str) -> Silence:
    """Somebody has taken note: it sounds no more. Again changes nothing. Raises NotFound `silence.unknown`, Refused."""
    row = session.get(Silence, silence_id, with_for_update=True) if is_id(silence_id) else None
    if row is None or not sight_of(session, actor).covers(row.unit_id):
        raise NotFound("silence.unknown", id=silence_id[:40])
    actor.need(Right.INCIDENT_ACKNOWLEDGE, unit_of(session, row.unit_id).path)
    if row.acknowledged is None:
        row.acknowledged = {"by": actor.by(), "at": to_text(clock.now())}
        row.version += 1
        _tell(session, actor, row, "silence.acknowledged")
    return row


def counts_state(finding: Finding) -> State:
    """Kind of signal → {gone, of}."""
    return {kind: {"gone": one.gone, "of": one.of} for kind, one in finding.counts.items()}


def _raise(session: Session, clock: Clock, place: Place, finding: Finding) -> None:
    if finding.standing is None:
        return
    now = clock.now()
    row = Silence(
        id=new_id(),
        version=1,
        unit_id=place.unit_id,
        name=place.name,
        kind=place.kind,
        since=finding.standing.since,
        raised_at=now,
        back_since=None,
        told_at=now,
        counts=counts_state(finding),
        area=place.area,
        acknowledged=None,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    _tell(session, system_actor(row.unit_id), row, "silence.raised")


def _go_on(session: Session, clock: Clock, row: Silence, finding: Finding) -> None:
    row.back_since = finding.standing.back_since if finding.standing else None
    counts = counts_state(finding)
    # While signals are returning its end is about to be told, or that it goes on.
    if row.back_since is None and finding.counts and counts != row.counts and clock.now() - row.told_at >= TOLD_EVERY:
        row.counts, row.told_at = counts, clock.now()
        row.version += 1
        _tell(session, system_actor(row.unit_id), row, "silence.changed")


def _end(session: Session, clock: Clock, row: Silence, finding: Finding) -> None:
    row.ended_at = clock.now()
    row.counts = counts_state(finding) or row.counts
    row.version += 1
    _tell(session, system_actor(row.unit_id), row, "silence.ended")


def _tell(session: Session, actor: Actor, row: Silence, kind: str) -> None:
    record(session, actor, kind, unit=row.unit_id, body={"silence": row.state()})
