"""The one door through which calls tell the timeline."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from alerts.calls.model import Obligation
from command.kernel.actor import Actor
from command.kernel.timeline import record
from command.kernel.values import State


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
