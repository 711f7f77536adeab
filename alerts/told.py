"""Everyone who was told of an alert, or may have been: by its messages, by those of what it changed, and by 叫应."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.audience import audience_hash, freeze
from alerts.calls.actions import BY_HAND
from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import VOICE
from alerts.calls.progress import OPEN
from alerts.chunks import members_of
from alerts.lineage import with_those_before
from alerts.model import FAILED, ISSUE, Alert, Chunk, Delivery
from alerts.recipients import RESPONSIBLE, Contact
from command.kernel.values import State

NOTHING_WAS_SAID = frozenset(
    {"busy", "no_answer", "off", "declined", "not_connected", "no_such_number", "not_configured", "failed"}
)
"""Outcomes of attempts that told nobody anything."""

_AS_MESSAGE = {VOICE: "sms", BY_HAND: "sms"}
"""An end is written to the telephone that rang. It does not ring again: nobody has to act, and it may be night."""


def told_of(session: Session, alert: Alert) -> tuple[Contact, ...]:
    """Whom the end of an alert concerns, each once by each channel. What waited was dropped before this is asked."""
    return freeze(one for each in with_those_before(session, alert) for one in _told(session, each)).contacts


def proof_of(told: tuple[Contact, ...]) -> State:
    """What the entry of an end says of whom it concerns: how many contacts, and the hash of who they are."""
    return {"contacts": len(told), "audience_hash": audience_hash(told)}


def _told(session: Session, alert: Alert) -> Iterator[Contact]:
    """By what is recorded, and whoever was begun without that: in the hand of a worker that sends, or was lost."""
    query = select(Delivery.recipient, Delivery.channel).where(
        Delivery.alert_id == alert.id, Delivery.act == ISSUE, Delivery.state != FAILED
    )
    recorded = set(session.execute(query))
    chunks = select(Chunk).where(Chunk.alert_id == alert.id, Chunk.act == ISSUE).order_by(Chunk.number)
    for chunk in session.scalars(chunks):
        members = enumerate(members_of(chunk))
        begun = range(chunk.begun_from, chunk.begun_to)
        yield from (one for place, one in members if place in begun or (one.recipient, one.channel) in recorded)
    yield from _called(session, alert)


def _called(session: Session, alert: Alert) -> Iterator[Contact]:
    """Whoever may have heard or read of it by a call or a message of 叫应; where it rang in vain nobody has."""
    spoke = or_(CallAttempt.outcome.is_(None), CallAttempt.outcome.not_in(NOTHING_WAS_SAID), CallAttempt.heard != OPEN)
    query = (
        select(CallAttempt, Obligation.unit_id, Obligation.township_id)
        .join(CallPart, CallPart.attempt_id == CallAttempt.id)
        .join(Obligation, Obligation.id == CallPart.obligation_id)
        .where(Obligation.alert_id == alert.id, CallAttempt.started_at.is_not(None), CallAttempt.address != "", spoke)
    )
    for attempt, unit, township in session.execute(query.order_by(CallAttempt.id)):
        yield Contact(
            recipient=f"person:{attempt.person_id}",
            channel=_AS_MESSAGE.get(attempt.channel, attempt.channel),
            address=attempt.address,
            name=attempt.name,
            unit_id=unit,
            township_id=township,
            division_code="",
            lane=RESPONSIBLE,
        )
