"""What is done with messages that are refused: why is noted, a listed authority's is told of, somebody takes note."""

from datetime import timedelta

from sqlalchemy.orm import Session

from alerts.authority.rules import Sender
from alerts.authority.tables import rules_of
from alerts.cap.message import CapProblem
from alerts.inbox.envelope import claimed_envelope
from alerts.inbox.model import CapRefusal
from alerts.inbox.queries import standing_refusals
from alerts.model import CapMessage
from command.directory.model import Unit
from command.directory.queries import sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record

TOLD_EVERY = timedelta(minutes=1)
"""While one stands, further ones of the same authority are told at most so often: a feed may bring many."""


def refuse(
    session: Session, actor: Actor, county: Unit, kept: CapMessage, problem: CapProblem, document: bytes
) -> None:
    """Note why a kept message is refused and what its `document` claims to be: itself, or what its archive held.

    One whose claimed sender is on the county's list is told on the desk until somebody has taken note; a stranger's
    is not, or strangers could ring there.
    """
    claimed = claimed_envelope(document)
    kept.refused = problem.code[:40]
    kept.faults = [{"field": one.field, "code": one.code, "detail": one.detail} for one in problem.errors]
    kept.sender, kept.identifier = claimed.sender, claimed.identifier
    kept.msg_type, kept.status = claimed.msg_type, claimed.status
    session.flush()
    known = rules_of(session, county).known(claimed.sender)
    if known:
        _stand(session, actor, county, kept, known[0])


def acknowledge(session: Session, clock: Clock, actor: Actor, refusal_id: str) -> CapRefusal:
    """Somebody has taken note, and it leaves the desk. Again changes nothing.

    Raises NotFound `cap_refusal.unknown`, Refused.
    """
    row = session.get(CapRefusal, refusal_id, with_for_update=True) if is_id(refusal_id) else None
    if row is None or not sight_of(session, actor).covers(row.unit_id):
        raise NotFound("cap_refusal.unknown", id=refusal_id[:40])
    actor.need(Right.INCIDENT_ACKNOWLEDGE, unit_of(session, row.unit_id).path)
    if row.stands:
        row.acknowledged, row.stands = {"by": actor.by(), "at": to_text(clock.now())}, False
        row.version += 1
        _tell(session, actor, row, "cap_refusal.acknowledged")
    return row


def _stand(session: Session, actor: Actor, county: Unit, kept: CapMessage, sender: Sender) -> None:
    """The county's row is held, so that none is raised twice."""
    session.get_one(Unit, county.id, with_for_update=True)
    mine = (CapRefusal.unit_id == county.id, CapRefusal.listed == sender.sender)
    row = session.scalars(standing_refusals().where(*mine).with_for_update()).first()
    code = kept.refused or ""
    if row is None:
        row = CapRefusal(
            **{"id": new_id(), "version": 1, "unit_id": county.id, "listed": sender.sender, "name": sender.name},
            **{"message_id": kept.id, "at": kept.at, "code": code, "acknowledged": None, "stands": True},
        )
        session.add(row)
        session.flush()
        _tell(session, actor, row, "cap_refusal.raised")
    elif kept.at - row.at >= TOLD_EVERY:
        row.message_id, row.at, row.code = kept.id, kept.at, code
        row.version += 1
        _tell(session, actor, row, "cap_refusal.changed")


def _tell(session: Session, actor: Actor, row: CapRefusal, kind: str) -> None:
    record(session, actor, kind, unit=row.unit_id, body={"cap_refusal": row.state()})
