"""A received message as a draft of our own; the message itself stays as it came."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.authority.rules import Rules, What
from alerts.authority.tables import rules_of
from alerts.drafts import meant_by
from alerts.files import taken_along
from alerts.lookup import alert_for, tell_new
from alerts.model import CHANGED, DRAFT, LIFTED, RECEIVED, Alert
from alerts.outlets import EVERY, Outlets
from alerts.recipients import USUAL
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.attachments import AttachmentStore
from command.kernel.clock import Clock
from command.kernel.errors import Conflict
from command.kernel.ids import new_id
from command.kernel.rights import Right


def adopt(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    *,
    again: bool = False,
    outlets: Outlets = EVERY,
    store: AttachmentStore | None = None,
) -> Alert:
    """Draft an alert of the actor's unit from a received one, which stays as it is.

    It has the usual channels that are set up and the files that may be attached (`taken_along`), and is a warning of
    the same colour where the unit has the authority, else a notice. Raises Conflict `alert.not_received`,
    `alert.not_acted_on` where it is only kept or a copy, and, unless `again` says that another one is meant,
    `alert.adopted_already` with who holds what was made of it.
    """
    received = alert_for(session, actor, alert_id, lock=True)
    if received.origin != RECEIVED:
        raise Conflict("alert.not_received")
    if received.reasons or received.duplicate_of is not None:
        raise Conflict("alert.not_acted_on", reasons=",".join(received.reasons))
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_DRAFT, unit.path)
    if not again:
        _check_first(session, received)
    alert = _adopted(received, unit, rules_of(session, unit), actor, clock.now())
    alert.channels = [one for one in USUAL if one in outlets.open]
    if store is not None:
        alert.files = [one.state() for one in taken_along(session, store, received)]
    session.add(alert)
    session.flush()
    tell_new(session, actor, alert, "alert.adopted")
    return alert


def check_source(session: Session, alert: Alert) -> None:
    """Raises Conflict `alert.source_ended` where the message an alert was adopted from was lifted or changed since."""
    source = session.get(Alert, alert.adopted_from, with_for_update=True) if alert.adopted_from else None
    if source is not None and source.status in (LIFTED, CHANGED):
        raise Conflict("alert.source_ended", source=source.source, status=source.status)


def _check_first(session: Session, received: Alert) -> None:
    """What was made of it counts while it is a draft or runs."""
    query = select(Alert).where(Alert.adopted_from == received.id, Alert.on_board, ~Alert.dropped).order_by(Alert.id)
    made = session.scalars(query.limit(1)).first()
    if made is None:
        return
    by = made.drafted_by if isinstance(made.drafted_by, dict) else {}
    raise Conflict("alert.adopted_already", name=str(by.get("name", "")), unit=made.source, status=made.status)


def _adopted(received: Alert, unit: Unit, rules: Rules, actor: Actor, now: datetime) -> Alert:
    warns = received.colour is not None and rules.may_issue(unit, What("warning", received.event, received.colour))
    alert_id = new_id()
    running = received.expires_at is not None and received.expires_at > now
    same = {name: getattr(received, name) for name in _COPIED}
    return Alert(
        **same,
        id=alert_id,
        version=1,
        unit_id=unit.id,
        shared=[],
        identifier=f"{unit.division_code or 'fengsui'}-{alert_id}",
        origin="own",
        source=unit.name,
        kind="warning" if warns else "notice",
        scope_status="Exercise" if received.drill else "Actual",
        colour=received.colour if warns else None,
        severity=received.severity if warns else "Unknown",
        drawn=meant_by(received).drawn,
        status=DRAFT,
        dropped=False,
        on_board=True,
        effective_at=None,
        expires_at=received.expires_at if running else None,
        end_text="",
        drafted_by=actor.by(),
        summary_due=False,
        references=[received.identifier],
        adopted_from=received.id,
        warnings=[],
        not_acted_on=[],
        perhaps_same=[],
        told_apart=[],
    )


_COPIED = (
    *("event", "urgency", "certainty", "headline", "description", "instruction", "language"),
    *("area_description", "divisions", "geometry", "approximate", "incident_id", "drill"),
)
