"""Finding an alert for an actor, holding it for a change, and telling the timeline of the change."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from alerts.model import INTERNAL, RECEIVED, Alert, Coverage
from alerts.shapes import keep_shapes
from command.directory.model import Unit
from command.directory.queries import sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, NotFound, StaleVersion
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State


def shared_with(alert: Alert) -> list[str]:
    """Ids of the further units whose people may read the alert."""
    return [str(unit) for unit in alert.shared] if isinstance(alert.shared, list) else []


def alert_for(session: Session, actor: Actor, alert_id: str, *, lock: bool = False) -> Alert:
    """The alert if the actor may read it; NotFound `alert.unknown` otherwise. `lock` keeps others off its row."""
    row = session.get(Alert, alert_id, with_for_update=lock or None) if is_id(alert_id) else None
    if row is None or row.origin == INTERNAL or not may_read(session, actor, row):
        raise NotFound("alert.unknown", id=alert_id[:40])
    return row


def may_read(session: Session, actor: Actor, alert: Alert) -> bool:
    return actor.kind == "system" or sight_of(session, actor).covers(alert.unit_id, shared_with(alert))


def to_change(
    session: Session, actor: Actor, alert_id: str, right: Right, *states: str, expected: int | None = None
) -> tuple[Alert, Unit]:
    """The alert and its unit, held, where the actor has the right there and it is in one of the states.

    Raises NotFound, Refused, Conflict `alert.received_immutable` or `alert.move_impossible`, StaleVersion.
    """
    alert = alert_for(session, actor, alert_id, lock=True)
    unit = unit_of(session, alert.unit_id)
    actor.need(right, unit.path)
    if alert.origin == RECEIVED:
        raise Conflict("alert.received_immutable")
    if alert.dropped or alert.status not in states:
        raise Conflict("alert.move_impossible", state="dropped" if alert.dropped else alert.status)
    if expected is not None and alert.version != expected:
        raise StaleVersion("version.stale", version=alert.version)
    return alert, unit


def tell(session: Session, actor: Actor, alert: Alert, kind: str, **more: State) -> None:
    """A change of the alert: one version, one entry, with `more` that it is about."""
    alert.version += 1
    tell_new(session, actor, alert, kind, **more)


def tell_new(session: Session, actor: Actor, alert: Alert, kind: str, **more: State) -> None:
    keep_shapes(session, alert.id, alert.shapes)
    record(
        session,
        actor,
        kind,
        unit=alert.unit_id,
        shared=shared_with(alert),
        incident=alert.incident_id,
        body={"alert": alert.state(), **more},
    )


def tell_setting(session: Session, actor: Actor, kind: str, unit_id: str, body: State) -> None:
    """Something a county sets for its warnings was changed."""
    record(session, actor, kind, unit=unit_id, body=body)


def tell_coverages(session: Session, actor: Actor, alert: Alert, coverages: Iterable[Coverage], kind: str) -> None:
    """One entry per township; its own people read it, and whoever reads the alert's unit."""
    for coverage in coverages:
        record(
            session,
            actor,
            kind,
            unit=coverage.unit_id,
            shared=[alert.unit_id],
            incident=alert.incident_id,
            body={"coverage": coverage.state()},
        )
