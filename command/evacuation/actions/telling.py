"""How evacuations are told to the timeline."""

from sqlalchemy.orm import Session

from command.evacuation.model import Evacuation, EvacuationPoint
from command.kernel.actor import Actor
from command.kernel.timeline import record
from command.kernel.values import State
from command.sight import unit_ids


def tell(session: Session, actor: Actor, row: Evacuation, kind: str) -> None:
    """The evacuation as a whole, to its unit and the townships it concerns."""
    shared = unit_ids(row.shared)
    record(
        session,
        actor,
        kind,
        unit=row.unit_id,
        shared=shared,
        incident=row.incident_id,
        body={"evacuation": row.state()},
    )


def tell_point(
    session: Session, actor: Actor, row: Evacuation, place: EvacuationPoint, kind: str, more: State | None = None
) -> None:
    """One hazard point with its households, to the people of the place and of the evacuation's unit."""
    body: State = {"evacuation_point": place.state(), **(more or {})}
    record(session, actor, kind, unit=place.unit_id, shared=[place.owner_id], incident=row.incident_id, body=body)
