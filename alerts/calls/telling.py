"""The one door through which calls tell the timeline."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from alerts.calls.model import Obligation
from alerts.model import Alert
from alerts.shapes import keep_shapes
from command.kernel.actor import Actor, system_actor
from command.kernel.timeline import record
from command.kernel.values import State


def tell_written(
    session: Session, alert: Alert, obligations: Iterable[Obligation], written: State, *, alone: bool
) -> None:
    """A short message came in: one entry for each obligation it is about and did not settle; one of the alert where
    it stands `alone`, about no obligation."""
    actor = system_actor(alert.unit_id)
    for row in obligations:
        row.version += 1
        body: State = {"obligation": row.state(), "written": written}
        shared = [row.alert_unit_id]
        record(
            session, actor, "obligation.written", unit=row.unit_id, shared=shared, incident=row.incident_id, body=body
        )
    if alone:
        alert.version += 1
        keep_shapes(session, alert.id, alert.shapes)
        body = {"alert": alert.state(), "written": written}
        record(session, actor, "alert.written", unit=alert.unit_id, incident=alert.incident_id, body=body)


def tell_new(session: Session, actor: Actor, obligations: Iterable[Obligation], kind: str) -> None:
    """One entry each; the people of its place read it, and whoever reads the alert's unit."""
    for obligation in obligations:
        record(
            session,
            actor,
            kind,
            unit=obligation.unit_id,
            shared=[obligation.alert_unit_id],
            incident=obligation.incident_id,
            body={"obligation": obligation.state()},
        )


def tell_plan(session: Session, actor: Actor, unit_id: str, plan: State) -> None:
    """Another call plan is in force in the county."""
    record(session, actor, "call_plan.changed", unit=unit_id, body={"call_plan": plan})


def tell(session: Session, actor: Actor, obligations: Iterable[Obligation], kind: str) -> None:
    """A change of each: one version, one entry."""
    rows = list(obligations)
    for row in rows:
        row.version += 1
    tell_new(session, actor, rows, kind)
