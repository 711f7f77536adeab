"""The one door through which safety checks tell the timeline."""

from sqlalchemy.orm import Session

from alerts.safety.model import SafetyCheck
from command.kernel.actor import Actor
from command.kernel.timeline import record
from command.kernel.values import State


def tell(session: Session, actor: Actor, check: SafetyCheck, kind: str, more: State | None = None) -> None:
    """The check with its counts, to its unit and to the units of those who are asked."""
    shared = [str(one) for one in check.shared] if isinstance(check.shared, list) else []
    body: State = {"safety_check": check.state(), **(more or {})}
    record(session, actor, kind, unit=check.unit_id, shared=shared, incident=check.incident_id, body=body)
